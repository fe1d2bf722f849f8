"""Whether everybody has their notice (6.2), asked of the customers and not of the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from notices import messages
from notices.models import Delivery
from usage.models import Enrollment

REQUIRED = messages.SHORT
YEARLY = (Delivery.Kind.NEW_ACCOUNT, Delivery.Kind.ANNUAL)
PLANNER_HAS = timedelta(hours=1)
YEAR = timedelta(days=366)


def overdue(*, at: datetime) -> int:
    """How many notices should have gone by now: owed too long, or failed with nothing after."""
    late = Delivery.objects.filter(kind__in=REQUIRED, due_on__lt=timezone.localdate(at))
    return late.owed().count() + late.failed_for_good().count()


def forgotten(*, at: datetime) -> int:
    """How many customers PRIME serves are owed a notice that nobody planned.

    An hour's grace for the planner is read from the enrollment's id, which carries the time
    it was made.
    """
    told = Delivery.objects.filter(
        customer=OuterRef("customer"), kind__in=YEARLY, owed_at__gt=at - YEAR
    )
    return (
        Enrollment.objects.filter(
            Q(ends_on=None) | Q(ends_on__gt=timezone.localdate(at)),
            ~Exists(told),
            starts_on__lte=timezone.localdate(at),
            pk__lt=_first_id(at - PLANNER_HAS),
        )
        .values("customer")
        .distinct()
        .count()
    )


def _first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 that can be made at a moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
