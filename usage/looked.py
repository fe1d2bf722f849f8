"""Who looked: each time PRIME's staff opened a customer's information, for her to read (5.1)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from usage import categories
from usage.evidence import ERASED, said
from usage.models import Case, Category, ContactChange, Customer, Look
from usage.requests import CustomerRequest, newest
from usage.sections import Section

WORDS: dict[str, str | Promise] = {
    "admin:usage_customer_change": gettext_lazy("your page: account, contact, places"),
    "admin:usage_dispute_change": gettext_lazy("something you raised"),
    "admin:usage_dispute_add": gettext_lazy("writing down what you said"),
    "admin:usage_download_add": gettext_lazy("preparing a copy for you"),
    "admin:usage_download_change": gettext_lazy("a copy of your data"),
    "admin:usage_download_file": gettext_lazy("a copy of your data, fetched for you"),
    "admin:consent_authorization_change": gettext_lazy("an authorization of yours"),
    "admin:consent_desk": gettext_lazy("what you share"),
    "admin:consent_desk_grant": gettext_lazy("entering an authorization for you"),
    "admin:consent_desk_cancel": gettext_lazy("canceling an authorization for you"),
    "admin:consent_desk_people": gettext_lazy("who may act for your account"),
    "admin:notices_delivery_change": gettext_lazy("a letter or e-mail to you"),
    "run_desk:delivery": gettext_lazy("a letter or e-mail to you"),
    "run_desk:copy": gettext_lazy("a letter or e-mail to you"),
    "run_desk:proof": gettext_lazy("everything you were sent in a year"),
    "party_desk:details": gettext_lazy("how to reach you"),
    "admin:usage_contactchange_add": gettext_lazy("changing how to reach you"),
}
"""What the pages of staff are, in words for her. One not named here is "a page about you"."""


@require_GET
def looked(request: CustomerRequest) -> HttpResponse:
    """Show who of PRIME's staff looked, when, why, and at what."""
    cases = Case.objects.filter(customer=request.customer).select_related("opened_by")
    shown, more = newest(request, cases.prefetch_related("looks").order_by("-opened_at"))
    return render(request, "usage/looked.html", {"cases": shown, "more": more})


def at_what(look: Look) -> str:
    """Say in words what was looked at."""
    category = Category.objects.filter(pk=look.part).first() if look.part else None
    return category.name if category else str(WORDS.get(look.page, _("a page about you")))


def record_of(customer: Customer) -> list[Section]:
    """Every look of staff at the customer, and every change of how she is reached."""
    looks = Look.objects.of(customer).select_related("by", "case").order_by("at")
    changes = ContactChange.objects.of(customer).select_related("by")
    return [
        Section(
            "looks",
            categories.PRIVACY_RECORDS,
            _("When PRIME’s staff looked at your information"),
            _("Written down by this portal before it shows a page to staff."),
            (_("When"), _("Who"), _("At what"), _("Why"), _("In their words")),
            [
                (
                    look.at,
                    str(look.by),
                    at_what(look),
                    look.case.get_reason_display(),
                    look.case.words,
                )
                for look in looks
            ],
            _("Nobody looked so far."),
        ),
        Section(
            "contact_changes",
            categories.PRIVACY_RECORDS,
            _("Changes of how to reach you, made by PRIME’s staff"),
            _("Written down by this portal when you ask for it."),
            (_("When"), _("What"), _("From"), _("To"), _("How you asked"), _("By")),
            [
                (change.at, what, before, after, change.get_via_display(), str(change.by))
                for change in changes
                for what, before, after in change.lines or [(said(ERASED),) * 3]
            ],
            _("Staff changed nothing."),
        ),
    ]
