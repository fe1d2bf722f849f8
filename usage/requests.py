"""The request of a signed-in person who acts for a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from prime_portal.models import User
    from usage.models import Access, Customer


class CustomerRequest(HttpRequest):
    """What views of the apps receive: the middleware has found the customer already."""

    user: User
    customer: Customer
    access: Access
