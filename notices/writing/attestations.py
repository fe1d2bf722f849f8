"""That PRIME's own web site carries the link to the Notice (6.2), looked at each quarter."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, override

from notices.models import WebsiteAttestation
from notices.writing.documents import LABEL

if TYPE_CHECKING:
    from prime_portal.models import User


class Refused(Exception):
    """Nothing was recorded; the sentence says why."""


def attest(*, page: str, seen_on: date, by: User, at: datetime) -> WebsiteAttestation:
    """Record that somebody saw the link with its full label on a page of PRIME's web site."""
    if seen_on > timezone.localdate(at):
        raise Refused(gettext("Nobody can have seen it on a day that is still to come."))
    return WebsiteAttestation.objects.create(
        page=page, seen_on=seen_on, attested_at=at, attested_by=by
    )


def due(*, on: date) -> bool:
    """Say for the work list if somebody must look again in this quarter."""
    return WebsiteAttestation.objects.due(on=on)


def snippet(language: str) -> str:
    """Return the HTML to paste into PRIME's web site: the link, under the policy's label."""
    with override(language):
        address = settings.PORTAL_ORIGIN + reverse("notices:current")
        label = gettext(LABEL)
    return format_html(
        '<a href="{}" lang="{}" hreflang="{}">{}</a>', address, language, language, label
    )
