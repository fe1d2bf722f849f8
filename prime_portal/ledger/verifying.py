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

from django.db import connection, transaction

from prime_portal.ledger import checkpoints, reading, rows, tree
from prime_portal.ledger.checkpoints import NotOurs, PublicKey
from prime_portal.ledger.sealing import LATE
from prime_portal.models import Checkpoint
from usage.frozen import frozen

TOLD = 50

PIECE, PIECES_AT_ONCE = 8192, 16
"""Places in a piece, and pieces read at once (4 MB)."""

# PostgreSQL hashes, as it compares the rows, and is trusted to as there.
EDITED = """
    SELECT array_agg(id) FROM ledger.entry WHERE leaf <> sha256('\\x00'::bytea || convert_to(
        id || E'\\n' || at || E'\\n' || kind || E'\\n' || body, 'UTF8'))
"""
PLACE = "SELECT position FROM ledger.leaf WHERE entry_id = %s"
# The leaves of so many places laid end to end, if there is one for each place and no more.
SEALED = """
    SELECT position / {piece}, CASE
        WHEN max(position) - position / {piece} * {piece} = count(*) - 1
            AND count(*) = count(DISTINCT position) AND count(*) = count(entry.leaf)
            AND bool_and(length(entry.leaf) = 32)
        THEN string_agg(entry.leaf, '' ORDER BY position) END
    FROM ledger.leaf LEFT JOIN ledger.entry ON entry.id = leaf.entry_id
    GROUP BY position / {piece} ORDER BY position / {piece}
"""
ONE_BY_ONE = """
    SELECT leaf.position, leaf.entry_id, entry.leaf
    FROM ledger.leaf LEFT JOIN ledger.entry ON entry.id = leaf.entry_id
    WHERE leaf.position >= %s ORDER BY leaf.position LIMIT {piece}
"""
UNSEALED = """
    SELECT id, at, id <= (SELECT placed FROM ledger.mark) FROM ledger.entry
    WHERE NOT EXISTS (SELECT FROM ledger.leaf WHERE entry_id = entry.id) ORDER BY id
"""


@dataclass
class Report:
    """What was looked at, what is wrong, and what is worth a remark, each as a sentence."""

    entries: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    rows: int = 0
    unopenable: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

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
    """Check everything, in one view of the database, some of it on connections beside.

    outside: checkpoints kept elsewhere (a mail, a letter, the public page of that day).
    receipts: what customers were given. progress: told how many entries were read since.
    """
    report = Report()
    elsewhere = _read_outside(outside, keys, report)
    with transaction.atomic():
        reading.look_once()
        with reading.as_written(), reading.helpers() as beside:
            edited = beside(_edited)
            compared = rows.compare(beside)
            wanted = set(Checkpoint.objects.values_list("size", flat=True))
            roots = _walk(wanted | {held.size for held in elsewhere}, report, progress)
            _check_unsealed(report, at=at, progress=progress)
            _check_checkpoints(roots, keys, report)
            for held in elsewhere:
                _check_outside(held, roots, report)
            for receipt in receipts:
                _check_receipt(receipt, report)
            report.faults += edited.result()
            report.faults += rows.gaps_in_the_watch()
            for table in compared:
                found = table.result()
                report.rows += found.rows
                report.unopenable += found.unopenable
                report.faults += found.faults
    return report


def _edited() -> list[str]:
    """Hash every entry anew, sealed or not, and name those that are not what they were."""
    faults = []
    with connection.cursor() as cursor:
        cursor.execute(EDITED)
        (edited,) = cursor.fetchone()
        for entry_id in sorted(edited or ()):
            cursor.execute(PLACE, [entry_id])
            row = cursor.fetchone()
            where = f"place {row[0]}" if row else "not sealed yet"
            faults.append(f"Entry {entry_id} was edited ({where}).")
    return faults


def _walk(wanted: set[int], report: Report, progress: Progress) -> dict[int, bytes]:
    """Build the tree over all leaves anew, in order. Returns the roots it came by: at each
    wanted size, as far as the record reaches."""
    grown = tree.Frontier()
    roots = {0: grown.root()}
    stops = sorted(wanted)
    for number, packed in reading.stream(SEALED.format(piece=PIECE), at_once=PIECES_AT_ONCE):
        first = grown.size
        is_whole = packed is not None and number * PIECE == first
        leaves = _apart(packed) if is_whole else list(_up_to_a_gap(first, report))
        last = first + len(leaves)
        for size in [*stops[bisect_right(stops, first) : bisect_right(stops, last)], last]:
            grown.extend(leaves[grown.size - first : size - first])
            roots[size] = grown.root()
        progress(len(leaves))
        if not is_whole and len(leaves) < PIECE:
            break
    report.entries = grown.size
    return roots


def _apart(packed: bytes) -> list[bytes]:
    return [packed[at : at + 32] for at in range(0, len(packed), 32)]


def _up_to_a_gap(first: int, report: Report) -> Iterator[bytes]:
    """Return the leaves of a piece from this place on, up to the first place that is empty."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_BY_ONE.format(piece=PIECE), [first])
        for place, (position, entry_id, leaf) in enumerate(cursor.fetchall(), start=first):
            if position != place or leaf is None:
                gone = f"Place {place} of the record is empty"
                report.blame(
                    f"{gone}: entry {entry_id} was removed." if leaf is None else f"{gone}."
                )
                return
            yield bytes(leaf)


def _check_unsealed(report: Report, *, at: datetime, progress: Progress) -> None:
    oldest = ""
    for entry_id, written, is_passed in reading.stream(UNSEALED):
        report.unsealed += 1
        oldest = min(oldest or written, written)
        if is_passed:
            report.blame(f"Entry {entry_id} was slipped in among those that are sealed.")
    progress(report.unsealed)
    report.entries += report.unsealed
    if oldest and datetime.fromisoformat(oldest) < at - LATE:
        waiting = f"{report.unsealed} entries wait for their seal, the oldest since {oldest}"
        if frozen():
            report.remarks.append(f"{waiting}: a frozen portal seals nothing.")
        else:
            report.blame(f"{waiting}.")


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
