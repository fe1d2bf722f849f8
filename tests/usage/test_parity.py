"""The invariant of 6.3: nobody gets a finer, longer or fuller record of a customer than she can.

Scopes are made up by Hypothesis over a world with what is hard: quarter-hours, hours and five
minutes, a solar roof, the days of the clock changes, gaps and estimates, an agreement that
ended, one that began in between, somebody else's. Whatever a third party could be given is read
back, and each interval of it must stand in the customer's own copy of the same scope.
"""

from __future__ import annotations

import csv as csv_module
import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from prime_portal.models import User
from tests.usage.rosters import row, served, take_readings, take_roster
from usage import copies, downloads, formats, release
from usage.formats import atom
from usage.granularity import Granularity
from usage.intervals import MISSING, Block, intervals_in, pack
from usage.models import Customer, ServiceAgreement, Via
from usage.readings import records_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 4, 1, 18, tzinfo=UTC)
NOVEMBER, MARCH = date(2025, 11, 2), date(2026, 3, 8)
DELIVERED, RECEIVED = 1, 19
ESPI = "{http://naesb.org/espi}"

Fact = tuple[object, int, int, int, int, int]
"""Agreement, direction, start and end in epoch seconds, Wh, quality: all a file says of a time."""


@dataclass(frozen=True)
class World:
    rosa: Customer
    hers: list[ServiceAgreement]
    stranger: ServiceAgreement
    user: User

    @property
    def all(self) -> list[ServiceAgreement]:
        return [*self.hers, self.stranger]


def a_day(day: date, sec: int, *, gaps: tuple[int, ...] = (), code: int = 0) -> Block:
    count = intervals_in(day, sec=sec)
    wh = [None if n in gaps else 10 + n for n in range(count)]
    return pack(day, sec=sec, wh=wh, quality=[code if n % 7 == 3 else 0 for n in range(count)])


def run(first: date, days: int, sec: int, **more: object) -> list[Block]:
    return [a_day(first + timedelta(days=n), sec, **more) for n in range(days)]


@pytest.fixture
def world() -> World:
    before, after = NOVEMBER - timedelta(days=2), NOVEMBER + timedelta(days=2)
    hers = {
        "account_number": "700000000001",
        "customer_name": "Rosa Ejemplo",
        "mailing_address_1": "1 Calle Ficticia",
        "mailing_city": "Pico Rivera",
        "mailing_state": "CA",
        "mailing_zip": "90660",
    }
    lines = [
        row(**hers, start_date="2025-10-01", end_date=f"{after}"),
        row(**hers, start_date=f"{NOVEMBER}"),
        row(**hers, start_date="2025-01-01"),
    ]
    take_roster(*lines)
    quarters, solar, hours = [
        ServiceAgreement.objects.select_related("customer", "service_point").get(
            number=line["service_account_number"]
        )
        for line in lines
    ]
    take_readings((DELIVERED, run(before, 5, 900, gaps=(0, 4, 95), code=8)), agreement=quarters)
    take_readings(
        (DELIVERED, [*run(NOVEMBER, 3, 300, code=19), *run(after + timedelta(days=3), 1, 300)]),
        (RECEIVED, run(NOVEMBER, 3, 3600, gaps=(1, 2))),
        agreement=solar,
    )
    take_readings((DELIVERED, run(MARCH - timedelta(days=1), 3, 3600, code=99)), agreement=hours)
    stranger = served(start_date="2025-01-01")
    take_readings((DELIVERED, run(before, 4, 900)), agreement=stranger)
    user = User.objects.create_user("rosa@example.org")
    return World(quarters.customer, [quarters, solar, hours], stranger, user)


@dataclass(frozen=True)
class Scope:
    """What a third party is to get, and in which form each of the two takes it."""

    agreements: frozenset[int]
    holding: frozenset[str]
    first_day: date
    last_day: date
    theirs: str
    hers: str
    granularity: Granularity = Granularity.AS_MEASURED


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    around = draw(st.sampled_from([NOVEMBER, MARCH, date(2026, 1, 1)]))
    first = around + timedelta(days=draw(st.integers(-5, 5)))
    return Scope(
        draw(st.frozensets(st.integers(0, 3), min_size=1)),
        draw(st.frozensets(st.sampled_from(sorted(release.FLOW_OF)), min_size=1)),
        first,
        first + timedelta(days=draw(st.integers(0, 9) | st.integers(100, 200))),
        draw(st.sampled_from(release.FORMATS)),
        draw(st.sampled_from(["csv", "green_button", "json"])),
        draw(st.sampled_from(Granularity)),
    )


EVERYTHING = Scope(
    frozenset({0, 1, 2}),
    frozenset(release.FLOW_OF),
    NOVEMBER - timedelta(days=2),
    NOVEMBER + timedelta(days=9),
    theirs="csv",
    hers="csv",
)
"""Tried first, so that whatever is kept from her is seen by it, whatever else is made up."""


def prove(world: World) -> None:
    """Every interval a third party could get is in the customer's copy, to the watt-hour."""

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @example(EVERYTHING)
    @given(scopes())
    def holds(scope: Scope) -> None:
        asked = [world.all[index] for index in sorted(scope.agreements)]
        given_away = release.stream(
            [(world.rosa, asked)],
            holding=scope.holding,
            first_day=scope.first_day,
            last_day=scope.last_day,
            counted=release.Counted(),
            kind=scope.theirs,
            granularity=scope.granularity,
            at=AT,
        )
        taken = downloads.take(
            world.rosa,
            kind=scope.hers,
            agreements=[agreement.pk for agreement in asked],
            first_day=scope.first_day,
            last_day=scope.last_day,
            by=world.user,
            via=Via.PORTAL,
            at=AT,
        )
        given_text, taken_text = b"".join(given_away), b"".join(taken.pieces)
        theirs = READ[scope.theirs](given_text, world)
        hers = READ[scope.hers](taken_text, world)
        missing = sorted(
            (fact for fact in theirs - hers if not made_up_of(fact, hers, scope.granularity)),
            key=str,
        )
        assert not missing, f"a third party would get what she does not: {missing[:3]}"
        assert world.stranger.pk not in {fact[0] for fact in theirs}
        if "green_button" not in (scope.theirs, scope.hers):  # it leaves gaps out
            finer = finer_gaps(given_text, GAPS[scope.hers](taken_text, world), world)
            assert not finer, f"a third party would know a gap finer than she: {finer[:3]}"

    holds()


def made_up_of(fact: Fact, hers: set[Fact], granularity: Granularity) -> bool:
    """Whether a sum is that of readings in her copy that fill its whole time, no second less."""
    if granularity == Granularity.AS_MEASURED:
        return False
    agreement, flow, at, end, wh, _code = fact
    ends = {
        start: (until, part)
        for who, way, start, until, part, _ in hers
        if (who, way) == (agreement, flow)
    }
    while at < end and at in ends:
        at, part = ends[at]
        wh -= part
    return (at, wh) == (end, 0)


def from_csv(text: bytes, world: World) -> set[Fact]:
    codes = {words: code for code, words in formats.QUALITY.items()}
    named = {str(agreement.pk): agreement.pk for agreement in world.all}
    named |= {f"No. {agreement.number}": agreement.pk for agreement in world.all}
    facts = set()
    for line in csv_module.reader(io.StringIO(text.decode(), newline="")):
        if line[0] in named and line[4]:
            start, end = (int(datetime.fromisoformat(at).timestamp()) for at in line[2:4])
            flow = DELIVERED if line[1] == "delivered" else RECEIVED
            wh = int(Decimal(line[4]) * 1000)
            facts.add((named[line[0]], flow, start, end, wh, outward(codes.get(line[5], 99))))
    return facts


Gap = tuple[object, int, int, int]
"""Agreement, direction, start and end in epoch seconds of an interval said to be missing."""


def finer_gaps(theirs: bytes, hers: set[Gap], world: World) -> list[Gap]:
    """Gaps told to a third party in which there is none, or only a part of one, of her copy."""
    return [
        gap
        for gap in sorted(gaps_of_csv(theirs, world), key=str)
        if not any(gap[:2] == one[:2] and gap[2] <= one[2] and one[3] <= gap[3] for one in hers)
    ]


def gaps_of_csv(text: bytes, world: World) -> set[Gap]:
    named = {str(agreement.pk): agreement.pk for agreement in world.all}
    named |= {f"No. {agreement.number}": agreement.pk for agreement in world.all}
    gaps = set()
    for line in csv_module.reader(io.StringIO(text.decode(), newline="")):
        if line[0] in named and not line[4]:
            assert line[5] == "missing"
            start, end = (int(datetime.fromisoformat(at).timestamp()) for at in line[2:4])
            gaps.add(
                (named[line[0]], DELIVERED if line[1] == "delivered" else RECEIVED, start, end)
            )
    return gaps


def gaps_of_json(text: bytes, _world: World) -> set[Gap]:
    gaps = set()
    for agreement in json.loads(text)["agreements"]:
        for channel in agreement["channels"]:
            flow = DELIVERED if channel["direction"] == "delivered" else RECEIVED
            for day in channel["days"]:
                sec = day["interval_seconds"]
                start = int(datetime.fromisoformat(day["starts_at"]).timestamp())
                gaps |= {
                    (UUID(agreement["id"]), flow, start + n * sec, start + (n + 1) * sec)
                    for n, wh in enumerate(day["wh"])
                    if wh is None
                }
    return gaps


GAPS = {"csv": gaps_of_csv, "json": gaps_of_json}


def from_json(text: bytes, _world: World) -> set[Fact]:
    facts = set()
    for agreement in json.loads(text)["agreements"]:
        for channel in agreement["channels"]:
            flow = DELIVERED if channel["direction"] == "delivered" else RECEIVED
            for day in channel["days"]:
                sec = day["interval_seconds"]
                start = int(datetime.fromisoformat(day["starts_at"]).timestamp())
                for n, wh in enumerate(day["wh"]):
                    if wh is not None:
                        at, code = start + n * sec, day.get("quality", {n: 0})
                        code = code[n] if isinstance(code, list) else 0
                        facts.add((UUID(agreement["id"]), flow, at, at + sec, wh, outward(code)))
    return facts


def from_green_button(text: bytes, world: World) -> set[Fact]:
    points = {str(atom.name("UsagePoint", held.pk)): held.pk for held in world.all}
    feed, flows, facts = etree.fromstring(text), {}, set()
    for entry in feed.iterfind("{*}entry"):
        links = {link.get("rel"): link.get("href") for link in entry.iterfind("{*}link")}
        if (kind := entry.find(f"{{*}}content/{ESPI}ReadingType")) is not None:
            flows[links["self"]] = int(kind.findtext(f"{ESPI}flowDirection"))
    readings = {}
    for entry in feed.iterfind("{*}entry"):
        links = [(link.get("rel"), link.get("href")) for link in entry.iterfind("{*}link")]
        if entry.find(f"{{*}}content/{ESPI}MeterReading") is not None:
            own = dict(links)["self"]
            readings[own] = next(flows[href] for _, href in links if href in flows)
    for entry in feed.iterfind("{*}entry"):
        up = next(link.get("href") for link in entry.iterfind("{*}link[@rel='up']"))
        for reading in entry.iterfind(f"{{*}}content/{ESPI}IntervalBlock/{ESPI}IntervalReading"):
            start = int(reading.findtext(f"{ESPI}timePeriod/{ESPI}start"))
            sec = int(reading.findtext(f"{ESPI}timePeriod/{ESPI}duration"))
            code = int(reading.findtext(f"{ESPI}ReadingQuality/{ESPI}quality") or 0)
            point = points[up.split("/UsagePoint/")[1].split("/")[0]]
            flow = readings[up.removesuffix("/IntervalBlock")]
            wh = int(reading.findtext(f"{ESPI}value"))
            facts.add((point, flow, start, start + sec, wh, code))
    return facts


def outward(code: int) -> int:
    """The codes of a Green Button file, which knows no revenue quality and no unknown ones."""
    return 17 if code == 19 else code if code in formats.QUALITY else 16


READ = {"csv": from_csv, "json": from_json, "green_button": from_green_button}


def test_a_third_party_never_gets_a_finer_longer_or_fuller_record_than_the_customer(
    world: World,
) -> None:
    prove(world)


def test_a_day_of_which_nothing_is_held_is_told_alike_to_both(world: World) -> None:
    """Between the third day of November's run and a last one lie days of five-minute gaps."""
    solar = world.hers[1]
    scope = {"first_day": NOVEMBER - timedelta(days=2), "last_day": NOVEMBER + timedelta(days=9)}
    theirs = release.stream(
        [(world.rosa, [solar])], holding=release.FLOW_OF, counted=release.Counted(), **scope
    )
    told = gaps_of_csv(b"".join(theirs), world)
    for kind, gaps in GAPS.items():
        taken = downloads.take(
            world.rosa,
            kind=kind,
            agreements=[solar.pk],
            by=world.user,
            via=Via.PORTAL,
            at=AT,
            **scope,
        )
        assert gaps(b"".join(taken.pieces), world) == told
    lasting = {(flow, end - start) for _who, flow, start, end in told}
    assert lasting == {(DELIVERED, 300), (RECEIVED, 3600)}
    assert len(told) == 2 * 288 + 3 * 2


# -- It can fail: each of these makes her copy a little worse, and the proof must see it. -------


def change_blocks(change, records):
    for record in records:
        channels = [
            replace(channel, blocks=(new for block in channel.blocks if (new := change(block))))
            for channel in record.channels
        ]
        yield replace(record, channels=channels)


def by_the_hour(block: Block) -> Block:
    parts = 3600 // block.sec
    sums = [sum(block.values[n : n + parts]) for n in range(0, block.count, parts)]
    return pack(block.day, sec=3600, wh=[max(wh, 0) for wh in sums])


def without_quality(block: Block) -> Block:
    return replace(block, quality=None)


def without_its_first_reading(block: Block) -> Block:
    wh = [None if n == 0 or wh == MISSING else wh for n, wh in enumerate(block.values)]
    return pack(block.day, sec=block.sec, wh=wh, quality=block.codes)


def without_its_last_day(block: Block) -> Block | None:
    return None if block.day == NOVEMBER + timedelta(days=2) else block


def rounded_to_ten(block: Block) -> Block:
    wh = [None if wh == MISSING else wh // 10 * 10 for wh in block.values]
    return pack(block.day, sec=block.sec, wh=wh, quality=block.codes)


@pytest.mark.parametrize(
    "worse",
    [by_the_hour, without_quality, without_its_first_reading, without_its_last_day, rounded_to_ten],
)
def test_the_proof_sees_a_copy_that_is_coarser_shorter_or_poorer(
    world: World, monkeypatch: pytest.MonkeyPatch, worse
) -> None:
    def hers(*scope, **more):
        return change_blocks(worse, records_of(*scope, **more))

    monkeypatch.setattr(copies, "records_of", hers)
    with pytest.raises(AssertionError, match="a third party would get what she does not"):
        prove(world)


@pytest.mark.parametrize("left_out", ["received", "delivered"])
def test_the_proof_sees_a_direction_that_is_kept_from_her(
    world: World, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    def hers(*scope, **more):
        kept = {"received", "delivered"} - {left_out}
        return records_of(*scope, **more | {"flows": kept})

    monkeypatch.setattr(copies, "records_of", hers)
    with pytest.raises(AssertionError, match="a third party would get what she does not"):
        prove(world)


def test_the_proof_sees_an_agreement_that_ended_kept_from_her(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hers(customer, agreements, **more):
        running = ServiceAgreement.objects.filter(pk__in=list(agreements), ends_at=None)
        return records_of(customer, running.values_list("pk", flat=True), **more)

    monkeypatch.setattr(copies, "records_of", hers)
    with pytest.raises(AssertionError, match="a third party would get what she does not"):
        prove(world)
