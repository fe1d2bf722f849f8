"""Third parties, PRIME's contracts with them, authorizations, and what left (6.4 to 6.10)."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from uuid_utils.compat import uuid7

from consent.approving import BulkApproval, BulkMember, BulkProposal
from consent.breaches import (
    BreachWords,
    DutyDone,
    Incident,
    Knowing,
    NonCompliance,
    Reach,
    Reached,
)
from consent.contracts import (
    Contract,
    ContractVersion,
    DutiesLetter,
    StandingFlow,
)
from consent.demands import Demand, DemandedCustomer
from consent.packing import Package, PackageMember
from consent.papers import Declined, Receipt, ScannedForm, Wish
from consent.people import Invitation
from consent.querysets import Authorizations, DisclosureMembers, Disclosures, ThirdParties
from consent.receiving import RecipientCredential, Schedule, Withdrawal
from consent.stops import Finding, Stop
from notices.models import Notice
from usage.evidence import Evidence, Member, together
from usage.granularity import Granularity
from usage.models import (
    Customer,
    Language,
    Purpose,
    PurposeVersion,
    ServiceAgreement,
    Via,
)

__all__ = [
    "Authorization",
    "AuthorizedAgreement",
    "BreachWords",
    "BulkApproval",
    "BulkMember",
    "BulkProposal",
    "Contract",
    "ContractVersion",
    "Declined",
    "Demand",
    "DemandedCustomer",
    "Disclosure",
    "DisclosureMember",
    "DutiesLetter",
    "DutyDone",
    "Finding",
    "Incident",
    "Invitation",
    "Knowing",
    "NonCompliance",
    "Package",
    "PackageMember",
    "Reach",
    "Reached",
    "Receipt",
    "RecipientCredential",
    "ScannedForm",
    "Schedule",
    "Shown",
    "StandingFlow",
    "StatedUse",
    "Stop",
    "ThirdParty",
    "ThirdPartyVersion",
    "Wish",
    "Withdrawal",
]

RENEWABLE = timedelta(days=30)
"""So long before its end an authorization may be granted anew; the new one takes its place."""

STAFF = settings.AUTH_USER_MODEL


class ThirdParty(models.Model):
    """Somebody else who may receive Covered Information. Its words are in its versions."""

    kept = Evidence(stamps=("closed_at",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    registered_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ThirdParties.as_manager()

    class Meta:
        verbose_name_plural = "third parties"

    def __str__(self) -> str:
        return self.key

    @property
    def words(self) -> ThirdPartyVersion:
        """The words in use today."""
        newest = self.versions.order_by("-number").first()
        if newest is None:
            raise ThirdPartyVersion.DoesNotExist(f"{self.key} has no words yet.")
        return newest


class ThirdPartyVersion(models.Model):
    """What a third party is called and says it does. Grants point at the version shown."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    legal_name = models.CharField(max_length=200)
    does_en = models.TextField()
    does_es = models.TextField()
    contact = models.TextField()
    policy_url = models.URLField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["third_party", "number"],
                name="a_version_of_a_third_party_has_its_own_number",
            )
        ]

    def __str__(self) -> str:
        return self.legal_name

    @property
    def does(self) -> str:
        return self.does_es if get_language() == "es" else self.does_en


class StatedUse(models.Model):
    """What a third party asks of customers for one purpose: which categories, how fine."""

    kept = Evidence(stamps=("ended_at",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="uses")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="uses")
    categories = ArrayField(models.CharField(max_length=40))
    history_months = models.PositiveSmallIntegerField()
    granularity = models.CharField(
        max_length=12,
        choices=Granularity,
        default=Granularity.AS_MEASURED,
        help_text="The finest it asks for; a customer may allow less.",
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["third_party", "purpose"],
                condition=Q(ended_at=None),
                name="a_third_party_states_a_purpose_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party}: {self.purpose}"


class Shown(models.Model):
    """What a customer was shown, word for word, before she granted."""

    kept = Evidence(private=("text",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField()
    sha256 = models.BinaryField(max_length=32)
    shown_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"shown {self.shown_at:%Y-%m-%d}"


class Authorization(models.Model):
    """One customer lets one third party have named categories for one purpose (6.9).

    Granted once, canceled at most once (6.10), never edited. `ends_on` is the first day it no
    longer holds; None means until she cancels; `once` means until the first disclosure.
    """

    kept = Evidence(
        stamps=("canceled_at", "canceled_by", "canceled_via", "canceled_wish", "used_at"),
        private=("signed_from", "signed_with"),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="authorizations")
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="authorizations")
    third_party_words = models.ForeignKey(ThirdPartyVersion, models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="authorizations")
    purpose_words = models.ForeignKey(PurposeVersion, models.PROTECT, related_name="+")
    agreements = models.ManyToManyField(
        ServiceAgreement, through="AuthorizedAgreement", related_name="authorizations"
    )
    categories = ArrayField(models.CharField(max_length=40))
    history_from = models.DateField()
    granularity = models.CharField(max_length=12, choices=Granularity)
    ends_on = models.DateField(null=True, blank=True)
    once = models.BooleanField(default=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="+")
    shown = models.OneToOneField(Shown, models.PROTECT, related_name="authorization")
    language = models.CharField(max_length=2, choices=Language)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    wish = models.OneToOneField(Wish, models.PROTECT, null=True, blank=True, related_name="granted")
    signed_from = models.CharField(max_length=45, blank=True, help_text="Address on the internet.")
    signed_with = models.CharField(max_length=300, blank=True, help_text="The browser’s own name.")
    request_key = models.UUIDField(help_text="Sent with the form, so a second click grants once.")
    canceled_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    canceled_via = models.CharField(max_length=10, choices=Via, null=True, blank=True)
    canceled_wish = models.ForeignKey(
        Wish, models.PROTECT, null=True, blank=True, related_name="canceled"
    )
    used_at = models.DateTimeField(
        null=True, blank=True, help_text="When a one-time authorization was used up."
    )

    objects = Authorizations.as_manager()

    class Meta:
        ordering = ["-granted_at"]
        permissions = [
            ("disclose_authorization", "Can send what authorizations permit"),
            ("grant_authorization", "Can grant on a customer's request"),
            ("cancel_authorization", "Can cancel on a customer's request"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "id"],
                name="an_authorization_is_found_by_its_customer",
            ),
            models.UniqueConstraint(
                fields=["customer", "request_key"], name="a_form_sent_twice_grants_once"
            ),
            models.CheckConstraint(
                condition=Q(via=Via.PORTAL) | Q(wish__isnull=False),
                name="what_staff_enter_says_how_they_heard_it",
            ),
            models.CheckConstraint(
                condition=together("canceled_at", "canceled_by", "canceled_via"),
                name="a_canceled_authorization_says_who_and_how",
            ),
            models.CheckConstraint(
                condition=Q(canceled_at=None) | Q(canceled_at__gte=F("granted_at")),
                name="an_authorization_is_canceled_after_it_is_granted",
            ),
            models.CheckConstraint(
                condition=~Q(categories=[]),
                name="an_authorization_names_its_categories",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party} {self.granted_at:%Y-%m-%d}"

    def ends_soon(self, *, on: date) -> bool:
        """Whether its end is near enough that it may be granted anew."""
        return self.ends_on is not None and self.ends_on <= on + RENEWABLE


class AuthorizedAgreement(models.Model):
    """One service agreement she ticked."""

    kept = Evidence(header="authorization")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    authorization = models.ForeignKey(Authorization, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "agreement"],
                name="an_agreement_is_authorized_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.agreement_id)


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
    reason = models.TextField(help_text="The decision's own sentence.")
    categories = ArrayField(models.CharField(max_length=40))
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
