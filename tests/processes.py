"""Which processes still live off a folder: asked of the kernel, not of those who ought to know."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path


def living_off(folder: Path) -> dict[int, str]:
    """Return processes that name the folder in their command, environment or open files."""
    mark = str(folder).encode()
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if process.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            said = process.joinpath("cmdline").read_bytes()
            names = [said, process.joinpath("environ").read_bytes(), *_open_files(process)]
        except OSError:
            continue  # it ended while we looked
        if any(mark in name for name in names):
            found[int(process.name)] = said.replace(b"\0", b" ").decode(errors="replace")
    return found


def gone(folder: Path, *, within: float) -> dict[int, str]:
    """Wait until nobody lives off the folder; return who still does when the time is up."""
    until = time.monotonic() + within
    while (left := living_off(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _open_files(process: Path) -> Iterator[bytes]:
    for descriptor in process.joinpath("fd").iterdir():
        try:
            yield os.fsencode(descriptor.readlink())
        except OSError:
            continue
