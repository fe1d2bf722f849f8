"""Whether a Green Button usage feed keeps the rules of its function blocks: our own check.

The schema alone is far from enough (a feed can be valid and hold nothing), so these are the
rules of NAESB ESPI's function blocks as the Green Button Alliance tests them: FB_01 common,
FB_04 interval metering, FB_05 electricity, FB_08 forward and reverse metering, FB_15 usage
summary; with what version 4.0 tightened about links and ids. It is no certificate.

    checker = Checker()
    for piece in pieces: checker.feed(piece)
    result = checker.close()

Reads as it goes; memory grows with the days in the feed, not with its readings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from lxml import etree

from usage.formats import QUALITY

ATOM, ESPI = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}"
BLOCKS = {
    "FB_01": "common",
    "FB_04": "interval metering",
    "FB_05": "electricity",
    "FB_08": "forward and reverse metering",
    "FB_15": "usage summary",
}
ELECTRICITY = {
    "accumulationBehaviour": "4",
    "commodity": "1",
    "kind": "12",
    "uom": "72",
}
FORWARD, REVERSE = "1", "19"
NAMED, MADE_FROM_NAMES = {"MeterReading", "UsageSummary"}, {3, 5}
"""Whose ids must be made from a name, so that a second download has the same ones (4.0)."""


@dataclass(frozen=True)
class Conformance:
    """What came of it, by function block: the problems, each as a sentence; none means it passed.

    A block that the feed has no use for (no energy sent back, no bills) is not in it.
    """

    problems: dict[str, list[str]]

    @property
    def passed(self) -> bool:
        return not any(self.problems.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            block: {
                "name": name,
                "result": "not used"
                if block not in self.problems
                else "failed"
                if self.problems[block]
                else "passed",
                "problems": self.problems.get(block, []),
            }
            for block, name in BLOCKS.items()
        }


class Checker:
    """Takes a feed in pieces and says at the end what is wrong with it."""

    def __init__(self) -> None:
        self._parser: Any = etree.XMLPullParser(
            events=("end",), resolve_entities=False, no_network=True, load_dtd=False
        )
        self._found: dict[str, list[str]] = {"FB_01": [], "FB_04": [], "FB_05": []}
        self._ids: set[str] = set()
        self._selves: dict[str, str] = {}
        self._wanted: list[tuple[str, str, str]] = []
        self._ups: set[str] = set()
        self._flows: set[str] = set()
        self._stretches: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._head: set[str] = set()
        self._kinds: set[str] = set()
        self._unread = ""

    def feed(self, piece: bytes) -> None:
        if self._unread:
            return
        try:
            self._parser.feed(piece)
            self._take()
        except etree.XMLSyntaxError as error:
            self._unread = f"It is no XML: {error.msg}"

    def close(self) -> Conformance:
        """Say what came of it, now that the whole feed was seen."""
        if not self._unread:
            try:
                self._parser.close()
                self._take()
            except etree.XMLSyntaxError as error:
                self._unread = f"It is no XML: {error.msg}"
        if self._unread:
            return Conformance({"FB_01": [self._unread], "FB_04": [], "FB_05": []})
        self._whole_feed()
        return Conformance(self._found)

    def _say(self, block: str, what: str) -> None:
        told = self._found.setdefault(block, [])
        if what not in told:
            told.append(what)

    def _take(self) -> None:
        for _event, element in self._parser.read_events():
            parent = element.getparent()
            if parent is None or parent.tag != f"{ATOM}feed":
                continue
            if element.tag == f"{ATOM}entry":
                self._entry(element)
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]
            elif (element.text or "").strip() or element.tag == f"{ATOM}link":
                self._head.add(element.tag.removeprefix(ATOM))

    # -- One entry ---------------------------------------------------------------------

    def _entry(self, entry: Any) -> None:
        resource = next(iter(entry.find(f"{ATOM}content")), None) if _has(entry) else None
        if resource is None:
            self._say("FB_01", "An entry has no content.")
            return
        kind = etree.QName(resource).localname
        self._kinds.add(kind)
        for part in ("id", "title", "published", "updated"):
            if not (entry.findtext(f"{ATOM}{part}") or "").strip():
                self._say("FB_01", f"A {kind} has no {part}.")
        self._id(entry.findtext(f"{ATOM}id") or "", kind)
        links: dict[str, list[str]] = defaultdict(list)
        for link in entry.iterfind(f"{ATOM}link"):
            links[link.get("rel")].append(link.get("href"))
        self._links(kind, links)
        check = {
            "UsagePoint": self._usage_point,
            "MeterReading": self._meter_reading,
            "ReadingType": self._reading_type,
            "IntervalBlock": self._interval_block,
            "UsageSummary": self._usage_summary,
        }.get(kind)
        if check is not None:
            check(resource, links)

    def _id(self, text: str, kind: str) -> None:
        if text in self._ids:
            self._say("FB_01", f"The id {text} comes twice.")
        self._ids.add(text)
        try:
            version = UUID(text.removeprefix("urn:uuid:")).version
        except ValueError:
            self._say("FB_01", f"The id of a {kind} is no UUID.")
            return
        if kind in NAMED and version not in MADE_FROM_NAMES:
            self._say("FB_01", f"The id of a {kind} is not made from a name (UUID 3 or 5).")

    def _links(self, kind: str, links: dict[str, list[str]]) -> None:
        for rel in ("self", "up"):
            if len(links[rel]) != 1:
                self._say("FB_01", f"A {kind} needs one link “{rel}” and has {len(links[rel])}.")
                return
        (own,), (up,) = links["self"], links["up"]
        if own.rpartition("/")[0] != up or up.rpartition("/")[2] != kind:
            self._say("FB_01", f"The link “up” of a {kind} does not end at its collection.")
        if own in self._selves:
            self._say("FB_01", f"Two resources are at {own}.")
        self._selves[own] = kind
        self._ups.add(up)

    def _want(self, links: dict[str, list[str]], kind: str, block: str, by: str) -> None:
        """Note that one of the related links must lead to a resource, or a list, of this kind."""
        for href in links["related"]:
            if kind in href.split("/")[-2:]:
                self._wanted.append((href, block, f"A {by} leads to {kind} where there is none."))
                return
        self._say(block, f"A {by} is not related to its {kind}.")

    def _usage_point(self, resource: Any, links: dict[str, list[str]]) -> None:
        if not (resource.findtext(f"{ESPI}ServiceCategory/{ESPI}kind") or "").isdigit():
            self._say("FB_01", "A UsagePoint does not say which kind of service it is.")
        self._want(links, "LocalTimeParameters", "FB_01", "UsagePoint")
        # A place may have no readings in the time asked for: its list is then empty.
        if not any(href.endswith("/MeterReading") for href in links["related"]):
            self._say("FB_04", "A UsagePoint is not related to its MeterReading.")

    def _meter_reading(self, _resource: Any, links: dict[str, list[str]]) -> None:
        self._want(links, "ReadingType", "FB_04", "MeterReading")
        self._want(links, "IntervalBlock", "FB_04", "MeterReading")

    def _reading_type(self, resource: Any, _links: dict[str, list[str]]) -> None:
        for part in ("intervalLength", "kind", "powerOfTenMultiplier", "uom"):
            if not _number(resource, part):
                self._say("FB_04", f"A ReadingType has no {part}.")
        said = {part: _number(resource, part) for part in ELECTRICITY}
        if said == ELECTRICITY and _number(resource, "phase"):
            self._flows.add(_number(resource, "flowDirection"))

    def _interval_block(self, resource: Any, links: dict[str, list[str]]) -> None:
        whole = _period(resource.find(f"{ESPI}interval"))
        if whole is None:
            self._say("FB_04", "An IntervalBlock does not say which time it covers.")
            return
        start, end = whole
        starts: set[int] = set()
        for reading in resource.iterfind(f"{ESPI}IntervalReading"):
            when = _period(reading.find(f"{ESPI}timePeriod"))
            if when is None or not _number(reading, "value"):
                self._say("FB_04", "An IntervalReading lacks its start, its duration or its value.")
                return
            if when[0] in starts:
                self._say("FB_04", "Two readings of one IntervalBlock start at once.")
            if not start <= when[0] < when[1] <= end:
                self._say("FB_04", "A reading lies outside its IntervalBlock.")
            starts.add(when[0])
            for said in reading.iterfind(f"{ESPI}ReadingQuality/{ESPI}quality"):
                quality = said.text or ""
                if not quality.isdigit() or int(quality) not in QUALITY:
                    self._say("FB_04", f"{quality} is no quality of a reading.")
        if start not in starts:
            self._say("FB_04", "No reading starts when its IntervalBlock does.")
        self._stretches[links["up"][0] if links["up"] else ""].append((start, end))

    def _usage_summary(self, resource: Any, links: dict[str, list[str]]) -> None:
        self._found.setdefault("FB_15", [])
        if _period(resource.find(f"{ESPI}billingPeriod")) is None:
            self._say("FB_15", "A UsageSummary does not say its billingPeriod.")
        for part in ("qualityOfReading", "statusTimeStamp"):
            if not _number(resource, part):
                self._say("FB_15", f"A UsageSummary has no {part}.")
        for part, needed in (
            ("overallConsumptionLastPeriod", ("powerOfTenMultiplier", "uom", "value")),
            (
                "currentBillingPeriodOverAllConsumption",
                ("powerOfTenMultiplier", "timeStamp", "uom", "value"),
            ),
        ):
            measured = resource.find(f"{ESPI}{part}")
            if measured is None or not all(_number(measured, name) for name in needed):
                self._say("FB_15", f"A UsageSummary has no whole {part}.")
        self._want(links, "UsagePoint", "FB_15", "UsageSummary")

    # -- The whole feed ----------------------------------------------------------------

    def _whole_feed(self) -> None:
        for part in ("id", "title", "updated", "link"):
            if part not in self._head:
                self._say("FB_01", f"The feed has no {part}.")
        for kind, block in (
            ("UsagePoint", "FB_01"),
            ("LocalTimeParameters", "FB_01"),
            ("MeterReading", "FB_04"),
            ("ReadingType", "FB_04"),
            ("IntervalBlock", "FB_04"),
        ):
            if kind not in self._kinds:
                self._say(block, f"The feed has no {kind}.")
        for href, block, otherwise in self._wanted:
            if href not in self._selves and href not in self._ups:
                self._say(block, otherwise)
        for stretches in self._stretches.values():
            stretches.sort()
            if any(one[1] > two[0] for one, two in pairwise(stretches)):
                self._say("FB_04", "Two IntervalBlocks of one MeterReading overlap.")
        if FORWARD not in self._flows:
            self._say(
                "FB_05", "No ReadingType tells of electricity delivered (4/1/1/12/72, phase)."
            )
        if REVERSE in self._flows:
            self._found.setdefault("FB_08", [])
            if FORWARD not in self._flows:
                self._say("FB_08", "Energy is sent back, but none is delivered.")


def check(pieces: Iterator[bytes]) -> Conformance:
    """Check a feed that is there whole."""
    checker = Checker()
    for piece in pieces:
        checker.feed(piece)
    return checker.close()


def _has(entry: Any) -> bool:
    return entry.find(f"{ATOM}content") is not None


def _number(element: Any, part: str) -> str:
    """The whole number that stands there, as text; nothing if there is none."""
    text = (element.findtext(f"{ESPI}{part}") or "").strip()
    return text if text.removeprefix("-").isdigit() else ""


def _period(element: Any) -> tuple[int, int] | None:
    """Start and end in epoch seconds."""
    if element is None:
        return None
    duration, start = _number(element, "duration"), _number(element, "start")
    return (int(start), int(start) + int(duration)) if duration and start else None
