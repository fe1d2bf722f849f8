"""Which readings belong to which meter and unit in a Green Button file.

A feed is a flat list of Atom entries, tied together by links: a usage point is
`related` to the list that its meter readings call `up`, a meter reading to its
reading type and to the list of its interval blocks. Files in the wild leave
links out, so order stands in for them: what follows a meter reading is its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(slots=True)
class Entry:
    """One Atom entry, without its readings.

    `kind` is the ESPI resource in it. `type` holds what a ReadingType says, as
    numbers by name, with `line` as its place in the file. A meter reading also
    knows its usage `point`, once tied.
    """

    own: str = ""
    up: str = ""
    name: str = ""
    kind: str = ""
    related: list[str] = field(default_factory=list)
    type: dict[str, int] | None = None
    line: int = 0
    point: "Entry | None" = None

    @property
    def meter(self) -> str:
        """The file's own name for the place these readings come from."""
        place = self.point or self
        return place.own or place.name or self.own or self.name


@lru_cache(maxsize=256)
def bare(tag: str) -> str:
    """An element's name without its namespace: prefixes and versions differ."""
    return tag.rpartition("}")[2]


def entry_of(element: Any) -> Entry:
    """Read the links and the kind of one Atom entry; its ReadingType is left to the caller."""
    entry = Entry(line=element.sourceline)
    for child in element:
        name = bare(child.tag)
        if name == "link":
            href = (child.get("href") or "").strip().rstrip("/")
            match child.get("rel"):
                case "self":
                    entry.own = href
                case "up":
                    entry.up = href
                case "related":
                    entry.related.append(href)
        elif name == "id":
            entry.name = (child.text or "").strip()
        elif name == "content":
            kinds = [bare(resource.tag) for resource in child]
            blocks = "IntervalBlock" in kinds
            entry.kind = "IntervalBlock" if blocks else (kinds[0] if kinds else "")
    return entry


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
