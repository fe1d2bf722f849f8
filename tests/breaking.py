"""The portal behind gunicorn, with an answer that breaks while it is sent: `tests.breaking`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prime_portal.wsgi import application as portal
from tests.talkative import HER


def application(environ: dict[str, Any], start_response: Any) -> Any:
    if environ["PATH_INFO"] != "/breaks":
        return portal(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _broken()


def _broken() -> Iterator[bytes]:
    yield b"the first line\n"
    raise ValueError(f"Key (email)=({HER}) already exists")
