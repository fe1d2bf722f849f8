"""PDF to read, print or have read aloud: months, days, and for a short time every reading.

Up to `EACH_READING` days show every reading, day by day, as fine as it is held; a longer time
shows each day, and says where finer numbers are. So does what would fill hundreds of pages: a
machine takes a second for two of them. A letter beside a number says how it came about, in the
list before it; a dash says that there is none. Words are in the language in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from string import ascii_lowercase
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language

from usage import pdf
from usage.formats import RECEIVED, Agreement, Window, Words, stretch, unbroken
from usage.intervals import MISSING, ZONE, Block, day_epoch, day_length, day_wh

MIME = "application/pdf"
SUFFIX = "pdf"

EACH_READING = 31
"""Days at most of which every reading is shown."""

MOST_READINGS, MOST_DAYS = 31 * 96 * 8, 365 * 40
"""Beyond these only days, and beyond those only months are shown: eight meters, forty years."""

WIDEST = 12
"""Readings at most in one line."""


@dataclass(frozen=True, slots=True)
class About:
    """Whose readings they are: what stands at the top. `recipient` makes a page to post it with."""

    identifier: UUID
    name: str
    account_number: str
    places: Mapping[UUID, str] = field(default_factory=dict)
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every reading of one day and channel: lines of numbers under the minutes they begin at."""

    direction: str
    minutes: list[str]
    lines: list[tuple[str, list[str]]]


@dataclass
class Day:
    """One day of a place. Wh, None where no reading is held."""

    on: date
    delivered: int | None = None
    received: int | None = None
    notes: list[str] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """Directions of which nothing is held on this day, though it is before and after."""

    def add(self, wh: int, *, received: bool) -> None:
        if received:
            self.received = wh + (self.received or 0)
        else:
            self.delivered = wh + (self.delivered or 0)

    def miss(self, word: str) -> None:
        """Say what is not held: nothing at all, or one of the directions."""
        if self.delivered is None and self.received is None:
            self.notes.append(word)
        else:
            self.notes += [f"{direction}: {word}" for direction in dict.fromkeys(self.absent)]


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    days: list[Day]

    @property
    def delivered(self) -> int | None:
        return _sum(day.delivered for day in self.days)

    @property
    def received(self) -> int | None:
        return _sum(day.received for day in self.days)


@dataclass(frozen=True, slots=True)
class Place:
    """One agreement: its months, and what the letters beside its numbers mean."""

    label: str
    address: str
    months: list[Month]
    marks: list[tuple[str, str]]

    @property
    def delivered(self) -> int | None:
        return _sum(month.delivered for month in self.months)

    @property
    def received(self) -> int | None:
        return _sum(month.received for month in self.months)


def write(
    agreements: Iterable[Agreement],
    window: Window,
    *,
    about: About,
    first_day: date,
    last_day: date,
    words: Words,
    at: datetime,
) -> Iterator[bytes]:
    """Yield the PDF, which comes whole; the window is that of the two days, both included.

    Raises usage.pdf.CannotBePrinted, and says why, on a machine that cannot.
    """
    held = list(agreements)
    length = (last_day - first_day).days + 1
    meter_days = length * sum(len(agreement.channels) for agreement in held)
    detailed = length <= EACH_READING and meter_days * 96 <= MOST_READINGS
    places = [
        _place(agreement, window, about=about, words=words, detailed=detailed) for agreement in held
    ]
    page = render_to_string(
        "usage/paper.html",
        {
            "language": get_language(),
            "official": settings.OFFICIAL,
            "about": about,
            "places": places,
            "detailed": detailed,
            "daily": meter_days <= MOST_DAYS,
            "each_reading": EACH_READING,
            "first_day": first_day,
            "last_day": last_day,
            "at": at,
        },
    )
    yield pdf.write(page, identifier=about.identifier.bytes)


def _place(
    agreement: Agreement, window: Window, *, about: About, words: Words, detailed: bool
) -> Place:
    inside, marks = window.within(agreement), _Marks(words)
    found: dict[date, Day] = {}
    for channel in agreement.channels:
        direction = words.channels.get(channel.flow) or str(channel.flow)
        for block in unbroken(channel, inside):
            day = found.setdefault(block.day, Day(block.day))
            if block.empty:
                day.absent.append(direction)
                continue
            day.add(day_wh(block), received=channel.flow == RECEIVED)
            _note(day, block, agreement, inside, words)
            if detailed:
                day.sheets.append(_sheet(block, inside, direction, marks))
    for on in _between(found):
        found.setdefault(on, Day(on)).miss(words.missing)
    whole = sorted(found.values(), key=lambda day: day.on)
    months = [
        Month(first, list(held))
        for first, held in groupby(whole, lambda day: day.on.replace(day=1))
    ]
    return Place(agreement.label, about.places.get(agreement.id, ""), months, marks.told)


def _between(held: Mapping[date, Day]) -> Iterator[date]:
    """Every day from the first to the last that is held, so that none is left out in silence."""
    if held:
        first, last = min(held), max(held)
        yield from [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _note(day: Day, block: Block, agreement: Agreement, inside: Window, words: Words) -> None:
    """Say under the day what is out of the ordinary: gaps, estimates, a dispute."""
    asked = stretch(block, inside)
    notes = [words.of(code) for code in sorted(set(block.codes) - {0})]
    gaps = block.values[asked.start : asked.stop].count(MISSING)
    if gaps:
        notes.append(f"{words.missing}: {gaps} × {block.sec // 60} min")
    if agreement.disputes(block.day):
        notes.append(words.disputed.format(quality="").strip(" ,"))
    day.notes += [note for note in notes if note not in day.notes]


def _sheet(block: Block, inside: Window, direction: str, marks: _Marks) -> Sheet:
    """Lay a day out in lines of an hour, or less where readings are many."""
    an_hour = 3600 // block.sec
    wide = max(n for n in range(1, WIDEST + 1) if an_hour % n == 0)
    asked, first, codes = stretch(block, inside), day_epoch(block.day), block.codes
    cells = [
        "" if n not in asked else "–" if wh == MISSING else f"{wh / 1000:.3f}{marks.of(codes[n])}"
        for n, wh in enumerate(block.values)
    ]
    lines = []
    for n in range(0, block.count, wide):
        if any(cells[n : n + wide]):
            start = datetime.fromtimestamp(first + n * block.sec, ZONE)
            clock = date_format(start, "P")
            if day_length(block.day) != 86400:  # the clock alone does not tell which hour it is
                clock += f" {start.tzname()}"
            lines.append((clock, cells[n : n + wide]))
    minutes = [f"+{n * block.sec // 60}" for n in range(wide)]
    return Sheet(direction, minutes, lines)


class _Marks:
    """Letters for what is to be said of a reading, given out as they are needed."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._given: dict[int, str] = {}

    def of(self, code: int) -> str:
        if not code:
            return ""
        return self._given.setdefault(code, ascii_lowercase[len(self._given) % 26])

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(letter, self._words.of(code)) for code, letter in self._given.items()]


def _sum(values: Iterable[int | None]) -> int | None:
    held = [value for value in values if value is not None]
    return sum(held) if held else None
