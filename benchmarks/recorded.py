"""The rows of one grant, to be written again and again: recorded, unrecorded, and in a hash chain.

The three write the same rows with the same statements; a connection's search path says into which
tables. `plain` and `chained` are copies of the portal's tables with their keys, indexes, checks and
foreign keys, and without the triggers that record.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
from django.db import connection, connections, models, transaction
from psycopg import sql
from uuid_utils.compat import uuid7

from benchmarks import mailing
from benchmarks.world import NOW, World, as_owner
from consent import authorizations, receipts
from consent.models import Authorization, AuthorizedAgreement, Receipt, Shown, StatedUse
from notices.models import Delivery, Notice
from prime_portal.models import User
from usage import purposes
from usage.granularity import Granularity
from usage.models import Customer, Via

TABLES: list[type[models.Model]] = [Shown, Authorization, AuthorizedAgreement, Receipt, Delivery]
EMPTY = bytes(32)

# The newest link is locked as late as can be, and all of a request's rows are one call.
CHAIN = """
    CREATE TABLE chained.link (
        id bigint PRIMARY KEY, body text NOT NULL, hash bytea NOT NULL);
    CREATE TABLE chained.head (single boolean PRIMARY KEY, id bigint NOT NULL, hash bytea NOT NULL);
    INSERT INTO chained.head VALUES (true, 0, decode(repeat('00', 32), 'hex'));
    CREATE FUNCTION chained.append(bodies text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        number bigint;
        newest bytea;
        body text;
    BEGIN
        SELECT id, hash INTO number, newest FROM chained.head FOR UPDATE;
        FOREACH body IN ARRAY bodies LOOP
            number := number + 1;
            newest := sha256(newest || convert_to(body, 'UTF8'));
            INSERT INTO chained.link VALUES (number, body, newest);
        END LOOP;
        UPDATE chained.head SET id = number, hash = newest;
    END $$;
    GRANT ALL ON ALL TABLES IN SCHEMA chained TO prime_app;
"""
KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = %s::regclass
"""


class Row(NamedTuple):
    """A row to write anew: the statement, its columns, the values of the first."""

    statement: sql.Composed
    columns: list[str]
    values: list[Any]


Grant = list[tuple[Row, list[Any]]]


def rows_of_a_grant(of: World) -> list[Row]:
    """Grant once, as the portal does, and return the rows that were written."""
    mailing.neighbors(0)
    meter = of.meters[0]
    customer = meter.agreement.customer
    by = User.objects.create_user("grantor@benchmark.example")
    use = StatedUse.objects.get(third_party__key="recorded")
    party, words = use.third_party, purposes.words_of(use.purpose)
    with transaction.atomic():
        shown = Shown.objects.create(
            customer=customer,
            language="en",
            text="What she was shown, some two screens of it. " * 60,
            sha256=EMPTY,
            shown_at=NOW,
        )
        held = Authorization.objects.create(
            customer=customer,
            third_party=party,
            third_party_words=party.words,
            purpose=words.purpose,
            purpose_words=words,
            categories=["interval_usage"],
            history_from=NOW.date(),
            granularity=Granularity.AS_MEASURED,
            notice=Notice.objects.all()[0],
            shown=shown,
            language="en",
            granted_at=NOW,
            granted_by=by,
            via=Via.PORTAL,
            signed_from="203.0.113.7",
            signed_with="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            request_key=uuid4(),
        )
        ticked = AuthorizedAgreement.objects.create(
            customer=customer, authorization=held, agreement=meter.agreement
        )
        receipt = receipts.give(held, Receipt.Event.GRANTED, at=NOW)
        owed = Delivery.objects.of(customer).latest("owed_at")
    return [_row(one) for one in (shown, held, ticked, receipt, owed)]


def grants(of: World) -> Iterator[Callable[[], object]]:
    """Let customers grant, each a moment after the last, as the page does: read back, confirm.

    What is handed out grants once; what it granted is canceled before the next, untimed.
    """
    by = User.objects.get(email="grantor@benchmark.example")
    use = StatedUse.objects.select_related("third_party", "purpose").get(
        third_party__key="recorded"
    )
    others = of.meters[1:]  # the first one's rows were written again and again
    for number in itertools.count():
        meter = others[number % len(others)]
        customer, at = meter.agreement.customer, NOW + timedelta(minutes=number)
        terms = authorizations.Terms(
            use=use,
            agreements=(meter.agreement,),
            categories=("interval_usage",),
            history_from=NOW.date() - timedelta(days=200),
            granularity=Granularity.AS_MEASURED,
        )
        made: list[Authorization] = []
        yield partial(_grant, customer, terms, by, at, made)
        for held in made:
            authorizations.cancel(held, by=by, via=Via.PORTAL, at=at + timedelta(seconds=30))


def _grant(
    customer: Customer,
    terms: authorizations.Terms,
    by: User,
    at: datetime,
    made: list[Authorization],
) -> None:
    shown = authorizations.read_back(customer, terms, language="es", at=at)
    made.append(
        authorizations.grant(
            customer,
            terms,
            shown_sha256=shown.sha256,
            request_key=uuid4(),
            language="es",
            by=by,
            via=Via.PORTAL,
            at=at,
        )
    )


def _row(one: models.Model) -> Row:
    table = one._meta.db_table
    columns = [str(field.column) for field in one._meta.concrete_fields]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    return Row(
        statement, columns, [getattr(one, field.attname) for field in one._meta.concrete_fields]
    )


def anew(rows: list[Row]) -> Grant:
    """The same grant with ids and keys of its own."""
    new = {row.values[row.columns.index("id")]: uuid7() for row in rows}
    made = []
    for row in rows:
        values = [new.get(value, value) if _hashable(value) else value for value in row.values]
        for name in ("request_key", "key"):
            if name in row.columns:
                at = row.columns.index(name)
                values[at] = uuid4() if name == "request_key" else f"benchmark:{uuid4()}"
        made.append((row, values))
    return made


def _hashable(value: object) -> bool:
    return not isinstance(value, list | memoryview)


def insert(writer: psycopg.Connection[Any], grant: Grant) -> None:
    """One request's writing: a statement a row, and the commit."""
    for row, values in grant:
        writer.execute(row.statement, values)
    writer.commit()


def insert_and_chain(writer: psycopg.Connection[Any], grant: Grant) -> None:
    """The same, and what was written goes into the one chain before the commit."""
    for row, values in grant:
        writer.execute(row.statement, values)
    bodies = [_body(row.columns, values) for row, values in grant]
    writer.execute("SELECT chained.append(%s)", [bodies])
    writer.commit()


def _body(columns: list[str], values: list[Any]) -> str:
    return json.dumps(dict(zip(columns, values, strict=True)), default=_plain)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)


def connect(schema: str) -> psycopg.Connection[Any]:
    """Connect as the portal's own role; names are looked for in this schema first."""
    connection.ensure_connection()
    info = connection.connection.info
    return psycopg.connect(
        host=info.host,
        port=info.port,
        user=info.user,
        dbname=info.dbname,
        password=info.password,
        options=f"-c search_path={schema},public",
    )


def make_tables() -> None:
    """Make the two copies."""
    forget_tables()
    for schema in ("plain", "chained"):
        as_owner(f"CREATE SCHEMA {schema}", f"GRANT USAGE ON SCHEMA {schema} TO prime_app")
        keys = []
        for model in TABLES:
            table = model._meta.db_table
            keys += _keys(table)
            as_owner(f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)")
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, false)", [f"{schema}, public"])
            for table, name, definition in keys:
                cursor.execute(f"ALTER TABLE {schema}.{table} ADD CONSTRAINT {name} {definition}")
            cursor.execute("RESET search_path")
        as_owner(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO prime_app")
    as_owner(CHAIN)


def _keys(table: str) -> list[tuple[str, str, str]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(KEYS, [f"public.{table}"])
        return list(cursor.fetchall())


def forget_tables() -> None:
    as_owner("DROP SCHEMA IF EXISTS plain CASCADE", "DROP SCHEMA IF EXISTS chained CASCADE")


def written(schema: str) -> int:
    """How many grants stand in these tables whole."""
    with connect(schema) as reader:
        found = reader.execute(
            "SELECT count(*) FROM consent_authorization AS held"
            " JOIN consent_shown ON consent_shown.id = held.shown_id"
            " JOIN consent_authorizedagreement AS ticked ON ticked.authorization_id = held.id"
            " JOIN consent_receipt AS receipt ON receipt.authorization_id = held.id"
        ).fetchone()
    return int(found[0]) if found else 0


def recorded() -> int:
    """How many entries the portal's own record holds."""
    with connect("public") as reader:
        found = reader.execute("SELECT count(*) FROM ledger.entry").fetchone()
    return int(found[0]) if found else 0


def chained() -> int:
    """How many links the chain has. Each must be the hash of the one before it and its body."""
    newest = EMPTY
    with connect("chained") as reader:
        links = reader.execute("SELECT body, hash FROM chained.link ORDER BY id").fetchall()
    for body, link in links:
        newest = sha256(newest + body.encode()).digest()
        if newest != link:
            raise ValueError("The chain is broken.")
    return len(links)
