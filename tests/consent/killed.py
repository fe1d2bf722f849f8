"""A release whose process is killed, for the tests that count what is recorded of it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from consent.models import Authorization, Disclosure, Package
from tests.builders import TODAY

KILLED = """
import os, signal, sys, threading, time
from datetime import date
import django
django.setup()
from django.utils import timezone
from consent import disclosures, packages, proposals
from consent.models import Authorization

held = Authorization.objects.get(pk=sys.argv[1])
delay = float(sys.argv[2])
proposal = proposals.gather(
    held, first_day=date.fromisoformat(sys.argv[3]), last_day=date.fromisoformat(sys.argv[4]))

def hand_over(package, key):
    disclosures.leave_key(package, key)
    if not delay:
        os.kill(os.getpid(), signal.SIGKILL)

if delay:
    threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
while True:
    package = packages.prepare(proposal, at=timezone.now())
    print(package.pk, flush=True)
    disclosures.release(proposal, package, by=None, at=timezone.now, hand_over=hand_over)
"""


def released_and_killed(held: Authorization, *, delay: float) -> tuple[set[str], set[str]]:
    """Release again and again in a process of its own and kill -9 it.

    delay: seconds until the kill; 0 kills right after the first key was handed over. Returns
    the packages whose key left, and those that are recorded as allowed.
    """
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED,
            str(held.pk),
            str(delay),
            str(TODAY - timedelta(days=2)),
            str(TODAY - timedelta(days=1)),
        ],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    mine = set(killed.stdout.split())
    left = {
        str(package.pk)
        for package in Package.objects.filter(pk__in=mine)
        if (Path(settings.MEDIA_ROOT) / package.path).with_suffix(".key").exists()
    }
    recorded = {
        str(pk)
        for pk in Disclosure.objects.filter(allowed=True, package_id__in=mine).values_list(
            "package_id", flat=True
        )
    }
    return left, recorded
