"""Who received a customer's data: every disclosure about her, and what they got (6.3, R58)."""

from __future__ import annotations

import csv
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from consent import flows, kept_copies, packages
from consent.models import Disclosure, DisclosureMember, Package, Stop, ThirdParty
from usage.models import Category, Customer
from usage.requests import CustomerRequest
from usage.sealed_files import Damaged

SUFFIX = {packages.CSV: "csv"}


@require_GET
def received(request: CustomerRequest) -> HttpResponse:
    """Show every disclosure about her, also those made without her consent (6.4 to 6.9)."""
    return render(
        request,
        "consent/disclosures.html",
        {
            "disclosures": described(DisclosureMember.objects.of(request.customer)),
            "flows": flows.shown(at=timezone.now()),
            "parties": _stoppable(request.customer),
        },
    )


def _stoppable(customer: Customer) -> list[tuple[ThirdParty, bool]]:
    """Whom she may stop, and whether she has."""
    hers = Stop.objects.in_force().filter(customer=customer)
    stopped = set(hers.values_list("third_party_id", flat=True))
    touching = ThirdParty.objects.touching(customer)
    return [(party, party.pk in stopped) for party in touching]


@require_GET
def disclosure(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Show one disclosure, and the first and last line of what they got about her."""
    hers = DisclosureMember.objects.of(request.customer).filter(disclosure=pk)
    get_object_or_404(hers)
    (shown,) = described(hers)
    copy = why_none = None
    try:
        copy = _look(request.customer, _package_of(shown))
    except Gone as gone:
        why_none = str(gone)
    return render(
        request,
        "consent/disclosure.html",
        {
            "disclosure": shown,
            "hash": bytes(shown.sha256 or b"").hex(),
            "copy": copy,
            "why_none": why_none,
        },
    )


@require_GET
def sent_file(request: CustomerRequest, pk: UUID) -> HttpResponseBase:
    """Give her the very lines about her that a third party got, and nobody else's."""
    member = get_object_or_404(
        DisclosureMember.objects.of(request.customer).select_related("disclosure"), disclosure=pk
    )
    try:
        package = _package_of(member.disclosure)
        lines = _lines(request.customer, package)
    except Gone as gone:
        return render(request, "consent/no_copy.html", {"why_none": str(gone)}, status=410)
    csv_file = package.format == packages.CSV
    name = f"prime-sent-{package.last_day}.{'csv' if csv_file else 'xml'}"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8" if csv_file else "application/atom+xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def described(hers: QuerySet[DisclosureMember]) -> list[Any]:
    """Return her disclosures, newest first, each with names and reasons in her language."""
    names = {category.key: category.name for category in Category.objects.all()}
    found: list[Any] = []
    for member in hers.select_related(
        "disclosure__third_party_words", "disclosure__purpose_words"
    ).order_by("-disclosure__at"):
        one: Any = member.disclosure
        one.category_names = [names.get(key, key) for key in one.categories]
        one.member_rows = member.rows
        authorized = one.allowed and member.authorization_id
        one.why = _("You authorized it.") if authorized else _(one.reason)
        found.append(one)
    return found


class Gone(Exception):
    """There is no copy to show. The sentence says why."""


def _package_of(disclosed: Disclosure) -> Package:
    if not disclosed.allowed:
        raise Gone(_("Nothing: it was refused."))
    if disclosed.not_handed_over_at:
        raise Gone(_("Nothing: it did not reach them."))
    if disclosed.package_id is None:
        raise Gone(_("It went on paper or by telephone: there is no file."))
    kept = Package.objects.filter(removed_at=None)
    package = kept.filter(pk=disclosed.package_id).first()
    if package is None:
        raise Gone(
            _(
                "PRIME no longer keeps a copy: the time it is kept for is over. What was sent, "
                "when, to whom and why stands above and stays."
            )
        )
    return package


def _lines(customer: Customer, package: Package) -> Any:
    try:
        return kept_copies.lines_about(customer, package)
    except (packages.NoKey, FileNotFoundError, Damaged):
        raise Gone(
            _("The copy cannot be opened now. Please ask PRIME’s privacy official.")
        ) from None


def _look(customer: Customer, package: Package) -> packages.Look:
    lines = _lines(customer, package)
    if package.format != packages.CSV:
        return packages.Look([], [])
    columns, first, last = b"", b"", b""
    rest = b""
    for piece in lines:
        whole = (rest + piece).split(b"\r\n")
        rest = whole.pop()
        if whole and not columns:
            columns = whole.pop(0)
        if whole:
            first, last = first or whole[0], whole[-1]
    texts = [line.decode("utf-8-sig") for line in (columns, first, last) if line]
    cells = list(csv.reader(texts))
    return packages.Look(cells[0] if cells else [], cells[1:])
