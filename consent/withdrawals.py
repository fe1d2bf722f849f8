"""Telling third parties what they may no longer have, signed, until they have answered.

The question is "who has not been told?", never "what happened just now?": canceling and stopping
wait for nobody to sign or send, and a night the worker was down is made good the next morning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from consent.models import (
    Authorization,
    AuthorizedAgreement,
    RecipientCredential,
    Stop,
    ThirdParty,
    Withdrawal,
)
from usage import signing

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
SIGNED_AS = b"PRIME withdrawal\n"
ANSWER_WITHIN = timedelta(days=3)
SAYS = {
    Withdrawal.Why.CANCELED: "The customer canceled this authorization. PRIME sends nothing more.",
    Withdrawal.Why.ENDED: "This authorization has ended. PRIME sends nothing more.",
    Withdrawal.Why.STOPPED: "PRIME stopped disclosures to you. PRIME sends nothing more.",
}


def tell(*, at: datetime) -> int:
    """Tell every third party that has not been told yet; return of how many withdrawals."""
    over = [
        Withdrawal(
            third_party=held.third_party,
            why=Withdrawal.Why.CANCELED if held.canceled_at else Withdrawal.Why.ENDED,
            customer_id=held.customer_id,
            authorization=held,
        )
        for held in _ended(at).select_related("third_party").order_by("pk")
    ]
    over += [
        Withdrawal(
            third_party=stop.third_party,
            why=Withdrawal.Why.STOPPED,
            customer_id=stop.customer_id,
            stop=stop,
        )
        for stop in Stop.objects.in_force().filter(withdrawals=None).select_related("third_party")
    ]
    for withdrawal in over:
        withdrawal.told_at = at
        withdrawal.text = _text(withdrawal)
        withdrawal.signature = signing.sign(SIGNED_AS + withdrawal.text.encode())
    Withdrawal.objects.bulk_create(over, ignore_conflicts=True)
    return len(over)


def _ended(at: datetime) -> QuerySet[Authorization]:
    today = at.astimezone(PACIFIC).date()
    over = Q(canceled_at__lte=at) | Q(ends_on__lte=today)
    return Authorization.objects.filter(over, withdrawals=None)


def _text(withdrawal: Withdrawal) -> str:
    """What is told: which authorization and agreements, by the ids that files carry; no name."""
    held = withdrawal.authorization
    facts: dict[str, object] = {
        "withdrawal": str(withdrawal.pk),
        "third_party": withdrawal.third_party.key,
        "why": str(withdrawal.why),
        "says": SAYS[Withdrawal.Why(withdrawal.why)],
        "told_at": withdrawal.told_at.isoformat(),
    }
    if held:
        facts["authorization"] = str(held.pk)
        facts["agreements"] = _agreements([held])
        if held.canceled_at:
            facts["canceled_at"] = held.canceled_at.isoformat()
        else:
            facts["first_day_it_no_longer_holds"] = str(held.ends_on)
    elif withdrawal.customer_id:
        facts["agreements"] = _agreements(
            Authorization.objects.filter(
                customer=withdrawal.customer_id, third_party=withdrawal.third_party
            )
        )
    else:
        facts["agreements"] = "all"
    return json.dumps(facts, indent=1, sort_keys=True)


def _agreements(authorizations: Iterable[Authorization]) -> list[str]:
    ticked = AuthorizedAgreement.objects.filter(authorization__in=authorizations)
    return sorted({str(pk) for pk in ticked.values_list("agreement_id", flat=True)})


def acknowledge(withdrawal: Withdrawal, *, credential: RecipientCredential, at: datetime) -> None:
    """Record that the third party has read it. A second time changes nothing."""
    Withdrawal.objects.unanswered().filter(pk=withdrawal.pk).update(
        acknowledged_at=at, acknowledged_with=credential
    )


def to_chase(*, at: datetime) -> QuerySet[Withdrawal]:
    """The staff's work list: what was told days ago, and nobody answered or asked after."""
    waiting: QuerySet[Withdrawal] = Withdrawal.objects.to_chase(before=at - ANSWER_WITHIN)
    return waiting.select_related("third_party")


def chase(withdrawal: Withdrawal, *, how: str, by: User, at: datetime) -> None:
    """Record that staff asked the third party after it, and how: a call, a letter, to whom."""
    Withdrawal.objects.unanswered().filter(pk=withdrawal.pk, chased_at=None).update(
        chased_at=at, chased_by=by, chased_how=how
    )


def waiting_for(third_party: ThirdParty) -> QuerySet[Withdrawal]:
    """What a third party has been told and not acknowledged, oldest first."""
    waiting: QuerySet[Withdrawal] = Withdrawal.objects.unanswered().filter(third_party=third_party)
    return waiting
