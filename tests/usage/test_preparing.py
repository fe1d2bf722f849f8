"""A large copy: asked for, prepared once, fetched by whoever asked, gone after seven days (6.3)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.utils import translation

from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage import preparing
from usage.models import Customer, Download, PreparedDownload, Via

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=3)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    return rosa


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


def ask(rosa: Customer, her: User, *, kind: str = "csv", **more: object) -> PreparedDownload:
    scope = {
        "agreements": [held.pk for held in rosa.agreements.all()],
        "first_day": TODAY - timedelta(days=3),
        "last_day": TODAY - timedelta(days=1),
        "via": Via.PORTAL,
        "language": "es",
        "at": NOW,
    }
    return preparing.ask(rosa, kind=kind, by=her, **scope | more)


def prepare(at: datetime = LATER, makers=None) -> bool:
    return preparing.prepare_next(clock=lambda: at, makers=makers or {})


def again(copy: PreparedDownload) -> PreparedDownload:
    return PreparedDownload.objects.select_related("download").get(pk=copy.pk)


def fetched(copy: PreparedDownload, at: datetime = LATER) -> bytes:
    taking = preparing.fetch(again(copy), at=at)
    assert taking
    return b"".join(taking.pieces)


def test_it_is_written_down_when_it_is_asked_for_and_waits_for_the_worker(rosa, her) -> None:
    copy = ask(rosa, her)
    assert (copy.state, copy.download.finished_at, copy.download.sha256) == ("waiting", None, None)
    assert preparing.fetch(copy, at=NOW) is None


def test_the_worker_prepares_it_in_the_language_it_was_asked_for_in(rosa, her) -> None:
    copy = ask(rosa, her)
    with translation.override("en"):
        assert prepare()
    text = fetched(copy)
    assert text.decode().startswith("Cuenta de servicio,")
    row = Download.objects.get()
    assert (row.rows, row.size, bytes(row.sha256)) == (288, len(text), sha256(text).digest())


def test_the_row_is_finished_when_it_was_fetched_whole(rosa, her) -> None:
    copy = ask(rosa, her)
    prepare()
    taking = preparing.fetch(again(copy), at=LATER)
    next(taking.pieces)
    taking.pieces.close()
    assert Download.objects.get().finished_at is None
    fetched(copy)
    assert Download.objects.get().finished_at >= LATER
    assert fetched(copy)


def test_nothing_waits_twice_and_nothing_is_prepared_when_nothing_waits(rosa, her) -> None:
    ask(rosa, her)
    assert prepare()
    assert not prepare()


def test_the_oldest_is_prepared_first(rosa, her) -> None:
    first, second = ask(rosa, her), ask(rosa, her)
    prepare()
    assert [again(copy).state for copy in (first, second)] == ["ready", "waiting"]


def test_what_lies_on_the_disk_says_nothing(rosa, her) -> None:
    copy = ask(rosa, her)
    prepare()
    (file,) = (Path(settings.MEDIA_ROOT) / "downloads").iterdir()
    assert b"0.250" not in file.read_bytes()
    assert b"0.250" in fetched(copy)


def test_after_seven_days_file_and_key_are_gone_and_the_row_stays(rosa, her) -> None:
    copy = ask(rosa, her)
    prepare()
    after = LATER + timedelta(days=7)
    assert preparing.remove_expired(at=after - timedelta(seconds=1)) == 0
    assert preparing.fetch(again(copy), at=after) is None, "not even before the job has run"
    assert preparing.remove_expired(at=after) == 1
    gone = again(copy)
    assert (gone.state, gone.sealed_key, gone.path) == ("removed", None, "")
    assert not list((Path(settings.MEDIA_ROOT) / "downloads").iterdir())
    assert Download.objects.get().sha256
    assert preparing.remove_expired(at=after) == 0


def test_what_a_killed_worker_left_behind_goes_too(rosa, her) -> None:
    copy = ask(rosa, her)
    prepare()
    folder = Path(settings.MEDIA_ROOT) / "downloads"
    old, new = folder / "x-1.unfinished", folder / "x-2.unfinished"
    for left, age in ((old, timedelta(hours=1)), (new, timedelta(minutes=1))):
        left.write_bytes(b"x")
        moment = (LATER - age).timestamp()
        os.utime(left, (moment, moment))
    preparing.remove_expired(at=LATER)
    assert not old.exists()
    assert new.exists()
    assert fetched(copy)


def test_a_copy_that_cannot_be_made_is_tried_three_times_and_then_said_to_have_failed(
    rosa, her, caplog
) -> None:
    copy = ask(rosa, her)

    def fails(*_anything: object) -> Iterator[bytes]:
        yield b"Rosa"
        raise ValueError("Rosa Ejemplo")

    at = LATER
    for _ in range(3):
        assert again(copy).state == "waiting"
        assert prepare(at, makers={"csv": fails})
        assert not prepare(at, makers={"csv": fails}), "it rests before it is tried again"
        at += timedelta(minutes=10)
    assert again(copy).state == "failed"
    assert list(PreparedDownload.objects.given_up(since=LATER)) == [copy], "staff are told"
    assert not prepare(at)
    assert "ValueError" in caplog.text
    assert "Rosa" not in caplog.text
    assert not list((Path(settings.MEDIA_ROOT) / "downloads").iterdir())
    ask(rosa, her)
    assert prepare(at)
    assert not PreparedDownload.objects.given_up(since=LATER), "she has another by now"


class Killed(BaseException):
    """Stands for a worker that is gone from one moment to the next."""


def killed(*_anything: object) -> Iterator[bytes]:
    yield b"half"
    raise Killed


def test_when_a_worker_is_killed_over_it_another_one_starts_over(rosa, her) -> None:
    copy = ask(rosa, her)
    with pytest.raises(Killed):
        prepare(makers={"csv": killed})
    assert not prepare(), "the lease still holds"
    assert prepare(LATER + preparing.LEASE)
    assert again(copy).state == "ready"


def test_a_copy_that_kills_its_workers_is_given_up(rosa, her) -> None:
    copy = ask(rosa, her)
    at = LATER
    for _ in range(3):
        with pytest.raises(Killed):
            prepare(at, makers={"csv": killed})
        at += preparing.LEASE
    assert not prepare(at)
    assert again(copy).state == "failed"


def test_a_worker_that_slept_past_its_lease_spoils_nothing(rosa, her) -> None:
    copy = ask(rosa, her)

    def slow(*_anything: object) -> Iterator[bytes]:
        yield b"late"
        assert prepare(LATER + preparing.LEASE), "another worker takes it"
        yield b"r"

    prepare(makers={"csv": slow})
    text = fetched(copy, LATER + preparing.LEASE)
    assert text.count(b"\n") == 289
    assert bytes(Download.objects.get().sha256) == sha256(text).digest()
    assert len(list((Path(settings.MEDIA_ROOT) / "downloads").iterdir())) == 1


def test_two_workers_never_prepare_the_same_one(committed_db, rosa, her) -> None:
    copies = [ask(rosa, her) for _ in range(4)]
    made: list[object] = []
    both = threading.Barrier(2, timeout=20)

    def maker(copy: PreparedDownload, *_rest: object) -> Iterator[bytes]:
        made.append(copy.pk)
        yield b"x"

    def work() -> None:
        try:
            both.wait()
            while prepare(makers={"csv": maker}):
                pass
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(made) == sorted(copy.pk for copy in copies)
    assert {again(copy).state for copy in copies} == {"ready"}


def test_somebody_elses_agreement_is_passed_over(rosa, her) -> None:
    luis = builders.customer(builders.LUIS)
    copy = ask(rosa, her, agreements=[luis.agreements.get().pk])
    assert copy.download.agreements == []
    prepare()
    assert fetched(copy).count(b"\n") == 1


def test_a_kind_nobody_makes_leaves_no_row(rosa, her) -> None:
    with pytest.raises(KeyError):
        ask(rosa, her, kind="xlsx")
    assert not Download.objects.exists()


def test_whoever_takes_it_for_a_customer_says_why(rosa) -> None:
    copy = ask(rosa, builders.alma(), via=Via.COUNTER, reason="She asked at the counter, ID seen.")
    assert (copy.download.via, copy.download.reason[:9]) == ("counter", "She asked")


def test_the_whole_record_runs_from_the_first_agreement_to_today(rosa, her) -> None:
    copy = preparing.ask_for_everything(rosa, by=her, via=Via.PORTAL, at=NOW, language="en")
    assert (copy.download.first_day, copy.download.last_day) == (date(2024, 1, 1), TODAY)
    assert copy.download.agreements == [rosa.agreements.get().pk]


def test_five_at_once_are_enough(rosa, her) -> None:
    for _ in range(5):
        assert not preparing.too_many(rosa)
        ask(rosa, her)
    assert preparing.too_many(rosa)
    prepare()
    assert not preparing.too_many(rosa)
