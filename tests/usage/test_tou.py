"""When power costs what: days split by the periods of SCE's rates."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from usage import holidays, tou
from usage.intervals import ZONE, day_start, intervals_in, pack
from usage.models import Channel

DELIVERED, RECEIVED = Channel.Flow.DELIVERED, Channel.Flow.RECEIVED
RULE = tou.rule_of("TOU-D-4-9PM")
SPRING, FALL = date(2026, 3, 8), date(2025, 11, 2)


def whole(day: date, *, sec: int = 900, wh: int = 100, gaps: frozenset[int] = frozenset()):
    count = intervals_in(day, sec=sec)
    return pack(day, sec=sec, wh=[None if n in gaps else wh for n in range(count)])


def split(*blocks, rule=RULE, flow=DELIVERED):
    return {s.period: s.delivered for s in tou.split(rule, [(flow, block) for block in blocks])}


@pytest.mark.parametrize("rule", tou.RULES, ids=lambda rule: rule.rates[0])
def test_every_rule_names_each_hour_of_each_kind_of_day_and_its_source(rule):
    for hours in (rule.summer_workday, rule.summer_weekend, rule.winter):
        assert len(hours) == 24
        assert set(hours) <= set(tou.PERIODS)
    assert rule.sheet.startswith("Schedule")
    assert rule.decision.startswith("CPUC D.")


def test_no_rate_stands_in_two_rules():
    rates = [rate for rule in tou.RULES for rate in rule.rates]
    assert len(rates) == len(set(rates))


@pytest.mark.parametrize("code", ["TOU-D-4-9PM", "tou-d-4-9pm", "TOU-D-4-9PM-CARE"])
def test_a_discount_changes_the_price_and_not_the_hours(code):
    assert tou.rule_of(code) is RULE


@pytest.mark.parametrize("code", ["", "D", "TOU-EV-1", "TOU-D-A", "TOU-GS-2-B", "TOU-D"])
def test_a_rate_nobody_wrote_down_has_no_split(code):
    assert tou.rule_of(code) is None


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "hour", "period"),
    [
        (date(2026, 7, 1), 15, "off"),
        (date(2026, 7, 1), 16, "on"),
        (date(2026, 7, 1), 20, "on"),
        (date(2026, 7, 1), 21, "off"),
        (date(2026, 6, 1), 17, "on"),  # the first day of summer
        (date(2026, 5, 29), 17, "mid"),
        (date(2026, 9, 30), 17, "on"),
        (date(2026, 10, 1), 17, "mid"),
        (date(2026, 7, 5), 17, "mid"),  # a Sunday
        (date(2026, 9, 7), 17, "mid"),  # Labor Day
        (date(2026, 7, 3), 17, "on"),  # the 4th is a Saturday: nothing moves
        (date(2027, 7, 5), 17, "mid"),  # the 4th is a Sunday: Monday is free
        (date(2026, 1, 10), 9, "super_off"),
        (date(2026, 1, 12), 7, "off"),
        (date(2026, 1, 12), 15, "super_off"),
        (date(2026, 1, 12), 18, "mid"),
        (date(2026, 1, 12), 22, "off"),
    ],
)
def test_seasons_weekends_and_holidays_have_their_own_hours(day, hour, period):
    assert RULE.of(local(day, hour)) == period


@pytest.mark.parametrize("sec", [900, 1800, 3600])
@pytest.mark.parametrize(
    "day", [SPRING, FALL, date(2026, 7, 1), date(2026, 7, 4), date(2026, 1, 12)]
)
@pytest.mark.parametrize("rule", tou.RULES, ids=lambda rule: rule.rates[0])
def test_the_split_is_what_counting_interval_by_interval_gives(rule, day, sec):
    count = intervals_in(day, sec=sec)
    block = pack(day, sec=sec, wh=[n + 1 for n in range(count)])
    expected: dict[str, int] = {}
    for n in range(count):
        period = rule.of((day_start(day) + timedelta(seconds=n * sec)).astimezone(ZONE))
        expected[period] = expected.get(period, 0) + n + 1
    assert split(block, rule=rule) == expected


def test_days_of_23_and_25_hours_lose_and_gain_theirs_at_night():
    ordinary = {"off": 11 * 400, "super_off": 8 * 400, "mid": 5 * 400}
    assert split(whole(date(2026, 3, 7))) == ordinary
    assert split(whole(SPRING)) == ordinary | {"off": 10 * 400}
    assert split(whole(FALL)) == ordinary | {"off": 12 * 400}


def test_a_gap_is_left_out_and_a_period_of_gaps_is_not_there_at_all():
    day = date(2026, 7, 1)
    assert split(whole(day, gaps=frozenset({64}))) == {"on": 1900, "off": 7600}
    assert split(whole(day, gaps=frozenset(range(64, 84)))) == {"off": 7600}


def test_negative_nets_are_summed_with_their_sign():
    day = date(2026, 7, 1)
    assert split(whole(day, wh=-5)) == {"on": -100, "off": -380}


def test_delivered_and_received_are_split_apart():
    day = date(2026, 7, 1)
    sums = tou.split(RULE, [(DELIVERED, whole(day)), (RECEIVED, whole(day, wh=3))])
    assert [(s.period, s.delivered, s.received) for s in sums] == [
        ("on", 2000, 60),
        ("off", 7600, 228),
    ]


def test_days_before_the_rule_are_not_split():
    assert split(whole(date(2019, 2, 28))) == {}
    assert split(whole(date(2019, 3, 1))) != {}


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2026, {(1, 1), (2, 16), (5, 25), (7, 4), (9, 7), (11, 11), (11, 26), (12, 25)}),
        (2023, {(1, 1), (1, 2), (2, 20), (5, 29), (7, 4), (9, 4), (11, 11), (11, 23), (12, 25)}),
    ],
)
def test_the_holidays_of_the_rates_are_known_for_any_year(year, days):
    assert {(day.month, day.day) for day in holidays.of_rates(year)} == days
