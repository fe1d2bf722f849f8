"""At the desk: staff grant and cancel for a customer who calls, writes or comes (6.10).

The same verbs as in the portal, with how the wish reached PRIME. What is read out, in the
customer's language, is the very text she would read in the portal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consent import accesses, authorizations, packages, paper_forms, wishes
from consent.household import DeskInviteForm
from consent.models import Authorization, Disclosure, Invitation, StatedUse, Wish
from consent.wish_forms import CancelForm, DeskForm, NoForm
from usage.models import Access, Customer, Via

PACIFIC = authorizations.PACIFIC


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """The addresses of the desk, below those of authorizations."""
    pages: dict[str, tuple[Callable[..., HttpResponseBase], str]] = {
        "desk/<uuid:pk>/": (desk, "consent_desk"),
        "desk/<uuid:pk>/grant/<uuid:use>/": (grant, "consent_desk_grant"),
        "desk/<uuid:pk>/cancel/<uuid:held>/": (cancel, "consent_desk_cancel"),
        "desk/<uuid:pk>/form/<uuid:use>/<slug:language>/": (grant_form, "consent_desk_form"),
        "desk/<uuid:pk>/no-form/<slug:language>/": (cancel_form, "consent_desk_no_form"),
        "desk/<uuid:pk>/people/": (people, "consent_desk_people"),
        "desk/scan/<uuid:pk>/": (scan, "consent_desk_scan"),
    }
    return [
        path(address, site.admin_view(view), name=name) for address, (view, name) in pages.items()
    ]


def desk(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what a customer allows, what she may be asked for, and the forms to print."""
    customer = _customer(request, pk)
    hers = Authorization.objects.of(customer).with_words()
    active = list(hers.in_force(at=timezone.now()))
    uses: list[Any] = authorizations.offers(customer)
    for use in uses:
        use.third_party_words = use.third_party.words
        use.purpose_words = use.purpose.versions.order_by("-number")[0]
        use.active = any(
            (held.third_party_id, held.purpose_id) == (use.third_party_id, use.purpose_id)
            and not held.ends_soon(on=timezone.localdate())
            for held in active
        )
    return _page(request, "desk", customer, {"active": active, "uses": uses})


def grant(request: HttpRequest, pk: UUID, use: UUID) -> HttpResponse:
    """Enter a grant: choices, then the text to read out, then her yes or no."""
    customer = _customer(request, pk, may="consent.grant_authorization")
    wanted = get_object_or_404(StatedUse.objects.select_related("third_party", "purpose"), pk=use)
    if wanted.pk not in {offered.pk for offered in authorizations.offers(customer)}:
        raise Http404
    now = timezone.now()
    today = now.astimezone(PACIFIC).date()
    facts: dict[str, Any] = {"use": wanted, "customer": customer, "today": today, "now": now}
    if request.method == "GET":
        return _page(request, "grant", customer, {"form": DeskForm(**facts), "use": wanted})
    form = DeskForm(request.POST, request.FILES, **facts)
    if "decline" in request.POST:
        return _said_no(request, customer, wanted, NoForm(request.POST), at=now)
    if not form.is_valid() or "change" in request.POST:
        return _page(request, "grant", customer, {"form": form, "use": wanted})
    terms, language = form.terms(), form.cleaned_data["language"]
    wrong = terms.problems(customer, at=now)
    code = form.cleaned_data["form_code"].strip().upper()
    if code and code != authorizations.form_code(wanted, at=now):
        wrong.append(_("The words changed since this form was printed. Send her a new one (6.9)."))
    if wrong:
        form.add_error(None, wrong)
        return _page(request, "grant", customer, {"form": form, "use": wanted}, status=409)
    status = 200
    if "confirm" in request.POST:
        try:
            granted = authorizations.grant(
                customer,
                terms,
                shown_sha256=form.cleaned_data["shown_sha256"],
                request_key=form.cleaned_data["request_key"],
                language=language,
                by=request.user,  # type: ignore[arg-type]
                via=Via(form.cleaned_data["via"]),
                at=now,
                heard=form.heard(),
            )
        except authorizations.WordsChanged as changed:
            messages.warning(request, str(changed))
            status = 409
        except authorizations.NotGranted as refused:
            form.add_error(None, str(refused))
            return _page(request, "grant", customer, {"form": form, "use": wanted}, status=409)
        else:
            messages.success(request, _("Recorded. Her receipt is on its way."))
            return redirect("admin:consent_authorization_change", granted.pk)
    back = authorizations.read_back(customer, terms, language=language, at=now)
    answers = request.POST.copy()
    answers["shown_sha256"] = back.sha256
    preview = packages.preview(
        customer,
        terms.agreements,
        categories=terms.categories,
        first_day=terms.history_from,
        last_day=today - timedelta(days=1),
        granularity=terms.granularity,
    )
    context = {
        "form": DeskForm(answers, **facts),
        "use": wanted,
        "script": _script(language, back.text, preview),
        "language": language,
    }
    return _page(request, "read_out", customer, context, status=status)


def _script(language: str, text: str, preview: packages.Preview) -> dict[str, Any]:
    """What is read out on the telephone, word for word, in the customer's language."""
    with translation.override(language):
        return {
            "before": _(
                "I will read you what you would agree to. It is your choice: if you say no, your "
                "electricity service and its price stay as they are. You may stop me at any time."
            ),
            "text": SafeString(text),
            "rows": _("Today they would get %(rows)s readings.") % {"rows": f"{preview.rows:,}"},
            "question": _("Do you agree to this? Please say yes or no."),
            "after": _(
                "You get a receipt. To cancel, call this number, write, come to the counter or use "
                "the portal. You need no reason, and it takes fewer steps than this."
            ),
        }


def _said_no(
    request: HttpRequest, customer: Customer, use: StatedUse, form: NoForm, *, at: datetime
) -> HttpResponse:
    if not form.is_valid():
        raise Http404
    authorizations.decline(
        customer,
        use,
        request_key=form.cleaned_data["request_key"],
        by=request.user,  # type: ignore[arg-type]
        via=Via(form.cleaned_data["via"]),
        at=at,
    )
    messages.success(request, _("Her no is recorded. Nothing is shared."))
    return redirect("admin:consent_desk", customer.pk)


def cancel(request: HttpRequest, pk: UUID, held: UUID) -> HttpResponse:
    """Cancel for her: one page, however it was granted, and whatever became of the third party."""
    customer = _customer(request, pk, may="consent.cancel_authorization")
    found = get_object_or_404(Authorization.objects.of(customer).with_words(), pk=held)
    now = timezone.now()
    form = CancelForm(request.POST or None, request.FILES or None, now=now, customer=customer)
    if form.is_valid():
        wish = {"by": request.user, "via": Via(form.cleaned_data["via"]), "at": now}
        try:
            done = authorizations.cancel(found, heard=form.heard(), **wish)  # type: ignore[arg-type]
        except OSError:  # the scan could not be kept; a cancel never waits for that
            done = authorizations.cancel(found, heard=form.heard(scan=b""), **wish)  # type: ignore[arg-type]
            messages.warning(
                request, _("Canceled, but the scan could not be kept. Keep the paper.")
            )
        messages.success(request, _("Canceled. Nothing more goes; her receipt is on its way."))
        _warn_of_late(request, done)
        return redirect("admin:consent_desk", customer.pk)
    return _page(request, "cancel", customer, {"form": form, "held": found})


def _warn_of_late(request: HttpRequest, held: Authorization) -> None:
    """A wish counts from when it reached PRIME: what left between then and now is said."""
    late = (
        Disclosure.objects.gone()
        .filter(members__authorization=held, at__gte=held.canceled_at)
        .count()
    )
    if late:
        messages.error(
            request,
            _(
                "%(count)s disclosures left after her wish had reached PRIME and before it was "
                "entered. Tell the privacy official now."
            )
            % {"count": late},
        )


def grant_form(request: HttpRequest, pk: UUID, use: UUID, language: str) -> HttpResponse:
    """Print the form on which she can grant."""
    customer = _customer(request, pk)
    wanted = get_object_or_404(StatedUse, pk=use)
    return paper_forms.to_grant(wanted, customer, language=language, at=timezone.now())


def cancel_form(request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
    """Print the form on which she can cancel anything she granted."""
    customer = _customer(request, pk)
    return paper_forms.to_cancel(customer, language=language, at=timezone.now())


def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Invite somebody for a customer, or end any access, once it is clear who is asking.

    Also another holder's, which no holder ends alone. Whoever is removed is told nothing.
    """
    customer = _customer(request, pk, may="consent.add_invitation")
    now = timezone.now()
    held = Access.objects.of(customer).in_force(at=now).select_related("user")
    staff: dict[str, Any] = {"by": request.user, "at": now}
    form = DeskInviteForm(request.POST if "invite" in request.POST else None)
    if request.method == "POST" and "end" in request.POST:
        try:
            access = get_object_or_404(held, pk=request.POST["end"])
        except ValidationError:
            raise Http404 from None
        accesses.end(access, **staff)
        messages.success(request, _("Ended. The others are told; the removed person is not."))
        return redirect("admin:consent_desk_people", customer.pk)
    if form.is_valid():
        try:
            form.invite(customer, via=Via(form.cleaned_data["via"]), **staff)
        except accesses.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The invitation is on its way. It is open for 14 days."))
            return redirect("admin:consent_desk_people", customer.pk)
    context = {
        "held": held.order_by("starts_at"),
        "form": form,
        "invitations": Invitation.objects.of(customer).open(at=now),
    }
    return _page(request, "people", customer, context)


def scan(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Show the scanned form of a wish."""
    wish = get_object_or_404(Wish.objects.exclude(scan=None), pk=pk)
    _customer(request, wish.customer_id)
    content = b"".join(wishes.scan_of(wish))
    response = StreamingHttpResponse([content], content_type=wishes.kind_of(content))
    response.headers["Content-Disposition"] = f'attachment; filename="form-{wish.pk}"'
    return response


def _customer(
    request: HttpRequest, pk: UUID, *, may: str = "consent.view_authorization"
) -> Customer:
    if not request.user.has_perm(may):
        raise PermissionDenied
    return get_object_or_404(Customer, pk=pk)


def _page(
    request: HttpRequest,
    name: str,
    customer: Customer,
    context: dict[str, Any],
    *,
    status: int | None = None,
) -> HttpResponse:
    form = context.get("form")
    wrong = form is not None and form.is_bound and form.errors
    facts = {**admin.site.each_context(request), "customer": customer, **context}
    return render(
        request, f"admin/consent/{name}.html", facts, status=status or (422 if wrong else 200)
    )
