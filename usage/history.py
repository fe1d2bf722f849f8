"""A customer's use over a year, a month or a day, as her pages show it (6.3).

Each function that is given an agreement alone asks one or two questions of the database, however
long her record is; `Held` days read once serve several of them. Periods come in order, only from
inside the agreement's dates. Delivered and received are summed over the meters of the place;
both are whole Wh, and None says that no reading is held, which is never the same as zero.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Generic, TypeVar

from django.db.models import Max, Min, Q

from usage.intervals import MISSING, PLAIN, ZONE, Block, clip, day_epoch, day_wh
from usage.models import Channel, Customer, IntervalDay, MonthTotal, ServiceAgreement

When = TypeVar("When", date, datetime)

DELIVERED, RECEIVED = Channel.Flow.DELIVERED, Channel.Flow.RECEIVED


@dataclass(frozen=True, slots=True)
class Period(Generic[When]):
    """One month, day or interval.

    `start` is its first day, or for an interval its instant in local time. `missing` counts
    intervals without a reading; `codes` are the quality codes that are out of the ordinary;
    `whole` says that no reading of it is missing; `net` that what is called delivered is, at
    least in part, delivered minus received, as an old meter says it. Of a month, `absent` counts
    the days without any reading, and `marked` those with a reading that is not a plain one;
    `unsure` that its channels may each have other gaps (see `laid_over`).
    """

    start: When
    delivered: int | None = None
    received: int | None = None
    missing: int = 0
    codes: frozenset[int] = frozenset()
    whole: bool = False
    net: bool = False
    absent: int = 0
    marked: int = 0
    unsure: bool = False

    @property
    def held(self) -> bool:
        return self.delivered is not None or self.received is not None


Held = list[tuple[str, Block]]
"""Days as they are kept, each with its direction, oldest first and cut to the agreement."""


def months(
    agreement: ServiceAgreement, *, count: int = 13, on: date | None = None
) -> list[Period[date]]:
    """The newest months with readings, at most `count`; a month between without any is empty.

    Days without a reading are counted in months that are past on the day `on`. What is shown of
    gaps goes through `laid_over` first.
    """
    rows = MonthTotal.objects.of(agreement.customer).filter(agreement=agreement)
    sums: dict[date, dict[str, int]] = defaultdict(dict)
    gaps: dict[date, int] = defaultdict(int)
    held: dict[date, dict[str, int]] = defaultdict(dict)
    told: dict[date, list[int]] = defaultdict(list)
    marked: dict[date, int] = defaultdict(int)
    net: set[date] = set()
    for row in rows.select_related("channel").order_by("-month")[: count * 8]:
        _add(sums[row.month], row.channel.flow, row.wh)
        _add(held[row.month], row.channel.flow, row.days)
        gaps[row.month] = max(gaps[row.month], row.missing)
        told[row.month].append(row.days)
        marked[row.month] = max(marked[row.month], row.marked_days)
        if row.net_days:
            net.add(row.month)
    if not sums:
        return []
    last = max(sums)
    first = max(min(sums), month_before(last, count - 1))
    since: dict[str, date] = {}
    until: dict[str, date] = {}
    for month in sorted(held):
        for flow in held[month]:
            since.setdefault(flow, month)
            until[flow] = month
    return [
        Period(
            month,
            sums[month].get(DELIVERED),
            sums[month].get(RECEIVED),
            gaps[month],
            whole=not gaps[month] and min(held[month].values(), default=0) >= _length(month),
            net=month in net,
            absent=max(0, _expected(agreement, month, on) - max(told[month])) if told[month] else 0,
            marked=marked[month],
            unsure=bool(told[month])
            and (
                held[month].keys() != {way for way in since if since[way] <= month <= until[way]}
                or len(set(held[month].values())) > 1
                or (len(told[month]) > 1 and gaps[month] > 0)
            ),
        )
        for month in _months(first, last)
    ]


def laid_over(
    agreement: ServiceAgreement, months: list[Period[date]], *, on: date
) -> list[Period[date]]:
    """The same months, their gaps counted as the days' own pages count them.

    A time for which one direction is missing, or both, is one gap. Sums by month cannot tell
    that where there are several channels: the days of such months are read, in one question.
    """
    unsure = [period.start for period in months if period.unsure]
    if not unsure:
        return months
    flows = flows_of(agreement)
    held = read(agreement, *((month, next_month(month)) for month in unsure))
    return [
        _counted(period, days(agreement, period.start, held, on=on, flows=flows), agreement, on)
        if period.unsure
        else period
        for period in months
    ]


def _counted(
    month: Period[date], days: list[Period[date]], agreement: ServiceAgreement, on: date
) -> Period[date]:
    present = sum(day.held for day in days)
    return replace(
        month,
        missing=sum(day.missing for day in days),
        absent=max(0, _expected(agreement, month.start, on) - present),
        unsure=False,
    )


Flows = Mapping[str, tuple[date, date]]
"""The first and the last month, or day, in which each direction is held."""


def flows_of(agreement: ServiceAgreement) -> Flows:
    """The months from which to which a place has each direction, by the sums of its months."""
    rows = MonthTotal.objects.of(agreement.customer).filter(agreement=agreement)
    spans = rows.values_list("channel__flow").annotate(Min("month"), Max("month"))
    return {flow: (first, last) for flow, first, last in spans}


def _within(flows: Flows, month: date, held: Held) -> Flows:
    """The days of a month from which to which each direction is to be expected.

    A direction begins with its first reading and ends with its last: panels that were put up in
    the middle of a month, or readings that are not here yet, leave no gap before or after.
    """
    after, found = next_month(month), {}
    for flow, (first, last) in flows.items():
        days = [one.day for way, one in held if way == flow and month <= one.day < after]
        low = min(days, default=None) if first == month else month
        high = max(days, default=None) if last == month else after - timedelta(days=1)
        if first <= month <= last and low and high:
            found[flow] = (low, high)
    return found


def span(customer: Customer) -> tuple[date, date] | None:
    """From the oldest to the newest month with readings; None if there are none."""
    held = MonthTotal.objects.of(customer).aggregate(first=Min("month"), last=Max("month"))
    if held["first"] is None:
        return None
    return held["first"], next_month(held["last"]) - timedelta(days=1)


def read(agreement: ServiceAgreement, *spans: tuple[date, date]) -> Held:
    """The days held in any of these spans, [first, after), in one query."""
    wanted = Q()
    for first, after in spans:
        wanted |= Q(day__gte=first, day__lt=after)
    rows = IntervalDay.objects.of(agreement.customer).filter(wanted, agreement=agreement)
    blocks = (
        (flow, Block(day, sec, bytes(wh), quality and bytes(quality), net))
        for flow, day, sec, wh, quality, net in rows.order_by("day").values_list(
            "channel__flow", "day", "sec", "wh", "quality", "net"
        )
    )
    cut = (
        (flow, clip(block, starts_at=agreement.starts_at, ends_at=agreement.ends_at))
        for flow, block in blocks
    )
    return [(flow, block) for flow, block in cut if block is not None]


def days(
    agreement: ServiceAgreement,
    month: date,
    held: Held | None = None,
    *,
    on: date | None = None,
    flows: Flows | None = None,
) -> list[Period[date]]:
    """The days of a month, from its first in the agreement to its last with a reading.

    A month that is past on the day `on` goes to its end: what is missing there will hardly come.
    Whoever asks for several months finds their `flows` once.
    """
    after = next_month(month)
    if held is None:
        held = read(agreement, (month, after))
    of_month = [(flow, block) for flow, block in held if month <= block.day < after]
    if not of_month:
        return []
    within = _within(flows_of(agreement) if flows is None else flows, month, of_month)
    by_day = dict(_days(agreement, of_month, within))
    if not by_day:
        return []
    first, count = max(month, first_day(agreement)), _expected(agreement, month, on)
    last = max(max(by_day), first + timedelta(days=count - 1))
    return [
        _sum(day, by_day.get(day, []))
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    ]


def intervals(
    agreement: ServiceAgreement, day: date, held: Held | None = None
) -> list[Period[datetime]]:
    """The intervals of a day inside the agreement: 92, 96 or 100 quarters, 23 to 25 hours.

    Meters that differ in their interval length are shown at the longer one. `held`, if it was
    read already, is of the whole month: by it a direction that is missing on this day is known.
    """
    month = day.replace(day=1)
    if held is None:
        held = read(agreement, (month, next_month(month)))
    of_day = [(flow, block) for flow, block in held if block.day == day]
    if not of_day:
        return []
    within = _within(flows_of(agreement), month, held)
    return dict(_days(agreement, of_day, within)).get(day, [])


def energy_of(days: Iterable[date], held: Held) -> tuple[int | None, int | None]:
    """Delivered and received on these days, as far as they are held."""
    wanted, sums = set(days), dict[str, int]()
    for flow, block in held:
        if block.day in wanted:
            _add(sums, flow, day_wh(block))
    return sums.get(DELIVERED), sums.get(RECEIVED)


def first_day(agreement: ServiceAgreement) -> date:
    return agreement.starts_at.astimezone(ZONE).date()


def last_day(agreement: ServiceAgreement) -> date | None:
    """The last day with an instant inside the agreement; None while it goes on."""
    if agreement.ends_at is None:
        return None
    return (agreement.ends_at - timedelta(microseconds=1)).astimezone(ZONE).date()


def covers(agreement: ServiceAgreement, first: date, after: date) -> bool:
    """Whether any of the days from `first` to before `after` lies in the agreement."""
    last = last_day(agreement)
    return first_day(agreement) < after and (last is None or first <= last)


def _expected(agreement: ServiceAgreement, month: date, on: date | None) -> int:
    """How many days of a month should have readings: none before the month is past."""
    after = next_month(month)
    if on is None or on < after:
        return 0
    last = last_day(agreement)
    end = min(after - timedelta(days=1), last) if last else after - timedelta(days=1)
    return max(0, (end - max(month, first_day(agreement))).days + 1)


def _days(
    agreement: ServiceAgreement, held: Held, within: Flows
) -> Iterator[tuple[date, list[Period[datetime]]]]:
    """Each day with readings and its intervals; `within` are the days to expect a direction on."""
    for day, of_day in groupby(held, key=lambda pair: pair[1].day):
        wanted = {flow for flow, (first, last) in within.items() if first <= day <= last}
        if periods := _intervals(agreement, list(of_day), wanted):
            yield day, periods


def _intervals(
    agreement: ServiceAgreement, blocks: list[tuple[str, Block]], wanted: set[str]
) -> list[Period[datetime]]:
    """Lay the channels of one day over each other and leave out what is not the customer's.

    An interval has a gap where a channel of the day has one, and throughout where a direction
    that is wanted has no channel; net energy tells both directions.
    """
    first, sec = day_epoch(blocks[0][1].day), max(block.sec for _flow, block in blocks)
    count = blocks[0][1].count * blocks[0][1].sec // sec
    ends_at = agreement.ends_at.timestamp() if agreement.ends_at else float("inf")
    low = max(0, ceil((agreement.starts_at.timestamp() - first) / sec))
    high = min(count, (ends_at - first) // sec)
    sums: list[dict[str, int]] = [{} for _ in range(count)]
    codes: list[set[int]] = [set() for _ in range(count)]
    net = any(block.net for _flow, block in blocks)
    lacks = not net and bool(wanted - {flow for flow, _block in blocks})
    gaps = [lacks] * count
    for flow, block in blocks:
        parts, values, qualities = sec // block.sec, block.values, block.codes
        for index in range(low, int(high)):
            piece = slice(index * parts, (index + 1) * parts)
            if MISSING not in values[piece]:
                sums[index][flow] = sums[index].get(flow, 0) + sum(values[piece])
                codes[index] |= set(qualities[piece]) - PLAIN
            else:
                gaps[index] = True
    periods = [
        Period(
            datetime.fromtimestamp(first + index * sec, ZONE),
            sums[index].get(DELIVERED),
            sums[index].get(RECEIVED),
            int(gaps[index]),
            frozenset(codes[index]),
            bool(sums[index]) and not gaps[index],
            net,
        )
        for index in range(low, int(high))
    ]
    return periods if any(period.held for period in periods) else []


def _sum(day: date, periods: list[Period[datetime]]) -> Period[date]:
    delivered = [period.delivered for period in periods if period.delivered is not None]
    received = [period.received for period in periods if period.received is not None]
    return Period(
        day,
        sum(delivered) if delivered else None,
        sum(received) if received else None,
        sum(period.missing for period in periods),
        frozenset().union(*(period.codes for period in periods)),
        bool(periods) and all(period.whole for period in periods),
        any(period.net for period in periods),
    )


def _add(sums: dict[str, int], flow: str, wh: int) -> None:
    sums[flow] = sums.get(flow, 0) + wh


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date, count: int) -> date:
    """The first day of the month so many months before."""
    years, left = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(years, left + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months these days lie in."""
    return list(_months(first.replace(day=1), last))


def _length(month: date) -> int:
    return monthrange(month.year, month.month)[1]


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = next_month(first)
