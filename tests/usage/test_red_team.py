"""Somebody who knows who lives where tries to learn what one customer used, from releases (6.11).

He knows which customers each published line is about. He subtracts any two lines of any two
releases, and from any line all those of a release that lie inside it (a total less what is shown
of it); of one month and of different ones, as they are and adjusted for the season. He wins when
a difference that is about one customer is within 5 % of what she used.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations
from uuid import UUID

import pytest

from tests import builders
from tests.usage import town
from usage.aggregates import counting, releases, rules
from usage.aggregates.reports import Question
from usage.aggregates.rules import HOMES, OTHERS, Refused
from usage.models import AggregateRelease, ClosedBlock, Customer

MONTHS = [date(2026, month, 1) for month in (4, 5, 6)]
NEAR_ENOUGH = 0.05

Truth = dict[tuple[UUID, date], int]
"""Wh of each customer and month."""


@dataclass(frozen=True)
class Line:
    """A published line: what it says, and of which customers in which months."""

    kwh: float
    of: frozenset[tuple[UUID, date]]

    @property
    def who(self) -> frozenset[UUID]:
        return frozenset(who for who, _month in self.of)

    @property
    def months(self) -> frozenset[date]:
        return frozenset(month for _who, month in self.of)


@pytest.fixture
def city(db: None) -> Truth:
    """Homes and shops over some months, in which some come, some leave and one outweighs others."""
    lives = [
        *town.homes(104),
        *town.homes(20, first=5201, zip="90661"),
        *town.shops(18),
        *town.shops(16, first=101, rate="TOU-GS-2"),
        *town.shops(4, first=201, rate="TOU-GS-2", zip="90661"),
        *town.shops(1, first=301, rate="TOU-8"),
    ]
    town.settle(lives)
    for number, month in enumerate(MONTHS):
        uses = {}
        for n, one in enumerate(lives):
            if n % 37 == 9 + number or (n % 41 == 7 and number > 1):
                continue  # moved in or out, or stood empty
            wh = 24_000 + 2400 * (n * 7 % 13) + 720 * number * (n % 5)
            uses[one.who] = 900_000 if one.rate == "TOU-8" else wh
        town.use(month, uses)
    return truth_of(MONTHS)


def truth_of(months: Iterable[date]) -> Truth:
    return {
        (used.customer, month): used.wh for month in months for used in counting.customers(month)
    }


FIRST, LAST = MONTHS[0], MONTHS[-1]
QUESTIONS = [
    Question(FIRST, LAST, by_rate=True),
    Question(FIRST, LAST, by_place=True),
    Question(FIRST, LAST, by_rate=True, by_place=True),
    Question(FIRST, LAST, by_month=False),
    Question(FIRST, MONTHS[1], by_month=False, by_rate=True),
    Question(FIRST, LAST),
]


def publish(questions: list[Question]) -> list[AggregateRelease]:
    """Let out whatever is not refused."""
    found = []
    for question in questions:
        with suppress(Refused):
            found.append(
                releases.release(question, purpose="test", by=builders.alma(), at=builders.NOW)
            )
    return found


def lines_of(release: AggregateRelease) -> list[Line]:
    """Read a release as somebody does who knows who lives where and by which rate."""
    blocks = list(ClosedBlock.objects.filter(withheld=False).select_related("month"))
    found = []
    for row in csv.DictReader(release.content.splitlines()):
        kind = HOMES if row["Customers are"] == "homes" else OTHERS
        of: set[tuple[UUID, date]] = set()
        for block in blocks:
            groups = {tuple(group) for group in block.groups}
            if block.kind == kind and _in(row, block.month.month) and _about(row, groups):
                members = bytes(block.members)
                of |= {
                    (UUID(bytes=members[n : n + 16]), block.month.month)
                    for n in range(0, len(members), 16)
                }
        found.append(Line(float(row["Energy (kWh)"]), frozenset(of)))
    return found


def _in(row: dict[str, str], month: date) -> bool:
    named = f"{month:%Y-%m}"
    return (
        row["Month"] == named
        if "Month" in row
        else row["First month"] <= named <= row["Last month"]
    )


def _about(row: dict[str, str], groups: set[tuple[str, ...]]) -> bool:
    for name, part in (("Rate classes", 0), ("Places (ZIP)", 1)):
        if name in row and set(row[name].split(" + ")) != {group[part] for group in groups}:
            return False
    return True


def attack(sets: list[list[Line]], truth: Truth) -> set[UUID]:
    """Subtract whatever can be subtracted; return each customer told."""
    lines = [line for one in sets for line in one]
    told = set()
    for line in lines:
        told |= _told(line.kwh, line.of, line.who, truth)
        for one in sets:
            inside = [other for other in one if other.of < line.of]
            left_over = line.of.difference(*(other.of for other in inside))
            said = line.kwh - sum(other.kwh for other in inside)
            told |= _told(said, left_over, {who for who, _month in left_over}, truth)
    month_sums = {month: sum(wh for (_w, m), wh in truth.items() if m == month) for month in MONTHS}
    for big, small in permutations(lines, 2):
        if small.of <= big.of:
            left_over = big.of - small.of
            told |= _told(big.kwh - small.kwh, left_over, {w for w, _m in left_over}, truth)
        elif not big.months & small.months and small.who < big.who:
            alone = big.who - small.who
            left_over = frozenset(pair for pair in big.of if pair[0] in alone)
            season = sum(month_sums[m] for m in big.months) / sum(
                month_sums[m] for m in small.months
            )
            for factor in (1.0, season):
                told |= _told(big.kwh - factor * small.kwh, left_over, alone, truth)
    return told


def _told(
    thought: float, of: Iterable[tuple[UUID, date]], alone: Iterable[UUID], truth: Truth
) -> set[UUID]:
    told = set(alone)
    really = sum(truth.get(pair, 0) for pair in of) / 1000 if len(told) == 1 else 0
    return told if really and abs(thought - really) <= NEAR_ENOUGH * really else set()


def test_nobody_is_told_within_five_percent(city):
    found = publish(QUESTIONS)
    assert len(found) == len(QUESTIONS)
    sets = [lines_of(release) for release in found]
    assert sum(map(len, sets)) > 20
    assert attack(sets, city) == set()


def test_what_is_taken_back_between_two_releases_is_not_told(city):
    first = publish(QUESTIONS[:1])
    for month in MONTHS:
        town.use(month, {"0003": [0] * 24})
    again = publish([QUESTIONS[2], QUESTIONS[5]])
    assert len(again) == 2
    assert attack([lines_of(release) for release in first + again], city) == set()


def test_with_a_weaker_rule_the_same_attack_wins(city, monkeypatch):
    """Hold releases to no size at all, and the one large shop stands there by itself."""
    loose = {kind: replace(rule, fewest=1, percent=101) for kind, rule in rules.in_force().items()}
    monkeypatch.setattr(rules, "in_force", lambda: loose)
    sets = [lines_of(release) for release in publish([QUESTIONS[0], QUESTIONS[5]])]
    assert Customer.objects.get(account_number="90301").pk in attack(sets, city)


@pytest.fixture
def one_comes(db: None) -> Truth:
    """Sixteen shops of steady use; in the second month a seventeenth."""
    lives = town.shops(17)
    town.settle(lives)
    town.use(MONTHS[0], {one.who: 240_000 for one in lives[:16]})
    town.use(MONTHS[1], {one.who: 240_000 for one in lives})
    return truth_of(MONTHS[:2])


TWO_MONTHS = [Question(month, month) for month in MONTHS[:2]]


def test_one_who_comes_to_a_steady_group_is_not_told(one_comes):
    found = publish(TWO_MONTHS)
    assert len(found) == 1
    assert attack([lines_of(release) for release in found], one_comes) == set()


def test_without_the_comparison_of_months_she_is_told(one_comes, monkeypatch):
    monkeypatch.setattr(
        "usage.aggregates.months.settle", lambda good, withheld, _before, _rule: (good, withheld)
    )
    sets = [lines_of(release) for release in publish(TWO_MONTHS)]
    assert attack(sets, one_comes) == {Customer.objects.get(account_number="90017").pk}
