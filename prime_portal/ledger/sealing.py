"""The sealer: new entries get their places in the tree, and the tree's root is signed (5.1)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from prime_portal.ledger import checkpoints, reading, tree
from prime_portal.ledger.checkpoints import NotOurs, SigningKey
from prime_portal.models import Checkpoint
from usage.frozen import frozen

logger = logging.getLogger(__name__)

AT_ONCE = 100_000
LATE = timedelta(minutes=5)

NEW_LEAVES = """
    SELECT leaf.position, entry.leaf FROM ledger.leaf
    LEFT JOIN ledger.entry ON entry.id = leaf.entry_id
    WHERE leaf.position >= {sealed} ORDER BY leaf.position
"""
# Read along its index, so that a long record costs no more than a short one.
OLDEST_UNSEALED = "SELECT at FROM ledger.unsealed ORDER BY id LIMIT 1"


class Broken(Exception):
    """The tree does not continue what was signed last. Nothing more is sealed over it."""


@transaction.atomic
def seal(*, key: SigningKey | None, at: datetime, at_once: int = AT_ONCE) -> int:
    """Place up to `at_once` new entries and sign the tree they make. How many; 0 means all done.

    One sealer works at a time; another finds nothing to do. Before anything is signed, the
    newest checkpoint must be ours and must lead to the tree's edge as it is kept; Broken if
    not, or if leaves it covers are gone. A frozen portal seals nothing: another tree of the same
    size may be published already.
    """
    if frozen():
        return 0
    if key is None:
        logger.error("LEDGER_SIGNING_KEY is not set: the record is not sealed.")
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.place(%s)", [at_once])
        (placed,) = cursor.fetchone()
    frontier = edge()
    if placed is None:
        return 0
    leaves = list(_new_leaves(frontier.size, placed))
    if not leaves:
        return 0
    kept = [
        (level, first + at, node)
        for level, first, row in frontier.extend(leaves)
        if level and level % tree.KEPT_EVERY == 0
        for at, node in enumerate(row)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger.node (level, number, hash) VALUES (%s, %s, %s)", kept
        )
    root = frontier.root()
    Checkpoint.objects.create(
        size=frontier.size,
        root=root,
        frontier=b"".join(frontier.peaks),
        note=key.sign(frontier.size, root, at=at),
        at=at,
    )
    return len(leaves)


def edge() -> tree.Frontier:
    """Return the tree as the newest checkpoint left it, having checked that it says the same."""
    newest = Checkpoint.objects.first()
    if newest is None:
        return tree.Frontier()
    peaks = bytes(newest.frontier)
    frontier = tree.Frontier(newest.size, [peaks[at : at + 32] for at in range(0, len(peaks), 32)])
    try:
        signed = checkpoints.read(newest.note, settings.LEDGER_PUBLIC_KEYS)
    except NotOurs as error:
        raise Broken(f"The newest checkpoint ({newest.size} entries): {error}") from None
    if (signed.size, signed.root) != (newest.size, frontier.root()):
        raise Broken(f"The newest checkpoint ({newest.size} entries) signed another tree.")
    return frontier


def is_late(*, at: datetime) -> bool:
    """Whether an entry has waited for its seal for more than five minutes."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_UNSEALED)
        row = cursor.fetchone()
    return row is not None and datetime.fromisoformat(row[0]) < at - LATE


def _new_leaves(sealed: int, placed: int) -> Iterator[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger.leaf")
        (places,) = cursor.fetchone()
        if places - placed < sealed:
            raise Broken("The record is shorter than its newest checkpoint says.")
    new = reading.stream(sql.SQL(NEW_LEAVES).format(sealed=sql.Literal(sealed)))
    for place, (position, leaf) in enumerate(new, start=sealed):
        if position != place or leaf is None:
            raise Broken(f"The record has no entry at place {place}.")
        yield leaf
