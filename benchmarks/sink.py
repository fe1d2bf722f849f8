"""`python -m benchmarks.sink <descriptor>`: a mail server that takes everything and keeps nothing.

As little work as SMTP allows, so that what is measured is the sender.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prime_portal.devstack import ports
from prime_portal.devstack.children import Child

ROOT = Path(__file__).resolve().parent.parent


async def talk(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            await reader.readuntil(b"\r\n.\r\n")
        if verb == b"EHLO":
            writer.write(b"250-sink\r\n250 PIPELINING\r\n")
            continue
        if verb == b"QUIT":
            break
        writer.write(b"250 OK\r\n")
        await writer.drain()
    writer.close()


async def serve(listener: socket.socket) -> None:
    server = await asyncio.start_server(talk, sock=listener, limit=2**20)
    async with server:
        await server.serve_forever()


@contextmanager
def running(log: Path) -> Iterator[int]:
    """Start one, and give its port."""
    listener = ports.listen("127.0.0.1", 0)
    child = Child(
        "sink",
        [sys.executable, "-m", "benchmarks.sink", str(listener.fileno())],
        log=log,
        env=os.environ,
        cwd=ROOT,
        inherit=(listener.fileno(),),
    )
    try:
        yield int(listener.getsockname()[1])
    finally:
        child.end()
        listener.close()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
