"""A page about a customer opens for staff only in a case of hers (5.1, 5.2).

Before the page is made a look is written down: who, when, in which case, which page. Where no
case is live, because none was opened, half an hour is over or training ran out, the way leads to
opening one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse
from django.utils import timezone

from prime_portal import roles
from prime_portal.desks import recorded
from prime_portal.middleware import GetResponse
from usage import cases
from usage.models import Customer


class case_at_hand:  # noqa: N801  (named as the middleware function it stands for)
    """Sets `request.case` on staff pages about a customer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.case = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not request.user.is_authenticated or not request.user.is_staff:
            return None
        customer = customer_of(match, request)
        if customer is None:
            return None
        now, page = timezone.now(), match.view_name
        case = cases.live(customer, by=request.user, at=now)
        enough = roles.may(request.user, roles.permission_for(page) or "")
        if case is None or not (enough or case.broke_glass):
            if not roles.may(request.user, roles.PAGES["admin:usage_case_open"]):
                return _as_recorded(match, request, customer)
            there = request.get_full_path() if request.method == "GET" else ""
            asked = urlencode({"customer": customer, "next": there})
            return redirect(f"{reverse('admin:usage_case_open')}?{asked}")
        cases.look(case, page=page, part=str(kwargs.get("key", "")), at=now)
        request.case = case  # type: ignore[attr-defined]
        return None


def _as_recorded(match: ResolverMatch, request: HttpRequest, customer: UUID) -> HttpResponse:
    """Lead whoever reads the record and opens no case to what it holds of the row, or of her."""
    if request.method != "GET" or not roles.may(request.user, roles.READS):
        raise PermissionDenied
    about = roles.about(match.view_name)
    row = match.kwargs.get("pk") or match.kwargs.get("object_id")
    if row and about not in {"", roles.ASKED}:
        held = apps.get_model(about)._default_manager.filter(pk=row).first()
        if held and (page := recorded.page_of(held)):
            return redirect(page)
    return redirect(recorded.entries_of(customer))


def customer_of(match: ResolverMatch, request: HttpRequest) -> UUID | None:
    """The customer a staff page is about; None for a page about nobody, or about no row we hold."""
    if not request.path.startswith(reverse("admin:index")):
        return None
    about = roles.about(match.view_name)
    if not about:
        return None
    asked = about == roles.ASKED
    row = match.kwargs.get("pk") or match.kwargs.get("object_id")
    key = request.GET.get("customer") if asked else row
    try:
        pk = UUID(str(key))
    except ValueError:
        return None
    if asked or about == Customer._meta.label:
        return pk if Customer.objects.filter(pk=pk).exists() else None
    rows = apps.get_model(about)._default_manager.filter(pk=pk)
    found: UUID | None = rows.values_list("customer_id", flat=True).first()
    return found
