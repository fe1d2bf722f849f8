"""Fields in which staff choose a third party, a purpose or a contract by the names they know."""

from __future__ import annotations

from typing import Any

from django import forms

from usage.purposes import words_of


class PartyChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.words.legal_name)


class PurposeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{words_of(obj).name} ({obj.get_kind_display()})"


class ContractChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.third_party.words.legal_name}: {obj.words.reference}"
