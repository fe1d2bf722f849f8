"""A breach of Covered Information, whom it touches and what was done (CPUC rule 8).

And the register of non-compliances that the annual report describes (CPUC rule 9e).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Member, together

STAFF = settings.AUTH_USER_MODEL


class Incident(models.Model):
    """Covered Information reached somebody it should not have, or may have.

    found_at: when PRIME, or the third party where it happened, first knew. told_at: when that
    third party told PRIME. Letters go out from `letters_at` on.
    """

    kept = Evidence(
        stamps=("letters_at", "letters_by", "closed_at", "closed_by"), private=("summary",)
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=120)
    summary = models.TextField()
    found_at = models.DateTimeField(help_text=_("When it was first known."))
    third_party = models.ForeignKey(
        "consent.ThirdParty", models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("When it told PRIME."))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    letters_at = models.DateTimeField(null=True, blank=True)
    letters_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-found_at"]
        permissions = [("handle_incidents", "Can handle incidents and non-compliances")]
        constraints = [
            models.CheckConstraint(
                condition=together("told_at", "third_party"),
                name="a_third_partys_incident_says_when_it_told_prime",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None) | Q(told_at__gte=F("found_at")),
                name="nobody_tells_before_it_is_found",
            ),
            models.CheckConstraint(
                condition=together("letters_at", "letters_by"),
                name="letters_about_an_incident_name_who_sent_them",
            ),
            models.CheckConstraint(
                condition=together("closed_at", "closed_by"),
                name="a_closed_incident_names_who_closed_it",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Knowing(models.Model):
    """Who knew of an incident when, and how: the clocks run from it."""

    kept = Evidence(private=("who", "how"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="knowing")
    who = models.CharField(max_length=120)
    knew_at = models.DateTimeField()
    how = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["knew_at", "id"]

    def __str__(self) -> str:
        return f"{self.who} {timezone.localtime(self.knew_at):%Y-%m-%d %H:%M}"


class Reach(models.Model):
    """One answer to "whom does it touch?", computed from what was recorded, and its customers.

    `members_sha256` hashes the list, so that the ledger entry covers everybody in it.
    """

    kept = Evidence()

    class How(models.TextChoices):
        DISCLOSURES = "disclosures", _("disclosed to a third party")
        FLOWS = (
            "flows",
            _("goes regularly to a third party, outside this portal: everybody PRIME served then"),
        )
        SIGN_IN = "sign_in", _("open to a sign-in, looked at or taken by it")
        EVERYBODY = "everybody", _("everybody PRIME serves or served")
        BATCH = "batch", _("the customers of a print batch")
        ACCOUNTS = "accounts", _("these accounts")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reaches")
    how = models.CharField(max_length=20, choices=How)
    third_party = models.ForeignKey(
        "consent.ThirdParty", models.PROTECT, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    batch = models.ForeignKey(
        "notices.PrintBatch", models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    customers = models.PositiveIntegerField()
    members_sha256 = models.BinaryField(max_length=32)
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["counted_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    how__in=["disclosures", "flows"],
                    third_party__isnull=False,
                    user=None,
                    batch=None,
                )
                | Q(how="sign_in", third_party=None, user__isnull=False, batch=None)
                | Q(how="batch", third_party=None, user=None, batch__isnull=False)
                | Q(how__in=["everybody", "accounts"], third_party=None, user=None, batch=None),
                name="a_reach_names_the_third_party_the_sign_in_or_the_batch",
            ),
            models.CheckConstraint(
                condition=Q(
                    how__in=["disclosures", "flows", "sign_in"],
                    first_at__isnull=False,
                    last_at__gte=F("first_at"),
                )
                | Q(how__in=["everybody", "batch", "accounts"], first_at=None, last_at=None),
                name="a_reach_in_time_says_from_when_until_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_how_display()} {self.customers}"

    @property
    def of_what(self) -> str:
        """Which third party, sign-in or batch, for staff; a customer's by its number (5.1)."""
        if self.third_party:
            return self.third_party.words.legal_name
        if self.batch:
            return str(self.batch)
        if not self.user:
            return ""
        if self.user.is_staff:
            return str(self.user)
        return _("a customer’s sign-in (%(number)s)") % {"number": str(self.user_id)[-12:]}


class Reached(models.Model):
    """One customer an incident touches."""

    kept = Member(header="reach")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="+")
    reach = models.ForeignKey(Reach, models.PROTECT, related_name="members")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "reach"], name="a_customer_is_in_a_reach_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.customer_id)


class BreachWords(models.Model):
    """What the letters about an incident say, in both languages. The newest words are sent."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="words")
    texts = models.JSONField(help_text=_("See consent.incidents.HEADINGS: {heading: {en, es}}."))
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"words of {timezone.localtime(self.written_at):%Y-%m-%d %H:%M}"


class DutyDone(models.Model):
    """That a duty which an incident brings was done: what, when, and where the proof lies."""

    kept = Evidence(private=("reference",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="done")
    duty = models.CharField(max_length=40, help_text=_("See consent.clocks.DUTIES."))
    done_at = models.DateTimeField()
    reference = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "duty"], name="a_duty_of_an_incident_is_done_once"
            )
        ]

    def __str__(self) -> str:
        return self.duty


class NonCompliance(models.Model):
    """That PRIME or a third party did not keep to the rules: described, counted, and mended.

    The Commission reads the description in the annual report: it names no customer.
    """

    kept = Evidence(stamps=("mended_at", "mended_by", "mending"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    clause = models.CharField(max_length=20)
    description = models.TextField()
    customers = models.PositiveIntegerField(help_text=_("How many customers it affected."))
    third_party = models.ForeignKey(
        "consent.ThirdParty", models.PROTECT, null=True, blank=True, related_name="+"
    )
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="findings"
    )
    found_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    mended_at = models.DateTimeField(null=True, blank=True)
    mended_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    mending = models.TextField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at"]
        verbose_name = pgettext_lazy("table", "non-compliance")
        verbose_name_plural = pgettext_lazy("table", "non-compliances")
        constraints = [
            models.CheckConstraint(
                condition=together("mended_at", "mended_by", "mending"),
                name="a_mended_non_compliance_says_by_whom_and_how",
            )
        ]

    def __str__(self) -> str:
        return f"{self.clause} {timezone.localdate(self.found_at)}"
