"""What PostgreSQL itself can do with the same blocks when nobody asks anything of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection

from benchmarks.world import Meter
from usage.day_rows import COLUMNS, TYPES, DayRow, values

TABLE = "bare_days"


def make_table() -> None:
    """An empty table without a log, a key, a constraint or a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} AS"
            f" SELECT {COLUMNS} FROM usage_intervalday WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {TABLE}")


def tuples(rows: Iterable[DayRow]) -> list[tuple[Any, ...]]:
    """The columns of each row, ready to be copied."""
    return [values(row) for row in rows]


def load(ready: Sequence[tuple[Any, ...]]) -> None:
    """Binary COPY into the bare table."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(TYPES)
        for row in ready:
            copy.write_row(row)


def fetch(meter: Meter, first: date, last: date) -> int:
    """Binary COPY of a meter's blocks out, looked at by nobody. Returns its bytes."""
    agreement = meter.agreement
    with connection.cursor() as cursor:
        question = cursor.mogrify(
            "SELECT day, sec, wh, quality, net FROM usage_intervalday WHERE customer_id = %s"
            " AND agreement_id = %s AND channel_id = %s AND day BETWEEN %s AND %s ORDER BY day",
            [agreement.customer_id, agreement.pk, meter.channel_id, first, last],
        )
        with cursor.copy(f"COPY ({question}) TO STDOUT (FORMAT BINARY)") as copy:
            return sum(len(piece) for piece in copy)
