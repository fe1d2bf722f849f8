"""Reading the whole record: in one view of the database, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db import connection
from psycopg import sql

AT_ONCE = 5_000

# to_jsonb depends on the first two; with the third, no function or operator that somebody put
# into the database is taken for PostgreSQL's own.
AS_WRITTEN = {"timezone": "UTC", "bytea_output": "hex", "search_path": "pg_catalog, pg_temp"}


def look_once() -> None:
    """See the database as it is now, whatever is written meanwhile."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@contextmanager
def as_written() -> Iterator[None]:
    """Show rows as JSON the way the watching triggers do, inside a transaction.

    Tables must be named with their schema.
    """
    with connection.cursor() as cursor:
        before = {}
        for name, value in AS_WRITTEN.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            (before[name],) = cursor.fetchone()
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        yield
        for name, value in before.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def stream(query: str | sql.Composable) -> Iterator[tuple[Any, ...]]:
    """Read a long answer piece by piece, in PostgreSQL's binary form, inside a transaction."""
    connection.ensure_connection()
    with connection.connection.cursor(name=f"read_{uuid4().hex}", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(query)
        yield from cursor


def pieces(query: str | sql.Composable) -> Iterator[list[tuple[Any, ...]]]:
    """Read likewise, some thousand rows at a time."""
    rows = stream(query)
    while piece := list(islice(rows, AT_ONCE)):
        yield piece
