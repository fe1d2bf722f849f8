"""What an incident obliges to, whom, and by when: duties as data, with their source. Pure.

Days are days in Los Angeles. A duty with a size applies from that many affected customers on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clocks are read from. told_at is there where a third party had the incident."""

    found_at: datetime
    told_at: datetime | None
    customers: int


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do. `due` gives the last day, or None where it does not apply."""

    key: str
    what: str | Promise
    source: str | Promise
    due: Callable[[Facts], date | None]
    least: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty of one incident: the last day for it, and when it was done."""

    duty: Duty
    due_on: date
    done_at: datetime | None

    def overdue(self, *, on: date) -> bool:
        last = on if self.done_at is None else self.done_at.astimezone(PACIFIC).date()
        return last > self.due_on


def _day(at: datetime) -> date:
    return at.astimezone(PACIFIC).date()


def _third_party(facts: Facts) -> date | None:
    return _day(facts.found_at) + timedelta(days=7) if facts.told_at else None


def _commission(facts: Facts) -> date:
    """Two weeks from finding it; where a third party had it, one week from its word.

    The rule gives PRIME that week however late the word came: not the earlier of the two.
    """
    if facts.told_at:
        return _day(facts.told_at) + timedelta(days=7)
    return _day(facts.found_at) + timedelta(days=14)


def _target(facts: Facts) -> date:
    return _day(facts.told_at or facts.found_at) + timedelta(days=14)


def report_due(year: int) -> date:
    """The last day for the annual report about a year: 120 days after its end."""
    return date(year, 12, 31) + timedelta(days=120)


DUTIES = (
    Duty(
        "third_party",
        _("The third party tells PRIME within one week of finding it"),
        _("CPUC rule 8b"),
        _third_party,
    ),
    Duty(
        "customers",
        _(
            "Tell every affected customer without unreasonable delay "
            "(PRIME’s own target: two weeks)"
        ),
        _("Civ. Code 1798.29"),
        _target,
        least=1,
    ),
    Duty(
        "attorney_general",
        _("Send a sample of the letter to the Attorney General (more than 500 customers)"),
        _("Civ. Code 1798.29"),
        _target,
        least=501,
    ),
    Duty(
        "commission",
        _("Tell the CPUC’s Executive Director (1,000 customers or more)"),
        _("CPUC rule 8b"),
        _commission,
        least=1000,
    ),
    Duty(
        "annual_report",
        _("Put it into the annual report, due 120 days after the year ends"),
        _("CPUC rule 8c"),
        lambda facts: report_due(_day(facts.found_at).year),
    ),
)


def clocks(facts: Facts, done: Mapping[str, datetime]) -> list[Clock]:
    """The duties that apply, each with its last day, soonest first."""
    found = [
        Clock(duty, due_on, done.get(duty.key))
        for duty in DUTIES
        if facts.customers >= duty.least and (due_on := duty.due(facts)) is not None
    ]
    return sorted(found, key=lambda clock: clock.due_on)
