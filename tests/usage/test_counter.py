"""At the counter and on the telephone staff print or post a customer's own record (6.3)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from prime_portal import whole_record
from tests import builders
from usage import counter, preparing
from usage.models import Customer, Download, IntervalDay, PreparedDownload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get(), first=date(2026, 3, 6), days=3)
    return rosa


@pytest.fixture
def staff(client, monkeypatch, rosa) -> Any:
    """Alma at the admin, her second factor checked, in a case of Rosa's."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.alma())
    builders.case(rosa, by=builders.alma())
    return client


def wish(rosa: Customer, **change: object) -> dict[str, object]:
    return {
        "kind": "record_pdf",
        "agreements": [held.pk for held in rosa.agreements.all()],
        "first_day": "2026-03-06",
        "last_day": "2026-03-08",
        "via": "counter",
        "reason": "Asked at the counter; driver license seen.",
        "language": "es",
        "for_post": "on",
    } | change


def ask(staff: Client, rosa: Customer, **change: object) -> Any:
    return staff.post(f"/admin/usage/download/add/?customer={rosa.pk}", wish(rosa, **change))


def prepare() -> None:
    assert preparing.prepare_next(clock=timezone.now, makers=whole_record.MAKERS)


def test_a_customer_has_a_link_to_it(staff, rosa) -> None:
    page = staff.get(f"/admin/usage/customer/{rosa.pk}/change/").content.decode()
    assert f"/admin/usage/download/add/?customer={rosa.pk}" in page
    form = staff.get(f"/admin/usage/download/add/?customer={rosa.pk}").content.decode()
    assert "how you know that it is she" in form


def test_it_is_written_down_how_she_asked_and_why(staff, rosa) -> None:
    response = ask(staff, rosa)
    row = Download.objects.get()
    assert response["Location"] == f"/admin/usage/download/{row.pk}/change/"
    assert (row.via, row.by, row.format) == ("counter", builders.alma(), "record_pdf")
    assert row.reason == "Asked at the counter; driver license seen."
    copy = PreparedDownload.objects.get()
    assert (copy.language, copy.for_post) == ("es", True)


@pytest.mark.parametrize("missing", ["reason", "via"])
def test_nothing_is_prepared_without_saying_why_and_how(staff, rosa, missing) -> None:
    assert ask(staff, rosa, **{missing: ""}).status_code == 200
    assert ask(staff, rosa, via="portal").status_code == 200
    assert not Download.objects.exists()


def test_she_gets_the_very_record_she_would_take_herself(staff, rosa) -> None:
    page = ask(staff, rosa)["Location"]
    assert "Check again" in staff.get(page).content.decode()
    prepare()
    ready = staff.get(page).content.decode()
    assert "It is ready:" in ready
    response = staff.get(page.replace("change/", "file/"))
    assert response["Content-Type"] == "application/pdf"
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert Download.objects.get().finished_at


def test_single_readings_can_be_printed_too(staff, rosa) -> None:
    ask(staff, rosa, kind="csv", for_post="")
    prepare()
    page = f"/admin/usage/download/{Download.objects.get().pk}/file/"
    assert b"".join(staff.get(page).streaming_content).count(b"\n") == 1 + 92 + 2 * 96


def test_every_reading_comes_on_paper_month_by_month(staff, rosa, monkeypatch) -> None:
    builders.readings(rosa.agreements.get(), first=date(2026, 2, 27), days=2)
    assert "fill about 2 pages" in staff.get(f"/admin/usage/download/add/?customer={rosa.pk}").text
    days = {"first_day": "2026-02-01", "last_day": "2026-03-07"}
    ask(staff, rosa, kind="pdf_each", **days)
    prepare()
    row = Download.objects.get()
    file = staff.get(f"/admin/usage/download/{row.pk}/file/")
    packed = ZipFile(BytesIO(b"".join(file.streaming_content)))
    assert [name for name in packed.namelist() if name.endswith(".pdf")] == [
        "prime-usage-2026-02-01-to-2026-02-28.pdf",
        "prime-usage-2026-03-01-to-2026-03-07.pdf",
    ]
    assert row.rows == 4 * 96
    monkeypatch.setattr(counter, "MOST_PAGES", 0)
    assert "pages, and 0 are printed" in ask(staff, rosa, kind="pdf_each", **days).text
    assert Download.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "said", "button"),
    [
        (
            "en",
            "These days would fill about 38 pages, and 15 are printed at once.",
            "January 1, 2025 to February 28, 2025: about 15 pages",
        ),
        (
            "es",
            "Estos días llenarían unas 38 páginas, y de una vez se imprimen 15.",
            "Del 1 de enero de 2025 al 28 de febrero de 2025: aproximadamente 15 páginas",
        ),
    ],
)
def test_what_is_too_much_at_once_is_asked_for_in_parts_by_their_buttons(
    staff, rosa, monkeypatch, language, said, button
) -> None:
    """Nobody has to guess which days fit: together the parts are all that was asked for."""
    builders.readings(rosa.agreements.get(), first=date(2025, 1, 1), days=150)
    monkeypatch.setattr(counter, "MOST_PAGES", 15)
    staff.cookies["django_language"] = language
    days = {"first_day": "2025-01-01", "last_day": "2025-05-30"}
    page = ask(staff, rosa, kind="pdf_each", **days).text
    assert said in page
    assert button in page
    parts = re.findall(r'name="part" value="([^"]+)"', page)
    assert parts == ["2025-01-01/2025-02-28", "2025-03-01/2025-03-31", "2025-04-01/2025-05-30"]
    for part in parts:
        assert ask(staff, rosa, kind="pdf_each", part=part, **days).status_code == 302
    taken = Download.objects.order_by("first_day").values_list("first_day", "last_day", "reason")
    assert [f"{first}/{last}" for first, last, _why in taken] == parts
    assert {why for _first, _last, why in taken} == {wish(rosa)["reason"]}


def test_a_month_that_is_too_long_itself_is_parted_by_its_days(rosa, monkeypatch) -> None:
    builders.readings(rosa.agreements.get(), first=date(2025, 1, 1), days=31)
    monkeypatch.setattr(counter, "MOST_PAGES", 2)
    asked = IntervalDay.objects.of(rosa).filter(day__year=2025)
    parts = counter.parts_of(asked)
    assert [(part.first_day.day, part.last_day.day, part.pages) for part in parts] == [
        (1, 8, 2),
        (9, 16, 2),
        (17, 24, 2),
        (25, 31, 2),
    ]


@pytest.mark.parametrize("part", ["x", "2025-01-01/", "2025-13-01/2025-14-01", "/"])
def test_a_part_nobody_proposed_is_no_way_around_the_form(staff, rosa, part) -> None:
    before = Download.objects.count()
    answer = ask(staff, rosa, kind="pdf_each", part=part, first_day="2026-03-08", last_day="")
    assert answer.status_code == 200
    assert Download.objects.count() == before


def test_the_customer_sees_that_staff_took_it_and_cannot_be_fooled_into_fetching_it(
    staff, rosa
) -> None:
    ask(staff, rosa)
    prepare()
    row = Download.objects.get()
    her = Client()
    her.force_login(builders.holder(rosa, "rosa@example.org"))
    listed = her.get("/en/usage/downloads/").content.decode()
    assert "Taken for you by PRIME’s staff (counter)." in listed
    assert "driver license seen" in listed
    assert her.get(f"/en/usage/downloads/{row.pk}/file/").status_code == 404


def test_another_member_of_staff_cannot_fetch_it(staff, rosa) -> None:
    ask(staff, rosa)
    prepare()
    row = Download.objects.get()
    staff.force_login(builders.bruno())
    builders.case(rosa, by=builders.bruno())
    assert staff.get(f"/admin/usage/download/{row.pk}/file/").status_code == 404
    looked = staff.get(f"/admin/usage/download/{row.pk}/change/").content.decode()
    assert "driver license seen" in looked
    assert "Fetch the file" not in looked


def test_what_a_customer_took_herself_staff_see_but_cannot_open(staff, rosa) -> None:
    her = builders.holder(rosa, "rosa@example.org")
    copy = preparing.ask_for_everything(
        rosa, by=her, via="portal", at=timezone.now() - timedelta(minutes=1), language="en"
    )
    prepare()
    assert staff.get(f"/admin/usage/download/{copy.pk}/change/").status_code == 200
    assert staff.get(f"/admin/usage/download/{copy.pk}/file/").status_code == 404


def test_customers_are_no_staff(client, rosa) -> None:
    client.force_login(builders.holder(rosa, "rosa@example.org"))
    assert client.get(f"/admin/usage/download/add/?customer={rosa.pk}").status_code == 404
