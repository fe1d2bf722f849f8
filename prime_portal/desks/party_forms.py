"""Forms of the desk for third parties: what staff record of them, their contracts and stops."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.choosing import ContractChoice, PartyChoice, PurposeChoice
from consent.contracting import Wording
from consent.models import Contract, ContractVersion, Demand, StandingFlow, ThirdParty
from prime_portal.desks.notice_forms import _day as day
from usage.granularity import Granularity
from usage.models import Category, Customer, Purpose, Via

LETTERS = 4000


def _text(rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), max_length=LETTERS, **more)


def _spanish(rows: int = 3, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "lang": "es"})
    return forms.CharField(widget=widget, max_length=LETTERS, **more)


class Kinds(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Kinds of information, none ticked beforehand. Cleaned to their keys."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            queryset=Category.objects.order_by("position"),
            widget=forms.CheckboxSelectMultiple,
            **{"label": _("Which kinds of information")} | more,
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)

    def clean(self, value: Any) -> Any:
        return [category.key for category in super().clean(value)]


def _granularity() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("How fine at most"),
        choices=Granularity.choices,
        initial=Granularity.AS_MEASURED,
        help_text=_("The coarsest that serves the purpose (5.3)."),
    )


class WordsForm(forms.Form):
    """Who it is and what it does, as customers read it. Each saving is a new version."""

    legal_name = forms.CharField(label=_("Legal name"), max_length=200)
    does_en = _text(label=_("What it does, in English"))
    does_es = _spanish(label=_("What it does, in Spanish"))
    contact = _text(label=_("How customers reach it"), rows=3)
    policy_url = forms.URLField(
        label=_("Address of its privacy policy"), required=False, assume_scheme="https"
    )


class RegisterForm(WordsForm):
    """A new third party."""

    key = forms.SlugField(
        label=_("Short name"), max_length=40, help_text=_("Lasting, in lower case: solar-sample.")
    )
    field_order = ("key",)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"].lower()
        if ThirdParty.objects.filter(key=key).exists():
            raise forms.ValidationError(_("There is a third party of that short name already."))
        return key


class UseForm(forms.Form):
    """What it asks customers for, for one secondary purpose."""

    purpose = PurposeChoice(
        label=_("Purpose"), queryset=Purpose.objects.filter(kind="secondary", ended_at=None)
    )
    categories = Kinds()
    granularity = _granularity()
    history_months = forms.IntegerField(
        label=_("How many months back"), min_value=0, max_value=36, initial=12
    )


class AmendForm(forms.Form):
    """What one version of a contract or order says."""

    reference = forms.CharField(label=_("Number of the contract or order"), max_length=120)
    order = forms.CharField(
        label=_("CPUC order or resolution it rests on (6.4)"), max_length=120, required=False
    )
    document = forms.CharField(
        label=_("Where the signed document is kept"), max_length=200, required=False
    )
    clauses = forms.MultipleChoiceField(
        label=_("It binds the third party: it"),
        choices=ContractVersion.Clause.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Tick only what the document says. What is missing blocks 6.5 and 6.6."),
    )
    breach_order = forms.CharField(
        label=_("CPUC order that frees it from the clause on material breach (6.7)"),
        max_length=120,
        required=False,
    )
    categories = Kinds()
    granularity = _granularity()
    starts_on = day(label=_("In force from"))
    ends_on = day(label=_("First day no longer in force"), required=False)

    def wording(self) -> Wording:
        said = {name: self.cleaned_data[name] for name in Wording.__dataclass_fields__}
        return Wording(**said)


class ContractForm(AmendForm):
    """A new contract or order: its standing and purpose stay as they are for good."""

    standing = forms.ChoiceField(label=_("What it is"), choices=Contract.Standing.choices)
    purpose = PurposeChoice(label=_("Purpose"), queryset=Purpose.objects.filter(ended_at=None))
    source = ContractChoice(
        label=_("Passed on by a recipient (6.6): under which contract that has it"),
        queryset=Contract.objects.filter(ended_at=None),
        required=False,
    )
    field_order = ("standing", "purpose", "source")


class FlowForm(forms.Form):
    """What goes to it regularly outside the portal."""

    contract = ContractChoice(label=_("Under which contract or order"), queryset=None)
    what_en = _text(label=_("What goes and why, in English"), rows=2)
    what_es = _spanish(label=_("What goes and why, in Spanish"), rows=2)
    categories = Kinds()
    rhythm = forms.ChoiceField(label=_("How often"), choices=StandingFlow.Rhythm.choices)

    def __init__(self, *args: Any, third_party: ThirdParty, **more: Any) -> None:
        super().__init__(*args, **more)
        contracts: Any = self.fields["contract"]
        contracts.queryset = third_party.contracts.filter(ended_at=None)


class LetterForm(forms.Form):
    """When the letter about its own duties was sent (R60)."""

    sent_on = day(label=_("Sent on"))


class FindingForm(forms.Form):
    """That it breaks its duties as a pattern or practice (6.8)."""

    evidence = _text(label=_("What was found, and how it is known"), rows=6)
    sign_off = _text(
        label=_("Legal sign-off"),
        required=False,
        rows=2,
        help_text=_("Needed when PRIME has no contract with it (CPUC D.13-09-025)."),
    )
    emergency = forms.BooleanField(
        label=_("Emergency: stop everything at once. A second person confirms within a day."),
        required=False,
    )


class ReasonForm(forms.Form):
    reason = _text(label=_("Why"))


class CustomerStopForm(forms.Form):
    """A customer complained and wants nothing more to go to it."""

    account = forms.CharField(label=_("Customer account number"), max_length=40)
    via = forms.ChoiceField(
        label=_("How the customer asked"),
        choices=[(via.value, via.label) for via in Via if via != Via.PORTAL],
    )
    reason = _text(label=_("What the customer said"), required=False)

    def clean_account(self) -> Customer:
        (customer,) = _customers(self.cleaned_data["account"])
        return customer


class NoteForm(forms.Form):
    note = _text(label=_("What was reviewed, and what came of it"))


class DemandForm(forms.Form):
    """A demand by law or a request, as it came."""

    process = forms.ChoiceField(label=_("What it is"), choices=Demand.Process.choices)
    third_party = PartyChoice(
        label=_("Who demands it"),
        queryset=ThirdParty.objects.filter(closed_at=None).order_by("key"),
        help_text=_("Whoever is not in the list is registered first, like any third party."),
    )
    reference = forms.CharField(label=_("Case or request number"), max_length=120, required=False)
    accounts = _text(label=_("Account numbers of the customers it names, one a line"), rows=4)
    categories = Kinds()
    first_day = day(label=_("First day"))
    last_day = day(label=_("Last day"))
    reason = _text(
        label=_("What it is for"), required=False, help_text=_("For an emergency, always.")
    )
    gag_order = forms.CharField(
        label=_("Order that bars telling the customer"), max_length=120, required=False
    )
    received_on = day(label=_("Received on"))

    def clean_accounts(self) -> list[Customer]:
        return _customers(self.cleaned_data["accounts"])


def _customers(written: str) -> list[Customer]:
    """Return the customers of these account numbers, each once; a form error names none."""
    numbers = {line.replace("-", "").strip().upper() for line in written.split()}
    found = list(Customer.objects.filter(account_number__in=numbers).order_by("account_number"))
    if not numbers or len(found) != len(numbers):
        raise forms.ValidationError(_("No customer has one of these account numbers."))
    return found
