"""A real worker, killed -9 while it sends to a real mail server, loses nothing."""

from __future__ import annotations

import random
from pathlib import Path

from notices.models import Delivery, DeliveryAttempt
from tests.notices.killed import SENDERS, send_through_kills


def test_a_worker_killed_while_sending_loses_nothing(
    committed_db: None, mailbox, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    told = send_through_kills(mailbox, tmp_path, emails=40, letters=4, kills=1, chance=chance)
    assert (told.lost, told.strangers, told.unprinted) == (0, 0, 0), told
    assert told.copies <= SENDERS, told
    assert not Delivery.objects.exclude(sent_at__isnull=False).exists()
    assert not DeliveryAttempt.objects.filter(closed_at=None).exists()
