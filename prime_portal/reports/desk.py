"""Where the privacy official issues annual reports and binders, and takes them away."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from prime_portal.models import IssuedReport
from prime_portal.reports import due, issuing, past
from usage import pdf

may_read = permission_required("prime_portal.view_issuedreport", raise_exception=True)


class PeriodForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Report"), choices=IssuedReport.Kind.choices)
    first_day = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("first_day"), said.get("last_day")
        whole = first and last and (first, last) == _year(first.year)
        if said.get("kind") == IssuedReport.Kind.ANNUAL and not whole:
            raise forms.ValidationError(_("An annual report is about a whole calendar year."))
        return said


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


@may_read
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """List what was issued, say what is due, and issue one more; an auditor reads."""
    may_issue = request.user.has_perm("prime_portal.issue_reports")
    if request.method == "POST" and not may_issue:
        raise PermissionDenied
    now = timezone.now()
    last_year = timezone.localdate(now).year - 1
    first, last = _year(last_year)
    form = PeriodForm(request.POST or None, initial={"first_day": first, "last_day": last})
    if request.method == "POST" and form.is_valid():
        try:
            made = issuing.issue(
                IssuedReport.Kind(form.cleaned_data["kind"]),
                first_day=form.cleaned_data["first_day"],
                last_day=form.cleaned_data["last_day"],
                by=request.user,  # type: ignore[arg-type]
                at=now,
            )
        except (issuing.Refused, past.NotProven, past.StillWriting, pdf.CannotBePrinted) as no:
            form.add_error(None, str(no))
        else:
            messages.success(request, _("Issued, and kept as it is."))
            return redirect("reports:report", made.pk)
    issued = IssuedReport.objects.select_related("issued_by").defer("pdf", "csv")
    return _page(
        request,
        "reports",
        form=form if may_issue else None,
        year=last_year,
        issued_for_year=issued.filter(kind=IssuedReport.Kind.ANNUAL, first_day=first).exists(),
        owed=due.owed(on=timezone.localdate(now)),
        issued=issued,
    )


@may_read
@require_GET
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a report as it was issued, and whether the ledger still gives the same."""
    held = get_object_or_404(IssuedReport.objects.select_related("issued_by"), pk=pk)
    same, why = False, ""
    try:
        same = issuing.same_again(held)
    except past.NotProven as no:
        why = str(no)
    return _page(
        request,
        "report",
        report=held,
        same=same,
        why=why,
        csv_sha256=bytes(held.csv_sha256).hex(),
        pdf_sha256=bytes(held.pdf_sha256).hex(),
    )


@may_read
@require_GET
def file(request: HttpRequest, pk: UUID, suffix: str) -> HttpResponse:
    """The PDF or the table, byte for byte."""
    held = get_object_or_404(IssuedReport, pk=pk)
    kinds = {"pdf": ("application/pdf", bytes(held.pdf)), "csv": ("text/csv", held.csv.encode())}
    if suffix not in kinds:
        raise Http404
    mime, content = kinds[suffix]
    name = f"prime-{held.kind}-{held.first_day}-{held.last_day}.{suffix}"
    return HttpResponse(
        content,
        content_type=f"{mime}; charset=utf-8" if suffix == "csv" else mime,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/{name}.html", admin.site.each_context(request) | context)
