"""Logs that name nobody (5.1).

Every process of the portal writes through `Discreet`: web (prime_portal/web_log.py), worker and
beat (`CeleryLogging`), and whatever a process says when it ends (`last_words`). A page that was
refused is one line; an error is its kind and the places it went through.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from celery.app.log import Logging

logger = logging.getLogger(__name__)

Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

LINE = "{asctime} {levelname} {name} {message}"
CLAUSE = {403: "5.1"}
"""By which clause a page was refused; staff pages open to whom they were declared for."""

QUERY = re.compile(r"\?[^\s'\"]*=[^\s'\"]*")
KIND = re.compile(r"<?([A-Za-z_][\w.]*)")
FRAME = re.compile(r'^\s*File "[^"\n]*", line \d+, in \S+$', re.MULTILINE)
WARNED = re.compile(r"^\S+:\d+: \w+")
CAME_FROM_OUTSIDE = re.compile(r"^(Invalid request) from ip=.*", re.DOTALL)
LEFT_OUT = "(left out)"


class Discreet(logging.Formatter):
    """Write where something happened and of what kind it is, never in an error's own words.

    The words of an error quote what somebody typed, or a row's values; so do the addresses people
    typed, what a library prints, and an error named inside another line.
    """

    def format(self, record: logging.LogRecord) -> str:
        written = copy.copy(record)
        written.msg, written.args = _said(record), ()
        written.exc_text = written.stack_info = None
        if _expected(record):
            written.exc_info = None
        return super().format(written)

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - the library's name
        kind, error, frames = ei
        if kind is None or error is None:
            return ""
        return "".join(traceback.format_tb(frames)) + _kind(error)


def _said(record: logging.LogRecord) -> str:
    """Return what a record says, without anybody's words."""
    if record.name == "django.request":
        return _page(record)
    if record.name == "django.security.csrf":
        reason = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        # Behind a dash would stand from which address the form came.
        return f"{_page(record)} {str(reason).partition(' - ')[0]}".strip()
    if record.name.startswith("django.security."):
        return f"{LEFT_OUT} {_status(record)}".strip()
    if record.name == "celery.redirected":
        return "\n".join(FRAME.findall(record.getMessage())) or LEFT_OUT
    if record.name == "psycopg.pool" and str(record.msg).startswith("error connecting"):
        return record.getMessage()  # before any row: it names host, port and role, and says why
    if record.name == "py.warnings":
        found = WARNED.match(record.getMessage())
        return found[0] if found else LEFT_OUT
    said = _kind(record.msg) if isinstance(record.msg, BaseException) else str(record.msg)
    if record.args:
        said %= _without_words(record.args)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and str(error):
        said = said.replace(repr(error), _kind(error)).replace(str(error), _kind(error))
    return CAME_FROM_OUTSIDE.sub(r"\1", QUERY.sub("?", said))


def _without_words(values: Any) -> Any:
    """Put the kind of an error in the place of each error. Celery names its own in a mapping."""
    if isinstance(values, dict):
        return {
            name: _named(value) if name in {"exc", "exception"} else _plain(value)
            for name, value in values.items()
        }
    return tuple(_plain(value) for value in values)


def _plain(value: Any) -> Any:
    return _kind(value) if isinstance(value, BaseException) else value


def _named(value: Any) -> str:
    """Return the kind out of an error that somebody has made a text of."""
    found = None if isinstance(value, BaseException) else KIND.match(str(value))
    return found[1] if found else _kind(value)


def _page(record: logging.LogRecord) -> str:
    """Name a page by its pattern: an address that is none may hold whatever somebody typed."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    route = match.route if match else "no such page"
    status = getattr(record, "status_code", 0)
    clause = f"({CLAUSE[status]})" if status in CLAUSE else ""
    parts = (str(getattr(request, "method", "")), route, _status(record), clause)
    return " ".join(part for part in parts if part)


def _status(record: logging.LogRecord) -> str:
    return str(getattr(record, "status_code", ""))


def _expected(record: logging.LogRecord) -> bool:
    """Say whether a page was refused as it should be: where that happened tells nobody anything."""
    return record.name.startswith("django.") and 400 <= getattr(record, "status_code", 0) < 500


def _kind(error: Any) -> str:
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}"


class CeleryLogging(Logging):
    """What worker and beat write past the root logger: as discreet as everything else."""

    def setup(self, *given: Any, **named: Any) -> Any:
        last_words()
        return super().setup(*given, **named)

    def setup_handlers(self, logger: logging.Logger, *_ours: Any, **_settings: Any) -> Any:
        if not logger.handlers:
            handler = logging.StreamHandler(sys.__stderr__)
            handler.setFormatter(Discreet(LINE, style="{"))
            logger.addHandler(handler)
        return logger


def last_words() -> None:
    """Let a process that ends by an error nobody caught say so in the log, discreetly too."""
    sys.excepthook = _ended
    threading.excepthook = lambda told: _ended(
        told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback
    )


def _ended(
    kind: type[BaseException], error: BaseException, frames: TracebackType | None, /
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("An error nobody caught ended it.", exc_info=(kind, error, frames))
