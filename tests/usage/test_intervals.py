"""The packed day: clock changes, gaps, corrections, boundaries."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.intervals import (
    MISSING,
    ZONE,
    BadReading,
    Block,
    DifferentLength,
    clip,
    cut,
    day_epoch,
    day_length,
    day_start,
    day_wh,
    group,
    intervals_in,
    local_day,
    merge,
    pack,
    unpack,
)

SPRING, FALL, PLAIN = date(2026, 3, 8), date(2025, 11, 2), date(2026, 1, 15)

days = st.dates(date(2008, 1, 1), date(2037, 12, 31)) | st.sampled_from([SPRING, FALL])
lengths = st.sampled_from([300, 900, 1800, 3600])
energy = st.integers(MISSING + 1, 2**31 - 1) | st.just(0)
codes = st.sampled_from([0, 8, 14, 17, 19, 254])


@st.composite
def blocks(draw, day=days, sec=lengths):
    day, sec = draw(day), draw(sec)
    count = day_length(day) // sec
    wh = draw(st.lists(st.none() | energy, min_size=count, max_size=count))
    quality = draw(st.none() | st.lists(codes, min_size=count, max_size=count))
    return pack(day, sec=sec, wh=wh, quality=quality)


@st.composite
def two_versions_of_a_day(draw):
    day, sec = draw(days), draw(lengths)
    one = blocks(day=st.just(day), sec=st.just(sec))
    return draw(one), draw(one)


def held(block: Block) -> dict[int, tuple[int, int]]:
    return {start: (wh, code) for start, wh, code in unpack(block)}


@pytest.mark.parametrize(
    ("day", "hours", "utc"),
    [
        (SPRING, 23, "08:00"),
        (FALL, 25, "07:00"),
        (PLAIN, 24, "08:00"),
        (date(2026, 7, 1), 24, "07:00"),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day, hours, utc):
    assert day_length(day) == hours * 3600
    assert day_start(day).tzinfo is UTC
    assert f"{day_start(day):%H:%M}" == utc
    assert intervals_in(day, sec=900) == hours * 4


def test_a_day_in_november_holds_both_one_thirties():
    block = pack(FALL, sec=900, wh=list(range(100)))
    half_past_one = [
        wh
        for start, wh, _ in unpack(block)
        if f"{datetime.fromtimestamp(start, ZONE):%H:%M}" == "01:30"
    ]
    assert half_past_one == [6, 10]


def test_a_day_in_march_has_no_half_past_two():
    block = pack(SPRING, sec=1800, wh=[1] * 46)
    clock = [f"{datetime.fromtimestamp(start, ZONE):%H:%M}" for start, _, _ in unpack(block)]
    assert clock[3:5] == ["01:30", "03:00"]


def test_the_wrong_number_of_intervals_is_refused():
    with pytest.raises(BadReading, match="2026-03-08 has 92 intervals of 900 seconds, not 96"):
        pack(SPRING, sec=900, wh=[0] * 96)


@given(days, st.integers(0, 86399))
def test_every_instant_falls_in_exactly_one_day(day, second):
    instant = day_epoch(day) + second % day_length(day)
    assert local_day(instant) == day
    assert day_epoch(day) <= instant < day_epoch(day + timedelta(days=1))


@given(blocks())
def test_what_is_packed_comes_out_again(block):
    assert len(block.wh) == 4 * intervals_in(block.day, sec=block.sec)
    rebuilt = group(unpack(block), sec=block.sec)
    assert rebuilt == ([block] if held(block) else [])


@given(blocks())
def test_the_days_sum_leaves_gaps_out(block):
    assert day_wh(block) == sum(wh for wh, _ in held(block).values())
    assert block.missing == block.count - len(held(block))


def test_a_gap_is_not_zero():
    block = pack(PLAIN, sec=3600, wh=[None] * 12 + [0] * 12)
    assert (day_wh(block), block.missing) == (0, 12)


def test_two_readings_whose_bytes_meet_like_a_gap_are_none():
    # 0 and 128 are 00 00 00 00 80 00 00 00; a gap is 00 00 00 80.
    assert pack(PLAIN, sec=3600, wh=[0, 128] * 12).missing == 0
    assert pack(PLAIN, sec=3600, wh=[0, 128] * 11 + [0, None]).missing == 1


def test_bytes_are_little_endian_whatever_the_machine():
    assert pack(PLAIN, sec=3600, wh=[258] + [0] * 23).wh[:4] == b"\x02\x01\x00\x00"


@given(st.lists(days, min_size=1, max_size=4, unique=True), st.randoms())
def test_readings_may_come_in_any_order(some, random):
    readings = [
        (day_epoch(day) + 900 * index, index, 0)
        for day in some
        for index in range(intervals_in(day, sec=900))
    ]
    shuffled = list(readings)
    random.shuffle(shuffled)
    found = group(shuffled, sec=900)
    assert found == group(readings, sec=900)
    assert [block.day for block in found] == sorted(some)
    assert all(list(block.values) == list(range(block.count)) for block in found)


def test_the_later_of_two_readings_of_one_interval_stands():
    first = day_epoch(PLAIN)
    (block,) = group([(first, 1, 0), (first, 2, 8)], sec=3600)
    assert unpack(block) == [(first, 2, 8)]


def test_a_reading_between_intervals_is_refused_with_its_moment():
    with pytest.raises(BadReading, match="2026-01-15T00:07:00-08:00 starts between intervals"):
        group([(day_epoch(PLAIN) + 420, 1, 0)], sec=900)


@pytest.mark.parametrize("wh", [MISSING, 2**31, -(2**31) - 1])
def test_a_value_that_does_not_fit_is_refused(wh):
    with pytest.raises(BadReading):
        group([(day_epoch(PLAIN), wh, 0)], sec=900)


@pytest.mark.parametrize("sec", [0, 7, 1000, 7200, 86400])
def test_intervals_must_fill_an_hour(sec):
    with pytest.raises(BadReading):
        group([(day_epoch(PLAIN), 1, 0)], sec=sec)


@given(two_versions_of_a_day())
def test_merging_fills_corrects_and_never_blanks(versions):
    old, new = versions
    merged, changed = merge(old, new)
    assert held(merged) == held(old) | held(new)
    assert changed == (held(merged) != held(old))


@given(two_versions_of_a_day())
def test_merging_the_same_file_twice_changes_nothing(versions):
    old, new = versions
    once, _ = merge(old, new)
    assert merge(once, new) == (once, False)


@given(blocks())
def test_merging_into_nothing_keeps_everything(block):
    assert merge(None, block) == (block, True)
    assert merge(block, block) == (block, False)


def test_a_changed_quality_alone_is_a_change():
    old = pack(PLAIN, sec=3600, wh=[5] * 24, quality=[8] * 24)
    new = pack(PLAIN, sec=3600, wh=[5] * 24)
    assert merge(old, new) == (new, True)


def test_finer_readings_replace_coarser_ones_they_cover():
    coarse = pack(PLAIN, sec=3600, wh=[4] + [None] * 23)
    fine = pack(PLAIN, sec=900, wh=[1] * 4 + [None] * 92)
    assert merge(coarse, fine) == (fine, True)


@pytest.mark.parametrize(
    ("held_sec", "held_wh", "sec", "wh"),
    [
        (3600, [4] * 24, 900, [1] * 92 + [None] * 4),
        (900, [1] * 96, 3600, [4] * 24),
        (900, [1] * 96, 600, [1] * 144),
    ],
)
def test_readings_never_become_coarser_or_fewer(held_sec, held_wh, sec, wh):
    with pytest.raises(DifferentLength, match="2026-01-15 is held in intervals of"):
        merge(pack(PLAIN, sec=held_sec, wh=held_wh), pack(PLAIN, sec=sec, wh=wh))


@given(blocks(), st.integers(-3600, 93600), st.integers(-3600, 93600))
def test_clipping_keeps_whole_intervals_inside_and_nothing_else(block, low, high):
    first = day_epoch(block.day)
    starts_at = datetime.fromtimestamp(first + low, UTC)
    ends_at = datetime.fromtimestamp(first + high, UTC)
    inside = clip(block, starts_at=starts_at, ends_at=ends_at)
    wanted = {
        start: reading
        for start, reading in held(block).items()
        if first + low <= start and start + block.sec <= first + high
    }
    assert (held(inside) if inside else {}) == wanted
    assert inside is None or inside.count == block.count


@given(st.lists(blocks()), *2 * [st.none() | st.integers(-3600, 180000)])
def test_cutting_many_days_is_clipping_each(some, low, high):
    first = day_epoch(min(block.day for block in some)) if some else 0
    starts_at, ends_at = (
        None if bound is None else datetime.fromtimestamp(first + bound, UTC)
        for bound in (low, high)
    )
    clipped = [clip(block, starts_at=starts_at, ends_at=ends_at) for block in some]
    assert [*cut(some, starts_at=starts_at, ends_at=ends_at)] == [*filter(None, clipped)]


@given(blocks(), st.integers(0, 90000))
def test_a_change_over_gives_no_interval_to_both(block, second):
    moment = day_start(block.day) + timedelta(seconds=second)
    before, after = clip(block, ends_at=moment), clip(block, starts_at=moment)
    both = [held(part) if part else {} for part in (before, after)]
    assert not both[0].keys() & both[1].keys()
    straddling = held(block).keys() - both[0].keys() - both[1].keys()
    assert len(straddling) <= 1
    if second % block.sec == 0:
        assert not straddling
