"""The record copied away: whole lines in their order, and a database that was put back is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from prime_portal import tasks
from prime_portal.ledger import journal
from prime_portal.models import Checkpoint, LedgerEntry
from tests import builders
from tests.ledger.cast import a_private_row, a_row, seal
from tests.restoring import forgotten
from usage.frozen import freeze, frozen

pytestmark = pytest.mark.django_db


def write(folder: Path) -> int:
    return journal.write(folder, at=timezone.now())


def stretch(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_what_was_sealed_stands_in_its_place_and_once(tmp_path: Path) -> None:
    a_row()
    sealed = seal()
    assert write(tmp_path) == sealed
    assert write(tmp_path) == 0
    a_row()
    seal()
    assert write(tmp_path) == 1
    lines = list(journal.read(tmp_path))
    assert [line.place for line in lines] == list(range(sealed + 1))
    leaves = LedgerEntry.objects.in_bulk([line.id for line in lines])
    assert all(line.leaf == bytes(leaves[line.id].leaf) for line in lines)
    assert [line.place for line in journal.read(tmp_path, after=sealed)] == [sealed]
    assert journal.seal_of(tmp_path) == Checkpoint.objects.first().note


def test_what_waits_for_its_seal_is_there_too(tmp_path: Path) -> None:
    a_row()
    seal()
    row = a_row()
    write(tmp_path)
    *_sealed, last = journal.read(tmp_path)
    assert (last.place, last.row_id) == (None, str(row.pk))
    seal()
    write(tmp_path)
    assert [line.row_id for line in journal.read(tmp_path)].count(str(row.pk)) == 1


def test_it_names_nobody(tmp_path: Path) -> None:
    a_private_row()
    seal()
    a_private_row()
    write(tmp_path)
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "usage_access:written" in text
    for private in ("Rosa", "Ficticia", "@example.org", "90660"):
        assert private not in text
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_with_a_header_come_those_hashed_with_it(tmp_path: Path) -> None:
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    builders.notice()
    builders.approved(
        builders.contract(builders.third_party()),
        *(rosa, luis),
        first_day=builders.TODAY,
        last_day=builders.TODAY,
    )
    seal()
    write(tmp_path)
    (header,) = [line for line in journal.read(tmp_path) if "bulkproposal:w" in line.kind]
    members = header.members["consent_bulkmember"]
    assert {member["customer_id"] for member in members} == {str(rosa.pk), str(luis.pk)}


def test_a_line_a_power_cut_left_half_written_is_written_anew(tmp_path: Path) -> None:
    for _ in range(3):
        a_row()
    sealed = seal()
    write(tmp_path)
    (day,) = stretch(tmp_path).glob("2*.ndjson")
    whole = day.read_bytes()
    day.write_bytes(whole[:-30])
    assert len(list(journal.read(tmp_path))) == sealed - 1
    assert write(tmp_path) == 1
    assert day.read_bytes() == whole


@pytest.mark.parametrize("length", [10, 1000, 64 * 1024 - 1, 64 * 1024, 200_000])
def test_the_last_whole_line_is_found_however_long_it_is(tmp_path: Path, length: int) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"first\n" + b"x" * length + b"\n" + b"half a lin")
    with path.open("rb") as file:
        assert journal._whole(file) == (7 + length, b"x" * length)
    path.write_bytes(b"half a lin")
    with path.open("rb") as file:
        assert journal._whole(file) == (0, b"")


def test_a_database_put_back_under_a_running_worker_is_frozen(tmp_path: Path) -> None:
    """As a virtual machine's snapshot is: same cluster, same place, and an hour is gone."""
    a_row()
    seal()
    write(tmp_path)
    with forgotten():
        a_row()
        seal()
        write(tmp_path)
    assert write(tmp_path) == 0
    assert frozen()
    a_row()
    assert write(tmp_path) == 0, "nothing is copied while it is frozen"


def test_another_entry_in_the_same_place_is_noticed_too(tmp_path: Path) -> None:
    a_row()
    seal()
    with forgotten():
        a_row()
        seal()
        write(tmp_path)
    a_row()
    seal()
    write(tmp_path)
    assert frozen()


def test_a_stretch_ends_where_the_next_one_begins(tmp_path: Path) -> None:
    """What was lost by a restore stays in the journal, and is no part of the record any more."""
    first = tmp_path / "20260101T000000.000000Z"
    first.mkdir()
    lost = [_line(place) for place in range(5)]
    (first / journal.BEGINS).write_text(json.dumps({"place": 0}))
    (first / "2026-01-01.ndjson").write_text("".join(lost[:2]))
    (first / "2026-01-02.ndjson").write_text("".join(lost[2:]))
    second = tmp_path / "20260103T000000.000000Z"
    second.mkdir()
    (second / journal.BEGINS).write_text(json.dumps({"place": 3}))
    (second / "2026-01-03.ndjson").write_text(_line(3, number=100) + _line(4, number=101))
    assert [line.id for line in journal.read(tmp_path)] == [0, 1, 2, 100, 101]
    assert [line.id for line in journal.read(tmp_path, after=2)] == [2, 100, 101]
    assert [line.id for line in journal.read(tmp_path, after=4)] == [101]


def _line(place: int, *, number: int | None = None) -> str:
    said: dict[str, Any] = {
        "place": place,
        "id": place if number is None else number,
        "at": "",
        "kind": "x:written",
        "row": "",
        "body": "{}",
        "members": {},
    }
    return json.dumps(said) + "\n"


def test_the_worker_writes_it_unless_the_portal_is_frozen(settings: Any, tmp_path: Path) -> None:
    settings.JOURNAL_DIR = str(tmp_path / "journal")
    a_row()
    seal()
    tasks.keep_journal()
    assert list(journal.read(tmp_path / "journal"))
    freeze()
    a_row()
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    tasks.keep_journal()
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before
