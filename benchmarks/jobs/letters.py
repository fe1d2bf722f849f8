"""Yearly letters for the print house: bodies rendered once, against one rendering a letter."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pikepdf

from benchmarks import mailing
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.sink import ROOT
from benchmarks.timing import Differs, Turns
from benchmarks.world import SMALL, World
from notices.models import Delivery
from notices.paper import letters
from notices.paper.press import Press

ALONE = 8  # letters of the alternative in one turn: each takes as long as the next


def run(of: World) -> list[Measured]:
    small = of.size.meters < SMALL.meters
    rows = mailing.owed(20 if small else 1000, by_email=False)
    alone = rows[: 2 if small else ALONE]
    turns = Turns()
    for number in range(of.size.rounds):
        for name in ("alone", "batch") if number % 2 else ("batch", "alone"):
            began = time.perf_counter()
            made = one_by_one(alone) if name == "alone" else batch(rows)
            turns.add(
                name, (time.perf_counter() - began) / (len(alone if name == "alone" else rows))
            )
            _check(made, name)
    lines = [
        Measured(
            f"a print batch of {len(rows):,} yearly letters, a letter",
            "one WeasyPrint rendering each",
            turns.ratio("alone", "batch"),
            f"{1 / turns.of('batch'):,.0f}/s",
            f"{1 / turns.of('alone'):,.1f}/s",
            None if small else AtLeast(100),
        )
    ]
    if not small:
        lines.append(_memory())
    return lines


def one_by_one(rows: list[Delivery]) -> list[int]:
    return [_pages(letters.of(row)) for row in rows]


def batch(rows: list[Delivery]) -> list[int]:
    """Lay a batch and write it; how many pages each letter has."""
    with Press("benchmark") as press, tempfile.NamedTemporaryFile() as file:
        laid = [press.lay(row, mark=f"0001-{n:05}") for n, row in enumerate(rows, start=1)]
        press.save(Path(file.name))
        if press.pages != sum(one.pages + one.pages % 2 for one in laid):
            raise Differs(f"{press.pages} pages are not those of {len(laid)} letters")
    return [one.pages for one in laid]


def _check(made: list[int], name: str) -> None:
    if len(set(made)) != 1 or made[0] < 1:
        raise Differs(f"{name}: letters that say the same have {set(made)} pages")


def _pages(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


def _memory() -> Measured:
    """In a process of its own: after the first batch, ten more."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.letters_memory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    first, last = map(int, ran.stdout.split())
    return Measured(
        "memory after eleven such batches",
        "after one",
        last / first,
        f"{last / 2**20:,.0f} MB",
        f"{first / 2**20:,.0f} MB",
        AtMost(1.1),
    )
