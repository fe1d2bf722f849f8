"""What staff ask of aggregated data, answered in whole blocks alone (6.11). Pure.

A row is a sum of blocks. Where a block holds groups of several rate classes or places and the
question tells them apart, they stand in one row together; what is withheld is in no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from usage.formats import csv
from usage.sentences import noop as _

HOUR = _("kWh from %(hour)s:00")

DIGITS = 3
"""Figures are rounded to so many digits: nobody needs more, and it blunts every comparison."""

MOST_HOURS = 3
"""Months at most in a question about hours: their readings are gone through one by one."""


@dataclass(frozen=True)
class Question:
    """The months from first to last, told apart or not by month, rate class and place."""

    first: date
    last: date
    by_month: bool = True
    by_rate: bool = False
    by_place: bool = False
    hours: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}

    @property
    def months(self) -> list[date]:
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        first = self.first.year * 12 + self.first.month - 1
        return [date(n // 12, n % 12 + 1, 1) for n in range(first, first + count)]


class Hours(NamedTuple):
    """Wh of each hour, of the groups of a block or of several that are shown together only."""

    groups: frozenset[tuple[str, str]]
    wh: Sequence[int]


class Part(NamedTuple):
    """One block of one month, as far as a report is concerned."""

    month: date
    kind: str
    groups: Iterable[tuple[str, str]]
    customers: int
    wh: int
    hours: Hours | None


class Line(NamedTuple):
    """What a line of the report is about. Without a month it is about all months asked for.

    rates, places: all of those whose energy is in it; none where they are not told apart.
    """

    month: date | None
    kind: str
    rates: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the report.

    customers: in the month with fewest. part: some energy of the same rate class or place
    stands in another line, with others.
    """

    line: Line
    customers: int
    kwh: int
    hours: tuple[int | None, ...] = ()
    part: bool = False


def answer(question: Question, parts: Iterable[Part]) -> list[Row]:
    """Sum the blocks into the lines of the report, rounded."""
    lines: dict[Line, list[Part]] = {}
    for part in parts:
        rates, places = (tuple(sorted({group[n] for group in part.groups})) for n in (0, 1))
        line = Line(
            part.month if question.by_month else None,
            part.kind,
            rates if question.by_rate else (),
            places if question.by_place else (),
        )
        lines.setdefault(line, []).append(part)
    return [
        Row(
            line,
            customers=_fewest(some),
            kwh=in_kwh(sum(part.wh for part in some)),
            hours=tuple(_hours(some)) if question.hours else (),
            part=any(_overlap(line, other) for other in lines),
        )
        for line, some in sorted(lines.items(), key=lambda item: _in_order(item[0]))
    ]


def table(question: Question, rows: Iterable[Row]) -> str:
    """Write the report as CSV. It is kept, in English; pages say its words in another language."""
    heads = [
        *([_("Month")] if question.by_month else [_("First month"), _("Last month")]),
        _("Customers are"),
        *([_("Rate classes")] if question.by_rate else []),
        *([_("Places (ZIP)")] if question.by_place else []),
        _("Customers"),
        _("Energy (kWh)"),
        *([HOUR % {"hour": hour} for hour in range(24)] if question.hours else []),
        _("More of it in another line"),
    ]
    lines = [heads]
    for row in rows:
        line = row.line
        months = [question.first, question.last] if line.month is None else [line.month]
        lines.append(
            [
                *(f"{month:%Y-%m}" for month in months),
                KINDS[line.kind],
                *([_listed(line.rates)] if question.by_rate else []),
                *([_listed(line.places)] if question.by_place else []),
                str(row.customers),
                str(row.kwh),
                *("" if kwh is None else str(kwh) for kwh in row.hours),
                _("yes") if row.part else _("no"),
            ]
        )
    return "".join(",".join(map(csv.cell, line)) + "\r\n" for line in lines)


KINDS = {"residential": _("homes"), "non_residential": _("others than homes")}


def _listed(names: Iterable[str]) -> str:
    return " + ".join(name or _("not stated") for name in names)


def _in_order(line: Line) -> tuple[date, Line]:
    return line.month or date.min, line._replace(month=None)


def _overlap(line: Line, other: Line) -> bool:
    """Whether two lines share a rate class and a place, so that neither is all of it."""
    return (
        line != other
        and (line.month, line.kind) == (other.month, other.kind)
        and all(
            not mine or bool(set(mine) & set(theirs))
            for mine, theirs in ((line.rates, other.rates), (line.places, other.places))
        )
    )


def _fewest(parts: list[Part]) -> int:
    months: dict[date, int] = {}
    for part in parts:
        months[part.month] = months.get(part.month, 0) + part.customers
    return min(months.values())


def _hours(parts: list[Part]) -> Iterable[int | None]:
    """The sum of each hour; nothing where one block has none, or has them with other lines only."""
    held: dict[tuple[date, frozenset[tuple[str, str]]], Sequence[int]] = {}
    groups = {(part.month, group) for part in parts for group in part.groups}
    for part in parts:
        if part.hours is None or any(
            (part.month, group) not in groups for group in part.hours.groups
        ):
            return [None] * 24
        held[part.month, part.hours.groups] = part.hours.wh
    return [in_kwh(sum(wh)) for wh in zip(*held.values(), strict=True)]


def in_kwh(wh: int) -> int:
    """Round Wh to kWh of so many digits, as every report does."""
    kwh = round(wh / 1000)
    return round(kwh, DIGITS - len(str(abs(kwh))))
