"""Whoever asked for a copy is told, once and by e-mail, that it is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notices import edelivery, failures, messages, ready, tasks
from notices.models import Delivery
from notices.writing.publishing import LABEL
from prime_portal.models import User
from tests import builders
from tests.builders import NOW
from usage import preparing
from usage.models import Customer, PreparedDownload, Via

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def herself(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


def copy_of(rosa: Customer, by: User, via: Via = Via.PORTAL, language="en") -> PreparedDownload:
    return preparing.ask(
        rosa,
        kind="csv",
        agreements=[held.pk for held in rosa.agreements.all()],
        first_day=NOW.date() - timedelta(days=9),
        last_day=NOW.date(),
        by=by,
        via=via,
        at=NOW,
        language=language,
        reason="" if via == Via.PORTAL else "asked at the counter",
    )


def prepare() -> None:
    assert preparing.prepare_next(clock=lambda: NOW, makers={})


def told(rosa: Customer) -> list[Delivery]:
    return list(Delivery.objects.of(rosa).filter(kind=Delivery.Kind.READY))


def test_nobody_is_told_before_it_is_ready_and_then_once(rosa, herself) -> None:
    copy = copy_of(rosa, herself)
    assert ready.plan(at=NOW) == 0
    prepare()
    assert ready.plan(at=NOW) == 1
    assert ready.plan(at=NOW) == 0
    (delivery,) = told(rosa)
    assert (delivery.medium, delivery.recipient) == ("email", "rosa@example.org")
    assert delivery.key == str(copy.pk)


def test_it_goes_to_the_person_who_may_fetch_it_in_the_language_of_the_page(rosa, herself) -> None:
    edelivery.agree(
        rosa, email="elsewhere@example.org", language="es", by=herself, via=Via.PORTAL, at=NOW
    )
    copy = copy_of(rosa, herself, language="en")
    prepare()
    ready.plan(at=NOW)
    (delivery,) = told(rosa)
    assert (delivery.recipient, delivery.language) == ("rosa@example.org", "en")
    said = messages.of(delivery)
    assert said.subject == "Your copy is ready"
    assert f"/en/usage/downloads/{copy.pk}/" in said.text
    assert "until July 8, 2026" in said.text
    assert LABEL in said.text


def test_it_says_nothing_of_what_is_in_it(rosa, herself) -> None:
    copy_of(rosa, herself)
    prepare()
    ready.plan(at=NOW)
    said = messages.of(told(rosa)[0])
    for personal in (rosa.name, rosa.account_number, "Calle", "kWh"):
        assert personal not in said.text + said.html


def test_in_spanish(rosa, herself) -> None:
    copy = copy_of(rosa, herself, language="es")
    prepare()
    ready.plan(at=NOW)
    said = messages.of(told(rosa)[0])
    assert said.subject == "Su copia está lista"
    assert f"/es/usage/downloads/{copy.pk}/" in said.text


def test_staff_who_take_it_for_her_are_not_mailed(rosa) -> None:
    copy_of(rosa, builders.alma(), via=Via.COUNTER)
    prepare()
    assert ready.plan(at=NOW) == 0


def test_a_copy_that_is_gone_is_not_told_of(rosa, herself) -> None:
    copy_of(rosa, herself)
    prepare()
    preparing.remove_expired(at=NOW + timedelta(days=7))
    assert ready.plan(at=NOW + timedelta(days=7)) == 0


def test_an_e_mail_that_fails_becomes_no_letter(rosa, herself) -> None:
    copy_of(rosa, herself)
    prepare()
    ready.plan(at=NOW)
    (delivery,) = told(rosa)
    failure = Delivery.Failure.PERMANENT
    assert failures.fail(delivery, failure=failure, detail="550", at=NOW) is None
    assert len(told(rosa)) == 1
    assert not Delivery.objects.failed_for_good().exists()


def test_it_really_arrives(committed_db, rosa, herself, mailbox) -> None:
    copy_of(rosa, herself)
    prepare()
    tasks.tell_ready()
    tasks.drain()
    (mail,) = mailbox.wait_for(1)
    assert (mail["To"], mail["Subject"]) == ("rosa@example.org", "Your copy is ready")
