"""Celery with a task, and a timetable, that talk of Rosa: `celery -A tests.talkative`.

Her address is put together here, so that no line of a traceback holds it.
"""

from __future__ import annotations

import sys
from typing import Any

from celery.beat import Scheduler

from prime_portal.celery import app

HER = f"{'rosa'}@example.org"


@app.task(name="tests.fail")
def fail() -> None:
    """Print, write and break, each with her address."""
    print(f"printed of {HER}")
    sys.stderr.write(f"written of {HER}\n")
    raise ValueError(f"Key (email)=({HER}) already exists")


class Breaks(Scheduler):
    """A timetable that ends beat by an error nobody catches: `beat --scheduler …:Breaks`."""

    def tick(self, *_given: Any, **_named: Any) -> float:
        raise ValueError(f"Key (email)=({HER}) already exists")
