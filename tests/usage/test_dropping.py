"""The drop folder: whole files are taken in and moved away, half-written ones left alone."""

import fcntl
import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from prime_portal.celery import app
from tests.usage import sce_files
from tests.usage.rosters import served
from tests.usage.test_door import cmep_of, whole
from usage import dropping, intake, tasks
from usage.models import Import, IntervalDay, Source

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
OLD = NOW - timedelta(minutes=5)


@pytest.fixture
def rosa():
    return served(meter_number="M-ROSA")


def aged(path, at=OLD):
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def watch(folder):
    return dropping.watch(folder, clock=lambda: NOW)


def names(folder):
    return sorted(path.name.partition("-")[2] for path in folder.iterdir())


def test_a_file_is_taken_in_and_moved_to_done(tmp_path, rosa):
    aged(cmep_of(tmp_path / "feed.cmep", whole()))
    assert watch(tmp_path) == 1
    row = Import.objects.get(kind="readings")
    assert (row.outcome, row.source, row.file_name) == ("taken", "drop folder", "feed.cmep")
    assert IntervalDay.objects.count() == 1
    assert names(tmp_path / "done") == ["feed.cmep"]
    assert not (tmp_path / "feed.cmep").exists()
    assert watch(tmp_path) == 0


def test_a_file_that_cannot_be_taken_is_moved_to_refused(tmp_path, rosa):
    aged(sce_files.consumption(tmp_path / "sce.csv", [whole()]))
    (tmp_path / "roster.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    aged(tmp_path / "roster.xlsx")
    assert watch(tmp_path) == 2
    assert names(tmp_path / "refused") == ["roster.xlsx", "sce.csv"]
    refused = Import.objects.filter(outcome="refused")
    assert {row.problems[0]["what"][:20] for row in refused} == {
        "names no meter; say ",
        "is a ZIP archive or ",
    }


def test_a_file_of_no_use_is_named_until_it_comes_again(tmp_path, rosa):
    aged(cmep_of(tmp_path / "feed.cmep", whole(), unit="GALLONS"))
    aged(sce_files.consumption(tmp_path / "sce.csv", [whole()]))
    assert watch(tmp_path) == 2
    assert names(tmp_path / "refused") == ["feed.cmep", "sce.csv"]
    assert {row.outcome for row in dropping.refused(at=NOW)} == {"unusable", "refused"}
    aged(cmep_of(tmp_path / "feed.cmep", whole()))
    dropping.watch(tmp_path, clock=lambda: NOW + timedelta(minutes=5))
    (left,) = dropping.refused(at=NOW)
    assert left.file_name == "sce.csv"
    assert not dropping.refused(at=NOW + timedelta(days=31))


def test_files_that_may_still_be_written_are_left_alone(tmp_path, rosa):
    for name in ("a.cmep.part", ".hidden.cmep", "b.cmep.tmp", "c.FILEPART", "~d.cmep"):
        aged(cmep_of(tmp_path / name, whole()))
    aged(cmep_of(tmp_path / "new.cmep", whole()), at=NOW - timedelta(seconds=30))
    secret = aged(cmep_of(tmp_path.with_name(f"{tmp_path.name}-else"), whole()))
    (tmp_path / "link.cmep").symlink_to(secret)
    (tmp_path / "folder.cmep").mkdir()
    assert watch(tmp_path) == 0
    assert not Import.objects.filter(kind="readings").exists()
    aged(tmp_path / "new.cmep")
    assert watch(tmp_path) == 1
    assert secret.exists()


def test_a_senders_folder_says_what_its_files_mean(tmp_path, rosa):
    Source.objects.create(key="hourly", name="Hourly", stamps="start", clock="local")
    (tmp_path / "hourly").mkdir()
    (tmp_path / "nobody").mkdir()
    block = whole(sec=3600)
    for folder in ("hourly", "nobody"):
        aged(cmep_of(tmp_path / folder / "feed.cmep", block, ends=False, utc=False))
    assert watch(tmp_path) == 1
    assert bytes(IntervalDay.objects.get().wh) == block.wh
    assert Import.objects.get(kind="readings").read_as["sender"] == "hourly"
    assert (tmp_path / "nobody" / "feed.cmep").exists()
    assert names(tmp_path / "done") == ["feed.cmep"]


def test_the_oldest_file_comes_first_so_that_the_newest_stands(tmp_path, rosa):
    aged(cmep_of(tmp_path / "a.cmep", whole(wh=2)), at=OLD)
    aged(cmep_of(tmp_path / "b.cmep", whole(wh=1)), at=OLD - timedelta(hours=1))
    assert watch(tmp_path) == 2
    assert bytes(IntervalDay.objects.get().wh) == whole(wh=2).wh


def test_two_processes_do_not_look_at_once(tmp_path, rosa):
    aged(cmep_of(tmp_path / "feed.cmep", whole()))
    with (tmp_path / ".lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert watch(tmp_path) == 0
        assert (tmp_path / "feed.cmep").exists()
    assert watch(tmp_path) == 1


def test_a_file_left_by_a_killed_worker_is_taken_again_and_changes_nothing(tmp_path, rosa):
    path = aged(cmep_of(tmp_path / "feed.cmep", whole()))
    intake.take_in(path, source="drop folder", by=None, at=OLD)
    assert watch(tmp_path) == 1
    assert Import.objects.filter(kind="readings").latest("started_at").outcome == "unchanged"
    assert names(tmp_path / "done") == ["feed.cmep"]


def test_an_unforeseen_error_does_not_stop_the_others(tmp_path, rosa, monkeypatch, caplog):
    aged(cmep_of(tmp_path / "rosa-ejemplo.cmep", whole()), at=OLD - timedelta(hours=1))
    aged(cmep_of(tmp_path / "good.cmep", whole()))
    honest = intake.take_in

    def stumbling(path, **how):
        if path.name.startswith("rosa"):
            raise RuntimeError("Rosa Ejemplo, 1 Calle Ficticia")
        return honest(path, **how)

    monkeypatch.setattr(intake, "take_in", stumbling)
    assert watch(tmp_path) == 2
    assert names(tmp_path / "refused") == ["rosa-ejemplo.cmep"]
    assert names(tmp_path / "done") == ["good.cmep"]
    assert "RuntimeError" in caplog.text
    assert "osa" not in caplog.text.replace("RuntimeError", "")


def test_while_the_database_is_away_the_file_waits(tmp_path, rosa, monkeypatch):
    path = aged(cmep_of(tmp_path / "feed.cmep", whole()))

    def away(*_args, **_how):
        raise OperationalError("gone")

    monkeypatch.setattr(intake, "take_in", away)
    with pytest.raises(OperationalError):
        watch(tmp_path)
    assert path.exists()


def test_the_task_looks_only_where_the_settings_say(tmp_path, rosa, settings):
    aged(cmep_of(tmp_path / "feed.cmep", whole()), at=datetime(2026, 1, 1, tzinfo=UTC))
    settings.DROP_DIR = ""
    tasks.watch_drop()
    assert (tmp_path / "feed.cmep").exists()
    settings.DROP_DIR = str(tmp_path)
    tasks.watch_drop()
    assert names(tmp_path / "done") == ["feed.cmep"]


def test_every_task_of_the_timetable_exists():
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert asked <= set(app.tasks)
    assert {"usage.make_months", "usage.watch_drop", "usage.remove_uploads"} <= asked


def test_months_are_made_ahead():
    tasks.make_months()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = %s::regclass",
            ["usage_intervalday"],
        )
        (newest,) = cursor.fetchone()
    ahead = timezone.localdate() + timedelta(days=85)
    assert newest >= f"usage_intervalday_{ahead:%Y_%m}"
