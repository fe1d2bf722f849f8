"""Lists on the staff side, as whoever reads them may see them (5.1).

Whoever may read the record is led from each row of evidence to its entries, which name nobody.
Whoever may not look in a case, as an auditor, sees a customer by her number alone, and is not led
to a page that only a case opens.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from usage.evidence import Evidence


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list of rows. `needs_case`: the page of one row is about a customer."""

    needs_case = True

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        shown: list[Any] = list(super().get_list_display(request))
        kept = getattr(self.model, "kept", None)
        if not looks(request):
            private = getattr(kept, "private", ())
            shown = [one for one in shown if one not in private]
            shown = ["number" if one == "customer" else one for one in shown]
        if isinstance(kept, Evidence) and _reads_the_record(request):
            shown.append("recorded")
        return shown

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        about_her = any(field.name == "customer" for field in self.model._meta.fields)
        if about_her and self.needs_case and not looks(request):
            return None
        return super().get_list_display_links(request, list_display)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse a typed address like ?text__contains=Rosa: it would find her, on no record.

        Django lets an address ask for any column of the list's own model.
        """
        private = getattr(getattr(self.model, "kept", None), "private", ())
        column = lookup.partition("__")[0]
        return column not in private and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("customer"))
    def number(self, row: Any) -> str:
        return entries_of(row.customer_id, row.customer_id) if row.customer_id else "—"

    @admin.display(description=_("in the record"))
    def recorded(self, row: Any) -> str:
        return entries_of(row.pk, _("its entries"))


def looks(request: HttpRequest) -> bool:
    """Whether this person may open a case, and so a customer's page."""
    return any(request.user.has_perm(f"usage.{one}") for one in ("add_case", "break_glass"))


def _reads_the_record(request: HttpRequest) -> bool:
    return request.user.has_perm("prime_portal.view_ledgerentry")


def entries_of(number: Any, words: Any) -> str:
    """A link to all entries of a row or of a customer."""
    entries = reverse("admin:prime_portal_ledgerentry_changelist")
    return format_html('<a href="{}?q={}">{}</a>', entries, number, words)
