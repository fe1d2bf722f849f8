"""Goals, and the table that says which were reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A ratio to reach. The small run asks for half of it: its machine is busier, its data less."""

    figure: float
    unit: str = "×"

    def floor(self, *, small: bool) -> float:
        return self.figure / 2 if small else self.figure

    def reached(self, figure: float, *, small: bool) -> bool:
        return figure >= self.floor(small=small)

    def words(self, *, small: bool) -> str:
        return f"≥ {self.floor(small=small):g}{self.unit}"


@dataclass(frozen=True, slots=True)
class AtMost:
    """A ratio not to go beyond; in the small run twice of it, unless it is exact."""

    figure: float
    unit: str = "×"
    exact: bool = False

    def ceiling(self, *, small: bool) -> float:
        return self.figure * 2 if small and not self.exact else self.figure

    def reached(self, figure: float, *, small: bool) -> bool:
        return figure <= self.ceiling(small=small)

    def words(self, *, small: bool) -> str:
        return f"≤ {self.ceiling(small=small):g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table: a job, what it was compared with, and how that came out.

    `ours` and `theirs` are shown as they are, so that a reader sees what a ratio is made of;
    only the figure is a claim. Without a goal the line informs.
    """

    job: str
    against: str
    figure: float
    ours: str = ""
    theirs: str = ""
    goal: AtLeast | AtMost | None = None
    unit: str = "×"

    def shown(self) -> str:
        digits = 0 if self.figure >= 100 else 1 if self.figure >= 10 else 2
        return f"{self.figure:,.{digits}f}{self.unit}"

    def missed(self, *, small: bool) -> bool:
        return self.goal is not None and not self.goal.reached(self.figure, small=small)


HEADS = ("job", "against", "portal", "alternative", "ratio", "goal", "")


def table(lines: Sequence[Measured], *, small: bool) -> str:
    """The lines as a Markdown table, and below it a sentence for each goal that is missed."""
    rows = [HEADS]
    for line in lines:
        goal, verdict = "", ""
        if line.goal:
            goal = line.goal.words(small=small)
            verdict = "MISSED" if line.missed(small=small) else "reached"
        rows.append((line.job, line.against, line.ours, line.theirs, line.shown(), goal, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([*texts, "", *_verdicts(lines, small=small)])


def _verdicts(lines: Sequence[Measured], *, small: bool) -> list[str]:
    """Below the table: each missed goal, or that there is none."""
    job, said = "", []
    for line in lines:
        job = line.job or job
        if line.goal and line.missed(small=small):
            wanted = line.goal.words(small=small)
            said.append(f"Missed: {job}, against {line.against}: {line.shown()}, goal {wanted}.")
    return said or ["Every goal is reached."]
