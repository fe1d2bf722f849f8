"""Finding a customer from what she says on the telephone; who searched is written down (5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from usage.models import Customer, Search

if TYPE_CHECKING:
    from prime_portal.models import User

MOST = 20
"""Customers shown at once: whoever finds more is asked to say more."""

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """As much as it takes to tell two customers apart, and no more."""

    pk: UUID
    name: str
    last_four: str
    zip: str


def find(text: str, *, by: User, at: datetime) -> list[Found]:
    """Return the customers whose name, address, telephone or account number fits.

    Four digits are the end of an account or service account number; seven or more may be a
    telephone number, however it is written. At most MOST + 1 come back: the last says that
    there are more.
    """
    said = " ".join(text.split())[:LONGEST]
    rows = Customer.objects.filter(_fits(said)).order_by("name", "pk").distinct()
    found = [
        Found(row.pk, row.name, row.account_number[-4:], row.mailing_zip)
        for row in rows[: MOST + 1]
    ]
    Search.objects.create(by=by, at=at, text=said, found=len(found))
    return found


def _fits(said: str) -> Q:
    digits = "".join(letter for letter in said if letter.isdigit())
    if digits == said and len(said) == 4:
        return Q(account_number__endswith=said) | Q(agreements__number__endswith=said)
    fits = (
        Q(name__icontains=said)
        | Q(mailing_address__icontains=said)
        | Q(agreements__service_point__address__icontains=said)
    )
    if len(digits) >= 7:
        # Seven digits of a telephone number, whatever stands between them.
        fits |= Q(telephone__iregex=r"\D*".join(digits[-10:]))
    return fits
