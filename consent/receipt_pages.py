"""A customer's receipts: as a page, on paper, as the signed file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from consent import receipt_words, signed_receipts
from consent.models import Authorization, Receipt
from usage import pdf
from usage.evidence import ERASED
from usage.requests import CustomerRequest


@require_GET
def receipt(request: CustomerRequest, pk: UUID, event: str) -> HttpResponse:
    """Show one receipt, line by line, with the ways to take it away and to cancel."""
    held = _hers(request, pk, event)
    return render(
        request,
        "consent/receipt.html",
        {
            **_said(held),
            "receipt": held,
            "leaf": bytes(held.leaf).hex(),
            "in_force": Authorization.objects.filter(pk=pk).in_force(at=timezone.now()).exists(),
        },
    )


@require_GET
def on_paper(request: CustomerRequest, pk: UUID, event: str) -> HttpResponse:
    """Give the receipt as a PDF. If none can be made here, the page and the file still are."""
    held = _hers(request, pk, event)
    page = render_to_string(
        "consent/receipt_paper.html",
        {**_said(held), "receipt": held, "language": get_language()},
        request,
    )
    try:
        made = pdf.write(page, identifier=held.pk.bytes)
    except pdf.CannotBePrinted:
        return render(request, "consent/no_paper.html", {"receipt": held}, status=503)
    return _attached(made, held, kind="application/pdf", ends="pdf")


@require_GET
def signed_file(request: CustomerRequest, pk: UUID, event: str) -> HttpResponse:
    """Give the signed file, byte for byte as it was made."""
    held = _hers(request, pk, event)
    return _attached(bytes(held.content), held, kind="application/json", ends="json")


def _hers(request: CustomerRequest, pk: UUID, event: str) -> Receipt:
    found: Receipt = get_object_or_404(
        Receipt.objects.of(request.customer)
        .exclude(content=ERASED.encode())
        .select_related("authorization"),
        authorization=pk,
        event=event,
    )
    return found


def _said(held: Receipt) -> dict[str, Any]:
    facts = signed_receipts.read(bytes(held.content))
    return {"title": receipt_words.title_of(facts), "lines": receipt_words.lines_of(facts)}


def _attached(content: bytes, held: Receipt, *, kind: str, ends: str) -> HttpResponse:
    name = f"prime-receipt-{timezone.localdate(held.made_at)}-{held.event}.{ends}"
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
