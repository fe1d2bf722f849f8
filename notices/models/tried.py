"""Each try at sending what is owed, what came back, and what staff did about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notices.models.owed import Delivery
from usage.evidence import Evidence, Working, together
from usage.models import Customer


class DeliveryLease(models.Model):
    """Who is sending a delivery right now, and until when nobody else may."""

    kept = Working()

    delivery = models.OneToOneField(
        Delivery, models.PROTECT, primary_key=True, related_name="lease"
    )
    holder = models.CharField(max_length=80)
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"until {self.until:%H:%M:%S}"


class DeliveryAttempt(models.Model):
    """One try at sending: opened before the first byte goes, closed with what came back."""

    kept = Evidence(stamps=("closed_at", "outcome", "answer", "sha256"), private=("answer",))

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        UNREACHABLE = "unreachable", _("temporary failure")
        UNKNOWN = "unknown", _("unknown")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts")
    holder = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, null=True, blank=True)
    answer = models.TextField(null=True, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(closed_at=None),
                name="a_delivery_has_one_open_attempt",
            ),
            models.CheckConstraint(
                condition=together("closed_at", "outcome"),
                name="a_closed_attempt_says_what_came_of_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.opened_at):%Y-%m-%d %H:%M:%S}"


class DeliveryEvent(models.Model):
    """What the mail provider told of an e-mail after the relay had taken it."""

    kept = Evidence(private=("answer",))

    class Event(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        REJECTED = "rejected", _("rejected")
        FAILED = "failed", _("could not be sent")
        COMPLAINED = "complained", _("reported as spam")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="events")
    event = models.CharField(max_length=20, choices=Event)
    answer = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "event", "happened_at"], name="an_event_is_taken_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_event_display()


class Resolution(models.Model):
    """What staff did about a delivery that failed for good, where it is not sent again."""

    kept = Evidence(private=("words",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="resolution")
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
