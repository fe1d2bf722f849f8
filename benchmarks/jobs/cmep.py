"""A bulk file end to end: recognized, parsed, sorted by whose it is, kept, summed, recorded."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db.models import Sum

from benchmarks import bulk, naive, world
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.naive import NaiveReading
from benchmarks.timing import Differs, Turns, per_second, seconds_of
from benchmarks.world import NOW, MeterDay, World, hourly
from usage import intake
from usage.feeds.cmep import Reader
from usage.intervals import day_wh
from usage.models import Import, MonthTotal

READINGS = 1_000_000
SHARE, FAST = 3.0, 1.0
"""Times of parsing alone, or millions of readings a second: either will do."""


def run(of: World) -> list[Measured]:
    quarters = list(islice(of.arrivals(), READINGS // 96))
    hours = [(meter, hourly(block)) for meter, block in islice(of.arrivals(), READINGS // 24)]
    few = list(islice(quarters, of.size.naive // 96))
    turns = Turns()
    with TemporaryDirectory() as folder:
        files = {"quarters": Path(folder) / "quarters.cmep", "hours": Path(folder) / "hours.cmep"}
        part = Path(folder) / "part.cmep"
        for path, days in ((files["quarters"], quarters), (files["hours"], hours), (part, few)):
            bulk.write(path, days)
        for _ in range(of.size.rounds):
            naive.empty()
            turns.add("naive", seconds_of(lambda: naive.take_cmep(part)) / _held(few))
            for name, days in (("hours", hours), ("quarters", quarters)):
                _turn(turns, name, files[name], days)
    _compare_naive(few)
    return [
        *(
            _whole(f"CMEP file of {name}, end to end", turns, name)
            for name in ("quarters", "hours")
        ),
        Measured(
            "CMEP file of quarters, end to end",
            "csv + Decimal + bulk_create",
            turns.ratio("naive", "quarters"),
            per_second(1, turns.of("quarters")),
            per_second(1, turns.of("naive")),
            AtLeast(30),
        ),
    ]


def _turn(turns: Turns, name: str, path: Path, days: list[MeterDay]) -> None:
    held = _held(days)
    with path.open("ab") as file:  # the same bytes a second time are another kind of work
        file.write(b"\r\n")
    world.forget_readings()
    turns.add(f"parse {name}", seconds_of(lambda: _parse(path)) / held)
    turns.add(name, seconds_of(lambda: _take(path)) / held)
    _compare(days)


def _whole(job: str, turns: Turns, name: str) -> Measured:
    """One line with the claim that holds, or with the one that nearly does."""
    ours, parse = turns.of(name), turns.of(f"parse {name}")
    share, rate = turns.ratio(name, f"parse {name}"), 1e-6 / ours
    shown = (per_second(1, ours), per_second(1, parse))
    if share > SHARE and rate >= FAST:
        return Measured(job, "readings a second", rate, *shown, AtLeast(FAST, " M/s"), " M/s")
    return Measured(job, "parsing alone (share of its time)", share, *shown, AtMost(SHARE))


def _held(days: list[MeterDay]) -> int:
    return sum(block.held for _meter, block in days)


def _parse(path: Path) -> int:
    return sum(len(run) for run in Reader(path))


def _take(path: Path) -> None:
    taken = intake.import_readings(path, source="benchmark", by=None, at=NOW)
    if taken.outcome != Import.Outcome.TAKEN or taken.problems:
        raise Differs(f"the file was {taken.outcome}: {taken.counts}, {(taken.problems or [])[:3]}")


def _compare(days: list[MeterDay]) -> None:
    """All the energy in the file is held."""
    ours = MonthTotal.objects.aggregate(wh=Sum("wh"))["wh"]
    said = sum(day_wh(block) for _meter, block in days)
    if ours != said:
        raise Differs(f"{ours} Wh are held, and the file says {said}")


def _compare_naive(days: list[MeterDay]) -> None:
    theirs = NaiveReading.objects.aggregate(kwh=Sum("kwh"))["kwh"]
    said = sum(day_wh(block) for _meter, block in days)
    if int(theirs * 1000) != said:
        raise Differs(f"the naive table holds {theirs} kWh, and the file says {said} Wh")
