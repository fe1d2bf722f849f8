"""What a customer fills in: what she takes away, and what she says is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from usage import disputes, labels
from usage.copies import FORMATS, ON_PAPER
from usage.models import Category, Channel, Customer, Dispute, IntervalDay, ServiceAgreement

EARLIEST = date(2000, 1, 1)
"""No smart meter is older than this."""

READINGS_ALONE = {"csv", "pdf", "json", *ON_PAPER}
"""Forms that say nothing where there is no reading; the others hold bills, or who she is."""


class DownloadForm(forms.Form):
    """Which format, which places, which way, which days. All she has is offered from the start."""

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
    directions = forms.MultipleChoiceField(
        label=_("Which way?"),
        choices=Channel.Flow.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one way.")},
    )
    first_day = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(
        self, data: Any = None, *, customer: Customer, first: date, last: date, today: date
    ) -> None:
        agreements = customer.agreements.newest_first()
        super().__init__(
            data,
            initial={
                "kind": "csv",
                "agreements": agreements,
                "directions": Channel.Flow.values,
                "first_day": first,
                "last_day": last,
            },
        )
        fields: dict[str, Any] = self.fields
        fields["agreements"].queryset = agreements
        fields["agreements"].label_from_instance = labels.of_agreements(agreements)
        points = agreements.values("service_point")
        if not Channel.objects.filter(service_point__in=points).exclude(
            flow=Channel.Flow.DELIVERED
        ):
            del fields["directions"]
        self.customer, self.today = customer, today

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        elif first and first > self.today:
            self.add_error("first_day", _("That day is yet to come."))
        elif not self.errors and cleaned["kind"] in READINGS_ALONE:
            days = IntervalDay.objects.of(self.customer).filter(agreement__in=cleaned["agreements"])
            if not days.filter(day__range=(first, last)).exists():
                self.add_error("last_day", _("We hold no readings of these days."))
        return cleaned

    def scope(self) -> dict[str, Any]:
        """What was asked for, within the days there can be readings of."""
        asked = self.cleaned_data
        return {
            "kind": asked["kind"],
            "agreements": [agreement.pk for agreement in asked["agreements"]],
            "first_day": min(max(asked["first_day"], EARLIEST), self.today),
            "last_day": min(max(asked["last_day"], EARLIEST), self.today),
        }

    def flows(self) -> list[str]:
        """The directions asked for; none when it is all there are."""
        chosen: list[str] = self.cleaned_data.get("directions", [])
        return [] if set(chosen) == set(Channel.Flow.values) else chosen


class DisputeForm(forms.Form):
    """What is wrong, or what she wants to know: about what, where and when, in her own words."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (Dispute.Kind.DISPUTE, _("Something is wrong")),
            (Dispute.Kind.QUESTION, _("I have a question")),
            (Dispute.Kind.COMPLAINT, _("I want to complain")),
        ],
        widget=forms.RadioSelect,
    )
    category: forms.ModelChoiceField[Category] = forms.ModelChoiceField(
        queryset=Category.objects.order_by("position"),
        label=_("What is it about?"),
        empty_label=_("Please choose"),
        error_messages={"required": _("Choose what it is about.")},
    )
    agreement: forms.ModelChoiceField[ServiceAgreement] = forms.ModelChoiceField(
        queryset=None,
        label=_("For which place?"),
        required=False,
        empty_label=_("My whole account"),
        error_messages={"invalid_choice": _("Choose only places of this account.")},
    )
    first_day = forms.DateField(
        label=_("First day"),
        required=False,
        help_text=_("Leave the days empty if it is not about certain days."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last_day = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    text = forms.CharField(
        label=_("In your own words"),
        max_length=disputes.LONGEST,
        help_text=_("What did you expect, and what do you see? Please write no passwords here."),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, customer: Customer, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={"request_key": uuid4(), **(initial or {})})
        fields: dict[str, Any] = self.fields
        agreements = customer.agreements.newest_first()
        fields["agreement"].queryset = agreements
        fields["agreement"].label_from_instance = labels.of_agreements(agreements)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        if first and not last and "last_day" not in self.errors:
            cleaned["last_day"] = last = first
        if last and not first:
            self.add_error("first_day", _("Say which day it begins with."))
        if first and not cleaned.get("agreement") and "agreement" not in self.errors:
            self.add_error("agreement", _("Choose the place that these days are about."))
        return cleaned

    def about(self) -> disputes.About:
        cleaned = self.cleaned_data
        return disputes.About(
            cleaned["category"], cleaned["agreement"], cleaned["first_day"], cleaned["last_day"]
        )


class ReplyForm(forms.Form):
    """What a customer adds to what she said."""

    text = forms.CharField(
        label=_("Add something"),
        max_length=disputes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say in a few words what it is about.")},
    )
