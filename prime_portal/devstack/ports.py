"""Free ports and listening sockets on this machine."""

from __future__ import annotations

import socket

from prime_portal.devstack.children import ChildFailed


def free_port() -> int:
    """Return a loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that already listens, to be handed to the web server.

    Taken before anything else is started, so that a port in use is said in the first second,
    and nobody can take it in between.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ChildFailed(
            f"{host}:{port} cannot be listened on ({error.strerror}): choose another port, "
            "such as PORT=8001 make demo."
        ) from None
    listener.listen(256)
    listener.set_inheritable(True)
    return listener
