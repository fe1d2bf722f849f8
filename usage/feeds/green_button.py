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
from usage.feeds import DELIVERED, NET, RECEIVED, BadFile, Problem, Run, refuse
from usage.feeds.espi_outline import KEPT, Entry, Outline, number, tie
from usage.feeds.xml import Events
from usage.intervals import FIRST_WORD, LENGTHS, MISSING
from usage.sentences import noop as _
from usage.sentences import say

WATT_HOURS = 72
UNITS = {
    0: say(_("no unit")),
    5: say(_("amperes")),
    29: say(_("volts")),
    31: say(_("joules")),
    38: say(_("watts")),
    42: say(_("cubic meters")),
    61: say(_("volt-amperes")),
    63: say(_("volt-amperes reactive")),
    65: say(_("power factor")),
    71: say(_("volt-ampere hours")),
    73: say(_("volt-ampere hours reactive")),
    119: say(_("cubic feet")),
    128: say(_("US gallons")),
    132: say(_("British thermal units")),
    134: say(_("liters")),
    169: say(_("therms")),
}
COMMODITIES = {
    7: say(_("natural gas")),
    8: say(_("propane")),
    9: say(_("water")),
    10: say(_("steam")),
    11: say(_("waste water")),
}
ELECTRICITY = {0, 1, 2, 26}
ENERGY = {0, 12}
PER_INTERVAL = {0, 4}
"""Delta data. Registers and running totals (1, 2, 3, 9…) are not intervals."""

MOST_AT_ONCE = 20_000
"""Readings handed over at once: one endless block cannot fill the memory."""

MOST_UNMEASURED = 600_000
"""Readings of a block that tells their length only by its own: a year of minutes."""

OF_READINGS = KEPT | {"IntervalBlock", "LocalTimeParameters"}
"""Entries that are read, and one that says of nobody anything: which clock was meant."""

SUMMARIES = {"UsageSummary", "ElectricPowerUsageSummary"}

LONGEST = 40
"""Digits of a number that stands in a sentence: a file may hold longer ones."""


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
        self._name_others(outline.entries)
        if not any(entry.kind == "IntervalBlock" for entry in outline.entries):
            none = Problem(self.file, None, say(_("holds no interval readings")))
            raise BadFile([none, *self.skipped])
        owners = tie(outline.entries)
        _tell_net(outline.entries, owners)
        blocks = _Blocks(self, owners)
        for read in blocks.walk():
            self._tell(read - read // 2)
            yield from blocks.ready
            blocks.ready.clear()

    def _name_others(self, entries: list[Entry]) -> None:
        """Name once each what else the file holds about a customer and the portal does not keep."""
        for entry in entries:
            if entry.kind in SUMMARIES:
                what = _("%(kind)s is not kept; send bills as CSV (docs/feeds.md)")
            elif entry.kind and entry.kind not in OF_READINGS:
                what = _("%(kind)s is not kept (docs/feeds.md)")
            else:
                continue
            self.skip(entry.line, say(what, kind=entry.kind[:LONGEST]))

    def _tell(self, read: int) -> None:
        if self.progress:
            self.progress(read)

    def block(self, events: Events, owner: Entry | None, interval: dict[str, int]) -> "_Block":
        """The block that begins here; a refused file where nothing tells its unit."""
        if owner is None:
            what = _("has interval readings that belong to no meter reading")
            raise events.refuse(say(what))
        if owner.type is None:
            what = _("has interval readings without a ReadingType, so their unit is not known")
            raise events.refuse(say(what))
        kept = self._kept(owner, owner.type)
        return _Block(self, events, owner, owner.type, interval, kept=kept)

    def _kept(self, owner: Entry, kind: dict[str, int]) -> bool:
        """Whether these are electricity per interval in Wh; if not, name them once."""
        if "uom" not in kind:
            what = _("has a ReadingType without a unit (uom)")
            raise refuse(self.file, owner.line, say(what))
        uom, flow = kind["uom"], kind.get("flowDirection", DELIVERED)
        commodity, measured = kind.get("commodity", 0), kind.get("kind", 0)
        behavior = kind.get("accumulationBehaviour", 0)
        if uom != WATT_HOURS:
            words = _("readings in %(unit)s (uom %(uom)s) are not kept; only watt-hours (72) are")
            why = say(words, unit=UNITS.get(uom) or say(_("another unit")), uom=_short(uom))
        elif commodity not in ELECTRICITY:
            words = _(
                "readings of %(name)s (commodity %(commodity)s) are not kept; only electricity is"
            )
            name = COMMODITIES.get(commodity) or say(_("another commodity"))
            why = say(words, name=name, commodity=_short(commodity))
        elif measured not in ENERGY:
            words = _("readings of kind %(kind)s are not kept; only energy (12) is")
            why = say(words, kind=_short(measured))
        elif behavior not in PER_INTERVAL:
            words = _("register readings (accumulationBehaviour %(behavior)s) are not intervals")
            why = say(words, behavior=_short(behavior))
        elif flow not in {0, DELIVERED, RECEIVED, NET}:
            words = _("readings with flowDirection %(flow)s are not kept; only 1, 4 and 19 are")
            why = say(words, flow=_short(flow))
        elif kind.get("intervalLength") and kind["intervalLength"] not in LENGTHS:
            words = _(
                "readings of %(sec)s seconds are not kept; only those that fill an hour evenly"
            )
            why = say(words, sec=_short(kind["intervalLength"]))
        else:
            return True
        self.skip(owner.line, why)
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
            what = _("has more than %(most)s readings whose interval length is not given")
            raise self.refuse(say(what, most=f"{MOST_UNMEASURED:,}"))

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
            self.reader.skips += 1
            return
        quality = self.usual
        for code in codes:
            quality = _worse(quality, code, usual=self.usual)
        start, length, value = said.get("start", self.next), said.get("duration"), said.get("value")
        if length is not None and length != self.sec:
            self._agree(length)
        if start is None:
            raise self.events.refuse(say(_("has a reading without a start")))
        self.next = start + self.sec if self.sec else None
        if value is None:
            return
        if self.power:
            value = self._wh(value)
        if quality >= FIRST_WORD:
            word = self.reader.words.code(f"code {quality}")
            if word is None:
                what = _("has more codes for quality that ESPI does not know than can be kept")
                raise self.events.refuse(say(what))
            quality = word
        if not (MISSING < value < 2**31 and quality >= 0 and 0 <= start < 2**32):
            what = _("has a reading out of range (start %(start)s, %(wh)s Wh, quality %(quality)s)")
            facts = {"start": start, "wh": value, "quality": quality}
            raise self.events.refuse(
                say(what, **{name: _short(fact) for name, fact in facts.items()})
            )
        self.starts.append(start)
        self.wh.append(value)
        self.codes.append(quality)

    def runs(self) -> Iterator[Run]:
        """Hand over what has been gathered, and begin again."""
        if not self.starts:
            return
        if not self.sec:
            if self.length % len(self.starts):
                what = _("has readings whose interval length is not given")
                raise self.events.refuse(say(what))
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
            what = _("has readings of %(sec)s seconds each, which do not fill an hour evenly")
            raise self.events.refuse(say(what, sec=_short(length)))
        if self.sec and self.sec != length:
            what = _("has a reading of %(sec)s seconds among readings of %(others)s seconds")
            raise self.events.refuse(say(what, sec=_short(length), others=self.sec))
        self.sec = length

    def _wh(self, value: int) -> int:
        scale: int = 10 ** min(abs(self.power), 12)
        if self.power > 0:
            return value * scale
        whole, rest = divmod(value, scale)
        self.reader.rounded += rest > 0
        return whole + (2 * rest >= scale)


def _short(number: int) -> str:
    text = str(number)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


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
