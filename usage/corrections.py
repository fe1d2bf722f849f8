"""What changed later in readings a customer may have seen already (CPUC rule 7).

A later, better reading replaces an earlier one; the earlier one is kept. A change that only
filled gaps completes a day, any other corrects it. So does an import that was taken back: what
it had brought is gone, and what it said is not told again (usage.imports).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from usage import categories
from usage.history import DELIVERED, RECEIVED, Held
from usage.intervals import MISSING, ZONE, Block, clip, day_wh
from usage.models import IntervalDayRevision, Removal, ServiceAgreement


@dataclass(frozen=True, slots=True)
class Change:
    """That a day was changed: when, whether more than a gap, and what it summed to before.

    `before` is Wh of one direction, None where nothing was held of it inside the agreement.
    `removed` says that readings were taken out which should not have been there; `earlier` is
    the day as it stood, cut to the agreement.
    """

    day: date
    at: datetime
    flow: str
    before: int | None
    corrected: bool
    removed: bool = False
    earlier: Block | None = None


def of_days(
    agreement: ServiceAgreement, first: date, after: date, held: Held
) -> dict[date, list[Change]]:
    """The changes of each day in [first, after), oldest first. `held` are the days as they are."""
    now = {(flow, block.day): block for flow, block in held}
    rows = IntervalDayRevision.objects.of(agreement.customer).filter(
        agreement=agreement, day__gte=first, day__lt=after
    )
    found: dict[date, list[Change]] = defaultdict(list)
    for row in rows.order_by("day", "revision").select_related("channel"):
        day, flow, block = row.day, row.channel.flow, stood(row, agreement)
        before = day_wh(block) if block else None
        corrected = block is not None and _differs(block, now.get((flow, day)))
        change = Change(day, row.replaced_at, flow, before, corrected, earlier=block)
        found[day].append(change)
    for removal in removals(agreement, first, after):
        flow = RECEIVED if removal.category == categories.GENERATION_EXPORT else DELIVERED
        for day in _days(removal, first, after):
            found[day].append(Change(day, removal.at, flow, None, corrected=True, removed=True))
    for changes in found.values():
        changes.sort(key=lambda change: change.at)
    return dict(found)


def stood(row: IntervalDayRevision, agreement: ServiceAgreement) -> Block | None:
    """The day as it was held before, cut to the agreement; None where nothing of it was hers."""
    quality = None if row.quality is None else bytes(row.quality)
    block = Block(row.day, row.sec, bytes(row.wh), quality, row.net)
    return clip(block, starts_at=agreement.starts_at, ends_at=agreement.ends_at)


def removals(
    agreement: ServiceAgreement, first: date = date.min, after: date = date.max
) -> list[Removal]:
    """Of which of these days readings went with an import that was taken back."""
    rows = Removal.objects.of(agreement.customer).filter(
        agreement=agreement, category__in=categories.READINGS, first_day__lt=after
    )
    return list(rows.filter(last_day__gte=first).order_by("at", "first_day"))


def by_month(
    agreement: ServiceAgreement, first: date, removed: Iterable[Removal]
) -> dict[date, int]:
    """How many days of each month since `first` were changed later; `removed` as of `removals`."""
    rows = IntervalDayRevision.objects.of(agreement.customer).filter(agreement=agreement)
    days = set(rows.filter(day__gte=first).values_list("day", flat=True).distinct())
    days |= {day for removal in removed for day in _days(removal, first, date.max)}
    return Counter(day.replace(day=1) for day in days)


def taken_out(changes: Mapping[date, Sequence[Change]]) -> list[tuple[date, int]]:
    """When readings were taken out, and of how many of these days, oldest first."""
    told = {
        (change.at.astimezone(ZONE).date(), day)
        for day, of_day in changes.items()
        for change in of_day
        if change.removed
    }
    return sorted(Counter(on for on, _day in told).items())


def _days(removal: Removal, first: date, after: date) -> Iterator[date]:
    day = max(removal.first_day, first)
    while day <= removal.last_day and day < after:
        yield day
        day += timedelta(days=1)


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
