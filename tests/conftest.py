"""What every test may ask for.

Databases. `db` (pytest-django's) rolls back what a test did on the `default` connection: use
it by default. A test in which both `default` and `record` write, that starts a worker, or
that runs against a live server needs real commits: it asks for `committed_db` and may use
every connection; afterwards the process gets a fresh clone of the migrated database (some
hundredths of a second). Rows that migrations made are there in both.

The world. `mailbox` takes mail over real SMTP. `portal` is the whole demo, with worker and
beat, started once; `page` and `phone` are a browser's pages of it (tests/browser.py).
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import mailbox as maildirs
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation

from prime_portal.devstack import binaries
from prime_portal.devstack.children import Child
from prime_portal.devstack.surroundings import given_servers
from tests import servers, tripwires
from tests.processes import living_off

# How fast examples come says something of the machine, not of the portal.
hypothesis.settings.register_profile(
    "portal",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=40,
)
hypothesis.settings.register_profile(
    "chaos", hypothesis.settings.get_profile("portal"), max_examples=1000
)
hypothesis.settings.load_profile("portal")

ROOT = Path(__file__).resolve().parent.parent


# -- Databases -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> Iterator[None]:
    """Use the database tests/servers.py made: nothing is created and nothing migrated here."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = lambda _case: start_over()  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
    hang_up()


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """Let a test commit on every connection; the database is renewed after it."""


def start_over() -> None:
    """Throw away whatever was committed."""
    hang_up()
    servers.renew_database()


def hang_up() -> None:
    """Close this process's connections and their pools."""
    for connection in connections.all():
        connection.close()
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()


@pytest.fixture(scope="session")
def _redis() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(_redis: redis.Redis) -> None:
    """Start each test with an empty Redis: one test's limits are not the next one's."""
    _redis.flushdb()


@pytest.fixture(autouse=True)
def _speak_english_again() -> Iterator[None]:
    """End each test in the language of the settings: a client's last page leaves its own."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _print_each_notice_once() -> Iterator[None]:
    """Share the PDFs of published notices between the processes of a run, as the portal's own
    cache does within one: the same frozen page is printed some hundred times else."""
    from notices.writing import publishing

    printed, folder = publishing.on_paper, Path(os.environ["PRIME_TEST_LOGS"])

    def on_paper(html: str, language: str, kind: object) -> bytes:
        name = hashlib.sha256(f"{language} {kind} {html}".encode()).hexdigest()
        kept = folder / f"{name}.pdf"
        with kept.open("a+b") as pdf:
            fcntl.flock(pdf, fcntl.LOCK_EX)  # another process may be printing it just now
            if not kept.stat().st_size:
                kept.write_bytes(printed(html, language, kind))
        return kept.read_bytes()

    on_paper.afresh = printed.__wrapped__
    publishing.on_paper = on_paper
    yield
    publishing.on_paper = printed


# -- Mail ----------------------------------------------------------------------------


class Mailbox:
    """Whatever the portal sent in this test, as the receiving mail server kept it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept = maildirs.Maildir(folder)

    def messages(self) -> list[EmailMessage]:
        """Return the mails in order of arrival."""
        paths = sorted((self.folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
            for path in paths
        ]

    def wait_for(self, count: int, *, within: float = 20) -> list[EmailMessage]:
        """Return the mails once there are that many; the test fails if they do not come."""
        until = time.monotonic() + within
        while len(found := self.messages()) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} mails came in {within} s"
            time.sleep(0.05)
        return found

    def clear(self) -> None:
        self._kept.clear()


@pytest.fixture(scope="session")
def _mail_server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("mail")
    maildirs.Maildir(folder / "box")
    listener = pytestconfig.stash[servers.SMTP_LISTENER]
    descriptor = listener.fileno()
    child = Child(
        "mailbox",
        [sys.executable, "-m", "prime_portal.devstack.mailbox", folder / "box", str(descriptor)],
        log=folder / "mailbox.log",
        env=os.environ,
        cwd=ROOT,
        inherit=(descriptor,),
    )
    listener.listen(100)  # mail that comes before it is up waits at the door
    yield folder / "box"
    child.end()


@pytest.fixture
def mailbox(_mail_server: Path, settings: Any) -> Iterator[Mailbox]:
    """A real mail server at SMTP_HOST and SMTP_PORT, and the portal's own door for mail.

    Without this fixture mails stay in the process (django.core.mail.outbox).
    """
    settings.EMAIL_BACKEND = "notices.mail.Door"
    box = Mailbox(_mail_server)
    box.clear()
    yield box
    tripwires.read_maildir(box.folder)
    box.clear()


# -- The whole portal ------------------------------------------------------------------


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The running demo with a small city, as its demo.json describes it."""
    demo = RunningDemo(tmp_path_factory.mktemp("portal"), "--customers", "20")
    with demo as facts:
        with tripwires.following(facts["REDIS_URL"]):
            yield facts
        tripwires.read_maildir(Path(facts["mail"]))
        # As whoever started it by hand ends it.
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(timeout=30) == 0
        assert "nothing is left running" in demo.printed
        assert living_off(demo.folder) == {}
        assert not (demo.folder / "demo.json").exists()


class RunningDemo:
    """`with RunningDemo(folder, *arguments) as facts`: `manage.py demo` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        self.folder = folder
        self.out = folder.with_name(f"{folder.name}.out")
        mine = {*given_servers(os.environ), "PRIME_ENV", "PYTEST_XDIST_WORKER"}
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--stop-with-parent", *arguments],
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if name not in mine}
                | {"DEMO_DIR": str(folder), "PORT": "0", **env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self.out.read_text(errors="replace")

    def facts(self, *, within: float = 180) -> dict[str, Any]:
        """Return demo.json once it is there."""
        written = self.folder / "demo.json"
        until = time.monotonic() + within
        while time.monotonic() < until and self.process.poll() is None:
            # An earlier demo in this folder may have left its own.
            if written.exists() and f'"pid": {self.process.pid},' in (text := written.read_text()):
                facts: dict[str, Any] = json.loads(text)
                return facts
            time.sleep(0.1)
        pytest.fail(f"the demo did not start:\n{self.printed}", pytrace=False)

    def __enter__(self) -> dict[str, Any]:
        try:
            return self.facts()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_details: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        for server in ("postgres", "valkey"):
            binaries.discard(self.folder / server)


# -- Which test runs where, and how often ----------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asked = getattr(item, "fixturenames", ())
        if {"portal", "browser"} & set(asked):
            # One running demo and one Chromium serve them all, so one process takes them all.
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif "demo" in asked:
            # One folder serves them all, one after the other (test_demo_command.py).
            item.add_marker(pytest.mark.xdist_group("demo"))
        if "committed_db" in asked:
            item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))
        if "chaos" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.chaos)


def pytest_collection_finish() -> None:
    """Take what was loaded and collected out of the garbage collector's rounds: it all stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def rounds() -> Callable[[int, int], int]:
    """Choose how often a fault is provoked: `rounds(full, small)`; SMALL=1 asks for the small."""
    return lambda full, small: small if os.environ.get("SMALL") == "1" else full


@pytest.fixture
def seed() -> int:
    """The number that chance starts from: SEED=…, or a new one; it is shown when a test fails."""
    chosen = os.environ.get("SEED") or str(time.time_ns() % 1_000_000)
    print(f"SEED={chosen}")
    return int(chosen)
