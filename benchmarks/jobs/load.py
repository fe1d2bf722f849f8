"""Readings into the database. Leaves the portal's and the naive tables full for the other jobs.

Everybody begins with what it would hold after parsing (unsaved objects, day blocks, tuples);
the portal's time includes the row of evidence about the import, every constraint, the months'
sums and the commit to disk.
"""

from __future__ import annotations

from django.db.models import Count, Sum

from benchmarks import engine, naive, peer, world
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.naive import NaiveReading
from benchmarks.timing import Differs, Turns, per_second, seconds_of
from benchmarks.world import NOW, World
from usage import intake
from usage.day_rows import DayRow
from usage.intervals import day_wh
from usage.models import Import, IntervalDay, MonthTotal


def run(of: World) -> list[Measured]:
    rows = of.rows()
    ready = engine.tuples(rows)
    turns = Turns()
    few = of.size.naive
    for number in range(of.size.rounds):
        naive.empty()
        readings = naive.instances(of.arrivals(), most=few)
        few = len(readings)
        turns.add("bulk_create", seconds_of(lambda held=readings: naive.load(held)) / few)
        naive.empty()
        turns.add("peer", seconds_of(lambda held=readings: peer.load(held, at=NOW)) / few)
        engine.make_table()
        turns.add("raw", seconds_of(lambda: engine.load(ready)) / of.readings)
        world.forget_readings()
        name = f"benchmark {number}"
        turns.add("portal", seconds_of(lambda name=name: _take(rows, name)) / of.readings)
        turns.add("again", seconds_of(lambda name=name: _take(rows, name)) / of.readings)
    _check(of)
    naive.fill(of)
    world.as_owner("VACUUM ANALYZE usage_intervalday", "VACUUM ANALYZE usage_monthtotal")
    _compare(of)
    rate = {name: per_second(1, turns.of(name)) for name in turns.seconds}
    return [
        Measured(
            "load, idempotent, sums included",
            "bulk_create of 5,000",
            turns.ratio("bulk_create", "portal"),
            rate["portal"],
            rate["bulk_create"],
            AtLeast(150),
        ),
        Measured("", "COPY into the naive table", turns.ratio("peer", "portal"), "", rate["peer"]),
        Measured(
            "",
            "raw COPY of the blocks (share of its time)",
            turns.ratio("portal", "raw"),
            "",
            rate["raw"],
            AtMost(8),
        ),
        Measured(
            "load of what is held already",
            "loading it the first time",
            turns.ratio("portal", "again"),
            rate["again"],
            rate["portal"],
        ),
    ]


def _take(rows: list[DayRow], name: str) -> Import:
    return intake.take_days(rows, name=name, source="benchmark", by=None, at=NOW)


def _check(of: World) -> None:
    """Everything is held, and its second time changed nothing."""
    imports = Import.objects.filter(source="benchmark", kind=intake.READINGS).order_by("-pk")
    again, first = (taken.counts or {} for taken in imports[:2])
    days = sum(len(meter.blocks) for meter in of.meters)
    if first.get("days_new") != days or again.get("days_unchanged") != days:
        raise Differs(f"of {days} days, first {first}, then {again}")


def _compare(of: World) -> None:
    """The same energy everywhere, and the same number of readings."""
    made = sum(day_wh(block) for _meter, block in of.arrivals())
    rows = NaiveReading.objects.aggregate(kwh=Sum("kwh"), count=Count("pk"))
    sums = {
        "days": IntervalDay.objects.aggregate(wh=Sum("day_wh"))["wh"],
        "months": MonthTotal.objects.aggregate(wh=Sum("wh"))["wh"],
        "naive": int(rows["kwh"] * 1000),
    }
    if set(sums.values()) != {made} or rows["count"] != of.readings:
        raise Differs(f"{made} Wh in {of.readings} readings were made up; held: {sums}, {rows}")
