"""An import that dies half-way leaves all of its file or none of it, and can be run again."""

import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.usage.rosters import readings_file, served
from usage import intake
from usage.intervals import intervals_in, pack
from usage.models import Import, IntervalDay, MonthTotal

ROOT = Path(__file__).resolve().parents[2]
DAYS = 500


@pytest.mark.parametrize("wait", [0.0, 0.6])
def test_a_killed_import_leaves_nothing_or_everything(committed_db, wait):
    agreement = served(start_date="2024-01-01")
    days = [date(2024, 2, 1) + timedelta(days=n) for n in range(DAYS)]
    path = readings_file(
        (1, [pack(day, sec=900, wh=list(range(intervals_in(day, sec=900)))) for day in days])
    )
    command = ["manage.py", "import_usage", str(path), "--agreement", agreement.number]
    importing = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 30
    while not Import.objects.filter(kind=intake.READINGS).exists():
        assert time.monotonic() < until
        assert importing.poll() is None
        time.sleep(0.01)
    time.sleep(wait)
    importing.kill()
    importing.wait()

    row = Import.objects.get(kind=intake.READINGS)
    held = IntervalDay.objects.count()
    assert held in {0, DAYS}
    assert row.outcome is None or held == DAYS
    assert bool(MonthTotal.objects.count()) == bool(held)

    subprocess.run([sys.executable, *command], cwd=ROOT, env=os.environ, check=True)
    assert IntervalDay.objects.count() == DAYS
    assert set(IntervalDay.objects.values_list("missing", flat=True)) == {0}
    path.unlink()
