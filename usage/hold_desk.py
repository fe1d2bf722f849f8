"""Holds that keep things from going, and what went: for the privacy official."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage import holds
from usage.listing import Listed
from usage.models import Category, Customer, Hold


class HoldForm(forms.Form):
    """Whose and which information is kept, and why."""

    account = forms.CharField(
        label=gettext_lazy("Customer account number"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Leave it empty to hold everybody’s."),
    )
    categories = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which information"),
        queryset=Category.objects.order_by("position"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked holds all kinds."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_account(self) -> Customer | None:
        number = self.cleaned_data["account"].replace("-", "").strip().upper()
        found = Customer.objects.filter(account_number=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError(_("No customer has that account number."))
        return found


class Holds(Listed):
    """Every hold there is or was; placing one and lifting some."""

    list_display = ("placed_at", "customer", "kinds", "placed_by", "lifted_at", "lifted_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    list_select_related = ("customer", "placed_by", "lifted_by")
    actions = ("lift",)

    @admin.display(description=gettext_lazy("which information"))
    def kinds(self, hold: Hold) -> str:
        held = Category.objects.filter(pk__in=hold.categories).order_by("position")
        return ", ".join(kind.name for kind in held) or _("everything")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not as a row: a hold is placed on a page of its own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        place = self.admin_site.admin_view(self.place)
        return [path("place/", place, name="usage_hold_place"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = request.user.has_perm("usage.add_hold")
        return super().changelist_view(request, {"may_place": may})

    def place(self, request: HttpRequest) -> HttpResponse:
        """Place a hold. It is in force at once."""
        if not request.user.has_perm("usage.add_hold"):
            raise PermissionDenied
        form = HoldForm(request.POST or None)
        if form.is_valid():
            chosen = form.cleaned_data
            holds.place(
                customer=chosen["account"],
                categories=[category.key for category in chosen["categories"]],
                reason=chosen["reason"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
            messages.success(request, _("The hold is in force."))
            return redirect("admin:usage_hold_changelist")
        facts = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        return render(request, "admin/usage/place_hold.html", facts)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("usage.change_hold")

    @admin.action(description=gettext_lazy("Lift these holds"), permissions=["lift"])
    def lift(self, request: HttpRequest, chosen: QuerySet[Hold]) -> None:
        lifted = [
            holds.lift(hold, by=request.user, at=timezone.now())  # type: ignore[arg-type]
            for hold in chosen
        ]
        count = sum(lifted)
        messages.success(request, _("Holds lifted: %(count)s.") % {"count": count})


class RetentionRuns(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was let go, when, and on which schedule."""

    list_display = ("started_at", "schedule", "by", "finished_at")
    date_hierarchy = "started_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
