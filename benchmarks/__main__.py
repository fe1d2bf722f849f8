"""`python -m benchmarks [job …]`: servers up, jobs one after the other, a table, servers down."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from importlib import import_module

import django

from benchmarks import JOBS
from benchmarks.goals import table
from benchmarks.servers import servers
from prime_portal.devstack.children import ChildFailed
from prime_portal.devstack.folders import Taken


def main() -> int:
    """Return 1 when a goal is missed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="job", help=f"some of: {', '.join(JOBS)}")
    parser.add_argument("--rounds", type=int, help="turns of each alternative")
    chosen = parser.parse_args()
    if unknown := set(chosen.jobs) - set(JOBS):
        parser.error(f"there is no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with servers():
            return measure(chosen.jobs or list(JOBS), rounds=chosen.rounds)
    except Taken:
        sys.exit("Another run is under way; two at once would measure each other.")
    except ChildFailed as failed:
        sys.exit(str(failed))


def measure(jobs: list[str], *, rounds: int | None) -> int:
    django.setup()
    # Models can be imported only now that the settings know their database.
    worlds = import_module("benchmarks.world")
    small = os.environ.get("SMALL") == "1"
    size = worlds.SMALL if small else worlds.FULL
    if rounds:
        size = size._replace(rounds=rounds)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", file=sys.stderr, flush=True)

    world = worlds.build(size)
    import_module("benchmarks.naive").make_tables(world)
    say(f"{world.readings:,} readings of {size.meters} meters are made up")
    lines = []
    for name in JOBS:
        # The load is also how the other jobs come by their data.
        if name in jobs or name == "load":
            lines += import_module(f"benchmarks.jobs.{name}").run(world)
            say(f"{name} is measured")
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(
        f"{size.meters} quarter-hourly meters, {size.days} days, {world.readings:,} readings; "
        f"median of {size.rounds} interleaved rounds; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, PostgreSQL {worlds.server_version()}; load {busy}\n"
    )
    print(table(lines, small=small))
    return 1 if any(line.missed(small=small) for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
