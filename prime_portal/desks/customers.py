"""A customer's page for a clerk: found by little, opened in a case, shown kind by kind (5.1, 6.3).

Finding shows a name, an account's last four digits and a ZIP, and is written down. Everything
else stands behind a case (prime_portal.case_door) and is the record the customer sees herself.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models import Authorization
from notices.models import Delivery
from prime_portal import record
from prime_portal.information import Shown
from usage import categories, disputes, finding, training
from usage.admin import ReadOnlyAdmin
from usage.models import Access, Category, Customer, Dispute

FIRST = (categories.ACCOUNT_IDENTITY, categories.CONTACT, categories.SERVICE_LOCATION)
"""The kinds that stand on her page itself; each other one is a page, and a look, of its own."""

NEWEST = 10


class FindForm(forms.Form):
    """What somebody on the telephone can say of herself."""

    text = forms.CharField(
        label=_("Name, address, telephone, account number or its last four digits"),
        min_length=3,
        max_length=finding.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 40}),
    )


class Customers(ReadOnlyAdmin):
    """The search, and each customer's page."""

    def get_urls(self) -> list[URLPattern]:
        kind = self.admin_site.admin_view(self.kind)
        return [
            path("<uuid:pk>/kind/<slug:key>/", kind, name="usage_customer_kind"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Find customers. The words go by POST: they are in no address and in no log."""
        now = timezone.now()
        if not training.is_current(request.user, on=timezone.localdate(now)):  # type: ignore[arg-type]
            return self._page(request, "find", {"trained": False}, status=403)
        form = FindForm(request.POST or None)
        found = None
        if form.is_valid():
            found = finding.find(
                form.cleaned_data["text"],
                by=request.user,  # type: ignore[arg-type]
                at=now,
            )
        facts = {"form": form, "found": found, "most": finding.MOST, "trained": True}
        return self._page(request, "find", facts)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show who she is, how she is reached, and what staff can do for her."""
        customer = self.get_object(request, object_id)
        if customer is None:
            raise Http404
        sections = record.record_of(customer)
        now = timezone.now()
        held = {section.category for section in sections if section.rows}
        context = {
            "customer": customer,
            "shown": [Shown(section) for section in sections if section.category in FIRST],
            "kinds": [
                (category, category.key in held)
                for category in Category.objects.all()
                if category.key not in FIRST
            ],
            "disputes": [
                (one, disputes.standing(one))
                for one in Dispute.objects.of(customer).open().order_by("due")
            ],
            "deliveries": Delivery.objects.of(customer)
            .with_state(at=timezone.now())
            .order_by("-owed_at")[:NEWEST],
            "sharing": Authorization.objects.of(customer).in_force(at=now).with_words(),
            "accesses": Access.objects.of(customer).in_force(at=now).select_related("user"),
        }
        return self._page(request, "customer", context)

    def kind(self, request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
        """Show what PRIME holds of one kind, as she sees it under My information."""
        customer = get_object_or_404(Customer, pk=pk)
        category = get_object_or_404(Category, pk=key)
        sections = [one for one in record.record_of(customer) if one.category == key]
        shown = [Shown(section, everything="all" in request.GET) for section in sections]
        context = {"customer": customer, "category": category, "shown": shown}
        return self._page(request, "customer_kind", context)

    def _page(
        self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        case = getattr(request, "case", None)
        facts = {**self.admin_site.each_context(request), "opts": self.opts, "case": case}
        return render(request, f"admin/usage/{name}.html", facts | context, status=status)
