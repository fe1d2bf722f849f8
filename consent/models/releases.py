"""What left, or was refused: one row for each disclosure, and one for each customer in it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from consent.models.approving import BulkApproval
from consent.models.contracts import Contract
from consent.models.demands import Demand
from consent.models.grants import Authorization
from consent.models.parties import ThirdParty, ThirdPartyVersion
from consent.models.receiving import RecipientCredential
from consent.querysets import DisclosureMembers, Disclosures
from notices.models import Notice
from usage.categories import READINGS
from usage.evidence import Evidence, Member
from usage.granularity import Granularity
from usage.models import Customer, Purpose, PurposeVersion

STAFF = settings.AUTH_USER_MODEL


class Disclosure(models.Model):
    """Covered Information went to a third party, or was refused, and on which clause.

    Committed before anything leaves. `members_sha256` hashes the member list, so that the
    ledger entry of the header covers every customer in it.
    """

    kept = Evidence(
        stamps=("handed_over_at", "not_handed_over_at"),
        private=("reason",),
        guards=("an_approval_stands_for_it",),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="disclosures")
    third_party_words = models.ForeignKey(ThirdPartyVersion, models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+")
    purpose_words = models.ForeignKey(PurposeVersion, models.PROTECT, related_name="+")
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="disclosures"
    )
    demand = models.ForeignKey(
        Demand, models.PROTECT, null=True, blank=True, related_name="disclosures"
    )
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    allowed = models.BooleanField()
    clause = models.CharField(max_length=10)
    reason = models.TextField(help_text=_("The decision's own sentence."))
    categories = ArrayField(models.CharField(max_length=40))
    granularity = models.CharField(
        max_length=12,
        choices=Granularity,
        blank=True,
        help_text=_("The finest interval in it; nothing where it holds no readings."),
    )
    first_day = models.DateField()
    last_day = models.DateField()
    package_id = models.UUIDField(null=True, blank=True)
    proposal_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    approval = models.ForeignKey(
        BulkApproval, models.PROTECT, null=True, blank=True, related_name="disclosures"
    )
    credential = models.ForeignKey(
        RecipientCredential, models.PROTECT, null=True, blank=True, related_name="disclosures"
    )
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    members_sha256 = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    handed_over_at = models.DateTimeField(null=True, blank=True)
    not_handed_over_at = models.DateTimeField(null=True, blank=True)

    objects = Disclosures.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "disclosure")
        verbose_name_plural = pgettext_lazy("table", "disclosures")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(handed_over_at=None) | Q(allowed=True),
                name="nothing_refused_is_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at=None) | Q(not_handed_over_at=None),
                name="a_disclosure_went_or_did_not_go",
            ),
            models.CheckConstraint(
                condition=~Q(categories__overlap=list(READINGS)) | ~Q(granularity=""),
                name="a_disclosure_of_readings_says_how_fine_they_are",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party} {self.at:%Y-%m-%d}"


class DisclosureMember(models.Model):
    """One customer in a disclosure, and the authorization it rested on, if any."""

    kept = Member(header="disclosure", guards=("many_need_a_second_person",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disclosure_members")
    disclosure = models.ForeignKey(Disclosure, models.PROTECT, related_name="members")
    authorization = models.ForeignKey(
        Authorization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="disclosure_members",
    )
    rows = models.PositiveBigIntegerField()

    objects = DisclosureMembers.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "disclosure"],
                name="a_customer_is_in_a_disclosure_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.disclosure_id)
