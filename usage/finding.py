"""Finding a customer from what she says on the telephone; who searched is written down (5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

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

    Four digits are the end of an account or service account number; seven or more may be the
    whole of one or a telephone number, however they are written. At most MOST + 1 come back: the
    last says that there are more.
    """
    said = " ".join(text.split())[:LONGEST]
    found = [
        Found(row.pk, row.name, row.account_number[-4:], row.mailing_zip)
        for row in _first_that_fit(said)
    ]
    Search.objects.create(by=by, at=at, text=said, found=len(found))
    return found


def named_by(searches: Iterable[Search]) -> set[UUID]:
    """The customers these searches named to whoever searched, for counting whom a sign-in reached.

    Each search is made again, so it answers from what PRIME holds today. One whose words were
    erased since finds nobody.
    """
    said = {search.text for search in searches if search.found}
    return {row.pk for text in said for row in _first_that_fit(text)}


def _first_that_fit(said: str) -> QuerySet[Customer]:
    return Customer.objects.filter(_fits(said)).order_by("name", "pk").distinct()[: MOST + 1]


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
        fits |= Q(account_number=digits) | Q(agreements__number=digits)
    return fits
