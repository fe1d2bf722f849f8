"""Every fact a decision needs, looked up as it is now: one Ask for each customer of a proposal."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from consent.models import (
    Authorization,
    AuthorizedAgreement,
    BulkApproval,
    Contract,
    ContractVersion,
    Stop,
    ThirdParty,
)
from consent.policy import Ask, Mandate, Permission, Standing
from consent.proposals import Proposal
from usage.models import Purpose


def of(proposal: Proposal) -> Iterable[Ask]:
    """Look up every fact a decision needs, as it is now."""
    stops = set(
        Stop.objects.in_force()
        .filter(third_party=proposal.third_party)
        .values_list("customer_id", flat=True)
    )
    closed = ThirdParty.objects.filter(pk=proposal.third_party.pk, closed_at__isnull=False).exists()
    purpose = Purpose.objects.get(pk=proposal.purpose.pk)
    mandate = _mandate(proposal.contract) if proposal.contract else None
    unapproved = proposal.many and not BulkApproval.objects.standing(proposal.digest).exists()
    for about in proposal.about:
        yield Ask(
            customer=about.customer.pk,
            third_party=proposal.third_party.pk,
            purpose=purpose.pk,
            purpose_categories=frozenset(purpose.categories),
            primary=purpose.kind == Purpose.Kind.PRIMARY,
            programs=purpose.limb == Purpose.Limb.PROGRAMS,
            categories=frozenset(proposal.categories),
            agreements=frozenset(agreement.pk for agreement in about.agreements),
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            granularity=proposal.granularity,
            stopped=closed or None in stops or about.customer.pk in stops,
            unapproved=unapproved,
            mandate=mandate,
            permission=permission_of(about.authorization.pk) if about.authorization else None,
        )


def _mandate(contract: Contract) -> Mandate:
    fresh = Contract.objects.get(pk=contract.pk)
    words: ContractVersion = fresh.words
    return Mandate(
        standing=Standing(fresh.standing),
        reference=words.reference,
        purpose=fresh.purpose_id,
        categories=frozenset(words.categories),
        clauses=frozenset(words.clauses),
        starts_on=words.starts_on,
        ends_on=words.ends_on,
        ended_at=fresh.ended_at,
    )


def permission_of(authorization_id: UUID) -> Permission:
    """Return an authorization as the policy sees it, read now."""
    held = Authorization.objects.get(pk=authorization_id)
    return Permission(
        customer=held.customer_id,
        third_party=held.third_party_id,
        purpose=held.purpose_id,
        categories=frozenset(held.categories),
        agreements=frozenset(
            AuthorizedAgreement.objects.filter(authorization=held).values_list(
                "agreement_id", flat=True
            )
        ),
        history_from=held.history_from,
        granularity=held.granularity,
        granted_at=held.granted_at,
        ends_on=held.ends_on,
        once=held.once,
        used_at=held.used_at,
        canceled_at=held.canceled_at,
    )
