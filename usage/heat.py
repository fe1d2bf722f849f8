"""A year on one picture: a column a day, a row an hour, the darker the more.

What was delivered is shown in one color and what was sent back in another, hour by hour as the
clock showed it: of the hour that November repeats the mean is drawn, the hour that March leaves
out is a gap, and so is an hour of which a reading is missing. The table beside the picture is
made from the same hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from usage import holidays, png
from usage.charts import STEPS
from usage.history import DELIVERED, Held
from usage.intervals import MISSING, ZONE, Block, day_epoch, day_length

HOURS = 24
DELIVERED_COLORS = (
    "#eaf3f4", "#c9e0e4", "#9fc9d1", "#6fadb9", "#41909f", "#17697d", "#0f4c5c", "#062b35",
)  # fmt: skip
RECEIVED_COLORS = ("#fdf0d8", "#f8d38f", "#e9a93c", "#b06a00", "#6e4100")
GAP_COLORS = ("#ffffff", "#b4bec2")
PALETTE = (*DELIVERED_COLORS, *RECEIVED_COLORS, *GAP_COLORS)
RECEIVED_FROM = len(DELIVERED_COLORS)
GAP_FROM = RECEIVED_FROM + len(RECEIVED_COLORS)

Hour = int | None
"""Net Wh of one hour, below zero when more was sent back than delivered; None is a gap."""


@dataclass(frozen=True)
class Year:
    """The hours of some days in order. `days` start with `first` and leave none out."""

    first: date
    days: list[list[Hour]]

    @property
    def last(self) -> date:
        return self.first + timedelta(days=len(self.days) - 1)

    @property
    def step(self) -> tuple[int, int]:
        """Wh in one shade, delivered and received: round, and only 1 hour in 100 beyond."""
        hours = [hour for day in self.days for hour in day if hour is not None]
        return (
            _round(_most([hour for hour in hours if hour > 0]), RECEIVED_FROM),
            _round(_most([-hour for hour in hours if hour < 0]), len(RECEIVED_COLORS)),
        )

    @property
    def sends_back(self) -> bool:
        return any(hour is not None and hour < 0 for day in self.days for hour in day)

    @property
    def gaps(self) -> bool:
        return any(hour is None for day in self.days for hour in day)


@dataclass(frozen=True, slots=True)
class Average:
    """An hour of the clock on workdays and on free days: mean net Wh, None without readings."""

    hour: int
    workday: int | None
    free: int | None


def over(first: date, last: date, held: Held) -> Year:
    """Lay the days held over a calendar from first to last, both included."""
    by_day: dict[date, dict[str, list[Hour]]] = {}
    for flow, block in held:
        if first <= block.day <= last:
            day = by_day.setdefault(block.day, {}).setdefault(flow, [None] * HOURS)
            for hour, wh in _hours(block):
                if wh is not None:  # of two meters on one day each has its part
                    day[hour] = (day[hour] or 0) + wh
    count = (last - first).days + 1
    return Year(
        first,
        [_net(by_day.get(first + timedelta(days=n), {})) for n in range(count)],
    )


def picture(year: Year) -> bytes:
    """Draw it as a PNG: one pixel an hour, midnight on top."""
    delivered, received = year.step
    rows = [
        bytes(
            _shade(day[hour], delivered, received, odd=(column + hour) % 2)
            for column, day in enumerate(year.days)
        )
        for hour in range(HOURS)
    ]
    return png.write(rows, PALETTE)


def averages(year: Year) -> list[Average]:
    """The mean of each hour of the clock, workdays and free days (of SCE's rates) apart."""
    workdays: list[list[Hour]] = []
    free: list[list[Hour]] = []
    for n, day in enumerate(year.days):
        on = year.first + timedelta(days=n)
        off = on.weekday() >= holidays.SATURDAY or on in holidays.of_rates(on.year)
        (free if off else workdays).append(day)
    return [Average(hour, _mean(workdays, hour), _mean(free, hour)) for hour in range(HOURS)]


def _net(flows: dict[str, list[Hour]]) -> list[Hour]:
    """Delivered less received; a gap where either is missing."""
    day: list[Hour] = [None] * HOURS
    for hour in range(HOURS):
        energies = [(flow, wh[hour]) for flow, wh in flows.items()]
        known = [wh if flow == DELIVERED else -wh for flow, wh in energies if wh is not None]
        if known and len(known) == len(energies):
            day[hour] = sum(known)
    return day


def _hours(block: Block) -> Iterator[tuple[int, Hour]]:
    """Each hour of the clock that the day has, and its Wh."""
    parts, values = 3600 // block.sec, block.values
    found: dict[int, list[Hour]] = {}
    for index in range(len(values) // parts):
        piece = values[index * parts : (index + 1) * parts]
        hour = index
        if day_length(block.day) != 86400:
            hour = datetime.fromtimestamp(day_epoch(block.day) + index * 3600, ZONE).hour
        found.setdefault(hour, []).append(None if MISSING in piece else sum(piece))
    for hour, energies in found.items():
        known = [wh for wh in energies if wh is not None]
        yield hour, (sum(known) // len(known) if len(known) == len(energies) else None)


def _shade(hour: Hour, delivered: int, received: int, *, odd: int) -> int:
    """Its place in the palette. A gap is a checkerboard, so that no shade looks like it."""
    if hour is None:
        return GAP_FROM + odd
    if hour >= 0:
        return min(hour // delivered, RECEIVED_FROM - 1)
    return RECEIVED_FROM + min((-hour - 1) // received, len(RECEIVED_COLORS) - 1)


def _most(energies: list[int]) -> int:
    """The Wh that 99 of 100 hours stay below."""
    return sorted(energies)[len(energies) * 99 // 100] if energies else 0


def _round(most: int, shades: int) -> int:
    """Wh in one shade so that all shades together reach `most`."""
    power = 1
    while power * STEPS[-1] * shades < most:
        power *= 10
    return max(1, next(int(power * step) for step in STEPS if power * step * shades >= most))


def _mean(days: Sequence[list[Hour]], hour: int) -> int | None:
    known = [wh for day in days if (wh := day[hour]) is not None]
    return round(sum(known) / len(known)) if known else None
