"""Green Button XML going out: days, gaps, ids, links, and what other programs read."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from greenbutton_objects import parse as outsider
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from usage.feeds import BadFile
from usage.feeds.green_button import Reader
from usage.formats import Agreement, Channel, Window, green_button
from usage.intervals import day_epoch, day_start, group, intervals_in, pack, unpack

ATOM, ESPI = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}"
DAY = date(2026, 1, 15)
FIRST = day_epoch(DAY)
AT = datetime(2026, 2, 1, 18, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def agreement(*channels, label="ending 4410", starts_at=None, ends_at=None, id_=ONE):
    return Agreement(id_, label, starts_at or day_start(date(2025, 1, 1)), ends_at, channels)


def whole(day, sec=900, *, gaps=(), quality=None, first=0):
    count = intervals_in(day, sec=sec)
    return pack(
        day,
        sec=sec,
        wh=[None if index in gaps else first + index for index in range(count)],
        quality=quality and [quality.get(index, 0) for index in range(count)],
    )


def xml_of(*agreements, window=None):
    return b"".join(green_button.write(agreements, window, at=AT))


def saved(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "out.xml"
    path.write_bytes(text)
    return path


def resources(text: bytes, name: str):
    return list(etree.fromstring(text).iter(f"{ESPI}{name}"))


MARCH, NOVEMBER = date(2026, 3, 8), date(2025, 11, 2)


def test_clock_change_days_are_blocks_of_their_true_length():
    text = xml_of(agreement(Channel(ONE, 1, [whole(NOVEMBER), whole(MARCH)])))
    lengths = [
        int(b.find(f"{ESPI}interval/{ESPI}duration").text) for b in resources(text, "IntervalBlock")
    ]
    counts = [len(b.findall(f"{ESPI}IntervalReading")) for b in resources(text, "IntervalBlock")]
    assert (lengths, counts) == ([90000, 82800], [100, 92])


def test_a_gap_is_left_out_and_the_block_begins_at_its_first_reading():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY, gaps={0, 1, 50, 95})])))
    (found,) = resources(text, "IntervalBlock")
    starts = [
        int(s.text) for s in found.iterfind(f"{ESPI}IntervalReading/{ESPI}timePeriod/{ESPI}start")
    ]
    assert int(found.find(f"{ESPI}interval/{ESPI}start").text) == starts[0] == FIRST + 1800
    assert int(found.find(f"{ESPI}interval/{ESPI}duration").text) == 93 * 900
    assert len(starts) == 92


def test_a_day_of_gaps_alone_is_not_written():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY, gaps=range(96))])))
    assert not resources(text, "IntervalBlock")
    assert not resources(text, "MeterReading")


def test_delivered_and_received_have_their_own_reading_types():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY)]), Channel(TWO, 19, [whole(DAY, 3600)])))
    found = {
        (kind.findtext(f"{ESPI}flowDirection"), kind.findtext(f"{ESPI}intervalLength"))
        for kind in resources(text, "ReadingType")
    }
    assert found == {("1", "900"), ("19", "3600")}
    for kind in resources(text, "ReadingType"):
        codes = {
            name: kind.findtext(f"{ESPI}{name}")
            for name in (
                "accumulationBehaviour",
                "commodity",
                "kind",
                "uom",
                "powerOfTenMultiplier",
                "phase",
            )
        }
        assert codes == {
            "accumulationBehaviour": "4",
            "commodity": "1",
            "kind": "12",
            "uom": "72",
            "powerOfTenMultiplier": "0",
            "phase": "769",
        }


def test_a_meter_that_went_from_hourly_to_quarter_hours_has_a_reading_for_each():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY, 3600), whole(DAY + timedelta(days=1))])))
    assert [k.findtext(f"{ESPI}intervalLength") for k in resources(text, "ReadingType")] == [
        "3600",
        "900",
    ]


def test_ids_are_unique_name_based_and_the_same_in_every_download():
    def ids(*agreements):
        return re.findall(rb"<id>urn:uuid:([0-9a-f-]+)</id>", xml_of(*agreements))

    def one():
        return agreement(
            Channel(ONE, 1, [whole(DAY), whole(DAY + timedelta(days=1))]),
            Channel(TWO, 19, [whole(DAY)]),
        )

    def other():
        return agreement(Channel(ONE, 1, [whole(DAY)]), id_=TWO)

    first = ids(one(), other())
    assert max(Counter(first).values()) == 1
    assert {UUID(name.decode()).version for name in first} == {5}
    assert ids(one(), other()) == first
    assert set(ids(one())[1:]) < set(first)
    shared = set(ids(one())) & set(ids(other()))
    assert len(shared) == 1, "two agreements share only the time zone"


def test_links_hang_together_and_say_their_type():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY)])))
    root = etree.fromstring(text)
    links = {}
    for one in root.iter(f"{ATOM}entry"):
        kind = etree.QName(one.find(f"{ATOM}content")[0]).localname
        links[kind] = {
            rel: [link.get("href") for link in one.findall(f"{ATOM}link") if link.get("rel") == rel]
            for rel in ("self", "up", "related")
        }
    assert all(
        re.fullmatch("espi-(entry|feed)/[A-Za-z]+", link.get("type"))
        for link in root.iter(f"{ATOM}link")
    )
    assert links["LocalTimeParameters"]["self"][0] in links["UsagePoint"]["related"]
    assert links["MeterReading"]["up"][0] in links["UsagePoint"]["related"]
    assert links["ReadingType"]["self"][0] in links["MeterReading"]["related"]
    assert links["IntervalBlock"]["up"][0] in links["MeterReading"]["related"]
    for kind in links.values():
        assert kind["self"][0].startswith(kind["up"][0] + "/")


def test_quality_goes_in_codes_other_programs_know():
    text = xml_of(agreement(Channel(ONE, 1, [whole(DAY, quality={0: 8, 1: 19, 2: 42})])))
    assert [q.text for q in resources(text, "quality")] == ["8", "17", "16"]


def test_the_readings_of_a_disputed_day_are_questionable_beside_what_they_are(tmp_path):
    after = DAY + timedelta(days=1)
    held = Channel(ONE, 1, [whole(DAY, quality={0: 8, 1: 10}), whole(after, quality={0: 8})])
    plain = agreement(held)
    text = xml_of(replace(plain, disputed=[(DAY, DAY)]))
    titles = [title.text for title in etree.fromstring(text).iter(f"{ATOM}title")]
    assert titles[-2:] == [f"{DAY}, disputed", f"{after}"]
    disputed, other = (
        [[q.text for q in r.iter(f"{ESPI}quality")] for r in b.iter(f"{ESPI}IntervalReading")]
        for b in resources(text, "IntervalBlock")
    )
    assert disputed == [["8", "10"], ["10"]] + [["10"]] * 94
    assert other == [["8"]] + [[]] * 95
    codes = [code for run in Reader(saved(tmp_path, text)) for _start, _wh, code in run]
    assert codes == [8] + [10] * 95 + [8] + [0] * 95


def test_a_dispute_changes_nothing_of_the_other_days_and_no_id():
    days = [whole(DAY), whole(DAY + timedelta(days=1))]
    plain = agreement(Channel(ONE, 1, days))
    marked = xml_of(replace(plain, disputed=[(DAY, DAY)]))
    questionable = b"<ReadingQuality><quality>10</quality></ReadingQuality>"
    assert marked.count(questionable) == 96
    assert marked.replace(questionable, b"").replace(b", disputed", b"") == xml_of(plain)


def test_a_label_cannot_break_the_feed():
    text = xml_of(agreement(Channel(ONE, 1, []), label='<b>&"%s'))
    assert 'Electric service <b>&"%s' in [
        t.text for t in etree.fromstring(text).iter(f"{ATOM}title")
    ]


def test_nothing_outside_the_agreement_or_the_window_is_written():
    moved_out = day_start(DAY) + timedelta(hours=10)
    asked = Window(day_start(DAY) + timedelta(hours=2), day_start(DAY) + timedelta(hours=12))
    days = [whole(DAY - timedelta(days=1)), whole(DAY), whole(DAY + timedelta(days=1))]
    text = xml_of(agreement(Channel(ONE, 1, days), ends_at=moved_out), window=asked)
    starts = [int(s.text) for s in etree.fromstring(text).iter(f"{ESPI}start")][1:]
    assert (min(starts), max(starts)) == (FIRST + 7200, FIRST + 36000 - 900)


def test_the_feed_comes_in_pieces_no_larger_than_a_day():
    days = (whole(DAY + timedelta(days=n)) for n in range(30))
    sizes = [len(piece) for piece in green_button.write([agreement(Channel(ONE, 1, days))], at=AT)]
    assert len(sizes) > 30
    assert max(sizes) < 30_000


@st.composite
def some_days(draw):
    sec = draw(st.sampled_from([300, 900, 3600]))
    found = draw(
        st.lists(
            st.dates(date(2025, 1, 2), date(2026, 12, 31)) | st.sampled_from([MARCH, NOVEMBER]),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    blocks = []
    for day in sorted(found):
        count = intervals_in(day, sec=sec)
        wh = draw(
            st.lists(
                st.none() | st.integers(-(2**31) + 1, 2**31 - 1), min_size=count, max_size=count
            )
        )
        quality = draw(
            st.none()
            | st.lists(st.sampled_from([0, 7, 8, 14, 17, 18]), min_size=count, max_size=count)
        )
        blocks.append(pack(day, sec=sec, wh=wh, quality=quality))
    return blocks


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(some_days())
def test_what_is_written_reads_back_the_same_by_us_and_by_others(tmp_path, days):
    path = saved(tmp_path, xml_of(agreement(Channel(ONE, 1, days))))
    wanted = [reading for day in days for reading in unpack(day)]
    if not wanted:
        with pytest.raises(BadFile, match="holds no interval readings"):
            list(Reader(path))
        return
    runs = list(Reader(path))
    assert [reading for run in runs for reading in run] == wanted
    assert group([r for run in runs for r in run], sec=days[0].sec) == [
        d for d in days if unpack(d)
    ]

    (point,) = outsider.parse_feed(path)
    (meter,) = point.meterReadings
    theirs = [
        (
            int(r.timePeriod.start.timestamp()),
            r.value,
            next((q.quality.value for q in r.readingQualities), 0),
        )
        for r in meter.intervalReadings
    ]
    assert theirs == wanted
