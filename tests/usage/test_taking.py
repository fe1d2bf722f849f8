"""The pages on which a customer takes her data away: small ones at once, large ones when ready."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from isal import isal_zlib

from prime_portal import whole_record
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage import downloads, preparing
from usage.formats import conformance
from usage.models import Access, Channel, Customer, Download, PreparedDownload, Via

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get(), first=date(2026, 3, 6), days=5)
    return rosa


@pytest.fixture
def her(rosa: Customer, client: Client) -> User:
    user = builders.holder(rosa, "rosa@example.org")
    client.force_login(user)
    return user


def choices(rosa: Customer, **change: object) -> dict[str, object]:
    return {
        "customer": rosa.pk,
        "kind": "csv",
        "agreements": [agreement.pk for agreement in rosa.agreements.all()],
        "first_day": "2026-03-07",
        "last_day": "2026-03-08",
    } | change


def post(client: Client, rosa: Customer, **change: object) -> Any:
    return client.post("/en/usage/download/", choices(rosa, **change))


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def prepare() -> bool:
    return preparing.prepare_next(clock=timezone.now, makers=whole_record.MAKERS)


# -- Small ones stream at once ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mime", "name"),
    [
        ("csv", "text/csv", "prime-usage-2026-03-07-to-2026-03-08.csv"),
        ("json", "application/json", "prime-usage-2026-03-07-to-2026-03-08.json"),
        ("green_button", "application/atom+xml", "prime-usage-2026-03-07-to-2026-03-08.xml"),
        (
            "green_button_account",
            "application/atom+xml",
            "prime-customer-2026-03-07-to-2026-03-08.xml",
        ),
    ],
)
def test_each_form_streams_and_leaves_a_row(client, rosa, her, kind, mime, name) -> None:
    response = post(client, rosa, kind=kind)
    assert response["Content-Type"].startswith(mime)
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in response["Cache-Control"]
    text = body(response)
    row = Download.objects.get()
    assert (row.format, row.by, row.via, row.size) == (kind, her, "portal", len(text))
    assert row.rows == (0 if kind == "green_button_account" else 96 + 92)
    assert row.finished_at


def test_what_she_takes_is_whole_in_every_form(client, rosa, her) -> None:
    told = json.loads(body(post(client, rosa, kind="json")))
    days = told["agreements"][0]["channels"][0]["days"]
    assert [len(day["wh"]) for day in days] == [96, 92]
    assert conformance.check(iter([body(post(client, rosa, kind="green_button"))])).passed
    account = body(post(client, rosa, kind="green_button_account")).decode()
    assert "<customerName>Rosa Ejemplo</customerName>" in account
    assert "<accountId>700000000001</accountId>" in account
    assert body(post(client, rosa)).count(b"\n") == 1 + 96 + 92


def test_a_browser_that_takes_it_packed_gets_it_packed(client, rosa, her) -> None:
    asked = {"Accept-Encoding": "gzip, br"}
    response = client.post("/en/usage/download/", choices(rosa), headers=asked)
    assert response["Content-Encoding"] == "gzip"
    text = isal_zlib.decompress(body(response), wbits=31)
    assert Download.objects.get().size == len(text)


def test_one_direction_alone(client, rosa, her) -> None:
    assert "Which way?" not in client.get("/en/usage/download/").content.decode()
    point = rosa.agreements.get().service_point
    Channel.objects.create(service_point=point, meter_number="M-0001", flow=Channel.Flow.RECEIVED)
    assert "Which way?" in client.get("/en/usage/download/").content.decode()
    back = body(post(client, rosa, directions=["received"]))
    assert back.count(b"\n") == 1
    assert Download.objects.get().flows == ["received"]
    assert body(post(client, rosa, directions=["delivered"])).count(b"\n") == 1 + 96 + 92
    assert post(client, rosa).status_code == 422


def test_days_out_of_reach_are_brought_into_it(client, rosa, her) -> None:
    body(post(client, rosa, first_day="0001-01-01", last_day="9999-12-31"))
    row = Download.objects.get()
    assert (row.first_day, row.last_day) == (date(2000, 1, 1), timezone.localdate())
    refused = post(client, rosa, first_day="9999-12-30", last_day="9999-12-31")
    assert "That day is yet to come." in refused.content.decode()


def test_all_she_has_is_offered_and_days_without_readings_are_said(client, rosa, her) -> None:
    page = client.get("/en/usage/download/").content.decode()
    assert 'name="first_day" value="2026-03-01"' in page
    assert 'name="last_day" value="2026-03-31"' in page
    none = {"first_day": "2026-04-01", "last_day": "2026-04-30"}
    refused = post(client, rosa, **none)
    assert refused.status_code == 422
    assert "We hold no readings of these days." in refused.content.decode()
    assert not Download.objects.exists()
    assert body(post(client, rosa, kind="green_button_account", **none))


# -- Large ones wait for the worker ----------------------------------------------------


def asked(response: HttpResponse) -> str:
    """Follow to the page that says how far it is."""
    assert response.status_code == 302
    assert "/usage/downloads/" in response["Location"]
    return response["Location"]


def test_a_pdf_is_prepared_and_she_looks_again_until_it_is_there(client, rosa, her) -> None:
    page = asked(post(client, rosa, kind="pdf"))
    waiting = client.get(page).content.decode()
    assert "It is being prepared." in waiting
    assert "Check again</button>" in waiting
    assert "<script" not in waiting.split("<main")[1]
    assert client.get(f"{page}file/")["Location"].endswith(page)
    assert prepare()
    ready = client.get(page).content.decode()
    assert "It is ready:" in ready
    assert f'href="{page}file/"' in ready
    response = client.get(f"{page}file/")
    assert response["Content-Type"] == "application/pdf"
    assert body(response).startswith(b"%PDF-1.7")
    assert Download.objects.get().finished_at


def test_very_many_readings_are_prepared_too(client, rosa, her, monkeypatch) -> None:
    monkeypatch.setattr(downloads, "MANY", 100)
    page = asked(post(client, rosa))
    assert prepare()
    assert body(client.get(f"{page}file/")).count(b"\n") == 1 + 96 + 92


def test_everything_is_one_button(client, rosa, her) -> None:
    form = client.get("/en/usage/download/").content.decode()
    assert 'action="/en/usage/download/everything/"' in form
    page = asked(client.post("/en/usage/download/everything/", {"customer": rosa.pk}))
    assert prepare()
    response = client.get(f"{page}file/")
    assert response["Content-Type"] == "application/zip"
    assert f'filename="prime-record-{timezone.localdate()}.zip"' in response["Content-Disposition"]
    assert "Content-Encoding" not in response
    assert body(response).startswith(b"PK")
    assert client.get("/en/usage/download/everything/").status_code == 405


def test_a_copy_is_fetched_by_whoever_asked_for_it_and_by_nobody_else(client, rosa, her) -> None:
    page = asked(post(client, rosa, kind="pdf"))
    prepare()
    household, stranger = Client(), Client()
    other = User.objects.create_user("other@example.org")
    Access.objects.create(
        user=other,
        customer=rosa,
        capacity=Access.Capacity.HOUSEHOLD,
        proof="test",
        starts_at=timezone.now() - timedelta(days=1),
    )
    household.force_login(other)
    luis = builders.customer(builders.LUIS)
    stranger.force_login(builders.holder(luis, "luis@example.org"))
    for somebody in (household, stranger):
        for address in (page, f"{page}file/"):
            assert somebody.get(address).status_code == 404
    assert "/account/login/" in Client().get(f"{page}file/")["Location"]
    listed = household.get("/en/usage/downloads/").content.decode()
    assert "To read and print (PDF)" in listed, "that it was taken is no secret"
    assert page not in listed


def test_after_seven_days_the_page_says_so_and_the_file_is_gone(client, rosa, her) -> None:
    page = asked(post(client, rosa, kind="pdf"))
    prepare()
    preparing.remove_expired(at=timezone.now() + timedelta(days=8))
    assert "is removed now" in client.get(page).content.decode()
    assert client.get(f"{page}file/").status_code == 302


def test_one_that_failed_says_so(client, rosa, her) -> None:
    page = asked(post(client, rosa, kind="pdf"))
    PreparedDownload.objects.update(failed_at=timezone.now())
    assert "It could not be prepared." in client.get(page).content.decode()


def test_nobody_heaps_up_copies(client, rosa, her) -> None:
    for _ in range(5):
        asked(post(client, rosa, kind="pdf"))
    refused = client.post(
        "/en/usage/download/everything/", {"customer": rosa.pk}, follow=True
    ).content.decode()
    assert "Please wait for them." in refused
    assert PreparedDownload.objects.count() == 5


def test_my_downloads_say_how_far_each_one_is(client, rosa, her) -> None:
    body(post(client, rosa))
    page = asked(post(client, rosa, kind="pdf"))
    listed = client.get("/en/usage/downloads/").content.decode()
    assert "188 readings" in listed
    assert f'<a href="{page}">being prepared</a>' in listed
    assert "broke off" not in listed
    broken = post(client, rosa)
    next(iter(broken.streaming_content))
    assert "It broke off before the end." in client.get("/en/usage/downloads/").content.decode()


# -- The day page ----------------------------------------------------------------------


def test_the_hour_that_comes_twice_is_told_apart_on_the_page(client, rosa, her) -> None:
    november = date(2025, 11, 2)
    builders.readings(rosa.agreements.get(), first=november, days=1, sec=3600)
    page = client.get("/en/usage/2025/11/2/").content.decode()
    for clock in ("midnight PDT", "1 a.m. PDT", "1 a.m. PST", "2 a.m. PST"):
        assert page.count(f">{clock}</th>") == 1


def test_my_downloads_say_when_there_are_more_and_show_them_all(client, rosa, her) -> None:
    facts = {"via": Via.PORTAL, "format": "csv", "agreements": [], "first_day": TODAY}
    for n in range(101):
        Download.objects.create(
            customer=rosa, by=her, last_day=TODAY, at=NOW - timedelta(days=n), **facts
        )
    page = client.get("/en/usage/downloads/").text
    assert "These are the newest of 101." in page
    assert page.count("<h2>") == 100
    everything = client.get("/en/usage/downloads/?all=yes").text
    assert "These are the newest of" not in everything
    assert everything.count("<h2>") == 101
