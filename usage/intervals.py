"""The packed day block: one local day of one channel of a meter.

A day of readings is kept as one row, not as 96. It holds the energy of each
interval in order, from the instant of local midnight on, so a 23-hour or a
25-hour day is simply a shorter or a longer block and no reading ever needs a
clock label (01:30 happens twice in November).

Units: energy in whole watt-hours (Wh), lengths in seconds, instants in UTC
(`datetime`, or epoch seconds where there are many). Days are days in
Los Angeles. Quality codes are those of ESPI `QualityOfReading`; 0 is valid.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from usage.sentences import Sentence, say
from usage.sentences import noop as _

ZONE = ZoneInfo("America/Los_Angeles")

MISSING = -(2**31)
"""Stands where no reading is held. Never zero: zero is a reading."""

VALID = 0

PLAIN = frozenset({VALID, 14, 17, 19})
"""Quality codes of an ordinary reading: valid, raw, validated, good for billing (ESPI)."""

ESTIMATED, ADJUSTED = 200, 201
"""Said by a sender without the method, which every ESPI code for it would claim to know."""

FIRST_WORD, LAST_WORD = 200, 254
"""Codes ESPI does not use: each stands for a word (usage.quality)."""

LENGTHS = (60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600)
"""Interval lengths the portal keeps, in seconds: those that fill an hour."""


class BadReading(ValueError):
    """A reading that cannot stand in a day block; says why in one sentence."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said)
        self.said = said


class DifferentLength(BadReading):
    """Two blocks of one day whose interval lengths do not go together."""


@lru_cache(maxsize=4096)
def day_start(day: date) -> datetime:
    """The instant, in UTC, at which this day begins in Los Angeles."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


@lru_cache(maxsize=4096)
def day_epoch(day: date) -> int:
    """The same instant in epoch seconds."""
    return int(day_start(day).timestamp())


@lru_cache(maxsize=4096)
def day_length(day: date) -> int:
    """Seconds in this day: 82,800 in March once, 90,000 in November once, else 86,400."""
    return day_epoch(day + timedelta(days=1)) - day_epoch(day)


def local_day(epoch: int) -> date:
    """The day in Los Angeles on which this instant falls."""
    return datetime.fromtimestamp(epoch, ZONE).date()


def _native(wh: bytes) -> "array[int]":
    values = array("i", wh)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def little(values: "array[int]") -> bytes:
    """Values as a block keeps them: int32, little-endian."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


_GAP = little(array("i", [MISSING]))


def _quality(codes: bytes | bytearray) -> bytes | None:
    """None when every interval is valid, so that the usual day costs nothing."""
    return bytes(codes) if codes.count(VALID) != len(codes) else None


@dataclass(frozen=True, slots=True)
class Block:
    """One local day of one channel, always the whole day.

    `sec` is the length of an interval; `wh` is one little-endian int32 for
    each; `quality` is one code for each, or None when all are valid. Intervals
    outside the agreement, or not delivered, are MISSING (their code is 0).
    `net` says that the values are delivered minus received, as old meters
    report them, so some may be negative.
    """

    day: date
    sec: int
    wh: bytes
    quality: bytes | None = None
    net: bool = False

    @property
    def start(self) -> datetime:
        return day_start(self.day)

    @property
    def count(self) -> int:
        """Intervals in this day, held or missing."""
        return len(self.wh) // 4

    @property
    def values(self) -> "array[int]":
        return _native(self.wh)

    @property
    def codes(self) -> bytes:
        """One quality code for each interval."""
        return self.quality if self.quality is not None else bytes(self.count)

    @property
    def missing(self) -> int:
        """How many intervals hold no reading."""
        # Only a gap has this as its highest byte, so few days need the second look.
        return self.values.count(MISSING) if _GAP[3] in self.wh[3::4] else 0

    @property
    def held(self) -> int:
        """How many do."""
        return self.count - self.missing

    @property
    def empty(self) -> bool:
        return self.wh == _GAP * self.count


def day_wh(block: Block) -> int:
    """Energy of the day in Wh, as far as readings are held."""
    return sum(block.values) - block.missing * MISSING


def intervals_in(day: date, *, sec: int) -> int:
    """How many intervals of this length the day has, or BadReading."""
    if sec not in LENGTHS:
        what = _("intervals of %(sec)s seconds do not fill an hour evenly")
        raise BadReading(say(what, sec=sec))
    return day_length(day) // sec


def pack(
    day: date,
    *,
    sec: int,
    wh: Sequence[int | None],
    quality: Sequence[int] | None = None,
) -> Block:
    """Pack one whole day, first interval first; None is a gap.

    Raises BadReading when the number of values is not that day's number of
    intervals, or a value does not fit.
    """
    count = intervals_in(day, sec=sec)
    if len(wh) != count or (quality is not None and len(quality) != count):
        what = _("%(day)s has %(count)s intervals of %(sec)s seconds, not %(held)s")
        raise BadReading(say(what, day=str(day), count=count, sec=sec, held=len(wh)))
    values = array("i", (MISSING if value is None else _fits(value) for value in wh))
    codes = bytearray(quality or count)
    for index, value in enumerate(wh):
        if value is None:
            codes[index] = VALID
    return Block(day, sec, little(values), _quality(codes))


def unpack(block: Block) -> list[tuple[int, int, int]]:
    """The readings held: (start in epoch seconds, Wh, quality), gaps left out."""
    first = day_epoch(block.day)
    starts = range(first, first + block.count * block.sec, block.sec)
    return [
        reading
        for reading in zip(starts, block.values, block.codes, strict=True)
        if reading[1] != MISSING
    ]


def _fits(wh: int) -> int:
    if not MISSING < wh < 2**31:
        what = _("a reading of %(wh)s Wh is beyond what one interval can hold")
        raise BadReading(say(what, wh=wh))
    return wh


class Days:
    """Readings of one channel on their way into day blocks; `sec` is their interval length.

    They may come in any order and from any number of days; where one interval
    comes twice, the later one stands. A gap takes nothing away.
    """

    def __init__(self, sec: int) -> None:
        self.sec = sec
        self._days: dict[date, tuple[array[int], bytearray]] = {}
        self._net: set[date] = set()

    def lay(self, start: int, wh: "array[int]", quality: bytes, *, net: bool = False) -> None:
        """Take readings that follow each other from `start` (epoch seconds); MISSING is a gap.

        Raises BadReading when `start` lies between intervals.
        """
        if start % self.sec:
            raise BadReading(_between(start, self.sec))
        for day, count, first, low, high in _cuts(start, self.sec, len(wh)):
            values, codes = wh[low:high], bytearray(quality[low:high])
            whole = high - low == count
            if net:
                self._net.add(day)
            elif whole and MISSING not in values:
                self._net.discard(day)
            if whole and day not in self._days:
                self._days[day] = values, codes
                continue
            held, held_codes = self._of(day)
            if MISSING not in values:
                held[first : first + high - low] = values
                held_codes[first : first + high - low] = codes
                continue
            for index, value in enumerate(values, first):
                if value != MISSING:
                    held[index] = value
                    held_codes[index] = codes[index - first]

    def add(
        self,
        readings: Iterable[tuple[int, int, int]],
        *,
        net: bool = False,
        rejected: list[Sentence] | None = None,
    ) -> None:
        """Take loose readings: (start in epoch seconds, Wh, quality).

        A reading that starts between intervals or does not fit raises BadReading,
        or is left out and named in `rejected`.
        """
        sec = self.sec
        first = after = 0
        values, codes = array("i"), bytearray()
        for start, wh, quality in readings:
            if not first <= start < after:
                day = local_day(start)
                first = day_epoch(day)
                after = first + day_length(day)
                values, codes = self._of(day)
                if net:
                    self._net.add(day)
            index, between = divmod(start - first, sec)
            if between or not MISSING < wh < 2**31:
                what = _between(start, sec) if between else _too_large(start, wh)
                if rejected is None:
                    raise BadReading(what)
                rejected.append(what)
                continue
            values[index] = wh
            codes[index] = quality

    def _of(self, day: date) -> "tuple[array[int], bytearray]":
        if day not in self._days:
            count = intervals_in(day, sec=self.sec)
            self._days[day] = array("i", [MISSING]) * count, bytearray(count)
        return self._days[day]

    def blocks(self) -> list[Block]:
        """The days in order; those that hold nothing are left out."""
        return [
            Block(day, self.sec, little(values), _quality(codes), day in self._net)
            for day, (values, codes) in sorted(self._days.items())
            if values.count(MISSING) < len(values)
        ]


def _between(start: int, sec: int) -> Sentence:
    at = datetime.fromtimestamp(start, ZONE).isoformat()
    return say(
        _("the reading at %(at)s starts between intervals of %(sec)s seconds"), at=at, sec=sec
    )


def _too_large(start: int, wh: int) -> Sentence:
    at = datetime.fromtimestamp(start, ZONE).isoformat()
    return say(_("the reading at %(at)s is %(wh)s Wh"), at=at, wh=wh)


@lru_cache(maxsize=4096)
def _cuts(start: int, sec: int, count: int) -> list[tuple[date, int, int, int, int]]:
    """Where readings that follow each other are cut at local midnights.

    For each day: the intervals it has, the index of the first reading in it, and
    the readings' own indices, from low up to high.
    """
    cuts, low = [], 0
    while low < count:
        day = local_day(start + low * sec)
        first = (start + low * sec - day_epoch(day)) // sec
        length = intervals_in(day, sec=sec)
        high = min(count, low + length - first)
        cuts.append((day, length, first, low, high))
        low = high
    return cuts


def group(
    readings: Iterable[tuple[int, int, int]], *, sec: int, rejected: list[Sentence] | None = None
) -> list[Block]:
    """Sort loose readings of one channel into day blocks (see Days.add)."""
    days = Days(sec)
    days.add(readings, rejected=rejected)
    return days.blocks()


def spoken(block: Block) -> bytes:
    """Which intervals a day speaks of: a bit each, the first lowest; one more above says net."""
    bits = sum(1 << index for index, wh in enumerate(block.values) if wh != MISSING)
    bits |= block.net << block.count
    return bits.to_bytes(block.count // 8 + 1, "little")


def only(block: Block, said: bytes | None) -> Block:
    """What one file said of a day that several may have filled, by what `spoken` says of it."""
    if said is None:
        return block
    bits, values, codes = int.from_bytes(said, "little"), block.values, bytearray(block.codes)
    for index in range(block.count):
        if not bits >> index & 1:
            values[index], codes[index] = MISSING, VALID
    net = bool(bits >> block.count & 1)
    return Block(block.day, block.sec, little(values), _quality(codes), net)


def merge(held: Block | None, incoming: Block) -> tuple[Block, bool]:
    """Lay an incoming day over the one held, and say whether anything changed.

    A partial file fills gaps and corrects values; an incoming gap never blanks
    a held value. Finer readings replace coarser ones when they cover all of
    them; coarser ones never replace finer (6.3: no less detailed), and both
    other cases raise DifferentLength.
    """
    if held is None:
        return incoming, True
    if held == incoming:
        return held, False
    net = held.net or incoming.net
    if held.sec != incoming.sec:
        _refuse_unless_finer(held, incoming)
        return incoming, True
    ours, theirs = held.values, incoming.values
    if MISSING not in theirs:
        return incoming, True
    codes, new = bytearray(held.codes), incoming.codes
    for index, wh in enumerate(theirs):
        if wh != MISSING:
            ours[index] = wh
            codes[index] = new[index]
    merged = Block(held.day, held.sec, little(ours), _quality(codes), net)
    return merged, merged != held


def _refuse_unless_finer(held: Block, incoming: Block) -> None:
    parts, rest = divmod(held.sec, incoming.sec)
    if not parts or rest:
        what = _(
            "%(day)s is held in intervals of %(held)s seconds; readings of %(sec)s seconds cannot "
            "replace them"
        )
        raise DifferentLength(say(what, day=str(held.day), held=held.sec, sec=incoming.sec))
    fine = incoming.values
    for index, wh in enumerate(held.values):
        if wh != MISSING and MISSING in fine[index * parts : (index + 1) * parts]:
            what = _(
                "%(day)s is held in intervals of %(held)s seconds; the readings of %(sec)s seconds "
                "do not cover all of them"
            )
            raise DifferentLength(say(what, day=str(held.day), held=held.sec, sec=incoming.sec))


def clip(
    block: Block, *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Block | None:
    """Keep only intervals that lie wholly in [starts_at, ends_at); None when none is left.

    An interval that straddles a boundary belongs to neither side: part of it
    is somebody else's.
    """
    first, sec = day_epoch(block.day), block.sec
    low, high = 0, block.count
    if starts_at is not None:
        low = max(low, -((first - _ceil(starts_at)) // sec))
    if ends_at is not None:
        high = min(high, (int(ends_at.timestamp()) - first) // sec)
    if low <= 0 and high >= block.count:
        return None if block.empty else block
    if low >= high:
        return None
    values, codes = block.values, bytearray(block.codes)
    values[:low] = array("i", [MISSING]) * low
    values[high:] = array("i", [MISSING]) * (len(values) - high)
    codes[:low] = bytes(low)
    codes[high:] = bytes(len(codes) - high)
    if values.count(MISSING) == len(values):
        return None
    return Block(block.day, sec, little(values), _quality(codes), block.net)


def cut(
    blocks: Iterable[Block], *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Iterator[Block]:
    """Clip one day after the other; days with nothing left are left out."""
    first = date.min if starts_at is None else _first_whole_day(starts_at)
    last = date.max if ends_at is None else local_day(int(ends_at.timestamp())) - timedelta(days=1)
    for block in blocks:
        # Nearly every day lies wholly inside and begins with a reading: it goes as it is.
        if first <= block.day <= last and not block.wh.startswith(_GAP):
            yield block
        elif (inside := clip(block, starts_at=starts_at, ends_at=ends_at)) is not None:
            yield inside


def _first_whole_day(moment: datetime) -> date:
    """The first local day that does not begin before this moment."""
    epoch = _ceil(moment)
    day = local_day(epoch)
    return day if day_epoch(day) == epoch else day + timedelta(days=1)


def _ceil(moment: datetime) -> int:
    whole = int(moment.timestamp())
    return whole if moment.microsecond == 0 else whole + 1
