"""The desk for demands by law and requests for data (CPUC Rules 4(c), 4(d); R40 to R45)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import asks, disclosures, legal
from consent.models import Demand, DemandedCustomer
from consent.policy import TO_CONTEST, decide
from prime_portal.desks.pages import ask, do, page
from prime_portal.desks.party_forms import DemandForm, NoteForm
from prime_portal.models import EnteredInError
from usage.models import Category
from usage.requests import newest

PACIFIC = ZoneInfo("America/Los_Angeles")

CLOSED = 50
"""Closed demands shown at first."""

may_see = permission_required("consent.view_demand", raise_exception=True)
may_record = permission_required("consent.add_demand", raise_exception=True)
may_review = permission_required("consent.change_demand", raise_exception=True)


@may_see
@require_GET
def demand_list(request: HttpRequest) -> HttpResponse:
    """Show every demand, those that need somebody first, and the yearly figures."""
    year = timezone.localdate().year
    held = Demand.objects.select_related("third_party", "recorded_by")
    marks = EnteredInError.objects.filter(table=Demand._meta.db_table)
    wrong = list(marks.values_list("row", flat=True))
    closed, more = newest(request, held.exclude(closed_at=None), most=CLOSED)
    return page(
        request,
        "demands",
        open=held.filter(closed_at=None),
        unchecked=held.filter(process=Demand.Process.EMERGENCY, checked_at=None),
        closed=closed,
        more=more,
        years=[(each, legal.counts(each, leaving_out=wrong)) for each in (year, year - 1)],
    )


@may_record
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Record a demand as it came. Nothing leaves by that."""

    def act(said: Mapping[str, Any]) -> None:
        legal.record(
            process=Demand.Process(said["process"]),
            third_party=said["third_party"],
            reference=said["reference"],
            customers=said["accounts"],
            categories=said["categories"],
            first_day=said["first_day"],
            last_day=said["last_day"],
            reason=said["reason"],
            gag_order=said["gag_order"],
            received_at=min(
                timezone.now(), datetime.combine(said["received_on"], time(12), tzinfo=PACIFIC)
            ),
            **_who(request),
        )

    return ask(
        request,
        DemandForm(request.POST or None, initial={"received_on": timezone.localdate()}),
        act,
        title=_("Record a demand"),
        submit=_("Record"),
        done=_("Recorded. Another person reviews it."),
        back=reverse("party_desk:demands"),
        crumb=_("Demands"),
        intro=_("Only what names the customers can be answered (CPUC Rule 4(c)(1))."),
    )


@may_see
@require_GET
def demand(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one demand: who reviewed it, who was told when, and what may leave today."""
    held = get_object_or_404(
        Demand.objects.select_related("third_party", "recorded_by", "reviewed_by"), pk=pk
    )
    now, names = timezone.now(), {c.key: c.name for c in Category.objects.all()}
    named: list[Any] = list(held.customers.select_related("customer"))
    answers = [decide(each, at=now) for each in asks.of(legal.gather(held), at=now)]
    for one, answer in zip(sorted(named, key=lambda one: one.customer_id), answers, strict=True):
        one.told_at = asks.told_at(held, one.customer_id)
        one.may_leave_at = one.told_at + TO_CONTEST if one.told_at else None
        one.answer, one.why = answer, _(answer.reason)
    sent = held.disclosures.gone()
    stopped = legal.called_off(held)
    for one in named:
        one.called_off = one.customer_id in stopped
    return page(
        request,
        "demand",
        demand=held,
        words=held.third_party.words,
        names=[names[key] for key in held.categories],
        named=named,
        may_release=all(answer.allowed for answer in answers),
        on_paper=held.process == Demand.Process.CONTACT_ONLY,
        tells=held.process == Demand.Process.SUBPOENA,
        own=held.recorded_by_id == request.user.pk,
        sent=sent,
        barred=bool(held.gag_order and not held.gag_ended_at),
    )


@may_review
@require_GET
def details(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one customer's contact details, to hand over on paper once their disclosure is recorded.

    It opens in a case of hers (prime_portal.case_door).
    """
    named = get_object_or_404(DemandedCustomer.objects.select_related("demand", "customer"), pk=pk)
    left = named.demand.disclosures.gone()
    if named.demand.process != Demand.Process.CONTACT_ONLY or not left.exists():
        raise Http404
    return page(
        request,
        "details",
        demand=named.demand,
        customer=named.customer,
        case=getattr(request, "case", None),
        details=legal.contact_details(named),
    )


@may_review
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Review a demand as the second person; a subpoena's customers are told then."""
    return _note(
        request,
        pk,
        legal.review,
        title=_("Review it"),
        done=_("Reviewed. Customers who must be told are owed the notice."),
    )


@may_review
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look at an emergency afterwards."""
    return _note(request, pk, legal.check, title=_("Review it afterwards"), done=_("Reviewed."))


@may_review
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a demand with what came of it."""

    def act(held: Demand, *, note: str, **who: Any) -> None:
        legal.close(held, outcome=note, **who)

    return _note(request, pk, act, title=_("Close the demand"), done=_("Closed."))


@may_review
@require_POST
def contest(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that a customer contests it, or that this has ended."""
    named = get_object_or_404(DemandedCustomer, pk=pk)
    verb = legal.end_contest if named.contested_at else legal.contest
    return do(
        request,
        partial(verb, named, at=timezone.now()),
        done=_("Recorded."),
        back=_page_of(named.demand),
    )


@may_review
@require_POST
def end_gag(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that telling is no longer barred."""
    held = get_object_or_404(Demand, pk=pk)
    return do(
        request,
        partial(legal.end_gag, held, at=timezone.now()),
        done=_("Recorded. The customers see what left."),
        back=_page_of(held),
    )


@may_review
@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Release what a demand asks for: decided anew, recorded, then handed over."""
    held = get_object_or_404(Demand, pk=pk)
    proposal, by = legal.gather(held), request.user
    try:
        if held.process == Demand.Process.CONTACT_ONLY:
            disclosures.tell(proposal, by=by, at=timezone.now)  # type: ignore[arg-type]
        else:
            disclosures.disclose(proposal, by=by, at=timezone.now)  # type: ignore[arg-type]
    except disclosures.Refused as refused:
        decision = refused.decision
        messages.error(request, f"{_(decision.reason)} (PRIME-07 {decision.clause})")
    else:
        messages.success(request, _("Released and recorded."))
    return redirect(_page_of(held))


def _note(request: HttpRequest, pk: UUID, verb: Any, *, title: str, done: str) -> HttpResponse:
    held = get_object_or_404(Demand, pk=pk)
    return ask(
        request,
        NoteForm(request.POST or None),
        lambda said: verb(held, **said, **_who(request)),
        title=title,
        submit=_("Record"),
        done=done,
        back=_page_of(held),
        crumb=str(held),
    )


def _page_of(held: Demand) -> str:
    return reverse("party_desk:demand", args=[held.pk])


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": timezone.now()}
