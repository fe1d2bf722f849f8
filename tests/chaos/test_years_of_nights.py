"""Years of nights, the scheduler off for days of them and run twice on others (6.2)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from notices import deliveries
from notices.models import Delivery
from tests import builders
from tests.builders import PACIFIC
from tests.notices.cast import mark_sent, neighbor, owed
from usage.models import Customer

pytestmark = pytest.mark.django_db

SPECIAL = [(1, 1), (2, 28), (2, 29), (3, 1), (3, 10), (11, 3), (12, 31)]
"""Days customers begin on: turns of the year, leap days, nights the clocks change."""
OFF = 3  # days in a row without a scheduler, at most


def test_nobody_goes_a_year_without_a_notice_and_nobody_gets_two(
    db: None, rounds: Callable[[int, int], int], seed: int
) -> None:
    chance = random.Random(seed)
    builders.notice(at=datetime(2027, 12, 1, tzinfo=UTC))
    people = [neighbor(n, since=date(2028, *day)) for n, day in enumerate(SPECIAL)]
    last = date(2028 + rounds(9, 2), 12, 31)
    day, off = date(2028, 1, 1), 0
    while day <= last:
        off = off - 1 if off else chance.choice([0] * 20 + [OFF])
        if not off:
            for _ in range(chance.choice([1, 1, 2])):
                night = datetime(day.year, day.month, day.day, tzinfo=PACIFIC).astimezone(UTC)
                deliveries.plan(at=night + timedelta(minutes=chance.randrange(24 * 60)))
            mark_sent(datetime(day.year, day.month, day.day, 23, 59, tzinfo=PACIFIC))
        day += timedelta(days=1)
    for person in people:
        told = sent_to(person)
        gaps = [(later - earlier).days for earlier, later in pairwise(told)]
        assert max(gaps) < 365, gaps
        assert min(gaps) >= 333 - OFF, gaps  # eleven months
        assert (last - told[-1]).days < 365
        years = Counter(one.year for one in told)
        assert set(years) == set(range(2028, last.year + 1)), years
        assert max(years.values()) <= 2, years


def sent_to(person: Customer) -> list[date]:
    rows = owed(person)
    assert {row.kind for row in rows} == {Delivery.Kind.NEW_ACCOUNT, Delivery.Kind.ANNUAL}
    return [timezone.localdate(row.sent_at) for row in rows]
