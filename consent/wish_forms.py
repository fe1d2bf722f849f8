"""What staff fill in when a customer's wish reaches them: how, when, who, and how they know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import wishes
from consent.forms import GrantForm
from consent.wishes import Heard
from usage.models import Access, Customer, Language, Via

HEARD = [choice for choice in Via.choices if choice[0] != Via.PORTAL]
MINUTE = "%Y-%m-%dT%H:%M"
OLDEST = timedelta(days=90)


class NoForm(forms.Form):
    """That she said no needs only how she said it."""

    request_key = forms.UUIDField()
    via = forms.ChoiceField(choices=HEARD)


class WishForm(forms.Form):
    """How the wish reached PRIME. Those that build on it set `now`."""

    now: datetime

    via = forms.ChoiceField(label=gettext_lazy("How did it reach PRIME?"), choices=HEARD)
    received_at = forms.DateTimeField(
        label=gettext_lazy("When did it reach PRIME? It counts from then"),
        input_formats=[MINUTE],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE),
    )
    speaker = forms.CharField(
        label=gettext_lazy("Who called, signed or came?"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    capacity = forms.ChoiceField(
        label=gettext_lazy("In what capacity?"),
        choices=Access.Capacity,
        initial=Access.Capacity.HOLDER,
    )
    identity = forms.CharField(
        label=gettext_lazy("How do you know that it is this person?"),
        help_text=gettext_lazy(
            "For instance: called back at the number on file; identity card seen; signature."
        ),
        max_length=300,
    )
    reference = forms.CharField(
        label=gettext_lazy("Number of the call or the form"), max_length=80, required=False
    )

    def clean_received_at(self) -> datetime:
        """Forms carry whole minutes: one that is this very minute is now."""
        received: datetime = self.cleaned_data["received_at"]
        if received > self.now:
            raise forms.ValidationError(_("That is still to come."))
        if received < self.now - OLDEST:
            raise forms.ValidationError(_("That is more than 90 days ago. Ask her again."))
        return received

    def heard(self, *, scan: bytes | None = None) -> Heard:
        said = self.cleaned_data
        if scan is None:
            scan = said["scan"].read() if said.get("scan") else b""
        return Heard(
            speaker=said["speaker"],
            capacity=Access.Capacity(said["capacity"]),
            identity=said["identity"],
            reference=said["reference"],
            received_at=said["received_at"],
            scan=scan,
        )


class Scanned(forms.Form):
    """The scanned form, where there is one."""

    scan = forms.FileField(
        label=gettext_lazy("Scanned form, if there is one (PDF, PNG or JPEG)"), required=False
    )

    def clean_scan(self) -> Any:
        file = self.cleaned_data.get("scan")
        if file:
            if file.size > wishes.AT_MOST:
                raise forms.ValidationError(_("A scan may have 10 MB at most."))
            if not wishes.kind_of(file.read(8)):
                raise forms.ValidationError(_("A scan is a PDF, a PNG or a JPEG."))
            file.seek(0)
        return file


class CancelForm(WishForm, Scanned):
    """How her wish to cancel reached PRIME. Nothing else is asked."""

    def __init__(self, *args: Any, now: datetime, customer: Customer) -> None:
        self.now = now
        super().__init__(*args)
        self.initial.update(received_at=now, speaker=customer.name)


class DeskForm(WishForm, Scanned, GrantForm):
    """The same choices as in the portal, and how her wish reached PRIME."""

    language = forms.ChoiceField(
        label=gettext_lazy("In which language do you read it to her?"), choices=Language
    )
    form_code = forms.CharField(
        label=gettext_lazy("Code printed on the paper form, if there is one"),
        max_length=8,
        required=False,
    )
    field_order = [
        *("via", "received_at", "speaker", "capacity", "identity", "reference", "language"),
        *("agreements", "categories", "sensitive", "granularity", "history", "until", "last_day"),
        *("form_code", "scan"),
    ]

    def __init__(self, *args: Any, now: datetime, **options: Any) -> None:
        self.now = now
        super().__init__(*args, **options)
        her = self.customer
        self.initial.update(received_at=now, speaker=her.name, language=her.language)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("via") == Via.PAPER and not (cleaned.get("form_code") or "").strip():
            self.add_error("form_code", _("Type the code of the form she signed."))
        return cleaned
