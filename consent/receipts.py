"""What a customer gets in hand after granting or canceling: by mail or letter, as she chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from consent.models import Authorization
from notices import deliveries
from notices.models import Delivery
from usage.models import Category

PACIFIC = ZoneInfo("America/Los_Angeles")
WITHIN = timedelta(days=3)


def owe_granted(authorization: Authorization, *, at: datetime) -> Delivery:
    """Owe the receipt of a grant, with the way to cancel it."""
    return _owe(authorization, "authorization_granted", at=at)


def owe_canceled(authorization: Authorization, *, at: datetime) -> Delivery:
    """Owe the receipt of a cancel (6.10)."""
    return _owe(authorization, "authorization_canceled", at=at)


def _owe(authorization: Authorization, name: str, *, at: datetime) -> Delivery:
    language = authorization.customer.language
    with translation.override(language):
        address = settings.PORTAL_ORIGIN + reverse("consent:authorization", args=[authorization.pk])
        context = {
            "authorization": authorization,
            "third_party": authorization.third_party_words,
            "purpose": authorization.purpose_words,
            "categories": [
                category.name
                for category in Category.objects.filter(key__in=authorization.categories)
            ],
            "address": address,
        }
        return deliveries.owe(
            authorization.customer,
            kind=Delivery.Kind.RECEIPT,
            key=f"{name}:{authorization.pk}",
            name=name,
            context=context,
            at=at,
            due_on=(at + WITHIN).astimezone(PACIFIC).date(),
        )
