"""Day blocks in and out of PostgreSQL, many at a time.

Taking in: blocks go by binary COPY into a temporary table, then in one statement into the
partitioned one. What they replace is kept as a revision in the same transaction, and the
months they touch are summed anew. Taking the same blocks again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from usage.intervals import Block, DifferentLength, day_wh, merge
from usage.models import Import

AT_ONCE = 20_000
"""Blocks in one round: some 10 MB of quarter-hours."""


class DayRow(NamedTuple):
    """A block and whose it is."""

    customer_id: UUID
    agreement_id: UUID
    channel_id: UUID
    block: Block


@dataclass
class Taken:
    """What came of it: days new, changed and kept as they were, and what did not fit."""

    new: int = 0
    changed: int = 0
    same: int = 0
    misfits: list[str] = field(default_factory=list)


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
    "int4",
    "int2",
    "bytea",
    "bytea",
    "bool",
]
SAME_DAY = "USING (customer_id, agreement_id, channel_id, day)"
DIFFERENT = (
    "(held.sec, held.wh, held.quality, held.net)"
    " IS DISTINCT FROM ({0}.sec, {0}.wh, {0}.quality, {0}.net)"
)

STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_days ON COMMIT DROP AS
    SELECT {COLUMNS} FROM usage_intervalday WITH NO DATA;
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
RETURNING incoming.day
"""

TO_MERGE = f"""
SELECT incoming.ctid::text, incoming.day, incoming.sec, incoming.wh, incoming.quality,
       incoming.net, held.sec, held.wh, held.quality, held.net
FROM incoming_days AS incoming JOIN usage_intervalday AS held {SAME_DAY}
WHERE {DIFFERENT.format("incoming")} AND held.day BETWEEN %(first)s AND %(last)s
  AND (%(fill_only)s OR incoming.missing > 0 OR held.sec <> incoming.sec)
"""  # noqa: S608

KEEP = f"""
INSERT INTO usage_intervaldayrevision
    (id, customer_id, agreement_id, channel_id, day, revision, sec, wh, quality, net,
     taken_in_id, replaced_by_id, replaced_at)
SELECT gen_random_uuid(), customer_id, agreement_id, channel_id, day, held.revision, held.sec,
       held.wh, held.quality, held.net, held.taken_in_id, %(taken_in)s, %(at)s
FROM usage_intervalday AS held JOIN incoming_days AS incoming {SAME_DAY}
WHERE {DIFFERENT.format("incoming")} AND held.day BETWEEN %(first)s AND %(last)s
  AND held.taken_in_id <> %(taken_in)s
"""  # noqa: S608

LAY = f"""
WITH laid AS (
    INSERT INTO usage_intervalday AS held ({COLUMNS}, revision, taken_in_id)
    SELECT {COLUMNS}, 0, %(taken_in)s FROM incoming_days
    ON CONFLICT (customer_id, agreement_id, channel_id, day) DO UPDATE
    SET sec = excluded.sec, wh = excluded.wh, quality = excluded.quality, net = excluded.net,
        day_wh = excluded.day_wh, missing = excluded.missing, taken_in_id = excluded.taken_in_id,
        revision = held.revision + (held.taken_in_id <> excluded.taken_in_id)::int
    WHERE {DIFFERENT.format("excluded")}
    RETURNING customer_id, agreement_id, channel_id, day, revision
)
INSERT INTO touched_days SELECT * FROM laid
"""  # noqa: S608

SUM_MONTHS = """
INSERT INTO usage_monthtotal AS held
    (customer_id, agreement_id, channel_id, month, wh, days, missing, net_days)
SELECT days.customer_id, agreement_id, channel_id, month, sum(day_wh), count(*), sum(missing),
       count(*) FILTER (WHERE net)
FROM (
    SELECT DISTINCT customer_id, agreement_id, channel_id, date_trunc('month', day)::date AS month
    FROM touched_days
) AS touched
JOIN usage_intervalday AS days USING (customer_id, agreement_id, channel_id)
JOIN usage_serviceagreement AS agreement ON agreement.id = agreement_id
WHERE day >= month AND day < month + interval '1 month'
  AND day >= date_trunc('month', %(first)s::date)
  AND day < date_trunc('month', %(last)s::date) + interval '1 month'
  AND days.start < coalesce(agreement.ends_at, 'infinity')
  AND days.start + sec * (length(days.wh) / 4) * interval '1 second' > agreement.starts_at
GROUP BY days.customer_id, agreement_id, channel_id, month
ON CONFLICT (customer_id, agreement_id, channel_id, month) DO UPDATE
SET wh = excluded.wh, days = excluded.days, missing = excluded.missing,
    net_days = excluded.net_days
"""


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
    facts = {
        "taken_in": taken_in.pk,
        "at": taken_in.started_at,
        "fill_only": fill_only,
        "first": min(days),
        "last": max(days),
    }
    cursor.execute("SELECT usage_make_months(%(first)s, %(last)s)", facts)
    cursor.execute(STAGE)
    _copy(cursor, rows)
    left = _leave_net(cursor, rows, facts, taken)
    _merge(cursor, facts, taken)
    cursor.execute(KEEP, facts)
    cursor.execute(LAY, facts)
    cursor.execute("SELECT count(*) FILTER (WHERE revision = 0), count(*) FROM touched_days")
    new, touched = cursor.fetchone()
    taken.new += new
    taken.changed += touched - new
    taken.same += len(rows) - left - touched
    cursor.execute(SUM_MONTHS, facts)


def _copy(cursor: Any, rows: list[DayRow]) -> None:
    with cursor.copy(f"COPY incoming_days ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(TYPES)
        for customer, agreement, channel, block in rows:
            copy.write_row(
                (
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
            )


def _leave_net(cursor: Any, rows: list[DayRow], facts: dict[str, Any], taken: Taken) -> int:
    if not any(row.block.net for row in rows):
        return 0
    cursor.execute(NET_IS_LESS, facts)
    days = [day for (day,) in cursor.fetchall()]
    taken.misfits += [
        f"{day} is held as delivered and received; their difference (net) says less, "
        "and cannot replace them"
        for day in days
    ]
    return len(days)


def _merge(cursor: Any, facts: dict[str, Any], taken: Taken) -> None:
    """Where a day is held already and the incoming one has gaps, let the two be one."""
    cursor.execute(TO_MERGE, facts)
    for place, day, *two in cursor.fetchall():
        incoming, held = (
            Block(day, sec, bytes(wh), quality and bytes(quality), net)
            for sec, wh, quality, net in (two[:4], two[4:])
        )
        try:
            merged, _ = merge(incoming, held) if facts["fill_only"] else merge(held, incoming)
        except DifferentLength as misfit:
            if not facts["fill_only"]:
                taken.misfits.append(str(misfit))
            merged = held
        cursor.execute(
            "UPDATE incoming_days SET sec = %s, wh = %s, quality = %s, net = %s, day_wh = %s,"
            " missing = %s WHERE ctid = %s::tid",
            [
                *(merged.sec, merged.wh, merged.quality, merged.net),
                *(day_wh(merged), merged.missing, place),
            ],
        )


@transaction.atomic
def sum_months_of(agreements: Iterable[UUID]) -> None:
    """Sum the months of these agreements anew, after their dates or their days changed."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        ids = list(agreements)
        cursor.execute("DELETE FROM usage_monthtotal WHERE agreement_id = ANY(%s)", [ids])
        cursor.execute(
            "INSERT INTO touched_days SELECT customer_id, agreement_id, channel_id, day, 0"
            " FROM usage_intervalday WHERE agreement_id = ANY(%s)",
            [ids],
        )
        cursor.execute("SELECT min(day), max(day) FROM touched_days")
        first, last = cursor.fetchone()
        if first:
            cursor.execute(SUM_MONTHS, {"first": first, "last": last})
