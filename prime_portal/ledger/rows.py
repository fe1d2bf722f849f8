"""Every row of evidence beside what the database recorded of it (5.1).

The entries of a row say all its columns: the first its whole content, later ones each stamp.
A row that differs was changed past the triggers, one without entries was slipped in, entries
without a row tell of one that was taken out. Private columns are compared through their salted
hashes. Where a salt is gone, nothing can be compared: then an erasure must say so, the column must
hold nothing any more, and the value counts as unopenable.

PostgreSQL compares, and is trusted to: it answers what lies in its tables, with its own
functions and none that was put into the database. What it does not find equal is looked at
again here, and named. Whoever trusts no server of PRIME's checks an exported bundle.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from prime_portal.ledger.reading import Beside
from usage.evidence import ERASED, Evidence, Member

OURS = ("prime_portal", "usage", "notices", "consent")
AT_ONCE = 500

# Each row beside its entries: `live` as it stands, `facts` as they say it. OFFSET 0 keeps
# PostgreSQL from making both anew each time they are named.
COMPARED = """
    SELECT count(*), coalesce(sum(written), 0), coalesce(sum(stamped), 0),
        coalesce(sum({closed}), 0), array_agg(id) FILTER (WHERE written <> 1
            OR live - {private} IS DISTINCT FROM facts - {private} {hidden})
    FROM ({beside} OFFSET 0) AS beside {salts}
"""
# The entries of rows that are stamped: by their index, row by row.
OF_ROWS_THAT_ARE_STAMPED = """
    SELECT the_row.id, to_jsonb(the_row) AS live, numbers, written, stamped, {facts} AS facts, taken
    FROM {evidence} AS the_row CROSS JOIN LATERAL (
        SELECT array_agg(id) AS numbers,
            count(*) FILTER (WHERE kind = {written}) AS written,
            min(body) FILTER (WHERE kind = {written}) AS body,
            count(*) FILTER (WHERE kind = {stamped}) AS stamped,
            array_agg(body ORDER BY id) FILTER (WHERE kind = {stamped}) AS stamps
        FROM ledger.entry WHERE row_id = the_row.id AND kind IN ({written}, {stamped})
    ) AS said {erasures}
"""
# Of a table in which none ever was: as PostgreSQL finds them cheapest, some by their index, all
# in one reading. A row that was written twice comes twice.
OF_ROWS_NEVER_STAMPED = """
    SELECT the_row.id, to_jsonb(the_row) AS live, (said.id IS NOT NULL)::int AS written,
        0 AS stamped, said.body::jsonb AS facts, taken {salt_columns}
    FROM {evidence} AS the_row
    LEFT JOIN ledger.entry AS said ON said.row_id = the_row.id AND said.kind = {written}
    {erasures} {salts_said}
"""
SALT_SAID = """
    LEFT JOIN ledger.salt AS {salt} ON {salt}.entry_id = said.id AND {salt}.field = {name}
"""
ERASURES = """
    LEFT JOIN (
        SELECT "row", array_agg(erased) AS taken
        FROM public.prime_portal_erasure, unnest(columns) AS erased
        WHERE "table" = {table} GROUP BY "row"
    ) AS erasures ON erasures."row" = the_row.id
"""
STAMP = "coalesce(stamps[{n}]::jsonb, '{{}}')"
SALTS = """
    CROSS JOIN LATERAL (
        SELECT array_agg(field) AS fields, array_agg(salt) AS salts
        FROM ledger.salt WHERE entry_id = ANY (numbers)
    ) AS found
"""
SALT = "salts[array_position(fields, {name})]"
CLOSED = "(facts ->> {name} IS NOT NULL AND {salt} IS NULL)::int"
HIDDEN = """ OR CASE
    WHEN {salt} IS NOT NULL THEN facts ->> {name} IS DISTINCT FROM 'sha256:' || encode(
        sha256({salt} || convert_to(live ->> {name}, 'UTF8')), 'hex')
    WHEN facts ->> {name} IS NULL THEN live ->> {name} IS NOT NULL
    ELSE live ->> {name} IS NULL OR live ->> {name} <> ALL ({nothing})
        OR ({name} = ANY (taken)) IS NOT TRUE END
"""
GONE = """
    SELECT DISTINCT row_id FROM ledger.entry WHERE kind IN ({written}, {stamped})
    AND NOT EXISTS (SELECT FROM {evidence} AS the_row WHERE the_row.id = entry.row_id)
    ORDER BY row_id
"""
# Those that were not found equal, looked at one by one.
LIVE = """
    SELECT id, to_jsonb(the_row)::text,
        (SELECT jsonb_object_agg(hidden, to_jsonb(the_row) ->> hidden)
            FROM unnest({private}) AS hidden)
    FROM {evidence} AS the_row WHERE id = ANY ({odd}) ORDER BY id
"""
SAID = """
    SELECT row_id, id, kind, body FROM ledger.entry
    WHERE row_id = ANY ({odd}) AND kind IN ({written}, {stamped}) ORDER BY id
"""
OPENS = """
    SELECT entry_id, field, salt FROM ledger.salt JOIN ledger.entry ON entry.id = salt.entry_id
    WHERE row_id = ANY ({odd}) AND kind IN ({written}, {stamped})
"""
TAKEN = """
    SELECT "row", unnest(columns) FROM public.prime_portal_erasure
    WHERE "row" = ANY ({odd}) AND "table" = {table}
"""
NOTHING = ("", ERASED, "{}", f"\\x{ERASED.encode().hex()}")
"""What an erased column holds, as text: words, none, JSON, bytes."""

# Members have no entries of their own: their header's entry holds a hash of all of them.
MEMBERS = {
    "consent.DisclosureMember": """
        SELECT id FROM public.consent_disclosure AS header
        WHERE members_sha256 <> sha256(convert_to(coalesce((
            SELECT string_agg(concat_ws(' ', customer_id, coalesce(authorization_id::text, '-'),
                rows), E'\\n' ORDER BY customer_id)
            FROM public.consent_disclosuremember WHERE disclosure_id = header.id), ''), 'UTF8'))
    """,
    "consent.Reached": """
        SELECT id FROM public.consent_reach AS header
        WHERE members_sha256 <> sha256(convert_to(coalesce((
            SELECT string_agg(customer_id::text, E'\\n' ORDER BY customer_id)
            FROM public.consent_reached WHERE reach_id = header.id), ''), 'UTF8'))
    """,
    "consent.BulkMember": """
        SELECT id FROM public.consent_bulkproposal AS header
        WHERE members_sha256 <> sha256(convert_to(coalesce((
            SELECT string_agg(customer_id::text, E'\\n' ORDER BY customer_id)
            FROM public.consent_bulkmember WHERE proposal_id = header.id), ''), 'UTF8'))
    """,
}


@dataclass
class Compared:
    """One table: how many rows, how many private values are closed for good, what is wrong."""

    table: str
    rows: int = 0
    unopenable: int = 0
    faults: list[str] = field(default_factory=list)


def evidence() -> Iterator[type[models.Model]]:
    """Return the models whose rows are evidence, or members of it."""
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            if isinstance(getattr(model, "kept", None), Evidence | Member):
                yield model


def compare(beside: Beside[Compared]) -> list[Future[Compared]]:
    """Begin to compare table after table, those with most entries first. Reads only."""
    recorded = dict(_ask("SELECT kind, count(*) FROM ledger.entry GROUP BY kind"))
    return [
        beside(partial(_compare, model, recorded))
        for model in sorted(evidence(), key=lambda model: -sum(_said(model, recorded)))
    ]


def _compare(model: type[models.Model], recorded: dict[str, int]) -> Compared:
    kept = _kept(model)
    return _members(model) if isinstance(kept, Member) else _rows(model, kept, recorded)


def _said(model: type[models.Model], recorded: dict[str, int]) -> list[int]:
    """Return how many entries tell of rows of a table that were written, and stamped."""
    table = model._meta.db_table
    return [recorded.get(f"{table}:{kind}", 0) for kind in ("written", "stamped")]


def _rows(model: type[models.Model], kept: Evidence, recorded: dict[str, int]) -> Compared:
    table = model._meta.db_table
    said = _said(model, recorded)
    if not said[1]:
        ((rows, written, stamped, closed, odd),) = _ask(*_of_rows_never_stamped(model))
    if said[1] or rows != _count(table):
        ((rows, written, stamped, closed, odd),) = _ask(*_of_rows_that_are_stamped(model, kept))
    found = Compared(table, rows=rows, unopenable=int(closed))
    for at in range(0, len(odd or ()), AT_ONCE):
        for row_id, wrong in _differences(model, odd[at : at + AT_ONCE]):
            found.faults.append(f"{table}, row {row_id}: {wrong}")
    if [written, stamped] != said:
        for (row_id,) in _ask(GONE, parts(model)):
            found.faults.append(f"{table}, row {row_id}: it is gone; its entries are there.")
    return found


Question = tuple[str, dict[str, sql.Composable]]
"""A query that compares all rows of one table, and what it is filled in with."""


def _of_rows_that_are_stamped(model: type[models.Model], kept: Evidence) -> Question:
    salts = {name: sql.SQL(SALT).format(name=sql.Literal(name)) for name in private(model)}
    stamps = (sql.SQL(STAMP).format(n=sql.Literal(n + 1)) for n in range(len(kept.stamps)))
    known = _compared(model, salts)
    return COMPARED, known | {
        "beside": sql.SQL(OF_ROWS_THAT_ARE_STAMPED).format(
            **known, facts=sql.SQL(" || ").join([sql.SQL("body::jsonb"), *stamps])
        ),
        "salts": sql.SQL(SALTS if salts else ""),
    }


def _of_rows_never_stamped(model: type[models.Model]) -> Question:
    salts: dict[str, sql.Composable] = {
        name: sql.Identifier(f"salt_{n}") for n, name in enumerate(private(model))
    }
    known = _compared(model, salts)
    return COMPARED, known | {
        "beside": sql.SQL(OF_ROWS_NEVER_STAMPED).format(
            **known,
            salt_columns=sql.SQL("").join(
                sql.SQL(", {salt}.salt AS {salt}").format(salt=salt) for salt in salts.values()
            ),
            salts_said=sql.SQL("").join(
                sql.SQL(SALT_SAID).format(salt=salt, name=sql.Literal(name))
                for name, salt in salts.items()
            ),
        ),
        "salts": sql.SQL(""),
    }


def _compared(
    model: type[models.Model], salts: Mapping[str, sql.Composable]
) -> dict[str, sql.Composable]:
    """Return how the private columns are compared; salts: where each one's salt is found."""
    known = parts(model)
    known |= {
        "nothing": sql.Literal(list(NOTHING)),
        "erasures": sql.SQL(ERASURES).format(**known),
    }

    def of_each(template: str, between: str = "") -> sql.Composable:
        return sql.SQL(between).join(
            sql.SQL(template).format(name=sql.Literal(name), salt=salt, **known)
            for name, salt in salts.items()
        )

    return known | {
        "hidden": of_each(HIDDEN),
        "closed": of_each(CLOSED, between=" + ") if salts else sql.SQL("0"),
    }


def _differences(model: type[models.Model], odd: list[UUID]) -> Iterator[tuple[UUID, str]]:
    """Say how each of these rows differs from its entries, if it does."""
    known = parts(model) | {"odd": sql.Literal(odd)}
    said = defaultdict(list)
    for row_id, number, kind, body in _ask(SAID, known):
        said[row_id].append((number, kind, json.loads(body)))
    salts = {(number, name): bytes(salt) for number, name, salt in _ask(OPENS, known)}
    taken = defaultdict(set)
    for row_id, column in _ask(TAKEN, known):
        taken[row_id].add(column)
    for row_id, live, texts in _ask(LIVE, known):
        held = json.loads(live), json.loads(texts or "{}")
        if wrong := _difference(*held, said[row_id], salts, taken[row_id]):
            yield row_id, wrong


def _difference(
    live: dict[str, Any],
    texts: dict[str, str | None],
    said: list[tuple[int, str, dict[str, Any]]],
    salts: dict[tuple[int, str], bytes],
    taken: set[str],
) -> str:
    """Say how a row differs from its entries. Nothing if only the table's shape changed since.

    texts: its private columns, as they were hashed. said: number, kind and facts of each entry.
    taken: the columns that an erasure names.
    """
    written = sum(kind.endswith(":written") for _number, kind, _facts in said)
    if not written:
        return "it stands without an entry; it was slipped in."
    if written > 1:
        return f"it was written {written} times."
    same: dict[str, bool] = {}
    closed = set()
    for number, _kind, facts in said:
        for column in facts.keys() & live.keys():
            if column in texts and facts[column] is not None:
                salt = salts.get((number, column))
                if salt is not None:
                    same[column] = facts[column] == _hidden(salt, texts[column])
                elif column in taken:
                    same[column] = texts[column] in NOTHING
                else:
                    closed.add(column)
            else:
                same[column] = facts[column] == live[column]
    changed = sorted(column for column, is_same in same.items() if not is_same)
    if closed:
        return f"{', '.join(sorted(closed))} can be opened no more, and no erasure says why."
    return f"{', '.join(changed)} was changed." if changed else ""


def _hidden(salt: bytes, text: str | None) -> str | None:
    return None if text is None else f"sha256:{sha256(salt + text.encode()).hexdigest()}"


def _members(model: type[models.Model]) -> Compared:
    table = model._meta.db_table
    found = Compared(table, rows=_count(table))
    if model._meta.label not in MEMBERS:
        found.faults.append(f"{table}: nothing is known by which its rows could be checked.")
        return found
    for (header_id,) in _ask(MEMBERS[model._meta.label], {}):
        found.faults.append(f"{table}: those of {header_id} are not the ones it was written with.")
    return found


def gaps_in_the_watch() -> list[str]:
    """Name each table of evidence whose triggers are gone or switched off."""
    faults = []
    for model in evidence():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass "
                "AND NOT tgisinternal AND tgenabled = 'A'",
                [f"public.{model._meta.db_table}"],
            )
            (standing,) = cursor.fetchone()
        kept = _kept(model)
        if standing < 3 + bool(kept.header) + len(kept.guards):
            faults.append(f"{model._meta.db_table} is not watched: its triggers are off.")
    return faults


def _kept(model: type[models.Model]) -> Evidence | Member:
    return model.kept  # type: ignore[attr-defined, no-any-return]


def private(model: type[models.Model]) -> list[str]:
    """Return the columns of a model that stand in the entries as salted hashes."""
    names = _kept(model).private
    return [str(field.column) for field in model._meta.concrete_fields if field.name in names]


def parts(model: type[models.Model]) -> dict[str, sql.Composable]:
    """Return what queries about one table of evidence are filled in with."""
    table = model._meta.db_table
    return {
        "evidence": sql.Identifier("public", table),
        "table": sql.Literal(table),
        "written": sql.Literal(f"{table}:written"),
        "stamped": sql.Literal(f"{table}:stamped"),
        "private": sql.SQL("{}::text[]").format(sql.Literal(private(model))),
    }


def _count(table: str) -> int:
    ((rows,),) = _ask(
        "SELECT count(*) FROM {evidence}", {"evidence": sql.Identifier("public", table)}
    )
    return int(rows)


def _ask(query: str, known: dict[str, sql.Composable] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(query).format(**known) if known else query)
        return list(cursor.fetchall())
