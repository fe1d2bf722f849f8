"""Many customers at once, on a contract (6.5): one person proposes, another approves.

What is approved is a hash over the third party, the contract, the categories, the days and every
customer with her agreements. If any of it is another by the time it goes, it is not approved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consent import asks, gate, packages, proposals
from consent.models import BulkApproval, BulkMember, BulkProposal, Contract, Package
from consent.policy import decide
from consent.proposals import Proposal
from usage.models import Customer

if TYPE_CHECKING:
    from prime_portal.models import User


THE_DATABASE_SAYS = (
    gettext_noop("The proposal was withdrawn (PRIME-07 5.1)."),
    gettext_noop("What is approved is not what was proposed (PRIME-07 5.1)."),
    gettext_noop("Whoever proposed it cannot approve it (PRIME-07 5.1)."),
    gettext_noop("This person may not approve it (PRIME-07 5.1)."),
)
"""Why it lets nobody approve (migration 0002): here, so that translators find it."""


class Refused(Exception):
    """It was not proposed, approved or packed. The sentence says why."""


def gathered(bulk: BulkProposal) -> Proposal:
    """Return what it would be today: the same customers, their agreements as they are now."""
    return proposals.gather_for_contract(
        bulk.contract,
        Customer.objects.filter(pk__in=bulk.members.values("customer")).order_by("pk"),
        first_day=bulk.first_day,
        last_day=bulk.last_day,
    )


@transaction.atomic
def propose(
    contract: Contract,
    customers: Iterable[Customer],
    *,
    first_day: date,
    last_day: date,
    by: User,
    at: datetime,
) -> BulkProposal:
    """Write down what would go about whom. Nothing is packed yet."""
    proposal = proposals.gather_for_contract(
        contract, customers, first_day=first_day, last_day=last_day
    )
    if not proposal.about:
        raise Refused(_("There is no customer to propose."))
    if not proposal.categories:
        raise Refused(_("This contract names nothing that a package can hold (PRIME-07 5.3)."))
    for ask in asks.of(proposal, at=at):
        decision = decide(replace(ask, unapproved=False), at=at)
        if not decision.allowed:
            raise Refused(f"{_(decision.reason)} (PRIME-07 {decision.clause})")
    members = sorted(about.customer.pk for about in proposal.about)
    bulk = BulkProposal.objects.create(
        contract=contract,
        categories=list(proposal.categories),
        first_day=first_day,
        last_day=last_day,
        customers=len(members),
        members_sha256=sha256("\n".join(map(str, members)).encode()).digest(),
        proposal_sha256=proposal.digest,
        proposed_at=at,
        proposed_by=by,
    )
    BulkMember.objects.bulk_create(
        BulkMember(customer_id=customer, proposal=bulk) for customer in members
    )
    return bulk


def approve(bulk: BulkProposal, *, shown: str, by: User, at: datetime) -> BulkApproval:
    """Approve what was shown, by its hash (hex). The database refuses whoever may not."""
    today = gathered(bulk).digest
    if shown != today.hex() or today != bytes(bulk.proposal_sha256):
        raise Refused(_("It is not what was proposed any more. Propose it anew."))
    try:
        with transaction.atomic():
            return BulkApproval.objects.create(
                proposal=bulk, proposal_sha256=today, approved_at=at, approved_by=by
            )
    except DatabaseError as error:
        raise Refused(_(str(error).splitlines()[0])) from error


@transaction.atomic
def withdraw(bulk: BulkProposal, *, by: User, at: datetime) -> None:
    """Take a proposal back, approved or not. Nothing more goes on it."""
    gate.close(bulk.contract.third_party_id)
    BulkProposal.objects.filter(pk=bulk.pk, withdrawn_at=None).update(
        withdrawn_at=at, withdrawn_by=by
    )


def pack(bulk: BulkProposal, *, at: datetime) -> Package:
    """Pack what was approved, for the third party to fetch. It is decided anew at each fetch."""
    proposal = gathered(bulk)
    if not BulkApproval.objects.standing(proposal.digest).exists():
        raise Refused(_("Another person has not approved this very proposal."))
    return packages.prepare(proposal, at=at)
