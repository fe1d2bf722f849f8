"""Sign-ins: when, from where and with what kind of browser, and second steps that failed (5.1).

A session is forgotten when it ends; these rows stay for the period of the notice and are then
dropped (prime_portal.retention), so they are no evidence.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Working

if TYPE_CHECKING:
    from prime_portal.models import User

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "Chromebook",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
"""By what a browser calls itself; many claim to be others too, so the first that fits counts."""


class SignIn(models.Model):
    """That somebody signed in, or knew the password and failed the second step."""

    kept = Working(private=("ip", "browser"))

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        STEP_FAILED = "step_failed", _("second step failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_ins")
    outcome = models.CharField(max_length=12, choices=Outcome)
    at = models.DateTimeField()
    ip = models.GenericIPAddressField()
    browser = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "sign-in")
        verbose_name_plural = pgettext_lazy("table", "sign-ins")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["user", "at"], name="sign_ins_of_somebody"),
            models.Index(fields=["at"], name="sign_ins_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


def note(user: Any, outcome: SignIn.Outcome, *, request: HttpRequest, at: datetime) -> SignIn:
    """Keep that this person signed in, or failed to. Of the browser only its kind is kept (5.3)."""
    person: User = user
    return SignIn.objects.create(
        user=person,
        outcome=outcome,
        at=at,
        ip=get_client_ip(request),
        browser=kind_of(request.headers.get("User-Agent", "")),
    )


def kind_of(user_agent: str) -> str:
    """What somebody would call the browser: "Firefox, Windows"; empty where nothing is known."""
    found = (
        next((words for mark, words in names.items() if mark in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found))
