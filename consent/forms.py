"""What a customer chooses when she grants. Nothing is ticked beforehand (6.9)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.authorizations import Terms
from consent.models import StatedUse
from usage import labels
from usage.granularity import Granularity
from usage.models import Category, Customer, ServiceAgreement

UNTIL = [
    ("canceled", _("Until I cancel")),
    ("date", _("Until a day I choose")),
    ("once", _("Just once")),
]
FINE = {
    Granularity.DAILY: _("Each day’s total: it hides when you are at home"),
    Granularity.HOURLY: _("Each hour’s total: it can show when somebody is at home"),
    Granularity.AS_MEASURED: _(
        "As measured, often every 15 minutes: it can show what you do at home, and when"
    ),
}


class GrantForm(forms.Form):
    """The choices for one third party and one purpose. `terms(...)` gives them as Terms."""

    agreements: forms.ModelMultipleChoiceField[ServiceAgreement] = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("For which place?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one place.")},
    )
    categories: forms.ModelMultipleChoiceField[Category] = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("What may they get?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one kind of information.")},
    )
    sensitive: forms.ModelMultipleChoiceField[Category] = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("Sensitive information: only what you tick here as well"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    granularity = forms.ChoiceField(
        label=_("How fine may it be?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how fine.")},
    )
    history = forms.ChoiceField(
        label=_("From when on?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose from when on.")},
    )
    until = forms.ChoiceField(
        label=_("How long?"),
        choices=UNTIL,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how long.")},
    )
    last_day = forms.DateField(
        label=_("Last day, if you choose one"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)
    shown_sha256 = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, use: StatedUse, customer: Customer, today: date, **options: Any
    ) -> None:
        options.setdefault("initial", {"request_key": uuid4()})
        super().__init__(*args, **options)
        self.use, self.customer, self.today = use, customer, today
        fields: dict[str, Any] = self.fields
        agreements = customer.agreements.newest_first()
        fields["agreements"].queryset = agreements
        fields["agreements"].label_from_instance = labels.of_agreements(agreements)
        kinds = Category.objects.filter(key__in=use.categories)
        for name, sensitive in (("categories", False), ("sensitive", True)):
            fields[name].queryset = kinds.filter(sensitive=sensitive)
            fields[name].label_from_instance = lambda kind: f"{kind.name}: {kind.elements}"
            if not fields[name].queryset.exists():
                del fields[name]
        if "sensitive" in fields:
            fields["categories"].required = False
        fine = [one for one in Granularity if one.is_within(use.granularity)]
        fields["granularity"].choices = [(one.value, FINE[one]) for one in fine]
        fields["history"].choices = [
            ("today", _("Only readings from today on")),
            (
                "asked",
                ngettext(
                    "Also the last month, as they ask",
                    "Also the last %(n)d months, as they ask",
                    use.history_months,
                )
                % {"n": use.history_months},
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        last_day = cleaned.get("last_day")
        if cleaned.get("until") == "date" and not last_day and "last_day" not in self.errors:
            self.add_error("last_day", _("Choose the last day."))
        elif last_day and last_day < self.today:
            self.add_error("last_day", _("Choose today or a later day."))
        if not self.errors and not self.ticked():
            self.add_error(None, _("Choose at least one kind of information."))
        return cleaned

    def ticked(self) -> tuple[str, ...]:
        """Every kind she ticked, sensitive ones among them only where ticked apart."""
        both = (*self.cleaned_data.get("categories", ()), *self.cleaned_data.get("sensitive", ()))
        return tuple(category.key for category in both)

    def terms(self) -> Terms:
        """Return the choices. The last day she picks is still allowed; it ends the day after."""
        chosen = self.cleaned_data
        by_date = chosen["until"] == "date"
        return Terms(
            use=self.use,
            agreements=tuple(chosen["agreements"]),
            categories=self.ticked(),
            granularity=Granularity(chosen["granularity"]),
            history_from=(
                self.today
                if chosen["history"] == "today"
                else months_before(self.today, self.use.history_months)
            ),
            ends_on=date.fromordinal(chosen["last_day"].toordinal() + 1) if by_date else None,
            once=chosen["until"] == "once",
        )


def months_before(day: date, months: int) -> date:
    """Return the first day of the month that many months before."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
