"""Reading the whole record: in one view of the database, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.db import connection
from psycopg import sql

AT_ONCE = 5_000


def look_once() -> None:
    """See the database as it is now, whatever is written meanwhile."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def same_form() -> None:
    """Write rows as JSON the way the watching triggers do: to_jsonb depends on both."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'")


def stream(query: str | sql.Composable) -> Iterator[tuple[Any, ...]]:
    """Read a long answer piece by piece, in PostgreSQL's binary form, inside a transaction."""
    connection.ensure_connection()
    with connection.connection.cursor(name=f"read_{uuid4().hex}", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(query)
        yield from cursor
