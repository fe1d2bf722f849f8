"""Notices through kills, crashes and sleep: none lost, a further copy only of one in flight.

With servers of its own, as safe as in production, for they crash here too.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from notices.models import Delivery, DeliveryAttempt
from prime_portal.devstack import binaries
from prime_portal.devstack.children import Child
from prime_portal.devstack.postgres import APP, OWNER, Postgres
from prime_portal.devstack.valkey import Valkey
from tests.conftest import ROOT, Mailbox, hang_up
from tests.notices import killed
from tests.notices.killed import SENDERS


@pytest.fixture
def own_servers(committed_db: None, tmp_path: Path) -> Iterator[tuple[Postgres, Valkey]]:
    """A PostgreSQL that keeps what it says it kept, and a Valkey; both may crash."""
    postgres = Postgres(tmp_path / "postgres", tmp_path / "postgres.log", True)
    valkey = Valkey(tmp_path / "valkey", tmp_path / "valkey.log")
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    before = {name: os.environ[name] for name in names}
    held = {alias: dict(connections[alias].settings_dict) for alias in connections}
    try:
        postgres.start()
        postgres.make_roles()
        postgres.make_database("prime")
        valkey.start()
        roles = {"default": APP, "record": APP, "owner": OWNER}
        os.environ["DATABASE_URL"] = postgres.url(APP, "prime")
        os.environ["DATABASE_OWNER_URL"] = postgres.url(OWNER, "prime")
        os.environ["REDIS_URL"] = valkey.url
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, check=True)
        hang_up()
        for alias in connections:
            connections[alias].settings_dict |= {
                "NAME": "prime",
                "PORT": str(postgres.port),
                "HOST": "127.0.0.1",
                "USER": roles[alias],
                "PASSWORD": postgres.passwords[roles[alias]],
            }
        yield postgres, valkey
    finally:
        hang_up()
        for alias in connections:
            connections[alias].settings_dict |= held[alias]
        os.environ.update(before)
        postgres.stop()
        valkey.stop()
        for server in ("postgres", "valkey"):
            binaries.discard(tmp_path / server)


def settled(told: killed.Tally, *, copies: int) -> None:
    print(told)
    assert (told.lost, told.strangers, told.unprinted) == (0, 0, 0), told
    assert told.copies <= copies, told
    assert not Delivery.objects.exclude(sent_at__isnull=False).exists()
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()


def test_whatever_befalls_the_workers_nothing_is_lost(
    own_servers: tuple[Postgres, Valkey],
    mailbox: Mailbox,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    seed: int,
) -> None:
    postgres, valkey = own_servers

    def crash_postgres(_worker: Child) -> None:
        postgres.crash()
        postgres.start()
        hang_up()

    def crash_redis(_worker: Child) -> None:
        valkey.crash()
        valkey.start()
        killed.poke()

    chance = random.Random(seed)
    faults: list[Any] = [killed.kill] * rounds(20, 2)
    faults += [crash_postgres, killed.stop] * rounds(3, 1)
    faults += [crash_redis, killed.empty_redis, killed.poke_twice] * rounds(3, 1)
    chance.shuffle(faults)
    faults.insert(len(faults) // 2, killed.publish_another)
    ends_it = (*killed.ENDS_IT, crash_postgres)
    in_flight = sum(fault in ends_it for fault in faults) * SENDERS
    told = killed.send_through(
        faults,
        mailbox,
        tmp_path,
        emails=60 * len(faults),
        letters=20,
        chance=chance,
        ends_it=ends_it,
    )
    assert told.caught, "no fault met a delivery half-way"
    settled(told, copies=in_flight)


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
