"""The desk where staff keep third parties, what they ask for, and contracts (6.4 to 6.9)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import asks, contracting, flows, third_parties
from consent.models import (
    Authorization,
    Contract,
    ContractVersion,
    Finding,
    StandingFlow,
    StatedUse,
    Stop,
    ThirdParty,
)
from prime_portal.desks.pages import ask, do, page
from prime_portal.desks.party_forms import (
    AmendForm,
    ContractForm,
    FlowForm,
    LetterForm,
    RegisterForm,
    UseForm,
    WordsForm,
)
from usage import purposes
from usage.models import Category

may_see = permission_required("consent.view_thirdparty", raise_exception=True)
may_keep = permission_required("consent.add_contract", raise_exception=True)

DESK = "party_desk:desk"


@may_see
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show every third party with how it stands, and above them what needs somebody."""
    now = timezone.now()
    return page(
        request,
        "desk",
        red=red(at=now),
        waiting=Finding.objects.waiting().select_related("third_party", "found_by"),
        parties=[
            {
                "party": party,
                "words": party.words,
                "stopped": Stop.objects.in_force().against(party).exists(),
                "contracts": [
                    _stood(contract, at=now) for contract in party.contracts.filter(ended_at=None)
                ],
                "allowed": Authorization.objects.in_force(at=now).filter(third_party=party).count(),
            }
            for party in ThirdParty.objects.filter(closed_at=None).order_by("key")
        ],
    )


def red(*, at: datetime) -> list[str]:
    """Say what about third parties needs somebody, a sentence each."""
    said = [
        _("The stop of %(who)s was not confirmed by a second person within a day.")
        % {"who": stop.third_party.words.legal_name}
        for stop in Stop.objects.unconfirmed(at=at).select_related("third_party")
    ]
    said += [
        _("%(who)s reached %(count)s customers: send the letter about its own duties.")
        % {"who": party.words.legal_name, "count": party.customers}
        for party in ThirdParty.objects.with_duties(at=at).filter(duties_letter=None)
    ]
    for flow in StandingFlow.objects.filter(ended_at=None).select_related("contract__third_party"):
        decision = flows.judged(flow, at=at)
        if not decision.allowed:
            said.append(
                _("Data goes to %(who)s outside the portal, and may not: %(why)s")
                % {
                    "who": flow.contract.third_party.words.legal_name,
                    "why": _(decision.reason),
                }
            )
    return said


@may_see
@require_GET
def party(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show all there is of one third party."""
    held, now = get_object_or_404(ThirdParty, pk=pk), timezone.now()
    names = {category.key: category.name for category in Category.objects.all()}
    uses: list[Any] = list(held.uses.select_related("purpose").order_by("ended_at", "recorded_at"))
    for use in uses:
        use.words = purposes.words_of(use.purpose)
        use.names = [names[key] for key in use.categories]
    going: list[Any] = list(
        StandingFlow.objects.filter(contract__third_party=held).select_related("contract")
    )
    for flow in going:
        flow.decision = flows.judged(flow, at=now)
        flow.why = _(flow.decision.reason)
        flow.names = [names[key] for key in flow.categories]
    duties = ThirdParty.objects.with_duties(at=now).filter(pk=pk).first()
    return page(
        request,
        "party",
        party=held,
        words=held.words,
        versions=held.versions.select_related("recorded_by").order_by("-number"),
        uses=uses,
        contracts=[_stood(contract, at=now) for contract in held.contracts.order_by("opened_at")],
        flows=going,
        findings=held.findings.select_related("found_by").order_by("-found_at"),
        waiting=Finding.objects.waiting().filter(third_party=held),
        stops=held.stops.filter(customer=None).order_by("-stopped_at"),
        stopped=Stop.objects.in_force().against(held).first(),
        single=held.stops.in_force().exclude(customer=None).select_related("customer"),
        bound=contracting.under_contract(held, at=now),
        reached=duties.customers if duties else 0,
        letter=getattr(held, "duties_letter", None),
    )


def _stood(contract: Contract, *, at: datetime) -> dict[str, Any]:
    """A contract with its checklist: each clause it must have, and whether it has it."""
    names = {category.key: category.name for category in Category.objects.all()}
    words, missing = contract.words, contracting.missing(contract)
    needed = contract.standing in asks.OWN
    return {
        "contract": contract,
        "words": words,
        "purpose": purposes.words_of(contract.purpose),
        "names": [names[key] for key in words.categories],
        "missing": missing,
        "in_force": contracting.in_force(contract, at=at),
        "checklist": [
            (clause.label, clause.value in words.clauses, str(clause.label) in missing)
            for clause in ContractVersion.Clause
        ]
        if needed
        else [],
        "onward": contract.onward.filter(ended_at=None).select_related("third_party"),
    }


@may_keep
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a third party."""
    return ask(
        request,
        RegisterForm(request.POST or None),
        lambda said: third_parties.register(**said, **_who(request)),
        title=_("Register a third party"),
        submit=_("Register"),
        done=_("Registered. Now say what it asks for, or record its contract."),
        back=reverse(DESK),
        onward=lambda made: reverse("party_desk:party", args=[made.pk]),
        crumb=_("Third parties"),
        intro=_("Customers read these words when they choose. Both languages must say the same."),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give it new words. Authorizations keep those that were shown."""
    held = get_object_or_404(ThirdParty, pk=pk)
    said = held.words
    return _about(
        request,
        held,
        WordsForm(
            request.POST or None,
            initial={name: getattr(said, name) for name in WordsForm.base_fields},
        ),
        lambda given: third_parties.reword(held, **given, **_who(request)),
        title=_("New words"),
        done=_("Saved as a new version. Authorizations keep the words that were shown."),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def use(request: HttpRequest, pk: UUID) -> HttpResponse:
    """State what it asks customers for."""
    held = get_object_or_404(ThirdParty, pk=pk)
    return _about(
        request,
        held,
        UseForm(request.POST or None),
        lambda given: third_parties.state_use(held, **given, **_who(request)),
        title=_("What it asks customers for"),
        done=_("Saved. Customers can choose it now."),
    )


@may_keep
@require_POST
def end_use(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Offer a use to customers no longer."""
    held = get_object_or_404(StatedUse, pk=pk)
    return do(
        request,
        partial(third_parties.end_use, held, at=timezone.now()),
        done=_("It is offered no longer. Authorizations stay, for each customer to decide."),
        back=_page_of(held.third_party),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def contract(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record a contract or an order."""
    held = get_object_or_404(ThirdParty, pk=pk)
    form = ContractForm(request.POST or None)
    return _about(
        request,
        held,
        form,
        lambda given: contracting.record(
            held,
            standing=given["standing"],
            purpose=given["purpose"],
            source=given["source"],
            says=form.wording(),
            **_who(request),
        ),
        title=_("Record a contract or order"),
        done=_("Recorded."),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record a new version of a contract."""
    held = get_object_or_404(Contract, pk=pk)
    said = held.words
    form = AmendForm(
        request.POST or None,
        initial={name: getattr(said, name) for name in AmendForm.base_fields},
    )
    return _about(
        request,
        held.third_party,
        form,
        lambda _given: contracting.amend(held, says=form.wording(), **_who(request)),
        title=_("Amend %(number)s") % {"number": said.reference},
        done=_("Saved as a new version."),
    )


@may_keep
@require_POST
def end_contract(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a contract now."""
    held = get_object_or_404(Contract, pk=pk)
    return do(
        request,
        partial(contracting.end, held, at=timezone.now()),
        done=_("Ended. Nothing more goes by it."),
        back=_page_of(held.third_party),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def flow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Register what goes to it regularly outside the portal."""
    held = get_object_or_404(ThirdParty, pk=pk)
    return _about(
        request,
        held,
        FlowForm(request.POST or None, third_party=held),
        lambda given: flows.register(**given, **_who(request)),
        title=_("Register a flow outside the portal"),
        done=_("Registered. Customers see it from now on."),
    )


@may_keep
@require_POST
def end_flow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that it goes no longer."""
    held = get_object_or_404(StandingFlow, pk=pk)
    return do(
        request,
        partial(flows.end, held, **_who(request)),
        done=_("Recorded: it goes no longer."),
        back=_page_of(held.contract.third_party),
    )


@may_keep
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that it was told of its own duties (R60)."""
    held = get_object_or_404(ThirdParty, pk=pk)
    return _about(
        request,
        held,
        LetterForm(request.POST or None),
        lambda given: contracting.note_duties_letter(held, **given, **_who(request)),
        title=_("Letter about its own duties"),
        done=_("Noted."),
        intro=_(
            "Whoever holds the data of 11 customers or more is a covered entity itself "
            "(CPUC Rule 1(a)). PRIME tells it so in a letter."
        ),
    )


def _about(
    request: HttpRequest, held: ThirdParty, form: Any, act: Any, **more: Any
) -> HttpResponse:
    back, crumb = _page_of(held), held.words.legal_name
    return ask(request, form, act, submit=_("Save"), back=back, crumb=crumb, **more)


def _page_of(held: ThirdParty) -> str:
    return reverse("party_desk:party", args=[held.pk])


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": timezone.now()}
