"""What is about many customers, on a contract: proposed by one person, approved by another.

Both rows are evidence, so nothing about them can be edited; the database itself refuses an
approval that is not another entitled person's of the very same proposal, and a disclosure of
many that has none (see the migrations).
"""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Member, together
from usage.querysets import OfCustomer

STAFF = settings.AUTH_USER_MODEL


class BulkProposals(QuerySet["BulkProposal", "BulkProposal"]):
    def open(self) -> Self:
        return self.filter(withdrawn_at=None, approval=None)


class BulkProposal(models.Model):
    """Who proposes to give a contract's third party what, about which customers, of which days.

    `members_sha256` hashes the list of customers, so that the ledger entry covers everybody in it.
    """

    kept = Evidence(stamps=("withdrawn_at", "withdrawn_by"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey("consent.Contract", models.PROTECT, related_name="bulk_proposals")
    categories = ArrayField(models.CharField(max_length=40))
    first_day = models.DateField()
    last_day = models.DateField()
    customers = models.PositiveIntegerField()
    members_sha256 = models.BinaryField(max_length=32)
    proposal_sha256 = models.BinaryField(max_length=32, help_text=_("Of every customer in it too."))
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")

    objects = BulkProposals.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "bulk proposal")
        verbose_name_plural = pgettext_lazy("table", "bulk proposals")
        ordering = ["-proposed_at"]
        permissions = [("approve_bulkproposal", "Can approve what another person proposed")]
        constraints = [
            models.CheckConstraint(
                condition=together("withdrawn_at", "withdrawn_by"),
                name="a_withdrawn_proposal_names_who_withdrew_it",
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=models.F("last_day")),
                name="a_proposal_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.first_day} – {self.last_day}"


class BulkMember(models.Model):
    """One customer of a bulk proposal."""

    kept = Member(header="proposal")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="+")
    proposal = models.ForeignKey(BulkProposal, models.PROTECT, related_name="members")

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "proposal"], name="a_customer_is_in_a_bulk_proposal_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.proposal_id)


class BulkApprovals(QuerySet["BulkApproval", "BulkApproval"]):
    def standing(self, digest: bytes) -> Self:
        """Approvals of this very proposal that were not taken back."""
        return self.filter(proposal_sha256=digest, proposal__withdrawn_at=None)


class BulkApproval(models.Model):
    """That a second person approved this very proposal, by the hash of what was shown."""

    kept = Evidence(guards=("another_entitled_person_approves",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    proposal = models.OneToOneField(BulkProposal, models.PROTECT, related_name="approval")
    proposal_sha256 = models.BinaryField(max_length=32)
    approved_at = models.DateTimeField()
    approved_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    objects = BulkApprovals.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "bulk approval")
        verbose_name_plural = pgettext_lazy("table", "bulk approvals")

    def __str__(self) -> str:
        return str(_("%(proposal)s approved") % {"proposal": self.proposal})
