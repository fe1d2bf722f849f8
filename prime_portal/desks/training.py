"""Recording who was trained to handle Covered Information, and until when it counts (5.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.choosing import PartyChoice
from consent.models import ThirdParty
from prime_portal.models import User
from usage import training
from usage.admin import ReadOnlyAdmin
from usage.models import TrainingRecord

A_YEAR = timedelta(days=365)


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TrainingForm(forms.Form):
    """One of the staff, or a third party that attests it of its people."""

    person = forms.ModelChoiceField(
        label=_("Who of the staff"),
        queryset=User.objects.filter(is_staff=True, is_active=True).order_by("name"),
        required=False,
    )
    third_party = PartyChoice(
        label=_("Or: which third party attests it of its people"),
        queryset=ThirdParty.objects.filter(closed_at=None).order_by("key"),
        required=False,
    )
    course = forms.CharField(label=_("Course"), max_length=200)
    trained_on = forms.DateField(label=_("Held on"), widget=_Day)
    expires_on = forms.DateField(label=_("First day it no longer counts"), widget=_Day)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("person")) == bool(cleaned.get("third_party")):
            self.add_error("person", _("Choose one of the staff or a third party, not both."))
        return cleaned

    def about(self) -> dict[str, Any]:
        """Whose training it is, as the verb takes it."""
        party: ThirdParty | None = self.cleaned_data["third_party"]
        if party is None:
            return {"person": self.cleaned_data["person"]}
        return {"third_party": party.key, "employer": party.words.legal_name}


class Standing(admin.SimpleListFilter):
    title = _("how it stands")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("current", _("counts")), ("over", _("expired"))]

    def queryset(
        self, request: HttpRequest, rows: QuerySet[TrainingRecord]
    ) -> QuerySet[TrainingRecord]:
        today = timezone.localdate()
        if self.value() == "current":
            return rows.filter(expires_on__gt=today)
        return rows.filter(expires_on__lte=today) if self.value() == "over" else rows


class TrainingRecords(ReadOnlyAdmin):
    """Every record, and the page to make one."""

    list_display = ("whose", "employer", "course", "trained_on", "expires_on")
    list_filter = (Standing,)
    list_select_related = ("person",)

    @admin.display(description=_("whose"))
    def whose(self, record: TrainingRecord) -> str:
        return str(record.person or record.third_party)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("usage.add_trainingrecord")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Record it. Nobody records her own."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        days = {"trained_on": today, "expires_on": today + A_YEAR}
        form = TrainingForm(request.POST or None, initial=days)
        if form.is_valid():
            said = form.cleaned_data
            try:
                training.attest(
                    course=said["course"],
                    trained_on=said["trained_on"],
                    expires_on=said["expires_on"],
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                    **form.about(),
                )
            except training.Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Recorded."))
                return redirect("admin:usage_trainingrecord_changelist")
        facts = {**admin.site.each_context(request), "opts": self.opts, "form": form}
        return render(request, "admin/usage/training.html", facts)
