"""The lines of a large file, set down in a temporary table while it is taken in.

A roster or a file of bills is taken whole or not at all, and what a line means can hang on any
other: who lived at the place before, what else the same account was billed for. So that memory
stays flat, the lines wait beside the tables they are meant for and come back a part at a time,
all of one place or account together. The table goes with the transaction, whatever comes of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import date, datetime
from itertools import islice, pairwise
from typing import Any, Generic, TypeVar

from django.db import connection

AT_ONCE = 2000
"""Lines of a part, more or less: what belongs together is not parted."""

Line = TypeVar("Line")
Key = Callable[[Line], str]

_ALL = 2**32

MAKE = """
DROP TABLE IF EXISTS pg_temp.staged_lines;
CREATE TEMPORARY TABLE staged_lines (first bigint, second bigint, line integer, said text)
    ON COMMIT DROP
"""


class Staged(Generic[Line]):
    """Lines in the database; iterate `parts` for lists of them. The caller holds the transaction.

    `kind` is the dataclass of a line, `keys` one or two of its facts whose lines stay together.
    `hurry` is asked now and then and may raise.
    """

    def __init__(
        self,
        lines: Iterable[Line],
        kind: type[Line],
        *keys: Key[Line],
        hurry: Callable[[], object],
    ) -> None:
        self.kind, self.hurry, self.count = kind, hurry, 0
        self.names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
        lines = iter(lines)
        with connection.cursor() as cursor:
            cursor.execute(MAKE)
            # Not one COPY over all: what a file is refused for would go to the server's log.
            while some := list(islice(lines, AT_ONCE)):
                self._set_down(cursor, some, keys[0], keys[-1])
                hurry()
            cursor.execute("CREATE INDEX ON staged_lines (first)")
            cursor.execute("CREATE INDEX ON staged_lines (second)")
            cursor.execute("ANALYZE staged_lines")

    def _set_down(
        self, cursor: Any, lines: list[Line], first: Key[Line], second: Key[Line]
    ) -> None:
        into = "COPY staged_lines (first, second, line, said) FROM STDIN"
        with cursor.copy(into) as copy:
            for line in lines:
                # hash() is keyed anew in each process: no file can bring all into one part.
                parts = hash(first(line)) % _ALL, hash(second(line)) % _ALL
                facts = [getattr(line, name) for name in self.names]
                said = json.dumps(facts, default=_dated, separators=(",", ":"))
                copy.write_row((*parts, self.count, said))
                self.count += 1

    def parts(self, by: str = "first") -> Iterator[list[Line]]:
        """The lines again, all that share the first (or the second) key in one part."""
        number = -(-self.count // AT_ONCE) or 1
        bounds = [_ALL * index // number for index in range(number + 1)]
        for low, high in pairwise(bounds):
            self.hurry()
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT said FROM staged_lines WHERE {by} >= %s AND {by} < %s"  # noqa: S608
                    " ORDER BY line",
                    [low, high],
                )
                part = [self._line(said) for (said,) in cursor.fetchall()]
            if part:
                yield part

    def _line(self, said: str) -> Line:
        facts = json.loads(said, object_hook=_again)
        return self.kind(*(tuple(one) if isinstance(one, list) else one for one in facts))


def _dated(value: date | datetime) -> dict[str, str]:
    return {"at" if isinstance(value, datetime) else "on": value.isoformat()}


def _again(found: dict[str, Any]) -> Any:
    match found:
        case {"at": str(said)} if len(found) == 1:
            return datetime.fromisoformat(said)
        case {"on": str(said)} if len(found) == 1:
            return date.fromisoformat(said)
    return found
