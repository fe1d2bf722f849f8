"""Taking an import back, over the whole portal: what it brought, and where that went meanwhile.

The verb is usage.imports.take_back. Around it: to whom the readings had gone, which stays on
record; packages and copies that hold them and were not fetched, which go; open disputes about
these days, which may be what it is for; and demands by law, which keep what they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from consent import recalls
from consent.models import Demand
from consent.recalls import Went
from usage import imports, preparing
from usage.imports import Progress, Refused, TakenBack
from usage.models import Dispute, Download, Import, Removal

if TYPE_CHECKING:
    from prime_portal.models import User


class Demanded(Refused):
    """A demand that is still open names somebody whose readings would go."""

    def __init__(self, demand: Demand) -> None:
        words = _(
            "A demand that is open names one of the customers: nothing of hers may go (%(demand)s)."
        )
        super().__init__(words % {"demand": str(demand)})
        self.demand = demand


@dataclass(frozen=True)
class Reach:
    """How far it went: third parties, copies customers took, and what they dispute of it."""

    went: list[Went]
    copies: int
    disputes: list[Dispute]


@dataclass(frozen=True)
class Look:
    """What taking it back would change, how far it went, and how many packages wait."""

    done: TakenBack
    reach: Reach
    packages: int


def look(imported: Import, *, at: datetime) -> Look:
    """Say what would come of it and change nothing. Raises imports.Refused."""
    done = imports.try_out(imported, at=at)
    _not_demanded(done.removals)
    since = imported.started_at
    packages = recalls.waiting(done.removals, since=since)
    return Look(done, reach_of(imported, done.removals, until=at), len(packages))


@transaction.atomic
def take_back(
    imported: Import,
    *,
    by: User | None,
    why: str,
    at: datetime,
    progress: Progress | None = None,
) -> TakenBack:
    """Take it back, with what waits to be fetched and holds what it brought. Raises as there."""
    done = imports.take_back(imported, by=by, why=why, at=at, progress=progress)
    _not_demanded(done.removals)
    recalls.throw_away(done.removals, since=imported.started_at)
    preparing.remove_stale(_spans(done.removals), since=imported.started_at, at=at)
    return done


def reach_of(imported: Import, removals: Sequence[Removal], *, until: datetime) -> Reach:
    """Say how far what these removals took out had gone until then."""
    spans = _spans(removals)
    since = imported.started_at
    copies = Download.objects.filter(customer__in=spans, at__range=(since, until))
    days = copies.values_list("customer_id", "first_day", "last_day")
    return Reach(
        recalls.went(removals, since=since, until=until),
        sum(first <= spans[one][1] and last >= spans[one][0] for one, first, last in days),
        _disputes(removals),
    )


def _not_demanded(removals: Sequence[Removal]) -> None:
    """What somebody demands is not let go of meanwhile (CPUC rule 4c)."""
    named = Demand.objects.filter(
        closed_at=None, customers__customer__in={one.customer_id for one in removals}
    )
    if demand := named.order_by("received_at").first():
        raise Demanded(demand)


def _spans(removals: Sequence[Removal]) -> dict[UUID, tuple[date, date]]:
    """The first and last day of each customer of which something went."""
    spans: dict[UUID, tuple[date, date]] = {}
    for one in removals:
        first, last = spans.get(one.customer_id, (one.first_day, one.last_day))
        spans[one.customer_id] = min(first, one.first_day), max(last, one.last_day)
    return spans


def _disputes(removals: Sequence[Removal]) -> list[Dispute]:
    """Those still open about days of which something went."""
    of = {one.agreement_id: one for one in removals}
    held = Dispute.objects.open().filter(
        Q(kind=Dispute.Kind.DISPUTE), agreement__in=of, first_day__isnull=False
    )
    return [
        dispute
        for dispute in held.order_by("raised_at")
        if any(
            one.agreement_id == dispute.agreement_id
            and dispute.first_day <= one.last_day
            and dispute.last_day >= one.first_day
            for one in removals
        )
    ]
