"""What every page, mail and letter says of PRIME: who to ask, and where the Notice is (6.2)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from notices.writing.publishing import LABEL


def who_we_are(request: HttpRequest | None = None) -> dict[str, Any]:
    """Return what templates name PRIME by, in the language of the moment.

    notice_url is a whole address, of our own origin and never of the request's host, and it
    lasts: the version in force, in this language.
    """
    return {
        "official": settings.OFFICIAL,
        "counter": settings.COUNTER,
        "portal_origin": settings.PORTAL_ORIGIN,
        "notice_label": LABEL,
        "notice_url": settings.PORTAL_ORIGIN + reverse("notices:current"),
    }
