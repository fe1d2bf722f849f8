"""A run of yearly e-mails, against one connection and one Celery task for each."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, connections
from django.test.utils import override_settings
from django.utils import timezone

from benchmarks import mailing, sink
from benchmarks.goals import AtLeast, Measured
from benchmarks.sink import ROOT
from benchmarks.timing import Turns
from benchmarks.world import SMALL, World
from notices import outbox
from notices.models import Delivery
from prime_portal.celery import app
from prime_portal.devstack.children import Child

PROCESSES = 2
WITHIN = 300.0


def run(of: World) -> list[Measured]:
    tiny = of.size.meters < SMALL.meters
    many = 5 if tiny else 400
    door = {"EMAIL_BACKEND": "notices.mail.Door", "EMAIL_HOST": "127.0.0.1"}
    with (
        tempfile.TemporaryDirectory() as folder,
        sink.running(Path(folder) / "sink.log") as port,
        override_settings(**door, EMAIL_PORT=port),
    ):
        _make_table()
        alone = _turns(of, many, naive=_one_by_one, portal=_drain)
        lines = [_line("a run of e-mails, in one process", "new connections", alone, many, 1.6)]
        if not tiny:
            what, log = f"a run of e-mails, {PROCESSES} workers", Path(folder) / "worker.log"
            with worker(port, log):
                tasks = _turns(of, many, naive=_tasks, portal=_drain_tasks)
            lines.append(_line(what, "a Celery task and connection each", tasks, many, 5))
            with worker(port, log, KEEP_CONNECTIONS="1"):
                kept = _turns(of, many, naive=_tasks, portal=_drain_tasks)
            lines.append(_line("", "the same, database connections kept", kept, many))
    return lines


def _line(job: str, against: str, turns: Turns, many: int, goal: float | None = None) -> Measured:
    return Measured(
        job,
        against,
        turns.ratio("naive", "portal"),
        f"{many / turns.of('portal'):,.0f}/s",
        f"{many / turns.of('naive'):,.0f}/s",
        AtLeast(goal) if goal and many > 5 else None,
    )


Sender = Callable[[list[Delivery]], None]


def _turns(of: World, many: int, *, naive: Sender, portal: Sender) -> Turns:
    turns = Turns()
    for number in range(of.size.rounds):
        order = [("naive", naive), ("portal", portal)]
        for name, send in order if number % 2 else reversed(order):
            rows = mailing.owed(many, by_email=True)
            if name == "naive":
                _await_naive(rows)
            began = time.perf_counter()
            send(rows)
            turns.add(name, time.perf_counter() - began)
            if name == "naive":  # these are done with: the portal must not send them too
                Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
                    sent_at=timezone.now()
                )
    return turns


def _one_by_one(rows: list[Delivery]) -> None:
    for row in rows:
        mailing.send_one(row.pk)


def _drain(rows: list[Delivery]) -> None:
    while outbox.drain(holder="benchmark", clock=timezone.now):
        pass


def _tasks(rows: list[Delivery]) -> None:
    for row in rows:
        mailing.send_one_task.delay(str(row.pk))
    _wait(lambda: _count("SELECT count(*) FROM benchmarks_mail WHERE sent_at IS NULL"))


def _drain_tasks(rows: list[Delivery]) -> None:
    for _ in range(PROCESSES):
        app.send_task("notices.drain")
    _wait(lambda: Delivery.objects.owed().filter(medium="email").count())


def _wait(left: Callable[[], int]) -> None:
    until = time.monotonic() + WITHIN
    while left():
        if time.monotonic() > until:
            raise TimeoutError(f"{left()} e-mails were not sent within {WITHIN:.0f} s")
        time.sleep(0.05)


@contextmanager
def worker(port: int, log: Path, **env: str) -> Iterator[Child]:
    """A Celery worker that answers, and sends to this port."""
    child = Child(
        "worker",
        [
            *[sys.executable, "-m", "celery", "-A", "benchmarks.tasks", "--quiet", "worker"],
            *["--concurrency", str(PROCESSES), "--loglevel", "WARNING"],
            *["--without-mingle", "--without-gossip"],
        ],
        log=log,
        env={**os.environ, "SMTP_PORT": str(port), **env},
        cwd=ROOT,
    )
    try:
        until = time.monotonic() + 120
        while not app.control.ping(timeout=1):
            if time.monotonic() > until or not child.running:
                raise TimeoutError(child.last_words())
        yield child
    finally:
        child.end()


def _make_table() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS benchmarks_mail"
            " (id uuid PRIMARY KEY, sent_at timestamptz);"
            " GRANT ALL ON benchmarks_mail TO prime_app"
        )


def _await_naive(rows: list[Delivery]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM benchmarks_mail")
        cursor.executemany(
            "INSERT INTO benchmarks_mail (id) VALUES (%s)", [[row.pk] for row in rows]
        )


def _count(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])
