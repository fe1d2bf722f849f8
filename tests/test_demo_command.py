"""`manage.py demo`: it starts everything, says what there is, and leaves nothing behind."""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from prime_portal.devstack.demo import red_but_at_work
from tests.conftest import RunningDemo
from tests.processes import gone, living_off

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who lives is read from /proc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one demo after the other lives, each going on with what the one before left."""
    return tmp_path_factory.mktemp("demos") / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[RunningDemo]:
    """A demo without a city; nothing of it is left running after the test."""
    started = RunningDemo(folder, "--keep", "--customers", "0")
    yield started
    started.__exit__()
    assert gone(started.folder, within=20) == {}


def test_it_says_where_everything_is(portal: dict[str, Any]) -> None:
    with urllib.request.urlopen(f"{portal['address']}/healthz") as answer:
        assert answer.status == 200
    with psycopg.connect(portal["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("prime_app",)
    with redis.Redis.from_url(portal["REDIS_URL"]) as client:
        assert client.ping()
    printed = _out(portal).read_text()
    assert portal["address"] in printed
    for name in ("mail", "letters", "drop"):
        assert Path(portal[name]).is_dir()
        assert portal[name] in printed


def test_what_it_writes_only_its_owner_may_read(portal: dict[str, Any]) -> None:
    folder = Path(portal["env"]).parent
    assert folder.stat().st_mode & 0o066 == 0
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    # Nor does a process list show a password or a key.
    kept = json.loads((folder / "kept.json").read_text())
    secrets = [*kept["keys"].values(), *kept["passwords"].values()]
    secrets.append(urlsplit(portal["REDIS_URL"]).password)
    commands = " ".join(living_off(folder).values())
    assert "postgres" in commands
    assert not [secret for secret in secrets if secret in commands]


def test_a_second_demo_is_refused_with_a_sentence(portal: dict[str, Any]) -> None:
    folder = Path(portal["env"]).parent
    second = RunningDemo(folder, "--customers", "0")
    assert second.process.wait(timeout=30) == 1
    assert f"A demo is already running in {folder} (process {portal['pid']})" in second.printed
    assert (folder / "demo.json").exists()
    assert _alive(portal["pid"])


def test_killed_outright_it_takes_everything_with_it(demo: RunningDemo) -> None:
    demo.facts()
    assert len(living_off(demo.folder)) > 8
    demo.process.kill()
    demo.process.wait()
    assert gone(demo.folder, within=20) == {}


def test_killed_while_it_still_starts_it_leaves_nothing(demo: RunningDemo) -> None:
    until = time.monotonic() + 60
    while "PostgreSQL answers" not in demo.printed:
        assert time.monotonic() < until, demo.printed
        time.sleep(0.05)
    demo.process.kill()
    demo.process.wait()
    assert gone(demo.folder, within=10) == {}


def test_a_port_in_use_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        demo = RunningDemo(tmp_path / "demo", "--customers", "0", PORT=str(port))
        assert demo.process.wait(timeout=30) == 1
    assert f"127.0.0.1:{port} cannot be listened on" in demo.printed
    assert "PostgreSQL" not in demo.printed


def test_a_demo_kept_with_a_late_notice_comes_up_and_one_without_a_worker_does_not() -> None:
    assert red_but_at_work('{"beat": "green", "worker": "green", "notices": "red"}') == ["notices"]
    for told in ('{"beat": "green", "worker": "red"}', '{"database": "red"}', "Bad gateway", "[]"):
        assert red_but_at_work(told) == []


def test_a_port_that_is_no_number_is_said(tmp_path: Path) -> None:
    demo = RunningDemo(tmp_path / "demo", PORT="eight")
    assert demo.process.wait(timeout=30) == 1
    assert "PORT must be a number from 0 to 65535, not “eight”." in demo.printed


def test_a_database_without_its_owners_address_is_refused(tmp_path: Path) -> None:
    demo = RunningDemo(
        tmp_path / "demo", "--customers", "0", DATABASE_URL="postgresql://prime_app@127.0.0.1:1/x"
    )
    assert demo.process.wait(timeout=30) == 1
    assert "DATABASE_URL is set but DATABASE_OWNER_URL is not" in demo.printed


def _out(portal: dict[str, Any]) -> Path:
    folder = Path(portal["env"]).parent
    return folder.with_name(f"{folder.name}.out")


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
