"""Telling a customer, at the old address and at the new, that how she is reached was changed.

The message names neither: whoever still opens the old one's mail must not learn the new.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from notices import deliveries, edelivery
from notices.models import Delivery, EDeliveryConsent
from usage import contacts
from usage.models import ContactChange, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

WITHIN = timedelta(days=3)
NAME = "contact_changed"


@transaction.atomic
def change(
    customer: Customer,
    wanted: dict[str, str],
    *,
    checked: str,
    by: User,
    via: Via,
    at: datetime,
) -> ContactChange:
    """Change how she is reached, let notices go there from now on, and tell both addresses."""
    was = Customer.objects.get(pk=customer.pk)
    made = contacts.change(customer, wanted, checked=checked, by=by, via=via, at=at)
    if "email" in made.after:
        _move_notices(customer, by=by, via=via, at=at)
    letter, email = Delivery.Medium.LETTER, Delivery.Medium.EMAIL
    by_post = EDeliveryConsent.objects.address_of(customer) is None
    ways: list[tuple[str, Customer, Delivery.Medium | None]] = []
    both = (("old", was), ("new", customer))
    if "mailing_address" in made.after:
        ways += [(when, whom, letter) for when, whom in both if whom.mailing_address]
    if "email" in made.after:
        ways += [(when, whom, email) for when, whom in both if whom.email]
    told_by_post = any(medium == letter for _when, _whom, medium in ways)
    if len(ways) < 2 and not (told_by_post and by_post):
        ways.append(("now", customer, None))
    for when, whom, medium in ways:
        _tell(made, whom, when, medium, at=at)
    return made


def _move_notices(customer: Customer, *, by: User, via: Via, at: datetime) -> None:
    """Whoever gets notices by e-mail gets them at the new address; without one, on paper."""
    if EDeliveryConsent.objects.address_of(customer) is None:
        return
    if customer.email:
        edelivery.agree(
            customer, email=customer.email, language=customer.language, by=by, via=via, at=at
        )
    else:
        edelivery.withdraw(customer, by=by, at=at)


def _tell(
    made: ContactChange, whom: Customer, when: str, medium: Delivery.Medium | None, *, at: datetime
) -> None:
    deliveries.owe(
        whom,
        kind=Delivery.Kind.ALERT,
        key=f"contact:{made.pk}:{when}:{medium or 'any'}",
        name=NAME,
        context={"change": made},
        at=at,
        due_on=timezone.localdate(at + WITHIN),
        medium=medium,
        to=whom.email if medium == Delivery.Medium.EMAIL else None,
    )
