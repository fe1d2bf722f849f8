"""Forms of the desk for runs of notices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices import messages
from notices.models import Delivery
from notices.paper import returns
from notices.samples import Run
from usage.models import Customer


class RunForm(forms.Form):
    """Which run is looked at."""

    REQUIRED: tuple[str, ...] = messages.SHORT

    since = forms.DateField(
        label=_("Planned since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    kind = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("all required notices")), ("all", _("everything")), *Delivery.Kind.choices],
    )

    def kinds(self) -> tuple[str, ...]:
        chosen = self.cleaned_data["kind"]
        if chosen == "all":
            return tuple(Delivery.Kind.values)
        return (chosen,) if chosen else self.REQUIRED


class AheadForm(forms.Form):
    """Which run is looked at before it is planned, and as if on which day."""

    what = forms.ChoiceField(label=_("What is sent"), required=False)
    on = forms.DateField(
        label=_("As if planned on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, runs: Iterable[Run], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["what"].choices = [(run.key, str(run)) for run in runs]  # type: ignore[attr-defined]


class PauseForm(forms.Form):
    medium = forms.TypedChoiceField(choices=Delivery.Medium, coerce=Delivery.Medium)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)
    go_on = forms.BooleanField(required=False)

    def clean(self) -> None:
        if not self.cleaned_data.get("go_on") and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Say why."))


class ReturnsForm(forms.Form):
    """What the print house or the post office says came back."""

    file = forms.FileField(
        label=_("List of letters that came back (CSV)"),
        max_length=255,
        help_text=_("Columns: letter (the mark at the foot of its pages), reason."),
    )

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > returns.MOST:
            raise forms.ValidationError(_("The list is larger than 2 MB."))
        return file


class ResolveForm(forms.Form):
    words = forms.CharField(
        label=_("What was done instead"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: told in person at the counter; gave a paper copy."),
    )


class ProofForm(forms.Form):
    """Whose year is to be proved."""

    account = forms.CharField(label=_("Customer account number"), max_length=40)
    year = forms.IntegerField(
        label=_("Year"),
        min_value=2017,
        max_value=2200,
        initial=lambda: timezone.localdate().year,
    )

    def customer(self) -> Customer | None:
        number = self.cleaned_data["account"].replace("-", "").strip().upper()
        return Customer.objects.filter(account_number=number).first()
