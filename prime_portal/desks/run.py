"""The desk where staff watch a run of notices, hold it still, and see each letter through (6.2).

Print batches are handed over here by one person and confirmed by another; what reached nobody is
sent again or written off with words; and what was sent to one customer in a year is proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from notices import deliveries, failures, pauses, runs, samples
from notices import messages as words
from notices.mail import Message
from notices.models import Delivery, Pause, PrintBatch
from notices.paper import batches, letters, returns
from prime_portal import proof as proofs
from prime_portal.desks.run_forms import (
    AheadForm,
    PauseForm,
    ProofForm,
    ResolveForm,
    ReturnsForm,
    RunForm,
)
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
        batches=_batches(),
        folder=settings.LETTERS_DIR,
        returns=ReturnsForm(),
        failed=Delivery.objects.failed_for_good().count(),
        proof=ProofForm(),
    )


def _batches() -> list[PrintBatch]:
    """The newest batches, and of each that lies here still what is to be left out of it."""
    found: list[Any] = list(
        PrintBatch.objects.select_related("handed_by", "confirmed_by")[:BATCHES]
    )
    for one in found:
        one.off = batches.to_take_out(one) if one.sealed_at and not one.handed_at else ()
    return found


def _stood() -> QuerySet[Pause]:
    """The pauses that ended, newest first."""
    ended = Pause.objects.filter(resumed_at__isnull=False).select_related("by", "resumed_by")
    return ended.order_by("-resumed_at")[:PAUSES]


@require_GET
def ahead(request: HttpRequest) -> HttpResponse:
    """Show what a made-up customer would get, and how many are owed it, before a run is planned.

    Whoever writes notices may look, and whoever sends them (prime_portal.roles). It is about
    nobody, so it needs no case.
    """
    then = _then(request.GET.get("on", ""), now=timezone.now())
    found = samples.runs(at=then)
    asked = request.GET.get("what")
    run_ = next((one for one in found if one.key == asked), found[0] if found else None)
    languages = [code for code, _name in settings.LANGUAGES]
    if run_ and request.GET.get("letter") in languages:
        letter = samples.letter(run_, language=request.GET["letter"], at=then)
        return HttpResponse(letter, content_type="application/pdf")
    if run_ and request.GET.get("email") in languages:
        return HttpResponse(_sample(run_, request.GET["email"], at=then).html)
    day = timezone.localdate(then)
    return _page(
        request,
        "ahead",
        form=AheadForm(initial={"what": run_ and run_.key, "on": day}, runs=found),
        run=run_,
        on=day,
        lines=_ahead(run_, at=then),
        emails=run_ and [(code, _sample(run_, code, at=then)) for code in languages],
        to=samples.TO[Delivery.Medium.EMAIL],
        sender=settings.DEFAULT_FROM_EMAIL,
    )


AHEAD = timedelta(days=366)


def _then(said: str, *, now: datetime) -> datetime:
    """The moment a run would be planned: now, or noon of a day of the coming year."""
    today = timezone.localdate(now)
    try:
        day = min(date.fromisoformat(said), today + AHEAD)
    except ValueError:
        return now
    return timezone.make_aware(datetime.combine(day, time(12))) if day > today else now


def _sample(run_: samples.Run, language: str, *, at: datetime) -> Message:
    return samples.message(run_, medium=Delivery.Medium.EMAIL, language=language, at=at)


def _ahead(run_: samples.Run | None, *, at: datetime) -> list[tuple[str, list[int]]]:
    """How many are owed each notice by each medium: in all, in English, in Spanish."""
    owed = deliveries.ahead(at=at)
    lines = [
        (str(Delivery.Kind(kind).label), _by_medium({k[1:]: owed[k] for k in owed if k[0] == kind}))
        for kind in words.SHORT
    ]
    if run_ and run_.draft:
        lines.append((str(run_), _by_medium(deliveries.ahead_of(run_.draft, at=at))))
    return lines


def _by_medium(owed: Mapping[tuple[str, str], int]) -> list[int]:
    found = []
    for medium in Delivery.Medium.values:
        each = [owed.get((medium, code), 0) for code, _name in settings.LANGUAGES]
        found += [sum(each), *each]
    return found


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
    left_out = {int(said) for said in request.POST.getlist("left_out") if said.isdecimal()}
    who: dict[str, Any] = {"by": request.user, "at": timezone.now()}
    try:
        if batch.handed_at:
            done = batches.confirm(batch, **who)
        else:
            done = batches.hand_over(batch, **who, left_out=left_out)
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
        said = ngettext("%(count)s letter came back.", "%(count)s letters came back.", new)
        messages.success(request, said % {"count": new})
    return redirect("run_desk:failed")


@may_look
@require_GET
def failed(request: HttpRequest) -> HttpResponse:
    """List what reached nobody: failed both ways, or the only way there is."""
    rows = Delivery.objects.failed_for_good().select_related("customer").order_by("failed_at")
    page = Paginator(rows, FAILED).get_page(request.GET.get("page"))
    better = failures.can_be_sent_again().filter(pk__in=[row.pk for row in page])
    return _page(request, "failed", page=page, better=set(better.values_list("pk", flat=True)))


@may_act
@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send again what failed, by one press in a list: it shows nothing of the customer (5.1)."""
    held = get_object_or_404(Delivery, pk=pk)
    try:
        failures.send_again(
            held,
            by=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is sent again."))
    return redirect("work" if "from" in request.POST else "run_desk:failed")


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
    if language := request.GET.get("pdf"):
        name = f"prime-proof-{year}-{str(customer.pk)[:8]}.pdf"
        return HttpResponse(
            proofs.on_paper(made, language="es" if language == "es" else "en"),
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
    path("ahead/", ahead, name="ahead"),
    path("pause/", pause, name="pause"),
    path("batches/<uuid:pk>/", hand_over, name="hand_over"),
    path("returned/", returned, name="returned"),
    path("failed/", failed, name="failed"),
    path("proof/", find, name="find"),
    path("proof/<uuid:pk>/<int:year>/", proof, name="proof"),
    path("<uuid:pk>/", delivery, name="delivery"),
    path("<uuid:pk>/copy/", copy, name="copy"),
    path("<uuid:pk>/again/", again, name="again"),
]
