"""Bills, highest power and use by time of day: three small strict CSVs of the portal's own.

One line for each period of one service agreement (docs/feeds.md). Each file is taken whole or
not at all: every problem is listed by line, and a column that is not known is refused by name.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from usage.feeds import MOST_PROBLEMS, BadFile, Problem, Progress, refuse, text
from usage.sentences import Sentence, say
from usage.sentences import noop as _

MOST_LINES = 200_000
MOST_BYTES = 25 * text.MB
MOST_TOGETHER = 5_000
"""Lines of one service account."""

PERIOD = ("service_account_number", "start_date", "end_date")

_ACCOUNT = re.compile(r"[0-9A-Za-z]([0-9A-Za-z-]{0,28}[0-9A-Za-z])?")
_DAMAGED = re.compile(r"[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+|[0-9]+[.,][0-9]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THOUSANDTHS = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,3})?")
_MONEY = re.compile(r"-?[0-9]{1,9}\.[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Line:
    """One period as the file tells it: [starts_on, ends_on), with its facts by field.

    Energy is in Wh, power in watts, money in cents. `kind` tells apart lines of one period
    (on-peak, off-peak…); it is empty where there is only one.
    """

    line: int
    account: str
    starts_on: date
    ends_on: date
    kind: tuple[str, ...]
    facts: dict[str, Any] = field(hash=False)


Read = Callable[[str], Any]


class _Wrong(Exception):
    """A cell that is not what its column holds: the words, with places for column and cell."""

    def __init__(self, words: str, **values: str) -> None:
        super().__init__(words)
        self.words, self.values = words, values


def _day(cell: str) -> date:
    if not _DAY.fullmatch(cell):
        raise _Wrong(_("%(column)s is %(cell)r, not a day like 2026-01-31"))
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise _Wrong(_("%(column)s is %(cell)r, which no calendar has")) from None


def _moment(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901  refused below, like any without an offset
    if moment.tzinfo is None:
        raise _Wrong(_("%(column)s is %(cell)r, not a time like 2026-07-09T17:15-07:00"))
    return moment.astimezone(UTC)


def _thousandths(cell: str) -> int:
    if not _THOUSANDTHS.fullmatch(cell):
        raise _Wrong(_("%(column)s is %(cell)r, not a number with at most three decimals"))
    return int(Decimal(cell) * 1000)


def _cents(cell: str) -> int:
    if not _MONEY.fullmatch(cell):
        raise _Wrong(_("%(column)s is %(cell)r, not dollars and cents like 12.50"))
    return int(Decimal(cell) * 100)


def _one_of(*known: str) -> Read:
    def read(cell: str) -> str:
        name = cell.lower().replace("-", "_").replace(" ", "_")
        if name not in known:
            raise _Wrong(
                _("%(column)s is %(cell)r; it must be %(some)s or %(last)s"),
                some=", ".join(known[:-1]),
                last=known[-1],
            )
        return name

    return read


@dataclass(frozen=True)
class Format:
    """One of the three: which columns, and which field of a row each fills."""

    what: Sentence
    columns: dict[str, tuple[str, Read]]
    optional: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return (*PERIOD, *self.columns)

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(name for name in self.known if name not in self.optional)


BILLS = Format(
    say(_("a file of bills")),
    {
        "issued_on": ("issued_on", _day),
        "usage_kwh": ("wh", _thousandths),
        "charges_usd": ("charges_cents", _cents),
        "paid_usd": ("paid_cents", _cents),
        "past_due_usd": ("past_due_cents", _cents),
    },
    optional=("paid_usd", "past_due_usd"),
)
DEMAND = Format(
    say(_("a file of demand")),
    {
        "kind": ("kind", _one_of("maximum", "time_related")),
        "peak_kw": ("watts", _thousandths),
        "peaked_at": ("peaked_at", _moment),
    },
    optional=("peaked_at",),
    kind=("kind",),
)
TIME_OF_USE = Format(
    say(_("a file of times of use")),
    {
        "season": ("season", _one_of("summer", "winter")),
        "hours": ("hours", _one_of("on_peak", "mid_peak", "off_peak", "super_off_peak")),
        "usage_kwh": ("wh", _thousandths),
    },
    kind=("season", "hours"),
)


def read(path: Path, format_: Format, progress: Progress | None = None) -> Iterator[Line]:
    """The lines of the file one by one; at its end BadFile, if any was found, with all problems.

    Whoever takes the lines keeps them only when the end is reached.
    """
    rows = text.rows(path, most_bytes=MOST_BYTES, most_lines=MOST_LINES, progress=progress)
    heading = next(rows, (1, []))[1]
    names = text.columns(
        path, heading, needed=format_.needed, known=format_.known, what=format_.what
    )
    seen = _Seen()
    problems: list[Problem] = []
    for number, cells in rows:
        if len(problems) >= MOST_PROBLEMS:
            break
        if not any(cells):
            continue
        if len(cells) != len(names):
            what = text.cells_wrong(len(cells), len(names))
            problems.append(Problem(path.name, number, what))
            continue
        wrong: list[Sentence] = []
        line = _line(number, dict(zip(names, cells, strict=True)), format_, wrong)
        problems += [Problem(path.name, number, what) for what in wrong]
        if line is not None:
            seen.add(line)
            yield line
    problems += [Problem(path.name, number, what) for number, what in seen.contradictions()]
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        stopped = len(problems) >= MOST_PROBLEMS
        raise BadFile(problems[:MOST_PROBLEMS], stopped=stopped)
    if not seen.lines:
        raise refuse(path.name, None, say(_("holds no line but its heading")))


def _line(
    number: int, cells: dict[str, str], format_: Format, wrong: list[Sentence]
) -> Line | None:
    account = cells["service_account_number"]
    if _DAMAGED.fullmatch(account):
        wrong.append(say(text.DAMAGED, column="service_account_number", cell=account[:40]))
    elif not _ACCOUNT.fullmatch(account):
        wrong.append(say(_("service_account_number is not up to 30 letters, digits and dashes")))
    facts: dict[str, Any] = {}
    reads = {"start_date": ("starts_on", _day), "end_date": ("ends_on", _day)} | format_.columns
    for name, (fact, take) in reads.items():
        cell = cells.get(name, "")
        if not cell and name in format_.optional:
            facts[fact] = None
            continue
        try:
            facts[fact] = take(cell)
        except _Wrong as error:
            empty = say(text.EMPTY, column=name)
            filled = say(error.words, column=name, cell=cell[:40], **error.values)
            wrong.append(filled if cell else empty)
    if wrong:
        return None
    starts_on, ends_on = facts.pop("starts_on"), facts.pop("ends_on")
    if ends_on <= starts_on:
        what = _("end_date is not after start_date; it is the first day no longer included")
        wrong.append(say(what))
        return None
    kind = tuple(facts[name] for name in format_.kind)
    return Line(number, account.replace("-", "").upper(), starts_on, ends_on, kind, facts)


class _Seen:
    """Of each line a few numbers, to find those that cannot both be true."""

    def __init__(self) -> None:
        self.lines, self.starts, self.ends = array("I"), array("I"), array("I")
        self.accounts, self.kinds = array("q"), array("q")

    def add(self, line: Line) -> None:
        self.lines.append(line.line)
        self.starts.append(line.starts_on.toordinal())
        self.ends.append(line.ends_on.toordinal())
        self.accounts.append(hash(line.account))
        self.kinds.append(hash((line.account, line.kind)))

    def contradictions(self) -> Iterator[tuple[int, Sentence]]:
        """Lines of one agreement and kind whose days overlap: one of them must be wrong."""
        places = sorted(range(len(self.lines)), key=self.starts.__getitem__)
        places.sort(key=self.kinds.__getitem__)
        for before, place in pairwise(places):
            same = self.kinds[before] == self.kinds[place]
            if same and self.starts[place] < self.ends[before]:
                what = say(_("has days that line %(line)s has too"), line=self.lines[before])
                yield self.lines[place], what
        if (crowd := text.crowded(self.accounts, MOST_TOGETHER)) is not None:
            many = _("is one of more than %(most)s lines of one service account")
            yield self.lines[crowd], say(many, most=f"{MOST_TOGETHER:,}")
