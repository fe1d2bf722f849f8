"""Refreshing: new readings packed again and again for whom a customer allows it.

A package made here discloses nothing. Whether it goes is decided when its key is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from consent import asks, packages, proposals
from consent.models import Authorization, Schedule
from consent.policy import decide

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
COME_LATE = timedelta(days=7)
"""Readings may come some days late: each package begins so many days before what is new."""


class NotScheduled(Exception):
    """The refresh was not begun. The sentence says why and names the clause."""


@transaction.atomic
def begin(
    authorization: Authorization,
    *,
    every: Schedule.Every,
    kind: str = packages.CSV,
    by: User,
    at: datetime,
) -> Schedule:
    """Pack what is new for the third party from today on, as often as that."""
    if not Authorization.objects.in_force(at=at).filter(pk=authorization.pk).exists():
        raise NotScheduled(
            _("An authorization that has ended cannot be refreshed (PRIME-07 6.10).")
        )
    if authorization.once:
        raise NotScheduled(_("She allowed it just once, so it cannot be refreshed (PRIME-07 6.9)."))
    schedule, _made = Schedule.objects.update_or_create(
        authorization=authorization,
        defaults={
            "every": every,
            "format": kind,
            "next_on": _today(at),
            "started_at": at,
            "started_by": by,
            "ended_at": None,
        },
    )
    return schedule


def end(schedule: Schedule, *, at: datetime) -> None:
    """Pack nothing more. What she authorized stays as it is."""
    Schedule.objects.running().filter(pk=schedule.pk).update(ended_at=at)


def pack_due(*, clock: Callable[[], datetime]) -> int:
    """Pack what is due, one authorization after another; return how many packages were made."""
    made = 0
    while (step := _pack_next(at=clock())) is not None:
        made += step
    return made


@transaction.atomic
def _pack_next(*, at: datetime) -> int | None:
    """Do the next one that is due. None when none is; two workers never take the same one."""
    today = _today(at)
    schedule = (
        Schedule.objects.running()
        .filter(next_on__lte=today)
        .select_related("authorization")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_on", "pk")
        .first()
    )
    if schedule is None:
        return None
    held = schedule.authorization
    if not Authorization.objects.in_force(at=at).filter(pk=held.pk).exists():
        schedule.ended_at = at
        schedule.save(update_fields=["ended_at"])
        return 0
    schedule.next_on = _after(today, Schedule.Every(schedule.every))
    last_day = today - timedelta(days=1)
    known = schedule.packed_through
    first_day = known - COME_LATE + timedelta(days=1) if known else held.history_from
    proposal = proposals.gather(held, first_day=first_day, last_day=last_day)
    allowed = all(decide(ask, at=at).allowed for ask in asks.of(proposal, at=at))
    if not allowed:
        # Stopped, perhaps, and lifted again one day: ask anew tomorrow.
        schedule.next_on = today + timedelta(days=1)
    elif proposal.first_day <= last_day:
        packages.prepare(proposal, at=at, kind=schedule.format)
        schedule.packed_through = last_day
    schedule.save(update_fields=["next_on", "packed_through"])
    return int(allowed and proposal.first_day <= last_day)


def _after(day: date, every: Schedule.Every) -> date:
    if every == Schedule.Every.DAY:
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _today(at: datetime) -> date:
    return at.astimezone(PACIFIC).date()
