"""The register of non-compliances to look at (CPUC rule 9e); kept at the desk for incidents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from prime_portal.models import EnteredInError
from usage.admin import ReadOnlyAdmin


class Marked(admin.SimpleListFilter):
    title = _("entered in error")
    parameter_name = "marked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        marks = EnteredInError.objects.filter(row=OuterRef("pk"))
        if self.value() == "yes":
            return rows.filter(Exists(marks))
        return rows.filter(~Exists(marks)) if self.value() == "no" else rows


class NonCompliances(ReadOnlyAdmin):
    list_display = ("found_at", "clause", "third_party", "customers", "mended_at")
    list_filter = (("mended_at", admin.EmptyFieldListFilter), Marked, "clause")
    list_select_related = ("third_party",)
    date_hierarchy = "found_at"
