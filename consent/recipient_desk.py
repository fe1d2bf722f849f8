"""The desk for what goes to third parties: credentials, what waits, bulk, who has not answered.

The middleware lets in staff with their second factor alone; each act asks for its own right.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import approvals, packages, recipients, withdrawals
from consent.models import (
    BulkProposal,
    Contract,
    Disclosure,
    Package,
    RecipientCredential,
    Schedule,
    ThirdParty,
    Withdrawal,
)
from usage import purposes
from usage.models import Category, Customer, Enrollment
from usage.requests import newest

PROPOSALS = 20
"""Proposals to send shown at first."""


class CredentialForm(forms.Form):
    """Whom a credential is for, and which of its machines or people holds it."""

    third_party: forms.ModelChoiceField[ThirdParty] = forms.ModelChoiceField(
        label=gettext_lazy("Third party"),
        queryset=ThirdParty.objects.filter(closed_at=None).order_by("key"),
    )
    label = forms.CharField(label=gettext_lazy("Who or what holds it"), max_length=80)


class BulkForm(forms.Form):
    """A contract, days, and whose: everyone PRIME serves, or these account numbers."""

    contract: forms.ModelChoiceField[Contract] = forms.ModelChoiceField(
        label=gettext_lazy("Contract or order"), queryset=Contract.objects.filter(ended_at=None)
    )
    first_day = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    accounts = forms.CharField(
        label=gettext_lazy("Customer account numbers, one a line"),
        help_text=gettext_lazy("Leave it empty for every customer PRIME serves on the last day."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("The last day comes before the first."))
        if last and last >= timezone.localdate():
            self.add_error("last_day", _("Choose a day that is over."))
        lines = (line.strip() for line in cleaned.get("accounts", "").splitlines())
        numbers = [line for line in lines if line]
        found = Customer.objects.filter(account_number__in=numbers)
        if unknown := set(numbers) - set(found.values_list("account_number", flat=True)):
            said = _("No customer has this account number: %(numbers)s.")
            self.add_error("accounts", said % {"numbers": ", ".join(sorted(unknown))})
        if numbers:
            cleaned["customers"] = found.order_by("pk")
        elif last:
            cleaned["customers"] = _served(last)
        return cleaned


def _served(on: date) -> QuerySet[Customer]:
    enrolled = Enrollment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)
    return Customer.objects.filter(pk__in=enrolled.values("customer")).order_by("pk")


def _gone() -> Exists:
    """Whether a package's key went, or may have: a crash leaves that without released_at."""
    return Exists(Disclosure.objects.gone().filter(package_id=OuterRef("pk")))


def _page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    whole = admin.site.each_context(request) | context
    return render(request, f"admin/consent/{name}.html", whole, status=status)


def _needs(request: HttpRequest, *rights: str) -> None:
    if not any(request.user.has_perm(f"consent.{right}") for right in rights):
        raise PermissionDenied


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show who can fetch, what waits, what is proposed, and who has not answered."""
    _needs(request, "view_package")
    now = timezone.now()
    proposed = BulkProposal.objects.select_related(
        "contract__third_party", "proposed_by", "approval__approved_by"
    )
    proposals, more = newest(request, proposed, most=PROPOSALS)
    return _page(
        request,
        "recipients",
        credentials=RecipientCredential.objects.select_related("third_party", "issued_by"),
        waiting=Package.objects.waiting(at=now)
        .select_related("third_party")
        .annotate(customers=Count("members"), gone=_gone())
        .order_by("expires_at"),
        schedules=Schedule.objects.running()
        .select_related("authorization__third_party")
        .order_by("next_on"),
        proposals=proposals,
        more=more,
        to_chase=withdrawals.to_chase(at=now),
        form=CredentialForm(),
    )


@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Give out a credential and show its secret, this once."""
    _needs(request, "add_recipientcredential")
    form = CredentialForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a third party, and say who or what holds it."))
        return redirect("recipient_desk:desk")
    credential, secret = recipients.issue(
        form.cleaned_data["third_party"],
        label=form.cleaned_data["label"],
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
    )
    return _page(request, "credential", credential=credential, secret=secret)


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a credential: it opens nothing from now on."""
    _needs(request, "change_recipientcredential")
    credential = get_object_or_404(RecipientCredential, pk=pk)
    recipients.end(credential, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Ended. It opens nothing from now on."))
    return redirect("recipient_desk:desk")


@require_POST
def chase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that somebody asked a third party whether it read a withdrawal."""
    _needs(request, "change_withdrawal")
    told = get_object_or_404(Withdrawal, pk=pk)
    if how := request.POST.get("how", "").strip()[:400]:
        withdrawals.chase(told, how=how, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("Recorded."))
    else:
        messages.error(request, _("Say how you asked, and whom."))
    return redirect("recipient_desk:desk")


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose to send what a contract allows about many customers. Another person approves it."""
    _needs(request, "add_bulkproposal")
    form = BulkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            bulk = approvals.propose(
                chosen["contract"],
                chosen["customers"],
                first_day=chosen["first_day"],
                last_day=chosen["last_day"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except approvals.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. Another person must approve it."))
            return redirect("recipient_desk:bulk", bulk.pk)
    return _page(request, "propose", form=form, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what would go about how many; let another person approve it, then have it packed."""
    _needs(request, "add_bulkproposal", "approve_bulkproposal")
    held = get_object_or_404(
        BulkProposal.objects.select_related(
            "contract__third_party", "contract__purpose", "proposed_by", "approval__approved_by"
        ),
        pk=pk,
    )
    if request.method == "POST":
        try:
            _act(request, held)
        except (approvals.Refused, packages.NotPrepared) as refused:
            messages.error(request, str(refused))
        return redirect("recipient_desk:bulk", pk)
    today = approvals.gathered(held)
    return _page(
        request,
        "bulk",
        bulk=held,
        purpose=purposes.words_of(held.contract.purpose),
        shown=bytes(held.proposal_sha256).hex(),
        changed=today.digest != bytes(held.proposal_sha256),
        own=held.proposed_by_id == request.user.pk,
        approval=getattr(held, "approval", None),
        categories=Category.objects.filter(key__in=held.categories),
        agreements=sum(len(about.agreements) for about in today.about),
        packages=Package.objects.filter(proposal_sha256=held.proposal_sha256)
        .annotate(gone=_gone())
        .order_by("-prepared_at"),
    )


def _act(request: HttpRequest, held: BulkProposal) -> None:
    by: Any = request.user
    now = timezone.now()
    if "approve" in request.POST:
        _needs(request, "approve_bulkproposal")
        approvals.approve(held, shown=request.POST.get("shown", ""), by=by, at=now)
        messages.success(request, _("Approved. It can be packed now."))
    elif "withdraw" in request.POST:
        approvals.withdraw(held, by=by, at=now)
        messages.success(request, _("Withdrawn. Nothing more goes on it."))
    elif "pack" in request.POST:
        _needs(request, "disclose_authorization")
        approvals.pack(held, at=now)
        messages.success(request, _("Packed. The third party can fetch it for some days."))
