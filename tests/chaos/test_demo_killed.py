"""The demo under kills, again and again: nothing of it may be left, and it must start again."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import RunningDemo
from tests.processes import gone, living_off

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who lives is read from /proc")


def test_killed_at_any_moment_it_leaves_nothing(
    tmp_path: Path, rounds: Callable[[int, int], int], seed: int
) -> None:
    """Somewhere between the first line of Python and the portal at work."""
    chance = random.Random(seed)
    for turn in range(rounds(40, 3)):
        demo = RunningDemo(tmp_path / "demo", "--customers", "0")
        with_signal = chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        time.sleep(chance.uniform(0.3, 9))
        demo.process.send_signal(with_signal)
        demo.process.wait(timeout=60)
        left = gone(demo.folder, within=15)
        assert left == {}, f"turn {turn}, {with_signal.name}: {left}\n{demo.printed}"
    # … and a folder that was hit that often still serves.
    with RunningDemo(tmp_path / "demo", "--customers", "0") as facts:
        assert facts["address"]


def test_whichever_part_ends_on_its_own_the_rest_stops(
    tmp_path: Path, rounds: Callable[[int, int], int], seed: int
) -> None:
    parts = {
        "mailbox": "devstack.mailbox",
        "web": "gunicorn prime_portal.wsgi",
        "worker": "prime_portal --quiet worker",
        "beat": "prime_portal --quiet beat",
        "PostgreSQL": "bin/postgres -D",
        "Valkey": "valkey-server",
    }
    names = list(parts)
    random.Random(seed).shuffle(names)
    for turn in range(rounds(18, 2)):
        name = names[turn % len(names)]
        demo = RunningDemo(tmp_path / "demo", "--customers", "0")
        demo.facts()
        [pid] = [
            pid
            for pid, command in living_off(demo.folder).items()
            if parts[name] in command and _parent(pid) == demo.process.pid
        ]
        os.kill(pid, signal.SIGKILL)
        assert demo.process.wait(timeout=60) == 1
        assert f"{name} ended on its own" in demo.printed
        assert living_off(demo.folder) == {}


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
