"""Where staff build a report of many customers, look at it, and let it out (6.11).

Looking changes nothing. Letting out closes the months it is about and keeps the report. Both
need the permission to release aggregates, which goes with no other.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from usage.aggregates import releases, reports, rules
from usage.aggregates.reports import Question
from usage.models import AggregateRelease
from usage.sentences import told

may_release = permission_required("usage.release_aggregates", raise_exception=True)


class QuestionForm(forms.Form):
    """Which months, and what is told apart."""

    first = forms.TypedChoiceField(label=gettext_lazy("First month"), coerce=date.fromisoformat)
    last = forms.TypedChoiceField(label=gettext_lazy("Last month"), coerce=date.fromisoformat)
    by_month = forms.BooleanField(label=gettext_lazy("Each month by itself"), required=False)
    by_rate = forms.BooleanField(label=gettext_lazy("Each rate class"), required=False)
    by_place = forms.BooleanField(label=gettext_lazy("Each place (ZIP)"), required=False)
    hours = forms.BooleanField(label=gettext_lazy("The hours of the day"), required=False)

    def __init__(self, *args: Any, at: datetime, **facts: Any) -> None:
        super().__init__(*args, **facts)
        held = releases.held_months(at=at)
        for name in ("first", "last"):
            field = self.fields[name]
            field.choices = [  # type: ignore[attr-defined]
                (month.isoformat(), date_format(month, "F Y")) for month in held
            ]
        if held:
            self.initial.update(first=held[0].isoformat(), last=held[0].isoformat())

    def question(self) -> Question:
        return Question(**self.cleaned_data)


@may_release
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Ask, look at what would go out, and see the rules and what went out before."""
    asked = "first" in request.GET
    now = timezone.now()
    form = QuestionForm(request.GET if asked else None, at=now, initial={"by_month": True})
    report, refused = None, ""
    if asked and form.is_valid():
        try:
            report = releases.preview(form.question(), at=now)
        except rules.Refused as no:
            refused = str(no)
    return _page(
        request,
        "aggregates",
        form=form,
        refused=refused,
        report=report,
        lines=_lines(reports.table(report.question, report.rows)) if report else [],
        told=[told(one.kept()) for one in report.told] if report else [],
        asked=request.GET.urlencode(),
        rules=[(rule, _(rule.citation)) for rule in rules.RULES],
        released=AggregateRelease.objects.select_related("released_by"),
    )


@may_release
@require_http_methods(["POST"])
def release(request: HttpRequest) -> HttpResponse:
    """Let out the report that was looked at."""
    now = timezone.now()
    form = QuestionForm(request.GET, at=now)
    if not form.is_valid():
        return redirect("aggregates:desk")
    try:
        made = releases.release(
            form.question(),
            purpose=request.POST.get("purpose", ""),
            by=request.user,  # type: ignore[arg-type]
            at=now,
        )
    except rules.Refused as no:
        messages.error(request, str(no))
        return redirect(f"{request.path.removesuffix('release/')}?{request.GET.urlencode()}")
    messages.success(request, _("Released, and kept as it is."))
    return redirect("aggregates:released", made.pk)


@may_release
@require_GET
def released(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a report as it was let out."""
    made = get_object_or_404(AggregateRelease.objects.select_related("released_by"), pk=pk)
    return _page(
        request,
        "aggregate",
        release=made,
        lines=_lines(made.content),
        told=[told(one) for one in made.told],
        inputs=bytes(made.inputs_sha256).hex(),
        fingerprint=bytes(made.sha256).hex(),
    )


@may_release
@require_GET
def table(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The table of a report, byte for byte."""
    made = get_object_or_404(AggregateRelease, pk=pk)
    name = f"prime-aggregates-{timezone.localdate(made.released_at)}-{str(made.pk)[-6:]}.csv"
    return HttpResponse(
        made.content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(content: str) -> list[list[str]]:
    """The lines of a report, its words in the language of the reader."""
    return [[_cell(cell) for cell in line] for line in csv.reader(content.splitlines())]


def _cell(cell: str) -> str:
    if hour := re.fullmatch(r"kWh from (\d+):00", cell):
        return _(reports.HOUR) % {"hour": hour[1]}
    return " + ".join(_(word) if word else "" for word in cell.split(" + "))


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/usage/{name}.html", admin.site.each_context(request) | context)


app_name = "aggregates"
urlpatterns = [
    path("", desk, name="desk"),
    path("release/", release, name="release"),
    path("<uuid:pk>/", released, name="released"),
    path("<uuid:pk>/table.csv", table, name="table"),
]
