"""How long the whole record takes to check: by the portal, and by the auditor's program."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks.goals import AtMost, Measured
from benchmarks.timing import Differs, Turns, milliseconds, seconds_of
from benchmarks.world import FULL, NOW, SMALL, World
from prime_portal.ledger import exporting, sealing, verifying
from prime_portal.models import LedgerEntry, User
from usage.models import Search

ROUNDS = 3
SEALED_AT = NOW + timedelta(hours=1)

# Half of them with a text behind a salted hash, as notices and searches have, and half without.
WRITE = """
    INSERT INTO usage_search (id, by_id, at, text, found)
    SELECT gen_random_uuid(), %s, %s, CASE WHEN n %% 2 = 0 THEN 'Somebody ' || n ELSE '' END, n
    FROM generate_series(1, %s) AS n
"""


def run(of: World) -> list[Measured]:
    many = 1_000_000 if of.size.meters >= FULL.meters else 50_000
    if of.size.meters < SMALL.meters:
        many = 500
    writing = seconds_of(partial(_write, many))
    sealing_took = seconds_of(_seal)
    held = LedgerEntry.objects.count()
    turns = Turns()
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        exporting_took = seconds_of(partial(_export, bundle))
        for _ in range(ROUNDS if many == 50_000 else 1):
            turns.add("portal", seconds_of(partial(_verify, held)))
            turns.add("program", seconds_of(partial(_verify_offline, bundle, held)))
            turns.add("read", seconds_of(_read))
    return [
        Measured(
            f"checking a record of {held:,} entries",
            "the auditor’s program on its export",
            turns.ratio("program", "portal"),
            milliseconds(turns.of("portal")),
            milliseconds(turns.of("program")),
        ),
        Measured(
            "",
            "reading the entries and rows once (share of its time)",
            turns.ratio("portal", "read"),
            "",
            milliseconds(turns.of("read")),
            AtMost(10),
        ),
        Measured(
            "sealing it",
            "writing it",
            writing / sealing_took,
            f"{many / sealing_took:,.0f}/s",
            f"{many / writing:,.0f}/s",
        ),
        Measured(
            "exporting it",
            "checking it",
            turns.of("portal") / exporting_took,
            milliseconds(exporting_took),
            milliseconds(turns.of("portal")),
        ),
    ]


def _write(many: int) -> None:
    by = User.objects.create_user("searcher@benchmark.example")
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [by.pk, NOW, many])


def _seal() -> None:
    while sealing.seal(key=settings.LEDGER_SIGNING_KEY, at=SEALED_AT):
        pass


def _export(folder: Path) -> None:
    exporting.export(folder, keys=settings.LEDGER_PUBLIC_KEYS, private=True)


def _verify(entries: int) -> None:
    report = verifying.verify(keys=settings.LEDGER_PUBLIC_KEYS, at=SEALED_AT)
    if report.faults or report.entries != entries:
        raise Differs(f"{report.entries} of {entries} entries: {report.faults[:3]}")


def _verify_offline(bundle: Path, entries: int) -> None:
    ran = subprocess.run(
        [sys.executable, bundle / "verify.py"], capture_output=True, text=True, check=False
    )
    if ran.returncode or f"{entries:,} entries" not in ran.stdout:
        raise Differs(ran.stdout + ran.stderr)


def _read() -> None:
    """Let PostgreSQL hand over every entry and every row once: less cannot be done."""
    with connection.cursor() as cursor:
        for rows in ("ledger.entry", Search._meta.db_table):
            with cursor.copy(f"COPY {rows} TO STDOUT (FORMAT binary)") as copy:
                for _ in copy:
                    pass
