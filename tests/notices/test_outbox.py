"""What is owed is sent once; whatever goes wrong half-way, nothing is lost."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections, transaction

from notices import carriers, deliveries, edelivery, mail, messages, outbox
from notices.models import Delivery, DeliveryAttempt, DeliveryLease
from tests import builders
from tests.builders import NOW
from tests.notices.cast import (
    LETTER,
    by_email,
    drain,
    leases_run_out,
    ledger_of,
    neighbor,
    owed,
)
from usage.models import Customer

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=6)
Outcome = DeliveryAttempt.Outcome


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, nothing catches it."""


def killed(monkeypatch: Any, where: object, name: str) -> None:
    """Let a worker drain, and kill it when it comes to this function."""

    def kill(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, name, kill)
        with pytest.raises(Killed):
            drain()


def test_an_email_goes_out_once_and_is_stamped(rosa: Customer, mailbox) -> None:
    deliveries.plan(at=NOW)
    assert drain() == 1
    assert drain() == 0
    (row,) = owed(rosa)
    (got,) = mailbox.wait_for(1)
    assert got["To"] == "rosa@example.com"
    assert got["Message-ID"] == f"<{row.pk}@testserver>"
    assert got["Subject"] == "Su cuenta de PRIME y su privacidad"
    assert (row.sent_at, row.failed_at, row.state) == (NOW, None, "sent")
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.outcome, attempt.closed_at, attempt.holder) == ("accepted", NOW, "one")
    assert attempt.sha256 == hashlib.sha256(messages.stored(messages.of(row))).digest()
    assert attempt.answer is None
    assert not DeliveryLease.objects.exists()
    assert ledger_of(attempt.pk) == [
        "notices_deliveryattempt:written",
        "notices_deliveryattempt:stamped",
    ]


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
    assert drain() == 12
    mailbox.wait_for(12)
    assert opened.count(True) == 1


def test_between_two_emails_there_is_one_statement(notice, mailbox, monkeypatch) -> None:
    """So one commit too; what grows with the chunk is nothing else."""
    asked: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(arguments)
        return execute(cursor, *arguments, **named)

    def statements(many: int, first: int) -> int:
        for number in range(first, first + many):
            by_email(neighbor(number))
        deliveries.plan(at=NOW)
        asked.clear()
        assert drain() == many
        return len(asked)

    drain()
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    assert statements(9, first=10) - statements(2, first=20) == 7


def test_an_attempt_is_open_while_its_email_is_on_its_way_and_no_other(
    notice, mailbox, monkeypatch
) -> None:
    for number in range(3):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    seen: list[list[Any]] = []
    carry = carriers.Relay.carry

    def looked(relay: Any, delivery: Delivery, **named: Any) -> carriers.Result:
        seen.append(list(DeliveryAttempt.objects.filter(closed_at=None).values_list("delivery")))
        assert seen[-1] == [(delivery.pk,)]
        return carry(relay, delivery, **named)

    monkeypatch.setattr(carriers.Relay, "carry", looked)
    assert drain() == 3
    assert len(seen) == 3
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()
    assert not DeliveryLease.objects.exists()


def test_who_goes_back_to_paper_while_a_chunk_is_sent_gets_no_email(
    notice, mailbox, monkeypatch
) -> None:
    for number in range(2):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    first, second = (row.customer for row in Delivery.objects.order_by("id"))
    carry = carriers.Relay.carry

    def meanwhile(relay: Any, delivery: Delivery, **named: Any) -> carriers.Result:
        if delivery.customer_id == first.pk:
            edelivery.withdraw(second, by=builders.alma(), at=NOW)
        return carry(relay, delivery, **named)

    monkeypatch.setattr(carriers.Relay, "carry", meanwhile)
    assert drain() == 2
    refused, letter = owed(second)
    assert (refused.failure, refused.sent_at, letter.medium) == ("validation", None, LETTER)
    assert owed(first)[0].sent_at == NOW


def test_what_the_relay_took_is_stamped_also_where_the_next_cannot_be_opened(
    notice, mailbox, monkeypatch
) -> None:
    for number in range(2):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    open_attempt = outbox.open_attempt

    def fails(*arguments: Any, **named: Any) -> Any:
        if named.get("went"):
            raise OperationalError
        return open_attempt(*arguments, **named)

    monkeypatch.setattr(outbox, "open_attempt", fails)
    with pytest.raises(OperationalError):
        drain()
    assert Delivery.objects.sent().count() == 1
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()


def test_nobody_sends_inside_a_transaction_that_may_be_undone(committed_db: None, mailbox) -> None:
    builders.notice(at=NOW - timedelta(days=30))
    by_email(neighbor(1))
    deliveries.plan(at=NOW)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        drain()
    assert mailbox.messages() == []


def test_two_workers_never_hold_the_same_delivery(notice) -> None:
    for number in range(10):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    first = outbox.lease(limit=6, holder="one", at=NOW)
    second = outbox.lease(limit=6, holder="two", at=NOW)
    assert (len(first), len(second)) == (6, 4)
    assert not set(first) & set(second)
    assert outbox.lease(limit=6, holder="three", at=NOW) == []
    assert outbox.lease(limit=20, holder="three", at=LATER) == sorted(first + second)


def test_workers_in_parallel_lease_each_delivery_once(committed_db: None) -> None:
    builders.notice(at=NOW - timedelta(days=30))
    for number in range(60):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    barrier = threading.Barrier(6)
    taken: list[list[Any]] = []

    def worker(name: str) -> None:
        barrier.wait()
        try:
            while got := outbox.lease(limit=7, holder=name, at=NOW):
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
    outbox.lease(limit=5, holder="killed", at=NOW)
    assert drain() == 0
    assert drain(LATER) == 1
    assert len(mailbox.wait_for(1)) == 1


def test_a_kill_between_opening_and_sending_loses_nothing(rosa, mailbox, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, carriers.Relay, "carry")
    assert mailbox.messages() == []
    _settles_and_is_sent(rosa, mailbox, copies=1)


def test_a_kill_between_sending_and_stamping_sends_one_more_copy_and_no_more(
    rosa, mailbox, monkeypatch
) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, outbox, "settle")
    mailbox.wait_for(1)
    _settles_and_is_sent(rosa, mailbox, copies=2)
    ids = {got["Message-ID"] for got in mailbox.messages()}
    assert ids == {f"<{owed(rosa)[0].pk}@testserver>"}


def _settles_and_is_sent(rosa: Customer, mailbox: Any, *, copies: int) -> None:
    (row,) = owed(rosa)
    assert row.sent_at is None
    assert drain(LATER) == 0, "an open attempt is not sent again blindly"
    assert outbox.reconcile(at=NOW) == 0, "nor settled while its worker may live"
    assert outbox.reconcile(at=LATER) == 1
    assert outbox.reconcile(at=LATER) == 0
    leases_run_out()
    assert drain(LATER) == 1
    assert len(mailbox.wait_for(copies)) == copies
    (row,) = owed(rosa)
    assert row.sent_at == LATER
    outcomes = DeliveryAttempt.objects.order_by("opened_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["unknown", "accepted"]


def test_a_kill_in_the_middle_of_a_chunk_leaves_one_email_in_doubt_and_no_more(
    notice, mailbox, monkeypatch
) -> None:
    for number in range(5):
        by_email(neighbor(number))
    deliveries.plan(at=NOW)
    carry, carried = carriers.Relay.carry, []

    def kills_at_the_third(relay: Any, delivery: Delivery, **named: Any) -> carriers.Result:
        carried.append(carry(relay, delivery, **named))
        if len(carried) == 3:
            raise Killed
        return carried[-1]

    with monkeypatch.context() as patch:
        patch.setattr(carriers.Relay, "carry", kills_at_the_third)
        with pytest.raises(Killed):
            drain()
    assert Delivery.objects.sent().count() == 2
    assert DeliveryAttempt.objects.filter(closed_at=None).count() == 1
    outbox.reconcile(at=LATER)
    leases_run_out()
    assert drain(LATER) == 3
    assert len(mailbox.wait_for(6)) == 6
    assert not Delivery.objects.owed().exists()


def test_a_relay_that_can_be_asked_spares_the_second_copy(rosa, mailbox, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    killed(monkeypatch, outbox, "settle")
    mailbox.wait_for(1)

    def ask(message_id: str) -> bool:
        return message_id in {got["Message-ID"] for got in mailbox.messages()}

    assert outbox.reconcile(at=LATER, ask=ask) == 1
    assert owed(rosa)[0].sent_at == LATER
    assert drain(LATER) == 0
    assert len(mailbox.messages()) == 1


def test_a_worker_that_slept_past_its_lease_opens_nothing(rosa: Customer) -> None:
    deliveries.plan(at=NOW)
    outbox.lease(limit=1, holder="sleeper", at=NOW)
    (row,) = owed(rosa)
    assert outbox.open_attempt(row, holder="sleeper", at=LATER) is None
    outbox.lease(limit=1, holder="other", at=LATER)
    assert outbox.open_attempt(row, holder="sleeper", at=LATER) is None
    opened = outbox.open_attempt(row, holder="other", at=LATER)
    assert opened is not None
    assert opened.agreed == "rosa@example.com"
    assert outbox.open_attempt(row, holder="other", at=LATER) is None


def test_a_sleeper_who_did_send_stamps_it_and_breaks_nothing(rosa, mailbox) -> None:
    deliveries.plan(at=NOW)
    outbox.lease(limit=1, holder="sleeper", at=NOW)
    (row,) = owed(rosa)
    slept = outbox.open_attempt(row, holder="sleeper", at=NOW)
    assert slept is not None
    outbox.reconcile(at=LATER)
    leases_run_out()
    outbox.lease(limit=1, holder="other", at=LATER)
    outbox.settle(slept.attempt, carriers.Result(Outcome.ACCEPTED), at=LATER)
    assert owed(rosa)[0].sent_at == LATER
    assert DeliveryLease.objects.get().holder == "other"
    assert outbox.open_attempt(row, holder="other", at=LATER) is None
