"""Is this wrong? First a plain answer, then a question, dispute or complaint, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from usage import categories, disputes, history, matching
from usage.forms import DisputeForm, ReplyForm
from usage.models import (
    Access,
    Bill,
    Category,
    Dispute,
    DisputeEvent,
    ServiceAgreement,
    Via,
)
from usage.requests import CustomerRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What she was looking at when she asked: a place and days, a bill, or a category."""

    category: Category | None = None
    agreement: ServiceAgreement | None = None
    first: date | None = None
    last: date | None = None
    bill: Bill | None = None

    @property
    def query(self) -> str:
        """The same again, for the address of the form."""
        parts = {
            "category": self.category and self.category.pk,
            "place": self.agreement and self.agreement.pk,
            "first": self.first,
            "last": self.last,
        }
        return urlencode({name: value for name, value in parts.items() if value})


@require_GET
def wrong(request: CustomerRequest) -> HttpResponse:
    """Say why readings and bill may differ, with the facts of the days she looked at."""
    asked = _asked(request)
    facts = None
    if asked.agreement and asked.first and asked.last:
        facts = matching.facts_of(asked.agreement, asked.first, asked.last, bill=asked.bill)
    return render(
        request,
        "usage/wrong.html",
        {
            "asked": asked,
            "facts": facts,
            "open": Dispute.objects.of(request.customer).open().count(),
        },
    )


@require_http_methods(["GET", "POST"])
def raise_(request: CustomerRequest) -> HttpResponse:
    """Take up what she says, and give her the number of it."""
    if request.access.scope != Access.Scope.EVERYTHING:
        return render(request, "403.html", status=403)
    if request.method == "GET":
        form = DisputeForm(customer=request.customer, initial=_initial(request, _asked(request)))
        return render(request, "usage/raise.html", {"form": form})
    form = DisputeForm(request.POST, customer=request.customer)
    if form.is_valid():
        try:
            raised = disputes.raise_(
                request.customer,
                form.about(),
                kind=Dispute.Kind(form.cleaned_data["kind"]),
                text=form.cleaned_data["text"],
                request_key=form.cleaned_data["request_key"],
                by=request.user,
                via=Via.PORTAL,
                at=timezone.now(),
            )
        except disputes.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("We have it. Its number is %(number)s.") % {"number": raised.reference}
            )
            return redirect("usage:dispute", raised.pk)
    return render(request, "usage/raise.html", {"form": form}, status=422)


@require_GET
def mine(request: CustomerRequest) -> HttpResponse:
    """List what she raised, newest first, with how it stands."""
    hers = Dispute.objects.of(request.customer).with_state().select_related("category")
    return render(request, "usage/disputes.html", {"disputes": [_told(one) for one in hers]})


@require_http_methods(["GET", "POST"])
def dispute(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Show one with its whole history; she may add something, or say that it is settled."""
    events = DisputeEvent.objects.order_by("number")
    hers = Dispute.objects.of(request.customer).with_state()
    held = get_object_or_404(
        hers.select_related("category", "customer", "agreement__service_point").prefetch_related(
            Prefetch("events", events)
        ),
        pk=pk,
    )
    form = ReplyForm(request.POST if "reply" in request.POST else None)
    if request.method == "POST":
        if request.access.scope != Access.Scope.EVERYTHING:
            return render(request, "403.html", status=403)
        if done := _stepped(request, held, form):
            messages.success(request, done)
            return redirect("usage:dispute", pk)
    return render(
        request,
        "usage/dispute.html",
        {
            "dispute": _told(held),
            "form": form,
            "sces": held.category_id in disputes.SCES,
            "closed": held.newest == DisputeEvent.Kind.CLOSED,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _stepped(request: CustomerRequest, held: Dispute, form: ReplyForm) -> str:
    """Do what the button says; return what to tell her, or nothing when the form is not right."""
    step: dict[str, Any] = {"by": request.user, "via": Via.PORTAL, "at": timezone.now()}
    try:
        if "settled" in request.POST:
            settled = DisputeEvent.Outcome.WITHDRAWN
            disputes.close(held, outcome=settled, text="", **step)
            return _("Thank you. It is closed.")
        if form.is_valid():
            disputes.reply(held, text=form.cleaned_data["text"], **step)
            return _("We have added it.")
    except disputes.Refused as refused:
        form.add_error(None, str(refused))
    return ""


def _told(held: Any) -> Dispute:
    """The same with how it stands, in words."""
    held.state = disputes.STATES[held.newest]
    held.waits, held.standing = disputes.waits(held), disputes.standing(held)
    told: Dispute = held
    return told


def _asked(request: CustomerRequest) -> Asked:
    """Read what the address says she was looking at; somebody else's is a 404."""
    customer, get = request.customer, request.GET
    category = get_object_or_404(Category, pk=get["category"]) if "category" in get else None
    try:
        if "bill" in get:
            bill = get_object_or_404(
                Bill.objects.of(customer).select_related("agreement__service_point"),
                pk=get["bill"],
            )
            category = Category.objects.get(pk=categories.BILLING_HISTORY)
            return Asked(category, bill.agreement, bill.starts_on, bill.last_day, bill)
        if "place" not in get:
            return Asked(category)
        agreement = get_object_or_404(
            ServiceAgreement.objects.of(customer).select_related("service_point"), pk=get["place"]
        )
        first, last = (parse_date(get.get(name, "")) for name in ("first", "last"))
    except (ValidationError, ValueError):
        raise Http404 from None
    if first is None or last is None or last < first or (last - first).days > 400:
        return Asked(category, agreement)
    if not history.covers(agreement, first, last + timedelta(days=1)):
        raise Http404
    category = category or Category.objects.get(pk=categories.INTERVAL_USAGE)
    return Asked(category, agreement, first, last)


def _initial(request: CustomerRequest, asked: Asked) -> dict[str, Any]:
    kind = request.GET.get("kind")
    return {
        "kind": kind if kind in Dispute.Kind.values else Dispute.Kind.DISPUTE,
        "category": asked.category,
        "agreement": asked.agreement,
        "first_day": asked.first,
        "last_day": asked.last,
    }
