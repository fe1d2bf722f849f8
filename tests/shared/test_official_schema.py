"""Our Green Button files against the official schemas, and other people's files against us.

These tests read files that lie beside the checkout, in the folder PRIME_SHARED
names. They run only when asked for:

    PRIME_SHARED=… pytest tests/shared
"""

import importlib.util
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from greenbutton_objects import parse as outsider
from lxml import etree

from tests.usage.rosters import served
from tests.usage.test_conformance import FEEDS, feed
from tests.usage.test_other_readers import customer_feed
from usage import downloads, intake
from usage.feeds import BadFile
from usage.feeds.green_button import Reader
from usage.formats import Agreement, Channel, green_button
from usage.intervals import day_wh, group, intervals_in, pack
from usage.models import Via

SHARED = Path(os.environ["PRIME_SHARED"]) / "green-button"
SAMPLES = sorted((SHARED / "samples").glob("*.xml"))
AT = datetime(2026, 4, 1, tzinfo=UTC)

HOLDING_READINGS = [path for path in SAMPLES if b"IntervalReading>" in path.read_bytes()]
OTHERS = [path for path in SAMPLES if path not in HOLDING_READINGS]


def by_name(path):
    return path.name


@pytest.fixture(scope="session")
def schema():
    spec = importlib.util.spec_from_file_location("validate", SHARED / "validate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load_schema()


def counted(path: Path) -> tuple[int, int]:
    """Readings and their sum, counted by pattern, with no parser at all."""
    text = path.read_text()
    readings = re.findall(
        r"<(?:\w+:)?IntervalReading>(.*?)</(?:\w+:)?IntervalReading>", text, re.DOTALL
    )
    values = [int(re.search(r"<(?:\w+:)?value>(-?\d+)<", reading)[1]) for reading in readings]
    return len(values), sum(values)


def written(*channels):
    agreement = Agreement(
        UUID(int=1), "ending 4410", datetime(2000, 1, 1, tzinfo=UTC), None, channels
    )
    return b"".join(green_button.write([agreement], at=AT))


def whole(day, sec, *, gaps=(), quality=None):
    count = intervals_in(day, sec=sec)
    wh = [None if index in gaps else index - 5 for index in range(count)]
    return pack(day, sec=sec, wh=wh, quality=quality and [quality] * count)


def test_there_are_samples_to_read():
    assert len(HOLDING_READINGS) >= 3
    assert len(OTHERS) >= 3


@pytest.mark.parametrize("path", HOLDING_READINGS, ids=by_name)
def test_every_sample_is_read_whole(path):
    runs = list(Reader(path))
    assert (sum(len(run) for run in runs), sum(sum(run.wh) for run in runs)) == counted(path)


@pytest.mark.parametrize("path", HOLDING_READINGS, ids=by_name)
def test_a_sample_keeps_its_sum_through_storage_and_out_again(path, schema, tmp_path):
    runs = list(Reader(path))
    sec = runs[0].sec
    blocks = group((reading for run in runs for reading in run), sec=sec)
    assert sum(map(day_wh, blocks)) == counted(path)[1]

    out = tmp_path / "out.xml"
    out.write_bytes(written(Channel(UUID(int=2), 1, blocks)))
    schema.assertValid(etree.parse(out))
    again = [reading for run in Reader(out) for reading in run]
    assert (len(again), sum(wh for _, wh, _ in again)) == counted(path)
    (point,) = outsider.parse_feed(out)
    (meter,) = point.meterReadings
    assert sum(reading.value for reading in meter.intervalReadings) == counted(path)[1]


@pytest.mark.django_db
@pytest.mark.parametrize("path", HOLDING_READINGS, ids=by_name)
def test_a_sample_imported_into_the_portal_comes_out_with_its_sum(path, schema, tmp_path):
    number, _total = counted(path)
    agreement = served(start_date="2010-01-01")
    taken = intake.import_readings(path, agreement=agreement, source="test", by=None, at=AT)
    assert (taken.outcome, taken.counts["readings"]) == ("taken", number)
    assert taken.counts["set_aside"] == taken.counts["rejected"] == 0
    again = intake.import_readings(path, agreement=agreement, source="test", by=None, at=AT)
    assert again.outcome == "unchanged"

    taking = downloads.take(
        agreement.customer,
        kind="green_button",
        agreements=[agreement.pk],
        first_day=date(2010, 1, 1),
        last_day=date(2013, 1, 1),
        by=get_user_model().objects.create_user("someone@example.com"),
        via=Via.PORTAL,
        at=AT,
    )
    out = tmp_path / taking.name
    out.write_bytes(b"".join(taking.pieces))
    schema.assertValid(etree.parse(out))
    (point,) = outsider.parse_feed(out)
    (meter,) = point.meterReadings
    readings = list(meter.intervalReadings)
    assert (len(readings), sum(reading.value for reading in readings)) == counted(path)


@pytest.mark.parametrize("path", OTHERS, ids=by_name)
def test_a_sample_without_readings_is_refused_and_what_it_holds_is_named(path):
    with pytest.raises(BadFile) as refused:
        list(Reader(path))
    first, *others = str(refused.value).splitlines()
    assert first == f"{path.name}: holds no interval readings"
    assert all("not kept" in other for other in others)
    assert bool(others) is (path.name != "PGELocalTimeParameters.xml")


@pytest.mark.parametrize(
    "days",
    [
        [whole(date(2026, 1, 15) + timedelta(days=n), 900) for n in range(40)],
        [whole(date(2026, 3, 7) + timedelta(days=n), 3600) for n in range(3)],
        [whole(date(2025, 11, 1) + timedelta(days=n), 900) for n in range(3)],
        [whole(date(2026, 1, 15), 300, gaps={0, 7, 287}, quality=8)],
        [whole(date(2026, 1, 15), 900, quality=19)],
        [whole(date(2026, 1, 15), 3600), whole(date(2026, 1, 16), 900)],
        [],
    ],
    ids=["quarter-hours", "march", "november", "gaps", "revenue quality", "two lengths", "nothing"],
)
def test_what_we_write_is_valid_espi_4_0(days, schema):
    text = written(Channel(UUID(int=2), 1, days), Channel(UUID(int=3), 19, days))
    schema.assertValid(etree.fromstring(text))


def test_the_schema_would_notice(schema):
    day = whole(date(2026, 1, 15), 900)
    text = written(Channel(UUID(int=2), 1, [day])).replace(b"<uom>72</uom>", b"<uom>Wh</uom>")
    assert not schema.validate(etree.fromstring(text))


@pytest.mark.parametrize("agreements", FEEDS.values(), ids=FEEDS)
def test_every_feed_our_own_check_passes_is_valid_espi_4_0_too(agreements, schema):
    schema.assertValid(etree.fromstring(feed(*agreements)))


def test_the_customer_feed_is_valid_espi_4_0(schema):
    schema.assertValid(etree.fromstring(customer_feed()))


def test_the_schema_would_notice_a_customer_out_of_order(schema):
    text = re.sub(rb"(<kind>residential</kind>)(<locale>es</locale>)", rb"\2\1", customer_feed())
    assert text != customer_feed()
    assert not schema.validate(etree.fromstring(text))
