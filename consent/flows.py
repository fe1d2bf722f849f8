"""Standing flows: what goes to somebody regularly outside the portal (6.1, 6.4 to 6.6).

The portal sends none of it and cannot hold it back. It is registered so that customers and the
Notice are told the truth, and judged by the same policy, so that one without a ground shows red.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from consent import asks
from consent.contracting import Refused
from consent.models import (
    Contract,
    ContractVersion,
    StandingFlow,
    ThirdParty,
    ThirdPartyVersion,
)
from consent.policy import Decision, decide
from consent.querysets import PACIFIC
from usage import purposes
from usage.models import Category, PurposeVersion

if TYPE_CHECKING:
    from prime_portal.models import User


@transaction.atomic
def register(
    *,
    contract: Contract,
    what_en: str,
    what_es: str,
    categories: Collection[str],
    rhythm: StandingFlow.Rhythm,
    by: User,
    at: datetime,
) -> StandingFlow:
    """Register what goes by a contract or order, for customers to see (6.1)."""
    if not what_en.strip() or not what_es.strip():
        raise Refused(_("Say what goes in English and in Spanish (PRIME-07 6.1)."))
    if not categories or set(categories) - set(contract.words.categories):
        raise Refused(_("A flow holds what its contract or order covers (PRIME-07 5.3)."))
    return StandingFlow.objects.create(
        contract=contract,
        what_en=what_en,
        what_es=what_es,
        categories=sorted(categories),
        rhythm=rhythm,
        registered_at=at,
        registered_by=by,
    )


def end(flow: StandingFlow, *, by: User, at: datetime) -> None:
    """Record that it goes no longer."""
    StandingFlow.objects.filter(pk=flow.pk, ended_at=None).update(ended_at=at, ended_by=by)


def ran(*, third_party: ThirdParty, first_at: datetime, last_at: datetime) -> bool:
    """Whether anything went to it regularly in that time.

    It may have gone since the contract began, however late it was registered.
    """
    first = ContractVersion.objects.filter(contract=OuterRef("contract")).order_by("number")
    since = first.values("starts_on")[:1]
    held = StandingFlow.objects.filter(contract__third_party=third_party).alias(
        since=Subquery(since)
    )
    return held.filter(
        Q(since__lte=last_at.astimezone(PACIFIC).date()) | Q(registered_at__lte=last_at),
        Q(ended_at=None) | Q(ended_at__gte=first_at),
    ).exists()


def going() -> list[tuple[StandingFlow, ThirdPartyVersion]]:
    """Return what goes today, each with the words of who gets it."""
    held = StandingFlow.objects.filter(ended_at=None).select_related(
        "contract__third_party", "contract__purpose"
    )
    return [
        (flow, flow.contract.third_party.words)
        for flow in held.order_by("contract__third_party__key", "registered_at")
    ]


@dataclass(frozen=True)
class Going:
    """One flow as a customer is shown it."""

    flow: StandingFlow
    who: ThirdPartyVersion
    purpose: PurposeVersion
    names: list[str]
    decision: Decision
    why: str


def shown(*, category: str | None = None, at: datetime) -> list[Going]:
    """Return what goes regularly outside the portal, of one kind of information or of all."""
    names = {kind.key: kind.name for kind in Category.objects.all()}
    found = []
    for flow, who in going():
        if category is None or category in flow.categories:
            decision = judged(flow, at=at)
            found.append(
                Going(
                    flow,
                    who,
                    purposes.words_of(flow.contract.purpose),
                    [names[key] for key in flow.categories],
                    decision,
                    _(decision.reason),
                )
            )
    return found


def judged(flow: StandingFlow, *, at: datetime) -> Decision:
    """Say whether it may go, and on which clause. A stop here must be carried out out there."""
    return decide(asks.of_flow(flow, at=at), at=at)
