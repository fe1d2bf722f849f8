"""Real Celery workers that send to a real mail server, and what may befall them meanwhile.

Beside kill -9: Redis is emptied or crashes, PostgreSQL ends every session or crashes, a worker
sleeps past its lease, beat pokes twice, a new version of the Notice is published half-way.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pikepdf
import redis
from django.db import connection
from django.utils import timezone

from notices import deliveries, outbox
from notices.models import Delivery, PrintBatch, PrintedLetter
from notices.paper import batches
from notices.writing import publishing
from prime_portal.celery import app
from prime_portal.devstack.children import Child
from prime_portal.devstack.postgres import Postgres
from prime_portal.devstack.valkey import Valkey
from tests import builders
from tests.conftest import ROOT, Mailbox, hang_up
from tests.notices.cast import EMAIL, LETTER, by_email, hand_over, leases_run_out, neighbor
from usage.models import Customer

SENDERS = 2  # processes of one worker


@dataclass
class Tally:
    owed: int
    lost: int
    copies: int  # e-mails that came more than once, counted by each further copy
    strangers: int  # e-mails with a Message-ID of no delivery
    unprinted: int  # letters not in exactly one sealed batch
    caught: int = 0  # deliveries that a kill met half-way
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.owed} owed; {dict(self.faults)}; {self.caught} deliveries caught half-way: "
            f"{self.lost} lost, {self.copies} further copies, "
            f"{self.unprinted} letters not in exactly one batch"
        )


Fault = Callable[[Child], None]
"""What befalls a worker at work."""


def kill(worker: Child) -> None:
    os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def empty_redis(_worker: Child) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
    poke()


def end_sessions(_worker: Child) -> None:
    """What a worker sees of a PostgreSQL that restarts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = current_user"
        )
    poke()


def poke_twice(_worker: Child) -> None:
    poke()
    poke()


def publish_another(_worker: Child) -> None:
    """A new version half-way: everybody is told of it too, and of the yearly notice once."""
    publishing.publish(
        builders.draft(),
        facts=builders.facts_for_notice(),
        effective_on=timezone.localdate() + timedelta(days=1),
        changes_en="Something changed.",
        changes_es="Algo cambió.",
        by=builders.bruno(),
        at=timezone.now(),
    )
    deliveries.plan(at=timezone.now())
    poke()


def stop(worker: Child) -> None:
    """Let a worker sleep for longer than its lease; it wakes when all is done."""
    os.killpg(worker.process.pid, signal.SIGSTOP)


def crashes(postgres: Postgres, valkey: Valkey) -> tuple[Fault, Fault]:
    """The faults that servers of a test's own allow: each ends without a word, and starts again."""

    def crash_postgres(_worker: Child) -> None:
        postgres.crash()
        postgres.start()
        hang_up()

    def crash_redis(_worker: Child) -> None:
        valkey.crash()
        valkey.start()
        poke()

    return crash_postgres, crash_redis


OUTLIVED = {"crash_redis", "empty_redis", "poke_twice", "publish_another"}
"""What a worker gets over. After anything else others settle what it had in hand."""


def in_flight(faults: Sequence[Fault]) -> int:
    """How many e-mails may have been on their way when something befell their sender."""
    return SENDERS * sum(fault.__name__ not in OUTLIVED for fault in faults)


def send_through(
    faults: Sequence[Fault],
    mailbox: Mailbox,
    folder: Path,
    *,
    emails: int,
    letters: int,
    chance: random.Random,
    ask: Callable[[str], bool] | None = None,
) -> Tally:
    """Owe notices, let workers send them and faults befall them; then count what came."""
    owe(emails, letters)
    told, sleepers = Counter[str](), []
    caught, worker = 0, start_worker(folder / "worker-first.log")
    for number, fault in enumerate(faults):
        if emails_owed() < AT_WORK:
            owe_more(AT_WORK)
        # Somewhere in what is left, so that every fault meets a worker at work.
        came = arrived(mailbox)
        enough = came + chance.randint(1, max(1, emails_owed() // (len(faults) - number + 1)))
        wait(lambda: arrived(mailbox) >= enough, worker, within=90)  # noqa: B023
        time.sleep(chance.random() * 0.02)
        fault(worker)
        told[fault.__name__] += 1
        if fault.__name__ in OUTLIVED:
            continue
        if fault is stop:
            sleepers.append(worker)
        elif fault is not kill:
            time.sleep(0.5)  # it lives on among errors
            kill(worker)
        assert emails_owed(), f"{fault.__name__} came too late to prove anything"
        time.sleep(0.2)  # what had left the worker arrives
        leases_run_out()
        caught += outbox.reconcile(at=timezone.now(), ask=ask)
        leases_run_out()
        worker = start_worker(folder / f"worker-{number}.log")
    asleep = len(sleepers) * SENDERS
    wait(lambda: emails_owed() <= asleep and not batches.waiting().exists(), worker, within=180)
    for sleeper in sleepers:
        os.killpg(sleeper.process.pid, signal.SIGCONT)
        time.sleep(2)
        kill(sleeper)
    if sleepers:
        leases_run_out()
        caught += outbox.reconcile(at=timezone.now(), ask=ask)
        leases_run_out()
        poke()
    wait(lambda: not emails_owed() and not unsealed(), worker, within=90)
    worker.ask_to_stop()
    worker.process.wait()
    for batch in PrintBatch.objects.all():
        hand_over(batch, at=timezone.now())
    return tally(mailbox, caught=caught, faults=told)


AT_WORK = 60
"""E-mails that are owed when a fault comes: more than a quick machine sends while it lasts."""


def owe_more(emails: int) -> None:
    today = timezone.localdate()
    known = Customer.objects.count()
    for number in range(known, known + emails):
        by_email(neighbor(number, since=today), at=timezone.now())
    deliveries.plan(at=timezone.now())
    poke()


def owe(emails: int, letters: int) -> None:
    serve(emails, letters)
    assert deliveries.plan(at=timezone.now()) == emails + letters


def serve(emails: int, letters: int) -> None:
    """Let PRIME serve so many new customers, whom nobody has told anything yet."""
    builders.notice(at=timezone.now())
    today = timezone.localdate()
    for number in range(emails):
        by_email(neighbor(number, since=today), at=timezone.now())
    for number in range(emails, emails + letters):
        neighbor(number, since=today)


def emails_owed() -> int:
    return Delivery.objects.owed().filter(medium=EMAIL).count()


def unsealed() -> bool:
    return PrintBatch.objects.filter(sealed_at=None).exists()


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
    poke()
    return worker


def start_beat(log: Path) -> Child:
    return Child(
        "beat",
        [
            *[sys.executable, "-m", "celery", "-A", "prime_portal", "--quiet", "beat"],
            *["--loglevel", "WARNING", "--pidfile", ""],
        ],
        log=log,
        env=os.environ,
        cwd=ROOT,
        orphaned_by=signal.SIGKILL,
    )


def poke() -> None:
    """Wake every process of the worker, as beat does."""
    with app.connection_for_write(os.environ["REDIS_URL"]) as broker:
        for name in (*["notices.drain"] * SENDERS, "notices.print"):
            app.send_task(name, connection=broker)


def arrived(mailbox: Mailbox) -> int:
    return len(os.listdir(mailbox.folder / "new"))  # noqa: PTH208 - counted often


def wait(until_it_is_so: Callable[[], bool], worker: Child, *, within: float) -> None:
    end = time.monotonic() + within
    while not until_it_is_so():
        assert worker.running, worker.last_words()
        assert time.monotonic() < end, worker.last_words() or "the worker sends nothing"
        time.sleep(0.01)


def tally(mailbox: Mailbox, *, caught: int = 0, faults: Counter[str] | None = None) -> Tally:
    """Compare what arrived with the rows that say it was owed."""
    mails = Counter(message["Message-ID"] for message in mailbox.messages())
    expected = {f"<{row.pk}@testserver>" for row in Delivery.objects.filter(medium=EMAIL)}
    places = Counter(PrintedLetter.objects.values_list("delivery", flat=True))
    letters = Delivery.objects.filter(medium=LETTER).values_list("pk", flat=True)
    for batch in PrintBatch.objects.all():
        with pikepdf.open(batches.place(batch)) as pdf:
            assert len(pdf.pages) == batch.pages
    return Tally(
        owed=Delivery.objects.count(),
        lost=len(expected - set(mails)),
        copies=sum(mails[name] - 1 for name in expected & set(mails)),
        strangers=len(set(mails) - expected),
        unprinted=sum(places[pk] != 1 for pk in letters),
        caught=caught,
        faults=faults or Counter(),
    )
