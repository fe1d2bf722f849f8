"""The auditor's bundle: the sealed record in a folder, with the means to check it offline (5.1).

It carries no private text unless that is asked for: the tree is over salted hashes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from psycopg import sql

from prime_portal.ledger import reading, rows
from prime_portal.ledger.checkpoints import PublicKey
from prime_portal.models import Checkpoint

GOES_ALONG = Path(__file__).parent / "bundle"

# One line an entry, its content exactly as it was written (jsonb::text has no line feed).
ENTRIES = """
    SELECT convert_to('{{"place":' || leaf.position || ',"id":' || entry.id || ',"at":"' || entry.at
        || '","kind":"' || entry.kind || '","body":' || entry.body || E'}}\\n', 'UTF8')
    FROM ledger.leaf JOIN ledger.entry ON entry.id = leaf.entry_id
    WHERE leaf.position < {size} ORDER BY leaf.position
"""
PRIVATE = """
    SELECT salt.entry_id, salt.field, encode(salt.salt, 'hex'),
        to_jsonb(the_row) ->> salt.field
    FROM ledger.salt JOIN ledger.entry ON entry.id = salt.entry_id
    JOIN {evidence} AS the_row ON the_row.id = entry.row_id
    WHERE entry.kind IN ({written}, {stamped})
"""


def export(
    folder: Path,
    *,
    keys: list[PublicKey],
    private: bool,
    progress: Callable[[int], object] = lambda _done: None,
) -> int:
    """Write the bundle into an empty folder. Returns how many entries it holds.

    It ends at the newest checkpoint: what was written since is sealed by the next.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in GOES_ALONG.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    (folder / "keys.txt").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
    with transaction.atomic():
        reading.look_once()
        with reading.as_written():
            newest = Checkpoint.objects.first()
            size = newest.size if newest else 0
            _write(folder / "checkpoints.ndjson", ({"note": note} for note in _notes()))
            with (folder / "entries.ndjson").open("wb") as file:
                for piece in reading.pieces(sql.SQL(ENTRIES).format(size=sql.Literal(size))):
                    file.writelines(line for (line,) in piece)
                    progress(len(piece))
            if private:
                _write(folder / "private.ndjson", _private())
    return size


def _notes() -> Iterator[str]:
    yield from Checkpoint.objects.order_by("size").values_list("note", flat=True).iterator()


def _private() -> Iterator[dict[str, Any]]:
    """Open what is still there to be opened, table after table."""
    for model in rows.evidence():
        if rows.private(model):
            for entry, name, salt, text in reading.stream(
                sql.SQL(PRIVATE).format(**rows.parts(model))
            ):
                if text is not None:
                    yield {"entry": entry, "field": name, "salt": salt, "text": text}


def _write(path: Path, facts: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for fact in facts:
            file.write(json.dumps(fact, ensure_ascii=False, separators=(",", ":")) + "\n")
