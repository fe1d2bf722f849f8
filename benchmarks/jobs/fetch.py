"""A meter-year out of the database, as one array of Wh in order of time."""

from __future__ import annotations

from array import array
from datetime import datetime

from benchmarks import engine, naive
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.timing import Race, milliseconds
from benchmarks.world import Meter, World
from usage.intervals import MISSING
from usage.readings import Counted, blocks_of, window_of


def run(of: World) -> list[Measured]:
    window = window_of(*of.year)

    def portal(meter: Meter) -> array[int]:
        values = array("i")
        for block in blocks_of(meter.agreement, meter.channel_id, window=window, counted=Counted()):
            values.extend(block.values)
        return values

    def orm(meter: Meter) -> list[tuple[datetime, object]]:
        return naive.fetch(meter, window.starts_at, window.ends_at)

    race = Race(
        runners={
            "naive": orm,
            "portal": portal,
            "raw": lambda meter: engine.fetch(meter, *of.year),
        },
        facts={
            "naive": lambda rows: [int(kwh * 1000) for _start, kwh in rows],
            "portal": lambda values: [wh for wh in values if wh != MISSING],
        },
    )
    turns = race.run(of.meters, rounds=of.size.rounds)
    ours = milliseconds(turns.of("portal"))
    return [
        Measured(
            "fetch a meter-year to an array",
            "values_list of the rows",
            turns.ratio("naive", "portal"),
            ours,
            milliseconds(turns.of("naive")),
            AtLeast(40),
        ),
        Measured(
            "",
            "raw COPY of the blocks (share of its time)",
            turns.ratio("portal", "raw"),
            ours,
            milliseconds(turns.of("raw")),
            AtMost(2.5),
        ),
    ]
