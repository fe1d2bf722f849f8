"""Where the privacy official handles incidents and keeps the register of non-compliances.

Every act is a small form of its own that calls one verb; what is refused says why, and the
clocks stand on top.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import incident_forms as forms
from consent import incidents
from consent.models.breaches import BreachWords, Incident, NonCompliance
from notices.models import Delivery

if TYPE_CHECKING:
    from prime_portal.models import User

may_handle = permission_required("consent.handle_incidents", raise_exception=True)


def _know(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.knew(incident, **form.cleaned_data, **by_at)


def _disclosed(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.reach_of_third_party(incident, **form.cleaned_data, **by_at)


def _signed_in(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.reach_of_sign_in(incident, **form.cleaned_data, **by_at)


def _everybody(incident: Incident, _form: Form, **by_at: Any) -> None:
    incidents.reach_of_everybody(incident, **by_at)


def _batch(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.reach_of_batch(incident, **form.cleaned_data, **by_at)


def _accounts(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.reach_of_accounts(incident, customers=form.cleaned_data["accounts"], **by_at)


def _words(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.write(incident, form.texts(), **by_at)  # type: ignore[attr-defined]


def _send(incident: Incident, _form: Form, **by_at: Any) -> None:
    incidents.send(incident, **by_at)


def _done(incident: Incident, form: Form, **by_at: Any) -> None:
    incidents.done(incident, **form.cleaned_data, **by_at)


def _close(incident: Incident, _form: Form, **by_at: Any) -> None:
    incidents.close(incident, **by_at)


ACTS: dict[str, tuple[type[Form], Callable[..., None]]] = {
    "knew": (forms.KnewForm, _know),
    "disclosures": (forms.DisclosuresForm, _disclosed),
    "sign-in": (forms.SignInForm, _signed_in),
    "everybody": (forms.EverybodyForm, _everybody),
    "batch": (forms.BatchForm, _batch),
    "accounts": (forms.AccountsForm, _accounts),
    "words": (forms.WordsForm, _words),
    "send": (Form, _send),
    "done": (forms.DoneForm, _done),
    "close": (Form, _close),
}


@may_handle
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """List incidents and what of them is overdue; open one."""
    form = forms.OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = incidents.open_(**form.cleaned_data, **_now(request))
        except incidents.Refused as no:
            form.add_error(None, str(no))
        else:
            return redirect("incidents:incident", made.pk)
    today = timezone.localdate()
    return _page(
        request,
        "incidents",
        form=form,
        overdue=incidents.overdue(on=today),
        incidents=Incident.objects.all(),
    )


@may_handle
@require_GET
def incident(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, get_object_or_404(Incident, pk=pk))


@may_handle
@require_POST
def act(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Do one thing about an incident."""
    held = get_object_or_404(Incident, pk=pk)
    if key not in ACTS:
        raise Http404
    kind, verb = ACTS[key]
    form = kind(request.POST)
    if form.is_valid():
        try:
            verb(held, form, **_now(request))
        except incidents.Refused as no:
            form.add_error(None, str(no))
        else:
            messages.success(request, _("Written down."))
            return redirect("incidents:incident", pk)
    return _show(request, held, **{key: form})


@may_handle
@require_http_methods(["GET", "POST"])
def findings(request: HttpRequest) -> HttpResponse:
    """The register of non-compliances; add one."""
    form = forms.FindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            incidents.find_non_compliance(**form.cleaned_data, **_now(request))
        except incidents.Refused as no:
            form.add_error(None, str(no))
        else:
            messages.success(request, _("Written down."))
            return redirect("incidents:findings")
    found = NonCompliance.objects.select_related("third_party", "recorded_by", "mended_by")
    return _page(request, "findings", form=form, findings=found)


@may_handle
@require_POST
def mend(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(NonCompliance, pk=pk)
    try:
        incidents.mend(found, mending=request.POST.get("mending", ""), **_now(request))
    except incidents.Refused as no:
        messages.error(request, str(no))
    else:
        messages.success(request, _("Written down."))
    return redirect("incidents:findings")


def _show(request: HttpRequest, held: Incident, **tried: Form) -> HttpResponse:
    words = held.words.last()
    shown = {key: tried.get(key) or _form(key, held) for key in ACTS}
    letters = Delivery.objects.filter(kind=Delivery.Kind.BREACH, key=str(held.pk))
    return _page(
        request,
        "incident",
        incident=held,
        clocks=incidents.clocks_of(held),
        today=timezone.localdate(),
        affected=incidents.affected(held),
        knowing=held.knowing.all(),
        reaches=held.reaches.select_related("third_party", "user", "batch").order_by(
            "counted_at", "pk"
        ),
        done=held.done.select_related("recorded_by"),
        letter=[_letter(words, language) for language in ("en", "es")] if words else [],
        owed=letters.count(),
        sent=letters.exclude(sent_at=None).count(),
        forms={key.replace("-", "_"): form for key, form in shown.items()},
    )


def _form(key: str, held: Incident) -> Form:
    kind, _verb = ACTS[key]
    if kind is forms.DoneForm:
        duties = [clock.duty for clock in incidents.clocks_of(held) if clock.done_at is None]
        return forms.DoneForm(duties=duties)
    words = held.words.last()
    if kind is forms.WordsForm and words:
        return forms.WordsForm(initial=forms.flat(words.texts))
    return kind()


def _letter(words: BreachWords, language: str) -> tuple[str, str, list[tuple[str, str]]]:
    with override(language):
        said = [(str(name), text) for name, text in incidents.sections(words, language)]
        return language, _(incidents.TITLE), said


def _now(request: HttpRequest) -> dict[str, Any]:
    by: User = request.user  # type: ignore[assignment]
    return {"by": by, "at": timezone.now()}


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/consent/{name}.html", admin.site.each_context(request) | context)


app_name = "incidents"
urlpatterns = [
    path("", desk, name="desk"),
    path("findings/", findings, name="findings"),
    path("findings/<uuid:pk>/mend/", mend, name="mend"),
    path("<uuid:pk>/", incident, name="incident"),
    path("<uuid:pk>/<slug:key>/", act, name="act"),
]
