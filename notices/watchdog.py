"""Whether everybody has their notice (6.2), asked of the customers and not of the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from notices import messages
from notices.models import Delivery, Notice, PostedPolicy
from usage.models import Customer, Enrollment

REQUIRED = messages.SHORT
YEARLY = (Delivery.Kind.NEW_ACCOUNT, Delivery.Kind.ANNUAL)
PLANNER_HAS = timedelta(hours=1)
YEAR = timedelta(days=366)


def overdue(*, at: datetime) -> int:
    """How many notices should have gone by now: owed too long, or failed with nothing after."""
    late = Delivery.objects.filter(kind__in=REQUIRED, due_on__lt=timezone.localdate(at))
    return late.owed().count() + late.failed_for_good().count()


def forgotten(*, at: datetime) -> int:
    """How many customers PRIME serves lack a notice they are owed."""
    return _lacking(at).values("customer").distinct().count()


def who_is_forgotten(*, at: datetime) -> QuerySet[Customer]:
    """Who they are, by account number."""
    found: QuerySet[Customer] = Customer.objects.filter(pk__in=_lacking(at).values("customer"))
    return found.order_by("account_number")


def _lacking(at: datetime) -> QuerySet[Enrollment]:
    """Enrollments without a notice that is owed: nobody planned it, or all that was planned failed
    and nobody looked after it.

    Owed are one a year, one for each enrollment, so for a return too, and the newest version of
    the Notice and of the policy, if either ever changed. The planner has an hour; of an enrollment
    it is read from its id, which carries the time it was made.
    """
    planned = at - PLANNER_HAS
    lacking = (
        ~Exists(_told().filter(kind__in=YEARLY, owed_at__gt=at - YEAR))
        | ~Exists(_welcomes())
        | _unaware_of_notice(planned)
        | _unaware_of_policy(planned)
    )
    return Enrollment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=timezone.localdate(at)),
        lacking,
        starts_on__lte=timezone.localdate(planned),
        pk__lt=_first_id(planned),
    )


def _told() -> QuerySet[Delivery]:
    """What the customer of an enrollment was or will be told; what failed is no telling."""
    told: QuerySet[Delivery] = Delivery.objects.filter(customer=OuterRef("customer"))
    return told.filter(Q(failed_at=None) | Q(resolution__isnull=False))


def _welcomes() -> QuerySet[Delivery]:
    """The new-account notices of an enrollment, and what goes in the place of one."""
    enrollment = Cast(OuterRef("pk"), CharField())
    return _told().filter(kind=Delivery.Kind.NEW_ACCOUNT, key__startswith=enrollment)


def _unaware_of_notice(planned: datetime) -> Q:
    """Whoever was told of no notice as new as the newest one; a first version is no change."""
    newest = Notice.objects.filter(published_at__lte=planned).order_by("-number").first()
    if newest is None or newest.number == 1:
        return NOBODY
    kinds = (*YEARLY, Delivery.Kind.CHANGE)
    return Q(~Exists(_told().filter(kind__in=kinds, notice__number__gte=newest.number)))


def _unaware_of_policy(planned: datetime) -> Q:
    """Whoever was here before the newest policy takes effect and was not told; not of the first."""
    newest = PostedPolicy.objects.filter(published_at__lte=planned).order_by("-number").first()
    if newest is None or newest.number == 1:
        return NOBODY
    told = _told().filter(policy__number__gte=newest.number)
    return Q(~Exists(told), starts_on__lt=newest.effective_on)


NOBODY = Q(pk__in=())


def _first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 that can be made at a moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
