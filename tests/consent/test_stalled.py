"""A recipient that reads nothing keeps nobody waiting: over raw sockets, against real gunicorn."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from consent import authorizations, packages, recipients
from consent.models import Authorization, Disclosure, Package
from consent.proposals import gather
from tests import builders
from tests.builders import TODAY
from tests.consent.served import Served
from usage.models import Via

WINDOW: dict[str, Any] = {
    "first_day": TODAY - timedelta(days=3),
    "last_day": TODAY - timedelta(days=1),
}


def lines(package: Package, secret: str) -> tuple[bytes, bytes]:
    """The requests for a package's bytes and for its key, as they go over the wire."""
    head = f"Host: localhost\r\nAuthorization: Bearer {secret}\r\n"
    place = f"/recipient/packages/{package.pk}/"
    return (
        f"GET {place} HTTP/1.1\r\n{head}\r\n".encode(),
        f"POST {place}key/ HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n".encode(),
    )


@pytest.fixture
def granted(committed_db: None) -> Authorization:
    now = timezone.now()
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    her = builders.holder(rosa, "rosa@example.org", at=now - timedelta(days=2))
    return builders.authorization(rosa, her, at=now - timedelta(days=1))


@pytest.mark.long
def test_behind_stalled_readers_her_cancel_is_acknowledged_at_once(
    granted: Authorization, tmp_path: Path
) -> None:
    package = packages.prepare(gather(granted, **WINDOW), at=timezone.now())
    _credential, secret = recipients.issue(
        granted.third_party, label="stalls", by=builders.alma(), at=timezone.now()
    )
    with (Path(settings.MEDIA_ROOT) / package.path).open("ab") as file:
        file.write(bytes(16 * 2**20))  # more than any socket's buffers take
    get, post = lines(package, secret)
    with Served(tmp_path) as served:
        stalled = [served.connect(buffer=4096) for _ in range(3)]
        for raw, asked in zip(stalled, (get + post, get, post), strict=True):
            raw.sendall(asked)
        until = time.monotonic() + 20
        while not Disclosure.objects.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        asked_at = time.monotonic()
        authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=timezone.now())
        took = time.monotonic() - asked_at
        assert took < 1.5
        # One reader stalled before its key was asked for: it never gets one.
        behind = stalled[0]
        came = b""
        while piece := behind.recv(1 << 20):
            came += piece
        assert b'"key"' not in came
        assert b'"key"' in stalled[2].recv(4096), "what had begun before the cancel may arrive"
        for raw in stalled:
            raw.close()
    assert Disclosure.objects.filter(allowed=True).count() == 1
