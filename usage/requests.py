"""The request of a signed-in person who acts for a customer, and how much of a list it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    from prime_portal.models import User
    from usage.models import Access, Customer


class CustomerRequest(HttpRequest):
    """What views of the apps receive: the middleware has found the customer already."""

    user: User
    customer: Customer
    access: Access


NEWEST = 100
"""Rows a page shows at first; a link shows them all."""


def newest(
    request: HttpRequest, rows: QuerySet[Any, Any], *, most: int = NEWEST
) -> tuple[QuerySet[Any, Any], int]:
    """The first rows, and how many there are when that is not all: templates/_newest.html says so.

    rows: newest first. With ?all in the address all of them are shown.
    """
    count = rows.count()
    if "all" in request.GET or count <= most:
        return rows, 0
    return rows[:most], count
