"""Real workers, and each fault once, while they send to a real mail server: nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from notices.models import Delivery, DeliveryAttempt
from tests.notices import killed
from tests.own_servers import own_servers


@pytest.mark.long
def test_whatever_befalls_the_workers_while_they_send_nothing_is_lost(
    committed_db: None, mailbox, tmp_path: Path, seed: int
) -> None:
    with own_servers(tmp_path) as servers:
        crash_postgres, crash_redis = killed.crashes(*servers)
        faults = [
            killed.kill,
            crash_redis,
            killed.empty_redis,
            killed.poke_twice,
            killed.publish_another,
            crash_postgres,
            killed.stop,
        ]
        told = killed.send_through(
            faults, mailbox, tmp_path, emails=90, letters=4, chance=random.Random(seed)
        )
        assert (told.lost, told.strangers, told.unprinted) == (0, 0, 0), told
        assert told.copies <= killed.in_flight(faults), told
        assert not Delivery.objects.exclude(sent_at__isnull=False).exists()
        assert not DeliveryAttempt.objects.filter(closed_at=None).exists()
