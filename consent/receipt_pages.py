"""A customer's receipts: as a page, on paper, as the signed file; and whether one is genuine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from consent import receipt_words, signed_receipts
from consent.models import Authorization, Receipt
from usage import pdf, signing
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


class CheckForm(forms.Form):
    """A receipt's file, or its text."""

    file = forms.FileField(label=_("The receipt’s file (its name ends in .json)"), required=False)
    text = forms.CharField(
        label=_("Or paste all of its text here"),
        required=False,
        strip=False,
        max_length=signed_receipts.AT_MOST,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            self.add_error(None, _("Choose a file, or paste its text."))
        return cleaned

    def content(self) -> bytes:
        """The bytes of the file; a pasted text with the line ends it was written with."""
        if file := self.cleaned_data["file"]:
            return bytes(file.read(signed_receipts.AT_MOST + 1))
        text: str = self.cleaned_data["text"]
        return (text.replace("\r\n", "\n").strip() + "\n").encode()


@login_not_required
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Say to anyone whether a receipt is genuine and unchanged. Nothing is looked up or kept."""
    form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
    answer: dict[str, Any] = {}
    if form.is_valid():
        try:
            checked = signed_receipts.check(form.content(), keys=signing.known_keys())
        except signed_receipts.NotGenuine:
            answer = {"genuine": False}
        else:
            answer = {
                "genuine": True,
                "title": receipt_words.title_of(checked.receipt),
                "lines": receipt_words.lines_of(checked.receipt),
            }
    context = {"form": form, "answer": answer, "keys": _keys()}
    return render(request, "consent/verify.html", context, status=422 if form.errors else 200)


def _keys() -> list[tuple[str, str]]:
    return [(name, key.hex()) for name, key in signing.known_keys().items()]


def _hers(request: CustomerRequest, pk: UUID, event: str) -> Receipt:
    found: Receipt = get_object_or_404(
        Receipt.objects.of(request.customer).select_related("authorization"),
        authorization=pk,
        event=event,
    )
    return found


def _said(held: Receipt) -> dict[str, Any]:
    facts = signed_receipts.read(bytes(held.content))
    return {"title": receipt_words.title_of(facts), "lines": receipt_words.lines_of(facts)}


def _attached(content: bytes, held: Receipt, *, kind: str, ends: str) -> HttpResponse:
    name = f"prime-receipt-{held.made_at:%Y-%m-%d}-{held.event}.{ends}"
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
