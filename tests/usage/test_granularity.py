"""Sums of hours and days say nothing her readings do not, and lose none of the energy."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.granularity import MIXED, Granularity, coarser
from usage.intervals import Block, day_epoch, day_length, day_wh, intervals_in, pack, unpack

DAYS = [date(2025, 11, 2), date(2026, 3, 8), date(2026, 7, 1)]


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    day, sec = draw(st.sampled_from(DAYS)), draw(st.sampled_from([300, 900, 1800, 3600]))
    count = intervals_in(day, sec=sec)
    reading = st.none() | st.integers(-5000, 5000) if draw(st.booleans()) else st.integers(0, 9000)
    wh = draw(st.lists(reading, min_size=count, max_size=count))
    codes = draw(st.lists(st.sampled_from([0, 8]), min_size=count, max_size=count))
    return pack(day, sec=sec, wh=wh, quality=codes)


@given(blocks(), st.sampled_from(Granularity))
def test_each_sum_is_of_whole_readings_and_none_is_counted_twice(
    block: Block, granularity: Granularity
) -> None:
    coarse = coarser(block, granularity)
    fine = {start: wh for start, wh, _code in unpack(block)}
    assert coarse.count * coarse.sec == day_length(block.day)
    for start, wh, _code in unpack(coarse):
        parts = range(start, start + coarse.sec, block.sec)
        assert wh == sum(fine[part] for part in parts)
    held = {start for start, *_ in unpack(coarse)}
    for start in range(
        day_epoch(block.day), day_epoch(block.day) + day_length(block.day), coarse.sec
    ):
        whole = all(part in fine for part in range(start, start + coarse.sec, block.sec))
        assert (start in held) == whole, "a part is no hour, and no whole hour is kept back"


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("granularity", Granularity)
def test_a_day_without_gaps_keeps_its_energy(day: date, granularity: Granularity) -> None:
    count = intervals_in(day, sec=900)
    block = pack(day, sec=900, wh=[100 + n for n in range(count)])
    assert day_wh(coarser(block, granularity)) == day_wh(block)


def test_hours_stay_hours_and_a_day_is_one_number() -> None:
    november = pack(DAYS[0], sec=3600, wh=[100] * 25, quality=[8] * 25)
    assert coarser(november, Granularity.HOURLY) == november
    assert coarser(november, Granularity.AS_MEASURED) == november
    assert unpack(coarser(november, Granularity.DAILY)) == [(day_epoch(DAYS[0]), 2500, 8)]


def test_a_sum_of_different_qualities_says_so() -> None:
    block = pack(DAYS[2], sec=1800, wh=[1] * 48, quality=[0, 8, *[0] * 46])
    assert [code for *_, code in unpack(coarser(block, Granularity.HOURLY))] == [MIXED, *[0] * 23]
