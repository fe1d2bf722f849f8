"""The portal under gunicorn, noting on the machine's monotonic clock when each key began to leave.

The clock is the same in every process of the machine, so a test can hold the moments against its
own. A moment is noted after the locks are had and before the server writes a byte.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from prime_portal.wsgi import application as portal

MOMENTS = os.open(os.environ["KEY_MOMENTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class Clocked:
    def __init__(self, body: Any) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.body:
            os.write(MOMENTS, f"{time.monotonic()!r}\n".encode())
            yield piece

    def close(self) -> None:
        self.body.close()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = portal(environ, start_response)
    if environ["PATH_INFO"].endswith("/key/") and getattr(body, "streaming", False):
        return Clocked(body)
    return body
