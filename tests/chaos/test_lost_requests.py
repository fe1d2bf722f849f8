"""A restart of the web loses nothing where its socket is held, and something where it is not."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from tests import restarted


def test_a_restart_of_the_web_loses_no_request(committed_db: None, tmp_path: Path) -> None:
    """Twice, with four at once that ask without a pause: who asks meanwhile waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        port = listener.getsockname()[1]
        web = restarted.start(listener, tmp_path / "web.log")
        try:
            restarted.answers(port)
            with restarted.asking(port) as told:
                for _time in range(2):
                    time.sleep(1)
                    web = restarted.replace(web, listener, tmp_path / "web.log")
                    restarted.answers(port)
        finally:
            web.end(within=5)
    assert told.failed == []
    assert told.answered > 20
    assert told.longest > 0.5, "somebody asked while nobody was there"


def test_a_web_process_with_an_address_of_its_own_would_lose_some(
    committed_db: None, tmp_path: Path
) -> None:
    """Or the test above would prove nothing of the socket."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    web = restarted.start(None, tmp_path / "web.log", bind=f"127.0.0.1:{port}")
    try:
        restarted.answers(port)
        with restarted.asking(port) as told:
            web = restarted.replace(web, None, tmp_path / "web.log", bind=f"127.0.0.1:{port}")
            restarted.answers(port)
    finally:
        web.end(within=5)
    assert told.failed
