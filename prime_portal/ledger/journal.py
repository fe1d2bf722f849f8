"""The record, copied away as it grows, so that a restore learns what came after its backup (5.1).

    JOURNAL_DIR/<since>/begins.json        where this stretch of the record begins
    JOURNAL_DIR/<since>/<day>.ndjson       sealed entries in their places, one a line
    JOURNAL_DIR/<since>/unsealed.ndjson    those that wait for their place, written anew each time
    JOURNAL_DIR/<since>/seal.txt           the newest checkpoint

A stretch begins whenever the portal begins to work in a new home. It holds what the entries hold,
so no private text; with the header of a disclosure come its members, who have no entries, and with
a new-account notice the tag by which a restored portal knows the account again. The worker writes
it. That it is ahead of the database means that the database was put back: then the portal is
frozen.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, models, transaction
from psycopg import sql

from prime_portal.ledger import reading, rows, tree
from prime_portal.models import Checkpoint
from usage.evidence import Member
from usage.frozen import freeze

logger = logging.getLogger(__name__)

AT_ONCE = 5_000
BLOCK = 64 * 1024
BEGINS, UNSEALED, SEAL = "begins.json", "unsealed.ndjson", "seal.txt"

SEALED = """
    SELECT leaf.position, entry.id, entry.at, entry.kind, entry.row_id::text, entry.body
    FROM ledger.leaf JOIN ledger.entry ON entry.id = leaf.entry_id
    WHERE leaf.position >= %s ORDER BY leaf.position LIMIT %s
"""
WAITING = """
    SELECT NULL, entry.id, entry.at, entry.kind, entry.row_id::text, entry.body
    FROM ledger.unsealed JOIN ledger.entry USING (id) ORDER BY entry.id LIMIT %s
"""
NOW_HERE = """
    SELECT since, size FROM ledger.home WHERE identity = ledger.identity() AND frozen_at IS NULL
"""
LEAF_AT = """
    SELECT entry.leaf FROM ledger.leaf JOIN ledger.entry ON entry.id = entry_id
    WHERE position = %s
"""
TAGS = """
    SELECT delivery.id::text, ledger.account_tag(customer.account_number, enrollment.starts_on)
    FROM public.notices_delivery AS delivery
    JOIN public.usage_customer AS customer ON customer.id = delivery.customer_id
    JOIN public.usage_enrollment AS enrollment ON enrollment.customer_id = customer.id
        AND enrollment.id::text = split_part(delivery.key, ':', 1)
    WHERE delivery.kind = 'new_account' AND delivery.id = ANY (%s::uuid[])
"""


@dataclass(frozen=True)
class Line:
    """One entry as it was copied away. `place` is None while it was not sealed yet.

    tag: of a new-account notice, the account's (ledger.account_tag); else empty.
    """

    place: int | None
    id: int
    at: str
    kind: str
    row_id: str
    body: str
    members: dict[str, list[dict[str, Any]]]
    tag: str = ""

    @property
    def leaf(self) -> bytes:
        return tree.leaf_hash(f"{self.id}\n{self.at}\n{self.kind}\n{self.body}".encode())

    @property
    def table(self) -> str:
        return self.kind.rpartition(":")[0]

    @property
    def stamped(self) -> bool:
        return self.kind.endswith(":stamped")

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.body)
        return facts


# -- Writing: the worker's ---------------------------------------------------------------


@transaction.atomic
def write(folder: Path, *, at: datetime) -> int:
    """Copy what was sealed since, and what waits for its seal. How many sealed entries.

    Nothing while frozen, or while another worker writes. A journal that knows entries which the
    database does not freezes the portal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('ledger.journal'))")
        (mine,) = cursor.fetchone()
        cursor.execute(NOW_HERE)
        here = cursor.fetchone()
    if not mine or here is None:
        return 0
    since, size = here
    stretch = folder / f"{since.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    _begin(stretch, size)
    last = _last(stretch)
    if last and last.leaf != _leaf_at(last.place):
        logger.critical("The database was put back: the journal is ahead of it. Frozen.")
        freeze()
        return 0
    first = size if last is None or last.place is None else last.place + 1
    written = 0
    while lines := _lines(SEALED, first, AT_ONCE):
        _append(stretch / f"{at.astimezone(UTC):%Y-%m-%d}.ndjson", lines)
        written, first = written + len(lines), first + len(lines)
    _replace(stretch / UNSEALED, "".join(_lines(WAITING, AT_ONCE)))
    if newest := Checkpoint.objects.first():
        _replace(stretch / SEAL, newest.note)
    return written


def _begin(stretch: Path, size: int) -> None:
    for folder in (stretch.parent, stretch):  # by its parents alone it would be open
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (stretch / BEGINS).exists():
        _replace(stretch / BEGINS, json.dumps({"place": size}))


def _lines(query: str, *values: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found = cursor.fetchall()
    headers = {row_id: kind for _place, _id, _at, kind, row_id, _body in found}
    members, tags = _members(headers), _tags(headers)
    return [
        json.dumps(
            {
                "place": place,
                "id": number,
                "at": at,
                "kind": kind,
                "row": row_id,
                "body": body,
                "members": members.get(row_id, {}) if kind.endswith(":written") else {},
            }
            | ({"tag": tags[row_id]} if row_id in tags and kind.endswith(":written") else {}),
            ensure_ascii=False,
            separators=(",", ":"),
        )
        + "\n"
        for place, number, at, kind, row_id, body in found
    ]


def _tags(rows_of: dict[str, str]) -> dict[str, str]:
    """Return the tags of those rows that are new-account notices."""
    ids = [row for row, kind in rows_of.items() if kind.startswith("notices_delivery:")]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(TAGS, [ids])
        return dict(cursor.fetchall())


def _members(headers: dict[str, str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Rows that are hashed with a header and have no entry of their own, by header and table."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for model in rows.evidence():
        kept = model.kept  # type: ignore[attr-defined]
        if not isinstance(kept, Member):
            continue
        to: Any = model._meta.get_field(kept.header)
        about = [
            row
            for row, kind in headers.items()
            if kind == f"{to.related_model._meta.db_table}:written"
        ]
        if about:
            for header, facts in _rows_of(model, str(to.column), about):
                tables = found.setdefault(header, {})
                tables.setdefault(model._meta.db_table, []).append(facts)
    return found


def _rows_of(
    model: type[models.Model], column: str, headers: list[str]
) -> list[tuple[str, dict[str, Any]]]:
    query = sql.SQL(
        "SELECT {header}::text, to_jsonb(member) FROM {table} AS member "
        "WHERE {header} = ANY (%s::uuid[]) ORDER BY id"
    ).format(
        header=sql.Identifier(column),
        table=sql.Identifier("public", model._meta.db_table),
    )
    with reading.as_written(), connection.cursor() as cursor:
        cursor.execute(query, [headers])
        return [(header, _as_dict(facts)) for header, facts in cursor.fetchall()]


def _as_dict(facts: Any) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(facts) if isinstance(facts, str) else facts
    return held


def _append(path: Path, lines: Iterable[str]) -> None:
    """Write whole lines at the end, after cutting off what a power cut left half-written."""
    path.touch(mode=0o600)
    with path.open("rb+") as file:
        end, _line = _whole(file)
        file.seek(end)
        file.truncate()
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())


def _whole(file: BinaryIO) -> tuple[int, bytes]:
    """Return where the last whole line ends, and that line; read from the end backwards."""
    begin, text = file.seek(0, os.SEEK_END), b""
    while begin and text.count(b"\n") < 2:
        step = min(BLOCK, begin)
        begin -= step
        file.seek(begin)
        text = file.read(step) + text
    whole = text[: text.rfind(b"\n") + 1]
    return begin + len(whole), whole.splitlines()[-1] if whole else b""


def _replace(path: Path, content: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).rename(path)


# -- Reading: a restore's -----------------------------------------------------------------


def read(folder: Path, *, after: int = 0) -> Iterator[Line]:
    """Yield what is known from place `after` on, in order; what was not sealed comes last."""
    stretches = [path.parent for path in sorted(folder.glob(f"*/{BEGINS}"))]
    ends = [_begins(later) for _earlier, later in pairwise(stretches)]
    for stretch, end in zip(stretches, [*ends, None], strict=True):
        for line in _sealed(stretch, after):
            if line.place is not None and after <= line.place and (end is None or line.place < end):
                yield line
    if stretches and (waiting := stretches[-1] / UNSEALED).exists():
        yield from _read(waiting)


def seal_of(folder: Path) -> str:
    """Return the newest checkpoint copied away; empty if there is none."""
    found = sorted(folder.glob(f"*/{SEAL}"))
    return found[-1].read_text(encoding="utf-8") if found else ""


def _begins(stretch: Path) -> int:
    return int(json.loads((stretch / BEGINS).read_text(encoding="utf-8"))["place"])


def _sealed(stretch: Path, after: int) -> Iterator[Line]:
    days = _days(stretch)
    for path, following in zip(days, [*days[1:], None], strict=True):
        first = next(_read(following), None) if following else None
        if first is None or first.place is None or first.place > after:
            yield from _read(path)


def _days(stretch: Path) -> list[Path]:
    return sorted(path for path in stretch.glob("*.ndjson") if path.name != UNSEALED)


def _read(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.endswith("\n"):
                yield _line(text)


def _line(text: str) -> Line:
    said = json.loads(text)
    return Line(
        place=said["place"],
        id=said["id"],
        at=said["at"],
        kind=said["kind"],
        row_id=said["row"],
        body=said["body"],
        members=said["members"],
        tag=said.get("tag", ""),
    )


def _last(stretch: Path) -> Line | None:
    """Return the last sealed entry that was copied into this stretch."""
    for path in reversed(_days(stretch)):
        with path.open("rb") as file:
            _end, whole = _whole(file)
        if whole:
            return _line(whole.decode())
    return None


def _leaf_at(place: int | None) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(LEAF_AT, [place])
        row = cursor.fetchone()
    return bytes(row[0]) if row else None
