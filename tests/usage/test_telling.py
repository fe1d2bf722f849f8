"""What the command line says of a file: how far it is, and how many problems it has."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from prime_portal.roles import Role
from tests import builders
from tests.usage import cmep_files, sce_files
from tests.usage.rosters import AT, readings_file, roster_file, row, served
from tests.usage.test_billing import bill
from tests.usage.test_door import table
from usage import intake
from usage.intervals import day_epoch, intervals_in, pack
from usage.management import taking
from usage.models import Customer, Import

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 15)


def days(count):
    return [
        pack(day, sec=900, wh=[1] * intervals_in(day, sec=900))
        for day in sce_files.days(DAY, count)
    ]


def cmep(tmp_path: Path) -> Path:
    start = day_epoch(DAY)
    lines = [cmep_files.line(start + 86_400 * n, ["0.1"] * 96, meter="M-1") for n in range(30)]
    return cmep_files.file(tmp_path / "f.mep", *lines)


FILES = {
    "green_button": lambda _: readings_file((1, days(30))),
    "sce_csv": lambda tmp_path: sce_files.consumption(tmp_path / "f.csv", days(30)),
    "cmep": cmep,
    "roster": lambda _: roster_file([row() for _ in range(40)]),
    "bills": lambda tmp_path: table(
        tmp_path / "b.csv",
        *(bill(start_date=f"20{year}-01-01", end_date=f"20{year}-02-01") for year in range(10, 26)),
    ),
}


@pytest.mark.parametrize("format_", FILES)
def test_what_was_read_adds_up_to_the_file(tmp_path, format_):
    rosa = served(meter_number="M-1", service_account_number=bill()["service_account_number"])
    path, moved = FILES[format_](tmp_path), []
    taken = intake.take_in(
        path, agreement=rosa, source="test", by=None, at=AT, progress=moved.append
    )
    assert taken.read_as["format"] == format_
    assert taken.outcome == Import.Outcome.TAKEN, taken.problems
    assert sum(moved) == path.stat().st_size
    assert len([step for step in moved if step]) > 1


@pytest.mark.parametrize("format_", ["roster", "cmep"])
def test_the_bar_of_the_command_line_knows_its_end(tmp_path, monkeypatch, capsys, format_):
    bars = []

    class Bar(taking.tqdm):
        def __init__(self, *args, **facts):
            super().__init__(*args, **facts | {"disable": False, "leave": True})
            bars.append(self)

    monkeypatch.setattr(taking, "tqdm", Bar)
    served(meter_number="M-1")
    path = FILES[format_](tmp_path)
    call_command("import_file", path)
    (bar,) = bars
    assert bar.n == bar.total == path.stat().st_size
    assert "100%" in capsys.readouterr().err


def test_the_command_line_counts_the_problems_it_does_not_name(tmp_path):
    served(service_account_number="8000000001")
    broken = ['"2026-01-15 25:00:00 to 2026-01-15 26:00:00","1",""'] * 10_234
    (tmp_path / "f.csv").write_text(
        "Energy Usage Information\n"
        "Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality\n"
        + "\n".join(broken)
    )
    with pytest.raises(CommandError, match=r"(?s)Nothing in this file.*… and 10,214 more"):
        call_command("import_usage", tmp_path / "f.csv", agreement="8000000001")
    path = table(tmp_path / "b.csv", *[bill(usage_kwh="x")] * 10_300)
    with pytest.raises(CommandError, match="Reading stopped after 10,000 problems"):
        call_command("import_file", path)


def test_who_took_a_file_in_on_the_command_line_stands_on_record(tmp_path, monkeypatch):
    """By name, or as the machine's account; and only somebody who may is named."""
    monkeypatch.setattr("usage.management.acting.getuser", lambda: "deploy")
    path = table(tmp_path / "r.csv", row())
    call_command("import_file", path)
    held = Import.objects.latest("started_at")
    assert (held.source, held.by) == ("command line: deploy", None)
    alma = builders.alma()
    for command in ("import_file", "import_roster"):
        call_command(command, path, by="Alma@prime.example")
        held = Import.objects.latest("started_at")
        assert (held.source, held.by) == ("command line", alma)
    builders.staff("auditor@prime.example", Role.AUDITOR)
    count = Import.objects.count()
    for nobody in ("auditor@prime.example", "nobody@prime.example"):
        with pytest.raises(CommandError, match="--by must be somebody of the staff who may send"):
            call_command("import_usage", path, by=nobody)
    assert Import.objects.count() == count


def test_a_dry_run_on_the_command_line_says_what_would_change_and_changes_nothing(tmp_path, capsys):
    held = row(account_number="700000004321", customer_name="Rosa Ejemplo")
    call_command("import_file", table(tmp_path / "r.csv", held))
    count = Import.objects.count()
    changed = table(tmp_path / "s.csv", held | {"customer_name": "Rosa Nueva"})
    for command in ("import_file", "import_roster"):
        capsys.readouterr()
        call_command(command, changed, dry_run=True)
        said = capsys.readouterr().out
        assert "changed customers: 1" in said
        assert "…4321 customer’s name: Rosa Ejemplo → Rosa Nueva" in said
        assert "A dry run: nothing was changed." in said
    assert Customer.objects.get().name == "Rosa Ejemplo"
    assert Import.objects.count() == count
