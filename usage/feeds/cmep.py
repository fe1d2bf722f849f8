"""CMEP in: the California Metering Exchange Protocol, record MEPMD01, the bulk feed.

One line holds the readings of one meter and direction: fourteen fields, then triplets of time,
quality and value. It is read a line at a time with work done on whole columns of it: a file of
a day for a whole city is some millions of readings.

Senders differ in what a time marks, on which clock, and which unit says delivered or received;
`Sender` tells. A time that is left out is the one before plus the interval.
"""

import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from usage import feeds
from usage.feeds import DELIVERED, RECEIVED, Run, refuse
from usage.intervals import ADJUSTED, ESTIMATED, LENGTHS, MISSING, ZONE
from usage.sentences import noop as _
from usage.sentences import say

INTERVALS = "MEPMD01"
LONGEST_LINE = 8 * 2**20
"""Some 300,000 readings of one meter: eight years of quarter-hours."""

LONGEST_NAME = 60

HEAD = 14
"""Fields before the first triplet."""

LETTERS = {"R": 14, "V": 17, "E": ESTIMATED, "A": ADJUSTED}
NO_READ = "N"
UNNAMED = say(_("unnamed"))

_PLAIN = str.maketrans("", "", "0123456789.-")
_ALIKE = [re.compile(r"(?:-?\d++(?:,|$))*+")] + [
    re.compile(rf"(?:-?\d++\.\d{{{places}}}(?:,|$))*+") for places in (1, 2, 3)
]
"""Values that all have so many decimals."""

_TIME = re.compile(r"\d{12}")
_LENGTH = re.compile(r"(\d{4})(\d\d)(\d\d)")
_QUALITY = re.compile(r"([A-Z])(\d*)")
_NUMBER = re.compile(r"-?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})")
_SCALES = {"MWH": 1_000_000, "KWH": 1000, "WH": 1}


@dataclass(frozen=True, slots=True)
class Sender:
    """What a sender means. The defaults are what most of them seem to mean."""

    ends: bool = True
    utc: bool = True
    delivered: tuple[str, ...] = ("KWH",)
    received: tuple[str, ...] = ()
    net: tuple[str, ...] = ()


class _Broken(Exception):
    """A line that cannot be taken, and why."""

    def __init__(self, words: str, **values: str | int) -> None:
        self.said = say(words, **values)
        super().__init__(self.said)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a record holds: direction, whether net, seconds an interval, Wh for a value of 1."""

    flow: int
    net: bool
    sec: int
    factor: Decimal


class Reader(feeds.Reader):
    """Reads one file, a line at a time."""

    def __init__(self, path: Path, sender: Sender = Sender()) -> None:
        super().__init__(path)
        self.sender = sender
        self._codes: dict[str, int] = {}
        self._kinds: dict[tuple[str, ...], _Kind | None] = {}

    def __iter__(self) -> Iterator[Run]:
        """The readings of each line, in the file's order.

        A line that is broken is rejected whole; what is no interval reading of electricity in a
        unit known of the sender is skipped. Raises BadFile for a file of something else.
        """
        self._begin()
        self._codes, self._kinds = {}, {}
        found = False
        with self.path.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if self.progress:
                    self.progress(len(line))
                if len(line) > LONGEST_LINE:
                    what = say(_("is longer than %(most)s MB"), most=LONGEST_LINE // 2**20)
                    raise refuse(self.file, number, what)
                fields = _fields(line.decode("latin-1"))
                if not any(fields):
                    continue
                if not fields[0].startswith("MEP"):
                    if not found:
                        what = say(_("is not CMEP: it begins with no record type"))
                        raise refuse(self.file, number, what)
                    self.reject(number, say(_("begins with no record type")))
                    continue
                found = True
                try:
                    run = self._run(number, fields)
                except _Broken as broken:
                    self.reject(number, broken.said)
                    continue
                if run is None:
                    self.skips += 1
                else:
                    yield run
        if not found:
            raise refuse(self.file, None, say(_("holds no records")))

    def _run(self, line: int, fields: list[str]) -> Run | None:
        if fields[0] != INTERVALS:
            what = _("%(kind)s records are not kept; only MEPMD01 are")
            self.skip(line, say(what, kind=_said(fields[0])))
            return None
        if len(fields) < HEAD:
            raise _Broken(
                _("has %(count)s fields; a record has at least %(least)s"),
                count=len(fields),
                least=HEAD,
            )
        meter, kind = fields[7].strip(), self._kind_of(line, tuple(fields[8:13]))
        if kind is None:
            return None
        if not meter or len(meter) > LONGEST_NAME:
            raise _Broken(_("names no meter of at most %(most)s characters"), most=LONGEST_NAME)
        count = _count(fields)
        starts = self._starts(fields[HEAD::3], kind.sec, count)
        quality, absent = self._quality(line, fields[HEAD + 1 :: 3])
        wh = self._wh(fields[HEAD + 2 :: 3], kind.factor, absent)
        negative = min(wh) < 0
        if negative and MISSING in wh:
            held = [index for index, value in enumerate(wh) if value != MISSING]
            negative = any(wh[index] < 0 for index in held)
            if isinstance(starts, range):
                quality = bytes(
                    code if value != MISSING else 0 for code, value in zip(quality, wh, strict=True)
                )
            else:
                starts = array("q", [starts[index] for index in held])
                wh = array("i", [wh[index] for index in held])
                quality = bytes(quality[index] for index in held)
        return Run(meter, kind.flow, kind.sec, starts, wh, quality, kind.net or negative, line)

    def _kind_of(self, line: int, said: tuple[str, ...]) -> _Kind | None:
        """What such a record holds, worked out once; None for one that is not kept."""
        if said not in self._kinds:
            self._kinds[said] = self._kind(line, *(field.strip() for field in said))
        return self._kinds[said]

    def _kind(
        self, line: int, purpose: str, commodity: str, unit: str, multiplier: str, length: str
    ) -> _Kind | None:
        unit = unit.upper()
        if purpose.upper() != "OK":
            words = _("%(kind)s records are no interval readings; only OK are")
            what = say(words, kind=purpose[:20] or UNNAMED)
        elif commodity.upper() != "E":
            words = _("commodity %(name)s is not kept; only electricity (E) is")
            what = say(words, name=commodity[:20] or UNNAMED)
        elif "REG" in unit:
            what = say(_("register reads (%(unit)s) are not intervals"), unit=unit[:20])
        elif unit not in (*self.sender.delivered, *self.sender.received, *self.sender.net):
            words = _("the unit %(unit)s is not among those of this sender")
            what = say(words, unit=unit[:20] or UNNAMED)
        else:
            by = _decimal(multiplier) if multiplier else Decimal(1)
            if by <= 0:
                raise _Broken(_("has %(cell)r as its multiplier"), cell=multiplier[:40])
            scale = next((scale for name, scale in _SCALES.items() if unit.startswith(name)), 1000)
            flow = RECEIVED if unit in self.sender.received else DELIVERED
            return _Kind(flow, unit in self.sender.net, _seconds(length), by * scale)
        self.skip(line, what)
        return None

    def _starts(self, times: list[str], sec: int, count: int) -> "range | array[int]":
        """When each interval starts: a range if they follow each other, as they mostly do."""
        sender = self.sender
        if not _TIME.fullmatch(times[0]):
            raise _Broken(
                _("has %(cell)r as its first time, not CCYYMMDDHHMM"), cell=_said(times[0])
            )
        shift = sec if sender.ends else 0
        follow = not any(times[1:])
        for first in _instants(times[0], sender.utc):
            if follow or times == _stamps(first, sec, count, sender.utc):
                return range(first - shift, first - shift + count * sec, sec)
        starts, before = array("q"), 0
        for time in times:
            if not time:
                before += sec
            elif not _TIME.fullmatch(time):
                raise _Broken(_("has %(cell)r as a time, not CCYYMMDDHHMM"), cell=_said(time))
            else:
                possible = _instants(time, sender.utc)
                before = next((at for at in possible if at > before), possible[0])
            starts.append(before - shift)
        return starts

    def _quality(self, line: int, said: list[str]) -> tuple[bytes, set[int]]:
        """A code for each reading, and the places of those that were not read."""
        if said.count(said[0]) == len(said):
            code = self._code(line, said[0])
            if code >= 0:
                return bytes((code,)) * len(said), set()
            return bytes(len(said)), set(range(len(said)))
        codes = [self._code(line, one) for one in said]
        absent = {index for index, code in enumerate(codes) if code < 0}
        return bytes(max(code, 0) for code in codes), absent

    def _code(self, line: int, said: str) -> int:
        """The code of a quality; -1 for no read. A known letter outlives an unknown number."""
        if said not in self._codes:
            text = _said(said).upper()
            parts = _QUALITY.fullmatch(text)
            letter, number = parts.groups() if parts else ("", "")
            code: int | None
            if letter == NO_READ:
                code = -1
            elif letter in LETTERS and not number.strip("0"):
                code = LETTERS[letter]
            else:
                code = self.words.code(text)
                if code is None and letter in LETTERS:
                    what = _("more kinds of quality than can be kept: their letters are")
                    self.skip(line, say(what))
                    code = LETTERS[letter]
            if code is None:
                what = _("has more kinds of quality than can be kept")
                raise refuse(self.file, line, say(what))
            self._codes[said] = code
        return self._codes[said]

    def _wh(self, values: list[str], factor: Decimal, absent: set[int]) -> "array[int]":
        if not absent:
            wh = _alike(values, factor) or _whole(values, float(factor))
            if wh is not None:
                return wh
        return self._carefully(values, factor, absent)

    def _carefully(self, values: list[str], factor: Decimal, absent: set[int]) -> "array[int]":
        """The same value by value, exactly: gaps, more than three decimals, broken numbers."""
        wh = array("i")
        for index, value in enumerate(values):
            if index in absent or not value.strip():
                wh.append(MISSING)
                continue
            exact = _decimal(value) * factor
            whole = int(exact.to_integral_value(ROUND_HALF_UP))
            if abs(whole) >= -MISSING:
                raise _Broken(_("has %(cell)r, more than one interval can hold"), cell=_said(value))
            self.rounded += whole != exact
            wh.append(whole)
        return wh


def _alike(values: list[str], factor: Decimal) -> "array[int] | None":
    """Values of equally many decimals, the usual line: read as whole numbers. None if not so."""
    places = len(values[0].partition(".")[2])
    joined = ",".join(values)
    if places >= len(_ALIKE) or not _ALIKE[places].fullmatch(joined):
        return None
    by = _per_step(factor, places)
    if by is None:
        return None
    try:
        wh = array("i", map(int, joined.replace(".", "").split(",")))
        return wh if by == 1 else array("i", [value * by for value in wh])
    except (OverflowError, ValueError):  # too large, or of more digits than Python reads
        return None


@lru_cache(maxsize=256)
def _per_step(factor: Decimal, places: int) -> int | None:
    """Wh for a 1 in the last of so many decimals; None unless they are whole."""
    by = factor.scaleb(-places)
    return int(by) if by == by.to_integral_value() else None


def _whole(values: list[str], factor: float) -> "array[int] | None":
    """Values that are whole Wh, however they are written; None if one is not."""
    if "".join(values).translate(_PLAIN):
        return None
    try:
        exact = [float(value) * factor for value in values]
        wh = array("i", map(round, exact))
    except (ValueError, OverflowError):
        return None
    # A thousandth of a kWh, times a thousand, is a whole number but for its last bits.
    off = max(abs(one - whole) for one, whole in zip(exact, wh, strict=True))
    return wh if off < 1e-5 and MISSING not in wh else None


def _fields(line: str) -> list[str]:
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(",")
    (row,) = csv.reader([line])
    return row


def _said(field: str) -> str:
    return field.strip()[:40]


def _decimal(field: str) -> Decimal:
    text = field.strip()
    if not _NUMBER.fullmatch(text):
        raise _Broken(_("has %(cell)r, which is not a number"), cell=text[:40])
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _Broken(_("has %(cell)r, which is not a number"), cell=text[:40]) from None


def _seconds(field: str) -> int:
    """DDDDHHMM as seconds."""
    parts = _LENGTH.fullmatch(field.strip())
    days, hours, minutes = (int(part) for part in parts.groups()) if parts else (0, 0, 0)
    sec = ((days * 24 + hours) * 60 + minutes) * 60
    if sec not in LENGTHS:
        raise _Broken(
            _("has intervals of %(cell)r (DDDDHHMM), which do not fill an hour"), cell=_said(field)
        )
    return sec


def _count(fields: list[str]) -> int:
    said = fields[13].strip()
    if not said.isdigit():
        raise _Broken(_("has %(cell)r as its number of readings"), cell=_said(said))
    count, held = int(said), len(fields) - HEAD
    if held != 3 * count or not count:
        raise _Broken(
            _("says that it has %(count)s readings and has %(held)s"),
            count=count,
            held=f"{held / 3:g}",
        )
    return count


@lru_cache(maxsize=4096)
def _instants(stamp: str, utc: bool) -> tuple[int, ...]:
    """Epoch seconds of a stamp: two for the hour November repeats, and none that March skips."""
    try:
        wall = datetime.strptime(stamp, "%Y%m%d%H%M")  # noqa: DTZ007
    except ValueError:
        raise _Broken(_("has no such time as %(time)s"), time=_said(stamp)) from None
    if utc:
        return (int(wall.replace(tzinfo=UTC).timestamp()),)
    both = sorted({int(wall.replace(tzinfo=ZONE, fold=fold).timestamp()) for fold in (0, 1)})
    shown = [at for at in both if datetime.fromtimestamp(at, ZONE).replace(tzinfo=None) == wall]
    if not shown:
        raise _Broken(_("has %(time)s, which no clock showed that day"), time=_said(stamp))
    return tuple(shown)


@lru_cache(maxsize=64)
def _stamps(first: int, sec: int, count: int, utc: bool) -> list[str]:
    """The stamps of readings that follow each other, as the sender would write them."""
    zone = UTC if utc else ZONE
    return [
        datetime.fromtimestamp(at, zone).strftime("%Y%m%d%H%M")
        for at in range(first, first + count * sec, sec)
    ]
