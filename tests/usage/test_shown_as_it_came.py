"""Words nobody knows and net values are seen by whoever looks at them or takes them (R53)."""

import csv as csv_module
import io
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation
from lxml import etree

from tests.usage import sce_files
from tests.usage.rosters import AT, served
from usage import claims, downloads, history, intake, quality
from usage.intervals import pack
from usage.models import Via
from usage.readings import Counted, records_of, window_of
from usage.tables import Row

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 15)
NIGHT = pack(date(2026, 1, 14), sec=3600, wh=[10] * 24)
SUNNY = pack(DAY, sec=3600, wh=[500] * 8 + [-1250] * 8 + [300] * 8)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    quality.texts.cache_clear()
    yield
    quality.texts.cache_clear()


@pytest.fixture
def rosa(tmp_path):
    """A customer whose old meter reports net, with words for quality of the utility's own."""
    agreement = served()
    words = ["Actual"] * 20 + ["Estimated"] * 4
    path = sce_files.consumption(tmp_path / "a.csv", [NIGHT, SUNNY], words=words)
    taken = intake.take_in(path, source="test", by=None, at=AT, agreement=agreement)
    assert taken.outcome == "taken", taken.problems
    return agreement


def take(rosa, kind):
    taking = downloads.take(
        rosa.customer,
        kind=kind,
        agreements=[rosa.pk],
        first_day=date(2026, 1, 1),
        last_day=date(2026, 2, 1),
        by=get_user_model().objects.create_user(f"{kind}@example.com"),
        via=Via.PORTAL,
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return b"".join(taking.pieces)


def test_a_table_says_the_word_and_that_the_day_is_net(rosa):
    (before, sunny) = history.days(rosa, DAY.replace(day=1))[-2:]
    assert (before.net, sunny.net) == (True, True)
    assert sunny.delivered == 24 * 0 + 500 * 8 - 1250 * 8 + 300 * 8
    assert Row("15", sunny).notes == ["estimated", "“Actual”", "net: less what was sent back"]
    with translation.override("es"):
        assert Row("15", sunny).notes[0] == "estimada"
    (month,) = history.months(rosa)
    assert month.net
    assert "net: less what was sent back" in Row("January", month).notes


def test_the_page_says_so_too(rosa, django_assert_max_num_queries):
    user = get_user_model().objects.create_user("rosa@example.com")
    claims.redeem(claims.issue(rosa.customer, via=Via.PAPER, at=AT), by=user, at=AT)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    quality.texts.cache_clear()
    with django_assert_max_num_queries(25):
        page = client.get("/en/usage/2026/1/15/").content.decode()
    assert page.count("“Actual”") >= 20
    assert "net: less what was sent back" in page


def test_a_csv_has_the_word_and_calls_the_channel_net(rosa):
    rows = list(csv_module.DictReader(io.StringIO(take(rosa, "csv").decode())))
    assert {row["Channel"] for row in rows} == {"net"}
    assert [row["Quality"] for row in rows[:24]] == ["“Actual”"] * 20 + ["estimated"] * 4
    assert rows[24 + 8]["Energy (kWh)"] == "-1.250"


def test_green_button_gives_net_its_own_direction_and_the_nearest_code(rosa):
    feed = etree.fromstring(take(rosa, "green_button"))
    assert feed.xpath("//*[local-name()='flowDirection']/text()") == ["4"]
    codes = feed.xpath("//*[local-name()='ReadingQuality']/*/text()")
    assert codes.count("16") == 40
    assert codes.count("8") == 8


def test_net_days_and_others_of_one_meter_are_two_channels(rosa, tmp_path):
    later = pack(date(2026, 1, 20), sec=3600, wh=[7] * 24)
    path = sce_files.both_ways(tmp_path / "b.csv", [(later, later)])
    intake.take_in(path, source="test", by=None, at=AT, agreement=rosa)
    (record,) = records_of(
        rosa.customer,
        [rosa.pk],
        window=window_of(date(2026, 1, 1), date(2026, 1, 31)),
        counted=Counted(),
        label=lambda agreement: "1",
    )
    found = [
        (channel.flow, [block.day.day for block in channel.blocks]) for channel in record.channels
    ]
    assert found == [(1, [20]), (4, [14, 15]), (19, [20])]
    assert len({channel.id for channel in record.channels}) == 3
