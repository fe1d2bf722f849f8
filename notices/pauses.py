"""Holding sending still, and letting it go on. What is owed stays owed meanwhile (6.2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from notices.models import Delivery, Pause

if TYPE_CHECKING:
    from prime_portal.models import User


def pause(medium: Delivery.Medium, *, reason: str, by: User, at: datetime) -> Pause:
    """Let no further chunk of e-mails, or no further print batch, begin. Harmless twice."""
    held, _new = Pause.objects.get_or_create(
        medium=medium, resumed_at=None, defaults={"reason": reason, "by": by, "at": at}
    )
    return held


def resume(medium: Delivery.Medium, *, by: User, at: datetime) -> None:
    """Go on where it stood still; how long it did, why and by whom stays. Harmless twice."""
    Pause.objects.open().filter(medium=medium).update(resumed_at=at, resumed_by=by)


def holds(medium: Delivery.Medium) -> bool:
    return Pause.objects.open().filter(medium=medium).exists()
