"""Day blocks in and out of PostgreSQL, many at a time.

Taking in: days of which nothing is held go straight into the partitioned table by binary COPY.
The others go into a temporary one first, and from there are laid over what is held, which is
kept as a revision in the same transaction. The months of both are summed anew. Taking the same
blocks again changes nothing. Which intervals each file spoke of is kept, also where it said what
stood already: so a file can be taken back (usage.imports).

Handing out: whole days in order, some hundreds at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import connection, transaction

from usage import month_totals
from usage.intervals import Block, DifferentLength, day_wh, merge, spoken
from usage.models import Import
from usage.sentences import Sentence, say
from usage.sentences import noop as _

AT_ONCE = 20_000
"""Blocks taken in in one round: some 10 MB of quarter-hours."""

OUT_AT_ONCE = 400
"""Blocks handed out in one round: a year and a month, some 200 kB of quarter-hours."""


class DayRow(NamedTuple):
    """A block and whose it is."""

    customer_id: UUID
    agreement_id: UUID
    channel_id: UUID
    block: Block


@dataclass
class Taken:
    """What came of it: days new, changed and kept as they were, and what did not fit.

    `left` counts the readings of the days that did not fit.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    misfits: list[Sentence] = field(default_factory=list)
    left: int = 0


# Every statement here is put together from the constants of this module alone (S608).
COLUMNS = (
    "customer_id, agreement_id, channel_id, day, start, sec, day_wh, missing, wh, quality, net"
)
TYPES = [
    "uuid",
    "uuid",
    "uuid",
    "date",
    "timestamptz",
    "int2",
    "int8",
    "int2",
    "bytea",
    "bytea",
    "bool",
]
HELD = """
SELECT agreement_id, channel_id, array_agg(day)
FROM unnest(%(customers)s::uuid[], %(agreements)s::uuid[]) AS asked (customer_id, agreement_id)
JOIN usage_intervalday USING (customer_id, agreement_id)
WHERE day BETWEEN %(first)s AND %(last)s
GROUP BY agreement_id, channel_id
"""

READ = """
SELECT day, sec, wh, quality, net FROM usage_intervalday
WHERE customer_id = %s AND agreement_id = %s AND channel_id = %s AND net = %s
  AND day BETWEEN %s AND %s
ORDER BY day LIMIT %s
"""

SAME_DAY = "USING (customer_id, agreement_id, channel_id, day)"
DIFFERENT = (
    "(held.sec, held.wh, held.quality, held.net)"
    " IS DISTINCT FROM ({0}.sec, {0}.wh, {0}.quality, {0}.net)"
)

STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_days ON COMMIT DROP AS
    SELECT {COLUMNS}, said FROM usage_intervalday WITH NO DATA;
CREATE TEMPORARY TABLE IF NOT EXISTS touched_days (
    customer_id uuid, agreement_id uuid, channel_id uuid, day date, revision smallint
) ON COMMIT DROP;
TRUNCATE incoming_days, touched_days
"""  # noqa: S608

# Delivered and received say more than their difference, which may not take their place (6.3).
NET_IS_LESS = """
DELETE FROM incoming_days AS incoming
USING usage_intervalday AS held, usage_channel AS channel
WHERE incoming.net AND held.customer_id = incoming.customer_id
  AND held.agreement_id = incoming.agreement_id AND held.day = incoming.day
  AND held.day BETWEEN %(first)s AND %(last)s
  AND channel.id = held.channel_id AND channel.flow = 'received'
RETURNING incoming.day, length(incoming.wh) / 4 - incoming.missing
"""

# What is sent again unchanged is most of what comes for days that are held. That it was, is kept
# in a row for as many days as follow each other.
LEAVE_SAME = f"""
WITH same AS (
    DELETE FROM incoming_days AS incoming USING usage_intervalday AS held
    WHERE held.customer_id = incoming.customer_id AND held.agreement_id = incoming.agreement_id
      AND held.channel_id = incoming.channel_id AND held.day = incoming.day
      AND held.day BETWEEN %(first)s AND %(last)s AND NOT {DIFFERENT.format("incoming")}
    RETURNING held.customer_id, held.agreement_id, held.channel_id, held.day, held.revision,
              held.taken_in_id = %(taken_in)s AND held.said IS NULL AS own
), runs AS (
    SELECT *, day - (row_number() OVER (
        PARTITION BY agreement_id, channel_id, revision ORDER BY day))::int AS run
    FROM same WHERE NOT own AND NOT %(fill_only)s
), kept AS (
    INSERT INTO usage_repeateddays
        (id, customer_id, agreement_id, channel_id, first_day, last_day, revision, taken_in_id)
    SELECT gen_random_uuid(), customer_id, agreement_id, channel_id, min(day), max(day),
           revision, %(taken_in)s
    FROM runs GROUP BY customer_id, agreement_id, channel_id, revision, run
)
SELECT count(*) FROM same
"""  # noqa: S608

TO_MERGE = f"""
SELECT incoming.ctid::text, incoming.day, held.taken_in_id = %(taken_in)s, held.said,
       incoming.sec, incoming.wh, incoming.quality, incoming.net,
       held.sec, held.wh, held.quality, held.net
FROM incoming_days AS incoming JOIN usage_intervalday AS held {SAME_DAY}
WHERE {DIFFERENT.format("incoming")} AND held.day BETWEEN %(first)s AND %(last)s
  AND (%(fill_only)s OR incoming.missing > 0 OR held.sec <> incoming.sec)
"""  # noqa: S608

# What is the same as what stands once it was merged, interval by interval.
KEEP_SAID = f"""
INSERT INTO usage_repeateddays
    (id, customer_id, agreement_id, channel_id, first_day, last_day, revision, said, taken_in_id)
SELECT gen_random_uuid(), customer_id, agreement_id, channel_id, day, day, held.revision,
       incoming.said, %(taken_in)s
FROM usage_intervalday AS held JOIN incoming_days AS incoming {SAME_DAY}
WHERE NOT {DIFFERENT.format("incoming")} AND held.day BETWEEN %(first)s AND %(last)s
  AND length(incoming.said) > 0 AND NOT %(fill_only)s
"""  # noqa: S608

KEEP = f"""
INSERT INTO usage_intervaldayrevision
    (id, customer_id, agreement_id, channel_id, day, revision, sec, wh, quality, net,
     taken_in_id, said, replaced_by_id, replaced_at)
SELECT gen_random_uuid(), customer_id, agreement_id, channel_id, day, held.revision, held.sec,
       held.wh, held.quality, held.net, held.taken_in_id, held.said, %(taken_in)s, %(at)s
FROM usage_intervalday AS held JOIN incoming_days AS incoming {SAME_DAY}
WHERE {DIFFERENT.format("incoming")} AND held.day BETWEEN %(first)s AND %(last)s
  AND held.taken_in_id <> %(taken_in)s
"""  # noqa: S608

LAY = f"""
WITH laid AS (
    INSERT INTO usage_intervalday AS held ({COLUMNS}, said, revision, taken_in_id)
    SELECT {COLUMNS}, said, 0, %(taken_in)s FROM incoming_days
    ON CONFLICT (customer_id, agreement_id, channel_id, day) DO UPDATE
    SET sec = excluded.sec, wh = excluded.wh, quality = excluded.quality, net = excluded.net,
        day_wh = excluded.day_wh, missing = excluded.missing, taken_in_id = excluded.taken_in_id,
        said = excluded.said,
        revision = held.revision + (held.taken_in_id <> excluded.taken_in_id)::int
    WHERE {DIFFERENT.format("excluded")}
    RETURNING customer_id, agreement_id, channel_id, day, revision
)
INSERT INTO touched_days SELECT * FROM laid
"""  # noqa: S608


@transaction.atomic
def take_blocks(rows: Iterable[DayRow], *, taken_in: Import, fill_only: bool = False) -> Taken:
    """Lay these days over what is held: fill gaps, correct values, blank nothing.

    With `fill_only` what is held stands and only gaps are filled: so a file that was taken in
    before cannot undo a correction that came after it. Each (agreement, channel, day) comes
    at most once in `rows`. One import at a time does this.
    """
    taken = Taken()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('usage_take_blocks'))")
        for some in batched_rows(rows):
            _take(cursor, some, taken_in=taken_in, fill_only=fill_only, taken=taken)
    return taken


def batched_rows(rows: Iterable[DayRow]) -> Iterator[list[DayRow]]:
    """The rows in rounds of AT_ONCE."""
    waiting: list[DayRow] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _take(
    cursor: Any, rows: list[DayRow], *, taken_in: Import, fill_only: bool, taken: Taken
) -> None:
    days = [row.block.day for row in rows]
    agreements = {row.agreement_id: row.customer_id for row in rows}
    facts: dict[str, Any] = {
        "taken_in": taken_in.pk,
        "at": taken_in.started_at,
        "fill_only": fill_only,
        "first": min(days),
        "last": max(days),
        "agreements": list(agreements),
        "customers": list(agreements.values()),
    }
    cursor.execute("SELECT usage_make_months(%(first)s, %(last)s)", facts)
    new, known = _part(cursor, rows, facts)
    touched = _lay_over(cursor, known, facts, taken) if known else 0
    if new:
        _copy(cursor, "usage_intervalday", new, taken_in)
        taken.new += len(new)
    if new or touched:
        month_totals.add_up(cursor, agreements, first=facts["first"], last=facts["last"])


def _part(
    cursor: Any, rows: list[DayRow], facts: dict[str, Any]
) -> tuple[list[DayRow], list[DayRow]]:
    """Days to which nothing that is held has anything to say, and the others."""
    cursor.execute(HELD, facts)
    held = {(agreement, channel): set(days) for agreement, channel, days in cursor.fetchall()}
    if not held and not any(row.block.net for row in rows):
        return rows, []
    new: list[DayRow] = []
    known: list[DayRow] = []
    for row in rows:
        over = row.block.day in held.get((row.agreement_id, row.channel_id), ())
        (known if over or row.block.net else new).append(row)
    return new, known


def _lay_over(cursor: Any, rows: list[DayRow], facts: dict[str, Any], taken: Taken) -> int:
    """Lay these days over what is held; return how many of them it changed."""
    cursor.execute(STAGE)
    _copy(cursor, "incoming_days", rows, None)
    left = _leave_net(cursor, rows, facts, taken)
    cursor.execute(LEAVE_SAME, facts)
    (same,) = cursor.fetchone()
    if same == len(rows) - left:
        taken.same += same
        return 0
    if _merge(cursor, facts, taken):
        cursor.execute(KEEP_SAID, facts)
    cursor.execute(KEEP, facts)
    cursor.execute(LAY, facts)
    cursor.execute("SELECT count(*) FILTER (WHERE revision = 0), count(*) FROM touched_days")
    new, touched = cursor.fetchone()
    taken.new += new
    taken.changed += touched - new
    taken.same += len(rows) - left - touched
    return int(touched)


def _copy(cursor: Any, table: str, rows: list[DayRow], taken_in: Import | None) -> None:
    more = (taken_in.pk,) if taken_in else ()
    columns = f"{COLUMNS}, taken_in_id" if taken_in else COLUMNS
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([*TYPES, "uuid"] if taken_in else TYPES)
        for row in rows:
            copy.write_row((*values(row), *more))


def values(row: DayRow) -> tuple[Any, ...]:
    """A row's COLUMNS, of TYPES."""
    customer, agreement, channel, block = row
    return (
        customer,
        agreement,
        channel,
        block.day,
        block.start,
        block.sec,
        day_wh(block),
        block.missing,
        block.wh,
        block.quality,
        block.net,
    )


def _leave_net(cursor: Any, rows: list[DayRow], facts: dict[str, Any], taken: Taken) -> int:
    if not any(row.block.net for row in rows):
        return 0
    cursor.execute(NET_IS_LESS, facts)
    what = _(
        "%(day)s is held as delivered and received; their difference (net) says less, and cannot "
        "replace them"
    )
    days = cursor.fetchall()
    for day, readings in days:
        taken.misfits.append(say(what, day=str(day)))
        taken.left += readings
    return len(days)


def _merge(cursor: Any, facts: dict[str, Any], taken: Taken) -> int:
    """Where a day is held already and the incoming one has gaps, let the two be one. How many."""
    cursor.execute(TO_MERGE, facts)
    days = cursor.fetchall()
    for place, day, own, before, *two in days:
        incoming, held = (
            Block(day, sec, bytes(wh), quality and bytes(quality), net)
            for sec, wh, quality, net in (two[:4], two[4:])
        )
        try:
            merged, _ = merge(incoming, held) if facts["fill_only"] else merge(held, incoming)
            said = said_of(held, incoming, fill_only=facts["fill_only"])
            if own:  # coarser readings came first, or the file speaks of the day in two rounds
                said = said_twice(before and bytes(before), said)
        except DifferentLength as misfit:
            if not facts["fill_only"]:
                taken.misfits.append(misfit.said)
                taken.left += incoming.held
                taken.same -= 1
            merged, said = held, b""
        cursor.execute(
            "UPDATE incoming_days SET sec = %s, wh = %s, quality = %s, net = %s, day_wh = %s,"
            " missing = %s, said = %s WHERE ctid = %s::tid",
            [
                *(merged.sec, merged.wh, merged.quality, merged.net),
                *(day_wh(merged), merged.missing, said, place),
            ],
        )
    return len(days)


def said_of(held: Block | None, incoming: Block, *, fill_only: bool = False) -> bytes | None:
    """Which intervals a file spoke of, of the day that comes of both; None: of all it holds.

    With `fill_only` only those it filled: what it said before, when it came the first time, goes
    with that time.
    """
    if held is None or held.sec != incoming.sec or not (incoming.missing or fill_only):
        return None
    said = spoken(incoming)
    if not fill_only:
        return said
    intervals = (1 << held.count) - 1
    filled = int.from_bytes(said, "little") & ~(int.from_bytes(spoken(held), "little") & intervals)
    return filled.to_bytes(len(said), "little")


def said_twice(before: bytes | None, said: bytes | None) -> bytes | None:
    """Which intervals a file spoke of that speaks of a day a second time."""
    if before is None or said is None:
        return None
    both = int.from_bytes(before, "little") | int.from_bytes(said, "little")
    return both.to_bytes(len(said), "little")


def held_blocks(
    customer: UUID, agreement: UUID, channel: UUID, *, net: bool, first: date, last: date
) -> Iterator[Block]:
    """Hand out the days held from first to last, in order: the net ones or the others.

    They come in rounds, each read to its end before its first day is handed out: whoever takes
    them slowly holds up no connection, and memory stays flat however many there are.
    """
    asked = [customer, agreement, channel, net]
    while first <= last:
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            facts = [*asked, first, last, OUT_AT_ONCE]
            rows = cursor.execute(READ, facts, binary=True, prepare=True).fetchall()
        round_ = [Block(*row) for row in rows]
        yield from round_
        if len(round_) < OUT_AT_ONCE:
            return
        first = round_[-1].day + timedelta(days=1)
