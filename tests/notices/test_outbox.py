"""What is owed is sent once; whatever goes wrong half-way, nothing is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from notices import carriers, deliveries, mail, outbox
from notices.models import DeliveryAttempt, DeliveryLease
from tests import builders
from tests.builders import NOW
from tests.notices.cast import (
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
    assert attempt.sha256 is not None
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
    assert outbox.open_attempt(row, holder="other", at=LATER) is not None
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
    outbox.settle(slept, carriers.Result(Outcome.ACCEPTED), at=LATER)
    assert owed(rosa)[0].sent_at == LATER
    assert DeliveryLease.objects.get().holder == "other"
    assert outbox.open_attempt(row, holder="other", at=LATER) is None
