"""Finding a customer from what she says on the telephone; who searched is written down (5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.utils import timezone

from usage import cases
from usage.models import Customer, Search

if TYPE_CHECKING:
    from prime_portal.models import User

MOST = 20
"""Customers shown at once: whoever finds more is asked to say more."""

LONGEST = 200

# lower() knows the letters of the database's locale alone: those with a mark are made plain first.
_MARKED = "ÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇáàâäãåéèêëíìîïóòôöõúùûüñç"
_PLAIN = "aaaaaaeeeeiiiiooooouuuunc" * 2
_BETWEEN = "\n\r\t\u00a0,.;:'\u2019\"#/()&-"
_FROM, _TO = _MARKED + _BETWEEN, _PLAIN + " " * len(_BETWEEN)
_FOLD = str.maketrans(_FROM, _TO)


@dataclass(frozen=True, slots=True)
class Found:
    """As much as it takes to tell two customers apart, and no more."""

    pk: UUID
    name: str
    last_four: str
    zip: str


def find(text: str, *, by: User, at: datetime) -> list[Found]:
    """Return the customers whose name, address, telephone or account number fits.

    Each word begins a word of her name or of one of her addresses, a number is a whole one, and
    accents, capitals and what parts words do not matter. Four digits are the end of an account or
    service account number; seven or more may be the whole of one or a telephone number, however
    they are written. At most MOST + 1 come back: the last says that there are more. Whose training
    does not count is refused, as where a case is opened.
    """
    cases.only_trained(by, on=timezone.localdate(at))
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


def words_of(said: str) -> list[str]:
    """The words of a text without accents, capitals and what stands between them."""
    return said.translate(_FOLD).lower().split()


def plain(*columns: str) -> Lower:
    """What stands in these columns, the same way, with a space before and after each word."""
    parts = (Value(" "), Value(""), *columns, Value(""))  # the first is what joins the others
    text = TextField()
    joined = Func(*parts, function="concat_ws", output_field=text)
    folded = (Value(_FROM), Value(_TO))
    return Lower(Func(joined, *folded, function="translate", output_field=text))


def _first_that_fit(said: str) -> QuerySet[Customer]:
    told = plain("name", "mailing_address", "agreements__service_point__address")
    fitting = Customer.objects.alias(told=told).filter(_fits(said))
    return fitting.order_by("name", "pk").distinct()[: MOST + 1]


def _fits(said: str) -> Q:
    digits = "".join(letter for letter in said if letter.isdigit())
    if digits == said and len(said) == 4:
        return Q(account_number__endswith=said) | Q(agreements__number__endswith=said)
    fits = Q(pk__in=[])
    if words := words_of(said):
        whole = [f" {word} " if word.isdigit() else f" {word}" for word in words]
        fits = Q(*(Q(told__contains=word) for word in whole))
    if len(digits) >= 7:
        # Seven digits of a telephone number, whatever stands between them.
        fits |= Q(telephone__iregex=r"\D*".join(digits[-10:]))
        fits |= Q(account_number=digits) | Q(agreements__number=digits)
    return fits
