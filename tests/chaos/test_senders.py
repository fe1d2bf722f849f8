"""Notices through kills, crashes and sleep: none lost, a further copy only of one in flight.

With servers of its own, as safe as in production, for they crash here too.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from notices.models import Delivery, DeliveryAttempt
from notices.paper import batches
from prime_portal.devstack.children import end_all
from tests.conftest import Mailbox
from tests.notices import killed
from tests.own_servers import own_servers


def settled(told: killed.Tally, *, copies: int) -> None:
    print(told)
    assert (told.lost, told.strangers, told.unprinted) == (0, 0, 0), told
    assert told.copies <= copies, told
    assert not Delivery.objects.exclude(sent_at__isnull=False).exists()
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()


def test_whatever_befalls_the_workers_nothing_is_lost(
    committed_db: None,
    mailbox: Mailbox,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    seed: int,
) -> None:
    chance = random.Random(seed)
    with own_servers(tmp_path) as servers:
        crash_postgres, crash_redis = killed.crashes(*servers)
        faults = [killed.kill] * rounds(20, 2)
        faults += [crash_postgres, killed.end_sessions, killed.stop] * rounds(3, 1)
        faults += [crash_redis, killed.empty_redis, killed.poke_twice] * rounds(3, 1)
        chance.shuffle(faults)
        faults.insert(len(faults) // 2, killed.publish_another)
        told = killed.send_through(
            faults, mailbox, tmp_path, emails=60 * len(faults), letters=20, chance=chance
        )
        assert told.caught, "no fault met a delivery half-way"
        settled(told, copies=killed.in_flight(faults))


def test_two_beats_at_once_send_nothing_twice(
    committed_db: None, mailbox: Mailbox, tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    """The real timetable, twice: both have the same notices planned, mailed and printed."""
    emails, letters = rounds(600, 100), 20
    killed.serve(emails, letters)
    worker = killed.start_worker(tmp_path / "worker.log")
    beats = [killed.start_beat(tmp_path / f"beat-{number}.log") for number in range(2)]
    try:
        killed.wait(lambda: planned() == emails + letters, worker, within=60)
        killed.wait(
            lambda: not killed.emails_owed() and not batches.waiting().exists(), worker, within=180
        )
        time.sleep(rounds(30, 6))  # … and are poked on and on when there is nothing to do
        assert all(beat.running for beat in beats)
    finally:
        end_all([*beats, worker], within=20)
    told = killed.tally(mailbox)
    assert planned() == emails + letters
    assert (told.lost, told.copies, told.unprinted) == (0, 0, 0), told


def planned() -> int:
    return Delivery.objects.filter(kind=Delivery.Kind.NEW_ACCOUNT).count()


def test_a_relay_that_can_be_asked_spares_every_further_copy(
    committed_db: None,
    mailbox: Mailbox,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    seed: int,
) -> None:
    def ask(message_id: str) -> bool:
        return message_id in {got["Message-ID"] for got in mailbox.messages()}

    kills = rounds(20, 2)
    told = killed.send_through(
        [killed.kill] * kills,
        mailbox,
        tmp_path,
        emails=60 * kills,
        letters=20,
        chance=random.Random(seed),
        ask=ask,
    )
    settled(told, copies=0)
