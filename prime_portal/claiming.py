"""Claiming an account: number, ZIP and the code from the letter, then a sign-in of one's own."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from allauth.core.internal.httpkit import get_client_ip
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from usage import claims, limits
from usage.models import Access, Claim, CodeRequest
from usage.requests import CustomerRequest

if TYPE_CHECKING:
    from prime_portal.models import User

SESSION_KEY = "claim"
PROOF_LIVES = timedelta(hours=1)
CODE_REQUESTS_AN_HOUR = 20  # from one network


class ClaimForm(forms.Form):
    account_number = forms.CharField(
        label=gettext_lazy("SCE customer account number"),
        help_text=gettext_lazy("It is on your electric bill, near the top."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    zip_code = forms.CharField(
        label=gettext_lazy("ZIP code"),
        help_text=gettext_lazy("Of your home or business, or where you get mail."),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Code from our letter"),
        help_text=gettext_lazy("Ten letters and numbers, such as ABCDE-23456."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}
        ),
    )


class NewCodeForm(forms.Form):
    account_number = ClaimForm.base_fields["account_number"]
    zip_code = ClaimForm.base_fields["zip_code"]


@login_not_required
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Prove that an account is yours. Whatever is wrong, the answer is the same sentence."""
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        found = claims.check(claims.Proof(**form.cleaned_data), address=network_of(request), at=now)
        if found:
            request.session[SESSION_KEY] = {"id": str(found.pk), "at": now.isoformat()}
            if not request.user.is_authenticated:
                request.session.cycle_key()
                return redirect("account_signup")
            finish(request, by=request.user, at=now)
            return redirect("overview")
        form.add_error(
            None,
            _(
                "That did not work. Check the account number, the ZIP code and the code. "
                "A code works once and for 21 days, and only a few tries a day are allowed."
            ),
        )
    return render(request, "claim/claim.html", {"form": form})


@login_not_required
@require_http_methods(["GET", "POST"])
def new_code(request: HttpRequest) -> HttpResponse:
    """Ask for a new code. It goes by post to the address on file; the answer tells nothing.

    Nor does the time it takes: the worker looks up whether there is such a customer.
    """
    form = NewCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        tries = limits.count("new code", network_of(request), now.strftime("%Y-%m-%dT%H"), at=now)
        if tries <= CODE_REQUESTS_AN_HOUR:
            CodeRequest.objects.create(**form.cleaned_data, at=now)
        return render(request, "claim/new_code_sent.html")
    return render(request, "claim/new_code.html", {"form": form})


@require_http_methods(["GET", "POST"])
def confirm(request: CustomerRequest) -> HttpResponse:
    """Ask whoever signed in whether the account proved in this browser is to be theirs."""
    held = proven(request, at=timezone.now())
    if held is None:
        return redirect("overview")
    if request.method == "POST":
        if "yes" in request.POST:
            finish(request, by=request.user, at=timezone.now())
        else:
            del request.session[SESSION_KEY]
        return redirect("overview")
    return render(
        request,
        "claim/confirm.html",
        {"last_four": held.customer.account_number[-4:], "email": request.user.email},
    )


def network_of(request: HttpRequest) -> str:
    """Return whom to count tries for: an IPv4 address, or the /64 an IPv6 address is in."""
    address = ipaddress.ip_address(get_client_ip(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def proven(request: HttpRequest, *, at: datetime) -> Claim | None:
    """Return the claim this session has proved in the last hour, if it is still open."""
    held = request.session.get(SESSION_KEY)
    proved_at = parse_datetime(held["at"]) if held else None
    if held is None or proved_at is None or at - proved_at > PROOF_LIVES:
        return None
    return Claim.objects.filter(pk=held["id"], redeemed_at=None, expires_at__gt=at).first()


def finish(request: HttpRequest, *, by: User, at: datetime) -> Access | None:
    """Turn a proved claim into access, once the person has a verified sign-in."""
    claim = proven(request, at=at)
    request.session.pop(SESSION_KEY, None)
    access = claims.redeem(claim, by=by, at=at) if claim else None
    if access:
        request.session["customer"] = str(access.customer_id)
        messages.success(request, _("Your account is now open to you here."))
    return access
