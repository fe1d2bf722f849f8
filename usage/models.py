"""Covered Information (4.3): who is served, where, under which agreement, and the readings.

Customers live here because they arrive in the utility's feed together with the readings,
and readings are Covered Information only when they can be joined to a customer. Every row
about a customer carries `customer`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.arriving import QualityWord, Source, Upload
from usage.bills import Bill, DemandPeak, TimeOfUse
from usage.evidence import Evidence, Working, together
from usage.keeping import Hold, RetentionRun
from usage.prepared import PreparedDownload
from usage.querysets import Access as AccessQuerySet
from usage.querysets import Disputes, OfCustomer, ServiceAgreements

__all__ = [
    "Access",
    "AttemptCount",
    "Bill",
    "Category",
    "Channel",
    "Claim",
    "Customer",
    "DemandPeak",
    "Dispute",
    "DisputeEvent",
    "Download",
    "Enrollment",
    "Hold",
    "Import",
    "IntervalDay",
    "IntervalDayRevision",
    "Language",
    "MonthTotal",
    "PreparedDownload",
    "ProgramEnrollment",
    "Purpose",
    "PurposeVersion",
    "QualityWord",
    "RetentionRun",
    "ServiceAgreement",
    "ServicePoint",
    "Source",
    "TimeOfUse",
    "Upload",
    "Via",
]


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    SPANISH = "es", _("Spanish")


class Via(models.TextChoices):
    """How a wish reached PRIME. Whatever can grant can cancel (6.10)."""

    PORTAL = "portal", _("portal")
    PHONE = "phone", _("telephone")
    PAPER = "paper", _("paper form")
    COUNTER = "counter", _("counter")


class Customer(models.Model):
    """The holder of record of one SCE customer account: a home or a business alike (4.3)."""

    kept = Working(
        private=(
            "account_number",
            "name",
            "mailing_address",
            "mailing_zip",
            "email",
            "telephone",
        )
    )

    class Kind(models.TextChoices):
        RESIDENTIAL = "residential", _("residential")
        NON_RESIDENTIAL = "non_residential", _("non-residential")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_number = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RESIDENTIAL)
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    mailing_address = models.TextField(help_text="One line of the envelope a line.")
    mailing_zip = models.CharField(max_length=10)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["name"], name="customers_by_name")]

    def __str__(self) -> str:
        return f"{self.name} (…{self.account_number[-4:]})"


class Enrollment(models.Model):
    """A stretch of time in which PRIME serves a customer. A return is a new one (6.2)."""

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="enrollments")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="First day no longer served.")

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(ends_on=None),
                name="a_customer_is_enrolled_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="an_enrollment_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on or '…'}"


class ServicePoint(models.Model):
    """The place where power arrives. It outlives its customers."""

    kept = Working(private=("address",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, unique=True)
    address = models.TextField()
    zip = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.address.replace("\n", ", ")


class Channel(models.Model):
    """One direction of one meter: power delivered to the place, or received from it."""

    kept = Working()

    class Flow(models.TextChoices):
        DELIVERED = "delivered", _("delivered to you")
        RECEIVED = "received", _("received from you")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="channels")
    meter_number = models.CharField(max_length=60)
    flow = models.CharField(max_length=10, choices=Flow)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service_point", "meter_number", "flow"],
                name="a_meter_has_one_channel_a_direction",
            )
        ]

    def __str__(self) -> str:
        return f"{self.meter_number} {self.flow}"


class ServiceAgreement(models.Model):
    """A customer's contract for one place, over half-open instants [starts_at, ends_at).

    The roster gives days; the agreement begins at 00:00 Pacific of its start date and ends at
    00:00 Pacific of its end date, so that the end date is the first day no longer served.
    """

    kept = Working(private=("number",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="agreements")
    number = models.CharField(max_length=30, unique=True, help_text="SCE service account number.")
    rate_schedule = models.CharField(max_length=40, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceAgreements.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "id"], name="an_agreement_is_found_by_its_customer"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="an_agreement_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="one_agreement_at_a_place_at_a_time",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.number[-4:]} {self.service_point}"


class ProgramEnrollment(models.Model):
    """CARE, FERA, Medical Baseline, solar…: sensitive, never shared unless ticked alone."""

    kept = Working(private=("program",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="programs")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="programs")
    program = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "program", "starts_on"],
                name="a_program_starts_once_a_day_for_an_agreement",
            )
        ]

    def __str__(self) -> str:
        return self.program


class IntervalDay(models.Model):
    """One local day of one channel under one agreement, its readings packed.

    `wh` holds one little-endian int32 per interval in Wh (usage.intervals.MISSING where there
    is no reading), `quality` one byte each (ESPI QualityOfReading) or nothing when all are
    valid. The j-th interval starts at `start + j * sec`, counted in elapsed time, so days of
    23 and 25 hours need no special case. The table is partitioned by month of `day`.
    """

    kept = Working(private=("wh", "quality", "day_wh"))

    pk = models.CompositePrimaryKey("customer_id", "agreement_id", "channel_id", "day")
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, db_index=False, related_name="days"
    )
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()
    start = models.DateTimeField(help_text="The UTC instant of local midnight.")
    sec = models.SmallIntegerField(help_text="Seconds in one interval.")
    day_wh = models.BigIntegerField(help_text="Sum of the readings held, Wh.")
    missing = models.SmallIntegerField(help_text="Intervals of the day without a reading.")
    revision = models.SmallIntegerField(default=0)
    wh = models.BinaryField()
    quality = models.BinaryField(null=True)
    net = models.BooleanField(
        default=False, db_default=False, help_text="Delivered minus received, as old meters say it."
    )
    taken_in = models.ForeignKey("Import", models.PROTECT, db_index=False, related_name="+")

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return str(self.day)


class IntervalDayRevision(models.Model):
    """What a day held before a later, better reading replaced it (accuracy, CPUC rule 7)."""

    kept = Working(private=("wh", "quality"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="revisions")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    day = models.DateField()
    revision = models.SmallIntegerField()
    sec = models.SmallIntegerField()
    wh = models.BinaryField()
    quality = models.BinaryField(null=True)
    net = models.BooleanField(
        default=False, db_default=False, help_text="Delivered minus received, as old meters say it."
    )
    taken_in = models.ForeignKey("Import", models.PROTECT, related_name="+")
    replaced_by = models.ForeignKey("Import", models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "channel", "day", "revision"],
                name="a_revision_of_a_day_is_kept_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} revision {self.revision}"


class MonthTotal(models.Model):
    """A month of one channel under one agreement, recomputed whenever a day of it changes."""

    kept = Working(private=("wh",))

    pk = models.CompositePrimaryKey("customer_id", "agreement_id", "channel_id", "month")
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, db_index=False, related_name="months"
    )
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="+")
    month = models.DateField(help_text="First day of the month.")
    wh = models.BigIntegerField()
    days = models.SmallIntegerField()
    missing = models.IntegerField()
    net_days = models.SmallIntegerField(default=0, db_default=0)

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Import(models.Model):
    """A file taken in: who, which bytes, from where, what came of it (5.1)."""

    kept = Evidence(
        stamps=("finished_at", "outcome", "counts", "problems"),
        private=("file_name", "problems"),
    )

    class Outcome(models.TextChoices):
        TAKEN = "taken", _("taken in")
        UNCHANGED = "unchanged", _("nothing new in it")
        REFUSED = "refused", _("refused, nothing taken in")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    sha256 = models.BinaryField(max_length=32)
    source = models.CharField(max_length=60)
    read_as = models.JSONField(
        default=dict, help_text="How the file was read: its format, what its time stamps mean."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, null=True, blank=True)
    counts = models.JSONField(null=True, blank=True)
    problems = models.JSONField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="imports_by_file")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class Access(models.Model):
    """That a user may act for a customer, in which capacity, and how we know."""

    kept = Evidence(stamps=("ended_at", "ended_by"), private=("proof",))

    class Capacity(models.TextChoices):
        HOLDER = "holder", _("account holder")
        HOUSEHOLD = "household", _("household member")
        REPRESENTATIVE = "representative", _("authorized representative")

    class Scope(models.TextChoices):
        EVERYTHING = "everything", _("see, take, grant and cancel")
        SEE = "see", _("see and take only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accesses")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="accesses")
    capacity = models.CharField(max_length=20, choices=Capacity)
    scope = models.CharField(max_length=20, choices=Scope, default=Scope.EVERYTHING)
    proof = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Known from the start.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Ended early.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "accesses"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "customer"],
                condition=Q(ended_at=None),
                name="a_user_has_one_open_access_to_a_customer",
            ),
            models.CheckConstraint(
                condition=together("ended_at", "ended_by"),
                name="an_ended_access_names_who_ended_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capacity}"


class Claim(models.Model):
    """An invitation by letter to claim an account. Its code is derived, never stored."""

    kept = Evidence(stamps=("redeemed_at", "redeemed_by"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="claims")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    via = models.CharField(max_length=10, choices=Via)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=together("redeemed_at", "redeemed_by"),
                name="a_redeemed_claim_names_who_redeemed_it",
            )
        ]

    def __str__(self) -> str:
        return f"claim issued {self.issued_at:%Y-%m-%d}"


class AttemptCount(models.Model):
    """How often something guessable was tried, counted before it is compared."""

    kept = Working()

    key = models.CharField(max_length=64, primary_key=True, help_text="Keyed hash, no person.")
    tries = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tries} tries"


class Category(models.Model):
    """A kind of Covered Information, as the notice lists it (6.2) and the system uses it."""

    kept = Working()

    key = models.CharField(max_length=40, primary_key=True)
    position = models.PositiveSmallIntegerField()
    name_en = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    elements_en = models.TextField()
    elements_es = models.TextField()
    sensitive = models.BooleanField(default=False)
    retention_months = models.PositiveSmallIntegerField(
        help_text="Never under 24 (Gov. Code 34090)."
    )

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                condition=Q(retention_months__gte=24),
                name="a_city_keeps_its_records_two_years",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_es if get_language() == "es" else self.name_en

    @property
    def elements(self) -> str:
        return self.elements_es if get_language() == "es" else self.elements_en


class Purpose(models.Model):
    """A reason to use Covered Information: primary (4.4, one limb) or secondary (4.5)."""

    kept = Evidence(stamps=("ended_at",))

    class Kind(models.TextChoices):
        PRIMARY = "primary", _("primary")
        SECONDARY = "secondary", _("secondary")

    class Limb(models.IntegerChoices):
        """The four limbs of the definition of a primary purpose (4.4)."""

        POWER = 1, _("provide or bill for electrical power")
        OPERATIONS = 2, _("system, grid or operational needs")
        LAW = 3, _("required by law or a CPUC order")
        PROGRAMS = (
            4,
            _("demand response, energy management or energy efficiency programs"),
        )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SECONDARY)
    limb = models.PositiveSmallIntegerField(choices=Limb, null=True, blank=True)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="primary", limb__isnull=False)
                | Q(kind="secondary", limb__isnull=True),
                name="only_a_primary_purpose_names_a_limb_of_4_4",
            )
        ]

    def __str__(self) -> str:
        return self.key


class PurposeVersion(models.Model):
    """The words of a purpose. Grants point at the words that were shown."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    name_en = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    text_en = models.TextField()
    text_es = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["purpose", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "number"],
                name="a_version_of_a_purpose_has_its_own_number",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_es if get_language() == "es" else self.name_en

    @property
    def text(self) -> str:
        return self.text_es if get_language() == "es" else self.text_en


class Download(models.Model):
    """A customer took her own Covered Information (6.3). Evidence, not a disclosure.

    `flows` are the directions asked for, none meaning all. Where staff took it for her, `reason`
    says why. A copy the worker prepares has a PreparedDownload; it is finished when fetched.
    """

    kept = Evidence(stamps=("finished_at", "rows", "size", "sha256"), private=("reason",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="downloads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    format = models.CharField(max_length=20)
    agreements = ArrayField(models.UUIDField())
    flows = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes.")
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(via="portal") | ~Q(reason=""),
                name="whoever_takes_a_copy_for_a_customer_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.at:%Y-%m-%d}"


class Dispute(models.Model):
    """A customer says that something about her is wrong, asks, or complains (6.2; CPUC rule 4b).

    What it is about: always a category, and where it can be said the agreement and the days,
    both included. What became of it is read from its events; nothing here is ever changed.
    """

    kept = Evidence(private=("text",))

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("something is wrong")
        QUESTION = "question", _("question")
        COMPLAINT = "complaint", _("complaint")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=9, unique=True, help_text="As read out: ABCD-2345.")
    kind = models.CharField(max_length=10, choices=Kind)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, null=True, blank=True, related_name="disputes"
    )
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    text = models.TextField()
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    due_on = models.DateField(help_text="The day by which PRIME answers.")
    request_key = models.UUIDField(help_text="Sent with the form, so a second click raises once.")

    objects = Disputes.as_manager()

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "request_key"], name="a_form_sent_twice_raises_one_dispute"
            ),
            models.CheckConstraint(
                condition=together("first_day", "last_day")
                & (Q(first_day=None) | Q(agreement__isnull=False)),
                name="disputed_days_have_both_ends_and_a_place",
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day__gte=F("first_day")),
                name="disputed_days_end_after_they_begin",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class DisputeEvent(models.Model):
    """What became of a dispute, step by step. The newest step says how it stands."""

    kept = Evidence(private=("text",))

    class Kind(models.TextChoices):
        REPLIED = "replied", _("the customer added something")
        ANSWERED = "answered", _("PRIME answered")
        HANDED_OVER = "handed_over", _("PRIME passed it on to SCE")
        CLOSED = "closed", _("closed")

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", _("corrected")
        EXPLAINED = "explained", _("explained")
        UNCHANGED = "unchanged", _("checked, and not changed")
        WITHDRAWN = "withdrawn", _("settled, says the customer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="events")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    outcome = models.CharField(max_length=10, choices=Outcome, null=True, blank=True)
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    due_on = models.DateField(
        null=True, blank=True, help_text="The day by which PRIME answers what was added."
    )

    objects = OfCustomer.as_manager()

    class Meta:
        ordering = ["dispute", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "number"], name="the_steps_of_a_dispute_are_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="closed", outcome__isnull=False)
                | (~Q(kind="closed") & Q(outcome=None)),
                name="a_closed_dispute_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=Q(kind="replied", due_on__isnull=False)
                | (~Q(kind="replied") & Q(due_on=None)),
                name="what_a_customer_adds_is_answered_by_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispute} {self.number}"
