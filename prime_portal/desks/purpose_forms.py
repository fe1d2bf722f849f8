"""Forms of the desk for purposes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.choosing import PurposeChoice
from prime_portal.desks.party_forms import Kinds, _spanish, _text
from usage.models import Purpose


class PurposeWordsForm(forms.Form):
    """What a purpose is called and what it means, as customers read it."""

    name_en = forms.CharField(label=_("Name, in English"), max_length=120)
    name_es = forms.CharField(
        label=_("Name, in Spanish"),
        max_length=120,
        widget=forms.TextInput(attrs={"lang": "es"}),
    )
    text_en = _text(label=_("What it is for, in English"))
    text_es = _spanish(label=_("What it is for, in Spanish"))


class PurposeForm(PurposeWordsForm):
    """A new secondary purpose."""

    key = forms.SlugField(
        label=_("Short name"), max_length=40, help_text=_("Lasting, in lower case: solar-sizing.")
    )
    categories = Kinds(label=_("The only kinds of information it needs (5.3)"))
    field_order: tuple[str, ...] = ("key",)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"].lower()
        if Purpose.objects.filter(key=key).exists():
            raise forms.ValidationError(_("There is a purpose of that short name already."))
        return key


class ProposalForm(PurposeForm):
    """That a purpose be primary: on which limb of 4.4, and why."""

    replaces = PurposeChoice(
        label=_("Secondary purpose it takes the place of"),
        queryset=Purpose.objects.filter(kind=Purpose.Kind.SECONDARY, ended_at=None),
        required=False,
    )
    limb = forms.TypedChoiceField(
        label=_("Which of the four of 4.4"), choices=Purpose.Limb.choices, coerce=int
    )
    reference = forms.CharField(
        label=_("Contract or program, for the fourth"), max_length=120, required=False
    )
    reason = _text(label=_("Why it is that, and not a secondary purpose"))
    field_order = ("key", "replaces", "limb", "reference", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (
            cleaned.get("limb") == Purpose.Limb.PROGRAMS
            and not cleaned.get("reference", "").strip()
        ):
            self.add_error("reference", _("Name the contract or program (4.4)."))
        return cleaned
