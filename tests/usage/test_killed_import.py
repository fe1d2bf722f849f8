"""An import that dies half-way leaves all of its file or none of it, and can be run again."""

import csv
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from tests.usage import cmep_files
from tests.usage.rosters import readings_file, served
from usage.intervals import day_epoch, intervals_in, pack
from usage.models import Bill, Import, IntervalDay, MonthTotal

ROOT = Path(__file__).resolve().parents[2]
ROWS = 500
FIRST = date(2024, 2, 1)


def green_button(folder, agreement):
    days = [FIRST + timedelta(days=number) for number in range(ROWS)]
    blocks = [pack(day, sec=900, wh=list(range(intervals_in(day, sec=900)))) for day in days]
    return readings_file((1, blocks), meter=agreement.service_point.number)


def cmep(folder, agreement):
    days = [FIRST + timedelta(days=number) for number in range(ROWS)]
    lines = [
        cmep_files.line(
            day_epoch(day),
            [f"{index / 1000:.3f}" for index in range(intervals_in(day, sec=900))],
            meter=agreement.service_point.number,
        )
        for day in days
    ]
    return cmep_files.file(folder / "feed.cmep", *lines)


def bills(folder, agreement):
    path = folder / "bills.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        period = ["service_account_number", "start_date", "end_date"]
        writer.writerow([*period, "issued_on", "usage_kwh", "charges_usd"])
        for number in range(ROWS):
            day = FIRST + timedelta(days=number)
            after = day + timedelta(days=1)
            writer.writerow([agreement.number, day, after, after, "1.5", "0.20"])
    return path


KINDS = {"readings": IntervalDay, "bills": Bill}


def test_a_killed_import_leaves_nothing_or_everything(committed_db, tmp_path):
    """The files of the other formats: chaos/test_killed_imports.py."""
    killed(tmp_path, write=cmep, wait=0.0)


def killed(tmp_path, *, write, wait):
    """Kill an import, look at what it left, and do it again."""
    agreement = served(start_date="2024-01-01")
    path = write(tmp_path, agreement)
    kind = "bills" if write is bills else "readings"
    model = KINDS[kind]
    command = [sys.executable, "manage.py", "import_file", str(path)]
    importing = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not Import.objects.filter(kind=kind).exists():
        assert time.monotonic() < until
        assert importing.poll() is None
        time.sleep(0.01)
    time.sleep(wait)
    importing.kill()
    importing.wait()

    row = Import.objects.get(kind=kind)
    held = model.objects.count()
    assert held in {0, ROWS}
    assert row.outcome is None or held == ROWS
    if kind == "readings":
        assert bool(MonthTotal.objects.count()) == bool(held)

    subprocess.run(command, cwd=ROOT, env=os.environ, check=True, stdout=subprocess.DEVNULL)
    assert model.objects.count() == ROWS
    assert not MonthTotal.objects.exclude(missing=0).exists()
