"""A night's backup restored after a long day: no consent revived, no notice sent again (P11)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from notices.models import Delivery
from prime_portal import drilling
from tests import restoring


def test_a_restore_revives_no_consent_and_sends_no_notice_again(
    committed_db: None, tmp_path: Path, settings: Any, rounds: Callable[[int, int], int]
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    cancels, notices = rounds(50, 5), rounds(4000, 50)
    lost = restoring.lived_and_lost(tmp_path, cancels=cancels, notices=notices)
    sent = Delivery.objects.filter(sent_at__isnull=False).count()
    assert sent >= notices

    row, held = restoring.drill(lost, journal=None)
    assert not row.passed
    assert held.facts["after"]["revived"] == cancels
    assert held.facts["after"]["sent_again"] == sent

    row, held = restoring.drill(lost)
    print(f"{cancels} cancels, {sent} sent: {held.facts} in {held.seconds}")
    assert row.passed, held.faults
    assert held.facts["after"] == vars(drilling.Held())
