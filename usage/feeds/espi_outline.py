"""Which readings belong to which meter and unit in a Green Button file.

A feed is a flat list of Atom entries, tied together by links: a usage point is
`related` to the list that its meter readings call `up`, a meter reading to its
reading type and to the list of its interval blocks. Files in the wild leave
links out, so order stands in for them: what follows a meter reading is its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from sys import getsizeof

from usage.feeds.xml import Events
from usage.sentences import noop as _
from usage.sentences import say

MOST_ENTRIES = 100_000
"""A hundred and thirty years of days in both directions: some 70 MB."""

MOST_HELD = 64 * 2**20
"""Bytes of the addresses and names that tie entries together."""


@dataclass(slots=True)
class Entry:
    """One Atom entry, without its readings.

    `kind` is the ESPI resource in it. `type` holds what a ReadingType says, as
    numbers by name, with `line` as its place in the file. A block says whether any of
    its readings is `negative`. A meter reading also knows its usage `point`, once tied,
    and then whether its readings are `net`: below zero anywhere, and nothing received.
    """

    own: str = ""
    up: str = ""
    name: str = ""
    kind: str = ""
    related: list[str] = field(default_factory=list)
    type: dict[str, int] | None = None
    line: int = 0
    point: "Entry | None" = None
    negative: bool = False
    net: bool = False

    @property
    def meter(self) -> str:
        """The file's own name for the place these readings come from."""
        place = self.point or self
        return place.own or place.name or self.own or self.name


KEPT = {"UsagePoint", "MeterReading", "ReadingType"}
"""Entries of which all is kept; of a block its addresses are, of others nothing."""


class Outline(Events):
    """Reads the entries of a file, and of its readings only whether any is below zero."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.entries: list[Entry] = []
        self._entry = Entry()
        self._held = 0
        self.begins = {
            "entry": self._open,
            "link": self._link,
            "ReadingType": self._type,
            "IntervalReading": lambda _: None,
        }
        self.ends = {"entry": self._close, "value": self._value}
        self.within = {"entry": self._id, "content": self._kind, "ReadingType": self._number}

    def _open(self, _attributes: dict[str, str]) -> None:
        if len(self.entries) == MOST_ENTRIES:
            what = _("has more than %(most)s entries; send it in parts")
            raise self.refuse(say(what, most=f"{MOST_ENTRIES:,}"))
        self._entry = Entry(line=self.line)
        self.entries.append(self._entry)

    def _link(self, attributes: dict[str, str]) -> None:
        if self.above[-1] != "entry":
            return
        href = attributes.get("href", "").strip().rstrip("/")
        self._hold(href)
        match attributes.get("rel"):
            case "self":
                self._entry.own = href
            case "up":
                self._entry.up = href
            case "related":
                self._entry.related.append(href)

    def _type(self, _attributes: dict[str, str]) -> None:
        self._entry.type, self._entry.line = {}, self.line

    def _number(self, name: str, text: str) -> None:
        if text.strip() and self._entry.type is not None:
            self._hold(name)
            self._entry.type[name] = number(self, name, text)

    def _id(self, name: str, text: str) -> None:
        if name == "id":
            self._entry.name = text.strip()
            self._hold(self._entry.name)

    def _kind(self, name: str, _text: str) -> None:
        if not self._entry.kind or name == "IntervalBlock":
            self._entry.kind = name

    def _value(self, _name: str, text: str) -> None:
        if "-" in text and self.above[-1] == "IntervalReading" and text.strip().strip("-0"):
            self._entry.negative = True

    def _close(self, _name: str, _text: str) -> None:
        entry, self._entry = self._entry, Entry()
        if entry.kind not in KEPT:
            entry.name, entry.related, entry.type = "", [], None
        if entry.kind not in KEPT and entry.kind != "IntervalBlock":
            entry.own = entry.up = ""

    def _hold(self, text: str) -> None:
        self._held += getsizeof(text)
        if self._held > MOST_HELD:
            what = _("has more than %(most)s MB of addresses and reading types; send it in parts")
            raise self.refuse(say(what, most=MOST_HELD // 2**20))


def number(events: Events, name: str, text: str) -> int:
    """The whole number an element of this name holds; a refused file where it holds none."""
    try:
        if "_" in text:
            raise ValueError(text)
        return int(text)
    except ValueError:
        what = _("has %(cell)r as %(name)s, which is not a whole number")
        raise events.refuse(say(what, cell=text.strip()[:40], name=name)) from None


def tie(entries: list[Entry]) -> list[Entry | None]:
    """For each entry in order, the meter reading its interval blocks belong to.

    Links decide; where there are none, the entry before; where there is only
    one candidate in the whole file, that one. None where nothing tells.
    """
    points = [entry for entry in entries if entry.kind == "UsagePoint"]
    types = [entry for entry in entries if entry.kind == "ReadingType"]
    readings = [entry for entry in entries if entry.kind == "MeterReading"]
    by_point, by_reading, by_type = _index(points), _index(readings), _index(types)

    owners: list[Entry | None] = [None] * len(entries)
    last: dict[str, Entry] = {}
    for index, entry in enumerate(entries):
        before = last.get("MeterReading") or _only(readings)
        match entry.kind:
            case "MeterReading":
                near = last.get("UsagePoint") or _only(points)
                entry.point = _find(by_point, entry) or near
                linked = (by_type[href] for href in entry.related if href in by_type)
                if kind := next(linked, None):
                    entry.type, entry.line = kind.type, kind.line
            case "ReadingType":
                reading = by_reading.get(entry.own) or before
                if reading is not None and reading.type is None:
                    reading.type, reading.line = entry.type, entry.line
            case "IntervalBlock":
                owners[index] = _find(by_reading, entry) or before
        last[entry.kind] = entry
    if (only := _only(types)) is not None:
        for reading in readings:
            if reading.type is None:
                reading.type, reading.line = only.type, only.line
    return owners


def _index(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by every address that leads to them or below them; the first one holds it."""
    places: dict[str, Entry] = {}
    for entry in entries:
        for href in (entry.own, *entry.related):
            if href:
                places.setdefault(href, entry)
    return places


def _find(places: dict[str, Entry], entry: Entry) -> Entry | None:
    """The entry this one hangs on: by name, by the list it is in, or by a path above it."""
    for href in (entry.own, entry.up):
        if href in places:
            return places[href]
    above = entry.own
    while "/" in above:
        above = above.rpartition("/")[0]
        if above in places:
            return places[above]
    return None


def _only(entries: list[Entry]) -> Entry | None:
    return entries[0] if len(entries) == 1 else None
