"""Green Button XML in: NAESB ESPI 1.1 to 4.0, whatever prefixes it wears.

The file is read twice: once for its few small entries (`espi_outline` says which
readings belong to which meter and unit; a reading type may come after its
readings), then for the readings, event by event (`xml`), so that memory stays
flat however long the file is and whatever else is in it.

Facts of the format: energy is `value x 10^powerOfTenMultiplier` of the unit
`uom` (72 is Wh); `start` is UTC epoch seconds; flowDirection 1 is delivered, 19
received, 4 net. A document type declaration is refused before all else. Energy delivered
that is below zero anywhere, where none is received, is net, as in SCE's CSV: all of
that meter reading is kept with its sign and marked.
"""

from array import array
from collections.abc import Iterator

from usage import feeds
from usage.feeds import DELIVERED, NET, RECEIVED, BadFile, Run, refuse
from usage.feeds.espi_outline import Entry, Outline, number, tie
from usage.feeds.xml import Events
from usage.intervals import FIRST_WORD, LENGTHS, MISSING

WATT_HOURS = 72
UNITS = {
    0: "no unit",
    5: "amperes",
    29: "volts",
    31: "joules",
    38: "watts",
    42: "cubic meters",
    61: "volt-amperes",
    63: "volt-amperes reactive",
    65: "power factor",
    71: "volt-ampere hours",
    73: "volt-ampere hours reactive",
    119: "cubic feet",
    128: "US gallons",
    132: "British thermal units",
    134: "liters",
    169: "therms",
}
COMMODITIES = {
    7: "natural gas",
    8: "propane",
    9: "water",
    10: "steam",
    11: "waste water",
}
ELECTRICITY = {0, 1, 2, 26}
ENERGY = {0, 12}
PER_INTERVAL = {0, 4}
"""Delta data. Registers and running totals (1, 2, 3, 9…) are not intervals."""

MOST_AT_ONCE = 20_000
"""Readings handed over at once: one endless block cannot fill the memory."""

MOST_UNMEASURED = 600_000
"""Readings of a block that tells their length only by its own: a year of minutes."""

LONGEST = 200
"""Characters of a sentence about a reading: its numbers may be long."""


class Reader(feeds.Reader):
    """Reads one file. Iterate it for Runs; `skipped` and `rounded` fill as it goes."""

    def __iter__(self) -> Iterator[Run]:
        """Every channel's readings, block after block, in the file's order.

        Raises BadFile for a file that is not Green Button XML, that breaks off,
        or whose readings cannot be told apart or measured.
        """
        self._begin()
        outline = Outline(self.path)
        for read in outline.walk():
            self._tell(read // 2)
        if not any(entry.kind == "IntervalBlock" for entry in outline.entries):
            raise refuse(self.file, None, "holds no interval readings")
        owners = tie(outline.entries)
        _tell_net(outline.entries, owners)
        blocks = _Blocks(self, owners)
        for read in blocks.walk():
            self._tell(read - read // 2)
            yield from blocks.ready
            blocks.ready.clear()

    def _tell(self, read: int) -> None:
        if self.progress:
            self.progress(read)

    def block(self, events: Events, owner: Entry | None, interval: dict[str, int]) -> "_Block":
        """The block that begins here; a refused file where nothing tells its unit."""
        if owner is None:
            raise events.refuse("has interval readings that belong to no meter reading")
        if owner.type is None:
            what = "has interval readings without a ReadingType, so their unit is not known"
            raise events.refuse(what)
        kept = self._kept(owner, owner.type)
        return _Block(self, events, owner, owner.type, interval, kept=kept)

    def _kept(self, owner: Entry, kind: dict[str, int]) -> bool:
        """Whether these are electricity per interval in Wh; if not, name them once."""
        if "uom" not in kind:
            raise refuse(self.file, owner.line, "has a ReadingType without a unit (uom)")
        uom, flow = kind["uom"], kind.get("flowDirection", DELIVERED)
        commodity, measured = kind.get("commodity", 0), kind.get("kind", 0)
        behavior = kind.get("accumulationBehaviour", 0)
        if uom != WATT_HOURS:
            unit = UNITS.get(uom, "another unit")
            why = f"readings in {unit} (uom {uom}) are not kept; only watt-hours (72) are"
        elif commodity not in ELECTRICITY:
            name = COMMODITIES.get(commodity, "another commodity")
            why = f"readings of {name} (commodity {commodity}) are not kept; only electricity is"
        elif measured not in ENERGY:
            why = f"readings of kind {measured} are not kept; only energy (12) is"
        elif behavior not in PER_INTERVAL:
            why = f"register readings (accumulationBehaviour {behavior}) are not intervals"
        elif flow not in {0, DELIVERED, RECEIVED, NET}:
            why = f"readings with flowDirection {flow} are not kept; only 1, 4 and 19 are"
        elif kind.get("intervalLength") and kind["intervalLength"] not in LENGTHS:
            sec = kind["intervalLength"]
            why = f"readings of {sec} seconds are not kept; only those that fill an hour evenly"
        else:
            return True
        self.skip(owner.line, why[:LONGEST])
        return False


class _Blocks(Events):
    """The second reading of a file: its interval blocks. `ready` are Runs to be handed over."""

    def __init__(self, reader: Reader, owners: list[Entry | None]) -> None:
        super().__init__(reader.path)
        self.ready: list[Run] = []
        self._reader, self._owners = reader, iter(owners)
        self._owner: Entry | None = None
        self._block: _Block | None = None
        self._interval: dict[str, int] = {}
        self._reading: dict[str, int] = {}
        self._codes: list[int] = []
        self.begins = {
            "entry": self._enter,
            "interval": lambda _: self._interval.clear(),
            "IntervalReading": self._begin,
        }
        self.ends = {
            "entry": self._leave,
            "interval": self._open,
            "value": self._value,
            "IntervalReading": self._take,
            "IntervalBlock": self._close,
        }
        self.within = {
            "timePeriod": self._period,
            "ReadingQuality": self._code,
            "interval": self._span,
        }

    def _enter(self, _attributes: dict[str, str]) -> None:
        self._owner = next(self._owners, None)

    def _leave(self, _name: str, _text: str) -> None:
        self._owner = None

    def _begin(self, _attributes: dict[str, str]) -> None:
        self._reading.clear()
        self._codes.clear()
        if self._block is None:
            self._block = self._reader.block(self, self._owner, {})

    def _value(self, name: str, text: str) -> None:
        if self.above[-1] == "IntervalReading":
            self._reading[name] = number(self, name, text)

    def _period(self, name: str, text: str) -> None:
        if self.above[-2] == "IntervalReading":
            self._reading[name] = number(self, name, text)

    def _code(self, name: str, text: str) -> None:
        self._codes.append(number(self, name, text))

    def _span(self, name: str, text: str) -> None:
        if self.above[-2] == "IntervalBlock" and text.strip():
            self._interval[name] = number(self, name, text)

    def _open(self, _name: str, _text: str) -> None:
        if self.above[-1] == "IntervalBlock":
            self._block = self._reader.block(self, self._owner, self._interval)

    def _take(self, _name: str, _text: str) -> None:
        block = self._block
        if block is None:
            return
        block.take(self._reading, self._codes)
        if len(block.starts) >= MOST_AT_ONCE and block.sec:
            self.ready += block.runs()
        elif len(block.starts) > MOST_UNMEASURED:
            what = f"has more than {MOST_UNMEASURED:,} readings whose interval length is not given"
            raise self.refuse(what)

    def _close(self, _name: str, _text: str) -> None:
        if self._block is not None:
            self.ready += self._block.runs()
        self._block = None


class _Block:
    """The readings of one IntervalBlock while they are gathered."""

    def __init__(
        self,
        reader: Reader,
        events: Events,
        owner: Entry,
        kind: dict[str, int],
        interval: dict[str, int],
        *,
        kept: bool,
    ) -> None:
        self.reader, self.events, self.owner, self.kept = reader, events, owner, kept
        self.line = events.line
        self.next, self.length = interval.get("start"), interval.get("duration", 0)
        self.flow = kind.get("flowDirection") or DELIVERED
        self.power = kind.get("powerOfTenMultiplier", 0)
        self.usual = kind.get("defaultQuality", 0)
        self.sec = 0
        if kept and kind.get("intervalLength"):
            self._agree(kind["intervalLength"])
        self._begin()

    def _begin(self) -> None:
        self.starts, self.wh, self.codes = array("q"), array("i"), bytearray()

    def take(self, said: dict[str, int], codes: list[int]) -> None:
        """Add one IntervalReading. One without a value is a gap, and a gap is not zero.

        `said` are its start, duration and value, as far as it has them.
        """
        if not self.kept:
            return
        quality = self.usual
        for code in codes:
            quality = _worse(quality, code, usual=self.usual)
        start, length, value = said.get("start", self.next), said.get("duration"), said.get("value")
        if length is not None and length != self.sec:
            self._agree(length)
        if start is None:
            raise self._refuse("has a reading without a start")
        self.next = start + self.sec if self.sec else None
        if value is None:
            return
        if self.power:
            value = self._wh(value)
        if quality >= FIRST_WORD:
            word = self.reader.words.code(f"code {quality}")
            if word is None:
                what = "has more codes for quality that ESPI does not know than can be kept"
                raise self._refuse(what)
            quality = word
        if not (MISSING < value < 2**31 and quality >= 0 and 0 <= start < 2**32):
            what = f"has a reading out of range (start {start}, {value} Wh, quality {quality})"
            raise self._refuse(what)
        self.starts.append(start)
        self.wh.append(value)
        self.codes.append(quality)

    def runs(self) -> Iterator[Run]:
        """Hand over what has been gathered, and begin again."""
        if not self.starts:
            return
        if not self.sec:
            if self.length % len(self.starts):
                raise self._refuse("has readings whose interval length is not given")
            self._agree(self.length // len(self.starts))
        yield Run(
            meter=self.owner.meter,
            flow=RECEIVED if self.flow == RECEIVED else DELIVERED,
            sec=self.sec,
            starts=self.starts,
            wh=self.wh,
            quality=bytes(self.codes),
            net=self.flow == NET or self.owner.net,
            line=self.line,
        )
        self._begin()

    def _agree(self, length: int) -> None:
        if length not in LENGTHS:
            what = f"has readings of {length} seconds each, which do not fill an hour evenly"
            raise self._refuse(what)
        if self.sec and self.sec != length:
            what = f"has a reading of {length} seconds among readings of {self.sec} seconds"
            raise self._refuse(what)
        self.sec = length

    def _wh(self, value: int) -> int:
        scale: int = 10 ** min(abs(self.power), 12)
        if self.power > 0:
            return value * scale
        whole, rest = divmod(value, scale)
        self.reader.rounded += rest > 0
        return whole + (2 * rest >= scale)

    def _refuse(self, what: str) -> BadFile:
        return self.events.refuse(what[:LONGEST])


def _tell_net(entries: list[Entry], owners: list[Entry | None]) -> None:
    """Mark the meter readings whose energy delivered is below zero, where none is received."""
    kinds = [owner and owner.type and owner.type.get("flowDirection", 0) for owner in owners]
    giving = {
        id(owner.point)
        for owner, flow in zip(owners, kinds, strict=True)
        if owner and flow == RECEIVED
    }
    for entry, owner, flow in zip(entries, owners, kinds, strict=True):
        if entry.negative and owner and flow in {0, DELIVERED}:
            owner.net = id(owner.point) not in giving


def _worse(held: int, code: int, *, usual: int) -> int:
    """Of several codes on one reading, the one that calls for more care."""
    return code if held == usual or held in {0, 17, 18, 19} else held
