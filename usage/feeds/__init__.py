"""Files that arrive: one parser a format, each ignorant of the database.

A parser that meets a file it cannot take raises BadFile, which says where and
why. What it can take but has no place for (another commodity, another unit) it
names in `skipped`; single lines it cannot read it names in `rejected`. So
nothing is dropped in silence.
"""

import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from usage.intervals import ADJUSTED, ESTIMATED, MISSING
from usage.sentences import Sentence

Progress = Callable[[int], object]
"""Called with the number of bytes of a file just read; all of them add up to its size."""

MOST_PROBLEMS = 10_000
"""Named with their line; what goes beyond is only counted."""

MOST_SKIPPED = 1000
"""Kinds of what is not kept, named once each."""

DELIVERED = 1
"""Energy the customer took from the grid (ESPI flowDirection, forward)."""

RECEIVED = 19
"""Energy the customer's panels gave to the grid (reverse)."""

NET = 4
"""Delivered minus received, as old meters report it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, and what, in a sentence."""

    file: str
    line: int | None
    said: Sentence

    @property
    def what(self) -> str:
        """The sentence in English."""
        return str(self.said)

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{where}: {self.what}"


class BadFile(Exception):
    """A file that cannot be taken. `problems` has at least one entry.

    `stopped` says that whoever read it looked no further after so many: there may be more.
    """

    def __init__(self, problems: list[Problem], *, stopped: bool = False) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems, self.stopped = problems, stopped


def refuse(file: str, line: int | None, what: Sentence) -> BadFile:
    """A BadFile with a single problem, to be raised."""
    return BadFile([Problem(file, line, what)])


@dataclass(frozen=True, slots=True)
class Run:
    """Readings of one channel as a file holds them, in the file's order.

    `meter` is the file's own name for the place or meter, empty when it has none;
    `flow` is DELIVERED or RECEIVED; `sec` the interval length in seconds. `starts`
    are UTC epoch seconds, a range where the readings follow each other; `wh` whole
    watt-hours, and in such a range MISSING for a gap; `quality` one code each: ESPI's,
    or the file's own for a word (`Words`). `net` marks delivered-minus-received
    values, kept with their sign on the delivered channel.
    """

    meter: str
    flow: int
    sec: int
    starts: "array[int] | range"
    wh: "array[int]"
    quality: bytes
    net: bool = False
    line: int | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.starts, self.wh, self.quality, strict=True)

    @property
    def held(self) -> int:
        """How many readings it really has."""
        return len(self.wh) - self.wh.count(MISSING)


KNOWN_WORDS = {
    "": 0,
    "valid": 0,
    "raw": 14,
    "validated": 17,
    "estimated": ESTIMATED,
    "adjusted": ADJUSTED,
}
"""Words that have a code of their own. No word at all is an ordinary reading."""

OWN_WORDS = ADJUSTED + 1
"""The first code of a file's own words."""

MOST_WORDS = 20
LONGEST_WORD = 40


class Words:
    """Words for quality that stand in a file and in no standard.

    Each gets a code of this file, from OWN_WORDS on; whoever stores the readings gives
    it its lasting one. `texts` are the words in the order of their codes.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def code(self, said: str) -> int | None:
        """The code of this word; None when the file has too many, and so is no such file."""
        text = " ".join(unicodedata.normalize("NFKC", said).split())[:LONGEST_WORD]
        text = "".join(mark if mark.isprintable() else "?" for mark in text)
        known = KNOWN_WORDS.get(text.casefold())
        if known is not None:
            return known
        if text not in self.texts:
            if len(self.texts) == MOST_WORDS:
                return None
            self.texts.append(text)
        return OWN_WORDS + self.texts.index(text)


class Reader:
    """What every reader of readings keeps while it reads. Iterating it yields Runs.

    `skipped` names, once each, what the file holds and the portal does not keep, `skips` counts
    its lines; `rejected` names the lines that cannot be read, `rejects` counts them; `rounded`
    counts values finer than one Wh, rounded to the nearest. Whoever wants to know how far it
    is sets `progress`.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, path.name
        self.progress: Progress | None = None
        self._begin()

    def _begin(self) -> None:
        self.skipped: list[Problem] = []
        self.rejected: list[Problem] = []
        self.rejects = self.skips = self.rounded = 0
        self.words = Words()

    def __iter__(self) -> Iterator[Run]:
        raise NotImplementedError

    def skip(self, line: int | None, what: Sentence) -> None:
        if len(self.skipped) < MOST_SKIPPED and all(old.said != what for old in self.skipped):
            self.skipped.append(Problem(self.file, line, what))

    def reject(self, line: int, what: Sentence) -> None:
        self.rejects += 1
        if len(self.rejected) < MOST_PROBLEMS:
            self.rejected.append(Problem(self.file, line, what))
