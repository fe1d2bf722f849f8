"""How third parties receive: their credentials, what is refreshed for them, what they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working, together

STAFF = settings.AUTH_USER_MODEL


class Credentials(QuerySet["RecipientCredential", "RecipientCredential"]):
    def in_force(self) -> Self:
        return self.filter(ended_at=None)


class RecipientCredential(models.Model):
    """A secret with which a third party fetches what waits for it: shown once, kept as a hash."""

    kept = Evidence(stamps=("ended_at", "ended_by"), private=("secret_sha256",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(
        "consent.ThirdParty", models.PROTECT, related_name="credentials"
    )
    label = models.CharField(
        max_length=80, help_text=_("Which of its machines or people holds it.")
    )
    secret_sha256 = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Credentials.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "recipient credential")
        verbose_name_plural = pgettext_lazy("table", "recipient credentials")
        ordering = ["third_party__key", "-issued_at"]
        constraints = [
            models.CheckConstraint(
                condition=together("ended_at", "ended_by"),
                name="an_ended_credential_names_who_ended_it",
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party}: {self.label}"


class Schedules(QuerySet["Schedule", "Schedule"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)


class Schedule(models.Model):
    """New readings packed for a third party again and again, as long as she authorizes it.

    Packing discloses nothing: whether a package may go is decided when its key is fetched.
    """

    kept = Working()

    class Every(models.TextChoices):
        DAY = "day", _("every day")
        MONTH = "month", _("on the first of every month")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    authorization = models.OneToOneField(
        "consent.Authorization", models.PROTECT, related_name="schedule"
    )
    every = models.CharField(max_length=5, choices=Every)
    format = models.CharField(max_length=20)
    next_on = models.DateField(help_text=_("The day of the next package."))
    packed_through = models.DateField(null=True, blank=True, help_text=_("Last day packed so far."))
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = Schedules.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "schedule")
        verbose_name_plural = pgettext_lazy("table", "schedules")

    def __str__(self) -> str:
        return f"{self.authorization} {self.get_every_display()}"


class Withdrawals(QuerySet["Withdrawal", "Withdrawal"]):
    def unanswered(self) -> Self:
        return self.filter(acknowledged_at=None)

    def to_chase(self, *, before: datetime) -> Self:
        """Those told before then, and neither acknowledged nor asked about since."""
        return self.unanswered().filter(told_at__lt=before, chased_at=None)


class Withdrawal(models.Model):
    """That a third party may no longer have what it had: told to it, signed, until it answers.

    The text says which authorization and agreements, by the ids its files carry, and no name.
    """

    kept = Evidence(
        stamps=("acknowledged_at", "acknowledged_with", "chased_at", "chased_by", "chased_how"),
        private=("chased_how",),
    )

    class Why(models.TextChoices):
        CANCELED = "canceled", _("canceled by the customer (6.10)")
        ENDED = "ended", _("ended on its day (6.9)")
        STOPPED = "stopped", _("stopped by PRIME (6.8)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(
        "consent.ThirdParty", models.PROTECT, related_name="withdrawals"
    )
    why = models.CharField(max_length=10, choices=Why)
    customer = models.ForeignKey(
        "usage.Customer", models.PROTECT, null=True, blank=True, related_name="withdrawals"
    )
    authorization = models.ForeignKey(
        "consent.Authorization", models.PROTECT, null=True, blank=True, related_name="withdrawals"
    )
    stop = models.ForeignKey(
        "consent.Stop", models.PROTECT, null=True, blank=True, related_name="withdrawals"
    )
    text = models.TextField(help_text=_("Signed byte for byte."))
    signature = models.BinaryField(max_length=64)
    told_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_with = models.ForeignKey(
        RecipientCredential, models.PROTECT, null=True, blank=True, related_name="+"
    )
    chased_at = models.DateTimeField(null=True, blank=True)
    chased_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    chased_how = models.CharField(max_length=400, null=True, blank=True)

    objects = Withdrawals.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "withdrawal")
        verbose_name_plural = pgettext_lazy("table", "withdrawals")
        ordering = ["told_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization"], name="a_third_party_is_told_once_of_an_authorization"
            ),
            models.UniqueConstraint(fields=["stop"], name="a_third_party_is_told_once_of_a_stop"),
            models.CheckConstraint(
                condition=Q(authorization=None, why="stopped", stop__isnull=False)
                | Q(authorization__isnull=False, stop=None) & ~Q(why="stopped"),
                name="a_withdrawal_is_of_an_authorization_or_by_a_stop",
            ),
            models.CheckConstraint(
                condition=together("acknowledged_at", "acknowledged_with"),
                name="an_acknowledgement_names_the_credential",
            ),
            models.CheckConstraint(
                condition=together("chased_at", "chased_by", "chased_how"),
                name="a_chase_names_who_and_how",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_at__gte=F("told_at")),
                name="a_withdrawal_is_told_before_it_is_acknowledged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party} {timezone.localdate(self.told_at)}"
