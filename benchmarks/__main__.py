"""`python -m benchmarks [job …]`: servers up, jobs one after the other, a table, servers down."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib import import_module

import django

from benchmarks import JOBS
from benchmarks.goals import table
from benchmarks.servers import servers


def main() -> int:
    """Return 1 when a goal is missed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="job", help=f"some of: {', '.join(JOBS)}")
    parser.add_argument("--rounds", type=int, help="turns of each alternative")
    chosen = parser.parse_args()
    if unknown := set(chosen.jobs) - set(JOBS):
        parser.error(f"there is no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    small = os.environ.get("SMALL") == "1"
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", file=sys.stderr, flush=True)

    with servers():
        say("PostgreSQL and Valkey answer, the database is migrated")
        django.setup()
        # Models can be imported only now that the settings know their database.
        worlds = import_module("benchmarks.world")
        size = worlds.SMALL if small else worlds.FULL
        if chosen.rounds:
            size = size._replace(rounds=chosen.rounds)
        world = worlds.build(size)
        import_module("benchmarks.naive").make_tables(world)
        say(f"{world.readings:,} readings of {size.meters} meters are made up")
        measured = []
        for name in JOBS:
            # Loading is also how the other jobs come by their data.
            if name == "load" or not chosen.jobs or name in chosen.jobs:
                measured += import_module(f"benchmarks.jobs.{name}").run(world)
                say(f"{name} is measured")
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(
        f"{size.meters} quarter-hourly meters, {size.days} days, {world.readings:,} readings; "
        f"median of {size.rounds} interleaved rounds; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, PostgreSQL {worlds.server_version()}; load {busy}\n"
    )
    text, reached = table(measured, small=small)
    print(text)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
