"""The desk for findings and stops (6.8): two people, one in an emergency, and customers' own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consent import contracting, third_parties
from consent.models import Finding, Stop, ThirdParty
from prime_portal.desks.pages import ask, do
from prime_portal.desks.party_forms import CustomerStopForm, FindingForm, ReasonForm
from usage.models import Via

may_find = permission_required("consent.add_finding", raise_exception=True)
may_stop = permission_required("consent.add_stop", raise_exception=True)


@may_find
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record a finding; in an emergency stop everything at once."""
    held, now = get_object_or_404(ThirdParty, pk=pk), timezone.now()

    def act(said: Mapping[str, Any]) -> None:
        found = third_parties.find(
            held,
            evidence=said["evidence"],
            sign_off=said["sign_off"],
            by=request.user,  # type: ignore[arg-type]
            at=now,
        )
        if said["emergency"]:
            third_parties.stop(held, finding=found, by=request.user, at=now)  # type: ignore[arg-type]

    bound = contracting.under_contract(held, at=now)
    return ask(
        request,
        FindingForm(request.POST or None),
        act,
        title=_("Finding against %(who)s") % {"who": held.words.legal_name},
        submit=_("Record the finding"),
        done=_("Recorded."),
        back=_page_of(held),
        crumb=held.words.legal_name,
        intro=_(
            "A pattern or practice of breaking its contract ends every disclosure to it (6.8). You "
            "record what was found; another person stops it."
        )
        if bound
        else _(
            "PRIME has no contract with it: customers or the CPUC chose it. It is stopped for "
            "everyone only with a legal sign-off (CPUC D.13-09-025). One customer’s data can be "
            "stopped at any time."
        ),
    )


@may_stop
@require_POST
def act_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a third party on another person's finding."""
    found = get_object_or_404(Finding, pk=pk)
    return do(
        request,
        partial(third_parties.stop, found.third_party, finding=found, **_who(request)),
        done=_("Stopped. Nothing more goes to it, and the customers it touches are told."),
        back=_page_of(found.third_party),
    )


@may_stop
@require_POST
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Act on a finding no further."""
    found = get_object_or_404(Finding, pk=pk)
    return do(
        request,
        partial(third_parties.drop, found, **_who(request)),
        done=_("Dropped. It stays in the record."),
        back=_page_of(found.third_party),
    )


@may_stop
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm an emergency stop as the second person."""
    stopped = get_object_or_404(Stop, pk=pk)
    return do(
        request,
        partial(third_parties.confirm, stopped, **_who(request)),
        done=_("Confirmed."),
        back=_page_of(stopped.third_party),
    )


@may_stop
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Lift a stop, with the reason."""
    stopped = get_object_or_404(Stop, pk=pk)
    held = stopped.third_party
    return ask(
        request,
        ReasonForm(request.POST or None),
        lambda said: third_parties.lift(stopped, **said, **_who(request)),
        title=_("Lift the stop of %(who)s") % {"who": held.words.legal_name},
        submit=_("Lift the stop"),
        done=_("Lifted. What else permits it may go again, and the customers it touches are told."),
        back=_page_of(held),
        crumb=held.words.legal_name,
    )


@may_stop
@require_http_methods(["GET", "POST"])
def for_customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop one customer's data on her complaint. It needs nobody else."""
    held = get_object_or_404(ThirdParty, pk=pk)

    def act(said: Mapping[str, Any]) -> None:
        third_parties.stop(
            held,
            customer=said["account"],
            reason=said["reason"],
            via=Via(said["via"]),
            **_who(request),
        )

    return ask(
        request,
        CustomerStopForm(request.POST or None),
        act,
        title=_("Stop one customer’s data to %(who)s") % {"who": held.words.legal_name},
        submit=_("Stop this customer’s data"),
        done=_("Stopped for this customer alone. The customer is told."),
        back=_page_of(held),
        crumb=held.words.legal_name,
        intro=_("Check who is asking, as for a cancel. It takes hold at once."),
    )


def _page_of(held: ThirdParty) -> str:
    return reverse("party_desk:party", args=[held.pk])


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": timezone.now()}
