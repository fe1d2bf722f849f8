"""Real Celery workers that send to a real mail server and are killed -9 in the middle of it."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from notices import deliveries, outbox
from notices.models import Delivery
from prime_portal.celery import app
from prime_portal.devstack.children import Child
from tests import builders
from tests.conftest import ROOT, Mailbox
from tests.notices.cast import EMAIL, LETTER, by_email, leases_run_out, neighbor

SENDERS = 2  # processes of one worker


@dataclass
class Tally:
    owed: int
    kills: int
    lost: int
    copies: int  # e-mails that came more than once, counted by each further copy
    strangers: int  # e-mails with a Message-ID of no delivery
    unprinted: int
    caught: int = 0  # kills that met a delivery half-way

    def __str__(self) -> str:
        return (
            f"{self.owed} owed, {self.kills} kills, {self.caught} deliveries "
            f"caught half-way: {self.lost} lost, {self.copies} further copies, "
            f"{self.unprinted} letters missing"
        )


def send_through_kills(
    mailbox: Mailbox, folder: Path, *, emails: int, letters: int, kills: int, chance: random.Random
) -> Tally:
    """Owe notices, let workers send them and kill the workers; then count what came."""
    builders.notice(at=timezone.now())
    today = timezone.localdate()
    for number in range(emails):
        by_email(neighbor(number, since=today), at=timezone.now())
    for number in range(emails, emails + letters):
        neighbor(number, since=today)
    assert deliveries.plan(at=timezone.now()) == emails + letters
    caught = 0
    for number in range(kills):
        worker = start_worker(folder / f"worker-{number}.log")
        came = arrived(mailbox)
        # Somewhere in what is left, so that every kill meets a worker at work.
        enough = came + chance.randint(1, max(1, (emails - came) // (kills - number + 1)))
        wait(lambda: arrived(mailbox) >= enough, worker, within=60)  # noqa: B023
        time.sleep(chance.random() * 0.02)
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        assert Delivery.objects.owed().exists(), "the kill came too late to prove anything"
        leases_run_out()
        caught += outbox.reconcile(at=timezone.now())
        leases_run_out()
    worker = start_worker(folder / "worker-last.log")
    wait(lambda: not Delivery.objects.owed().exists(), worker, within=120)
    worker.ask_to_stop()
    worker.process.wait()
    return replace(tally(mailbox, kills=kills), caught=caught)


def start_worker(log: Path) -> Child:
    worker = Child(
        "worker",
        [
            *[sys.executable, "-m", "celery", "-A", "prime_portal", "--quiet", "worker"],
            *["--queues", "celery,reconcile", "--concurrency", str(SENDERS)],
            *["--loglevel", "WARNING", "--without-mingle", "--without-gossip"],
        ],
        log=log,
        env=os.environ,
        cwd=ROOT,
        orphaned_by=signal.SIGKILL,
    )
    for _ in range(SENDERS):
        app.send_task("notices.drain")
    return worker


def arrived(mailbox: Mailbox) -> int:
    return len(os.listdir(mailbox.folder / "new"))  # noqa: PTH208 - counted often


def wait(until_it_is_so: object, worker: Child, *, within: float) -> None:
    end = time.monotonic() + within
    while not until_it_is_so():  # type: ignore[operator]
        assert worker.running, worker.last_words()
        assert time.monotonic() < end, worker.last_words() or "the worker sends nothing"
        time.sleep(0.01)


def tally(mailbox: Mailbox, *, kills: int) -> Tally:
    """Compare what arrived with the rows that say it was owed."""
    mails = Counter(message["Message-ID"] for message in mailbox.messages())
    expected = {f"<{row.pk}@testserver>" for row in Delivery.objects.filter(medium=EMAIL)}
    folder = Path(settings.LETTERS_DIR)
    printed = [folder / f"{row.pk}.pdf" for row in Delivery.objects.filter(medium=LETTER)]
    unprinted = sum(
        not (pdf.exists() and pdf.read_bytes().rstrip().endswith(b"%%EOF")) for pdf in printed
    )
    for pdf in printed:
        pdf.unlink(missing_ok=True)
    return Tally(
        owed=Delivery.objects.count(),
        kills=kills,
        lost=len(expected - set(mails)),
        copies=sum(mails.values()) - len(mails),
        strangers=len(set(mails) - expected),
        unprinted=unprinted,
    )
