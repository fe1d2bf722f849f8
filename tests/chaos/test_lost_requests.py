"""What a restart of the web loses where nobody holds its address meanwhile."""

from __future__ import annotations

import socket
from pathlib import Path

from tests import restarted
from tests.test_install import replace


def test_a_web_process_with_an_address_of_its_own_would_lose_some(
    committed_db: None, tmp_path: Path
) -> None:
    """Or tests/test_install.py would prove nothing of the socket."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    web = restarted.start(None, tmp_path / "web.log", bind=f"127.0.0.1:{port}")
    try:
        restarted.answers(port)
        with restarted.asking(port) as told:
            web = replace(web, None, tmp_path / "web.log", bind=f"127.0.0.1:{port}")
            restarted.answers(port)
    finally:
        web.end(within=5)
    assert told.failed
