"""Somebody who knows who lives where tries to learn what one customer used, from releases (6.11).

He knows which customers each published line is about. He subtracts any two lines of any two
releases, and from any line all those of a release that lie inside it (a total less what is shown
of it); of one month and of different ones, as they are and adjusted for the season. The same of
every run of hours, of any two hours of a line, and of hours and another month's sum spread over
the day. He wins when a difference that is about one customer is within 5 % of what she used.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, permutations
from uuid import UUID

import pytest

from tests import builders
from tests.usage import town
from usage.aggregates import counting, hours, releases, reports, rules
from usage.aggregates.reports import Question
from usage.aggregates.rules import HOMES, OTHERS, Refused
from usage.models import AggregateRelease, ClosedBlock, Customer

MONTHS = [date(2026, month, 1) for month in (4, 5, 6)]
NEAR_ENOUGH = 0.05

Truth = dict[tuple[UUID, date], int]
"""Wh of each customer and month."""


HoursTruth = dict[tuple[UUID, date], list[int]]
"""Wh of each customer and month in each hour of the day."""

NOTHING = [0] * 24


@dataclass(frozen=True)
class Line:
    """A published line: what it says, and of which customers in which months."""

    kwh: float
    of: frozenset[tuple[UUID, date]]
    hours: tuple[float, ...] = ()

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
            uses[one.who] = _spread(900_000 if one.rate == "TOU-8" else wh, n, number)
        town.use(month, uses)
    return truth_of(MONTHS)


def _spread(wh: int, n: int, month: int) -> list[int]:
    """Spread over the day, to each customer and month otherwise."""
    shares = [10 + (hour * (n % 5 + 2) + n * 3 + month * (n % 7)) % 17 for hour in range(24)]
    hours = [wh * share // sum(shares) for share in shares]
    return [wh - sum(hours[1:]), *hours[1:]]


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
        found.append(Line(float(row["Energy (kWh)"]), frozenset(of), _hours(row)))
    return found


def _hours(row: dict[str, str]) -> tuple[float, ...]:
    said = [row.get(f"kWh from {hour}:00") for hour in range(24)]
    return tuple(float(kwh) for kwh in said if kwh)


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


def attack_hours(sets: list[list[Line]], truth: HoursTruth) -> set[UUID]:
    """The same in every run of hours, and what only hours allow; return each customer told."""
    sets = [[line for line in one if line.hours] for one in sets] + [
        [line for line in one if not line.hours] for one in sets
    ]
    told = set()
    for start, end in combinations(range(25), 2):
        used = {pair: wh for pair, wh in _during(truth, start, end).items() if wh}
        some = [
            [
                replace(line, kwh=sum(line.hours[start:end]), of=line.of & used.keys())
                for line in one
            ]
            for one in sets
            if one and one[0].hours
        ]
        told |= attack(some, used)
    lines = [line for one in sets for line in one]
    for line in lines:
        for first, other in permutations(range(24), 2) if line.hours else ():
            told |= _hours_less(line, first, line, other, truth, [1.0])
    for now, then in permutations(lines, 2):
        if now.hours and then.hours and not now.months & then.months:
            told |= _less_by_quiet_hours(now, then, truth)
        elif now.hours and not now.months & then.months:
            told |= _hours_less_a_share(now, then, truth)
    return told


def _during(truth: HoursTruth, start: int, end: int) -> Truth:
    return {pair: sum(wh[start:end]) for pair, wh in truth.items()}


def _hours_less(
    now: Line, first: int, then: Line, other: int, truth: HoursTruth, seasons: Iterable[float]
) -> set[UUID]:
    """Subtract an hour of a line from one of another, where only one customer comes beside."""
    big = {pair for pair in now.of if truth.get(pair, NOTHING)[first]}
    small = {who for who, month in then.of if truth.get((who, month), NOTHING)[other]}
    alone = {who for who, _month in big} - small
    if not small < {who for who, _month in big}:
        return set()
    used = _during(truth, first, first + 1)
    left_over = [pair for pair in big if pair[0] in alone]
    told = set()
    for season in seasons:
        told |= _told(now.hours[first] - season * then.hours[other], left_over, alone, used)
    return told


def _less_by_quiet_hours(now: Line, then: Line, truth: HoursTruth) -> set[UUID]:
    """Take the season from those hours in which the same customers were in use both times."""
    quiet = [
        hour
        for hour in range(24)
        if {who for who, m in now.of if truth.get((who, m), NOTHING)[hour]}
        == {who for who, m in then.of if truth.get((who, m), NOTHING)[hour]}
    ]
    if not (base := sum(then.hours[hour] for hour in quiet)):
        return set()
    season = sum(now.hours[hour] for hour in quiet) / base
    told = set()
    for hour in set(range(24)).difference(quiet):
        told |= _hours_less(now, hour, then, hour, truth, [season])
    return told


def _hours_less_a_share(now: Line, then: Line, truth: HoursTruth) -> set[UUID]:
    """Take another month's sum for spread over the day as this line's is, or as everybody's."""
    alone = now.who - then.who
    if not then.who < now.who:
        return set()
    left_over = [pair for pair in now.of if pair[0] in alone]
    month = sum(sum(wh) for (_who, month), wh in truth.items() if month in then.months)
    told = set()
    for hour in range(24):
        used = _during(truth, hour, hour + 1)
        everybody = sum(wh for (_who, month), wh in used.items() if month in now.months)
        for share in (now.hours[hour] / sum(now.hours), everybody / month):
            told |= _told(now.hours[hour] - share * then.kwh, left_over, alone, used)
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


# Hours


def hours_truth_of(months: Iterable[date]) -> HoursTruth:
    truth: HoursTruth = {}
    for month in months:
        for _kind, _key, who, wh in hours.of_customers(month):
            had = truth.get((who, month), NOTHING)
            truth[who, month] = [one + more for one, more in zip(had, wh, strict=True)]
    return truth


def read(questions: list[Question]) -> list[list[Line]]:
    return [lines_of(release) for release in publish(questions)]


def with_hours(sets: list[list[Line]]) -> int:
    return sum(bool(line.hours) for one in sets for line in one)


@pytest.fixture
def without_the_comparison(monkeypatch):
    """Compare no hours with anything, as the portal once did."""
    monkeypatch.setattr(
        "usage.aggregates.profiles.settle",
        lambda blocks, _before, rule: [block for block in blocks if block.kept_by(rule)],
    )


STEADY = [1000] * 24
LOUD = [20_000, *STEADY[1:]]
BY_DAY = [0] * 8 + [1000] * 10 + [0] * 6
UNEVEN = [1000 + 40 * hour * hour for hour in range(24)]
LOUDER = [40_000, *UNEVEN[1:]]
"""As uneven, and louder for an hour, so that the month's sum hides who came."""
MORE, LESS = [20_000] + [1500] * 23, [20_000] + [500] * 23
AT_NOON = [1650] * 12 + [10_400] + [1650] * 11
A_TENTH_MORE = [40_000, *(wh * 11 // 10 for wh in UNEVEN[1:])]
LARGE = [30_000 + 40 * hour * hour for hour in range(24)]
SWINGING = [400_000, *(wh + (5000 if n % 2 else -5000) for n, wh in enumerate(LARGE[1:]))]
"""Every other hour more and the next less, so that single hours tell nothing."""


def shops_use(*months: list[list[int]]) -> HoursTruth:
    """Shops of two rate classes; of each month the hours of the first, as many as are in use."""
    lives = [*town.shops(17), *town.shops(16, first=18, rate="TOU-GS-2")]
    town.settle(lives)
    for month, used in zip(MONTHS, months, strict=False):
        town.use(month, {one.who: wh for one, wh in zip(lives, used, strict=False)})
    return hours_truth_of(MONTHS)


ONE_BY_ONE = [replace(question, hours=True) for question in TWO_MONTHS]
WAYS = {
    "one comes where one hour hides her in the sum": ([[STEADY] * 16, [LOUD] * 17], ONE_BY_ONE),
    "one leaves": ([[LOUD] * 17, [STEADY] * 16], ONE_BY_ONE),
    "one comes, and the later month goes out first": (
        [[STEADY] * 16, [LOUD] * 17],
        ONE_BY_ONE[::-1],
    ),
    "one comes, and both months are in one report": (
        [[STEADY] * 16, [LOUD] * 17],
        [Question(MONTHS[0], MONTHS[1], hours=True)],
    ),
    "one is in use by day alone": ([[STEADY] * 16 + [BY_DAY]], ONE_BY_ONE[:1]),
    "one begins to be in use at night": (
        [[UNEVEN] * 16 + [BY_DAY], [LOUDER] * 16 + [STEADY]],
        ONE_BY_ONE,
    ),
    "one begins at night while all use more by day": (
        [[UNEVEN] * 16 + [BY_DAY], [A_TENTH_MORE] * 16 + [STEADY]],
        ONE_BY_ONE,
    ),
    "one comes who is told in several hours together": (
        [[LARGE] * 16, [SWINGING] * 16 + [[30_000] * 24]],
        ONE_BY_ONE,
    ),
    "one comes to a month of which the sum alone is out": (
        [[[10_000] * 24] * 16, [[10_500] * 24] * 16 + [AT_NOON]],
        [TWO_MONTHS[0], ONE_BY_ONE[1]],
    ),
    "one comes who is told in the sum of two rate classes": (
        [[STEADY] * 16 + [NOTHING] + [STEADY] * 16, [MORE] * 16 + [STEADY] + [LESS] * 16],
        [replace(question, by_rate=True) for question in ONE_BY_ONE] + ONE_BY_ONE,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_hours_tell_on_nobody(db, way):
    used, questions = WAYS[way]
    truth = shops_use(*used)
    sets = read(questions)
    assert len(sets) == len(questions)
    assert attack_hours(sets, truth) == set()


@pytest.mark.parametrize("way", WAYS)
def test_without_the_comparison_of_hours_they_do(db, way, without_the_comparison):
    used, questions = WAYS[way]
    truth = shops_use(*used)
    last = Customer.objects.get(account_number="90017").pk
    assert attack_hours(read(questions), truth) == {last}


def test_hours_that_would_tell_are_shown_together_with_others(db):
    """A newcomer among steady shops is told; beside shops that use half as much again she is not."""
    truth = shops_use([STEADY] * 16 + [NOTHING] + [STEADY] * 16, [LOUD] * 17 + [MORE] * 16)
    by_rate = [replace(question, by_rate=True) for question in ONE_BY_ONE]
    sets = read(by_rate + ONE_BY_ONE)
    assert [len(line.hours) for one in sets for line in one] == [24, 24, 0, 0, 24, 24]
    assert attack_hours(sets, truth) == set()
    told = AggregateRelease.objects.get(question=by_rate[1].as_json()).told
    assert len(told) == 1
    assert "2026-05, others than homes: hours shown together only" in told[0]["what"]
    assert told[0]["what"].endswith("(6.11): TOU-GS-1 (90660), TOU-GS-2 (90660).")


def test_hours_left_out_are_said_to_be_and_why(db):
    shops_use([STEADY] * 16, [LOUD] * 17)
    _first, second = publish(ONE_BY_ONE)
    told = second.told[0]["what"]
    assert len(second.told) == 1
    assert told.startswith("2026-05, others than homes: without hours, because less other hours")
    assert told.endswith("would show who came or left (6.11): TOU-GS-1 (90660).")


@pytest.mark.parametrize("before", [[], ONE_BY_ONE[:1], ONE_BY_ONE[1:], TWO_MONTHS])
def test_a_preview_compares_hours_as_the_release_does(db, before):
    used, _questions = WAYS["one begins to be in use at night"]
    shops_use(*used)
    publish(before)
    question = Question(MONTHS[0], MONTHS[1], hours=True)
    shown = releases.preview(question, at=builders.NOW)
    [release] = publish([question])
    assert reports.table(question, shown.rows) == release.content
    assert [str(one) for one in shown.told] == [one["what"] for one in release.told]
    assert any("without hours" in str(one) for one in shown.told)


def test_hours_of_a_city_tell_on_nobody(city):
    """Of what goes out beside the months' sums, in whatever order it is asked for."""
    questions = [replace(question, hours=True) for question in QUESTIONS]
    sets = read([QUESTIONS[2], *questions[::-1], QUESTIONS[3]])
    assert len(sets) == len(QUESTIONS) + 2
    assert with_hours(sets) >= 4
    truth = hours_truth_of(MONTHS)
    assert attack(sets, city) == set()
    assert attack_hours(sets, truth) == set()
