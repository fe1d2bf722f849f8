"""Opening, closing and reviewing cases: why staff looked at a customer's information (5.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, URLPattern, path, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from prime_portal import roles, second_person
from usage import cases, training
from usage.admin import ReadOnlyAdmin
from usage.models import Case, Customer


class OpenForm(forms.Form):
    """Why somebody looks. The customer reads every word."""

    reason = forms.ChoiceField(label=_("Why do you look?"), choices=Case.Reason)
    words = forms.CharField(
        label=_("In a few words, for the customer to read"),
        max_length=cases.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class GlassForm(OpenForm):
    """Without the right to look: a box to tick, that nobody does it by accident."""

    urgent = forms.BooleanField(
        label=_("It cannot wait for somebody who may. I know that the privacy official is told.")
    )


class ReviewForm(forms.Form):
    text = forms.CharField(
        label=_("What did you find?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class Cases(ReadOnlyAdmin):
    """Every case, and the pages to open, close and review one."""

    needs_case = False  # who looked and why, for whoever reviews it

    list_display = ("opened_at", "opened_by", "customer", "reason", "broke_glass", "reviewed_at")
    list_filter = ("reason", "broke_glass", ("reviewed_at", admin.EmptyFieldListFilter))
    list_select_related = ("opened_by", "customer")
    date_hierarchy = "opened_at"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("open/", view(self.open), name="usage_case_open"),
            path("<uuid:pk>/close/", view(self.close), name="usage_case_close"),
            *super().get_urls(),
        ]

    def open(self, request: HttpRequest) -> HttpResponse:
        """Ask why, then lead on to the page that was wanted."""
        try:
            customer = get_object_or_404(Customer, pk=request.GET.get("customer"))
        except (ValueError, ValidationError):
            raise Http404 from None
        there = _wanted(request) or reverse("admin:usage_customer_change", args=[customer.pk])
        glass = not _may_see(request, there)
        if not request.user.has_perm("usage.break_glass" if glass else "usage.add_case"):
            raise PermissionDenied
        now = timezone.now()
        trained = training.is_current(request.user, on=timezone.localdate(now))  # type: ignore[arg-type]
        form = (GlassForm if glass else OpenForm)(request.POST or None)
        if trained and form.is_valid():
            case = cases.open_(
                customer,
                reason=Case.Reason(form.cleaned_data["reason"]),
                words=form.cleaned_data["words"],
                by=request.user,  # type: ignore[arg-type]
                at=now,
                broke_glass=glass,
            )
            if case.broke_glass:
                second_person.tell(case, at=now)
            return redirect(there)
        context = {"form": form, "customer": customer, "glass": glass, "trained": trained}
        return self._page(request, "open_case", context, status=200 if trained else 403)

    def close(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Close a case of one's own before its time."""
        case = get_object_or_404(Case, pk=pk, opened_by=request.user)
        if request.method == "POST":
            cases.close(case, at=timezone.now())
            messages.success(request, _("Closed."))
        return redirect("admin:usage_customer_changelist")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show who looked at what and why; a second person says what came of it."""
        case = self.get_object(request, object_id)
        if case is None or not self.has_view_permission(request, case):
            raise Http404
        form = ReviewForm(request.POST or None)
        if request.method == "POST":
            if not request.user.has_perm("usage.review_case"):
                raise PermissionDenied
            if form.is_valid():
                try:
                    cases.review(
                        case,
                        text=form.cleaned_data["text"],
                        by=request.user,  # type: ignore[arg-type]
                        at=timezone.now(),
                    )
                except cases.Refused as refused:
                    form.add_error("text", str(refused))
                else:
                    messages.success(request, _("Recorded."))
                    return redirect("admin:usage_case_change", case.pk)
        may = request.user.has_perm("usage.review_case") and case.opened_by_id != request.user.pk
        due = case.broke_glass and case.reviewed_at is None
        context = {"case": case, "looks": case.looks.all(), "form": form if may and due else None}
        return self._page(request, "case", context)

    def _page(
        self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        facts = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/usage/{name}.html", facts, status=status)


def _wanted(request: HttpRequest) -> str:
    """The staff page that was asked for, if it is one of ours."""
    there = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, allowed_hosts=None)
    return there if ours and there.startswith(reverse("admin:index")) else ""


def _may_see(request: HttpRequest, there: str) -> bool:
    """Whether her roles open the page that was wanted, once there is a case."""
    try:
        page = resolve(there.partition("?")[0]).view_name
    except Resolver404:
        raise Http404 from None
    needed = roles.permission_for(page)
    may = needed is not None and roles.may(request.user, needed)
    return may and request.user.has_perm("usage.add_case")
