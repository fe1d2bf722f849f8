"""`python -m benchmarks.annual [customers]`: one yearly run from the plan to the print house.

Two thirds of the customers get e-mail, the others letters. Real PostgreSQL (fsync on), Valkey,
a Celery worker with two processes and a mail server that takes everything; all on this machine.
Prints each stage with its rate, and what the time of an e-mail goes into.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from benchmarks import sink
from benchmarks.servers import servers
from prime_portal.devstack.folders import Taken

SAMPLE = 300  # e-mails looked into


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.annual", description=__doc__)
    parser.add_argument("customers", nargs="?", type=int, default=20_000)
    many = parser.parse_args().customers
    try:
        with (
            servers(),
            tempfile.TemporaryDirectory() as folder,
            sink.running(Path(folder) / "sink.log") as port,
        ):
            os.environ["SMTP_PORT"] = str(port)
            django.setup()
            measure(many, Path(folder), port)
    except Taken:
        sys.exit("Another run is under way; two at once would measure each other.")


def measure(many: int, folder: Path, port: int) -> None:
    mailing, jobs = (import_module(f"benchmarks.{name}") for name in ("mailing", "jobs.mail"))
    models, deliveries = (import_module(f"notices.{name}") for name in ("models", "deliveries"))
    batches = import_module("notices.paper.batches")
    world = import_module("benchmarks.world")
    owed = models.Delivery.objects.owed()
    emails = many * 2 // 3
    mailing.neighbors(many, by_email=emails)
    stages: list[tuple[str, int, float]] = []

    def stage(name: str, count: int, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        stages.append((name, count, time.perf_counter() - began))
        print(f"{name}: {count:,} in {stages[-1][2]:,.1f} s", file=sys.stderr, flush=True)

    stage("planned", many, lambda: deliveries.plan_annual(at=world.NOW))
    shares = look_into(min(SAMPLE, emails))
    rest = emails - min(SAMPLE, emails)
    with jobs.worker(port, folder / "worker.log"):
        stage("e-mailed", rest, lambda: jobs._drain_tasks([]))
        stage(
            "in sealed batches",
            many - emails,
            lambda: (
                jobs.app.send_task("notices.print"),
                jobs._wait(lambda: batches.waiting().count() or unsealed(models)),
            ),
        )
    if owed.filter(medium="email").exists() or batches.waiting().exists():
        sys.exit("Something is still owed: this run proves nothing.")
    report(stages, shares)


def unsealed(models: Any) -> int:
    return int(models.PrintBatch.objects.filter(sealed_at=None).count())


def look_into(many: int) -> dict[str, float]:
    """Send some e-mails in this process, and see what their time goes into."""
    outbox, carriers = import_module("notices.outbox"), import_module("notices.carriers")
    clock = import_module("django.utils.timezone").now
    spent = {"the relay": 0.0, "words and addresses": 0.0}
    door = import_module("notices.mail").Door

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                spent[name] += time.perf_counter() - began

        return run

    held = door._send, carriers.messages.of
    door._send = timed("the relay", held[0])
    carriers.messages.of = timed("words and addresses", held[1])
    began, done = time.perf_counter(), 0
    try:
        while done < many and (sent := outbox.drain(holder="look", clock=clock, limit=50)):
            done += sent
    finally:
        door._send, carriers.messages.of = held
    whole = time.perf_counter() - began
    spent["the database, and all else"] = whole - sum(spent.values())
    return {name: seconds / whole for name, seconds in spent.items()}


def report(stages: list[tuple[str, int, float]], shares: dict[str, float]) -> None:
    total = sum(seconds for _name, _count, seconds in stages)
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}\n\n"
        "| stage | notices | seconds | a second | share of the run |\n|---|---|---|---|---|"
    )
    for name, count, seconds in stages:
        rate = f"{count / seconds:,.0f}"
        print(f"| {name} | {count:,} | {seconds:,.1f} | {rate} | {seconds / total:.0%} |")
    print(f"| the whole run | | {total:,.1f} | | |\n")
    told = ", ".join(f"{share:.0%} {name}" for name, share in shares.items())
    print(f"An e-mail's time: {told}.")


if __name__ == "__main__":
    main()
