"""Our own check of function blocks: our feeds pass it, and it sees what would make one fail."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from usage.formats import Agreement, Channel, Summary, conformance, green_button
from usage.intervals import day_start, intervals_in, pack

DAY, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
AT = datetime(2026, 4, 1, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def whole(day, sec=900, *, gaps=(), code=0):
    count = intervals_in(day, sec=sec)
    wh = [None if n in gaps else n for n in range(count)]
    return pack(day, sec=sec, wh=wh, quality=[code] * count)


def bill(first=date(2026, 1, 3), days=29, number=7, **more):
    facts = {"wh": 431_000, "cost": 8_123_000, "rate": "TOU-D-4-9PM & more"} | more
    end = first + timedelta(days=days)
    return Summary(UUID(int=number), day_start(first), day_start(end), day_start(end), **facts)


def agreement(*channels, id_=ONE, summaries=(), disputed=()):
    since = day_start(date(2025, 1, 1))
    more = {"summaries": summaries, "disputed": disputed}
    return Agreement(id_, "No. 8001", since, None, channels, **more)


def feed(*agreements):
    return b"".join(green_button.write(agreements, at=AT))


FEEDS = {
    "quarter-hours": [agreement(Channel(ONE, 1, [whole(DAY)]))],
    "hours": [agreement(Channel(ONE, 1, [whole(DAY, 3600)]))],
    "march": [agreement(Channel(ONE, 1, [whole(MARCH)]))],
    "november": [agreement(Channel(ONE, 1, [whole(NOVEMBER)]))],
    "gaps": [agreement(Channel(ONE, 1, [whole(DAY, gaps={0, 5, 95}, code=8)]))],
    "solar": [agreement(Channel(ONE, 1, [whole(DAY)]), Channel(TWO, 19, [whole(DAY)]))],
    "two lengths": [agreement(Channel(ONE, 1, [whole(DAY), whole(NOVEMBER, 3600)]))],
    "two agreements": [
        agreement(Channel(ONE, 1, [whole(DAY)])),
        agreement(Channel(ONE, 1, [whole(DAY)]), id_=TWO),
    ],
    "a dispute": [
        agreement(
            Channel(ONE, 1, [whole(DAY, gaps={0, 5}, code=8), whole(MARCH)]),
            disputed=[(DAY, DAY), (MARCH, MARCH)],
        )
    ],
    "bills": [
        agreement(
            Channel(ONE, 1, [whole(DAY)]),
            summaries=[bill(disputed=True), bill(days=30, number=8, cost=None)],
        )
    ],
}


@pytest.mark.parametrize("agreements", FEEDS.values(), ids=FEEDS)
def test_what_we_write_passes(agreements):
    found = conformance.check([feed(*agreements)])
    assert found.passed, found.problems


def test_an_id_that_comes_twice_is_named():
    twice = agreement(Channel(ONE, 1, [whole(DAY)]), summaries=[bill(), bill(days=30)])
    (said, *_more) = conformance.check([feed(twice)]).problems["FB_01"]
    assert re.fullmatch(r"The id urn:uuid:\S+ comes twice\.", said)


def test_it_says_which_blocks_a_feed_covers():
    solar = conformance.check([feed(*FEEDS["solar"])]).as_dict()
    assert {block: told["result"] for block, told in solar.items()} == {
        "FB_01": "passed",
        "FB_04": "passed",
        "FB_05": "passed",
        "FB_08": "passed",
        "FB_15": "not used",
    }
    billed = feed(agreement(Channel(ONE, 1, [whole(DAY)]), summaries=[bill()]))
    assert conformance.check([billed]).as_dict()["FB_15"]["result"] == "passed"


def test_a_feed_without_readings_is_told_so():
    found = conformance.check([feed(agreement())])
    assert not found.passed
    assert "The feed has no IntervalBlock." in found.problems["FB_04"]
    assert found.problems["FB_05"]


def test_it_reads_in_pieces_however_they_are_cut():
    text = feed(*FEEDS["solar"])
    pieces = [text[n : n + 777] for n in range(0, len(text), 777)]
    assert conformance.check(iter(pieces)).passed


@pytest.mark.parametrize("text", [b"", b"<feed", b"not xml", b"<feed></feed><feed/>"])
def test_what_is_no_feed_fails_and_raises_nothing(text):
    assert not conformance.check([text]).passed


def once(old, new):
    return lambda text: text.replace(old, new, 1)


BROKEN = {
    "no title": (once(b"<title>Pacific time</title>", b""), "FB_01"),
    "no published": (
        lambda text: re.sub(rb"<published>[^<]+</published>", b"", text, count=1),
        "FB_01",
    ),
    "no kind of service": (once(b"<kind>0</kind>", b""), "FB_01"),
    "no way to the local time": (
        once(b"/LocalTimeParameters/", b"/LocalTimeParameters/x"),
        "FB_01",
    ),
    "a random id of a meter reading": (
        lambda text: re.sub(
            rb"(<entry>\n<id>urn:uuid:)[^<]+(</id>\n.*\n.*\n.*\n.*\n<title>Energy)",
            rb"\g<1>0d2c8a52-9f0e-4f0b-8f6e-0a4d2b7c1e93\2",
            text,
            count=1,
        ),
        "FB_01",
    ),
    "no unit": (once(b"<uom>72</uom>", b""), "FB_04"),
    "a unit nobody knows": (once(b"<uom>72</uom>", b"<uom>7200</uom>"), "FB_05"),
    "another commodity": (once(b"<commodity>1</commodity>", b"<commodity>7</commodity>"), "FB_05"),
    "no phase": (once(b"<phase>769</phase>", b""), "FB_05"),
    "a reading without a value": (once(b"<value>0</value>", b""), "FB_04"),
    "no reading at the start": (
        lambda text: re.sub(rb"<IntervalReading>.*?</IntervalReading>\n", b"", text, count=1),
        "FB_04",
    ),
    "two readings at once": (
        lambda text: re.sub(
            rb"(<IntervalReading>.*?</IntervalReading>\n)", rb"\1\1", text, count=1
        ),
        "FB_04",
    ),
    "a reading outside its block": (
        lambda text: re.sub(rb"<interval><duration>\d+", b"<interval><duration>900", text),
        "FB_04",
    ),
    "a quality nobody knows": (
        once(
            b"<IntervalReading><timePeriod>",
            b"<IntervalReading><ReadingQuality><quality>99</quality></ReadingQuality><timePeriod>",
        ),
        "FB_04",
    ),
    "a second quality nobody knows": (
        once(
            b"<IntervalReading><timePeriod>",
            b"<IntervalReading>"
            + b"".join(
                b"<ReadingQuality><quality>%d</quality></ReadingQuality>" % n for n in (8, 99)
            )
            + b"<timePeriod>",
        ),
        "FB_04",
    ),
    "a bill without its period": (
        lambda text: re.sub(rb"<billingPeriod>.*?</billingPeriod>", b"", text),
        "FB_15",
    ),
    "a bill without a stamp": (
        lambda text: re.sub(rb"<statusTimeStamp>\d+</statusTimeStamp>", b"", text),
        "FB_15",
    ),
    "a bill whose energy has no time": (
        lambda text: re.sub(rb"<timeStamp>\d+</timeStamp>", b"", text),
        "FB_15",
    ),
    "a bill that leads to no usage point": (
        once(b'<link rel="related"', b'<link rel="relate"'),
        "FB_01",
    ),
}


@pytest.mark.parametrize(("spoil", "block"), BROKEN.values(), ids=BROKEN)
def test_it_sees(spoil, block):
    good = feed(agreement(Channel(ONE, 1, [whole(DAY)]), summaries=[bill()]))
    bad = spoil(good)
    assert bad != good
    assert conformance.check([bad]).problems[block]
