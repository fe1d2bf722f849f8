"""Where staff change how a customer is reached, at her wish; both addresses are told (7.5.1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices import contacts
from usage.admin import ReadOnlyAdmin
from usage.contacts import FIELDS, Refused
from usage.counter import HEARD
from usage.evidence import ERASED, said
from usage.models import ContactChange, Customer, Language, Via


class ContactForm(forms.Form):
    """How she is reached from now on, how she asked, and how staff know that it is she."""

    mailing_address = forms.CharField(
        label=_("Mailing address, a line of the envelope each"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    mailing_zip = forms.CharField(label=_("ZIP"), max_length=10)
    email = forms.EmailField(label=_("E-mail"), required=False)
    telephone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language)
    via = forms.ChoiceField(label=_("How did it reach PRIME?"), choices=HEARD)
    checked = forms.CharField(
        label=_("How do you know that it is she?"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ContactChanges(ReadOnlyAdmin):
    """Every change, and the page to make one."""

    list_display = ("at", "customer", "what", "via", "by")
    list_select_related = ("customer", "by")
    date_hierarchy = "at"
    fields = ("customer", "changed", "checked", "via", "by", "at")
    readonly_fields = ("changed",)

    @admin.display(description=_("what was changed"))
    def what(self, change: ContactChange) -> str:
        return change.what or said(ERASED)

    @admin.display(description=_("what was changed"))
    def changed(self, change: ContactChange) -> str:
        """What it was and what it is, field by field."""
        return render_to_string("admin/usage/changed.html", {"lines": change.lines})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Change what is different; the old and the new address are both told."""
        if not request.user.has_perm("usage.add_contactchange"):
            raise PermissionDenied
        try:
            customer = get_object_or_404(Customer, pk=request.GET.get("customer"))
        except (ValueError, ValidationError):
            raise Http404 from None
        held = {name: getattr(customer, name) for name in FIELDS}
        form = ContactForm(request.POST or None, initial=held)
        if form.is_valid():
            given = form.cleaned_data
            try:
                contacts.change(
                    customer,
                    {name: given[name].replace("\r\n", "\n") for name in FIELDS},
                    checked=given["checked"],
                    by=request.user,  # type: ignore[arg-type]
                    via=Via(given["via"]),
                    at=timezone.now(),
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Changed. The old and the new address are told."))
                return redirect("admin:usage_customer_change", customer.pk)
        context = {"form": form, "customer": customer, "case": getattr(request, "case", None)}
        facts = {**admin.site.each_context(request), "opts": self.opts, **context}
        return render(request, "admin/usage/contact.html", facts)
