"""What a customer chooses when she takes her data away."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from usage.downloads import FORMATS
from usage.models import Customer, ServiceAgreement


class DownloadForm(forms.Form):
    """Which format, which places, which days. Everything she has is offered from the start."""

    kind = forms.ChoiceField(
        label=_("In which form?"),
        choices=list(FORMATS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a form.")},
    )
    agreements: forms.ModelMultipleChoiceField[ServiceAgreement] = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("For which place?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one place."),
            "invalid_choice": _("Choose only places of this account."),
            "invalid_pk_value": _("Choose only places of this account."),
        },
    )
    first_day = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None, *, customer: Customer, first: date, last: date) -> None:
        agreements = customer.agreements.newest_first()
        super().__init__(
            data,
            initial={
                "kind": "csv",
                "agreements": agreements,
                "first_day": first,
                "last_day": last,
            },
        )
        fields: dict[str, Any] = self.fields
        fields["agreements"].queryset = agreements
        fields["agreements"].label_from_instance = lambda agreement: str(agreement.service_point)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        return cleaned
