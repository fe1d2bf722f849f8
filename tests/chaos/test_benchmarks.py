"""Every benchmark makes the same of the same readings, whoever makes it; here tiny.

The jobs compare what the alternatives come to and raise Differs when it is not equal. How fast
they are is asked by `make bench` alone.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks import JOBS, naive, world
from benchmarks.goals import AtLeast, AtMost, Measured, table
from benchmarks.jobs import green_button
from benchmarks.timing import Differs, Race

TINY = world.Size(meters=2, days=20, naive=500, rounds=1)


def test_all_jobs_run_and_their_alternatives_agree(committed_db, monkeypatch):
    monkeypatch.setattr("benchmarks.timing.LONG_ENOUGH", 1e-9)
    made = world.build(TINY)
    naive.make_tables(made)
    for name in JOBS:
        lines = import_module(f"benchmarks.jobs.{name}").run(made)
        assert lines, name
        assert all(line.figure >= 0 for line in lines), name
        shown = [row for row in table(lines, small=True).splitlines() if row.startswith("|")]
        assert len(shown) == len(lines) + 2


def test_a_made_up_world_is_the_same_every_time(db):
    one = world.build(TINY)
    # The same names a second time are the same customers, and their days are drawn alike.
    assert [meter.blocks for meter in world.build(TINY).meters] == [
        meter.blocks for meter in one.meters
    ]
    assert one.readings <= 2 * 20 * 96


def test_alternatives_that_differ_are_not_timed():
    race = Race(
        runners={"one": lambda number: number, "other": lambda number: number + 1},
        facts={"one": lambda made: made, "other": lambda made: made},
    )
    with pytest.raises(Differs, match="other and one differ on 7"):
        race.run([7], rounds=1)


def test_a_missed_goal_is_said_and_the_small_run_asks_for_half():
    slow = Measured("job", "peer", 80.0, "1 ms", "80 ms", AtLeast(100))
    said = table([slow, Measured("", "limit", 3.0, goal=AtMost(2))], small=False).splitlines()
    assert said[2].split() == [
        "|",
        "job",
        "|",
        "peer",
        "|",
        "1",
        "ms",
        "|",
        "80",
        "ms",
        "|",
        "80.0×",
        "|",
        "≥",
        "100×",
        "|",
        "MISSED",
        "|",
    ]
    assert said[-2:] == [
        "Missed: job, against peer: 80.0×, goal ≥ 100×.",
        "Missed: job, against limit: 3.00×, goal ≤ 2×.",
    ]
    assert table([slow], small=True).endswith("Every goal is reached.")
    assert not slow.missed(small=True)


def test_an_exact_goal_is_the_same_in_the_small_run():
    wide = Measured("job", "limit", 1.5, goal=AtMost(1))
    assert wide.missed(small=False)
    assert not wide.missed(small=True)
    assert Measured("job", "limit", 1.5, goal=AtMost(1, exact=True)).missed(small=True)


def test_the_feeds_readings_are_compared_one_by_one():
    packed = import_module("usage.formats.gzip").compress(
        [
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>',
            b'<IntervalBlock xmlns="http://naesb.org/espi"><IntervalReading><timePeriod>',
            b"<duration>900</duration><start>5</start></timePeriod><value>7</value>",
            b"</IntervalReading></IntervalBlock></content></entry></feed>",
        ]
    )
    assert green_button.readings_in(packed) == [("900", "5", "7")]
