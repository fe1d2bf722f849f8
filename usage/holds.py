"""Placing and lifting holds: what is on hold is kept, whatever its age (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from usage import categories as known
from usage.models import Customer, Hold

if TYPE_CHECKING:
    from prime_portal.models import User


def place(
    *,
    customer: Customer | None,
    categories: Sequence[str],
    reason: str,
    by: User,
    at: datetime,
) -> Hold:
    """Keep these kinds of information (none: all) of this customer (None: of everybody).

    Raises ValueError for a kind there is not.
    """
    unknown = set(categories) - set(known.ALL)
    if unknown:
        raise ValueError(f"There is no kind of information called {min(unknown)}.")
    return Hold.objects.create(
        customer=customer, categories=list(categories), reason=reason, placed_by=by, placed_at=at
    )


def lift(hold: Hold, *, by: User, at: datetime) -> bool:
    """Lift a hold; False if it was lifted before, which changes nothing."""
    lifted = Hold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=at, lifted_by=by)
    return bool(lifted)
