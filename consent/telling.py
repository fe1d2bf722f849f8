"""Telling customers and staff that a third party was stopped, and that a stop was lifted (6.8).

Stopping never waits for the mail: the stop's row is what says who is still to be told. Asking
twice or late owes nothing twice and loses nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from consent.models import Authorization, DisclosureMember, Stop
from notices import deliveries, staff_mail
from notices.models import Delivery, StaffMail
from usage.models import Customer

WITHIN = timedelta(days=3)
YEAR = timedelta(days=366)
AT_ONCE = 200
"""Customers told in one run."""


def plan(*, at: datetime) -> int:
    """Owe the news of each stop and each lifting to whom it touches. How many are new."""
    owed = 0
    recent = Stop.objects.filter(Q(stopped_at__gt=at - YEAR) | Q(lifted_at__gt=at - YEAR))
    for stop in recent.select_related("third_party", "customer").order_by("stopped_at"):
        for name, moment in (("stopped", stop.stopped_at), ("lifted", stop.lifted_at)):
            if moment is not None and moment > at - YEAR:
                for customer in _untold(stop, f"{name}:{stop.pk}")[: AT_ONCE - owed]:
                    _owe(stop, customer, name, at=at)
                    owed += 1
    return owed


def tell_staff(*, at: datetime) -> int:
    """Owe a mail of each stop for everyone, and each lifting, to the staff who may stop. How many.

    It names the third party and no customer, and says when a second person must confirm.
    """
    owed = 0
    people = get_user_model().objects.who_may("consent.add_stop")
    recent = Stop.objects.filter(Q(stopped_at__gt=at - WITHIN) | Q(lifted_at__gt=at - WITHIN))
    for stop in recent.filter(customer=None).select_related("third_party"):
        name = "lifted" if stop.lifted_at else "stopped"
        key = f"{name}:{stop.pk}"
        told = StaffMail.objects.filter(key=key).values("to")
        page = reverse("party_desk:party", args=[stop.third_party_id])
        for person in people.exclude(pk__in=told):
            staff_mail.owe(
                person,
                key=key,
                name=f"staff_{name}",
                context={
                    "third_party": stop.third_party.words,
                    "unconfirmed": stop.emergency and not stop.confirmed_at,
                    "address": settings.PORTAL_ORIGIN + page,
                },
                at=at,
            )
            owed += 1
    return owed


def touched(stop: Stop) -> QuerySet[Customer]:
    """Whoever allowed it something when it was stopped, or is in what it got in the year before."""
    if stop.customer_id:
        return Customer.objects.filter(pk=stop.customer_id)
    at = stop.stopped_at
    allowed = Authorization.objects.in_force(at=at).filter(
        customer=OuterRef("pk"), third_party=stop.third_party_id
    )
    got = DisclosureMember.objects.gone().filter(
        customer=OuterRef("pk"),
        disclosure__third_party=stop.third_party_id,
        gone_at__range=(at - YEAR, at),
        disclosure__demand=None,
    )
    return Customer.objects.filter(Exists(allowed) | Exists(got))


def _untold(stop: Stop, key: str) -> QuerySet[Customer]:
    told = Delivery.objects.filter(customer=OuterRef("pk"), kind=Delivery.Kind.ALERT, key=key)
    return touched(stop).filter(~Exists(told)).order_by("pk")


def _owe(stop: Stop, customer: Customer, name: str, *, at: datetime) -> Delivery:
    held = Authorization.objects.of(customer).in_force(at=at).filter(third_party=stop.third_party)
    with translation.override(customer.language):
        received = reverse("consent:disclosures")
        pages = [reverse("consent:authorization", args=[one.pk]) for one in held]
    return deliveries.owe(
        customer,
        kind=Delivery.Kind.ALERT,
        key=f"{name}:{stop.pk}",
        name=f"third_party_{name}",
        context={
            "stop": stop,
            "hers": stop.customer_id is not None,
            "third_party": stop.third_party.words,
            "authorizations": [settings.PORTAL_ORIGIN + page for page in pages],
            "address": settings.PORTAL_ORIGIN + received,
        },
        at=at,
        due_on=timezone.localdate(at + WITHIN),
    )
