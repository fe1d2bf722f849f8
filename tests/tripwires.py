"""Tripwires over the whole suite: nothing personal where only numbers may be (5.1).

Names, account numbers, e-mail addresses, codes and readings of the cast must not stand in a log,
an address, an error page, Redis, a task's arguments or a mail's headers other than To. Whatever
the process of a test lets through fails that test. What other processes wrote, PostgreSQL and
the demo among them, is read at the end of the run and fails the run.

A test that provokes it on purpose takes what was caught: `caught = tripwires.taken()`.
"""

from __future__ import annotations

import base64
import binascii
import logging
import mailbox
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
import redis
from django.core.handlers.base import BaseHandler
from django.core.mail.backends import locmem
from django.http import HttpRequest, HttpResponseBase

from prime_portal.city import people

FIRST = "|".join({"Rosa", "Luis", "Nora", "Ana", "Vecina", *people.FIRST})
LAST = "|".join(people.LAST)
STREETS = "|".join(people.STREETS)
WIRES = {
    "a name": rf"\b(?:{FIRST}) (?:{LAST})\b",
    "an account number": r"(?<![\w-])(?:7000000\d{5}|7100\d{8}|70\d{8}|[38]0\d{8})(?![\w-])",
    "a meter": r"\b(?:M-(?:ROSA|\d{4})|MTR-\d{8})\b",
    "an address": rf"Calle Ficticia|\b\d+ (?:{STREETS})\b",
    "a telephone number": r"562-555-01(?!00)\d\d",
    "an e-mail address": (
        r"(?<![\w.+-])(?!privacy@|portal@|auditor@)[\w.+-]+"
        r"@(?:(?:prime|audit)\.example|example\.(?:org|com|net))"
    ),
    "a code": r"(?<![\w-])[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}(?![\w-])",
    "a reading": (
        r"\b[kK]?[wW][hH]\b[\"']?\s*[:=,]\s*-?\d|,-?\d+\.\d{3},(?:kwh|measured|estimated)\b"
    ),
    "a secret": r"otpauth://|\bsecret=[A-Z2-7]{16}",
}
WIRE = re.compile("|".join(f"(?P<w{number}>{wire})" for number, wire in enumerate(WIRES.values())))
KINDS = list(WIRES)
ERRORS = {400, 403, 404, 405, 429, 500, 503}
LINK = re.compile(r"(?:href|action|src)=\"([^\"]*)\"")
OURS_TO_SAY = ("mailto:", "tel:")
SERVERS_OWN = ("x-peer", "x-mailfrom", "x-rcptto", "received", "return-path", "delivered-to")

_caught: list[str] = []


def trips(text: str) -> str | None:
    """Say what of a person stands in a text, also where it is encoded; None if nothing does."""
    for plain in (text, unquote_plus(text) if "%" in text or "+" in text else ""):
        if found := WIRE.search(plain):
            kind = KINDS[int((found.lastgroup or "w0")[1:])]
            return f"{kind} ({found.group()})"
    return None


def look(text: str, where: str) -> None:
    """Note what a text gives away. Called wherever something leaves for where it must not be."""
    if found := trips(text):
        _caught.append(f"{where}: {found}")


def taken() -> list[str]:
    """Return what was caught so far, and forget it."""
    found = list(_caught)
    _caught.clear()
    return found


@pytest.fixture(autouse=True)
def _no_wire_is_tripped() -> Iterator[None]:
    yield
    found = taken()
    assert not found, "\n".join(["personal information where none may be:", *found])


# -- Logs -----------------------------------------------------------------------------------


class Ear(logging.Handler):
    """Hears every record as production would write it."""

    def emit(self, record: logging.LogRecord) -> None:
        look(self.format(record), f"log {record.name}")


@pytest.fixture(autouse=True)
def _logs_are_heard() -> Iterator[None]:
    """For each test anew: one of them may set the logs up again."""
    from prime_portal.logs import Discreet

    ear = Ear()
    ear.setFormatter(Discreet("{name} {message}", style="{"))
    heard = [logging.getLogger(name) for name in (None, "django.server")]
    for logger in heard:
        logger.addHandler(ear)
    yield
    for logger in heard:
        logger.removeHandler(ear)


# -- Addresses and error pages ------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _pages_are_read() -> Iterator[None]:
    answering = BaseHandler.get_response

    def get_response(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = answering(handler, request)
        _read(request, response)
        return response

    BaseHandler.get_response = get_response  # type: ignore[method-assign,assignment]
    yield
    BaseHandler.get_response = answering  # type: ignore[method-assign]


def _read(request: HttpRequest, response: HttpResponseBase) -> None:
    where = f"{request.method} {request.path}"
    look(request.get_full_path(), f"the address {where}")
    look(response.headers.get("Location", ""), f"where {where} leads")
    html = response.headers.get("Content-Type", "").startswith("text/html")
    if response.streaming or not html:
        return
    page = getattr(response, "content", b"").decode(errors="replace")
    if response.status_code in ERRORS:
        look(page.replace(_her_own(request), ""), f"the error page of {where}")
    for link in LINK.findall(page):
        if not link.startswith(OURS_TO_SAY):
            look(link, f"a link on {where}")


def _her_own(request: HttpRequest) -> str:
    """The address of whoever is signed in: staff pages greet her with it."""
    return getattr(getattr(request, "user", None), "email", "") or "\0"


# -- Mail -----------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _mail_is_read() -> Iterator[None]:
    keeping = locmem.EmailBackend.send_messages

    def send_messages(backend: Any, messages: Any) -> int:
        messages = list(messages)
        for message in messages:
            read_headers(message_from_bytes(message.message().as_bytes()), "a mail")
        return keeping(backend, messages)

    locmem.EmailBackend.send_messages = send_messages  # type: ignore[method-assign]
    yield
    locmem.EmailBackend.send_messages = keeping  # type: ignore[method-assign]


def read_headers(message: Message, where: str) -> None:
    """Look at every header but To, of each part; what the receiving server adds is its own."""
    for part in message.walk():
        for name, value in part.items():
            if name.lower() != "to" and name.lower() not in SERVERS_OWN:
                look(str(value), f"{where}, header {name}")


def read_maildir(folder: Path) -> None:
    """Look at the mails a real server took."""
    for message in mailbox.Maildir(folder):
        read_headers(message, f"a mail in {folder.name}")


# -- Redis, and the arguments of tasks in it --------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _redis_is_heard() -> Iterator[None]:
    """Follow every command in this process's own database, as the server itself tells of it."""
    with following(os.environ["REDIS_URL"]):
        yield


@contextmanager
def following(address: str) -> Iterator[None]:
    """Look at every command a Redis is given in one of its databases."""
    number, ready = int(address.rsplit("/", 1)[1]), threading.Event()
    client = redis.Redis.from_url(address, socket_timeout=None)

    def follow() -> None:
        try:
            with client.monitor() as told:
                ready.set()
                for command in told.listen():
                    if int(command["db"]) == number:
                        look(_opened(command["command"]), "Redis")
        except (redis.RedisError, ValueError, OSError, AttributeError):
            ready.set()  # the server went, as it does when the run ends

    threading.Thread(target=follow, daemon=True).start()
    assert ready.wait(10)
    yield
    client.close()


BODY = re.compile(r"[\\\"]+body[\\\"]+: ?[\\\"]+([A-Za-z0-9+/=]{8,})")


def _opened(command: str) -> str:
    """A command with the bodies of Celery's messages beside it in clear."""
    bodies = []
    for body in BODY.findall(command):
        try:
            bodies.append(base64.b64decode(body).decode(errors="replace"))
        except binascii.Error:
            continue
    return " ".join([command, *bodies])


# -- What other processes wrote -----------------------------------------------------------------


def in_files(*folders: Path) -> list[str]:
    """Look through the logs below these folders, line by line."""
    found = []
    for folder in folders:
        for log in sorted(folder.rglob("*.log")):
            if not log.is_file():
                continue
            for number, line in enumerate(log.read_text(errors="replace").splitlines(), start=1):
                if tripped := trips(line):
                    found.append(f"{log.relative_to(folder)}, line {number}: {tripped}")
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the first process looks through the files of all
    folders = [Path(os.environ["PRIME_TEST_LOGS"])]
    if factory := getattr(session.config, "_tmp_path_factory", None):
        folders.append(factory.getbasetemp())
    found = in_files(*folders)
    session.config.stash[FOUND] = found
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


FOUND = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(FOUND, []):
        terminalreporter.write_line(f"TRIPWIRE {line}", red=True)
