"""PRIME's protective contracts with third parties, orders they act under, standing flows."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.granularity import Granularity

STAFF = settings.AUTH_USER_MODEL


class Contract(models.Model):
    """PRIME's protective contract with a third party, or the order it acts under (6.4 to 6.6).

    Onward is no contract of PRIME's: a recipient passes the data on, and `source` is the contract
    or order it has the data under itself (6.6).
    """

    kept = Evidence(stamps=("ended_at",))

    class Standing(models.TextChoices):
        CPUC_CONTRACT = "cpuc_contract", _("contract with the CPUC (6.4)")
        GOVERNMENT_PROGRAM = (
            "government_program",
            _("governmental efficiency program (6.4)"),
        )
        CPUC_ORDER = "cpuc_order", _("explicit CPUC order (6.5)")
        PRIMARY_PURPOSE = "primary_purpose", _("contract for a primary purpose (6.5)")
        ONWARD = "onward", _("passed on by a recipient, by contract (6.6)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey("consent.ThirdParty", models.PROTECT, related_name="contracts")
    standing = models.CharField(max_length=20, choices=Standing)
    purpose = models.ForeignKey("usage.Purpose", models.PROTECT, related_name="+")
    source = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="onward")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "contract")
        verbose_name_plural = pgettext_lazy("table", "contracts")
        constraints = [
            models.CheckConstraint(
                condition=Q(standing="onward", source__isnull=False)
                | (~Q(standing="onward") & Q(source=None)),
                name="what_is_passed_on_was_received_under_a_contract",
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party}: {self.get_standing_display()}"

    @property
    def words(self) -> ContractVersion:
        newest = self.versions.order_by("-number").first()
        if newest is None:
            raise ContractVersion.DoesNotExist("This contract has no version yet.")
        return newest


class ContractVersion(models.Model):
    """The contract's dates, numbers and protective clauses (6.4 to 6.7)."""

    kept = Evidence()

    class Clause(models.TextChoices):
        ACCESS = "access", _("accesses it no less protectively (6.5)")
        COLLECT = "collect", _("collects it no less protectively (6.5)")
        STORE = "store", _("stores it no less protectively (6.5)")
        USE = "use", _("uses it no less protectively (6.5)")
        DISCLOSE = "disclose", _("discloses it no less protectively (6.5)")
        NOTICE = "notice", _("gives notice no less protectively (6.5)")
        PRIMARY_ONLY = "primary_only", _("uses it for the primary purpose only (6.6)")
        FLOW_DOWN = "flow_down", _("binds whoever it passes it on to (6.6)")
        MATERIAL_BREACH = (
            "material_breach",
            _("a pattern or practice is a material breach (6.7)"),
        )
        BREACH_REPORT = "breach_report", _("reports a breach within a week (CPUC Rule 8(b))")
        YEARLY_CONTACT = (
            "yearly_contact",
            _("contacts customers who authorized it every year (CPUC Rule 6(e)(3))"),
        )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=120, help_text=_("Number of the contract or order."))
    order = models.CharField(
        max_length=120, blank=True, help_text=_("The CPUC order or resolution it rests on (6.4).")
    )
    document = models.CharField(
        max_length=200, blank=True, help_text=_("Where the signed document is kept.")
    )
    clauses = ArrayField(models.CharField(max_length=20, choices=Clause), default=list, blank=True)
    breach_order = models.CharField(
        max_length=120,
        blank=True,
        help_text=_("The CPUC order that frees it from the clause on material breach (6.7)."),
    )
    categories = ArrayField(models.CharField(max_length=40), default=list)
    granularity = models.CharField(
        max_length=12, choices=Granularity, default=Granularity.AS_MEASURED
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text=_("First day no longer in force."))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"],
                name="a_version_of_a_contract_has_its_own_number",
            ),
            models.CheckConstraint(
                condition=~Q(reference=""), name="a_contract_or_order_has_a_number"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class StandingFlow(models.Model):
    """Data that goes to somebody again and again outside the portal (6.1, 6.4 to 6.6).

    The portal does not send it and cannot hold it back; it is registered so that what customers
    and the Notice are told is the whole truth.
    """

    kept = Evidence(stamps=("ended_at", "ended_by"))

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")
        YEARLY = "yearly", _("every year")
        AS_NEEDED = "as_needed", _("when it is needed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="flows")
    what_en = models.TextField()
    what_es = models.TextField()
    categories = ArrayField(models.CharField(max_length=40))
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = pgettext_lazy("table", "standing flow")
        verbose_name_plural = pgettext_lazy("table", "standing flows")
        constraints = [
            models.CheckConstraint(
                condition=together("ended_at", "ended_by"),
                name="a_flow_that_ended_names_who_ended_it",
            ),
            models.CheckConstraint(condition=~Q(categories=[]), name="a_flow_names_its_categories"),
        ]

    def __str__(self) -> str:
        return f"{self.contract.third_party} {self.rhythm}"

    @property
    def what(self) -> str:
        return self.what_es if get_language() == "es" else self.what_en


class DutiesLetter(models.Model):
    """That a third party was told it is a covered entity itself: it reached 11 customers (R60)."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.OneToOneField(
        "consent.ThirdParty", models.PROTECT, related_name="duties_letter"
    )
    sent_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = pgettext_lazy("table", "duties letter")
        verbose_name_plural = pgettext_lazy("table", "duties letters")

    def __str__(self) -> str:
        return f"{self.third_party} {self.sent_on}"
