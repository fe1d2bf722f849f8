"""CSV going out: local time with its offset, numbers as numbers, text as text."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from usage.formats import Agreement, Channel, Window, Words, gzip
from usage.formats import csv as out
from usage.granularity import Granularity, coarser
from usage.intervals import MISSING, ZONE, day_start, intervals_in, pack, unpack

DAY, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
ONE = UUID(int=1)


def agreement(*channels, label="8001", starts_at=None, ends_at=None):
    return Agreement(ONE, label, starts_at or day_start(date(2025, 1, 1)), ends_at, channels)


def text_of(*agreements, window=None, words=None):
    return b"".join(out.write(agreements, window, words=words)).decode()


def rows(*agreements, window=None, words=None):
    return list(
        csv.reader(io.StringIO(text_of(*agreements, window=window, words=words), newline=""))
    )[1:]


def whole(day, sec=900, **more):
    return pack(day, sec=sec, wh=list(range(intervals_in(day, sec=sec))), **more)


def test_the_heading_names_units_and_time():
    assert text_of() == (
        "Service account,Channel,Start (local time with UTC offset),"
        "End (local time with UTC offset),Energy (kWh),Quality\r\n"
    )


def test_a_line_says_when_how_much_and_how_good():
    block = pack(DAY, sec=3600, wh=[1234, None] + [0] * 22, quality=[8] + [0] * 23)
    assert rows(agreement(Channel(ONE, 1, [block])))[:3] == [
        [
            "8001",
            "delivered",
            "2026-01-15T00:00:00-08:00",
            "2026-01-15T01:00:00-08:00",
            "1.234",
            "estimated from a reference day",
        ],
        [
            "8001",
            "delivered",
            "2026-01-15T01:00:00-08:00",
            "2026-01-15T02:00:00-08:00",
            "",
            "missing",
        ],
        [
            "8001",
            "delivered",
            "2026-01-15T02:00:00-08:00",
            "2026-01-15T03:00:00-08:00",
            "0.000",
            "valid",
        ],
    ]


@pytest.mark.parametrize(
    ("day", "count", "around"),
    [
        (NOVEMBER, 25, ["01:00:00-07:00", "01:00:00-08:00", "02:00:00-08:00"]),
        (MARCH, 23, ["01:00:00-08:00", "03:00:00-07:00", "04:00:00-07:00"]),
    ],
)
def test_clock_changes_show_in_the_offset(day, count, around):
    found = rows(agreement(Channel(ONE, 1, [whole(day, 3600)])))
    assert len(found) == count
    assert [line[2][11:] for line in found[1:4]] == around
    assert all(one[3] == next_[2] for one, next_ in pairwise(found))


@pytest.mark.parametrize(
    "label", ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%0A", "\t=1", " =1", "＝1"]
)
def test_text_never_becomes_a_formula(label):
    assert rows(agreement(Channel(ONE, 1, [whole(DAY)]), label=label))[0][0] == f"'{label}"


def test_negative_energy_stays_a_number():
    block = pack(DAY, sec=3600, wh=[-250] + [-1] * 23)
    assert [line[4] for line in rows(agreement(Channel(ONE, 1, [block])))[:2]] == [
        "-0.250",
        "-0.001",
    ]


def test_a_label_with_commas_quotes_and_percent_signs_stays_whole():
    label = 'No. "8,001" 100%s'
    for block in (whole(DAY), whole(DAY, quality=[8] * 96)):
        assert {line[0] for line in rows(agreement(Channel(ONE, 1, [block]), label=label))} == {
            label
        }


def test_the_words_can_be_another_language():
    words = Words(
        columns=("Cuenta de servicio", "Canal", "Inicio", "Fin", "Energía (kWh)", "Calidad"),
        channels={1: "entregada"},
        quality={0: "válida"},
        missing="falta",
        unknown="código {code}",
    )
    block = pack(DAY, sec=3600, wh=[None] + [1] * 23, quality=[0, 77] + [0] * 22)
    found = rows(agreement(Channel(ONE, 1, [block])), words=words)
    assert [line[5] for line in found[:3]] == ["falta", "código 77", "válida"]
    assert found[0][1] == "entregada"


def test_solar_has_a_line_for_each_direction():
    found = rows(agreement(Channel(ONE, 1, [whole(DAY)]), Channel(UUID(int=2), 19, [whole(DAY)])))
    assert [found[0][1], found[96][1]] == ["delivered", "received"]


@pytest.mark.parametrize(("sec", "count"), [(900, 96), (3600, 24), (86400, 1)])
def test_a_day_of_which_nothing_is_held_is_told_between_two_that_are(sec, count):
    """As many lines as the day has intervals, no number in them: missing is never zero."""
    days = [DAY, DAY + timedelta(days=2)]
    blocks = [
        coarser(whole(day), Granularity.DAILY) if sec == 86400 else whole(day, sec) for day in days
    ]
    found = rows(agreement(Channel(ONE, 1, blocks)))
    gap = [line for line in found if line[2].startswith("2026-01-16")]
    assert (len(found), len(gap)) == (3 * count, count)
    assert {(line[4], line[5]) for line in gap} == {("", "missing")}
    assert (gap[0][2], gap[-1][3]) == ("2026-01-16T00:00:00-08:00", "2026-01-17T00:00:00-08:00")
    assert all(one[3] == next_[2] for one, next_ in pairwise(found)), "time goes on unbroken"


@pytest.mark.parametrize(("day", "count"), [(MARCH, 92), (NOVEMBER, 100)])
def test_a_gap_on_a_day_of_the_clock_change_is_as_long_as_the_day(day, count):
    around = [whole(day - timedelta(days=1)), whole(day + timedelta(days=1))]
    found = rows(agreement(Channel(ONE, 1, around)))
    assert len(found) == 96 + count + 96
    sums = [coarser(block, Granularity.DAILY) for block in around]
    (_before, gap, _after) = rows(agreement(Channel(ONE, 1, sums)))
    assert gap[2:] == [
        day_start(day).astimezone(ZONE).isoformat(),
        day_start(day + timedelta(days=1)).astimezone(ZONE).isoformat(),
        "",
        "missing",
    ]


def test_a_gap_is_never_finer_than_what_is_held_around_it():
    blocks = [whole(DAY, 3600), whole(DAY + timedelta(days=2), 900)]
    found = rows(agreement(Channel(ONE, 1, blocks)))
    assert len([line for line in found if line[5] == "missing"]) == 24


def test_nothing_is_said_of_days_before_the_first_and_after_the_last_or_outside_the_window():
    days = [whole(DAY + timedelta(days=n)) for n in (0, 4)]
    asked = Window(day_start(DAY + timedelta(days=1)), day_start(DAY + timedelta(days=9)))
    found = rows(agreement(Channel(ONE, 1, days)), window=asked)
    assert len(found) == 96
    assert {line[5] for line in found} == {"valid"}


def test_a_disputed_day_of_which_nothing_is_held_says_both():
    held = agreement(Channel(ONE, 1, [whole(DAY), whole(DAY + timedelta(days=2))]))
    gap = DAY + timedelta(days=1)
    found = rows(replace(held, disputed=[(gap, gap)]))
    assert {line[5] for line in found} == {"valid", "missing, disputed"}


def test_a_day_held_elsewhere_is_no_gap():
    days = [whole(DAY), whole(DAY + timedelta(days=3))]
    held = Channel(ONE, 1, days, frozenset({DAY + timedelta(days=1)}))
    found = rows(agreement(held))
    assert {line[2][:10] for line in found if line[5] == "missing"} == {"2026-01-17"}


def test_nothing_outside_the_agreement_or_the_window_is_written():
    moved_in = day_start(DAY) + timedelta(hours=5)
    asked = Window(None, day_start(DAY) + timedelta(hours=9))
    days = [whole(DAY - timedelta(days=1)), pack(DAY, sec=900, wh=[1] * 24 + [None] + [1] * 71)]
    found = rows(agreement(Channel(ONE, 1, days), starts_at=moved_in), window=asked)
    assert [found[0][2][11:16], found[-1][3][11:16], len(found)] == ["05:00", "09:00", 16]
    assert found[4][5] == "missing"


@st.composite
def some_days(draw):
    sec = draw(st.sampled_from([300, 900, 3600]))
    chosen = draw(
        st.lists(
            st.dates(date(2025, 1, 2), date(2026, 12, 31)) | st.sampled_from([MARCH, NOVEMBER]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    blocks = []
    for day in sorted(chosen):
        count = intervals_in(day, sec=sec)
        values = st.integers(MISSING + 1, 2**31 - 1)
        if draw(st.booleans()):
            values = st.none() | values
        wh = draw(st.lists(values, min_size=count, max_size=count))
        quality = draw(
            st.none() | st.lists(st.sampled_from([0, 8, 19, 99]), min_size=count, max_size=count)
        )
        blocks.append(pack(day, sec=sec, wh=wh, quality=quality))
    return blocks


@settings(deadline=None)
@given(some_days())
def test_every_reading_can_be_read_back_to_its_instant(days):
    words = Words()
    found = [
        (int(datetime.fromisoformat(line[2]).timestamp()), int(Decimal(line[4]) * 1000), line[5])
        for line in rows(agreement(Channel(ONE, 1, days)))
        if line[4]
    ]
    assert found == [(start, wh, words.of(code)) for day in days for start, wh, code in unpack(day)]


def test_gzip_gives_the_same_bytes_in_pieces():
    days = [whole(DAY + timedelta(days=n)) for n in range(200)]
    plain = text_of(agreement(Channel(ONE, 1, days))).encode()
    packed = list(gzip.compress(out.write([agreement(Channel(ONE, 1, days))])))
    assert isal_zlib.decompress(b"".join(packed), wbits=31) == plain
    assert 1 < len(packed) < 200
