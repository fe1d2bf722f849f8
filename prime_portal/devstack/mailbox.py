"""The demo's mail server: every mail lands in a Maildir folder, none leaves the machine.

Run as `python -m prime_portal.devstack.mailbox FOLDER DESCRIPTOR`, where DESCRIPTOR is a
listening socket handed down by the supervisor. An address that begins with "bounce" is
refused for good, as a mail server refuses a mailbox that does not exist, so that what the
portal does about it can be seen.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, Envelope, Session


class Letterbox(Mailbox):
    """Takes whatever comes, but for addresses that begin with "bounce"."""

    async def handle_EHLO(  # noqa: N802
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Allow commands in one breath, as every real relay does (RFC 2920)."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: object,
    ) -> str:
        if address.lower().startswith("bounce"):
            return "550 5.1.1 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def serve(folder: Path, listener: socket.socket) -> None:
    """Take mail until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    letterbox = Letterbox(folder)
    server = await loop.create_server(
        lambda: SMTP(letterbox, hostname="mailbox.example", enable_SMTPUTF8=True),
        sock=listener,
    )
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))))
