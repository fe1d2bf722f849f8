"""Third parties and PRIME's contracts with them: registering, wording, stopping, lifting."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from consent import gate
from consent.models import (
    Contract,
    ContractVersion,
    Finding,
    StatedUse,
    Stop,
    ThirdParty,
    ThirdPartyVersion,
)
from usage.granularity import Granularity
from usage.models import Customer, Purpose

if TYPE_CHECKING:
    from prime_portal.models import User


class Refused(Exception):
    """The change was not made. The sentence says why and names the clause."""


@transaction.atomic
def register(
    *,
    key: str,
    legal_name: str,
    does_en: str,
    does_es: str,
    contact: str,
    policy_url: str = "",
    by: User,
    at: datetime,
) -> ThirdParty:
    """Register a third party with its first words, which customers will read."""
    third_party = ThirdParty.objects.create(key=key, registered_at=at)
    reword(
        third_party,
        legal_name=legal_name,
        does_en=does_en,
        does_es=does_es,
        contact=contact,
        policy_url=policy_url,
        by=by,
        at=at,
    )
    return third_party


@transaction.atomic
def reword(
    third_party: ThirdParty,
    *,
    legal_name: str,
    does_en: str,
    does_es: str,
    contact: str,
    policy_url: str = "",
    by: User,
    at: datetime,
) -> ThirdPartyVersion:
    """Record new words. Authorizations keep the words that were shown (6.9)."""
    if not does_en.strip() or not does_es.strip():
        raise Refused("Say what it does in English and in Spanish (Civ. Code 1798.98).")
    ThirdParty.objects.select_for_update(no_key=True).get(pk=third_party.pk)
    return ThirdPartyVersion.objects.create(
        third_party=third_party,
        number=third_party.versions.count() + 1,
        legal_name=legal_name,
        does_en=does_en,
        does_es=does_es,
        contact=contact,
        policy_url=policy_url,
        recorded_at=at,
        recorded_by=by,
    )


def state_use(
    third_party: ThirdParty,
    *,
    purpose: Purpose,
    categories: list[str],
    history_months: int,
    granularity: Granularity = Granularity.AS_MEASURED,
    by: User,
    at: datetime,
) -> StatedUse:
    """Record what it asks of customers for one purpose, no wider than the purpose (5.3)."""
    if wider := set(categories) - set(purpose.categories):
        raise Refused(f"The purpose does not need: {', '.join(sorted(wider))} (PRIME-07 5.3).")
    return StatedUse.objects.create(
        third_party=third_party,
        purpose=purpose,
        categories=sorted(categories),
        history_months=history_months,
        granularity=granularity,
        recorded_at=at,
        recorded_by=by,
    )


@transaction.atomic
def contract(
    third_party: ThirdParty,
    *,
    standing: Contract.Standing,
    purpose: Purpose,
    reference: str,
    clauses: list[str],
    categories: list[str],
    starts_on: date,
    ends_on: date | None = None,
    by: User,
    at: datetime,
) -> Contract:
    """Record PRIME's contract with it, or the order it acts under (6.4, 6.5)."""
    if standing == Contract.Standing.PRIMARY_PURPOSE and purpose.kind != "primary":
        raise Refused("Only a primary purpose is carried out under contract (PRIME-07 6.5).")
    made = Contract.objects.create(
        third_party=third_party, standing=standing, purpose=purpose, opened_at=at
    )
    ContractVersion.objects.create(
        contract=made,
        number=1,
        reference=reference,
        clauses=sorted(clauses),
        categories=sorted(categories),
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_at=at,
        recorded_by=by,
    )
    return made


@transaction.atomic
def stop(
    third_party: ThirdParty,
    *,
    reason: str,
    customer: Customer | None = None,
    finding: Finding | None = None,
    by: User,
    at: datetime,
) -> Stop:
    """End every disclosure to it now (6.8), for everyone or for one customer.

    The gate waits for a key being handed over this instant; afterwards none is.
    Authorizations stay as they are, for each customer to decide.
    """
    gate.close(third_party.pk)
    ThirdParty.objects.select_for_update(no_key=True).get(pk=third_party.pk)
    return Stop.objects.create(
        third_party=third_party,
        customer=customer,
        finding=finding,
        reason=reason,
        stopped_at=at,
        stopped_by=by,
    )


@transaction.atomic
def lift(stopped: Stop, *, reason: str, by: User, at: datetime) -> Stop:
    """Let disclosures resume where something else permits them. Another person than the stopper."""
    locked: Stop = Stop.objects.select_for_update(no_key=True).get(pk=stopped.pk)
    if locked.stopped_by_id == by.pk:
        raise Refused("Whoever stopped a third party does not lift the stop (PRIME-07 6.8).")
    if locked.lifted_at is None:
        locked.lifted_at, locked.lifted_by, locked.lift_reason = at, by, reason
        locked.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    return locked
