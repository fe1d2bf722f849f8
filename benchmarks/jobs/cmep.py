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
from benchmarks.world import NOW, World
from usage import intake
from usage.feeds.cmep import Reader
from usage.intervals import day_wh
from usage.models import Import, MonthTotal

READINGS = 1_000_000


def run(of: World) -> list[Measured]:
    days = list(islice(of.arrivals(), READINGS // 96))
    held = sum(block.held for _meter, block in days)
    few = list(islice(days, of.size.naive // 96))
    turns = Turns()
    with TemporaryDirectory() as folder:
        path, part = Path(folder) / "feed.cmep", Path(folder) / "part.cmep"
        bulk.write(path, days)
        bulk.write(part, few)
        for _ in range(of.size.rounds):
            with path.open("ab") as file:  # the same bytes a second time are another kind of work
                file.write(b"\r\n")
            world.forget_readings()
            naive.empty()
            turns.add("parse", seconds_of(lambda: _parse(path)) / held)
            turns.add("portal", seconds_of(lambda: _take(path)) / held)
            count = sum(block.held for _meter, block in few)
            turns.add("naive", seconds_of(lambda: naive.take_cmep(part)) / count)
    _compare(days, few)
    rate = {name: per_second(1, turns.of(name)) for name in turns.seconds}
    return [
        Measured(
            "CMEP file, end to end",
            "parsing alone (share of its time)",
            turns.ratio("portal", "parse"),
            rate["portal"],
            rate["parse"],
            AtMost(3),
        ),
        Measured(
            "",
            "csv + Decimal + bulk_create",
            turns.ratio("naive", "portal"),
            "",
            rate["naive"],
            AtLeast(30),
        ),
    ]


def _parse(path: Path) -> int:
    return sum(len(run) for run in Reader(path))


def _take(path: Path) -> None:
    taken = intake.import_readings(path, source="benchmark", by=None, at=NOW)
    if taken.outcome != Import.Outcome.TAKEN or taken.problems:
        raise Differs(f"the file was {taken.outcome}: {taken.counts}, {(taken.problems or [])[:3]}")


def _compare(days: list[world.MeterDay], few: list[world.MeterDay]) -> None:
    """All the energy in the file is held, by the portal and by the naive table."""
    ours = MonthTotal.objects.aggregate(wh=Sum("wh"))["wh"]
    theirs = NaiveReading.objects.aggregate(kwh=Sum("kwh"))["kwh"]
    for wh, whose in ((ours, days), (int(theirs * 1000), few)):
        if wh != sum(day_wh(block) for _meter, block in whose):
            raise Differs(f"{wh} Wh are held, which is not what the file says")
