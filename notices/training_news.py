"""Reminding staff, 30 and 7 days before, that their training will no longer count (5.2)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from notices import staff_mail
from usage import training

NAME = "training_expires"


def plan(*, at: datetime) -> int:
    """Owe each reminder once. A day the worker was down is made good: "at most so many days".

    Whoever is first seen within the last seven days gets the later reminder alone. How many
    there are to be reminded now.
    """
    today = timezone.localdate(at)
    found = training.expiring(on=today, within=max(training.REMINDED))
    for person, expires_on in found:
        left = (expires_on - today).days
        nearest = min((days for days in training.REMINDED if left <= days), default=None)
        if nearest is not None and left > 0:
            staff_mail.owe(
                person,
                key=f"training:{expires_on}:{nearest}",
                name=NAME,
                context={"expires_on": expires_on},
                at=at,
            )
    return len(found)
