"""What staff see of customers and imports: no readings, and numbers by their last four digits."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from usage import counter, desk, hold_desk, import_desk, listing
from usage.listing import Listed
from usage.models import (
    Category,
    Claim,
    Dispute,
    Download,
    Hold,
    Purpose,
    PurposeProposal,
    PurposeVersion,
    QualityWord,
    RetentionRun,
    Search,
    Source,
)


class ReadOnlyAdmin(Listed):
    """Rows to look at: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to another. Whoever may not look in a case sees a customer by her number.

    cards: each row is a card of its own, for columns that no table has room for.
    """

    cards = False
    template = "admin/read_only_inline.html"
    extra = 0
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = list(super().get_fields(request, obj))
        if listing.looks(request) or "customer" not in shown:
            return [one for one in shown if one != "number"]
        return ["number" if one == "customer" else one for one in shown if one != "number"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "number"]

    @admin.display(description=_("customer"))
    def number(self, row: Any) -> str:
        return listing.entries_of(row.customer_id, row.customer_id) if row.customer_id else "—"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Claim)
class Claims(ReadOnlyAdmin):
    list_display = ("customer", "issued_at", "expires_at", "redeemed_at", "via")
    date_hierarchy = "issued_at"


class PurposeWords(ReadOnlyInline):
    model = PurposeVersion


@admin.register(Purpose)
class Purposes(ReadOnlyAdmin):
    list_display = ("key", "kind", "limb", "recorded_at", "ended_at")
    list_filter = ("kind",)
    inlines = (PurposeWords,)


@admin.register(Category)
class Categories(ReadOnlyAdmin):
    list_display = ("named", "key", "sensitive", "retention_months")

    @admin.display(description=pgettext_lazy("column", "name"))
    def named(self, category: Category) -> str:
        return category.name


@admin.register(Search)
class Searches(ReadOnlyAdmin):
    """Who searched when, and how many were found. The words name customers: they stay inside."""

    list_display = ("at", "by", "found")
    exclude = ("text",)
    date_hierarchy = "at"


admin.site.register(Dispute, desk.Disputes)
admin.site.register(Source, import_desk.Sources)
admin.site.register(Hold, hold_desk.Holds)
admin.site.register(RetentionRun, hold_desk.RetentionRuns)
admin.site.register((PurposeProposal, QualityWord), ReadOnlyAdmin)
admin.site.register(Download, counter.Downloads)
