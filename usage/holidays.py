"""Days that are not ordinary workdays: for the rates of SCE, and for the days PRIME works.

Each rule gives the days of one year; nothing here is a list that ends.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    """The count-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))


def _last(year: int, month: int, weekday: int) -> date:
    after = date(year + month // 12, month % 12 + 1, 1)
    return after - timedelta(days=(after.weekday() - weekday - 1) % 7 + 1)


@lru_cache(maxsize=64)
def of_rates(year: int) -> frozenset[date]:
    """The eight holidays on which SCE's time-of-use rates follow the weekend.

    One on a Sunday moves to Monday, one on a Saturday moves nowhere (SCE, Schedule TOU-D,
    special condition on time periods; the schedules for businesses name the same days).
    """
    days = {
        date(year, 1, 1),
        _nth(year, 2, MONDAY, 3),  # Presidents' Day
        _last(year, 5, MONDAY),  # Memorial Day
        date(year, 7, 4),
        _nth(year, 9, MONDAY, 1),  # Labor Day
        date(year, 11, 11),
        _nth(year, 11, THURSDAY, 4),  # Thanksgiving
        date(year, 12, 25),
    }
    moved = {day + timedelta(days=1) for day in days if day.weekday() == SUNDAY}
    return frozenset(days | moved)


@lru_cache(maxsize=64)
def of_offices(year: int) -> frozenset[date]:
    """The federal holidays, moved off the weekend (5 U.S.C. 6103), on which offices are closed."""
    fixed = {
        date(year, 1, 1),
        date(year + 1, 1, 1),  # kept on 31 December when it is a Saturday
        date(year, 6, 19),
        date(year, 7, 4),
        date(year, 11, 11),
        date(year, 12, 25),
    }
    shift = {SATURDAY: -1, SUNDAY: 1}
    moved = {day + timedelta(days=shift.get(day.weekday(), 0)) for day in fixed}
    return frozenset(
        {
            *(day for day in moved if day.year == year),
            _nth(year, 1, MONDAY, 3),  # Martin Luther King Jr.
            _nth(year, 2, MONDAY, 3),
            _last(year, 5, MONDAY),
            _nth(year, 9, MONDAY, 1),
            _nth(year, 10, MONDAY, 2),  # Columbus Day
            _nth(year, 11, THURSDAY, 4),
        }
    )


def workdays_after(day: date, count: int) -> date:
    """The count-th day after `day` on which offices are open."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in of_offices(day.year):
            count -= 1
    return day
