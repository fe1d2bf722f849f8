"""The desk for purposes (4.4, 4.5): secondary ones by one person, primary ones by two."""

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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import third_parties
from prime_portal.desks.pages import ask, do, page
from prime_portal.desks.purpose_forms import ProposalForm, PurposeForm, PurposeWordsForm
from usage import purposes
from usage.models import Category, Purpose, PurposeProposal

may_see = permission_required("usage.view_purpose", raise_exception=True)
may_record = permission_required("usage.add_purpose", raise_exception=True)

PURPOSES = "party_desk:purposes"


@may_see
@require_GET
def purpose_list(request: HttpRequest) -> HttpResponse:
    """Show every purpose, and what waits for a second person."""
    names = {category.key: category.name for category in Category.objects.all()}
    held: list[Any] = list(Purpose.objects.order_by("kind", "limb", "key"))
    for purpose in held:
        purpose.words = purposes.words_of(purpose)
        purpose.names = [names[key] for key in purpose.categories]
    waiting: list[Any] = list(
        PurposeProposal.objects.filter(decided_at=None).select_related("proposed_by", "replaces")
    )
    for proposal in waiting:
        proposal.names = [names[key] for key in proposal.categories]
    return page(
        request,
        "purposes",
        purposes=held,
        waiting=waiting,
        user_pk=request.user.pk,
    )


@may_record
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Record a secondary purpose: customers must authorize it."""
    return _ask(
        request,
        PurposeForm(request.POST or None),
        lambda said: purposes.record(**said, at=timezone.now()),
        title=_("Record a secondary purpose"),
        done=_("Recorded. The Notice must name it before anything goes for it (6.1)."),
    )


@may_record
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a purpose new words. Authorizations keep those that were shown."""
    held = get_object_or_404(Purpose, pk=pk)
    said = purposes.words_of(held)
    return _ask(
        request,
        PurposeWordsForm(
            request.POST or None,
            initial={name: getattr(said, name) for name in PurposeWordsForm.base_fields},
        ),
        lambda given: purposes.reword(held, **given, at=timezone.now()),
        title=_("New words"),
        done=_("Saved as a new version. Authorizations keep the words that were shown."),
    )


@may_record
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose that a purpose be primary."""

    def act(said: Mapping[str, Any]) -> None:
        purposes.propose(**said, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    return _ask(
        request,
        ProposalForm(request.POST or None),
        act,
        title=_("Propose a primary purpose"),
        done=_("Proposed. Another person confirms it."),
        intro=_(
            "For a primary purpose nobody asks the customer. It must be one of the four of 4.4. A "
            "program that a vendor also uses for its own products is not (4.5)."
        ),
    )


@may_record
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm a proposal as the second person."""
    held = get_object_or_404(PurposeProposal, pk=pk)
    return do(
        request,
        partial(third_parties.confirm_primary, held, **_who(request)),
        done=_("Confirmed. The Notice must name it before anything goes for it (6.1)."),
        back=reverse(PURPOSES),
    )


@may_record
@require_POST
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal as the second person."""
    held = get_object_or_404(PurposeProposal, pk=pk)
    return do(
        request,
        partial(purposes.decline, held, **_who(request)),
        done=_("Declined. It stays in the record."),
        back=reverse(PURPOSES),
    )


def _ask(request: HttpRequest, form: Any, act: Any, **more: Any) -> HttpResponse:
    back, crumb = reverse(PURPOSES), _("Purposes")
    return ask(request, form, act, submit=_("Save"), back=back, crumb=crumb, **more)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": timezone.now()}
