"""What happens around every page: who may be here, for which customer, kept by no cache."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from prime_portal import roles
from usage.models import Access

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Pages about a customer: these apps' views find `request.customer` set.
ABOUT_A_CUSTOMER = {"usage", "consent"}


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs a sign-in unless its view says `@login_not_required`."""


def privacy_headers(get_response: GetResponse) -> GetResponse:
    """Let no cache keep a page, and no other site read one."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
            "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        )
        if not request.path.startswith(settings.STATIC_URL) and not response.has_header(
            "Cache-Control"
        ):
            patch_cache_control(response, no_store=True, private=True)
        return response

    return middleware


def staff_second_factor(get_response: GetResponse) -> GetResponse:
    """Open the admin only to staff who showed a passkey or TOTP in this very session (5.1).

    A recovery code lets them in to set up a new one, and no further.
    """
    shown = {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if request.path.startswith(reverse("admin:index")) and user.is_authenticated:
            if not user.is_staff:
                return render(request, "404.html", status=404)
            records = get_authentication_records(request, user)
            if not any(record.get("type") in shown for record in records):
                return redirect("second_factor_needed")
        return get_response(request)

    return middleware


class declared_audience:  # noqa: N801  (named as the middleware function it stands for)
    """Open a staff page to whoever holds the permission declared for it, and to nobody else (5.1).

    What prime_portal.roles does not declare is refused to all. The pages ask once more themselves.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not request.path.startswith(reverse("admin:index")):
            return None
        if not match.view_name or not request.user.is_authenticated:
            return None  # an address that is none, or the way to sign in
        needed = roles.permission_for(match.view_name)
        if needed is None:
            logger.error("%s is for nobody: declare it in prime_portal.roles", match.view_name)
            raise PermissionDenied
        if not roles.may(request.user, needed):
            urgent = match.view_name in roles.WITH_BROKEN_GLASS
            if not (urgent and request.user.has_perm("usage.break_glass")):
                raise PermissionDenied
        return None


class customer_at_hand:  # noqa: N801  (named as the middleware function it stands for)
    """Find the customer a signed-in person acts for, and hold every form to that customer.

    Sets `request.customer` and `request.access` (None for somebody without a claimed account).
    A form sent for another customer than the one at hand is answered 409: with two tabs open
    on two accounts, nobody grants or cancels for the wrong one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.access = request.customer = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            accesses = list(
                Access.objects.of_user(request.user)
                .in_force(at=timezone.now())
                .select_related("customer")
                .order_by("starts_at")
            )
            chosen = request.session.get("customer")
            access = next((a for a in accesses if str(a.customer_id) == chosen), None)
            access = access or (accesses[0] if accesses else None)
            request.access = access  # type: ignore[attr-defined]
            request.accesses = accesses  # type: ignore[attr-defined]
            request.customer = access and access.customer  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.app_name not in ABOUT_A_CUSTOMER:
            return None
        if not request.user.is_authenticated:
            return None
        customer = request.customer  # type: ignore[attr-defined]
        if customer is None:
            return redirect("claim")
        if request.method == "POST" and request.POST.get("customer") != str(customer.pk):
            return render(request, "409.html", status=409)
        return None
