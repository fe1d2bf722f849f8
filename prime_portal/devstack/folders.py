"""The folder one demo lives in, and the lock that says so."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any


class Taken(RuntimeError):
    """Another demo lives in this folder; the message says which."""


def claim(folder: Path, *, patience: float = 20.0) -> int:
    """Take the folder for this process, and return the descriptor that holds it.

    Children inherit the descriptor, so the folder is free only when the last of them has
    gone: a demo started right after another was killed waits for its leftovers instead of
    deleting a database that is still being closed.
    """
    # Others may pass through but not look around: the servers' data lies below, and
    # belongs to another account when we are root.
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = os.pread(lock, 200, 0).decode(errors="replace").strip()
            if _alive(holder):
                os.close(lock)
                raise Taken(
                    f"A demo is already running in {folder} (process {holder}): stop it with "
                    "Ctrl-C in its window, or give this one another folder with DEMO_DIR=…"
                ) from None
            if time.monotonic() > until:
                os.close(lock)
                raise Taken(
                    f"What an earlier demo left in {folder} has not stopped yet: "
                    "try again in a minute, or give this one another folder with DEMO_DIR=…"
                ) from None
            time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read; whoever reads it sees all of it or none."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def write_json(path: Path, value: Any) -> None:
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def empty(folder: Path) -> None:
    """Remove what an earlier demo left, but for the lock."""
    for path in folder.iterdir():
        if path.name == "lock":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(int(pid))


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
