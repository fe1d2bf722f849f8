"""Every row of evidence beside what the database recorded of it (5.1).

The entries of a row say all its columns: the first its whole content, later ones each stamp.
A row that differs was changed past the triggers, one without entries was slipped in, entries
without a row tell of one that was taken out. Private columns are compared through their salted
hashes; where the salt was erased, nothing can be compared and the value counts as unopenable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from prime_portal.ledger import reading
from usage.evidence import Evidence, Member

OURS = ("prime_portal", "usage", "notices", "consent")
NAMED = 20

DIFFERENT = """
    WITH written AS (
        SELECT row_id, body::jsonb AS facts FROM ledger.entry WHERE kind = {written}
    ), stamped AS (
        SELECT row_id, jsonb_object_agg(key, value) AS facts
        FROM ledger.entry, jsonb_each(body::jsonb) WHERE kind = {stamped} GROUP BY row_id
    ), live AS (
        SELECT the_row.id, to_jsonb(the_row) - {private} AS facts FROM {evidence} AS the_row
    )
    SELECT coalesce(live.id, row_id), live.facts,
        (written.facts || coalesce(stamped.facts, '{{}}')) - {private}
    FROM live FULL JOIN (written LEFT JOIN stamped USING (row_id)) ON row_id = live.id
    WHERE live.facts IS DISTINCT FROM (written.facts || coalesce(stamped.facts, '{{}}')) - {private}
"""
OPENED = """
    SELECT entry.row_id, salt.field FROM ledger.entry
    JOIN ledger.salt ON salt.entry_id = entry.id
    JOIN {evidence} AS the_row ON the_row.id = entry.row_id
    WHERE entry.kind IN ({written}, {stamped})
    AND entry.body::jsonb ->> salt.field IS DISTINCT FROM 'sha256:' || encode(sha256(
        salt.salt || convert_to(to_jsonb(the_row) ->> salt.field, 'UTF8')), 'hex')
"""
CLOSED = """
    SELECT count(*) FROM ledger.entry, jsonb_each_text(body::jsonb) AS said
    WHERE kind IN ({written}, {stamped}) AND said.key = ANY ({private})
    AND said.value LIKE 'sha256:%%'
    AND NOT EXISTS (SELECT FROM ledger.salt WHERE entry_id = entry.id AND field = said.key)
"""
# Members have no entries of their own: their header's entry holds a hash of all of them.
MEMBERS = {
    "consent.DisclosureMember": """
        SELECT id FROM consent_disclosure AS header
        WHERE members_sha256 <> sha256(convert_to(coalesce((
            SELECT string_agg(concat_ws(' ', customer_id, coalesce(authorization_id::text, '-'),
                rows), E'\\n' ORDER BY customer_id)
            FROM consent_disclosuremember WHERE disclosure_id = header.id), ''), 'UTF8'))
    """,
    "consent.Reached": """
        SELECT id FROM consent_reach AS header
        WHERE members_sha256 <> sha256(convert_to(coalesce((
            SELECT string_agg(customer_id::text, E'\\n' ORDER BY customer_id)
            FROM consent_reached WHERE reach_id = header.id), ''), 'UTF8'))
    """,
    # Who they are is hashed anew, and compared, before anything goes to them.
    "consent.BulkMember": """
        SELECT id FROM consent_bulkproposal AS header
        WHERE customers <> (
            SELECT count(*) FROM consent_bulkmember WHERE proposal_id = header.id)
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


def compare() -> Iterator[Compared]:
    """Compare table after table. Reads only."""
    reading.same_form()
    for model in evidence():
        yield _members(model) if isinstance(_kept(model), Member) else _rows(model)


def _rows(model: type[models.Model]) -> Compared:
    table = model._meta.db_table
    found = Compared(table, rows=_count(table))
    known = parts(model)
    for row_id, live, recorded in _ask(DIFFERENT, known):
        if wrong := _difference(live, recorded):
            found.faults.append(f"{table}, row {row_id}: {wrong}")
    if private(model):
        for row_id, column in _ask(OPENED, known):
            found.faults.append(f"{table}, row {row_id}: {column} was changed.")
        ((found.unopenable,),) = _ask(CLOSED, known)
    return found


def _difference(live: Any, recorded: Any) -> str:
    """Say how a row differs from its entries. Nothing if only the table's shape changed since."""
    if recorded is None:
        return "it stands without an entry; it was slipped in."
    if live is None:
        return "it is gone; its entries are there."
    live, recorded = json.loads(live), json.loads(recorded)
    changed = sorted(
        column for column in live.keys() & recorded.keys() if live[column] != recorded[column]
    )
    return f"{', '.join(changed)} was changed." if changed else ""


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
                [model._meta.db_table],
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
        "evidence": sql.Identifier(table),
        "written": sql.Literal(f"{table}:written"),
        "stamped": sql.Literal(f"{table}:stamped"),
        "private": sql.SQL("{}::text[]").format(sql.Literal(private(model))),
    }


def _count(table: str) -> int:
    ((rows,),) = _ask("SELECT count(*) FROM {evidence}", {"evidence": sql.Identifier(table)})
    return int(rows)


def _ask(query: str, known: dict[str, sql.Composable]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(query).format(**known) if known else query)
        return list(cursor.fetchall())
