"""Whether a receipt is genuine, and whether what it confirms is in the sealed record (5.1, 6.9).

Open to anyone. Nothing is kept of what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import receipt_words, signed_receipts
from notices.models.sealed import PublishedSeal
from prime_portal import restores
from prime_portal.ledger import proofs
from prime_portal.ledger.exporting import GOES_ALONG
from usage import signing
from usage.frozen import frozen

PROGRAMS = ("verify_receipt.py", "ed25519.py")


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


class EntryForm(forms.Form):
    """The entry a receipt names: its number and its leaf, in 64 hexadecimal digits."""

    entry_id = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    leaf = forms.RegexField("^[0-9a-f]{64}$")


@dataclass(frozen=True)
class Standing:
    """How an entry stands in the record: its proof, or none yet, or not as it should be.

    published_on: the day whose public seal the proof leads to; None if it leads to a newer one.
    restoring: the record is being set right after a restore, so that what it lacks says nothing.
    lost_on: the day of a restore that lost what was recorded then.
    """

    entry_id: int
    leaf: str
    proof: proofs.Proof | None = None
    published_on: date | None = None
    waits: bool = False
    restoring: bool = False
    lost_on: date | None = None

    @property
    def path(self) -> list[str]:
        return [step.hex() for step in self.proof.path] if self.proof else []

    @property
    def root(self) -> str:
        return self.proof.root.hex() if self.proof else ""


@login_not_required
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Say to anyone whether a receipt is genuine and unchanged, and in the sealed record yet."""
    form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
    answer: dict[str, Any] = {}
    if form.is_valid():
        try:
            checked = signed_receipts.check(form.content(), keys=signing.known_keys())
        except signed_receipts.NotGenuine:
            answer = {"genuine": False}
        else:
            named = checked.receipt["ledger"]
            answer = {
                "genuine": True,
                "title": receipt_words.title_of(checked.receipt),
                "lines": receipt_words.lines_of(checked.receipt),
                "standing": standing_of(
                    named["entry_id"], leaf=named["leaf"], made_at=_moment_of(checked.receipt)
                ),
            }
    return _page(request, form, answer, status=422 if form.errors else 200)


@login_not_required
@require_POST
def proof(request: HttpRequest) -> HttpResponse:
    """Give the proof for the entry of a receipt as a file; if there is none, say why.

    Asked for by POST, so that no list of addresses says who wanted which.
    """
    form = EntryForm(request.POST)
    if not form.is_valid():
        raise Http404
    standing = standing_of(form.cleaned_data["entry_id"], leaf=form.cleaned_data["leaf"])
    if standing.proof is None:
        return _page(request, CheckForm(), {"standing": standing}, status=409)
    name = f"prime-proof-{standing.entry_id}.json"
    return _attached(proofs.write(standing.proof), name, kind="application/json")


@login_not_required
@require_GET
def program(request: HttpRequest, name: str) -> HttpResponse:
    """Hand out the program that checks receipt and proof on anyone's own machine."""
    if name not in PROGRAMS:
        raise Http404
    return _attached((GOES_ALONG / name).read_bytes(), name, kind="text/x-python")


def standing_of(entry_id: int, *, leaf: str, made_at: datetime | None = None) -> Standing:
    """Look up how the entry of a receipt stands in the record. leaf: in hexadecimal digits.

    A record that was put back lacks what came after its backup, and seals nothing until two people
    let it work again: it must not be said that somebody's receipt is at fault (5.1). made_at: when
    a receipt PRIME signed says that it happened.
    """
    try:
        found = proofs.of(entry_id, leaf=bytes.fromhex(leaf))
    except proofs.NotProven:
        restore = restores.lost_in(entry_id, made_at=made_at) if made_at else None
        lost_on = timezone.localdate(restore.at) if restore else None
        return Standing(entry_id, leaf, restoring=frozen(), lost_on=lost_on)
    if found is None:
        return Standing(entry_id, leaf, waits=True, restoring=frozen())
    seal = PublishedSeal.objects.filter(size=found.size, note=found.checkpoint).first()
    return Standing(entry_id, leaf, proof=found, published_on=seal.day if seal else None)


def _moment_of(receipt: dict[str, Any]) -> datetime:
    """When the newest thing happened that a receipt confirms."""
    return max(datetime.fromisoformat(event["event_time"]) for event in receipt["event"])


def _page(
    request: HttpRequest, form: CheckForm, answer: dict[str, Any], *, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "answer": answer,
        "keys": [(name, key.hex()) for name, key in signing.known_keys().items()],
        "seal_keys": settings.LEDGER_PUBLIC_KEYS,
        "programs": PROGRAMS,
    }
    return render(request, "consent/verify.html", context, status=status)


def _attached(content: bytes, name: str, *, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
