"""Getting notices by e-mail instead of on paper (E-SIGN, 15 USC 7001(c)). Paper is the default."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from notices.models import DeliveryEvent, EDeliveryConsent
from usage.models import Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User


@transaction.atomic
def agree(
    customer: Customer, *, email: str, language: str, by: User, via: Via, at: datetime
) -> EDeliveryConsent:
    """Record that this customer wants notices at this address. Saying it again changes nothing.

    This is neither an authorization nor anything else: it only says how notices arrive. A new
    address ends the old record and opens a new one.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    held: EDeliveryConsent | None = EDeliveryConsent.objects.of(customer).open().first()
    if held and held.email == email:
        return held
    withdraw(customer, by=by, at=at)
    return EDeliveryConsent.objects.create(
        customer=customer,
        email=email,
        language=language,
        via=via,
        granted_at=at,
        granted_by=by,
    )


def withdraw(customer: Customer, *, by: User, at: datetime) -> None:
    """Go back to paper from now on, also for what is owed but not sent yet. Harmless twice."""
    EDeliveryConsent.objects.of(customer).open().update(withdrawn_at=at, withdrawn_by=by)


def end_for_complaint(event: DeliveryEvent, *, at: datetime) -> None:
    """Send paper from now on to whoever called a required notice spam, or left the list."""
    EDeliveryConsent.objects.of(event.customer).open().update(withdrawn_at=at, complaint=event)
