"""What a customer gets in hand after granting or canceling: by mail or letter, as she chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from consent.models import Authorization
from notices import deliveries
from notices.models import Delivery
from usage.models import Category, Via

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
WITHIN = timedelta(days=3)


def owe_granted(authorization: Authorization, *, at: datetime) -> Delivery:
    """Owe the receipt of a grant, with the way to cancel it."""
    asked = authorization.granted_by if authorization.via == Via.PORTAL else None
    return _owe(authorization, "authorization_granted", by=asked, at=at)


def owe_canceled(authorization: Authorization, *, at: datetime) -> Delivery:
    """Owe the receipt of a cancel (6.10)."""
    asked = authorization.canceled_by if authorization.canceled_via == Via.PORTAL else None
    return _owe(authorization, "authorization_canceled", by=asked, at=at)


def _owe(authorization: Authorization, name: str, *, by: User | None, at: datetime) -> Delivery:
    """by: who asked in the portal, signed in with a verified address; the receipt goes there."""
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
            to=by.email if by else None,
            due_on=(at + WITHIN).astimezone(PACIFIC).date(),
        )
