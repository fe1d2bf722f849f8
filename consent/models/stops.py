"""Findings that a third party breaks its duties, and stops of what it is sent (6.8)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from consent.querysets import Findings, Stops
from usage.evidence import Evidence, together
from usage.models import Via

STAFF = settings.AUTH_USER_MODEL


class Finding(models.Model):
    """That a third party broke its duties as a pattern or practice (6.8), and the evidence.

    sign_off: the legal advice without which a third party that customers chose is not stopped
    (CPUC D.13-09-025).
    """

    kept = Evidence(stamps=("dropped_at", "dropped_by"), private=("evidence", "sign_off"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey("consent.ThirdParty", models.PROTECT, related_name="findings")
    evidence = models.TextField()
    sign_off = models.TextField(blank=True)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Findings.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "finding")
        verbose_name_plural = pgettext_lazy("table", "findings")
        constraints = [
            models.CheckConstraint(
                condition=together("dropped_at", "dropped_by"),
                name="a_dropped_finding_names_who_dropped_it",
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party} {timezone.localdate(self.found_at)}"


class Stop(models.Model):
    """Disclosures to a third party end now (6.8), for everyone or for one customer.

    One for everyone is two people's, or an emergency that a second person confirms afterwards;
    unconfirmed it stays in force and shows red (docs/decisions). One for a single customer is
    hers to ask for and hers to lift.
    """

    kept = Evidence(
        stamps=(
            "confirmed_at",
            "confirmed_by",
            "lifted_at",
            "lifted_by",
            "lift_reason",
        ),
        private=("reason", "sign_off", "lift_reason"),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey("consent.ThirdParty", models.PROTECT, related_name="stops")
    customer = models.ForeignKey(
        "usage.Customer", models.PROTECT, null=True, blank=True, related_name="stops"
    )
    finding = models.ForeignKey(
        Finding, models.PROTECT, null=True, blank=True, related_name="stops"
    )
    reason = models.TextField(blank=True)
    sign_off = models.TextField(blank=True)
    chosen = models.BooleanField(
        default=False,
        help_text=_("Customers chose this third party; PRIME has no contract with it."),
    )
    emergency = models.BooleanField(default=True, help_text=_("By one person, to be confirmed."))
    via = models.CharField(max_length=10, choices=Via, null=True, blank=True)
    stopped_at = models.DateTimeField()
    stopped_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.TextField(null=True, blank=True)

    objects = Stops.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "stop")
        verbose_name_plural = pgettext_lazy("table", "stops")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("stopped_by")),
                name="a_second_person_confirms_a_stop",
            ),
            models.CheckConstraint(
                condition=together("confirmed_at", "confirmed_by"),
                name="a_confirmed_stop_names_who_confirmed_it",
            ),
            models.CheckConstraint(
                condition=together("lifted_at", "lifted_by"),
                name="a_lifted_stop_names_who_lifted_it",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False)
                | Q(emergency=True)
                | Q(confirmed_by__isnull=False),
                name="a_stop_for_everyone_is_two_peoples_or_an_emergency",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False)
                | Q(lifted_by=None)
                | ~Q(lifted_by=F("stopped_by")),
                name="another_person_lifts_a_stop_for_everyone",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(chosen=False) | ~Q(sign_off=""),
                name="whom_customers_chose_is_stopped_on_legal_advice",
            ),
            models.CheckConstraint(
                condition=Q(customer=None) | Q(via__isnull=False),
                name="a_stop_for_a_customer_says_how_she_asked",
            ),
        ]

    def __str__(self) -> str:
        facts = {"third_party": self.third_party, "day": timezone.localdate(self.stopped_at)}
        return str(_("%(third_party)s stopped %(day)s") % facts)
