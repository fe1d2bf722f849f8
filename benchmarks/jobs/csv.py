"""A meter-year as CSV, from the database."""

from __future__ import annotations

from benchmarks import exports
from benchmarks.goals import AtLeast, Measured
from benchmarks.timing import Race, milliseconds
from benchmarks.world import Meter, World


def run(of: World) -> list[Measured]:
    first, last = of.year
    race = Race[Meter](
        runners={
            "naive": lambda meter: list(exports.orm_csv(meter, first, last)),
            "portal": lambda meter: list(exports.portal_csv(meter, first, last)),
        },
        facts={"naive": b"".join, "portal": _held},
    )
    turns = race.run(of.meters, rounds=of.size.rounds)
    return [
        Measured(
            "CSV of a meter-year",
            "ORM + csv",
            turns.ratio("naive", "portal"),
            milliseconds(turns.of("portal")),
            milliseconds(turns.of("naive")),
            AtLeast(50),
        )
    ]


def _held(pieces: list[bytes]) -> bytes:
    """The file without its lines about gaps, of which the naive table knows nothing."""
    lines = b"".join(pieces).splitlines(keepends=True)
    return b"".join(line for line in lines if not line.endswith(b",,missing\r\n"))
