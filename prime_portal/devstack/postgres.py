"""A PostgreSQL server on loopback, with the two roles the portal lives by.

`prime_owner` owns the database and changes its shape; `prime_app`, as which web and worker
sign in, owns nothing. Neither is a superuser nor may either step around row-level security:
a superuser ignores such policies even where they are forced.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from prime_portal.devstack import binaries
from prime_portal.devstack.children import Child, ChildFailed, group_of
from prime_portal.devstack.ports import free_port

OWNER = "prime_owner"
APP = "prime_app"
SUPERUSER = "postgres"

# No statement, no parameter and no value of a row may reach a log: messages of errors
# quote values ("invalid input syntax: …"), details quote keys. Whoever caused the error is
# told it anyway.
_QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass
class Postgres:
    """One cluster in one folder: made on the first start, found again on later ones.

    durable=False gives up safety against power cuts for speed (fsync off): tests only.
    passwords: of the three roles. The superuser's is fixed when the cluster is made; so
    whoever keeps a cluster keeps the passwords with it.
    """

    folder: Path
    log: Path
    durable: bool = True
    inherit: tuple[int, ...] = ()
    port: int = field(default_factory=free_port)
    passwords: Mapping[str, str] = field(
        default_factory=lambda: {
            role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APP)
        }
    )
    child: Child | None = None
    _has_answered: bool = False

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers; after a crash, again on the same port."""
        folder = binaries.data_folder(self.folder)
        programs = binaries.postgres_folder()
        cluster = folder / "cluster"
        if not (cluster / "PG_VERSION").exists():
            self._make(programs, cluster)
        for _attempt in range(3):
            self._run(programs, cluster)
            if self._answers():
                return
            if self._has_answered or "in use" not in self.last_words():
                break
            self.port = free_port()  # somebody took it between our look and our start
        raise ChildFailed(f"PostgreSQL did not start:\n{self.last_words()}")

    def _run(self, programs: Path, cluster: Path) -> None:
        settings = {
            **_QUIET,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "jit": "off",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                # A vacuum worker inside the template would hold up every copy of it.
                "autovacuum": "off",
            }
        command: list[str | Path] = [programs / "postgres", "-D", cluster]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.child = Child(
            "PostgreSQL",
            command,
            log=self.log,
            env=_ENVIRONMENT,
            cwd=cluster.parent,
            user=binaries.server_account(),
            stop_by=signal.SIGINT,
            orphaned_by=signal.SIGINT,
            inherit=self.inherit,
        )

    def stop(self) -> None:
        """Stop it; sessions still open are ended."""
        if self.child:
            self.child.end(within=15)

    def crash(self) -> None:
        """End it as a power cut would, without a word; `start` then recovers what was committed."""
        if self.child:
            self.child.tell(signal.SIGQUIT)
            self.child.end(within=5)

    def make_roles(self, *, for_tests: bool = False) -> None:
        """Create the two roles, or give existing ones their new passwords.

        for_tests: the owner may also clone databases, and end whatever is still connected
        to one; and a test that waits for its own other connection fails instead of hanging.
        """
        with self._as_superuser() as connection:
            for role in (OWNER, APP):
                exists = connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", [role]
                ).fetchone()
                connection.execute(
                    sql.SQL(
                        "{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE "
                        "NOCREATEDB PASSWORD {password}"
                    ).format(
                        verb=sql.SQL("ALTER" if exists else "CREATE"),
                        role=sql.Identifier(role),
                        password=sql.Literal(self.passwords[role]),
                    )
                )
            if for_tests:
                connection.execute("ALTER ROLE prime_owner CREATEDB")
                connection.execute("GRANT pg_signal_backend TO prime_owner")
                connection.execute("ALTER ROLE prime_owner SET lock_timeout = '10s'")
                connection.execute("ALTER ROLE prime_app SET lock_timeout = '10s'")

    def make_database(self, name: str) -> None:
        """Create a database that belongs to the owner role, unless it is there already.

        As its owner that role may create schemas and the trusted extensions (btree_gist).
        """
        with self._as_superuser() as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                connection.execute(
                    sql.SQL(
                        "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
                    ).format(sql.Identifier(name), sql.Identifier(OWNER))
                )
        with self._as_superuser(name) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")

    def _make(self, programs: Path, cluster: Path) -> None:
        if cluster.exists():  # an earlier attempt was interrupted
            shutil.rmtree(cluster)
        account = binaries.server_account()
        password = cluster.parent / "password"
        password.touch(mode=0o600)
        password.write_text(self.passwords[SUPERUSER])
        if account:
            shutil.chown(password, account)
        command: list[str | Path] = [programs / "initdb", "-D", cluster, "-U", SUPERUSER]
        command += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command += ["--no-locale", "--no-instructions", *([] if self.durable else ["--no-sync"])]
        made = subprocess.run(
            command,
            user=account,
            group=group_of(account),
            extra_groups=[] if account else None,
            cwd=cluster.parent,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        password.unlink()
        if made.returncode != 0:
            raise ChildFailed(f"PostgreSQL could not make its data folder:\n{made.stderr.strip()}")

    def _answers(self) -> bool:
        until = time.monotonic() + 60
        while self.child and self.child.running and time.monotonic() < until:
            with (
                contextlib.suppress(psycopg.OperationalError),
                self._as_superuser() as connection,
            ):
                if connection.info.server_version < 150000:
                    raise ChildFailed("The portal needs PostgreSQL 15 or newer.")
                self._has_answered = True
                return True
            time.sleep(0.03)
        return False

    def last_words(self) -> str:
        return self.child.last_words() if self.child else ""

    def _as_superuser(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
