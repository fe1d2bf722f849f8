"""Child processes that never outlive the process that started them.

Each child leads a session of its own, so that Ctrl-C in a terminal reaches only the
supervisor, which then stops the children in order. If the supervisor is killed outright,
Linux tells each child (PR_SET_PDEATHSIG). macOS has no such message: after a kill -9 there
a child may stay.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


class ChildFailed(RuntimeError):
    """A child could not be started or ended on its own; the message is one plain sentence."""


def end_with_parent(number: int = signal.SIGTERM, *, parent: int | None = None) -> None:
    """Ask the kernel to send this process a signal when its parent dies (Linux only).

    `parent` is who the parent ought to be: if it died before the request was made, nobody
    would be left to tell us, so the process ends at once.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(number))
    if parent is not None and os.getppid() != parent:
        os._exit(1)


class Child:
    """One running child: its name for people, its process, and the file it writes to."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        user: str | None = None,
        stdin: bytes = b"",
        stop_by: signal.Signals = signal.SIGTERM,
        orphaned_by: signal.Signals = signal.SIGTERM,
        inherit: Iterable[int] = (),
    ) -> None:
        """Start it.

        user: run as this account, given up before the kernel's promise is asked for
        (changing the account afterwards would silently cancel it).
        stdin: what it reads first, for secrets that must not show in a process list.
        stop_by, orphaned_by: how it is asked to end by us, and when we are gone.
        inherit: open descriptors it keeps.
        """
        self.name = name
        self.log = log
        self._stop_by = stop_by
        supervisor = os.getpid()
        writing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        reading, feeding = os.pipe()
        try:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=reading,
                stdout=writing,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                user=user,
                group=group_of(user),
                extra_groups=None if user is None else [],
                start_new_session=True,
                pass_fds=tuple(inherit),
                # Kept tiny: it runs between fork and exec.
                preexec_fn=lambda: end_with_parent(orphaned_by, parent=supervisor),
            )
            os.write(feeding, stdin)
        except OSError as error:
            raise ChildFailed(f"{name} could not be started: {error}.") from error
        finally:
            for descriptor in (writing, reading, feeding):
                os.close(descriptor)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def last_words(self, lines: int = 12) -> str:
        """Return the end of its log, for whoever must find out why it ended."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the child itself; one that has ended already hears nothing."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def ask_to_stop(self) -> None:
        self.tell(self._stop_by)

    def wait(self, *, until: float) -> bool:
        """Wait for its end until a moment of the monotonic clock; say whether it came."""
        while self.running and time.monotonic() < until:
            time.sleep(0.02)
        return not self.running

    def end(self, *, within: float = 5.0) -> None:
        """Stop it, and whatever it started: politely first, then for certain."""
        self.ask_to_stop()
        self.wait(until=time.monotonic() + within)
        # Its own children share its process group, also when their parent is already gone.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def end_all(children: Iterable[Child], *, within: float = 5.0) -> None:
    """Stop several at once, so that the slowest and not the sum sets the wait."""
    standing = list(children)
    for child in standing:
        child.ask_to_stop()
    until = time.monotonic() + within
    for child in standing:
        child.wait(until=until)
    for child in standing:
        child.end(within=0)


def group_of(user: str | None) -> int | None:
    """Return the number of an account's own group."""
    if user is None:
        return None
    return pwd.getpwnam(user).pw_gid
