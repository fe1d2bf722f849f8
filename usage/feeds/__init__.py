"""Files that arrive: one parser a format, each ignorant of the database.

A parser that meets a file it cannot take raises BadFile, which says where and
why. What it can take but has no place for (another commodity, another unit) it
names in `skipped`, so that nothing is dropped in silence.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

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
    what: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{where}: {self.what}"


class BadFile(Exception):
    """A file that cannot be taken. `problems` has at least one entry."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def refuse(file: str, line: int | None, what: str) -> BadFile:
    """A BadFile with a single problem, to be raised."""
    return BadFile([Problem(file, line, what)])


@dataclass(frozen=True, slots=True)
class Run:
    """Readings of one channel as a file holds them, in the file's order.

    `meter` is the file's own name for the place or meter; `flow` is DELIVERED
    or RECEIVED; `sec` the interval length in seconds. `starts` are UTC epoch
    seconds, `wh` whole watt-hours, `quality` one ESPI code each. `net` marks
    delivered-minus-received values, kept with their sign on the delivered
    channel.
    """

    meter: str
    flow: int
    sec: int
    starts: "array[int]"
    wh: "array[int]"
    quality: bytes
    net: bool = False
    line: int | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.starts, self.wh, self.quality, strict=True)
