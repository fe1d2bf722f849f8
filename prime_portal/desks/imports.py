"""Where an import is taken back: what would change, how far it went, and why (6.3, 6.4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prime_portal import taking_back
from usage import billing, import_desk
from usage.imports import Refused
from usage.models import Category, Import, Removal

MOST = 20_000
"""Days a browser waits for; whoever takes back more does it on the command line."""

BECOMES: dict[str, str | Promise] = {
    billing.REMOVED: gettext_lazy("goes; nothing is held then"),
    billing.PUT_BACK: gettext_lazy("what stood before stands again"),
    billing.BENEATH: gettext_lazy("stays as a later file corrected it"),
    billing.STAYS: gettext_lazy("stays: a later file said the same"),
}

OF_BILLS: dict[str, str | Promise] = {
    billing.REMOVED: gettext_lazy("goes"),
    billing.PUT_BACK: gettext_lazy("stood before, and stands again"),
}
"""A period put back is a row of its own, beside the one that goes."""


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why is it taken back?"),
        help_text=gettext_lazy("It stays on record. Name no customer."),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Imports(import_desk.Imports):
    """Every file that came, the pages to send one, and the page to take one back."""

    def get_urls(self) -> list[URLPattern]:
        back = self.admin_site.admin_view(self.take_back)
        return [
            path("<uuid:pk>/take-back/", back, name="usage_import_take_back"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what came of a file; of one that was taken back, how far it had gone."""
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {"may_take_back": request.user.has_perm("usage.add_import")}
        if row is not None and row.taken_back_at:
            removals = list(Removal.objects.filter(taken_back=row))
            until = row.taken_back_at
            context["reach"] = taking_back.reach_of(row, removals, until=until)
        return super().change_view(request, object_id, form_url, context)

    def take_back(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Say what would change; with a reason, do it."""
        if not request.user.has_perm("usage.add_import"):
            raise PermissionDenied
        row = get_object_or_404(Import, pk=pk)
        form = WhyForm(request.POST or None)
        context: dict[str, Any] = {"row": row, "form": form, "outcome": self.result(row)}
        context["format"] = import_desk.FORMATS.get(row.read_as.get("format", ""), row.kind)
        if _days(row) > MOST:
            context |= {"too_many": MOST, "command": f"prime-manage take_back {row.pk}"}
            return self.page(request, "import_take_back", context)
        now = timezone.now()
        try:
            if form.is_valid():
                why = form.cleaned_data["why"]
                taking_back.take_back(row, by=request.user, why=why, at=now)  # type: ignore[arg-type]
                messages.success(request, _("Taken back."))
                return redirect("admin:usage_import_change", row.pk)
            look = taking_back.look(row, at=now)
        except Refused as refused:
            return self.page(request, "import_take_back", context | {"refused": refused})
        words = BECOMES | (OF_BILLS if row.kind in billing.KINDS else {})
        kinds = {category.key: category.name for category in Category.objects.all()}
        context |= {
            "look": look,
            "twins": _twins(row),
            "reach": look.reach,
            "counts": import_desk.told_back(look.done.counts),
            "first": [
                (one.first_day, one.last_day, one.number[-4:], kinds[one.category], words[one.what])
                for one in look.done.first
            ],
            "more": _more(look.done.counts, len(look.done.first)),
        }
        return self.page(request, "import_take_back", context)


def _days(row: Import) -> int:
    """How many days it brought or changed, as it counted itself."""
    counts = row.counts or {}
    return sum(counts.get(name, 0) for name in ("days_new", "days_changed"))


def _twins(row: Import) -> QuerySet[Import]:
    """The same bytes taken in at another time, or laid elsewhere."""
    taken = Import.objects.filter(outcome=Import.Outcome.TAKEN, taken_back_at=None)
    return taken.filter(sha256=row.sha256).exclude(pk=row.pk).order_by("started_at")


def _more(counts: dict[str, int], shown: int) -> int:
    of = (count for name, count in counts.items() if name.startswith(("days_", "rows_")))
    return sum(of) - shown
