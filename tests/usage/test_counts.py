"""What came of a file adds up, and is told line by line in the language of the reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.usage import cmep_files
from tests.usage.rosters import row, served
from tests.usage.test_billing import bill
from tests.usage.test_door import table
from tests.usage.test_hostile_files import HOSTILE, READERS
from usage import intake
from usage.feeds import BadFile, Problem, cmep, green_button, sce_csv
from usage.intervals import day_start
from usage.sentences import told

START = int(day_start(timezone.datetime(2026, 1, 15).date()).timestamp())
AT = day_start(timezone.datetime(2026, 1, 20).date())


def day(start: int = START, meter: str = "M-ROSA", sec: int = 900, **how: str) -> str:
    return cmep_files.line(start, ["0.25"] * (86400 // sec), meter=meter, sec=sec, **how)


LINES = {
    "a day": lambda: day(),
    "the day after": lambda: day(START + 86400),
    "in hours": lambda: day(sec=3600),
    "nobody's": lambda: day(meter="M-NOBODY"),
    "before her time": lambda: day(START - 30 * 86400),
    "between intervals": lambda: day(START + 420),
    "one by one": lambda: day(START, stamps="first"),
    "another unit": lambda: day(unit="GAL"),
    "a register": lambda: day(unit="KWHREG"),
    "water": lambda: day(commodity="W"),
    "another record": lambda: "MEPAD01,1,2",
    "broken": lambda: "MEPMD01,19970819,x",
    "nothing known": lambda: "hello",
    "blank": lambda: "",
}


def take(path: Path, **how: object) -> intake.Import:
    return intake.take_in(path, source="test", by=None, at=AT, **how)  # type: ignore[arg-type]


def adds_up(counts: dict[str, int], *, lines: int, readings: int) -> None:
    """Each line and each reading of the file is in one count, and in one only."""
    runs = counts["lines"] - counts["rejected"] - counts["skipped"]
    assert (counts["lines"], counts["readings"]) == (lines, readings)
    assert runs >= 0
    where = ("taken", "repeated", "set_aside", "unplaced")
    assert readings == sum(counts[name] for name in where)
    assert all(counts[name] >= 0 for name in where)


@pytest.mark.django_db
def test_each_line_and_each_reading_of_a_file_is_counted_once(tmp_path: Path) -> None:
    served(meter_number="M-ROSA", start_date="2026-01-10")
    names = [name for name in LINES if name not in {"in hours", "blank"}]
    path = cmep_files.file(tmp_path / "feed.cmep", *(LINES[name]() for name in names))
    counts = take(path).counts
    assert counts["taken"] == 2 * 96, "two days"
    assert counts["repeated"] == 96, "the first day, one by one"
    assert counts["set_aside"] == 2 * 96, "nobody's, and before her time"
    assert counts["unplaced"] == 96, "between intervals"
    assert counts["skipped"] == 4, "another unit, a register, water, another record"
    assert counts["rejected"] == 2, "broken, nothing known"
    adds_up(counts, lines=len(names), readings=6 * 96)

    coarser = take(cmep_files.file(tmp_path / "hours.cmep", day(sec=3600))).counts
    assert (coarser["unplaced"], coarser["taken"]) == (24, 0), "her day is held in more detail"
    adds_up(coarser, lines=1, readings=24)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(st.sampled_from(list(LINES)), min_size=1, max_size=12), again=st.booleans())
def test_whatever_a_bulk_file_holds_adds_up_and_its_problems_stand_in_the_order_of_its_lines(
    tmp_path: Path, names: list[str], again: bool
) -> None:
    names = ["a day", *names]
    with transaction.atomic():
        served(meter_number="M-ROSA", start_date="2026-01-10")
        path = cmep_files.file(tmp_path / "feed.cmep", *(LINES[name]() for name in names))
        for _time in range(2 if again else 1):
            taken = take(path)
            held = sum(96 for name in names if name in SAID) + 24 * names.count("in hours")
            adds_up(taken.counts, lines=len(names) - names.count("blank"), readings=held)
            places = [one["line"] for one in taken.problems if one["line"] is not None]
            assert places == sorted(places)
            rest = [one["line"] for one in taken.problems][len(places) :]
            assert set(rest) <= {None}, "what is about no line comes last"
        transaction.set_rollback(True)


SAID = (
    "a day",
    "the day after",
    "nobody's",
    "before her time",
    "between intervals",
    "one by one",
)


def test_a_line_of_another_kind_of_energy_is_counted_as_skipped(tmp_path: Path) -> None:
    path = tmp_path / "sce.csv"
    head = "Energy Usage Information\n"
    gas = 'Energy consumption time period,"Usage(Real energy in therms)",Reading quality\n'
    kwh = gas.replace("therms", "kilowatt-hours")
    one = '"2026-01-15 0{0}:00:00 to 2026-01-15 0{1}:00:00","1",""\n'
    rows = [one.format(hour, hour + 1) for hour in range(4)]
    path.write_text(head + gas + "".join(rows) + kwh + "".join(rows) + "what is this\n")
    reader = sce_csv.Reader(path)
    held = sum(run.held for run in reader)
    assert (held, reader.skips, reader.rejects) == (4, 4, 1)


# -- In the language of whoever reads it ---------------------------------------------------


def problems_of(path: Path, reader: str) -> list[Problem]:
    """What this reader says of a file it was not made for, or that was made to do harm."""
    kinds = {"cmep": cmep.Reader, "sce_csv": sce_csv.Reader, "green_button": green_button.Reader}
    try:
        if reader in kinds:
            made = kinds[reader](path)
            list(made)
            return made.skipped + made.rejected
        READERS[reader](path)
    except BadFile as bad:
        return bad.problems
    return []


def kept(problem: Problem) -> dict[str, object]:
    """As an import's row gives it back."""
    row_ = {"line": problem.line, "what": problem.what} | problem.said.kept()
    back: dict[str, object] = json.loads(json.dumps(row_))
    return back


@pytest.mark.parametrize("reader", READERS)
def test_a_problem_is_kept_in_english_and_told_in_spanish(tmp_path: Path, reader: str) -> None:
    found: list[Problem] = []
    strange = [*HOSTILE.values(), *(LINES[name]().encode() for name in LINES)]
    for number, content in enumerate(strange):
        (tmp_path / str(number)).write_bytes(content)
        found += problems_of(tmp_path / str(number), reader)
    if reader == "roster":
        cells = row(start_date="soon", kind="castle", email="no", service_zip="x", end_date="1e5")
        found += problems_of(table(tmp_path / "r.csv", cells, cells), reader)
    if reader == "bills":
        cells = bill(start_date="soon", usage_kwh="1,5", charges_usd="3", past_due_usd="x")
        found += problems_of(table(tmp_path / "b.csv", cells), reader)
    assert len(found) >= 4
    for problem in found:
        with translation.override("en"):
            assert told(kept(problem)) == problem.what
        with translation.override("es"):
            spanish = told(kept(problem))
        assert spanish != problem.what
        assert "%(" not in spanish


def test_a_problem_of_before_is_told_as_it_was_kept() -> None:
    with translation.override("es"):
        assert told({"file": "f", "line": 3, "what": "is 100% wrong"}) == "is 100% wrong"
