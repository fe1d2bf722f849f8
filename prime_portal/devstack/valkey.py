"""A Valkey server (the Redis protocol) on loopback, with a password and no memory of its own."""

from __future__ import annotations

import contextlib
import secrets
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from prime_portal.devstack import binaries
from prime_portal.devstack.children import Child, ChildFailed
from prime_portal.devstack.ports import free_port


@dataclass
class Valkey:
    """Nothing in it is kept on disk: the portal must live through an emptied Redis at any time."""

    folder: Path
    log: Path
    inherit: tuple[int, ...] = ()
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    child: Child | None = None
    _has_answered: bool = False

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers; after a crash, again on the same port."""
        folder = binaries.data_folder(self.folder)
        for _attempt in range(3):
            self._run(folder)
            if self._answers():
                return
            if self._has_answered or "in use" not in self.last_words():
                break
            self.port = free_port()  # somebody took it between our look and our start
        raise ChildFailed(f"Valkey did not start:\n{self.last_words()}")

    def stop(self) -> None:
        if self.child:
            self.child.end()

    def crash(self) -> None:
        """End it without a word; whatever it held is gone."""
        if self.child:
            self.child.tell(signal.SIGKILL)
            self.child.end()

    def last_words(self) -> str:
        return self.child.last_words() if self.child else ""

    def _run(self, folder: Path) -> None:
        # Read from standard input, so that the password is in no file and no process list.
        settings = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {folder}",
            'save ""',
            "appendonly no",
            "databases 64",
            "maxmemory 256mb",
            "daemonize no",
            "enable-debug-command no",
        ]
        self.child = Child(
            "Valkey",
            [binaries.valkey_program(), "-"],
            log=self.log,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            cwd=folder,
            user=binaries.server_account(),
            stdin="".join(f"{line}\n" for line in settings).encode(),
            inherit=self.inherit,
        )

    def _answers(self) -> bool:
        until = time.monotonic() + 20
        with redis.Redis.from_url(self.url) as client:
            while self.child and self.child.running and time.monotonic() < until:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    self._has_answered = True
                    return True
                time.sleep(0.02)
        return False
