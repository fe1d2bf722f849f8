"""The desk where staff watch a run of notices, hold it still, and see each letter through (6.2).

Print batches are handed over here by one person and confirmed by another; what reached nobody is
sent again or written off with words; and what was sent to one customer in a year is proved.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from notices import failures, pauses, runs
from notices import messages as words
from notices.models import Delivery, Pause, PrintBatch
from notices.paper import batches, letters, returns
from prime_portal import proof as proofs
from prime_portal.desks.run_forms import PauseForm, ProofForm, ResolveForm, ReturnsForm, RunForm
from usage.models import Customer

may_look = permission_required("notices.view_delivery", raise_exception=True)
may_act = permission_required("notices.change_delivery", raise_exception=True)
may_hand_over = permission_required("notices.change_printbatch", raise_exception=True)

BATCHES = 30
PAUSES = 10
FAILED = 50


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/run/{name}.html", admin.site.each_context(request) | context)


@may_look
@require_GET
def run(request: HttpRequest) -> HttpResponse:
    """Show how the run goes, what waits for the print house, and what waits for somebody."""
    now = timezone.now()
    chosen = RunForm(request.GET or None)
    since, kinds = runs.default_since(at=now), RunForm.REQUIRED
    if chosen.is_bound and chosen.is_valid():
        since = chosen.cleaned_data["since"] or since
        kinds = chosen.kinds()
    return _page(
        request,
        "run",
        chosen=chosen if chosen.is_bound else RunForm(initial={"since": since}),
        since=since,
        lines=runs.lines(since=since, kinds=kinds, at=now),
        pausing=PauseForm(),
        stood=_stood(),
        waiting=batches.waiting().count(),
        batches=PrintBatch.objects.select_related("handed_by", "confirmed_by")[:BATCHES],
        returns=ReturnsForm(),
        failed=Delivery.objects.failed_for_good().count(),
        proof=ProofForm(),
    )


def _stood() -> QuerySet[Pause]:
    """The pauses that ended, newest first."""
    ended = Pause.objects.filter(resumed_at__isnull=False).select_related("by", "resumed_by")
    return ended.order_by("-resumed_at")[:PAUSES]


@may_act
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Hold a medium still, or let it go on."""
    form = PauseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what stands still, and why."))
    elif form.cleaned_data["go_on"]:
        pauses.resume(
            form.cleaned_data["medium"],
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
        messages.success(request, _("Sending goes on."))
    else:
        pauses.pause(
            form.cleaned_data["medium"],
            reason=form.cleaned_data["reason"],
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
        messages.success(request, _("Nothing more is begun. What is on its way still goes."))
    return redirect("run_desk:run")


@may_hand_over
@require_POST
def hand_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that a batch went to the print house; or, as a second person, that it has it."""
    batch = get_object_or_404(PrintBatch, pk=pk)
    act = batches.confirm if batch.handed_at else batches.hand_over
    try:
        done = act(batch, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except batches.Refused as error:
        messages.error(request, str(error))
    else:
        said = _("Batch %(batch)s is confirmed: its letters are sent.")
        if not done.confirmed_at:
            said = _("Batch %(batch)s is handed over. Somebody else confirms it.")
        messages.success(request, said % {"batch": done})
    return redirect("run_desk:run")


@may_act
@require_POST
def returned(request: HttpRequest) -> HttpResponse:
    """Take in the list of letters that came back."""
    form = ReturnsForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose the list, as a CSV file."))
        return redirect("run_desk:run")
    try:
        new = returns.take(
            form.cleaned_data["file"].read(),
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
    except returns.Refused as error:
        for sentence in error.sentences:
            messages.error(request, sentence)
    else:
        messages.success(request, _("%(count)s letters came back.") % {"count": new})
    return redirect("run_desk:failed")


@may_look
@require_GET
def failed(request: HttpRequest) -> HttpResponse:
    """List what reached nobody: failed both ways, or the only way there is."""
    rows = Delivery.objects.failed_for_good().select_related("customer").order_by("failed_at")
    page = Paginator(rows, FAILED).get_page(request.GET.get("page"))
    return _page(request, "failed", page=page)


@may_look
@require_http_methods(["GET", "POST"])
def delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one message with all that became of it; send it again, or write down what was done."""
    held = get_object_or_404(Delivery.objects.select_related("customer", "notice", "policy"), pk=pk)
    form = ResolveForm(request.POST or None)
    if request.method == "POST" and request.user.has_perm("notices.change_delivery"):
        try:
            if "again" in request.POST:
                new = failures.send_again(
                    held,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                )
                messages.success(request, _("It is sent again."))
                return redirect("run_desk:delivery", new.pk)
            if form.is_valid():
                failures.resolve(
                    held,
                    words=form.cleaned_data["words"],
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                )
                messages.success(request, _("Written down."))
                return redirect("run_desk:failed")
        except ValueError as error:
            messages.error(request, str(error))
    waits = Delivery.objects.failed_for_good().filter(pk=pk).exists()
    year = timezone.localdate(held.owed_at).year
    found = next(
        one
        for one in proofs.of(held.customer, year=year, at=timezone.now()).sent
        if one.delivery.pk == pk
    )
    return _page(request, "delivery", delivery=held, one=found, form=form, waits=waits, year=year)


@may_look
@require_GET
def copy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what one customer is sent, word for word; a claim code is not shown to staff."""
    held = get_object_or_404(
        Delivery.objects.select_related("customer", "notice", "policy", "claim"), pk=pk
    )
    message = words.of(held)
    if held.medium == Delivery.Medium.LETTER:
        return HttpResponse(letters.render(held, message), content_type="application/pdf")
    return _page(request, "copy", delivery=held, message=message)


@may_look
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find the customer whose year is to be proved: an account number stays out of addresses."""
    form = ProofForm(request.POST)
    customer = form.customer() if form.is_valid() else None
    if customer is None:
        messages.error(request, _("No customer has that account number."))
        return redirect("run_desk:run")
    return redirect("run_desk:proof", customer.pk, form.cleaned_data["year"])


@may_look
@require_GET
def proof(request: HttpRequest, pk: UUID, year: int) -> HttpResponse:
    """Prove what was sent to one customer in one year: as a page, or as a PDF to hand out."""
    customer = get_object_or_404(Customer, pk=pk)
    made = proofs.of(customer, year=max(date.min.year, min(year, 9998)), at=timezone.now())
    if "pdf" in request.GET:
        name = f"prime-proof-{year}-{str(customer.pk)[:8]}.pdf"
        return HttpResponse(
            proofs.on_paper(made),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )
    return _page(
        request,
        "proof",
        proof=made,
        years=[
            (held, reverse("run_desk:proof", args=[pk, held])) for held in proofs.years_of(customer)
        ],
    )


app_name = "run_desk"
urlpatterns = [
    path("", run, name="run"),
    path("pause/", pause, name="pause"),
    path("batches/<uuid:pk>/", hand_over, name="hand_over"),
    path("returned/", returned, name="returned"),
    path("failed/", failed, name="failed"),
    path("proof/", find, name="find"),
    path("proof/<uuid:pk>/<int:year>/", proof, name="proof"),
    path("<uuid:pk>/", delivery, name="delivery"),
    path("<uuid:pk>/copy/", copy, name="copy"),
]
