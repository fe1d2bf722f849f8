"""Servers of a test's own, for those that crash them; as safe as in production."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from prime_portal.devstack import binaries
from prime_portal.devstack.postgres import APP, OWNER, Postgres
from prime_portal.devstack.valkey import Valkey
from tests.conftest import ROOT, hang_up


@contextmanager
def own_servers(folder: Path) -> Iterator[tuple[Postgres, Valkey]]:
    """Start a PostgreSQL that keeps what it says it kept, and a Valkey.

    This process and those it starts meanwhile work with them; both may crash.
    """
    postgres = Postgres(folder / "postgres", folder / "postgres.log", True)
    valkey = Valkey(folder / "valkey", folder / "valkey.log")
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    before = {name: os.environ[name] for name in names}
    held = {alias: dict(connections[alias].settings_dict) for alias in connections}
    try:
        postgres.start()
        postgres.make_roles()
        postgres.make_database("prime")
        valkey.start()
        roles = {"default": APP, "record": APP, "owner": OWNER}
        os.environ["DATABASE_URL"] = postgres.url(APP, "prime")
        os.environ["DATABASE_OWNER_URL"] = postgres.url(OWNER, "prime")
        os.environ["REDIS_URL"] = valkey.url
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, check=True)
        hang_up()
        for alias in connections:
            connections[alias].settings_dict |= {
                "NAME": "prime",
                "PORT": str(postgres.port),
                "HOST": "127.0.0.1",
                "USER": roles[alias],
                "PASSWORD": postgres.passwords[roles[alias]],
            }
        yield postgres, valkey
    finally:
        hang_up()
        for alias in connections:
            connections[alias].settings_dict |= held[alias]
        os.environ.update(before)
        postgres.stop()
        valkey.stop()
        for server in ("postgres", "valkey"):
            binaries.discard(folder / server)
