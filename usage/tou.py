"""When power costs what: the time-of-use periods of SCE's rates, and a day split by them.

The periods are data with their source; SCE's tariff decides, and so does the bill. A rate that
is not here has no split, rather than a guessed one. Seasons, weekends and holidays are those of
Los Angeles, and hours are hours on the clock: the hour that November repeats is counted twice
in its period, the hour that March leaves out in none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from usage import holidays
from usage.intervals import MISSING, ZONE, Block, day_epoch, day_length
from usage.models import Channel

ON_PEAK, MID_PEAK, OFF_PEAK, SUPER_OFF_PEAK = "on", "mid", "off", "super_off"
PERIODS: dict[str, str | Promise] = {
    ON_PEAK: _("On-peak"),
    MID_PEAK: _("Mid-peak"),
    OFF_PEAK: _("Off-peak"),
    SUPER_OFF_PEAK: _("Super off-peak"),
}
"""Dearest first. SCE's words for them stand on the bill."""

SUMMER = range(6, 10)
"""June to September; the other months are winter."""

Hours = tuple[str, ...]
"""The period of each of the 24 hours on the clock."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The periods of some rates, and the tariff sheet that says so. Weekends include holidays.

    `since` is the day the sheet took effect, `decision` the CPUC's approval of these periods.
    """

    rates: tuple[str, ...]
    since: date
    summer_workday: Hours
    summer_weekend: Hours
    winter: Hours
    peak: str | Promise
    sheet: str
    decision: str

    def hours(self, day: date) -> Hours:
        if day.month not in SUMMER:
            return self.winter
        free = day.weekday() >= holidays.SATURDAY or day in holidays.of_rates(day.year)
        return self.summer_weekend if free else self.summer_workday

    def of(self, moment: datetime) -> str:
        """The period in which this local moment lies."""
        return self.hours(moment.date())[moment.hour]

    @property
    def periods(self) -> list[str]:
        used = {*self.summer_workday, *self.summer_weekend, *self.winter}
        return [period for period in PERIODS if period in used]


def _hours(*spans: tuple[str, int]) -> Hours:
    """`("off", 16), ("on", 5), …`: periods and their lengths in hours, from midnight on."""
    return tuple(period for period, length in spans for _hour in range(length))


RULES = (
    Rule(
        ("TOU-D-4-9PM", "TOU-D-PRIME"),
        date(2019, 3, 1),
        _hours((OFF_PEAK, 16), (ON_PEAK, 5), (OFF_PEAK, 3)),
        _hours((OFF_PEAK, 16), (MID_PEAK, 5), (OFF_PEAK, 3)),
        _hours((OFF_PEAK, 8), (SUPER_OFF_PEAK, 8), (MID_PEAK, 5), (OFF_PEAK, 3)),
        _("4 to 9 p.m."),
        "Schedule TOU-D, options 4-9PM and PRIME",
        "CPUC D.18-07-006",
    ),
    Rule(
        ("TOU-D-5-8PM",),
        date(2019, 3, 1),
        _hours((OFF_PEAK, 17), (ON_PEAK, 3), (OFF_PEAK, 4)),
        _hours((OFF_PEAK, 17), (MID_PEAK, 3), (OFF_PEAK, 4)),
        _hours((OFF_PEAK, 8), (SUPER_OFF_PEAK, 9), (MID_PEAK, 3), (OFF_PEAK, 4)),
        _("5 to 8 p.m."),
        "Schedule TOU-D, option 5-8PM",
        "CPUC D.18-07-006",
    ),
    Rule(
        tuple(
            f"{schedule}{option}"
            for schedule in ("TOU-GS-1", "TOU-GS-2", "TOU-GS-3", "TOU-8")
            for option in ("", "-D", "-E", "-ES")
        ),
        date(2019, 3, 1),
        _hours((OFF_PEAK, 16), (ON_PEAK, 5), (OFF_PEAK, 3)),
        _hours((OFF_PEAK, 16), (MID_PEAK, 5), (OFF_PEAK, 3)),
        _hours((OFF_PEAK, 8), (SUPER_OFF_PEAK, 8), (MID_PEAK, 5), (OFF_PEAK, 3)),
        _("4 to 9 p.m."),
        "Schedules TOU-GS-1, TOU-GS-2, TOU-GS-3 and TOU-8, options D and E",
        "CPUC D.18-07-006",
    ),
)


def rule_of(rate_schedule: str) -> Rule | None:
    """The periods of a rate as the roster names it. CARE and FERA change prices, not hours."""
    code = rate_schedule.upper().replace(" ", "").removesuffix("-CARE").removesuffix("-FERA")
    return next((rule for rule in RULES if code in rule.rates), None)


@dataclass(frozen=True, slots=True)
class Sum:
    """Energy of one period in Wh; None where no reading is held, which is never zero."""

    period: str
    delivered: int | None = None
    received: int | None = None

    @property
    def name(self) -> str:
        return str(PERIODS[self.period])


def split(rule: Rule, held: Iterable[tuple[str, Block]]) -> list[Sum]:
    """Sum whole days, each with its direction, by the periods of the rule, dearest first.

    Days before the rule was in force are left out; a period without any reading too.
    """
    sums: dict[tuple[str, str], int] = {}
    for flow, block in held:
        if block.day < rule.since:
            continue
        values = block.values
        whole = MISSING not in values
        for period, first, after in _runs(rule, block.day, block.sec):
            piece = values[first:after]
            if not whole:
                piece = piece.__class__("i", (wh for wh in piece if wh != MISSING))
            if piece:
                sums[period, flow] = sums.get((period, flow), 0) + sum(piece)
    found = [
        Sum(
            period,
            sums.get((period, Channel.Flow.DELIVERED)),
            sums.get((period, Channel.Flow.RECEIVED)),
        )
        for period in rule.periods
    ]
    return [one for one in found if one.delivered is not None or one.received is not None]


def _runs(rule: Rule, day: date, sec: int) -> tuple[tuple[str, int, int], ...]:
    """Stretches of intervals [first, after) of one period. Ordinary days share them."""
    return _runs_of(rule.hours(day), None if day_length(day) == 86400 else day, sec)


@lru_cache(maxsize=256)
def _runs_of(hours: Hours, day: date | None, sec: int) -> tuple[tuple[str, int, int], ...]:
    length = day_length(day) if day else 86400
    first = day_epoch(day) if day else 0
    named = (
        (hours[_clock(first + at) if day else at // 3600], at // sec)
        for at in range(0, length, sec)
    )
    stretches = (
        (period, [index for _period, index in same])
        for period, same in groupby(named, key=lambda pair: pair[0])
    )
    return tuple((period, places[0], places[-1] + 1) for period, places in stretches)


def _clock(epoch: int) -> int:
    return datetime.fromtimestamp(epoch, ZONE).hour
