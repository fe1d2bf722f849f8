"""A backup really restored elsewhere, set right, and held against the portal as it is (5.1).

What it proves: a restored portal lets nothing leave by itself; its record is whole; once reconciled
no cancel is undone and nothing that was sent is owed again. It touches only a database of its own,
which is dropped again; nothing that restored portal owes is ever sent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from prime_portal.models import RestoreDrill

Say = Callable[[str], object]

CANCELED = """
    SELECT row_id::text FROM ledger.entry
    WHERE kind = 'consent_authorization:stamped' AND body::jsonb ? 'canceled_at' AND at <= %s
"""
IN_FORCE = "SELECT id::text FROM consent_authorization WHERE canceled_at IS NULL"
SENT = """
    SELECT concat_ws(' ', delivery.customer_id, delivery.kind, key)
    FROM notices_delivery AS delivery JOIN ledger.entry ON row_id = delivery.id
    WHERE entry.kind = 'notices_delivery:stamped' AND body::jsonb ? 'sent_at' AND at <= %s
"""
KNOWN_AS_SENT = """
    SELECT concat_ws(' ', customer_id, kind, key) FROM notices_delivery WHERE sent_at IS NOT NULL
"""
LEFT = """
    SELECT row_id::text FROM ledger.entry
    WHERE kind = 'consent_disclosure:written' AND (body::jsonb ->> 'allowed')::boolean AND at <= %s
"""
RECORDED = "SELECT id::text FROM consent_disclosure"
STOPPED = """
    SELECT stop.id::text FROM consent_stop AS stop JOIN ledger.entry ON row_id = stop.id
    WHERE kind = 'consent_stop:written' AND lifted_at IS NULL AND at <= %s
"""
STANDING = "SELECT id::text FROM consent_stop WHERE lifted_at IS NULL"
ENROLLED = "SELECT id::text FROM usage_enrollment"
NEWEST = "SELECT coalesce(max(at), '') FROM ledger.entry"


class CannotBeDrilled(Exception):
    """The drill could not be held; the sentence says why."""


@dataclass
class Held:
    """How a restored database stands against the portal: what it would do wrong, each a number."""

    revived: int = 0
    sent_again: int = 0
    unrecorded: int = 0
    unstopped: int = 0
    newcomers: int = 0

    @property
    def wrong(self) -> int:
        return self.revived + self.sent_again + self.unrecorded + self.unstopped


@dataclass
class Drill:
    """What was found, and how long each step took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, say: Say) -> Iterator[None]:
        began = monotonic()
        yield
        self.seconds[name] = round(monotonic() - began, 1)
        say(f"{name}: {self.seconds[name]} s")


def drill(
    *,
    backup: Path | None,
    journal: Path | None,
    by: str,
    at: datetime,
    programs: Path | None = None,
    say: Say = lambda _line: None,
) -> tuple[RestoreDrill, Drill]:
    """Hold a drill with a backup, or with one made now, and keep what came of it.

    by: the e-mail of whoever holds it. programs: the folder of pg_dump and pg_restore, else those
    that are found. Raises CannotBeDrilled when the servers do not let it.
    """
    if "owner" not in settings.DATABASES:
        raise CannotBeDrilled("Set DATABASE_OWNER_URL: the drill makes a database of its own.")
    held, began = Drill(), monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if backup is None:
            backup = Path(folder) / "backup"
            with held.step("backed up", say):
                back_up(backup, programs=programs)
        with _database(settings.DATABASES["owner"]["NAME"] + "_drill") as name:
            with held.step("restored", say):
                _pg(
                    *(programs, "pg_restore", "--no-owner", "--exit-on-error", backup),
                    to=_owner(name),
                )
            _look(held, name, journal=journal, by=by, say=say)
    row = RestoreDrill.objects.create(
        at=at,
        passed=not held.faults,
        seconds=round(monotonic() - began),
        facts={**held.facts, "seconds": held.seconds, "faults": held.faults},
    )
    return row, held


def back_up(file: Path, *, programs: Path | None = None) -> None:
    """Write the whole database into a file, as the nightly backup does."""
    _pg(programs, "pg_dump", "--format=custom", f"--file={file}", to=_owner())


def _look(held: Drill, name: str, *, journal: Path | None, by: str, say: Say) -> None:
    with psycopg.connect(_owner(name), password=_password(), autocommit=True) as restored:
        if not _one(restored, "SELECT ledger.frozen()"):
            held.faults.append("The restored portal was not frozen.")
        with held.step("set right", say):
            facts = _reconcile(name, journal, by=by)
        known_until = facts.pop("until") or _ours(NEWEST).pop()
        held.facts |= facts | {"after": vars(_against(restored, known_until))}
        say(f"afterwards: {held.facts['after']}")
        if not _one(restored, "SELECT ledger.frozen()"):
            held.faults.append("Reconciling alone let the portal work again.")
    if wrong := Held(**held.facts["after"]).wrong:
        held.faults.append(f"{wrong} rows are not as in the portal.")


def _against(restored: psycopg.Connection[Any], until: str) -> Held:
    """Compare as far as the journal knows; without one, up to now."""
    sent, known = _ours(SENT, until), _all(restored, KNOWN_AS_SENT)
    enrolled = _all(restored, ENROLLED)
    newcomers = {
        one for one in sent if " new_account " in one and one.rsplit(" ", 1)[1] not in enrolled
    }
    return Held(
        revived=len(_ours(CANCELED, until) & _all(restored, IN_FORCE)),
        sent_again=len(sent - known - newcomers),
        unrecorded=len(_ours(LEFT, until) - _all(restored, RECORDED)),
        unstopped=len(_ours(STOPPED, until) - _all(restored, STANDING)),
        newcomers=len(newcomers),
    )


def _reconcile(name: str, journal: Path | None, *, by: str) -> dict[str, Any]:
    """Run `manage.py reconcile` in a process of its own, whose database is the restored one."""
    command = [sys.executable, "manage.py", "reconcile", "--json", f"--by={by}"]
    command += [f"--journal={journal}" if journal else "--no-journal"]
    theirs = ("DATABASE_URL", "DATABASE_OWNER_URL", "LEDGER_SIGNING_KEY")
    names = {*theirs, *(f"{variable}_FILE" for variable in theirs)}
    env = {name: value for name, value in os.environ.items() if name not in names}
    ran = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=env | {"DATABASE_URL": _address(name), "DATABASE_POOL": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise CannotBeDrilled(f"The restored database could not be set right:\n{ran.stderr}")
    facts: dict[str, Any] = json.loads(ran.stdout)
    return facts


# -- Databases ------------------------------------------------------------------------------


@contextmanager
def _database(name: str) -> Iterator[str]:
    """A database for the drill alone, dropped at the end."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    with psycopg.connect(_owner("postgres"), password=_password(), autocommit=True) as maker:
        try:
            maker.execute(drop)
            maker.execute(make.format(sql.Identifier(name)))
        except psycopg.Error as error:
            raise CannotBeDrilled(f"The drill's database could not be made: {error}") from None
        try:
            yield name
        finally:
            maker.execute(drop)


def _owner(name: str | None = None) -> str:
    """How to reach a database as its owner, without the password."""
    held = settings.DATABASES["owner"]
    return make_conninfo(
        host=held["HOST"],
        port=held["PORT"],
        user=held["USER"],
        dbname=name or held["NAME"],
        **held["OPTIONS"],
    )


def _password() -> str:
    return str(settings.DATABASES["owner"]["PASSWORD"])


def _address(name: str) -> str:
    """The address of a database for the portal's own role."""
    held = connection.settings_dict
    more = {key: held["OPTIONS"][key] for key in held["OPTIONS"] if key.startswith("ssl")}
    return (
        f"postgresql://{quote(held['USER'])}:{quote(held['PASSWORD'])}"
        f"@{held['HOST']}:{held['PORT']}/{quote(name)}?{urlencode(more)}"
    ).rstrip("?")


def _pg(programs: Path | None, name: str, *arguments: str | Path, to: str) -> None:
    """Run one of PostgreSQL's programs; the password stands in no process list."""
    program = programs / name if programs else Path(name)
    try:
        ran = subprocess.run(
            [program, f"--dbname={to}", *arguments],
            env=os.environ | {"PGPASSWORD": _password()},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise CannotBeDrilled(f"{name} could not be run: {error.strerror}.") from None
    if ran.returncode != 0:
        raise CannotBeDrilled(f"{name} failed:\n{ran.stderr.strip()}")


def _ours(query: str, *values: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return {row[0] for row in cursor.fetchall()}


def _all(restored: psycopg.Connection[Any], query: str) -> set[str]:
    return {row[0] for row in restored.execute(query).fetchall()}


def _one(restored: psycopg.Connection[Any], query: str) -> Any:
    row = restored.execute(query).fetchone()
    return row and row[0]
