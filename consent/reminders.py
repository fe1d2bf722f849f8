"""Telling customers before sharing ends, and once a year that it goes on (CPUC rule 6e3).

Nothing is ever renewed by itself: a customer lets it end, or allows it anew on the ordinary
pages. Planning asks "who is owed?": late, twice or in parallel it owes nothing twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import translation

from consent.models import Authorization, StatedUse
from consent.models.grants import RENEWABLE
from notices import deliveries
from notices.models import Delivery

PACIFIC = ZoneInfo("America/Los_Angeles")
DAYS = (int(RENEWABLE / timedelta(days=1)), 7)
"""So many days before an end she is told: at the first she may renew."""


def plan(*, at: datetime) -> int:
    """Owe every reminder that is due now and not owed yet. How many are new."""
    today = at.astimezone(PACIFIC).date()
    running = Authorization.objects.in_force(at=at).with_words().select_related("customer")
    owed = 0
    for days, later in zip(DAYS, (*DAYS[1:], 0), strict=True):
        name = f"sharing_ends_{days}"
        near = running.filter(
            ends_on__lte=today + timedelta(days=days), ends_on__gt=today + timedelta(days=later)
        )
        for held in _untold(near, name):
            # She chose so short a time herself, or renewed since: no news to her.
            if held.ends_on and _day(held.granted_at) < held.ends_on - timedelta(days=days):
                _owe(held, "sharing_ends", key=f"{name}:{held.pk}", at=at)
                owed += 1
    for held in running.filter(once=False, granted_at__lte=at - timedelta(days=365)):
        years = _years(_day(held.granted_at), today)
        name = f"sharing_goes_on_{years}"
        if years and _untold(Authorization.objects.filter(pk=held.pk), name).exists():
            _owe(held, "sharing_goes_on", key=f"{name}:{held.pk}", at=at)
            owed += 1
    return owed


def _untold(held: QuerySet[Authorization], name: str) -> QuerySet[Authorization]:
    key = Concat(Value(f"{name}:"), Cast(OuterRef("pk"), CharField()))
    told = Delivery.objects.filter(customer=OuterRef("customer"), kind=Delivery.Kind.ALERT, key=key)
    return held.filter(~Exists(told))


def _owe(held: Authorization, name: str, *, key: str, at: datetime) -> Delivery:
    with translation.override(held.customer.language):
        context = {
            "authorization": held,
            "third_party": held.third_party_words,
            "purpose": held.purpose_words,
            "address": settings.PORTAL_ORIGIN + reverse("consent:authorization", args=[held.pk]),
            "renew_address": settings.PORTAL_ORIGIN + _renewing(held),
        }
        return deliveries.owe(
            held.customer,
            kind=Delivery.Kind.ALERT,
            key=key,
            name=name,
            context=context,
            at=at,
            due_on=_day(at) + timedelta(days=3),
        )


def _renewing(held: Authorization) -> str:
    """Where the same can be allowed anew, if it is still asked for."""
    use = StatedUse.objects.filter(
        third_party=held.third_party_id, purpose=held.purpose_id, ended_at=None
    ).first()
    return reverse("consent:grant", args=[use.pk]) if use else reverse("consent:choose")


def _day(at: datetime) -> date:
    return at.astimezone(PACIFIC).date()


def _years(since: date, today: date) -> int:
    """Whole years between two days; who granted on 29 February has hers on 1 March."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
