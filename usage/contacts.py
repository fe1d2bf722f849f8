"""Changing how a customer is reached, at her wish: by telephone, on paper, at the counter.

What she said stays when the utility's list still carries what it said before; when the list says
something new, the list has heard from her later and wins.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from usage.models import ContactChange, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

FIELDS = ("mailing_address", "mailing_zip", "email", "telephone", "language")


class Refused(Exception):
    """Nothing was changed. The sentence says why."""


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
    """Change what is different, and record from what, to what, and how staff knew that it was she.

    wanted: by the names in FIELDS. `customer` has the new values afterwards.
    """
    if not checked.strip():
        raise Refused(_("Say how you know that it is she."))
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    after = {
        name: wanted[name].strip()
        for name in FIELDS
        if name in wanted and wanted[name].strip() != getattr(held, name)
    }
    if not after:
        raise Refused(_("Nothing is different from what PRIME holds already."))
    recorded = ContactChange.objects.create(
        customer=held,
        before={name: getattr(held, name) for name in after},
        after=after,
        checked=checked.strip(),
        via=via,
        by=by,
        at=at,
    )
    for name, value in after.items():
        setattr(customer, name, value)
        setattr(held, name, value)
    held.save(update_fields=list(after))
    return recorded


def keep_what_customers_said(wanted: dict[Any, dict[str, Any]]) -> None:
    """In facts of a roster, by account number, put back what customers changed since.

    A value counts as old when a change replaced it: then what is held stays.
    """
    replaced: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    theirs = ContactChange.objects.filter(customer__account_number__in=list(wanted))
    changes = theirs.select_related("customer").order_by("at")
    held: dict[str, Customer] = {}
    for change_ in changes:
        customer = change_.customer
        held[customer.account_number] = customer
        for name, value in change_.before.items():
            replaced[customer.account_number][name].add(value)
    for number in held:
        for name, values in replaced[number].items():
            if wanted[number].get(name) in values:
                wanted[number][name] = getattr(held[number], name)
