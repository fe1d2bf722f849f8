"""What later files changed in readings a customer may have seen already (CPUC rule 7).

A later, better reading replaces an earlier one; the earlier one is kept. A change that only
filled gaps completes a day, any other corrects it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.db.models.functions import TruncMonth

from usage.history import Held
from usage.intervals import MISSING, Block, clip, day_wh
from usage.models import IntervalDayRevision, ServiceAgreement


@dataclass(frozen=True, slots=True)
class Change:
    """That a day was changed: when, whether more than a gap, and what it summed to before.

    `before` is Wh of one direction, None where nothing was held of it inside the agreement.
    """

    day: date
    at: datetime
    flow: str
    before: int | None
    corrected: bool


def of_days(
    agreement: ServiceAgreement, first: date, after: date, held: Held
) -> dict[date, list[Change]]:
    """The changes of each day in [first, after), oldest first. `held` are the days as they are."""
    now = {(flow, block.day): block for flow, block in held}
    rows = IntervalDayRevision.objects.of(agreement.customer).filter(
        agreement=agreement, day__gte=first, day__lt=after
    )
    found: dict[date, list[Change]] = defaultdict(list)
    for day, flow, sec, wh, at in rows.order_by("day", "revision").values_list(
        "day", "channel__flow", "sec", "wh", "replaced_at"
    ):
        block = clip(
            Block(day, sec, bytes(wh)), starts_at=agreement.starts_at, ends_at=agreement.ends_at
        )
        before = day_wh(block) if block else None
        corrected = block is not None and _differs(block, now.get((flow, day)))
        found[day].append(Change(day, at, flow, before, corrected))
    return dict(found)


def by_month(agreement: ServiceAgreement, first: date) -> dict[date, int]:
    """How many days of each month since `first` were changed later."""
    rows = (
        IntervalDayRevision.objects.of(agreement.customer)
        .filter(agreement=agreement, day__gte=first)
        .annotate(month=TruncMonth("day"))
        .values("month")
        .annotate(days=Count("day", distinct=True))
    )
    return {row["month"]: row["days"] for row in rows}


def _differs(before: Block, now: Block | None) -> bool:
    """Whether a reading that stood there is another one today."""
    if now is None:
        return False
    if before.sec != now.sec:
        return day_wh(before) != day_wh(now)
    return any(_changed(before, now))


def _changed(before: Block, now: Block) -> Iterator[bool]:
    for earlier, later in zip(before.values, now.values, strict=True):
        yield earlier not in (MISSING, later)
