"""Forms of the notice desk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notices.models import Document
from notices.writing.content import Words
from notices.writing.documents import What

LETTERS = 4000
"""Letters at most in one text."""
OVER = _("I read the Spanish again: it says the same.")


def _day(**more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **more)


def _text(rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        widget=forms.Textarea(attrs={"rows": rows}), max_length=LETTERS, required=False, **more
    )


class BeginForm(forms.Form):
    """A new draft: it begins with the words of the newest version."""

    document = forms.ChoiceField(label=_("What"), choices=Document)
    title = forms.CharField(label=_("Title, for staff only"), max_length=120)


class ScheduleForm(forms.Form):
    """When it takes effect, and what customers are told is new."""

    title = forms.CharField(label=_("Title, for staff only"), max_length=120)
    effective_on = _day(label=_("Takes effect on"), required=False)
    changes_en = _text(label=_("What changed, in English"))
    changes_es = _text(label=_("What changed, in Spanish"))
    over = forms.BooleanField(label=OVER, required=False)

    def __init__(self, *args: Any, older: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not older:
            del self.fields["over"]

    def changes(self) -> Words:
        said = [self.cleaned_data[f"changes_{language}"] for language in ("en", "es")]
        return Words(*(text.replace("\r\n", "\n") for text in said))


class AttestForm(forms.Form):
    """Where and when somebody saw the link on PRIME's web site."""

    page = forms.URLField(label=_("Address of the page"), assume_scheme="https")
    seen_on = _day(label=_("Seen on"))


class SectionForm(forms.Form):
    """The texts of one section, each in both languages."""

    def __init__(
        self,
        *args: Any,
        paths: Mapping[str, What],
        texts: Mapping[str, Words],
        older: Collection[str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.paths = paths
        self.older = [path for path in paths if path in older]
        for path in paths:
            held = texts.get(path, Words())
            for language, name in (("en", _("English")), ("es", _("Spanish"))):
                said = getattr(held, language)
                self.fields[f"{path}:{language}"] = _text(
                    rows=max(3, len(said) // 45 + 1), label=name, initial=said
                )
                self.fields[f"{path}:{language}"].widget.attrs["lang"] = language
            if path in self.older:
                self.fields[f"{path}:over"] = forms.BooleanField(label=OVER, required=False)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each text with its two fields side by side."""
        for path, said in self.paths.items():
            what = str(said)
            yield {
                "what": what[:1].upper() + what[1:],
                "fields": [self[f"{path}:en"], self[f"{path}:es"]],
                "over": self[f"{path}:over"] if path in self.older else None,
            }

    def texts(self) -> dict[str, Words]:
        said = {name: text.replace("\r\n", "\n") for name, text in self._said()}
        return {path: Words(said[f"{path}:en"], said[f"{path}:es"]) for path in self.paths}

    def _said(self) -> Iterator[tuple[str, str]]:
        for path in self.paths:
            for language in ("en", "es"):
                name = f"{path}:{language}"
                yield name, self.cleaned_data[name]

    def gone_over(self) -> list[str]:
        return [path for path in self.older if self.cleaned_data[f"{path}:over"]]
