"""The portal behind a real gunicorn, for what only a real socket shows."""

from __future__ import annotations

import os
import socket
import sys
import urllib.request
from pathlib import Path
from types import TracebackType

from prime_portal.devstack.children import Child, end_all
from tests.conftest import ROOT


class Served:
    """`with Served(folder) as served`: one worker, four threads, at served.port."""

    def __init__(self, folder: Path, app: str = "prime_portal.wsgi") -> None:
        self.folder, self.app = folder, app
        self.moments = folder / "moments"
        self.moments.touch()

    def __enter__(self) -> Served:
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = listener.getsockname()[1]
        with listener:
            self.child = Child(
                "web",
                [
                    *[sys.executable, "-m", "gunicorn", self.app],
                    *["--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"],
                    *["--workers", "1", "--threads", "4", "--no-control-socket"],
                    *["--graceful-timeout", "1"],
                    *["--logger-class", "prime_portal.web_log.WebLog"],
                ],
                log=self.folder / "web.log",
                # The key that seals the record is the worker's alone.
                env=os.environ | {"KEY_MOMENTS": str(self.moments), "LEDGER_SIGNING_KEY": ""},
                cwd=ROOT,
                inherit=(listener.fileno(),),
            )
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/favicon.ico", timeout=60):
            return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        end_all([self.child], within=5)

    def began(self) -> list[float]:
        """The moments at which keys began to leave."""
        return [float(line) for line in self.moments.read_text().split()]

    def connect(self, *, buffer: int | None = None) -> socket.socket:
        """A raw connection; `buffer` is how many bytes the reader's side takes before it stalls."""
        raw = socket.socket()
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.settimeout(30)
        raw.connect(("127.0.0.1", self.port))
        return raw
