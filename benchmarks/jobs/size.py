"""Bytes a reading takes on disk, indexes and all."""

from __future__ import annotations

from django.db import connection

from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.world import World

HELD = """
SELECT sum(pg_total_relation_size(relation)) FROM (
    SELECT inhrelid AS relation FROM pg_inherits WHERE inhparent = 'usage_intervalday'::regclass
    UNION ALL SELECT 'usage_monthtotal'::regclass
) AS held
"""


def run(of: World) -> list[Measured]:
    ours = _bytes(HELD) / of.readings
    theirs = _bytes("SELECT pg_total_relation_size('benchmarks_reading')") / of.readings
    return [
        Measured(
            "bytes a reading, months' sums included",
            "naive table",
            theirs / ours,
            f"{ours:.2f} B",
            f"{theirs:.1f} B",
            AtLeast(18),
        ),
        Measured("", "4 bytes of a bare integer", ours / 4, "", "4 B", AtMost(1.9)),
    ]


def _bytes(question: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return float(cursor.fetchone()[0])
