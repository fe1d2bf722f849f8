"""Every fact a decision needs, looked up as it is now: one Ask for each customer of a proposal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from consent.facts import Ask, Granularity, Mandate, Permission, Process, Standing
from consent.facts import Demand as Demanded
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    BulkApproval,
    Contract,
    ContractVersion,
    Demand,
    DutiesLetter,
    StandingFlow,
    Stop,
    ThirdParty,
)
from consent.proposals import Proposal
from consent.querysets import PACIFIC
from notices.models import Delivery, Notice
from notices.writing.content import content_from
from usage import training
from usage.frozen import frozen
from usage.models import Purpose


def of(proposal: Proposal, *, at: datetime) -> Iterable[Ask]:
    """Look up every fact a decision needs, as it is now."""
    facts, stops = _about(
        proposal.third_party, proposal.purpose, proposal.contract, proposal.categories, at=at
    )
    unapproved = proposal.many and not BulkApproval.objects.standing(proposal.digest).exists()
    for about in proposal.about:
        yield replace(
            facts,
            customer=about.customer.pk,
            agreements=frozenset(agreement.pk for agreement in about.agreements),
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            granularity=Granularity(proposal.granularity),
            unapproved=unapproved,
            stopped=facts.stopped or about.customer.pk in stops,
            demand=demand_on(proposal.demand, about.customer.pk) if proposal.demand else None,
            permission=permission_of(about.authorization.pk) if about.authorization else None,
        )


def of_flow(flow: StandingFlow, *, at: datetime) -> Ask:
    """Look up the facts of what goes regularly outside the portal, about nobody in particular."""
    contract = flow.contract
    facts, _stops = _about(contract.third_party, contract.purpose, contract, flow.categories, at=at)
    return replace(facts, granularity=Granularity(contract.words.granularity))


NOBODY = UUID(int=0)


def _about(
    third_party: ThirdParty,
    purpose: Purpose,
    contract: Contract | None,
    categories: Iterable[str],
    *,
    at: datetime,
) -> tuple[Ask, set[UUID | None]]:
    """The facts that are the same for every customer, and for whom there are stops."""
    handed, today = chain(contract), at.astimezone(PACIFIC).date()
    everybody = {third_party.pk, *(one.third_party_id for one in handed)}
    stops = set(
        Stop.objects.in_force()
        .filter(third_party__in=everybody)
        .values_list("customer_id", flat=True)
    )
    closed = ThirdParty.objects.filter(pk__in=everybody, closed_at__isnull=False).exists()
    purpose = Purpose.objects.get(pk=purpose.pk)
    facts = Ask(
        customer=NOBODY,
        third_party=third_party.pk,
        purpose=purpose.pk,
        purpose_categories=frozenset(purpose.categories),
        primary=purpose.kind == Purpose.Kind.PRIMARY,
        programs=purpose.limb == Purpose.Limb.PROGRAMS,
        categories=frozenset(categories),
        agreements=frozenset(),
        first_day=today,
        last_day=today,
        noticed=noticed_for(purpose, on=today),
        frozen=frozen(),
        purpose_ended=purpose.ended_at is not None,
        stopped=closed or None in stops,
        untrained=_untrained(third_party, handed, at=at),
        mandate=_mandate(*handed) if handed else None,
    )
    return facts, stops


OWN = (Contract.Standing.PRIMARY_PURPOSE, Contract.Standing.ONWARD)
"""What PRIME itself, or who has it from PRIME, agreed with a third party."""

TO_ATTEST = timedelta(days=30)
"""A third party that customers chose has so long after its letter of duties (R60) to attest."""


def asked_to_attest(third_party: ThirdParty, *, at: datetime) -> bool:
    """Whether it is PRIME's to ask that its people are trained, so that 5.2 shuts the door.

    A contract binds it; or customers chose it and it was told that it is a covered entity itself.
    """
    told = at.astimezone(PACIFIC).date() - TO_ATTEST
    if DutiesLetter.objects.filter(third_party=third_party, sent_on__lte=told).exists():
        return True
    own = Contract.objects.filter(third_party=third_party, standing__in=OWN, ended_at=None)
    return any(mandate_of(contract).in_force(at=at) for contract in own)


def _untrained(third_party: ThirdParty, handed: Iterable[Contract], *, at: datetime) -> bool:
    """Whether somebody on the way is asked to attest (5.2) and nothing attested counts today."""
    asked = {one.third_party for one in handed if one.standing in OWN}
    if third_party not in asked and asked_to_attest(third_party, at=at):
        asked.add(third_party)
    today = at.astimezone(PACIFIC).date()
    return not all(training.attested(party.key, on=today) for party in asked)


def chain(contract: Contract | None) -> list[Contract]:
    """Return a contract, read now, and whatever the data was received under before it (6.6)."""
    held: list[Contract] = []
    following = contract.pk if contract else None
    while following:
        held.append(Contract.objects.get(pk=following))
        following = held[-1].source_id
    return held


def noticed_for(purpose: Purpose, *, on: date) -> frozenset[str] | None:
    """Return what the notice in force on a day names for a purpose (6.1); None without one."""
    notice = Notice.objects.in_force(on=on)
    if notice is None:
        return None
    said = content_from(notice.content).facts.purposes
    return frozenset(
        category for held in said if held.key == purpose.key for category in held.categories
    )


def mandate_of(contract: Contract) -> Mandate:
    """Return a contract or order as the policy sees it, read now."""
    return _mandate(*chain(contract))


def _mandate(contract: Contract, *sources: Contract) -> Mandate:
    """The contract's newest version, with what it was received under inside it."""
    words: ContractVersion = contract.words
    return Mandate(
        standing=Standing(contract.standing),
        third_party=contract.third_party_id,
        reference=words.reference,
        order=words.order,
        purpose=contract.purpose_id,
        categories=frozenset(words.categories),
        granularity=Granularity(words.granularity),
        clauses=frozenset(words.clauses),
        breach_order=words.breach_order,
        starts_on=words.starts_on,
        ends_on=words.ends_on,
        ended_at=contract.ended_at,
        source=_mandate(*sources) if sources else None,
    )


CPUC = "cpuc"
"""The key of the third party that is the CPUC itself."""


def demand_on(demand: Demand, customer_id: UUID) -> Demanded:
    """Return a demand as the policy sees it for one customer, read now."""
    fresh = Demand.objects.select_related("third_party").get(pk=demand.pk)
    named = list(fresh.customers.all())
    hers = next((one for one in named if one.customer_id == customer_id), None)
    return Demanded(
        process=Process(fresh.process),
        third_party=fresh.third_party_id,
        reference=fresh.reference,
        customers=frozenset(one.customer_id for one in named),
        categories=frozenset(fresh.categories),
        first_day=fresh.first_day,
        last_day=fresh.last_day,
        reason=fresh.reason,
        reviewed=fresh.reviewed_at is not None,
        told_at=told_at(fresh, customer_id),
        gag_order="" if fresh.gag_ended_at else fresh.gag_order,
        contested=bool(hers and hers.contested_at and not hers.contest_ended_at),
        closed=fresh.closed_at is not None,
        by_cpuc=fresh.third_party.key == CPUC,
    )


def told_at(demand: Demand, customer_id: UUID) -> datetime | None:
    """When the customer's written notice of a demand was sent, and did not come back."""
    sent = Delivery.objects.filter(
        customer=customer_id,
        key__in=[demand.told_key, f"{demand.told_key}:letter"],
        sent_at__isnull=False,
        failed_at=None,
    )
    moment: datetime | None = sent.order_by("sent_at").values_list("sent_at", flat=True).first()
    return moment


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
        granularity=Granularity(held.granularity),
        granted_at=held.granted_at,
        ends_on=held.ends_on,
        once=held.once,
        used_at=held.used_at,
        canceled_at=held.canceled_at,
    )
