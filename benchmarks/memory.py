"""`python -m benchmarks.memory <alternative> <meter>`: how much memory one meter-year takes.

A process of its own, because one that has done much before has memory to spare. It makes a
month first, so that everything is imported and warm, and prints by how many bytes the most it
ever held grew over the year.
"""

from __future__ import annotations

import resource
import sys
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import django


def peak() -> int:
    """The most bytes this process ever held in memory."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what our parent held before us
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def growth(alternative: str, number: int, first: date, last: date) -> int:
    """Return how many bytes the peak rose while a meter-year was made, piece by piece."""
    django.setup()
    meter = import_module("benchmarks.world").meter(number)
    make = getattr(import_module("benchmarks.exports"), alternative)
    _make(make, meter, last - timedelta(days=29), last)
    before = peak()
    _make(make, meter, first, last)
    return peak() - before


def _make(make: Any, meter: Any, first: date, last: date) -> None:
    for _piece in make(meter, first, last):
        pass


if __name__ == "__main__":
    print(growth(sys.argv[1], int(sys.argv[2]), *map(date.fromisoformat, sys.argv[3:5])))
