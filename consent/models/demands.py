"""Demands by law and requests for customers' data, each with whom it names (R40 to R45)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.querysets import OfCustomer

STAFF = settings.AUTH_USER_MODEL


class Demand(models.Model):
    """Somebody demands or requests data: how, about whom, how much, and who reviewed it.

    Days are local and both included. gag_order: the order that bars telling the customer; until
    it ends she is not shown what left under it.
    """

    kept = Evidence(
        stamps=(
            "reviewed_at",
            "reviewed_by",
            "review",
            "checked_at",
            "checked_by",
            "check_note",
            "gag_ended_at",
            "closed_at",
            "closed_by",
            "outcome",
        ),
        private=("reason", "review", "check_note", "outcome"),
    )

    class Process(models.TextChoices):
        WARRANT = "warrant", _("warrant that names the customers")
        COURT_ORDER = "court_order", _("court order that names the customers")
        SUBPOENA = "subpoena", _("subpoena")
        CONTACT_ONLY = "contact_only", _("subpoena for contact details alone")
        EMERGENCY = "emergency", _("emergency: life or property in danger")
        OVERSIGHT = "oversight", _("the CPUC, for its oversight")
        PUBLIC_RECORDS = "public_records", _("public-records request")
        OWNER = "owner", _("owner or manager of a building")

    TOLD = "demand"
    """How the key of every delivery that tells of a demand begins."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    process = models.CharField(max_length=20, choices=Process)
    third_party = models.ForeignKey("consent.ThirdParty", models.PROTECT, related_name="demands")
    reference = models.CharField(max_length=120, blank=True, help_text=_("Case or request number."))
    reason = models.TextField(blank=True, help_text=_("What it is for; for an emergency, always."))
    categories = ArrayField(models.CharField(max_length=40))
    first_day = models.DateField()
    last_day = models.DateField()
    gag_order = models.CharField(max_length=120, blank=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    review = models.TextField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    check_note = models.TextField(null=True, blank=True)
    gag_ended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "demand")
        verbose_name_plural = pgettext_lazy("table", "demands")
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(process="emergency") | ~Q(reason=""),
                name="an_emergency_has_its_reason_in_writing",
            ),
            models.CheckConstraint(
                condition=Q(process="emergency") | ~Q(reference=""),
                name="a_demand_has_its_number",
            ),
            models.CheckConstraint(
                condition=together("reviewed_at", "reviewed_by", "review"),
                name="a_reviewed_demand_says_by_whom_and_what",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("recorded_by")),
                name="a_second_person_reviews_a_demand",
            ),
            models.CheckConstraint(
                condition=together("checked_at", "checked_by", "check_note"),
                name="a_checked_emergency_says_by_whom_and_what",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None)
                | (Q(process="emergency") & ~Q(checked_by=F("recorded_by"))),
                name="a_second_person_checks_an_emergency_afterwards",
            ),
            models.CheckConstraint(
                condition=together("closed_at", "closed_by", "outcome"),
                name="a_closed_demand_says_by_whom_and_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="a_demand_begins_before_it_ends"
            ),
            models.CheckConstraint(
                condition=~Q(categories=[]), name="a_demand_names_its_categories"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_process_display()} {self.reference}".strip()

    @property
    def told_key(self) -> str:
        """The key of the deliveries that tell the customers of it."""
        return f"{self.TOLD}:{self.pk}"


class DemandedCustomer(models.Model):
    """One customer a demand names. She may contest a subpoena."""

    kept = Evidence(header="demand", stamps=("contested_at", "contest_ended_at"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="demands")
    demand = models.ForeignKey(Demand, models.PROTECT, related_name="customers")
    contested_at = models.DateTimeField(null=True, blank=True)
    contest_ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "customer"], name="a_demand_names_a_customer_once"
            ),
            models.CheckConstraint(
                condition=Q(contest_ended_at=None) | Q(contested_at__isnull=False),
                name="a_contest_begins_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return str(self.demand_id)
