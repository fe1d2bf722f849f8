"""Green Button XML in: NAESB ESPI 1.1 to 4.0, whatever prefixes it wears.

The file is read twice: once for its few small entries (`espi_outline` says which
readings belong to which meter and unit; a reading type may come after its
readings), then for the readings, a block at a time, so that memory stays flat
however long the file is.

Facts of the format: energy is `value x 10^powerOfTenMultiplier` of the unit
`uom` (72 is Wh); `start` is UTC epoch seconds; flowDirection 1 is delivered, 19
received, 4 net. A document type declaration is refused before all else.
"""

from array import array
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from lxml import etree

from usage import feeds
from usage.feeds import DELIVERED, NET, RECEIVED, BadFile, Run, refuse
from usage.feeds.espi_outline import Entry, bare, entry_of, tie
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


class Reader(feeds.Reader):
    """Reads one file. Iterate it for Runs; `skipped` and `rounded` fill as it goes."""

    def __iter__(self) -> Iterator[Run]:
        """Every channel's readings, block after block, in the file's order.

        Raises BadFile for a file that is not Green Button XML, that breaks off,
        or whose readings cannot be told apart or measured.
        """
        self._begin()
        self._refuse_document_types()
        try:
            yield from self._runs(self._outline())
        except etree.XMLSyntaxError as error:
            what = f"is not well-formed XML ({error.msg})"
            raise refuse(self.file, error.lineno, what) from error

    def _refuse_document_types(self) -> None:
        """Look at the head with a parser that stops at the first element."""
        parser = expat.ParserCreate()
        begun: list[str] = []

        def doctype(*_: object) -> None:
            what = "holds a document type declaration (DTD); a file of readings may not"
            raise refuse(self.file, parser.CurrentLineNumber, what)

        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = lambda name, _: begun.append(name)
        try:
            with self.path.open("rb") as source:
                while not begun and (chunk := source.read(65536)):
                    parser.Parse(chunk)
                if not begun:
                    parser.Parse(b"", True)
        except expat.ExpatError as error:
            if not begun:
                what = f"is not well-formed XML ({expat.ErrorString(error.code)})"
                raise refuse(self.file, error.lineno, what) from error

    def _parse(self, *names: str) -> Iterator[Any]:
        """Elements of these names as they end; what went before each is let go."""
        with self.path.open("rb") as source:
            for _, element in etree.iterparse(
                source,
                tag=[f"{{*}}{name}" for name in names],
                huge_tree=False,
                load_dtd=False,
                resolve_entities=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            ):
                yield element
                if bare(element.tag) != "interval":
                    element.clear()
                    if element.getprevious() is not None:
                        parent = element.getparent()
                        while element.getprevious() is not None:
                            del parent[0]

    def _outline(self) -> list[Entry | None]:
        """For each entry in order, the meter reading its interval blocks belong to."""
        entries = []
        for element in self._parse("entry", "IntervalReading"):
            if bare(element.tag) == "entry":
                entry = entry_of(element)
                for held in element.iter("{*}ReadingType"):
                    entry.type, entry.line = self._numbers(held), held.sourceline
                entries.append(entry)
        if not any(entry.kind == "IntervalBlock" for entry in entries):
            raise refuse(self.file, None, "holds no interval readings")
        return tie(entries)

    def _numbers(self, element: Any) -> dict[str, int]:
        """Its simple children, as whole numbers by name."""
        return {
            bare(child.tag): self._int(child)
            for child in element
            if not len(child) and (child.text or "").strip()
        }

    def _runs(self, owners: list[Entry | None]) -> Iterator[Run]:
        index, block = 0, None
        for element in self._parse("entry", "interval", "IntervalReading", "IntervalBlock"):
            name = bare(element.tag)
            if name == "IntervalReading":
                if block is None:
                    block = self._block(owners, index, {}, element)
                block.take(element)
                if len(block.starts) >= MOST_AT_ONCE and block.sec:
                    yield from block.runs()
            elif name == "interval":
                if bare(element.getparent().tag) == "IntervalBlock":
                    block = self._block(owners, index, self._numbers(element), element)
            elif name == "IntervalBlock":
                if block is not None:
                    yield from block.runs()
                block = None
            else:
                index += 1

    def _block(
        self,
        owners: list[Entry | None],
        index: int,
        interval: dict[str, int],
        element: Any,
    ) -> "_Block":
        owner = owners[index] if index < len(owners) else None
        if owner is None:
            what = "has interval readings that belong to no meter reading"
            raise refuse(self.file, element.sourceline, what)
        if owner.type is None:
            what = "has interval readings without a ReadingType, so their unit is not known"
            raise refuse(self.file, element.sourceline, what)
        kept = self._kept(owner, owner.type)
        return _Block(self, owner, owner.type, interval, kept=kept, line=element.sourceline)

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
        self.skip(owner.line, why)
        return False

    def _int(self, element: Any) -> int:
        text = element.text or ""
        try:
            if "_" in text:
                raise ValueError(text)
            return int(text)
        except ValueError:
            name = bare(element.tag)
            what = f"has {text.strip()[:40]!r} as {name}, which is not a whole number"
            raise refuse(self.file, element.sourceline, what) from None


class _Block:
    """The readings of one IntervalBlock while they are gathered."""

    def __init__(
        self,
        reader: Reader,
        owner: Entry,
        kind: dict[str, int],
        interval: dict[str, int],
        *,
        kept: bool,
        line: int,
    ) -> None:
        self.reader, self.owner, self.kept, self.line = reader, owner, kept, line
        self.next, self.length = interval.get("start"), interval.get("duration", 0)
        self.flow = kind.get("flowDirection") or DELIVERED
        self.power = kind.get("powerOfTenMultiplier", 0)
        self.usual = kind.get("defaultQuality", 0)
        self.sec = 0
        if kept and kind.get("intervalLength"):
            self._agree(kind["intervalLength"], line)
        self._begin()

    def _begin(self) -> None:
        self.starts, self.wh, self.codes = array("q"), array("i"), bytearray()

    def take(self, element: Any) -> None:
        """Add one IntervalReading. One without a value is a gap, and a gap is not zero."""
        if not self.kept:
            return
        number = self.reader._int
        start, value, length, quality = self.next, None, None, self.usual
        for child in element:
            name = bare(child.tag)
            if name == "timePeriod":
                for part in child:
                    if bare(part.tag) == "start":
                        start = number(part)
                    elif bare(part.tag) == "duration":
                        length = number(part)
            elif name == "value":
                value = number(child)
            elif name == "ReadingQuality":
                for code in child:
                    quality = _worse(quality, number(code), usual=self.usual)
        if length is not None and length != self.sec:
            self._agree(length, element.sourceline)
        if start is None:
            raise self._refuse(element.sourceline, "has a reading without a start")
        self.next = start + self.sec if self.sec else None
        if value is None:
            return
        if self.power:
            value = self._wh(value)
        if quality >= FIRST_WORD:
            word = self.reader.words.code(f"code {quality}")
            if word is None:
                what = "has more codes for quality that ESPI does not know than can be kept"
                raise self._refuse(element.sourceline, what)
            quality = word
        if not (MISSING < value < 2**31 and quality >= 0 and 0 <= start < 2**32):
            what = f"has a reading out of range (start {start}, {value} Wh, quality {quality})"
            raise self._refuse(element.sourceline, what[:200])
        self.starts.append(start)
        self.wh.append(value)
        self.codes.append(quality)

    def runs(self) -> Iterator[Run]:
        """Hand over what has been gathered, and begin again."""
        if not self.starts:
            return
        if not self.sec:
            if self.length % len(self.starts):
                raise self._refuse(self.line, "has readings whose interval length is not given")
            self._agree(self.length // len(self.starts), self.line)
        yield Run(
            meter=self.owner.meter,
            flow=RECEIVED if self.flow == RECEIVED else DELIVERED,
            sec=self.sec,
            starts=self.starts,
            wh=self.wh,
            quality=bytes(self.codes),
            net=self.flow == NET,
            line=self.line,
        )
        self._begin()

    def _agree(self, length: int, line: int) -> None:
        if length not in LENGTHS:
            what = f"has readings of {length} seconds each, which do not fill an hour evenly"
            raise self._refuse(line, what)
        if self.sec and self.sec != length:
            what = f"has a reading of {length} seconds among readings of {self.sec} seconds"
            raise self._refuse(line, what)
        self.sec = length

    def _wh(self, value: int) -> int:
        scale: int = 10 ** min(abs(self.power), 12)
        if self.power > 0:
            return value * scale
        whole, rest = divmod(value, scale)
        self.reader.rounded += rest > 0
        return whole + (2 * rest >= scale)

    def _refuse(self, line: int, what: str) -> BadFile:
        return refuse(self.reader.file, line, what)


def _worse(held: int, code: int, *, usual: int) -> int:
    """Of several codes on one reading, the one that calls for more care."""
    return code if held == usual or held in {0, 17, 18, 19} else held
