"""Sharing: whom a customer allows to have her data, and who received it (6.9, 6.10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.core.internal.httpkit import get_client_ip
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from consent import authorizations, packages, paper_forms, wishes
from consent.forms import GrantForm
from consent.models import Authorization, DisclosureMember, Schedule, StatedUse, Stop, Wish
from consent.received import described
from usage.models import Access, Via
from usage.requests import CustomerRequest

PACIFIC = ZoneInfo("America/Los_Angeles")


@require_GET
def sharing(request: CustomerRequest) -> HttpResponse:
    """Show whom she allows today, and whom she no longer does."""
    hers = Authorization.objects.of(request.customer).with_words()
    active: list[Any] = list(hers.in_force(at=timezone.now()))
    stops = {stop.third_party_id: stop for stop in Stop.objects.holding(request.customer)}
    for authorization in active:
        authorization.stop = stops.get(authorization.third_party_id)
    ended = hers.exclude(pk__in=[authorization.pk for authorization in active])
    return render(request, "consent/authorizations.html", {"active": active, "ended": ended})


@require_GET
def choose(request: CustomerRequest) -> HttpResponse:
    """Step 1: who asks, and what for."""
    hers = Authorization.objects.of(request.customer).in_force(at=timezone.now())
    active = {(held.third_party_id, held.purpose_id): held for held in hers}
    uses: list[Any] = authorizations.offers(request.customer)
    for use in uses:
        use.third_party_words = use.third_party.words
        use.purpose_words = use.purpose.versions.order_by("-number")[0]
        use.active = active.get((use.third_party_id, use.purpose_id))
        use.ends_soon = use.active and use.active.ends_soon(on=timezone.localdate())
    return render(request, "consent/choose.html", {"uses": uses})


@require_http_methods(["GET", "POST"])
def grant(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Steps 2 and 3: choose, read back, confirm. Each post is checked whole.

    If the words changed between reading and confirming, nothing is granted: 409, and the new
    words.
    """
    offered = {use.pk for use in authorizations.offers(request.customer)}
    use = get_object_or_404(StatedUse.objects.select_related("third_party", "purpose"), pk=pk)
    if use.pk not in offered:
        return render(request, "404.html", status=404)
    if request.access.scope != Access.Scope.EVERYTHING:
        return render(request, "403.html", status=403)
    now = timezone.now()
    today = now.astimezone(PACIFIC).date()
    form_of = partial(GrantForm, use=use, customer=request.customer, today=today)
    if request.method == "GET":
        return _choices(request, use, form_of())
    form = form_of(request.POST)
    if "decline" in request.POST:
        return _declined(request, use, form, at=now)
    if not form.is_valid() or "change" in request.POST:
        return _choices(request, use, form)
    terms, language = form.terms(), translation.get_language() or "en"
    if wrong := terms.problems(request.customer, at=now):
        form.add_error(None, wrong)
        return _choices(request, use, form)
    status = 200
    if "confirm" in request.POST:
        try:
            granted = authorizations.grant(
                request.customer,
                terms,
                shown_sha256=form.cleaned_data["shown_sha256"],
                request_key=form.cleaned_data["request_key"],
                language=language,
                by=request.user,
                via=Via.PORTAL,
                at=now,
                signed=authorizations.Signed(
                    get_client_ip(request), request.headers.get("User-Agent", "")
                ),
            )
        except authorizations.WordsChanged as changed:
            messages.warning(request, str(changed))
            status = 409
        except authorizations.NotGranted as refused:
            form.add_error(None, str(refused))
            return _choices(request, use, form)
        else:
            messages.success(
                request, _("You now share this. Your receipt is here, and also on its way to you.")
            )
            return redirect("consent:authorization", granted.pk)
    back = authorizations.read_back(request.customer, terms, language=language, at=now)
    answers = request.POST.copy()
    answers["shown_sha256"] = back.sha256
    return render(
        request,
        "consent/read_back.html",
        {
            "shown": SafeString(back.text),
            "form": form_of(answers),
            "preview": packages.preview(
                request.customer,
                terms.agreements,
                categories=terms.categories,
                first_day=terms.history_from,
                last_day=today - timedelta(days=1),
                granularity=terms.granularity,
            ),
        },
        status=status,
    )


def _declined(
    request: CustomerRequest, use: StatedUse, form: GrantForm, *, at: datetime
) -> HttpResponse:
    """Record her no. It needs nothing filled in."""
    form.is_valid()
    key: UUID | None = form.cleaned_data.get("request_key")
    if key is None:
        return _choices(request, use, form)
    authorizations.decline(
        request.customer, use, request_key=key, by=request.user, via=Via.PORTAL, at=at
    )
    messages.success(request, _("You said no. Nothing is shared, and nothing else changes."))
    return redirect("consent:authorizations")


def _choices(request: CustomerRequest, use: StatedUse, form: GrantForm) -> HttpResponse:
    return render(
        request,
        "consent/grant.html",
        {
            "third_party": use.third_party.words,
            "purpose": use.purpose.versions.order_by("-number")[0],
            "form": form,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@require_GET
def authorization(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Show one authorization: the very words she agreed to, and what was sent under it."""
    held = get_object_or_404(
        Authorization.objects.of(request.customer).with_words().select_related("shown"), pk=pk
    )
    return render(
        request,
        "consent/authorization.html",
        {
            "authorization": held,
            "shown": SafeString(held.shown.text),
            "other_language": held.shown.language != get_language(),
            "in_force": Authorization.objects.filter(pk=pk).in_force(at=timezone.now()).exists(),
            "stop": Stop.objects.holding(request.customer)
            .filter(third_party=held.third_party_id)
            .last(),
            "receipts": held.receipts.order_by("made_at"),
            "forms": _forms(request, held),
            "schedule": Schedule.objects.running().filter(authorization=held).first(),
            "told": held.withdrawals.first(),
            "disclosures": described(
                DisclosureMember.objects.of(request.customer).filter(authorization=held)
            ),
        },
    )


def _forms(request: CustomerRequest, held: Authorization) -> list[tuple[str, Wish, bool]]:
    """Which signed forms PRIME keeps of it, whose, and whether she may see each here."""
    hers = wishes.shown_to(request.customer, by=request.user)
    kept = Wish.objects.of(request.customer).exclude(scan=None)
    return [
        (event, wish, wish in hers)
        for event, pk in (("granted", held.wish_id), ("canceled", held.canceled_wish_id))
        for wish in kept.filter(pk=pk)
    ]


@require_GET
def signed_form(request: CustomerRequest, pk: UUID, event: str) -> HttpResponse:
    """Give her the scan of the form she signed to grant or to cancel."""
    held = get_object_or_404(Authorization.objects.of(request.customer), pk=pk)
    asked = {"granted": held.wish_id, "canceled": held.canceled_wish_id}.get(event)
    wish = get_object_or_404(wishes.shown_to(request.customer, by=request.user), pk=asked)
    scan = wishes.open_scan(wish)
    if scan is None:
        return render(request, "consent/no_form.html", {"authorization": held}, status=410)
    response = HttpResponse(scan, content_type=wishes.kind_of(scan) or "application/octet-stream")
    name = wishes.name_of(scan, wish)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
def cancel(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Ask first, then cancel (6.10). GET changes nothing: mail scanners follow links."""
    held = get_object_or_404(Authorization.objects.of(request.customer).with_words(), pk=pk)
    if request.access.scope != Access.Scope.EVERYTHING:
        return render(request, "403.html", status=403)
    if request.method == "POST":
        authorizations.cancel(held, by=request.user, via=Via.PORTAL, at=timezone.now())
        messages.success(request, _("Canceled. Nothing more will be sent. Your receipt is here."))
        return redirect("consent:authorization", pk)
    sent = DisclosureMember.objects.of(request.customer).gone().filter(authorization=held)
    return render(
        request,
        "consent/cancel.html",
        {"authorization": held, "disclosures": described(sent)},
    )


@require_GET
def grant_form(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Give the form on which she can grant the same on paper."""
    use = get_object_or_404(StatedUse.objects.select_related("third_party", "purpose"), pk=pk)
    if use.pk not in {offered.pk for offered in authorizations.offers(request.customer)}:
        return render(request, "404.html", status=404)
    language = translation.get_language() or "en"
    return paper_forms.to_grant(use, request.customer, language=language, at=timezone.now())


@require_GET
def cancel_form(request: CustomerRequest) -> HttpResponse:
    """Give the form on which she can cancel on paper."""
    language = translation.get_language() or "en"
    return paper_forms.to_cancel(request.customer, language=language, at=timezone.now())
