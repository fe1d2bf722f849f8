"""JSON going out: every reading where it stands, gaps as null, days of 23 and 25 hours."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.usage.test_csv import some_days
from usage.formats import Agreement, Channel, Window
from usage.formats import json as out
from usage.intervals import day_start, intervals_in, pack, unpack

DAY, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
AT = datetime(2026, 2, 1, 18, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def agreement(*channels, **more):
    return Agreement(ONE, 'No. "8001"', day_start(date(2025, 1, 1)), None, channels, **more)


def read(*agreements, window=None):
    return json.loads(b"".join(out.write(agreements, window, at=AT)))


def whole(day, sec=900, **more):
    return pack(day, sec=sec, wh=list(range(intervals_in(day, sec=sec))), **more)


def readings(day):
    start = int(datetime.fromisoformat(day["starts_at"]).timestamp())
    sec, codes = day["interval_seconds"], day.get("quality") or [0] * len(day["wh"])
    return [
        (start + n * sec, wh, code)
        for n, (wh, code) in enumerate(zip(day["wh"], codes, strict=True))
        if wh is not None
    ]


def test_it_says_what_it_is_and_in_which_units():
    told = read(agreement(Channel(ONE, 1, [whole(DAY)])))
    assert (told["format"], told["version"], told["unit"]) == ("prime-usage", 1, "Wh")
    assert (told["made_at"], told["time_zone"]) == ("2026-02-01T18:00:00Z", "America/Los_Angeles")
    (held,) = told["agreements"]
    assert (held["label"], held["starts_at"], held["ends_at"]) == (
        'No. "8001"',
        "2025-01-01T08:00:00Z",
        None,
    )


def test_nothing_asked_for_is_an_empty_list():
    assert read()["agreements"] == []
    assert read(agreement())["agreements"][0]["channels"] == []


@pytest.mark.parametrize(("day", "count"), [(DAY, 96), (MARCH, 92), (NOVEMBER, 100)])
def test_a_day_has_as_many_values_as_it_really_has(day, count):
    told = read(agreement(Channel(ONE, 1, [whole(day)])))
    (only,) = told["agreements"][0]["channels"][0]["days"]
    assert (only["day"], len(only["wh"])) == (day.isoformat(), count)


def test_both_directions_and_two_agreements_stand_apart():
    solar = agreement(Channel(ONE, 1, [whole(DAY)]), Channel(TWO, 19, [whole(DAY)]))
    other = Agreement(TWO, "other", day_start(date(2025, 1, 1)), AT, [Channel(TWO, 1, [])])
    told = read(solar, other)["agreements"]
    assert [c["direction"] for c in told[0]["channels"]] == ["delivered", "received"]
    assert told[1]["channels"][0]["days"] == []


def test_what_lies_outside_the_window_is_no_gap_and_is_not_there():
    asked = Window(day_start(DAY) + timedelta(hours=5), day_start(DAY) + timedelta(hours=9))
    gappy = pack(DAY, sec=900, wh=[1] * 24 + [None] + [1] * 71, quality=[0] * 30 + [8] * 66)
    told = read(agreement(Channel(ONE, 1, [gappy])), window=asked)
    (only,) = told["agreements"][0]["channels"][0]["days"]
    assert only["starts_at"] == "2026-01-15T13:00:00Z"
    assert only["wh"] == [1] * 4 + [None] + [1] * 11
    assert only["quality"] == [0] * 10 + [8] * 6


@pytest.mark.parametrize(("gap", "count"), [(DAY, 96), (MARCH, 92), (NOVEMBER, 100)])
def test_a_day_of_which_nothing_is_held_is_told_between_two_that_are(gap, count):
    around = [whole(gap - timedelta(days=1)), whole(gap + timedelta(days=1))]
    told = read(agreement(Channel(ONE, 1, around)))["agreements"][0]["channels"][0]["days"]
    assert [day["day"] for day in told] == [
        (gap + timedelta(days=n)).isoformat() for n in (-1, 0, 1)
    ]
    assert told[1]["wh"] == [None] * count
    assert "quality" not in told[1]


def test_a_disputed_day_says_so():
    told = read(
        agreement(
            Channel(ONE, 1, [whole(DAY), whole(DAY + timedelta(days=1))]), disputed=[(DAY, DAY)]
        )
    )
    days = told["agreements"][0]["channels"][0]["days"]
    assert [day.get("disputed", False) for day in days] == [True, False]


@settings(deadline=None)
@given(some_days())
def test_every_reading_can_be_read_back(days):
    told = read(agreement(Channel(ONE, 1, days)))["agreements"][0]["channels"][0]["days"]
    assert [r for day in told for r in readings(day)] == [r for day in days for r in unpack(day)]


@given(st.text())
def test_no_label_breaks_it(label):
    held = Agreement(ONE, label, day_start(DAY), None, [])
    assert read(held)["agreements"][0]["label"] == label
