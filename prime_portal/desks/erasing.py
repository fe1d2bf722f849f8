"""A row of evidence: read, marked as entered in error, or personal text taken out of it (5.1).

Whoever reads the record reads the row as the record holds it; whoever marks or erases does it here.
Private columns are named, and none of their words is shown: reading those needs a case.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from consent.models import Wish
from prime_portal import erasing
from prime_portal.desks import recorded
from prime_portal.models import EnteredInError, Erasure
from usage.evidence import ERASED, Evidence
from usage.models import Customer

MARK, ERASE = "prime_portal.add_enteredinerror", "prime_portal.add_erasure"
READ = "prime_portal.view_ledgerentry"
READS = gettext_lazy("The customer reads it.")


LOOK, GO = "erase", "erase for good"
ABOUT = 20
"""So many customers are named, by the end of their numbers, of a row that is about many."""


class MarkForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What is wrong with it?"),
        help_text=READS,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EraseForm(forms.Form):
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Which texts?"), widget=forms.CheckboxSelectMultiple
    )
    clause = forms.CharField(label=gettext_lazy("By what right?"), max_length=40)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=READS,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
def row(request: HttpRequest, label: str, pk: UUID) -> HttpResponse:
    """Show the row, what was marked and erased so far, and do one of the two."""
    may_mark, may_read = request.user.has_perm(MARK), request.user.has_perm(READ)
    if not may_mark and (request.method == "POST" or not may_read):
        raise PermissionDenied
    model = _model(label)
    held = get_object_or_404(model, pk=pk)
    act = request.POST.get("act")
    marking = MarkForm(request.POST if act == "mark" else None, prefix="mark")
    erasing_form = EraseForm(request.POST if act in (LOOK, GO) else None, prefix="erase")
    erasing_form.fields["columns"].choices = [  # type: ignore[attr-defined]
        (column, _named(model, column)) for column in erasing.texts_of(model)
    ]
    for form, verb in ((marking, _mark), (erasing_form, _erase)):
        if form.is_bound and form.is_valid():
            try:
                shown = verb(request, held, form.cleaned_data)
            except erasing.Refused as refused:
                form.add_error(None, str(refused))
            else:
                if shown:
                    return shown
                messages.success(request, _("Recorded."))
                return redirect("evidence_desk:row", label, pk)
    context = {
        "opts": model._meta,
        "row": held,
        "facts": recorded.facts(held) if may_read else [],
        "members": recorded.members(held) if may_read else [],
        "entries": recorded.entries_of(pk) if may_read else "",
        "marking": marking if may_mark else None,
        "erasing": erasing_form if may_mark and erasing.texts_of(model) else None,
        "mark": EnteredInError.objects.filter(row=pk).first(),
        "erasures": [
            (one, [_named(model, column) for column in one.columns])
            for one in Erasure.objects.filter(row=pk)
        ],
    }
    wrong = marking.errors or erasing_form.errors
    frame = admin.site.each_context(request)
    return render(request, "admin/evidence.html", frame | context, status=422 if wrong else 200)


def _mark(request: HttpRequest, held: Model, said: dict[str, Any]) -> None:
    erasing.mark(held, reason=said["reason"], by=request.user, at=timezone.now())  # type: ignore[arg-type]


def _erase(request: HttpRequest, held: Model, said: dict[str, Any]) -> HttpResponse | None:
    """Show what would go and by what right; erase what was shown, once that is confirmed."""
    if not request.user.has_perm(ERASE):
        raise PermissionDenied
    seen = _seen(held, said["columns"])
    if request.POST["act"] == GO and request.POST.get("seen") == seen:
        erasing.erase(held, **said, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        return None
    erasing.check(held, **said, at=timezone.now())
    about = [one for one in erasing.whom(held) if one]
    context = {
        "opts": held._meta,
        "row": held,
        "texts": [(_named(type(held), one), _size(getattr(held, one))) for one in said["columns"]],
        "about": Customer.objects.filter(pk__in=about[:ABOUT]),
        "more": max(0, len(about) - ABOUT),
        "scan": isinstance(held, Wish),
        "said": said,
        "seen": seen,
        "changed": request.POST["act"] == GO,
        "confirm": GO,
    }
    return render(request, "admin/erase.html", admin.site.each_context(request) | context)


def _seen(held: Model, columns: list[str]) -> str:
    """What stands in these columns, so that nothing is erased but what was shown; no word of it."""
    texts = "\n".join(f"{column} {getattr(held, column)!r}" for column in sorted(columns))
    return salted_hmac("prime_portal.erasing", texts, algorithm="sha256").hexdigest()


def _size(value: Any) -> str:
    """How much stands there: no word of it, for reading these needs a case."""
    if value in (None, "", b"", [], {}):
        return _("empty")
    if value in (ERASED, ERASED.encode()):
        return _("erased already")
    held = len(value) if isinstance(value, str | bytes | memoryview) else len(str(value))
    said = ngettext("%(count)s character", "%(count)s characters", held)
    return said % {"count": f"{held:,}"}


def _named(model: type[Model], column: str) -> str:
    return capfirst(str(model._meta.get_field(column).verbose_name))  # type: ignore[union-attr]


def _model(label: str) -> type[Model]:
    try:
        model: type[Model] = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if not isinstance(getattr(model, "kept", None), Evidence):
        raise Http404
    return model


app_name = "evidence_desk"
urlpatterns = [path("<str:label>/<uuid:pk>/", row, name="row")]
