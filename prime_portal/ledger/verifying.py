"""Checking the whole record: every entry, its place, every checkpoint, every row of evidence (5.1).

What can be found from inside: an entry that was edited, removed or moved; a checkpoint that
signs another tree or is signed by nobody; a row that no longer says what its entries say, or
stands without any. What cannot: a record rolled back together with its checkpoints, or written
anew from the first entry by somebody who has the key. One checkpoint that was kept elsewhere
shows both; one receipt shows an entry that was taken out before it was sealed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from prime_portal.ledger import checkpoints, reading, rows, tree
from prime_portal.ledger.checkpoints import NotOurs, PublicKey
from prime_portal.ledger.sealing import LATE
from prime_portal.models import Checkpoint

TOLD = 50

# The bytes a leaf is the hash of, from the columns as they are stored.
HASHED = "convert_to(entry.id || E'\\n' || at || E'\\n' || kind || E'\\n' || body, 'UTF8')"
SEALED = f"""
    SELECT leaf.position, leaf.entry_id, entry.leaf, {HASHED}
    FROM ledger.leaf LEFT JOIN ledger.entry ON entry.id = leaf.entry_id ORDER BY leaf.position
"""  # noqa: S608 - a constant
UNSEALED = f"""
    SELECT id, at, leaf, {HASHED}, id <= (SELECT placed FROM ledger.mark) FROM ledger.entry
    WHERE NOT EXISTS (SELECT FROM ledger.leaf WHERE entry_id = entry.id) ORDER BY id
"""  # noqa: S608 - a constant


@dataclass
class Report:
    """What was looked at, and what is wrong, each as a sentence."""

    entries: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    rows: int = 0
    unopenable: int = 0
    faults: list[str] = field(default_factory=list)

    def blame(self, sentence: str) -> None:
        self.faults.append(sentence)


@dataclass(frozen=True)
class Receipt:
    """What a customer holds: the number of an entry and its leaf."""

    entry_id: int
    leaf: bytes


Progress = Callable[[int], object]


def verify(
    *,
    keys: list[PublicKey],
    at: datetime,
    outside: Iterable[str] = (),
    receipts: Iterable[Receipt] = (),
    progress: Progress = lambda _done: None,
) -> Report:
    """Check everything, in one view of the database.

    outside: checkpoints kept elsewhere (a mail, a letter, the public page of that day).
    receipts: what customers were given. progress: told how many entries were read since.
    """
    report = Report()
    elsewhere = _read_outside(outside, keys, report)
    with transaction.atomic():
        reading.look_once()
        with reading.as_written():
            wanted = set(Checkpoint.objects.values_list("size", flat=True))
            roots = _walk(wanted | {held.size for held in elsewhere}, report, progress)
            _check_unsealed(report, at=at, progress=progress)
            _check_checkpoints(roots, keys, report)
            for held in elsewhere:
                _check_outside(held, roots, report)
            for receipt in receipts:
                _check_receipt(receipt, report)
            report.faults += rows.gaps_in_the_watch()
            for found in rows.compare():
                report.rows += found.rows
                report.unopenable += found.unopenable
                report.faults += found.faults
    return report


def _walk(wanted: set[int], report: Report, progress: Progress) -> dict[int, bytes]:
    """Hash every sealed entry anew, in order. Returns the roots it came by: at each wanted size,
    as far as the record reaches."""
    grown = tree.Frontier()
    roots = {0: grown.root()}
    stops = sorted(wanted)
    for piece in reading.pieces(SEALED):
        first = grown.size
        leaves = list(_whole(piece, first, report))
        last = first + len(leaves)
        for size in [*stops[bisect_right(stops, first) : bisect_right(stops, last)], last]:
            grown.extend(leaves[grown.size - first : size - first])
            roots[size] = grown.root()
        progress(len(leaves))
        if len(leaves) < len(piece):
            break
    report.entries = grown.size
    return roots


def _whole(piece: list[tuple[Any, ...]], first: int, report: Report) -> Iterator[bytes]:
    """Return the leaves of these entries, up to the first place that is empty."""
    for place, (position, entry_id, leaf, hashed) in enumerate(piece, start=first):
        if position != place or leaf is None:
            gone = f"Place {place} of the record is empty"
            report.blame(f"{gone}: entry {entry_id} was removed." if leaf is None else f"{gone}.")
            return
        if tree.leaf_hash(hashed) != leaf:
            report.blame(f"Entry {entry_id} was edited (place {position}).")
        yield leaf


def _check_unsealed(report: Report, *, at: datetime, progress: Progress) -> None:
    oldest = ""
    for entry_id, written, leaf, hashed, is_passed in reading.stream(UNSEALED):
        report.unsealed += 1
        oldest = min(oldest or written, written)
        if tree.leaf_hash(hashed) != leaf:
            report.blame(f"Entry {entry_id} was edited (not sealed yet).")
        if is_passed:
            report.blame(f"Entry {entry_id} was slipped in among those that are sealed.")
    progress(report.unsealed)
    report.entries += report.unsealed
    if oldest and datetime.fromisoformat(oldest) < at - LATE:
        report.blame(f"{report.unsealed} entries wait for their seal, the oldest since {oldest}.")


def _check_checkpoints(roots: dict[int, bytes], keys: list[PublicKey], report: Report) -> None:
    newest_key = 0
    unfit: list[int] = []
    for kept in Checkpoint.objects.order_by("size").iterator():
        report.checkpoints += 1
        name = f"The checkpoint of {kept.size} entries"
        try:
            signed = checkpoints.read(kept.note, keys)
        except NotOurs as error:
            report.blame(f"{name}: {error}")
            continue
        if keys.index(signed.key) < newest_key:
            report.blame(f"{name} is signed with a key that had been replaced.")
        newest_key = max(newest_key, keys.index(signed.key))
        if (signed.size, signed.root) != (kept.size, bytes(kept.root)):
            report.blame(f"{name} signs another tree than its row says.")
        elif roots.get(kept.size) != signed.root:
            unfit.append(kept.size)
    if unfit:
        report.blame(
            f"{len(unfit)} checkpoints do not fit the entries, the first that of {unfit[0]} "
            "entries: one before it was changed, moved or is gone."
        )
    if report.entries - report.unsealed and not report.checkpoints:
        report.blame("Entries are sealed, but no checkpoint is there.")


def _read_outside(
    notes: Iterable[str], keys: list[PublicKey], report: Report
) -> list[checkpoints.Checkpoint]:
    read = []
    for number, note in enumerate(notes, start=1):
        try:
            read.append(checkpoints.read(note, keys))
        except NotOurs as error:
            report.blame(f"The outside checkpoint {number}: {error}")
    return read


def _check_outside(held: checkpoints.Checkpoint, roots: dict[int, bytes], report: Report) -> None:
    name = f"The outside checkpoint of {held.size} entries ({held.signed_at:%Y-%m-%d %H:%M} UTC)"
    root = roots.get(held.size)
    if root is None:
        report.blame(f"{name} is larger than the record: the record was rolled back or cut.")
    elif root != held.root:
        report.blame(f"{name} has another root: the record was written anew after it.")


def _check_receipt(receipt: Receipt, report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM ledger.entry WHERE id = %s", [receipt.entry_id])
        row = cursor.fetchone()
    if row is None:
        report.blame(f"Entry {receipt.entry_id}, for which a receipt was given, is gone.")
    elif bytes(row[0]) != receipt.leaf:
        report.blame(f"Entry {receipt.entry_id} is not the one a receipt was given for.")
