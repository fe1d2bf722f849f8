"""Proof that one entry is in the sealed record: from its leaf to a signed root (RFC 6962, 2.1.1).

    {"checkpoint", "entry_id", "kind", "leaf", "path": […], "place", "root", "size"}

Hashes in hexadecimal digits, places from 0, the checkpoint as it was signed. The file is written in
one way only, and checked together with the receipt that names entry and leaf.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from notices.models.sealed import PublishedSeal
from prime_portal.ledger import checkpoints, tree
from prime_portal.ledger.checkpoints import NotOurs, PublicKey
from prime_portal.models import Checkpoint, LedgerEntry

KIND = "PRIME-INCLUSION-1"
AT_MOST = 64 * 1024

# Each leaf along the index: of a table not yet counted, a join would read all entries.
LEAVES = """
    SELECT (SELECT entry.leaf FROM ledger.entry WHERE entry.id = leaf.entry_id) FROM ledger.leaf
    WHERE position >= %s AND position < %s ORDER BY position
"""
NODES = """
    SELECT hash FROM ledger.node
    WHERE number >= %s AND number < %s AND level = %s ORDER BY number
"""


class NotProven(Exception):
    """This does not show that the entry is in the record."""


@dataclass(frozen=True)
class Proof:
    """The place of an entry among `size` sealed ones, and the hashes from its leaf to the root."""

    entry_id: int
    leaf: bytes
    place: int
    size: int
    path: tuple[bytes, ...]
    root: bytes
    checkpoint: str


def of(entry_id: int, *, leaf: bytes) -> Proof | None:
    """Prove what a receipt names, under the newest seal that was published, or else the newest.

    None if the entry waits for its seal. NotProven if the record does not hold it with this leaf,
    or is not what was signed.
    """
    if not LedgerEntry.objects.filter(pk=entry_id, leaf=leaf).exists():
        raise NotProven
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM ledger.leaf WHERE entry_id = %s", [entry_id])
        placed = cursor.fetchone()
    if placed is None:
        return None
    (place,) = placed
    sealed = (
        PublishedSeal.objects.filter(size__gt=place).first()
        or Checkpoint.objects.filter(size__gt=place).first()
    )
    if sealed is None:
        raise NotProven
    try:
        path = tuple(tree.inclusion_proof(place, sealed.size, _nodes))
    except LookupError:
        raise NotProven from None
    proof = Proof(entry_id, leaf, place, sealed.size, path, bytes(sealed.root), sealed.note)
    check(write(proof), entry_id=entry_id, leaf=leaf, keys=settings.LEDGER_PUBLIC_KEYS)
    return proof


def write(proof: Proof) -> bytes:
    """Return the proof as a file."""
    facts = {
        "kind": KIND,
        "entry_id": proof.entry_id,
        "leaf": proof.leaf.hex(),
        "place": proof.place,
        "size": proof.size,
        "path": [step.hex() for step in proof.path],
        "root": proof.root.hex(),
        "checkpoint": proof.checkpoint,
    }
    return (json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def check(content: bytes, *, entry_id: int, leaf: bytes, keys: list[PublicKey]) -> Proof:
    """Return what a file proves of this entry; NotProven if it does not. Asks no database."""
    try:
        facts = json.loads(content[: AT_MOST + 1])
        proof = Proof(
            facts["entry_id"],
            bytes.fromhex(facts["leaf"]),
            facts["place"],
            facts["size"],
            tuple(bytes.fromhex(step) for step in facts["path"]),
            bytes.fromhex(facts["root"]),
            facts["checkpoint"],
        )
        signed = checkpoints.read(proof.checkpoint, keys)
        led_to = tree.root_from(proof.leaf, proof.place, proof.size, proof.path)
        same = content == write(proof) and proof.checkpoint.endswith("\n")
    except (NotOurs, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotProven from None
    if not (
        same
        and (proof.entry_id, proof.leaf) == (entry_id, leaf)
        and (proof.size, proof.root) == (signed.size, signed.root)
        and led_to == signed.root
    ):
        raise NotProven
    return proof


def _nodes(level: int, first: int, count: int) -> Sequence[bytes]:
    with connection.cursor() as cursor:
        if level:
            cursor.execute(NODES, [first, first + count, level])
        else:
            cursor.execute(LEAVES, [first, first + count])
        nodes = [bytes(node) for (node,) in cursor.fetchall() if node is not None]
    if len(nodes) != count:
        raise LookupError(f"The tree has not all of {count} nodes from {first} at level {level}.")
    return nodes
