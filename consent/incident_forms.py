"""What staff type in about an incident. Forms name things; they never save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from consent.choosing import PartyChoice
from consent.clocks import DUTIES, Duty
from consent.incidents import HEADINGS
from consent.models import ThirdParty
from notices.models import PrintBatch
from usage.models import Customer


class Moment(forms.DateTimeField):
    """A moment in Pacific time, picked from a calendar where the browser has one."""

    def __init__(self, **facts: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **facts)


def _third_party(*, required: bool) -> Any:
    return PartyChoice(
        ThirdParty.objects.order_by("key"), label=_("Third party"), required=required
    )


class OpenForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=120)
    summary = forms.CharField(
        label=_("What is known so far"), widget=forms.Textarea(attrs={"rows": 4})
    )
    found_at = Moment(label=_("When it was first known"))
    third_party = _third_party(required=False)
    told_at = Moment(label=_("When the third party told PRIME"), required=False)


class KnewForm(forms.Form):
    who = forms.CharField(label=_("Who"), max_length=120)
    knew_at = Moment(label=_("Knew at"))
    how = forms.CharField(label=_("How"), max_length=200)


class DisclosuresForm(forms.Form):
    third_party = _third_party(required=True)
    first_at = Moment(label=_("From"))
    last_at = Moment(label=_("Until"))


class SignInForm(forms.Form):
    user = forms.ModelChoiceField(
        get_user_model().objects.order_by("email"), label=_("Whose sign-in"), to_field_name="email"
    )
    first_at = Moment(label=_("From"))
    last_at = Moment(label=_("Until"))

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.fields["user"].widget = forms.EmailInput()


class EverybodyForm(forms.Form):
    """A box to tick, that nobody writes to everybody by accident."""

    sure = forms.BooleanField(
        label=_("It may have reached everybody PRIME serves or served, as a stolen backup does")
    )


class BatchForm(forms.Form):
    batch = forms.ModelChoiceField(
        PrintBatch.objects.all(), label=_("Print batch"), to_field_name="number"
    )


class AccountsForm(forms.Form):
    accounts = forms.CharField(
        label=_("Account numbers, one a line"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )

    def clean_accounts(self) -> list[Customer]:
        """The customers of these numbers; which lines name none is said, and nothing is counted."""
        lines = enumerate(self.cleaned_data["accounts"].splitlines(), 1)
        said = {
            number: at for at, line in lines if (number := line.replace("-", "").strip().upper())
        }
        found = Customer.objects.in_bulk(list(said), field_name="account_number")
        unknown = [str(at) for number, at in said.items() if number not in found]
        if unknown:
            raise forms.ValidationError(
                _("No customer has the account number of these lines: %(lines)s."),
                params={"lines": ", ".join(unknown)},
            )
        return list(found.values())


class WordsForm(forms.Form):
    """Five headings, each in English and in Spanish."""

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        for key, heading in HEADINGS.items():
            for language, name in settings.LANGUAGES:
                self.fields[f"{key}_{language}"] = forms.CharField(
                    label=f"{heading} ({name})",
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 3, "lang": language}),
                )

    def texts(self) -> dict[str, dict[str, str]]:
        said = self.cleaned_data
        return {
            key: {language: said[f"{key}_{language}"] for language in ("en", "es")}
            for key in HEADINGS
        }


def flat(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Words as the form names them."""
    return {f"{key}_{lang}": text for key, both in texts.items() for lang, text in both.items()}


class DoneForm(forms.Form):
    duty = forms.ChoiceField(label=_("What was done"))
    done_at = Moment(label=_("When"))
    reference = forms.CharField(label=_("Where the proof lies"), max_length=200)

    def __init__(self, *args: Any, duties: Iterable[Duty] = DUTIES, **facts: Any) -> None:
        super().__init__(*args, **facts)
        field = self.fields["duty"]
        field.choices = [(duty.key, duty.what) for duty in duties]  # type: ignore[attr-defined]


class FindingForm(forms.Form):
    clause = forms.CharField(
        label=_("Clause or rule"), max_length=20, help_text=_("For example 6.5, or CPUC 9e.")
    )
    description = forms.CharField(
        label=_("What was not kept, in detail"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The Commission reads it in the annual report. Name no customer."),
    )
    customers = forms.IntegerField(label=_("Customers affected"), min_value=0)
    third_party = _third_party(required=False)
    found_at = Moment(label=_("When it was found"))
