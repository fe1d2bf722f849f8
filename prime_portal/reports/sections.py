"""What a report is made of, and its table: nothing but text, so that bytes can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from usage.formats import csv

WIDEST = 7


@dataclass(frozen=True)
class Section:
    """A title, columns, and rows of text. What is `long` stands in the table, not on paper.

    words: some of it is whole texts, which on paper stand below each other.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    long: bool = False
    nothing: str = "None."
    words: bool = False

    @property
    def wide(self) -> bool:
        """Too many columns to stand beside each other on paper."""
        return self.words or len(self.columns) > WIDEST

    @property
    def pairs(self) -> list[list[tuple[str, str, bool]]]:
        """Each row as its columns' names, what stands in them, and whether that is a whole text."""
        return [
            [(name, said, "\n" in said) for name, said in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


def table(sections: Iterable[Section]) -> str:
    """The CSV: each section under its title, an empty line between."""
    blocks = []
    for section in sections:
        lines: list[tuple[str, ...]] = [(section.title,), section.columns, *section.rows]
        blocks.append("".join(",".join(map(csv.cell, line)) + "\r\n" for line in lines))
    return "\r\n".join(blocks)
