"""What is owed is sent once; whatever goes wrong half-way, nothing is lost."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from notices import carriers, deliveries, edelivery, letters, mail, messages, outbox, tasks
from notices.models import Delivery, DeliveryAttempt, DeliveryLease
from tests import builders
from tests.builders import NOW
from tests.notices.cast import (
    EMAIL,
    LETTER,
    by_email,
    leases_run_out,
    ledger_of,
    neighbor,
    owed,
    send_all,
)
from usage import claims
from usage.models import Customer

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=6)
Outcome, Failure = DeliveryAttempt.Outcome, Delivery.Failure


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, nothing catches it."""


def killed(monkeypatch: Any, where: object, name: str, medium: Delivery.Medium) -> None:
    """Let a worker drain, and kill it when it comes to this function."""

    def kill(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, name, kill)
        with pytest.raises(Killed):
            drain(medium)


@pytest.fixture
def notice(db: None):
    return builders.notice(at=NOW - timedelta(days=30))


@pytest.fixture
def rosa(notice) -> Customer:
    """Rosa reads Spanish and gets e-mail."""
    made = neighbor(1, name="Rosa Ejemplo", language="es")
    by_email(made, "rosa@example.com")
    return made


@pytest.fixture
def luis(notice) -> Customer:
    """Luis gets letters."""
    return neighbor(2, name="Luis Muestra")


def letter_of(delivery: Delivery) -> Path:
    return Path(settings.LETTERS_DIR) / f"{delivery.pk}.pdf"


def drain(medium: Delivery.Medium, at: datetime = NOW, holder: str = "one", **more: Any) -> int:
    return outbox.drain(medium, holder=holder, clock=lambda: at, **more)


def test_an_email_goes_out_once_and_is_stamped(rosa: Customer, mailbox) -> None:
    deliveries.plan(at=NOW)
    assert drain(EMAIL) == 1
    assert drain(EMAIL) == 0
    (row,) = owed(rosa)
    (got,) = mailbox.wait_for(1)
    assert got["To"] == "rosa@example.com"
    assert got["Message-ID"] == f"<{row.pk}@testserver>"
    assert got["Subject"] == "Su cuenta de PRIME y su privacidad"
    assert (row.sent_at, row.failed_at, row.state) == (NOW, None, "sent")
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.outcome, attempt.closed_at, attempt.holder) == ("accepted", NOW, "one")
    assert attempt.sha256 is not None
    assert not DeliveryLease.objects.exists()
    assert ledger_of(attempt.pk) == [
        "notices_deliveryattempt:written",
        "notices_deliveryattempt:stamped",
    ]


def test_a_letter_is_printed_whole_and_is_stamped(luis: Customer) -> None:
    deliveries.plan(at=NOW)
    assert drain(EMAIL) == 0
    assert drain(LETTER) == 1
    (row,) = owed(luis)
    assert row.sent_at == NOW
    assert letter_of(row).read_bytes().startswith(b"%PDF-")
    assert [path.suffix for path in letter_of(row).parent.iterdir()] == [".pdf"]
    letter_of(row).unlink()


def test_many_emails_share_one_connection(notice, mailbox, monkeypatch) -> None:
    opened = []
    connect = mail.Door.open

    def counted(door: mail.Door) -> bool | None:
        opened.append(connect(door))
        return opened[-1]

    monkeypatch.setattr(mail.Door, "open", counted)
    for number in range(12):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    assert drain(EMAIL) == 12
    mailbox.wait_for(12)
    assert opened.count(True) == 1


def test_two_workers_never_hold_the_same_delivery(notice) -> None:
    for number in range(10):
        neighbor(number)
    deliveries.plan(at=NOW)
    first = outbox.lease(LETTER, limit=6, holder="one", at=NOW)
    second = outbox.lease(LETTER, limit=6, holder="two", at=NOW)
    assert (len(first), len(second)) == (6, 4)
    assert not set(first) & set(second)
    assert outbox.lease(LETTER, limit=6, holder="three", at=NOW) == []
    assert outbox.lease(LETTER, limit=20, holder="three", at=LATER) == sorted(first + second)


def test_workers_in_parallel_lease_each_delivery_once(committed_db: None) -> None:
    builders.notice(at=NOW - timedelta(days=30))
    for number in range(60):
        neighbor(number)
    deliveries.plan(at=NOW)
    barrier = threading.Barrier(6)
    taken: list[list[Any]] = []

    def worker(name: str) -> None:
        barrier.wait()
        try:
            while got := outbox.lease(LETTER, limit=7, holder=name, at=NOW):
                taken.append(got)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = [pk for got in taken for pk in got]
    assert len(together) == len(set(together)) == 60


# -- Going wrong half-way -----------------------------------------------------------------


def test_a_kill_after_the_lease_and_before_the_attempt_loses_nothing(rosa, mailbox) -> None:
    deliveries.plan(at=NOW)
    outbox.lease(EMAIL, limit=5, holder="killed", at=NOW)
    assert drain(EMAIL) == 0
    assert drain(EMAIL, LATER) == 1
    assert len(mailbox.wait_for(1)) == 1


def test_a_kill_between_opening_and_sending_loses_nothing(rosa, mailbox, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, carriers.Relay, "carry", EMAIL)
    assert mailbox.messages() == []
    _settles_and_is_sent(rosa, mailbox, copies=1)


def test_a_kill_between_sending_and_stamping_sends_one_more_copy_and_no_more(
    rosa, mailbox, monkeypatch
) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, outbox, "settle", EMAIL)
    mailbox.wait_for(1)
    _settles_and_is_sent(rosa, mailbox, copies=2)
    ids = {got["Message-ID"] for got in mailbox.messages()}
    assert ids == {f"<{owed(rosa)[0].pk}@testserver>"}


def _settles_and_is_sent(rosa: Customer, mailbox: Any, *, copies: int) -> None:
    (row,) = owed(rosa)
    assert row.sent_at is None
    assert drain(EMAIL, LATER) == 0, "an open attempt is not sent again blindly"
    assert outbox.reconcile(at=NOW) == 0, "nor settled while its worker may live"
    assert outbox.reconcile(at=LATER) == 1
    assert outbox.reconcile(at=LATER) == 0
    leases_run_out()
    assert drain(EMAIL, LATER) == 1
    assert len(mailbox.wait_for(copies)) == copies
    (row,) = owed(rosa)
    assert row.sent_at == LATER
    outcomes = DeliveryAttempt.objects.order_by("opened_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["unknown", "accepted"]


def test_a_relay_that_can_be_asked_spares_the_second_copy(rosa, mailbox, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, outbox, "settle", EMAIL)
    mailbox.wait_for(1)

    def ask(message_id: str) -> bool:
        return message_id in {got["Message-ID"] for got in mailbox.messages()}

    assert outbox.reconcile(at=LATER, ask=ask) == 1
    assert owed(rosa)[0].sent_at == LATER
    assert drain(EMAIL, LATER) == 0
    assert len(mailbox.messages()) == 1


def test_a_letter_printed_twice_is_the_same_letter_byte_for_byte(luis, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, outbox, "settle", LETTER)
    (row,) = owed(luis)
    once = letter_of(row).read_bytes()
    outbox.reconcile(at=LATER)
    leases_run_out()
    assert drain(LETTER, LATER) == 1
    assert letter_of(row).read_bytes() == once
    letter_of(row).unlink()


def test_a_worker_that_slept_past_its_lease_opens_nothing(rosa: Customer) -> None:
    deliveries.plan(at=NOW)
    outbox.lease(EMAIL, limit=1, holder="sleeper", at=NOW)
    (row,) = owed(rosa)
    assert outbox.open_attempt(row, holder="sleeper", at=LATER) is None
    outbox.lease(EMAIL, limit=1, holder="other", at=LATER)
    assert outbox.open_attempt(row, holder="sleeper", at=LATER) is None
    assert outbox.open_attempt(row, holder="other", at=LATER) is not None
    assert outbox.open_attempt(row, holder="other", at=LATER) is None


def test_a_sleeper_who_did_send_stamps_it_and_breaks_nothing(rosa, mailbox) -> None:
    deliveries.plan(at=NOW)
    outbox.lease(EMAIL, limit=1, holder="sleeper", at=NOW)
    (row,) = owed(rosa)
    slept = outbox.open_attempt(row, holder="sleeper", at=NOW)
    assert slept is not None
    outbox.reconcile(at=LATER)
    leases_run_out()
    outbox.lease(EMAIL, limit=1, holder="other", at=LATER)
    outbox.settle(slept, carriers.Result(Outcome.ACCEPTED), at=LATER)
    assert owed(rosa)[0].sent_at == LATER
    assert DeliveryLease.objects.get().holder == "other"
    assert outbox.open_attempt(row, holder="other", at=LATER) is None


# -- What the relay says ------------------------------------------------------------------


def test_a_mailbox_that_does_not_exist_falls_to_paper(rosa: Customer, mailbox) -> None:
    by_email(rosa, "bounce-rosa@example.com")
    deliveries.plan(at=NOW)
    assert send_all() == 2
    refused, letter = owed(rosa)
    assert (refused.failure, refused.failed_at, refused.sent_at) == ("permanent", NOW, None)
    assert "550" in (refused.failure_detail or "")
    assert DeliveryAttempt.objects.get(delivery=refused).outcome == "refused"
    assert (letter.medium, letter.replaces, letter.sent_at) == (LETTER, refused, NOW)
    assert not Delivery.objects.failed_for_good().exists()
    letter_of(letter).unlink()


def test_a_relay_that_is_away_is_tried_again_and_nobody_is_failed(rosa, settings) -> None:
    settings.EMAIL_BACKEND = "notices.mail.Door"  # nobody listens: no mailbox was asked for
    settings.EMAIL_PORT = 1
    deliveries.plan(at=NOW)
    at = NOW
    for _ in range(40):
        assert drain(EMAIL, at) == 0
        at += timedelta(hours=1)
    assert not DeliveryAttempt.objects.exists()
    assert DeliveryLease.objects.get().tries == 0
    assert owed(rosa)[0].failed_at is None


def test_letters_go_on_while_the_relay_is_away(rosa, luis, settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "notices.mail.Door", 1
    deliveries.plan(at=NOW)
    tasks.drain()
    assert owed(rosa)[0].sent_at is None
    assert owed(luis)[0].sent_at is not None
    letter_of(owed(luis)[0]).unlink()


def test_temporary_failures_wait_longer_each_time_and_end_on_paper(rosa, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    answer = carriers.Result(Outcome.UNREACHABLE, "451 try later")
    monkeypatch.setattr(carriers.Relay, "carry", lambda *_: answer)
    at, pauses = NOW, []
    while drain(EMAIL, at):
        held = DeliveryLease.objects.filter(delivery__customer=rosa).first()
        if held is None:
            break
        pauses.append(held.until - at)
        assert drain(EMAIL, held.until - timedelta(seconds=1)) == 0
        at = held.until
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert at - NOW > timedelta(days=3)
    failed, letter = owed(rosa)
    assert (failed.failure, letter.medium) == ("technical", LETTER)


def test_what_the_connection_did_not_send_does_not_count_as_sent(rosa, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda *_: 0)
    assert drain(EMAIL) == 1
    assert owed(rosa)[0].sent_at is None


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(550, "refused"), (554, "refused"), (421, "unreachable"), (450, "unreachable")],
)
def test_five_hundreds_are_for_good_and_four_hundreds_for_now(code: int, outcome: str) -> None:
    assert carriers._answered(code, b"words").outcome == outcome


def test_who_went_back_to_paper_after_planning_gets_a_letter(rosa, mailbox) -> None:
    deliveries.plan(at=NOW)
    edelivery.withdraw(rosa, by=builders.alma(), at=NOW)
    send_all()
    refused, letter = owed(rosa)
    assert (refused.failure, letter.medium) == ("validation", LETTER)
    assert mailbox.messages() == []
    letter_of(letter).unlink()


def test_without_any_address_it_stays_on_the_staffs_list(notice) -> None:
    nowhere = neighbor(9, mailing_address="")
    deliveries.plan(at=NOW)
    send_all()
    (row,) = owed(nowhere)
    assert row.failure == "validation"
    assert list(Delivery.objects.failed_for_good()) == [row]


def test_one_that_cannot_be_rendered_does_not_stop_the_others(
    luis: Customer, monkeypatch, caplog
) -> None:
    other = neighbor(3)
    deliveries.plan(at=NOW)
    printed = messages.of

    def of(delivery: Delivery) -> messages.Message:
        if delivery.customer_id == luis.pk:
            raise ValueError(f"something about {delivery.customer.name}")
        return printed(delivery)

    monkeypatch.setattr(messages, "of", of)
    assert drain(LETTER) == 2
    assert owed(luis)[0].sent_at is None
    assert owed(other)[0].sent_at == NOW
    assert "Luis" not in caplog.text
    assert DeliveryAttempt.objects.get(delivery__customer=luis).answer == "ValueError"
    letter_of(owed(other)[0]).unlink()


def test_no_letter_is_failed_because_this_machine_cannot_print(luis, monkeypatch, caplog) -> None:
    deliveries.plan(at=NOW)
    monkeypatch.setattr(letters, "HTML", None)
    assert drain(LETTER) == 0
    assert "libpango-1.0-0" in caplog.text
    assert not DeliveryAttempt.objects.exists()
    assert owed(luis)[0].failed_at is None
    with pytest.raises(letters.LettersCannotBePrinted, match="Pango"):
        letters.render(owed(luis)[0], messages.of(owed(luis)[0]))


def test_the_claim_code_is_put_in_only_when_the_letter_is_printed(luis, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    seen: list[str] = []
    render = letters.render

    def spy(delivery: Delivery, message: mail.Message) -> bytes:
        seen.append(message.html)
        return render(delivery, message)

    monkeypatch.setattr(letters, "render", spy)
    drain(LETTER)
    (row,) = owed(luis)
    assert row.claim_id
    code = claims.readable(claims.code_of(row.claim_id))
    assert code in seen[0]
    kept = json.dumps(list(Delivery.objects.values()), default=str)
    kept += json.dumps(list(DeliveryAttempt.objects.values()), default=str)
    assert code not in kept
    letter_of(row).unlink()


def test_the_tasks_plan_send_and_settle(rosa: Customer, mailbox) -> None:
    tasks.plan()
    tasks.drain()
    tasks.reconcile()
    mailbox.wait_for(1)
    assert owed(rosa)[0].sent_at is not None
