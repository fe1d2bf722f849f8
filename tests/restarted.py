"""The web process as systemd starts it: it is handed its address, and may be put in another's place."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prime_portal.devstack.children import Child
from tests.conftest import ROOT

HAND_OVER = """
import os, sys
if sys.argv[1] != "none":
    os.dup2(int(sys.argv[1]), 3, inheritable=True)
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does (sd_listen_fds(3)): the socket is number 3, for this very process."""


def start(listener: socket.socket | None, log: Path, *, bind: str = "") -> Child:
    """Start gunicorn by the unit's own line, with the socket; or with an address to bind itself."""
    unit = (ROOT / "docs" / "systemd" / "prime-web.service").read_text()
    found = re.search(r"^ExecStart=\S+/gunicorn (.*)$", unit, re.MULTILINE)
    assert found
    handed = str(listener.fileno()) if listener else "none"
    return Child(
        "web",
        [
            *[sys.executable, "-c", HAND_OVER, handed],
            *[sys.executable, "-m", "gunicorn", *shlex.split(found[1]), "--workers", "1"],
            *(["--bind", bind] if bind else []),
        ],
        log=log,
        # The key that seals the record is the worker's alone.
        env=os.environ | {"LEDGER_SIGNING_KEY": ""},
        cwd=ROOT,
        inherit=(listener.fileno(),) if listener else (),
    )


@dataclass
class Asked:
    """What came of asking again and again: how often it was answered, how it was not, and how long
    the longest answer took, in seconds."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    longest: float = 0.0


def answers(port: int, *, within: float = 60) -> None:
    """Wait until the portal answers at this port."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            ask(port)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("it does not answer")


def ask(port: int) -> int:
    """Ask for the first page as the proxy does: a connection for each request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/en/", headers={"Host": "testserver", "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@contextmanager
def asking(port: int, *, at_once: int = 4) -> Iterator[Asked]:
    """Keep asking, so many at once, while something happens."""
    told, enough = Asked(), threading.Event()

    def keep_asking() -> None:
        while not enough.is_set():
            began = time.monotonic()
            try:
                status = ask(port)
            except (OSError, http.client.HTTPException) as error:
                told.failed.append(repr(error))
                time.sleep(0.05)
                continue
            told.longest = max(told.longest, time.monotonic() - began)
            if status == 200:
                told.answered += 1
            else:
                told.failed.append(str(status))

    threads = [threading.Thread(target=keep_asking) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def replace(web: Child, listener: socket.socket | None, log: Path, bind: str = "") -> Child:
    """Restart it as systemd does: asked to stop, waited for, and then another one."""
    web.ask_to_stop()
    assert web.wait(until=time.monotonic() + 40), "it does not stop within the unit's time"
    return start(listener, log, bind=bind)
