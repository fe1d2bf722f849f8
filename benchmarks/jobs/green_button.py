"""A meter-year as Green Button XML, gzipped, from the database: time, first byte, memory."""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from statistics import median

from lxml import etree

from benchmarks import exports
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.servers import ROOT
from benchmarks.timing import Race, milliseconds
from benchmarks.world import Meter, World

ESPI = "{http://naesb.org/espi}"


def run(of: World) -> list[Measured]:
    first, last = of.year
    race = Race[Meter](
        runners={
            "naive": lambda meter: list(exports.orm(meter, first, last)),
            "peer": lambda meter: list(exports.streamed(meter, first, last)),
            "portal": lambda meter: list(exports.portal(meter, first, last)),
        },
        facts=dict.fromkeys(("naive", "peer", "portal"), readings_in),
    )
    turns = race.run(of.meters, rounds=of.size.rounds)
    ours = milliseconds(turns.of("portal"))
    some = (of.meters * 20)[: 4 * of.size.rounds]
    begun = median(_until(b"", exports.portal(meter, first, last)) for meter in some)
    first_day = median(
        _until(b"<IntervalReading>", exports.portal_xml(meter, first, last)) for meter in some
    )
    return [
        Measured(
            "Green Button meter-year, gzipped",
            "ORM + ElementTree + zlib",
            turns.ratio("naive", "portal"),
            ours,
            milliseconds(turns.of("naive")),
            AtLeast(60),
        ),
        Measured(
            "",
            "values_list().iterator() + f-strings",
            turns.ratio("peer", "portal"),
            ours,
            milliseconds(turns.of("peer")),
            AtLeast(10),
        ),
        Measured(
            "its first byte",
            "its whole time",
            begun / turns.of("portal"),
            milliseconds(begun),
            ours,
            AtMost(0.1),
        ),
        Measured(
            "its first day of readings",
            "its whole time",
            first_day / turns.of("portal"),
            milliseconds(first_day),
            ours,
        ),
        *_memory(of),
    ]


def readings_in(pieces: Iterable[bytes]) -> list[tuple[str, ...]]:
    """Every IntervalReading of a gzipped feed: the texts of quality, duration, start, value."""
    feed = etree.fromstring(zlib.decompress(b"".join(pieces), wbits=31))
    found = feed.iter(f"{ESPI}IntervalReading")
    return [tuple(text for text in reading.itertext() if text.strip()) for reading in found]


def _until(wanted: bytes, pieces: Iterator[bytes]) -> float:
    """Seconds until a piece came that holds what is wanted; the others are taken as well."""
    began, seconds = time.perf_counter(), 0.0
    for piece in pieces:
        if not seconds and wanted in piece:
            seconds = time.perf_counter() - began
    return seconds


def _memory(of: World) -> list[Measured]:
    """How much the peak grows over a meter-year, in a process of its own for each."""
    grown = {name: _grown(name, of) / 2**20 for name in ("portal", "streamed", "orm")}
    ours = f"{grown['portal']:.1f} MB"
    return [
        Measured(
            "its memory above that of a month",
            "nothing",
            grown["portal"],
            ours,
            "0 MB",
            AtMost(5, " MB"),
            " MB",
        ),
        *(
            Measured("", words, grown["portal"] / grown[name], ours, f"{grown[name]:.1f} MB")
            for name, words in (
                ("orm", "ORM + ElementTree + zlib"),
                ("streamed", "values_list().iterator() + f-strings"),
            )
        ),
    ]


def _grown(alternative: str, of: World) -> int:
    command = [sys.executable, "-m", "benchmarks.memory", alternative, str(of.meters[-1].number)]
    days = [day.isoformat() for day in of.year]
    told = subprocess.run(
        [*command, *days], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(told.stdout)
