"""A PostgreSQL as safe as in production (fsync on) and a Valkey, for one run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prime_portal.devstack import binaries, folders
from prime_portal.devstack.children import ChildFailed
from prime_portal.devstack.postgres import APP, OWNER, Postgres
from prime_portal.devstack.surroundings import new_secrets, surroundings
from prime_portal.devstack.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def servers() -> Iterator[None]:
    """Set the environment the settings are read from; stop and remove everything at the end.

    Always in the same folder: what a killed run left there goes first, and a second run beside
    this one, which would spoil both, is refused with folders.Taken.
    """
    folder = Path(tempfile.gettempdir()) / f"prime-benchmarks-{os.getuid()}"
    lock = folders.claim(folder)
    _clear(folder)
    os.environ.update(
        surroundings(
            "test", folder=folder, origin="http://testserver", smtp_port=1, keys=new_secrets()
        )
    )
    postgres = Postgres(folder / "postgres", folder / "postgres.log", True, (lock,))
    valkey = Valkey(folder / "valkey", folder / "valkey.log", (lock,))
    try:
        postgres.start()
        postgres.make_roles()
        postgres.make_database("prime")
        valkey.start()
        os.environ["DATABASE_URL"] = postgres.url(APP, "prime")
        os.environ["DATABASE_OWNER_URL"] = postgres.url(OWNER, "prime")
        os.environ["REDIS_URL"] = valkey.url
        _migrate()
        yield
    finally:
        postgres.stop()
        valkey.stop()
        _clear(folder)
        os.close(lock)


def _clear(folder: Path) -> None:
    for server in ("postgres", "valkey"):
        binaries.discard(folder / server)
    folders.empty(folder)


def _migrate() -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise ChildFailed(f"The database could not be migrated:\n{ran.stderr}")
