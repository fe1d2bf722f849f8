"""Why readings and a bill may differ: what is known of the same days, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from usage import corrections, history
from usage.models import Bill, ServiceAgreement


@dataclass(frozen=True, slots=True)
class Facts:
    """What PRIME holds of some days, both included: energy in Wh, and what may be amiss in it.

    `absent` are days without any reading, `missing` single readings of the others.
    """

    first: date
    last: date
    delivered: int | None
    received: int | None
    absent: int
    missing: int
    estimated: int
    changed: int
    bill: Bill | None = None

    @property
    def difference(self) -> int | None:
        """Wh by which the bill says more (or, below zero, less) than the readings held."""
        if self.bill is None or self.delivered is None:
            return None
        return self.bill.wh - self.delivered

    @property
    def complete(self) -> bool:
        return not (self.absent or self.missing)


def facts_of(
    agreement: ServiceAgreement, first: date, last: date, *, bill: Bill | None = None
) -> Facts:
    """Gather them, as far as the days lie inside the agreement and before today's readings end."""
    after = last + timedelta(days=1)
    held = history.read(agreement, (first, after))
    days: dict[date, list[history.Period[date]]] = {}
    month, flows = first.replace(day=1), history.flows_of(agreement)
    while month <= last:
        days[month] = history.days(agreement, month, held, flows=flows)
        month = history.next_month(month)
    known = [
        period for periods in days.values() for period in periods if first <= period.start <= last
    ]
    present = [period for period in known if period.held]
    delivered, received = history.energy_of([period.start for period in known], held)
    return Facts(
        first,
        last,
        delivered,
        received,
        absent=_days_of(agreement, first, last) - len(present),
        missing=sum(period.missing for period in present),
        estimated=sum(bool(period.codes) for period in present),
        changed=len(corrections.of_days(agreement, first, after, held)),
        bill=bill,
    )


def _days_of(agreement: ServiceAgreement, first: date, last: date) -> int:
    """How many of these days lie in the agreement."""
    ended = history.last_day(agreement)
    low = max(first, history.first_day(agreement))
    high = last if ended is None else min(last, ended)
    return max(0, (high - low).days + 1)
