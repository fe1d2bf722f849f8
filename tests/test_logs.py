"""Logs name nobody, whichever process writes them (5.1)."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousFileOperation
from django.db import OperationalError
from django.test import Client

from prime_portal import tasks
from prime_portal.celery import app
from prime_portal.devstack.children import Child
from prime_portal.ledger import sealing
from prime_portal.logs import LEFT_OUT, Discreet
from prime_portal.models import Heartbeat
from prime_portal.roles import Role
from tests import builders
from tests.conftest import ROOT
from tests.consent.served import Served
from tests.talkative import HER

EVERYTHING = Discreet("{levelname} {name} {message}", style="{")


def written(name: str, said: Any, *values: Any, error: Any = None, **extra: Any) -> str:
    """Return what the log says of this."""
    caught = (type(error), error, error.__traceback__) if error else None
    if len(values) == 1 and isinstance(values[0], dict):
        values = values[0]  # type: ignore[assignment] - as logging unpacks it
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, said, values, caught)
    record.__dict__.update(extra)
    return EVERYTHING.format(record)


def caught() -> ValueError:
    try:
        raise ValueError(f"Key (email)=({HER}) exists")
    except ValueError as error:
        return error


def test_an_error_is_logged_by_its_kind_and_place_never_in_its_words() -> None:
    line = written("usage", "It broke.", error=caught())
    assert HER not in line
    assert "ValueError" in line
    assert "test_logs.py" in line


@pytest.mark.parametrize(
    ("name", "said", "values"),
    [
        ("usage", "It broke: %s", (caught(),)),
        ("celery.worker.request", "Task handler raised error: %r", (caught(),)),
        ("celery.app.trace", "Task %(name)s: %(exc)s", ({"name": "x", "exc": repr(caught())},)),
        ("gunicorn.error", caught(), ()),
        ("gunicorn.error", f"Invalid request from ip=192.0.2.1: Line {HER}", ()),
        ("gunicorn.error", "Error handling request %s", (f"/admin/find/?q={HER}",)),
        ("django.security.SuspiciousFileOperation", f"traversal in “{HER}”", ()),
        ("py.warnings", f"/srv/x.py:3: RuntimeWarning: naive {HER}\n  f({HER!r})\n", ()),
        ("celery.redirected", f"DETAIL: Key (email)=({HER}) exists", ()),
    ],
)
def test_no_words_come_in_by_another_way(name: str, said: Any, values: tuple[Any, ...]) -> None:
    assert HER in str(said) + str(values), "or this proves nothing"
    line = written(name, said, *values)
    assert HER not in line
    assert "192.0.2.1" not in line


def test_words_that_were_made_a_text_of_are_taken_out_of_it() -> None:
    error = caught()
    assert "builtins.ValueError" in written("usage", f"It broke: {error}", error=error)
    assert HER not in written("usage", f"It broke: {error!r}", error=error)


def test_of_a_traceback_that_was_printed_the_places_stay() -> None:
    line = written("celery.redirected", f'  File "/srv/a.py", line 3, in b\n    raise X({HER!r})\n')
    assert 'File "/srv/a.py", line 3, in b' in line
    assert HER not in line
    assert LEFT_OUT in written("celery.redirected", "printed")


def test_plain_sentences_stay_as_they_are() -> None:
    assert written("usage", "%s of %d", "a", 3) == "ERROR usage a of 3"
    assert written("usage", "100 %") == "ERROR usage 100 %"


def test_why_the_database_does_not_let_us_in_is_said() -> None:
    """Whoever is called needs it, and no row has been read yet."""
    refused = OperationalError("connection failed: FATAL: too many connections")
    said = ("psycopg.pool", "error connecting in %r: %s", "pool-1", refused)
    assert "too many connections" in written(*said)
    assert "too many" not in written("psycopg.pool", "task %s failed: %s", "x", refused)


# -- Refused pages ------------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the root logger's handler writes meanwhile."""
    kept: list[str] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(self.format(record))

    handler = Keeps()
    handler.setFormatter(EVERYTHING)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_a_refusal_is_one_line_with_the_pages_pattern_its_status_and_the_clause(
    lines: list[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.staff("operator@prime.example", Role.OPERATOR))
    customer = builders.customer()
    assert client.get(f"/admin/usage/customer/{customer.pk}/change/").status_code == 403
    (line,) = lines
    assert "\n" not in line
    assert line.startswith("WARNING django.request GET ")
    assert "usage/customer/" in line
    assert line.endswith("403 (5.1)")
    assert str(customer.pk) not in line


@pytest.mark.django_db
def test_an_address_that_is_none_is_not_repeated(lines: list[str], client: Client) -> None:
    client.get("/en/what-somebody-typed/")
    assert lines == ["WARNING django.request GET no such page 404"]


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_without_saying_from_where(lines: list[str]) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.post("/en/receipts/", headers={"origin": "https://what-somebody-typed.example"})
    (line,) = lines
    assert line.startswith("WARNING django.security.csrf POST ")
    assert "receipts/" in line
    assert line.endswith("403 (5.1) Origin checking failed")


@pytest.mark.parametrize(
    ("error", "status"), [(PermissionDenied(HER), 403), (SuspiciousFileOperation(HER), 400)]
)
@pytest.mark.django_db
def test_whatever_refused_it_there_is_no_traceback(
    lines: list[str], client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def refuse(*_given: Any) -> None:
        raise error

    monkeypatch.setattr("prime_portal.views.render", refuse)
    assert client.get("/en/").status_code == status
    (line,) = lines
    assert "\n" not in line
    assert HER not in line
    assert str(status) in line


@pytest.mark.django_db
def test_what_is_the_portals_own_fault_says_where(
    lines: list[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> None:
        raise ValueError(HER)

    monkeypatch.setattr("prime_portal.views.render", fail)
    client.raise_request_exception = False
    assert client.get("/en/").status_code == 500
    (line,) = lines
    assert "builtins.ValueError" in line
    assert "views.py" in line
    assert HER not in line


@pytest.mark.django_db
def test_a_record_that_does_not_continue_says_so_in_its_own_words(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is called must read it, and not restart it away (docs/operations.md)."""

    def refuse(**_given: Any) -> int:
        raise sealing.Broken("The record has no entry at place 3.")

    monkeypatch.setattr(sealing, "seal", refuse)
    tasks.seal()
    assert lines == ["CRITICAL prime_portal.tasks The record has no entry at place 3."]


# -- Real processes -----------------------------------------------------------------------------


@contextmanager
def running(folder: Path, *arguments: str, **env: str) -> Iterator[Child]:
    child = Child(
        "celery",
        [sys.executable, "-m", "celery", *arguments],
        log=folder / "log",
        env=os.environ | env,
        cwd=ROOT,
        orphaned_by=signal.SIGKILL,
    )
    try:
        yield child
    finally:
        child.end(within=10)


def heard(child: Child, enough: Callable[[str], bool], *, within: float = 60) -> str:
    """Wait until its log says enough; return all of it."""
    until = time.monotonic() + within
    while not enough(said := child.log.read_text()):
        assert time.monotonic() < until, said
        time.sleep(0.1)
    return said


def test_a_worker_says_of_a_task_that_failed_its_kind_and_place(
    committed_db: None, tmp_path: Path
) -> None:
    """With what it printed, and what the library makes of the error."""
    with running(tmp_path, "-A", "tests.talkative", "worker", "--concurrency", "1") as worker:
        with app.connection_for_write(os.environ["REDIS_URL"]) as broker:
            app.send_task("tests.fail", connection=broker)
        said = heard(worker, lambda log: "ValueError" in log)
        worker.end(within=10)
        said = worker.log.read_text()
    assert "raised unexpected: ValueError" in said
    assert "talkative.py" in said
    assert Heartbeat.objects.filter(name="failing tests.fail").exists(), "/healthz reads it"
    assert said.count(LEFT_OUT) >= 2, "what it printed and wrote was heard"
    assert "rosa" not in said


def test_beat_goes_on_without_the_database_and_quotes_no_statement(tmp_path: Path) -> None:
    """Here the database is there, and the portal's tables are not: an error full of SQL."""
    elsewhere = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with running(
        tmp_path, "-A", "prime_portal", "beat", "--pidfile", "", DATABASE_URL=elsewhere
    ) as beat:
        said = heard(beat, lambda log: log.count("No sign of life was written") > 2)
        assert beat.running
    assert "django.db.utils.ProgrammingError" in said
    assert not any(word in said for word in ("SELECT", "prime_portal_heartbeat", "relation"))


def test_beat_that_ends_by_an_error_says_its_kind_and_place(tmp_path: Path) -> None:
    breaks = ("--pidfile", "", "--scheduler", "tests.talkative:Breaks")
    with running(tmp_path, "-A", "tests.talkative", "beat", *breaks) as beat:
        beat.wait(until=time.monotonic() + 60)
        said = beat.log.read_text()
    assert "builtins.ValueError" in said
    assert "talkative.py" in said
    assert "An error nobody caught ended it." in said
    assert "rosa" not in said


def test_gunicorn_says_of_an_answer_that_broke_its_kind_and_place(
    committed_db: None, tmp_path: Path
) -> None:
    with Served(tmp_path, "tests.breaking") as served:
        address = f"http://127.0.0.1:{served.port}/breaks?who={HER}"
        with pytest.raises((urllib.error.URLError, http.client.HTTPException)):
            urllib.request.urlopen(address, timeout=10).read()
        said = heard(served.child, lambda log: "ValueError" in log)
    assert "breaking.py" in said
    assert "rosa" not in said
