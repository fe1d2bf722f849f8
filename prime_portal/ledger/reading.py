"""Reading the whole record: in one view of the database, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from django.db import connection, transaction
from psycopg import sql

AT_ONCE = 5_000
HELPERS = 4
"""How many things are done beside, if there are as many connections."""

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


Done = TypeVar("Done")
Beside = Callable[[Callable[[], Done]], "Future[Done]"]
"""Starts something beside, and promises what comes of it."""


@contextmanager
def helpers() -> Iterator[Beside[Any]]:
    """Do things beside, on connections of their own, which see what this transaction sees.

    Each begins `as_written`, in a transaction. At the end all are done. Where this transaction
    lies in another one, whose rows nobody else sees, each is done at once, on this connection.
    """
    many = _free_connections()
    if connection.savepoint_ids or not many:
        yield _here
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (view,) = cursor.fetchone()
    with ThreadPoolExecutor(many) as threads:
        yield lambda work: threads.submit(_in_view, view, work)


def _free_connections() -> int:
    pool = connection.settings_dict["OPTIONS"].get("pool")
    return min(HELPERS, pool["max_size"] - 1) if pool else HELPERS


def _here(work: Callable[[], Done]) -> Future[Done]:
    done: Future[Done] = Future()
    done.set_result(work())
    return done


def _in_view(view: str, work: Callable[[], Done]) -> Done:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [view])
            with as_written():
                return work()
    finally:
        connection.close()  # this thread's


def stream(query: str | sql.Composable, *, at_once: int = AT_ONCE) -> Iterator[tuple[Any, ...]]:
    """Read a long answer, so many rows at once, in PostgreSQL's binary form, inside a
    transaction."""
    connection.ensure_connection()
    with connection.connection.cursor(name=f"read_{uuid4().hex}", binary=True) as cursor:
        cursor.itersize = at_once
        cursor.execute(query)
        yield from cursor


def pieces(query: str | sql.Composable) -> Iterator[list[tuple[Any, ...]]]:
    """Read likewise, some thousand rows at a time."""
    rows = stream(query)
    while piece := list(islice(rows, AT_ONCE)):
        yield piece
