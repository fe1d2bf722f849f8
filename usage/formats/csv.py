"""CSV a customer can open in any spreadsheet (RFC 4180, UTF-8).

One line for each interval: agreement, channel, start and end in local time with
their UTC offset (so the hour that November repeats stays two hours), energy in
kWh with three decimals, quality in words. An interval without a reading is a line
that says so, with no number, on days of which none is held too, from the first to
the last that is; a disputed day is marked in its quality. Numbers stay numbers;
text can never become a formula.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from usage.formats import Agreement, Window, Words, unbroken
from usage.formats.numerals import KWH
from usage.intervals import MISSING, ZONE, Block, day_epoch

MIME = "text/csv; charset=utf-8"
SUFFIX = "csv"

_FORMULA = "=+-@|%\t\r\n＝＋－＠"
_TODAY, _TOMORROW = "<today>", "<tomorrow>"


def write(
    agreements: Iterable[Agreement],
    window: Window | None = None,
    *,
    words: Words | None = None,
) -> Iterator[bytes]:
    """Yield the file a day at a time; the first piece is the heading."""
    window, words = window or Window(), words or Words()
    yield (",".join(cell(column) for column in words.columns) + "\r\n").encode()
    for agreement in agreements:
        inside = window.within(agreement)
        disputed = words.in_dispute() if agreement.disputed else words
        for channel in agreement.channels:
            name = words.channels.get(channel.flow) or str(channel.flow)
            head = f"{cell(agreement.label)},{cell(name)},"
            for block in unbroken(channel, inside):
                said = disputed if agreement.disputes(block.day) else words
                if block.quality is None and not block.missing:
                    yield _plain_day(block, head, said.of(0)).encode()
                else:
                    yield _day(block, head, said, inside).encode()


@dataclass(frozen=True, slots=True)
class Replaced:
    """A day as it stood until `at`, under a channel of an agreement called `label`.

    Cut to the agreement, whose time `window` is; `version` counts from one.
    """

    label: str
    flow: int
    block: Block
    window: Window
    version: int
    at: datetime


def write_replaced(
    days: Iterable[Replaced], *, words: Words, more: tuple[str, str]
) -> Iterator[bytes]:
    """Yield what stood before, in the same columns; `more` heads the two of version and moment."""
    yield (",".join(cell(column) for column in (*words.columns, *more)) + "\r\n").encode()
    for day in days:
        name = words.channels.get(day.flow) or str(day.flow)
        head = f"{cell(day.label)},{cell(name)},"
        at = day.at.astimezone(ZONE).isoformat(timespec="seconds")
        text = _day(day.block, head, words, day.window)
        yield text.replace("\r\n", f",{day.version},{at}\r\n").encode()


def cell(text: str) -> str:
    """A text cell: quoted where needed, and never read as a formula.

    A leading sign that a spreadsheet would calculate with gets an apostrophe.
    """
    if text.lstrip(" \u00a0\u3000")[:1] in tuple(_FORMULA):
        text = f"'{text}"
    if any(mark in text for mark in ',"\r\n') or text != text.strip():
        text = '"' + text.replace('"', '""') + '"'
    return text


def _plain_day(block: Block, head: str, quality: str) -> str:
    """A day whose every interval is held and valid: nearly all of them are."""
    text = list(_plain_lines(_shape(block.day), block.count, block.sec, head, quality))
    text[1::6] = text[3::6] = [block.day.isoformat()] * block.count
    text[-4] = (block.day + timedelta(days=1)).isoformat()
    text[5::6] = map(KWH.__getitem__, block.values)
    return "".join(text)


@lru_cache(maxsize=64)
def _plain_lines(shape: date, count: int, sec: int, head: str, quality: str) -> tuple[str, ...]:
    """A day's lines, and room for what is its own.

    Six texts a line: up to the date of its start, that date, up to the date of its end, that
    date, up to the energy, the energy; and the end.
    """
    texts: list[str] = []
    end = f",{cell(quality)}\r\n"
    for line in _template(shape, count, sec).replace(_TOMORROW, _TODAY).splitlines():
        _head, start, stop = line.split(_TODAY)
        texts += [(end if texts else "") + head, "", start, "", stop, ""]
    return (*texts, end)


def _day(block: Block, head: str, words: Words, window: Window) -> str:
    template = _template(_shape(block.day), block.count, block.sec)
    template = template.replace(_TODAY, block.day.isoformat()).replace(
        _TOMORROW, (block.day + timedelta(days=1)).isoformat()
    )
    return "".join(
        head + line[6:] + energy
        for line, energy in zip(template.splitlines(), _energies(block, words, window), strict=True)
        if energy
    )


def _energies(block: Block, words: Words, window: Window) -> Iterator[str]:
    """The last two columns of each interval; empty for one outside the window."""
    missing = f",{cell(words.missing)}\r\n"
    named = {code: f",{cell(words.of(code))}\r\n" for code in set(block.codes)}
    first = day_epoch(block.day)
    low = window.starts_at.timestamp() if window.starts_at else first
    high = window.ends_at.timestamp() if window.ends_at else first + block.count * block.sec
    for index, (wh, code) in enumerate(zip(block.values, block.codes, strict=True)):
        start = first + index * block.sec
        if wh != MISSING:
            yield f"{wh / 1000:.3f}{named[code]}"
        else:
            yield missing if low <= start and start + block.sec <= high else ""


@lru_cache(maxsize=4096)
def _shape(day: date) -> date:
    """A day that stands for all with the same offsets: a year has four kinds."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    before = noon - timedelta(hours=12)
    if before.utcoffset() != (before + timedelta(days=1)).utcoffset():
        return day
    return date(2024, 1, 15) if noon.utcoffset() == timedelta(hours=-8) else date(2024, 7, 15)


@lru_cache(maxsize=64)
def _template(shape: date, count: int, sec: int) -> str:
    """The day's lines up to the energy, with marks for the agreement and the date."""
    first = day_epoch(shape)
    marks = [
        datetime.fromtimestamp(first + index * sec, ZONE).isoformat() for index in range(count + 1)
    ]
    today = shape.isoformat()
    stamps = [
        (_TODAY if mark.startswith(today) else _TOMORROW) + mark[len(today) :] for mark in marks
    ]
    return "".join(f"<head>{start},{end},\n" for start, end in pairwise(stamps))
