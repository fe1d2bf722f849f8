"""When she uses electricity: the picture of a year, its table, and the split by her rate."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from prime_portal.models import User
from tests.usage.rosters import served, take_readings
from tests.usage.test_heat import decoded, whole
from usage import heat, history, tables, tou
from usage.models import Access, ServiceAgreement

pytestmark = pytest.mark.django_db
LAST = date(2026, 7, 31)


def signed_in(agreement: ServiceAgreement) -> Client:
    user = User.objects.create_user(f"u{agreement.number}@example.com")
    Access.objects.create(
        user=user,
        customer=agreement.customer,
        capacity=Access.Capacity.HOLDER,
        proof="test",
        starts_at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    client = Client()
    client.force_login(user)
    return client


def read(agreement: ServiceAgreement, days: int, *, last: date = LAST) -> None:
    blocks = [whole(last - timedelta(days=n), sec=3600, wh=400) for n in reversed(range(days))]
    take_readings((1, blocks), agreement=agreement)


@pytest.fixture
def rosa() -> ServiceAgreement:
    return served(start_date="2024-01-01", rate_schedule="TOU-D-4-9PM")


def test_the_picture_has_a_column_for_each_of_the_past_365_days(rosa):
    read(rosa, 400)
    answer = signed_in(rosa).get("/en/usage/hours.png")
    assert answer["Content-Type"] == "image/png"
    assert "no-store" in answer["Cache-Control"]
    width, height, rows, _colors = decoded(answer.content)
    assert (width, height) == (365, 24)
    pixels = [pixel for row in rows for pixel in row]
    assert pixels.count(7) == 365 * 24 - 1  # but for the hour that March leaves out


def test_a_short_record_is_not_stretched_with_gaps_to_a_year(rosa):
    read(rosa, 40)
    width, *_rest = decoded(signed_in(rosa).get("/en/usage/hours.png").content)
    assert width == 40


def test_a_calendar_year_has_all_its_days(rosa):
    read(rosa, 400)
    client = signed_in(rosa)
    width, *_rest = decoded(client.get("/en/usage/hours/2025.png").content)
    assert width == 365
    page = client.get("/en/usage/hours/2025/").content.decode()
    assert 'href="/en/usage/hours/2025.png"' in page


def test_a_year_without_readings_or_a_place_of_somebody_else_is_a_404(rosa):
    read(rosa, 40)
    luis = served(start_date="2024-01-01")
    read(luis, 40)
    client = signed_in(rosa)
    for address in (
        "hours/2024/", "hours/2024.png", "hours/99999/", "hours/0/",
        f"hours/?place={luis.pk}", f"hours.png?place={luis.pk}",
    ):  # fmt: skip
        assert client.get(f"/en/usage/{address}").status_code == 404, address


def test_without_readings_the_page_says_so_and_there_is_no_picture(rosa):
    client = signed_in(rosa)
    assert "No readings have come in yet." in client.get("/en/usage/hours/").content.decode()
    assert client.get("/en/usage/hours.png").status_code == 404


def test_the_table_says_what_the_picture_shows(rosa):
    read(rosa, 40)
    page = signed_in(rosa).get("/en/usage/hours/").content.decode()
    assert page.count('<td class="number">0.40</td>') == 48
    assert "most electricity is used in the hour from" in page


def test_the_split_adds_up_to_the_whole(rosa):
    read(rosa, 31)
    page = signed_in(rosa).get("/en/usage/2026/7/").content.decode()
    assert "TOU-D-4-9PM" in page
    assert "as SCE’s tariff sheet of March 1, 2019 says" in page
    assert "Schedule TOU-D, options 4-9PM and PRIME (CPUC D.18-07-006)" in page
    found = tables.split(rosa, history.read(rosa, (date(2026, 7, 1), date(2026, 8, 1))))
    assert sum(one.delivered for one in found.sums) == 31 * 24 * 400
    assert [share for _one, share in found.lines] == ["15%", "5%", "79%"]


def test_a_rate_nobody_wrote_down_is_named_and_not_split():
    agreement = served(start_date="2024-01-01", rate_schedule="D")
    read(agreement, 31)
    client = signed_in(agreement)
    for address in ("/en/usage/hours/", "/en/usage/2026/7/", "/en/usage/2026/7/4/"):
        page = client.get(address).content.decode()
        assert "Your rate on record is D. We have no tariff sheet with hours for it" in page
        assert "By the hours of your rate" not in page


def test_the_pages_ask_the_same_of_the_database_however_long_the_record_is(
    rosa, django_assert_max_num_queries
):
    read(rosa, 30)
    client = signed_in(rosa)

    def asked(address: str) -> int:
        with django_assert_max_num_queries(16) as queries:
            assert client.get(address).status_code == 200
        return len(queries.captured_queries)

    client.get("/en/usage/")  # a session's first page asks for more
    addresses = ("hours/", "hours.png", "", "2026/7/", "2026/7/15/")
    few = [asked(f"/en/usage/{address}") for address in addresses]
    read(rosa, 700)
    assert [asked(f"/en/usage/{address}") for address in addresses] == few


def test_the_colors_of_the_legend_are_those_of_the_picture():
    css = (Path(settings.BASE_DIR) / "static/css/portal.css").read_text()
    shades = re.findall(r"\.heat-(\d+) \{ background: (#[0-9a-f]{6}); \}", css)
    assert [color for _n, color in sorted(shades, key=lambda pair: int(pair[0]))] == [
        *heat.DELIVERED_COLORS,
        *heat.RECEIVED_COLORS,
    ]
    for period in tou.PERIODS:
        assert f".fill-{period} {{" in css


def test_a_name_of_a_period_is_said_in_the_readers_language():
    with translation.override("es"):
        assert tou.Sum("on").name == "Horas pico"
