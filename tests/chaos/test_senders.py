"""Notices through twenty kill -9 of real workers: none lost, a further copy only of one in flight."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from notices.models import Delivery, DeliveryAttempt
from tests.notices.killed import SENDERS, send_through_kills


def test_workers_killed_again_and_again_lose_nothing(
    committed_db: None,
    mailbox,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    seed: int,
) -> None:
    kills = rounds(20, 4)
    told = send_through_kills(
        mailbox,
        tmp_path,
        emails=60 * kills,
        letters=20,
        kills=kills,
        chance=random.Random(seed),
    )
    print(told)
    assert (told.lost, told.strangers, told.unprinted) == (0, 0, 0), told
    assert told.caught, "no kill met a delivery half-way"
    assert told.copies <= kills * SENDERS, told
    assert not Delivery.objects.exclude(sent_at__isnull=False).exists()
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()
