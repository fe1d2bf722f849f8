"""Reports of many customers that the demo's city has released (6.11)."""

from __future__ import annotations

from contextlib import suppress

from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage.aggregates import releases
from usage.aggregates.reports import Question
from usage.aggregates.rules import Refused
from usage.history import month_before


def told(when: Calendar, *, by: User) -> None:
    """Two reports of the same months: by rate class, then by place. A tiny city has none."""
    this = when.today.replace(day=1)
    first, last = month_before(this, 3), month_before(this, 1)
    at = when.ago(1)
    if at.date() < this:
        first, last = month_before(first, 1), month_before(last, 1)
    with suppress(Refused):
        for question, purpose in (
            (Question(first, last, by_rate=True), "Use by rate class, for the city council"),
            (Question(first, last, by_place=True), "Use by ZIP, for the energy plan"),
        ):
            releases.release(question, purpose=purpose, by=by, at=at)
