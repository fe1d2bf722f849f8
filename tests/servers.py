"""The servers of a test run: one PostgreSQL and one Valkey, shared by all its processes.

Loaded as a plugin (`-p tests.servers`, see pyproject.toml), because the settings read their
environment before any conftest.py is looked at. The first process starts the servers and
migrates one template database; each worker process gets a clone of it and a Redis database
of its own. Tests sign in as prime_app, as the portal does.

With DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL set, those servers are used and none is
started; the owner role must then be allowed to create databases and to end sessions
(CREATEDB, and membership in pg_signal_backend).
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from prime_portal.devstack import folders
from prime_portal.devstack.children import ChildFailed
from prime_portal.devstack.postgres import APP, OWNER, SUPERUSER, Postgres
from prime_portal.devstack.surroundings import given_servers, new_secrets, surroundings
from prime_portal.devstack.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "prime_test_template"


class Servers:
    """What the first process starts, and ends."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"prime-tests-{os.getuid()}-", dir=_place()))
        self.lock = folders.claim(self.folder)
        self.given = given_servers(os.environ)
        self.running: list[Postgres | Valkey] = []

    def start(self) -> None:
        os.environ.update(
            surroundings(
                "test",
                folder=self.folder,
                origin="http://testserver",
                smtp_port=1,
                keys=new_secrets(),
            ),
            EXTRA_HOSTS="localhost,127.0.0.1",
            PRIME_TEST_LOGS=str(self.folder),
            # The browser's own event loop runs in the thread of the test that drives it.
            DJANGO_ALLOW_ASYNC_UNSAFE="1",
        )
        if "DATABASE_URL" not in self.given:
            postgres = Postgres(
                self.folder / "postgres", self.folder / "postgres.log", False, (self.lock,)
            )
            self.running.append(postgres)
            postgres.start()
            postgres.make_roles(for_tests=True)
            os.environ["DATABASE_URL"] = postgres.url(APP, TEMPLATE)
            os.environ["DATABASE_OWNER_URL"] = postgres.url(OWNER, TEMPLATE)
            os.environ["PRIME_TEST_SUPERUSER_URL"] = postgres.url(SUPERUSER, TEMPLATE)
        elif "DATABASE_OWNER_URL" not in self.given:
            raise pytest.UsageError("Set DATABASE_OWNER_URL too: tests migrate with it.")
        if "REDIS_URL" not in self.given:
            valkey = Valkey(self.folder / "valkey", self.folder / "valkey.log", (self.lock,))
            self.running.append(valkey)
            valkey.start()
            os.environ["REDIS_URL"] = valkey.url
        _make_template()

    def stop(self) -> None:
        for server in self.running:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def renew_database() -> None:
    """Give this process a fresh clone of the migrated database.

    Evidence tables refuse DELETE and TRUNCATE, to the portal's own role and to everybody's
    accident alike; so what a test committed is not deleted, its whole database is.
    """
    name = _own_database()
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    until = time.monotonic() + 10
    with _as_owner() as connection:
        while True:
            try:
                connection.execute(drop)
                break
            except psycopg.errors.InsufficientPrivilege:
                # A superuser's session that a test has closed is not gone at once, and may not
                # be ended by another.
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        _clone(connection, name)


def logs() -> list[Path]:
    """Return the files the servers of this run write to; none when they are not ours."""
    return sorted(Path(os.environ["PRIME_TEST_LOGS"]).glob("*.log"))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers, or join those of the process that started this one."""
    if not _is_worker():
        servers = Servers()
        atexit.register(servers.stop)
        early_config.add_cleanup(lambda: (atexit.unregister(servers.stop), servers.stop()))
        try:
            servers.start()
        except ChildFailed as fault:
            raise pytest.UsageError(str(fault)) from None
    # Nobody listens there until a test asks for the mailbox (conftest.py): until then a
    # connection is refused at once.
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.set_inheritable(True)
    os.environ["SMTP_PORT"] = str(listener.getsockname()[1])
    early_config.stash[SMTP_LISTENER] = listener
    number = _worker_number()
    for variable in {"DATABASE_URL", "DATABASE_OWNER_URL", "PRIME_TEST_SUPERUSER_URL"} & {
        *os.environ
    }:
        os.environ[variable] = _with_path(os.environ[variable], _own_database())
    os.environ["REDIS_URL"] = _with_path(os.environ["REDIS_URL"], str(number))
    os.environ["FILES_DIR"] += f"/{number}"
    os.environ["LETTERS_DIR"] += f"/{number}"
    os.environ["JOURNAL_DIR"] += f"/{number}"
    renew_database()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left waiting for it at the end."""
    long = {"portal", "browser", "demo"}
    items.sort(
        key=lambda item: (
            not (long & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("long"))
        )
    )


SMTP_LISTENER = pytest.StashKey[socket.socket]()


def _make_template() -> None:
    with _as_owner() as connection:
        if connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone():
            connection.execute("ALTER DATABASE prime_test_template ALLOW_CONNECTIONS true")
            connection.execute("DROP DATABASE prime_test_template WITH (FORCE)")
        connection.execute("CREATE DATABASE prime_test_template TEMPLATE template0 ENCODING 'UTF8'")
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        env=os.environ
        | {
            name: _with_path(os.environ[name], TEMPLATE)
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if migrated.returncode != 0:
        raise pytest.UsageError(f"The test database could not be migrated:\n{migrated.stderr}")
    with _as_owner() as connection:
        # A database that anybody is connected to cannot be cloned.
        connection.execute("ALTER DATABASE prime_test_template ALLOW_CONNECTIONS false")


def _clone(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(TEMPLATE)
        )
    )
    # A copy is not where it was made, as after a restore; this one may work all the same.
    with psycopg.connect(_with_path(os.environ["DATABASE_OWNER_URL"], name)) as copy:
        copy.execute("INSERT INTO ledger.home (identity) VALUES (ledger.identity())")


def _as_owner() -> psycopg.Connection[tuple[object, ...]]:
    address = _with_path(os.environ["DATABASE_OWNER_URL"], "postgres")
    return psycopg.connect(address, autocommit=True)


def _own_database() -> str:
    return f"prime_test_{_worker_number()}"


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _worker_number() -> int:
    """Return 0 for the first process, 1 for gw0, 2 for gw1 …"""
    return int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1 if _is_worker() else 0


def _with_path(address: str, name: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))


def _place() -> Path:
    """Return where the servers' data goes: into memory where there is room.

    A clone of the database is then a matter of 0.03 s instead of 0.4 s.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**31:
        return memory
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what test runs left that were killed outright."""
    for left in _place().glob(f"prime-tests-{os.getuid()}-*"):
        try:
            if time.time() - left.stat().st_mtime < 60:
                continue  # perhaps it is only just being started
            lock = folders.claim(left, patience=0)
        except (folders.Taken, OSError):
            continue
        shutil.rmtree(left, ignore_errors=True)
        os.close(lock)
