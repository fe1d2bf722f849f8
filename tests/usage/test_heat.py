"""A year on one picture, and the hours it is made from."""

from __future__ import annotations

import struct
import zlib
from datetime import date

import pytest

from usage import heat, png
from usage.intervals import intervals_in, pack
from usage.models import Channel

DELIVERED, RECEIVED = Channel.Flow.DELIVERED, Channel.Flow.RECEIVED
SPRING, FALL = date(2026, 3, 8), date(2025, 11, 2)


def whole(day, *, sec=900, wh=100, gaps=()):
    count = intervals_in(day, sec=sec)
    return pack(day, sec=sec, wh=[None if n in gaps else wh for n in range(count)])


def one(*held):
    day = held[0][1].day
    return heat.over(day, day, list(held)).days[0]


def decoded(file: bytes) -> tuple[int, int, list[bytes], list[str]]:
    """Read a PNG by the standard alone: width, height, rows of pixels, palette."""
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", file[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert kind == [8, 3, 0, 0, 0]
    lines = zlib.decompress(chunks[b"IDAT"])
    assert len(lines) == height * (width + 1)
    rows = [lines[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    colors = chunks[b"PLTE"]
    return width, height, rows, [f"#{colors[i : i + 3].hex()}" for i in range(0, len(colors), 3)]


def test_a_picture_reads_back_as_it_was_written():
    width, height, rows, colors = decoded(
        png.write([b"\0\1\2", b"\2\1\0"], ["#000000", "#ff8000", "#ffffff"])
    )
    assert (width, height) == (3, 2)
    assert rows == [b"\0\1\2", b"\2\1\0"]
    assert colors == ["#000000", "#ff8000", "#ffffff"]


@pytest.mark.parametrize("rows", [[b"\0\1", b"\0"], [b"\0\2"]])
def test_a_picture_that_cannot_be_is_refused(rows):
    with pytest.raises(ValueError, match=r"\."):
        png.write(rows, ["#000000", "#ffffff"])


@pytest.mark.parametrize("sec", [900, 3600])
def test_a_day_has_the_hours_of_the_clock(sec):
    hours = one((DELIVERED, whole(date(2026, 7, 1), sec=sec, wh=sec)))
    assert hours == [3600] * 24


def test_the_hour_march_leaves_out_is_a_gap_and_the_one_november_repeats_a_mean():
    assert one((DELIVERED, whole(SPRING))) == [400, 400, None] + [400] * 21
    count = intervals_in(FALL, sec=3600)
    block = pack(FALL, sec=3600, wh=[10 * n for n in range(count)])
    assert one((DELIVERED, block))[:4] == [0, 15, 30, 40]


def test_a_missing_reading_makes_its_hour_a_gap_and_no_zero():
    hours = one((DELIVERED, whole(date(2026, 7, 1), gaps={5})))
    assert (hours[0], hours[1], hours[2]) == (400, None, 400)


def test_what_was_sent_back_counts_against_what_was_delivered():
    day = date(2026, 7, 1)
    hours = one((DELIVERED, whole(day, wh=10)), (RECEIVED, whole(day, wh=25)))
    assert hours == [-60] * 24


def test_without_the_reading_of_one_direction_the_hour_is_a_gap():
    day = date(2026, 7, 1)
    hours = one((DELIVERED, whole(day, wh=10)), (RECEIVED, whole(day, wh=25, gaps={0})))
    assert hours == [None] + [-60] * 23


def test_two_meters_of_one_day_make_one_day():
    day, half = date(2026, 7, 1), 48
    before = whole(day, gaps=range(half, 96))
    after = whole(day, gaps=range(half))
    assert one((DELIVERED, before), (DELIVERED, after)) == [400] * 24


def test_the_picture_is_a_pixel_an_hour_darker_for_more_and_checkered_for_gaps():
    first = date(2026, 7, 1)
    held = [
        (DELIVERED, whole(date(2026, 7, 1), wh=0)),
        (DELIVERED, whole(date(2026, 7, 2), wh=1000)),
        (DELIVERED, whole(date(2026, 7, 4), wh=1)),
        (RECEIVED, whole(date(2026, 7, 4), wh=500)),
    ]
    year = heat.over(first, date(2026, 7, 4), held)
    width, height, rows, colors = decoded(heat.picture(year))
    assert (width, height) == (4, 24)
    assert colors == list(heat.PALETTE)
    least, most, gap, back = rows[0]
    assert least == 0
    assert most == heat.RECEIVED_FROM - 1
    assert {gap, rows[1][2]} == {heat.GAP_FROM, heat.GAP_FROM + 1}
    assert back == heat.RECEIVED_FROM + 3  # 1,996 Wh in shades of 500


def test_averages_tell_workdays_from_weekends_and_holidays():
    held = [
        (DELIVERED, whole(date(2026, 7, 2), wh=100)),  # Thursday
        (DELIVERED, whole(date(2026, 7, 4), wh=300)),
        (DELIVERED, whole(date(2026, 7, 5), wh=500)),
    ]
    year = heat.over(date(2026, 7, 2), date(2026, 7, 5), held)
    noon = heat.averages(year)[12]
    assert (noon.hour, noon.workday, noon.free) == (12, 400, 1600)


def test_an_hour_without_readings_has_no_average():
    year = heat.over(SPRING, SPRING, [(DELIVERED, whole(SPRING))])
    assert heat.averages(year)[2] == heat.Average(2, None, None)


@pytest.mark.parametrize("most", [1, 7, 40, 333, 2500, 99_999, 12_345_678])
def test_the_shades_are_round_and_reach_over_nearly_all(most):
    day = date(2026, 7, 1)
    year = heat.over(day, day, [(DELIVERED, whole(day, sec=3600, wh=most))])
    step, _received = year.step
    assert step * heat.RECEIVED_FROM >= most
    assert step == 1 or step * heat.RECEIVED_FROM <= 3 * most
    assert int(str(step).rstrip("0") or 0) in {1, 2, 25, 5}
