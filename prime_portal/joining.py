"""Accepting an invitation to act for somebody's account, with a sign-in of one's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent import accesses
from consent.models import Invitation
from usage.models import Access

if TYPE_CHECKING:
    from prime_portal.models import User

SESSION_KEY = "invitation"


@login_not_required
@require_http_methods(["GET", "POST"])
def invited(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that somebody invites; a POST accepts, or leads to making a sign-in first.

    It names nobody: a link may be passed on, and only the address it was sent to can accept.
    """
    now = timezone.now()
    invitation = get_object_or_404(Invitation.objects.open(at=now), pk=pk)
    if request.method == "POST":
        request.session[SESSION_KEY] = str(invitation.pk)
        if not request.user.is_authenticated:
            return redirect("account_login" if "sign_in" in request.POST else "account_signup")
        if finish(request, by=request.user, at=now):
            return redirect("overview")
        messages.error(
            request,
            _("This invitation went to another address. Sign in with the one it came to."),
        )
    return render(request, "consent/invited.html", {"invitation": invitation})


def waiting(request: HttpRequest, *, at: datetime) -> Invitation | None:
    """Return the open invitation this browser came with, if any."""
    held = request.session.get(SESSION_KEY)
    found: Invitation | None = (
        Invitation.objects.open(at=at).filter(pk=held).first() if held else None
    )
    return found


def finish(request: HttpRequest, *, by: User, at: datetime) -> Access | None:
    """Turn an invitation into access, for somebody whose verified address it was sent to."""
    invitation = waiting(request, at=at)
    request.session.pop(SESSION_KEY, None)
    if invitation is None:
        return None
    mine = EmailAddress.objects.filter(user=by, verified=True)
    access = accesses.accept(
        invitation, by=by, addresses=mine.values_list("email", flat=True), at=at
    )
    if access:
        request.session["customer"] = str(access.customer_id)
        messages.success(request, _("You may now act for this account."))
    return access
