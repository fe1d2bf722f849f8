"""An import that is taken back: how far it had gone, what had not gone yet, and who reads of it."""

from __future__ import annotations

from datetime import timedelta
from getpass import getuser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from consent import disclosures, legal, schedules
from consent.models import Disclosure, Package, Schedule
from consent.proposals import gather
from tests import builders
from tests.builders import NOW, TODAY
from tests.consent.test_demands import demand
from tests.usage.rosters import take_readings
from usage import intake, preparing
from usage.feeds.billing import Line
from usage.intervals import pack
from usage.models import IntervalDay, PreparedDownload, Via

pytestmark = pytest.mark.usefixtures("committed_db")

DAY = TODAY - timedelta(days=2)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client = Client()
    client.force_login(builders.alma(), backend=BACKEND)
    return client


def test_it_says_how_far_it_went_and_stops_what_waits_and_she_reads_of_it(
    committed_db: None, staff: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.notice()
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    days = [pack(DAY + timedelta(days=n), sec=3600, wh=[100] * 24) for n in range(2)]
    wrong = take_readings((1, days), agreement=rosa.agreements.get(), at=NOW)
    granted = builders.authorization(rosa, her)
    week = {"first_day": DAY - timedelta(days=5), "last_day": TODAY - timedelta(days=1)}
    went = disclosures.disclose(gather(granted, **week), by=None, at=lambda: NOW)
    schedules.begin(granted, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    schedules.pack_due(clock=lambda: NOW)
    waits = Package.objects.get(released_at=None)
    file = Path(settings.MEDIA_ROOT) / waits.path
    copy = preparing.ask_for_everything(
        rosa, kind="csv", by=her, via=Via.PORTAL, at=NOW, language="en"
    )
    preparing.prepare_next(clock=lambda: NOW, makers={})

    address = reverse("admin:usage_import_take_back", args=[wrong.pk])
    assert address in staff.get(reverse("admin:usage_import_change", args=[wrong.pk])).text
    twin = take_readings((1, days), agreement=builders.customer(builders.LUIS).agreements.first())
    page = staff.get(address).text
    for words in (
        reverse("admin:usage_import_change", args=[twin.pk]),
        "Solar Sample (fictitious)",
        "1 disclosure, about 1 customer",
        "1 package with it waits",
        "1 copy of these days was taken",
        reverse("incidents:desk"),
        "<td>2</td>",
        "…0001",
    ):
        assert words in page, words
    assert rosa.name not in page
    assert staff.post(address, {"why": ""}).status_code == 200
    assert IntervalDay.objects.of(rosa).count() == 2

    asked = demand(rosa)
    page = staff.post(address, {"why": "It is Luis’s."}).text
    assert f"nothing of hers may go ({asked})" in page
    assert IntervalDay.objects.of(rosa).count() == 2
    legal.close(asked, outcome="withdrawn", by=builders.alma(), at=NOW)

    assert staff.post(address, {"why": "It is Luis’s."}).status_code == 302
    assert not IntervalDay.objects.of(rosa).exists()
    assert not Package.objects.filter(pk=waits.pk).exists()
    assert not file.exists()
    assert Schedule.objects.get().packed_through == waits.first_day - timedelta(days=1)
    assert PreparedDownload.objects.get(pk=copy.pk).state == "removed"
    assert Disclosure.objects.get(pk=went.pk).handed_over_at, "what went stays on record"
    page = staff.get(reverse("admin:usage_import_change", args=[wrong.pk])).text
    for words in ("Taken back", "It is Luis’s.", "alma@prime.example", "1 disclosure, about"):
        assert words in page, words
    assert address not in page
    with pytest.raises(CommandError, match="taken back already"):
        call_command("take_back", str(wrong.pk), "--dry-run")

    hers = Client()
    hers.force_login(her, backend=BACKEND)
    hers.cookies["django_language"] = "es"
    day = reverse("usage:day", args=[DAY.year, DAY.month, DAY.day]).replace("/en/", "/es/")
    month = reverse("usage:month", args=[DAY.year, DAY.month])
    assert "Se quitaron lecturas que no debían estar aquí." in hers.get(day).text
    assert (
        "on 2 days, readings that should not have been here were taken out" in hers.get(month).text
    )
    assert month in hers.get(reverse("usage:year")).text
    assert (
        "Taken out again: Electricity use through the day"
        in hers.get("/en/my/information/interval_usage/").text
    )

    facts = {"issued_on": TODAY, "wh": 1, "charges_cents": 1}
    line = Line(2, rosa.agreements.get().number, DAY - timedelta(days=30), DAY, (), facts)
    bills = intake.take_billing([line], "bills", name="b", source="test", by=None, at=NOW)
    call_command("take_back", str(bills.pk), "--why", "Another month's.")
    assert "rows that go: 1" in capsys.readouterr().out
    bills.refresh_from_db()
    assert bills.taken_back_by is None
    assert bills.taken_back_why == f"Another month's. (command line: {getuser()})"
    again = intake.take_billing([line], "bills", name="b", source="test", by=None, at=NOW)
    with pytest.raises(CommandError, match="somebody of the staff who may send files"):
        call_command("take_back", str(again.pk), "--why", "Wrong.", "--by", "rosa@example.org")
    call_command("take_back", str(again.pk), "--why", "Wrong.", "--by", "alma@prime.example")
    again.refresh_from_db()
    assert (again.taken_back_by, again.taken_back_why) == (builders.alma(), "Wrong.")
    page = hers.get(reverse("usage:bills")).text
    assert "was taken out. It should not have been here." in page
