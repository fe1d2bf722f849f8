"""Telling customers that a dispute reached PRIME, and each step PRIME takes in it (CPUC rule 4b).

The rows in usage wait to be announced; here somebody asks for them. Asking twice or late owes
nothing twice and loses nothing. An e-mail never carries what was said: that stands behind the
sign-in, or in the letter of whoever gets letters.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone, translation

from notices import deliveries
from notices.models import Delivery, EDeliveryConsent
from usage.models import Dispute, DisputeEvent

WITHIN = timedelta(days=3)
RAISED, STEP = "dispute_raised", "dispute_step"

BY_PRIME = Q(kind__in=[DisputeEvent.Kind.ANSWERED, DisputeEvent.Kind.HANDED_OVER]) | (
    Q(kind=DisputeEvent.Kind.CLOSED) & ~Q(outcome=DisputeEvent.Outcome.WITHDRAWN)
)
"""Steps the customer did not take herself."""


def plan(*, at: datetime) -> int:
    """Owe the receipt of each dispute and the news of each step. How many are new."""
    raised = Dispute.objects.filter(~_told(RAISED)).select_related("customer", "category")
    steps = DisputeEvent.objects.filter(BY_PRIME, ~_told(STEP)).select_related(
        "dispute__customer", "dispute__category"
    )
    owed = [_owe(dispute, f"{RAISED}:{dispute.pk}", at=at) for dispute in raised.order_by("id")]
    owed += [
        _owe(step.dispute, f"{STEP}:{step.pk}", step=step, at=at) for step in steps.order_by("id")
    ]
    return len(owed)


def _told(name: str) -> Exists:
    key = Concat(Value(f"{name}:"), Cast(OuterRef("pk"), CharField()))
    return Exists(
        Delivery.objects.filter(customer=OuterRef("customer"), kind=Delivery.Kind.RECEIPT, key=key)
    )


def _owe(dispute: Dispute, key: str, *, step: DisputeEvent | None = None, at: datetime) -> Delivery:
    customer = dispute.customer
    by_letter = EDeliveryConsent.objects.address_of(customer) is None
    with translation.override(customer.language):
        path = reverse("usage:dispute", args=[dispute.pk])
    return deliveries.owe(
        customer,
        kind=Delivery.Kind.RECEIPT,
        key=key,
        name=STEP if step else RAISED,
        context={
            "dispute": dispute,
            "step": step,
            "said": step.text if step and by_letter else "",
            "address": settings.PORTAL_ORIGIN + path,
        },
        at=at,
        due_on=timezone.localdate(at + WITHIN),
    )
