"""A frozen portal: everybody looks and ends what they want to end, and nothing leaves (5.1, 6.10)."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from consent import authorizations, disclosures, packages, proposals
from consent.models import Authorization, Disclosure, Receipt
from notices import deliveries, mail, outbox, staff_mail
from notices.models import Delivery
from notices.paper import batches
from prime_portal import frozen as standstill
from prime_portal.celery import app
from prime_portal.ledger import publishing
from prime_portal.models import User
from tests import builders
from tests.builders import NOW
from tests.conftest import hang_up
from tests.ledger.cast import a_row, seal
from tests.notices.cast import by_email, neighbor
from tests.restoring import forgotten
from tests.test_whole_portal import NAMES, address_of
from usage.frozen import freeze, frozen
from usage.models import Customer, Via

pytestmark = pytest.mark.django_db
PASSWORD = "a long and honest pass phrase"
WINDOW = {"first_day": date(2026, 6, 28), "last_day": date(2026, 6, 30)}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer) -> User:
    her = builders.holder(rosa, "rosa@example.org")
    her.set_password(PASSWORD)
    her.save()
    return her


@pytest.fixture
def held(rosa: Customer, her: User) -> Authorization:
    builders.readings(rosa.agreements.get())
    return builders.authorization(rosa, her)


# -- Where the database is not where it was, nothing may leave ----------------------------------


def test_a_copy_of_the_database_is_frozen_by_itself(committed_db: None) -> None:
    """As a dump restored elsewhere is, or a backup recovered to a point in time."""
    assert not frozen()
    name = "prime_test_copy"
    own, name = os.environ["DATABASE_OWNER_URL"], "prime_test_copy"
    base, ours = own.rsplit("/", 1)
    hang_up()
    with psycopg.connect(f"{base}/postgres", autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name} TEMPLATE {ours}")
        try:
            with psycopg.connect(f"{base}/{name}") as copy:
                assert copy.execute("SELECT ledger.frozen()").fetchone() == (True,)
        finally:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert not frozen()


def test_web_and_worker_can_freeze_and_cannot_thaw() -> None:
    freeze()
    freeze()
    assert frozen()
    with psycopg.connect(os.environ["DATABASE_URL"]) as app:
        for statement in (
            "INSERT INTO ledger.home (identity) VALUES (ledger.identity())",
            "UPDATE ledger.home SET frozen_at = NULL",
            "DELETE FROM ledger.home",
            "SELECT ledger.settle()",
        ):
            with pytest.raises(psycopg.Error), app.transaction():
                app.execute(statement)


# -- The doors out ----------------------------------------------------------------------------


def test_no_data_leaves_and_the_refusal_says_why(committed_db: None, held: Authorization) -> None:
    asked = proposals.gather(held, **WINDOW)
    package = packages.prepare(asked, at=NOW)
    freeze()
    with pytest.raises(disclosures.Refused, match="restored from a backup"):
        disclosures.release(asked, package, by=builders.alma(), at=lambda: NOW)
    with pytest.raises(disclosures.Refused):
        disclosures.disclose(asked, by=builders.alma(), at=lambda: NOW)
    assert {(row.allowed, row.clause) for row in Disclosure.objects.all()} == {(False, "5.1")}


def test_no_mail_and_no_letter_leaves(rosa: Customer, mailbox: Any) -> None:
    by_email(neighbor(1))
    deliveries.plan(at=NOW)
    staff_mail.owe(builders.alma(), key="x", name="glass_broken", context={"address": "/"}, at=NOW)
    freeze()
    assert outbox.drain(holder="test", clock=lambda: NOW) == 0
    assert batches.work(clock=lambda: NOW) == 0
    assert staff_mail.drain(clock=lambda: NOW) == 0
    with pytest.raises(mail.MailRefused, match="restored"):
        mail.Door().open()
    assert not mailbox.messages()
    assert Delivery.objects.owed().count() == Delivery.objects.count() > 1


def test_nothing_is_granted(rosa: Customer, her: User) -> None:
    builders.use()
    freeze()
    with pytest.raises(authorizations.NotGranted, match="setting its records right"):
        builders.authorization(rosa, her)


def test_no_seal_is_signed_or_published(settings: Any) -> None:
    """Another tree of the same size may be out there already."""
    a_row()
    seal()
    a_row()
    freeze()
    assert seal() == 0
    assert publishing.publish(at=NOW) is None
    assert publishing.mail_to_auditor(at=NOW) == 0


# -- What goes on ---------------------------------------------------------------------------------


def test_she_signs_in_looks_and_cancels(held: Authorization, client: Client) -> None:
    freeze()
    client.post("/en/account/login/", {"login": "rosa@example.org", "password": PASSWORD})
    page = client.get("/en/sharing/")
    assert page.status_code == 200
    assert "PRIME is setting its records right" in page.content.decode()
    own = {"customer": held.customer_id}
    assert client.post(f"/en/sharing/{held.pk}/cancel/", own).status_code == 302
    assert Authorization.objects.get().canceled_at


def test_staff_cancel_for_her_at_the_counter(held: Authorization) -> None:
    freeze()
    canceled = authorizations.cancel(held, by=builders.alma(), via=Via.COUNTER, at=NOW)
    assert canceled.canceled_at


def checked(receipt: Receipt, language: str) -> str:
    """Ask whether it is genuine, as a stranger who was shown it."""
    file = SimpleUploadedFile("receipt.json", bytes(receipt.content))
    answer = Client().post(f"/{language}/receipts/", {"file": file})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("language", "genuine", "sealed", "not_yet"),
    [
        ("en", "Genuine", "It is in our sealed record", "We cannot say yet"),
        ("es", "Auténtico", "Está en nuestro registro sellado", "Todavía no podemos decir"),
    ],
)
def test_a_stranger_checks_a_receipt_and_takes_its_proof(
    held: Authorization, language: str, genuine: str, sealed: str, not_yet: str
) -> None:
    receipt = held.receipts.get()
    seal()
    authorizations.cancel(held, by=builders.alma(), via=Via.COUNTER, at=NOW)
    freeze()
    page = checked(receipt, language)
    assert genuine in page
    assert sealed in page
    page = checked(held.receipts.exclude(pk=receipt.pk).get(), language)
    assert genuine in page
    assert not_yet in page, "nothing is sealed within five minutes now"
    asking = {"entry_id": receipt.entry_id, "leaf": bytes(receipt.leaf).hex()}
    taken = Client().post(f"/{language}/receipts/proof/", asking)
    assert "attachment" in taken["Content-Disposition"]


def test_what_the_record_lost_is_not_held_against_her_receipt(rosa: Customer, her: User) -> None:
    with forgotten():
        receipt = builders.authorization(rosa, her).receipts.get()
    assert "Our record does not show it" in checked(receipt, "en"), "while the portal works"
    freeze()
    page = checked(receipt, "en")
    assert "Genuine" in page
    assert "We cannot say yet" in page
    assert "That must not be" not in page
    asking = {"entry_id": receipt.entry_id, "leaf": bytes(receipt.leaf).hex()}
    answer = Client().post("/en/receipts/proof/", asking)
    assert answer.status_code == 409
    assert "We cannot say yet" in answer.content.decode()


def test_everything_else_she_would_change_has_to_wait(held: Authorization, client: Client) -> None:
    client.force_login(held.granted_by)
    freeze()
    for path in ("account/email/", "account/password/change/", "sharing/people/invite/", "claim/"):
        answer = client.post(f"/en/{path}", {"customer": held.customer_id})
        assert (answer.status_code, answer["Retry-After"]) == (503, "3600"), path
    assert "nothing was done" in answer.content.decode()


def test_a_third_partys_machine_is_told_to_come_later(held: Authorization) -> None:
    freeze()
    answer = Client().post(f"/recipient/packages/{held.pk}/key/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "3600")
    assert answer.json()["error"]


def test_only_the_listed_pages_take_a_form(rf: RequestFactory) -> None:
    listed = standstill.PAGES - {"openid_connect_login"}  # only where the city's sign-in is on
    assert set(NAMES) >= listed, "a page in the list is none"
    freeze()
    door = standstill.holds_still(lambda _request: HttpResponse())
    took = {name for name in NAMES if (address := address_of(name)) and _takes(door, rf, address)}
    assert took == listed


def _takes(door: standstill.holds_still, rf: RequestFactory, address: str) -> bool:
    request = rf.post(address)
    request.resolver_match = resolve(address)
    request.user = AnonymousUser()
    return door.process_view(request, None, (), {}) is None


def test_only_the_listed_tasks_do_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("prime_portal.", "usage.", "notices.", "consent.")
    app.loader.import_default_modules()
    tasks = {name: task for name, task in app.tasks.items() if name.startswith(ours)}
    assert set(tasks) > standstill.TASKS
    freeze()
    done = set()
    for name, task in tasks.items():
        monkeypatch.setattr(task, "run", lambda name=name: done.add(name))
        task()
    assert done == standstill.TASKS


def test_healthz_is_red(client: Client) -> None:
    freeze()
    assert client.get("/healthz").json()["restored"] == "red"
