"""The people who may act for an account: who they are, inviting somebody, ending it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import accesses
from consent.models import Invitation
from usage.models import Access, Customer, Via
from usage.requests import CustomerRequest

WHO = [choice for choice in Access.Capacity.choices if choice[0] != Access.Capacity.HOLDER]


class InviteForm(forms.Form):
    """Whom, as what, for what, and until when."""

    email = forms.EmailField(
        label=gettext_lazy("Their e-mail address"),
        help_text=gettext_lazy("They sign in with it. Only they can accept."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    capacity = forms.ChoiceField(
        label=gettext_lazy("Who is it?"), choices=WHO, widget=forms.RadioSelect
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What may they do?"),
        choices=[*reversed(Access.Scope.choices)],
        widget=forms.RadioSelect,
    )
    proof = forms.CharField(
        label=gettext_lazy("Why may they act for you?"),
        help_text=gettext_lazy("For instance: lives with me; power of attorney of 3 May."),
        max_length=200,
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day (needed for a representative)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def invite(self, customer: Customer, **who: Any) -> Invitation:
        said = self.cleaned_data
        last: date | None = said["last_day"]
        return accesses.invite(
            customer,
            email=said["email"],
            capacity=Access.Capacity(said["capacity"]),
            scope=Access.Scope(said["scope"]),
            proof=said["proof"],
            ends_on=last + timedelta(days=1) if last else None,
            language=translation.get_language() or "en",
            **who,
        )


class DeskInviteForm(InviteForm):
    """The same, and how the holder's wish reached staff."""

    via = forms.ChoiceField(
        label=gettext_lazy("How did it reach PRIME?"),
        choices=[choice for choice in Via.choices if choice[0] != Via.PORTAL],
        widget=forms.RadioSelect,
    )


@require_GET
def people(request: CustomerRequest) -> HttpResponse:
    """Show who may act for this account, and whom somebody invited."""
    now = timezone.now()
    held = Access.objects.of(request.customer).in_force(at=now).select_related("user")
    rows = [
        (access, accesses.may_end(request.access, access)) for access in held.order_by("starts_at")
    ]
    return render(
        request,
        "consent/people.html",
        {
            "rows": rows,
            "invitations": Invitation.objects.of(request.customer).open(at=now),
            "may_invite": _is_holder(request),
        },
    )


@require_http_methods(["GET", "POST"])
def invite(request: CustomerRequest) -> HttpResponse:
    """Invite somebody. Only an account holder does."""
    if not _is_holder(request):
        return render(request, "403.html", status=403)
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            form.invite(request.customer, by=request.user, via=Via.PORTAL, at=timezone.now())
        except accesses.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The invitation is on its way. It is open for 14 days."))
            return redirect("consent:people")
    status = 422 if form.is_bound else 200
    return render(request, "consent/invite.html", {"form": form}, status=status)


@require_POST
def withdraw(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Take an invitation back."""
    if not _is_holder(request):
        return render(request, "403.html", status=403)
    invitation = get_object_or_404(Invitation.objects.of(request.customer), pk=pk)
    accesses.withdraw(invitation, by=request.user, at=timezone.now())
    messages.success(request, _("The invitation is taken back."))
    return redirect("consent:people")


@require_http_methods(["GET", "POST"])
def end(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Ask first, then end somebody's access, or one's own."""
    now = timezone.now()
    held = get_object_or_404(
        Access.objects.of(request.customer).in_force(at=now).select_related("user"), pk=pk
    )
    if not accesses.may_end(request.access, held):
        return render(request, "403.html", status=403)
    if request.method == "POST":
        accesses.end(held, by=request.user, at=now)
        messages.success(request, _("Ended. They can no longer see or do anything here."))
        return redirect("overview" if held.pk == request.access.pk else "consent:people")
    mine = held.pk == request.access.pk
    return render(request, "consent/end_access.html", {"access": held, "mine": mine})


def _is_holder(request: CustomerRequest) -> bool:
    return request.access.capacity == Access.Capacity.HOLDER
