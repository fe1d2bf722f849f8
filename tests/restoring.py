"""A portal that is backed up, goes on, and is lost: what came after the backup, by real verbs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from consent import authorizations, disclosures, proposals
from consent.models import Authorization
from notices import deliveries, outbox
from prime_portal import drilling
from prime_portal.devstack import binaries
from prime_portal.ledger import journal
from prime_portal.models import RestoreDrill, User
from tests import builders
from tests.ledger.cast import seal
from tests.notices.cast import by_email, neighbor
from usage.models import Customer, Via


class PutBack(Exception):
    """Ends what the database is to forget."""


@contextmanager
def forgotten() -> Iterator[None]:
    """Whatever happens in here is lost, as it is to a backup from before."""
    block = transaction.atomic()
    block._from_testcase = True  # sending commits for itself, and may in here
    try:
        with block:
            yield
            raise PutBack
    except PutBack:
        pass


@dataclass
class Lost:
    """The portal as it was when it was lost, and where what is left of it lies."""

    folder: Path
    customers: list[Customer] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    granted: list[Authorization] = field(default_factory=list)

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"


def programs() -> Path:
    """Return PostgreSQL's own programs, of the servers' version."""
    return binaries.postgres_folder()


def lived_and_lost(folder: Path, *, cancels: int, notices: int) -> Lost:
    """Grant, back up, then cancel and send and stop and disclose; the journal hears of all."""
    now = timezone.now()
    lost = Lost(folder)
    builders.notice(at=now - timedelta(days=365))
    builders.contract(builders.third_party("back-office", at=now), at=now)
    for number in range(cancels + 2):
        line = {
            "account_number": f"7000000001{number:02}",
            "service_account_number": f"30000001{number:02}",
            "service_point": f"SP-1{number:02}",
            "meter_number": f"M-1{number:02}",
        }
        customer = builders.customer(line, at=now)
        her = builders.holder(customer, f"rosa{number}@example.org", at=now)
        lost.customers.append(customer)
        lost.people.append(her)
        lost.granted.append(builders.authorization(customer, her, at=now))
    builders.readings(
        lost.customers[-1].agreements.get(), first=timezone.localdate(now) - timedelta(days=3)
    )
    for number in range(notices):
        by_email(neighbor(number, since=timezone.localdate(now) - timedelta(days=9)), at=now)
    copy_away(lost)
    drilling.back_up(lost.backup, programs=programs())
    _go_on(lost, cancels=cancels)
    return lost


def _go_on(lost: Lost, *, cancels: int) -> None:
    now = timezone.now()
    deliveries.plan(at=now)
    while outbox.drain(holder="test", clock=timezone.now):
        pass
    for held, her in zip(lost.granted[: cancels - 1], lost.people, strict=False):
        authorizations.cancel(held, by=her, via=Via.PORTAL, at=timezone.now())
    disclosures.disclose(asked(lost.granted[-1]), by=builders.alma(), at=timezone.now)
    builders.stop(builders.third_party("back-office"), at=timezone.now())
    builders.authorization(
        lost.customers[-1],
        lost.people[-1],
        asked=builders.use("second-sample", at=now),
        at=timezone.now(),
    )
    copy_away(lost)
    # One more, which no seal covers yet.
    authorizations.cancel(
        lost.granted[cancels - 1], by=lost.people[cancels - 1], via=Via.PORTAL, at=timezone.now()
    )
    journal.write(lost.journal, at=timezone.now())


def asked(held: Authorization) -> proposals.Proposal:
    today = timezone.localdate()
    return proposals.gather(
        held, first_day=today - timedelta(days=3), last_day=today - timedelta(days=1)
    )


def copy_away(lost: Lost, at: datetime | None = None) -> None:
    seal()
    journal.write(lost.journal, at=at or timezone.now())


def drill(lost: Lost, **change: Any) -> tuple[RestoreDrill, drilling.Drill]:
    """Hold the drill with that backup and that journal."""
    given: dict[str, Any] = {
        "backup": lost.backup,
        "journal": lost.journal,
        "by": "alma@prime.example",
        "at": timezone.now(),
        "programs": programs(),
        "say": print,
    }
    return drilling.drill(**(given | change))
