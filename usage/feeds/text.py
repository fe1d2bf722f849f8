"""Text files read line by line, so that memory stays flat; and the strict CSVs of the portal."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from usage.feeds import MOST_PROBLEMS, BadFile, Problem, Progress, refuse
from usage.sentences import Sentence, say
from usage.sentences import noop as _

MB = 2**20
LONGEST_LINE = 64 * 1024
LONGEST_CELL = 8 * 1024
MOST_COLUMNS = 50

EMPTY = _("%(column)s is empty")
DAMAGED = _(
    "%(column)s is %(cell)r: a spreadsheet has turned the number into another; format the column "
    "as text and export it again"
)

csv.field_size_limit(LONGEST_CELL)


def lines(path: Path, *, most: int, progress: Progress | None = None) -> Iterator[str]:
    """The lines of a UTF-8 file of at most `most` bytes, with or without a byte order mark.

    Raises BadFile for another encoding and for a line without end.
    """
    if path.stat().st_size > most:
        raise refuse(path.name, None, say(_("is larger than %(most)s MB"), most=most // MB))
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if progress:
                progress(len(raw))
            if len(raw) > LONGEST_LINE:
                what = say(_("is longer than %(most)s kB"), most=LONGEST_LINE // 1024)
                raise refuse(path.name, number, what)
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                what = say(_("is not UTF-8 text; save it as CSV UTF-8"))
                raise refuse(path.name, number, what) from error
            yield line


def rows(
    path: Path, *, most_bytes: int, most_lines: int, progress: Progress | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Each row of a CSV with the number of its first line, its cells stripped."""
    reader = csv.reader(lines(path, most=most_bytes, progress=progress), strict=True)
    number = 0
    try:
        while True:
            number = reader.line_num + 1
            if number > most_lines:
                what = say(_("has more than %(most)s lines"), most=f"{most_lines:,}")
                raise refuse(path.name, number, what)
            cells = next(reader)
            if len(cells) > MOST_COLUMNS:
                what = say(
                    _("has %(count)s cells; no file of the portal has more than %(most)s"),
                    count=len(cells),
                    most=MOST_COLUMNS,
                )
                raise refuse(path.name, number, what)
            yield number, [cell.strip() for cell in cells]
    except StopIteration:
        return
    except csv.Error as error:
        raise refuse(path.name, number, not_csv(error)) from error


def not_csv(error: csv.Error) -> Sentence:
    """The sentence for a file that is no CSV; why not is said by Python, in English."""
    return say(_("is not CSV (%(why)s)"), why=str(error))


def cells_wrong(count: int, named: int) -> Sentence:
    """The sentence for a line of more or fewer cells than the heading has."""
    return say(_("has %(count)s cells where the heading has %(named)s"), count=count, named=named)


def not_taken(name: str) -> Sentence:
    """The sentence for a column the portal has no need for (5.3)."""
    what = _("has the column %(column)r, which the portal does not take (docs/feeds.md)")
    return say(what, column=name[:60])


def unlike(keys: Sequence[int], facts: Sequence[int] | None = None) -> Iterator[tuple[int, int]]:
    """Places of what has the key of an earlier one and other facts, each with that first one.

    Without facts, whatever has the key once more. Keys and facts are hashes: what they are of is
    not kept, however many there are.
    """
    first = 0
    for place in sorted(range(len(keys)), key=keys.__getitem__):
        if place == 0 or keys[place] != keys[first]:
            first = place
        elif facts is None or facts[place] != facts[first]:
            yield place, first


def crowded(keys: Sequence[int], most: int) -> int | None:
    """The place of a key that is there more often than this; None if there is none."""
    key, count = Counter(keys).most_common(1)[0] if keys else (0, 0)
    return keys.index(key) if count > most else None


def columns(
    path: Path, heading: list[str], *, needed: Sequence[str], known: Sequence[str], what: Sentence
) -> list[str]:
    """The column names, all of them known and all needed ones there, in the file's order.

    A column the portal has no need for is refused by name (5.3). `what` is the kind of file
    ("a roster").
    """
    names = [name.lower() for name in heading]
    if not any(names):
        raise refuse(path.name, 1, say(_("has no heading")))
    if not set(names) & set(known):
        none = _("is not %(what)s: it has none of the columns of docs/feeds.md")
        raise refuse(path.name, 1, say(none, what=what))
    wrong = [not_taken(name) for name in names if name not in known]
    wrong += [
        say(_("lacks the column %(column)r"), column=name) for name in needed if name not in names
    ]
    twice = sorted({name for name in names if name in known and names.count(name) > 1})
    wrong += [say(_("has the column %(column)r twice"), column=name) for name in twice]
    if wrong:
        raise BadFile([Problem(path.name, 1, what) for what in wrong[:MOST_PROBLEMS]])
    return names
