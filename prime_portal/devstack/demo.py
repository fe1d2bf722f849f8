"""The whole portal on one machine: servers, web, worker, beat and mailbox as our children."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prime_portal.devstack import binaries, folders
from prime_portal.devstack.children import Child, ChildFailed, end_all
from prime_portal.devstack.ports import listen
from prime_portal.devstack.postgres import APP, OWNER, SUPERUSER, Postgres
from prime_portal.devstack.surroundings import new_secrets, surroundings
from prime_portal.devstack.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Demo:
    """One demo in one folder.

    folder: everything it writes lies below, readable by its owner alone.
    host, port: where the web server listens; port 0 takes any free one.
    keep: go on with the data of the last time instead of a fresh city.
    customers: the size of the city; None is the city's own, 0 is no city at all.
    given: addresses of servers somebody chose, by variable; the others are started.
    say: told one line a step, for people.
    """

    folder: Path
    host: str
    port: int
    keep: bool
    customers: int | None
    given: Mapping[str, str]
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    servers: list[Postgres | Valkey] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    address: str = ""
    _lock: tuple[int, ...] = ()

    def start(self) -> dict[str, Any]:
        """Start everything and return what is written to demo.json.

        folders.Taken, OSError (the port) or ChildFailed when it cannot be; whatever had
        been started by then is for `stop`.
        """
        self._lock = (folders.claim(self.folder),)
        with listen(self.host, self.port) as web, listen("127.0.0.1", 0) as mail:
            self.address = f"http://{_shown(self.host)}:{web.getsockname()[1]}"
            kept = self._prepare()
            made = {
                **surroundings(
                    "demo",
                    folder=self.folder,
                    origin=self.address,
                    smtp_port=mail.getsockname()[1],
                    keys=kept["keys"],
                ),
                "EXTRA_HOSTS": "localhost,127.0.0.1,[::1]" + ("" if _narrow(self.host) else ",*"),
                "DEMO_DIR": str(self.folder),
                "PYTHONUNBUFFERED": "1",
            }
            self.ours, self.env = frozenset(made), os.environ | made
            owner_url = self._start_servers(kept["passwords"])
            self._run("migrate", "migrate", "-v0", "--skip-checks", DATABASE_OWNER_URL=owner_url)
            self.say("the database is migrated")
            self._load_city()
            self._start_portal(web, mail)
        self._wait_until_it_answers()
        facts = self._facts()
        folders.write_json(self.folder / "demo.json", facts)
        return facts

    def watch(self) -> str:
        """Wait until a child ends on its own, and return a sentence about it."""
        watched = self.children + [server.child for server in self.servers if server.child]
        while True:
            for child in watched:
                if not child.running:
                    return f"{child.name} ended on its own:\n{child.last_words()}"
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop everything: what uses the servers first, then the servers."""
        end_all(self.children, within=6)
        for server in self.servers:
            server.stop()
        if self._lock:
            self._withdraw()
            os.close(self._lock[0])
            self._lock = ()

    def _withdraw(self) -> None:
        """Take back what says that a demo is running here."""
        for name in ("demo.json", "env"):
            (self.folder / name).unlink(missing_ok=True)

    def _prepare(self) -> dict[str, Any]:
        """Return the keys and passwords, of the last time if its data is kept."""
        self._withdraw()
        memory = self.folder / "kept.json"
        if self.keep and memory.exists():
            known: dict[str, Any] = json.loads(memory.read_text())
            # A demo kept by an earlier version lacks the keys that came later.
            known["keys"] = new_secrets() | known["keys"]
        else:
            for server in ("postgres", "valkey"):
                binaries.discard(self.folder / server)
            folders.empty(self.folder)
            known = {
                "keys": new_secrets(),
                "passwords": {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APP)},
            }
        folders.write_json(memory, known)
        for name in ("logs", "letters", "files", "mail", "journal", "drop"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        for part in ("cur", "new", "tmp"):
            (self.folder / "mail" / part).mkdir(mode=0o700, exist_ok=True)
        return known

    def _start_servers(self, passwords: dict[str, str]) -> str:
        """Start what was not given, and return the address the owner role signs in at."""
        self.env |= self.given
        owner_url = self.given.get("DATABASE_OWNER_URL", "")
        if "DATABASE_URL" not in self.given:
            postgres = Postgres(
                self.folder / "postgres",
                self._log("postgres"),
                True,
                self._lock,
                passwords=passwords,
            )
            self.servers.append(postgres)
            postgres.start()
            postgres.make_roles()
            postgres.make_database("prime")
            self.env["DATABASE_URL"] = postgres.url(APP, "prime")
            owner_url = postgres.url(OWNER, "prime")
            self.say(f"PostgreSQL answers on port {postgres.port}")
        elif not owner_url:
            raise ChildFailed(
                "DATABASE_URL is set but DATABASE_OWNER_URL is not: the demo needs both, the "
                "role prime_app to work and the role prime_owner to migrate."
            )
        if "REDIS_URL" not in self.given:
            valkey = Valkey(self.folder / "valkey", self._log("valkey"), self._lock)
            self.servers.append(valkey)
            valkey.start()
            self.env["REDIS_URL"] = valkey.url
            self.say(f"Valkey answers on port {valkey.port}")
        # Web and worker never hold the key to the tables' shape.
        self.env.pop("DATABASE_OWNER_URL", None)
        return owner_url

    def _load_city(self) -> None:
        if self.customers == 0 or (self.keep and (self.folder / "city.json").exists()):
            self.say("no city is loaded" if self.customers == 0 else "the city of last time stands")
            return
        size = [] if self.customers is None else ["--customers", str(self.customers)]
        self._run("demo city", "demo_city", *size)
        self.say("the demo city is loaded")

    def _start_portal(self, web: socket.socket, mail: socket.socket) -> None:
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "prime_portal", "--quiet"]
        self._child(
            "mailbox",
            [
                *python,
                "prime_portal.devstack.mailbox",
                str(self.folder / "mail"),
                str(mail.fileno()),
            ],
            inherit=mail.fileno(),
        )
        self._child(
            "web",
            [
                *[*python, "gunicorn", "prime_portal.wsgi", "--bind", f"fd://{web.fileno()}"],
                *["--workers", "2", "--threads", "4", "--worker-class", "gthread"],
                *["--graceful-timeout", "3", "--no-control-socket"],
                *["--logger-class", "prime_portal.web_log.WebLog"],
            ],
            without=("LEDGER_SIGNING_KEY",),
            inherit=web.fileno(),
            orphaned_by=signal.SIGQUIT,
        )
        self._child(
            "worker",
            [
                *[*celery, "worker", "--queues", "celery,reconcile", "--concurrency", "2"],
                *["--loglevel", "INFO", "--without-mingle"],
            ],
            # A task must not keep the worker alive when nobody is left to stop it; its pool
            # follows it.
            orphaned_by=signal.SIGKILL,
        )
        schedule = self.folder / "beat"
        self._child(
            "beat",
            [
                *celery,
                "beat",
                "--loglevel",
                "INFO",
                "--pidfile=",
                "--schedule",
                str(schedule),
            ],
            orphaned_by=signal.SIGKILL,
        )

    def _child(
        self,
        name: str,
        command: list[str],
        *,
        inherit: int | None = None,
        without: tuple[str, ...] = (),
        orphaned_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        kept = self._lock if inherit is None else (*self._lock, inherit)
        self.children.append(
            Child(
                name,
                command,
                log=self._log(name),
                env={name: value for name, value in self.env.items() if name not in without},
                cwd=ROOT,
                orphaned_by=orphaned_by,
                inherit=kept,
            )
        )

    def _run(self, name: str, *arguments: str, **more_env: str) -> None:
        """Run one management command to its end, showing people the lines it prints."""
        child = Child(
            name,
            [sys.executable, "manage.py", *arguments],
            log=self._log(name.replace(" ", "-")),
            env=self.env | more_env,
            cwd=ROOT,
            inherit=self._lock,
        )
        self.children.append(child)
        with child.log.open(encoding="utf-8", errors="replace", newline="\n") as printed:
            line = ""
            while True:
                ended = not child.running
                while part := printed.readline():
                    line += part
                    if line.endswith("\n"):
                        self.say(f"  {line.strip()}")
                        line = ""
                if ended:
                    break
                time.sleep(0.1)
        self.children.remove(child)
        if child.process.returncode != 0:
            raise ChildFailed(f"`manage.py {arguments[0]}` failed:\n{child.last_words()}")

    def _wait_until_it_answers(self) -> None:
        """Wait until web, worker and beat are all at work, as /healthz sees it.

        In data of the last time something else may be red, a notice that is late say: whoever
        kept it wants to look at that.
        """
        until = time.monotonic() + 90
        healthz = f"{self.address}/healthz"
        told = "nothing"
        while time.monotonic() < until:
            for child in self.children:
                if not child.running:
                    raise ChildFailed(f"{child.name} ended on its own:\n{child.last_words()}")
            try:
                # The address is our own, never read from anywhere.
                with urllib.request.urlopen(healthz, timeout=10) as answer:  # noqa: S310
                    if answer.status == 200:
                        self.say("web, worker and beat are at work")
                        return
            except urllib.error.HTTPError as error:
                told = error.read(400).decode(errors="replace").strip() or str(error)
                if self.keep and (red := red_but_at_work(told)):
                    self.say(f"web, worker and beat are at work; red is: {', '.join(red)}")
                    return
            except OSError as error:
                told = str(error)
            time.sleep(0.5)
        raise ChildFailed(f"The portal did not become healthy in 90 seconds. /healthz said: {told}")

    def _facts(self) -> dict[str, Any]:
        city = self.folder / "city.json"
        known: dict[str, Any] = json.loads(city.read_text()) if city.exists() else {}
        lines = "".join(
            f"{name}='{value}'\n"
            for name, value in sorted(self.env.items())
            if name in self.ours or name in {"DATABASE_URL", "REDIS_URL"}
        )
        folders.write_private(self.folder / "env", lines)
        return {
            "address": self.address,
            "pid": os.getpid(),
            **known,
            "DATABASE_URL": self.env["DATABASE_URL"],
            "REDIS_URL": self.env["REDIS_URL"],
            "mail": str(self.folder / "mail"),
            "letters": self.env["LETTERS_DIR"],
            "drop": self.env["DROP_DIR"],
            "logs": str(self.folder / "logs"),
            "env": str(self.folder / "env"),
        }

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"


def red_but_at_work(told: str) -> list[str]:
    """What /healthz calls red where worker and beat are green; nothing where they are not."""
    try:
        report = json.loads(told)
        working = report["worker"] == report["beat"] == "green"
    except (ValueError, KeyError, TypeError):
        return []
    return [line for line, color in report.items() if color == "red"] if working else []


def _shown(host: str) -> str:
    """Return the host a browser on this machine would use.

    By name where there is one: passkeys are tied to a name, an IP address will not do.
    """
    if host in {"127.0.0.1", "0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _narrow(host: str) -> bool:
    return host not in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound
