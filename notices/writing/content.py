"""What a version of the Notice says (6.2), in both languages, part by part.

A draft holds what a person *writes*; the *facts* are what the portal really works with: the
categories and how long each is kept, the purposes, who receives data for secondary purposes,
the official. A notice's content is the two together, so what it says cannot differ from what
is done. All of it is plain data that goes into a JSON column and comes back the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Words:
    """The same thing said in both languages."""

    en: str = ""
    es: str = ""

    def __str__(self) -> str:
        """In the language of the moment, for sentences to staff."""
        return self.es if get_language() == "es" else self.en


@dataclass(frozen=True)
class WrittenRow:
    """What a person writes about one category."""

    recipients: Words = Words()  # which kinds of third parties get it, and why
    retention: Words = Words()  # from when the months of keeping it are counted
    view: Words = Words()
    ask: Words = Words()
    dispute: Words = Words()
    limit: Words = Words()
    consequence: Words = Words()


@dataclass(frozen=True)
class Written:
    """What a person writes of a notice: a draft's content."""

    introduction: Words = Words()
    identity: Words = Words()
    changes: Words = Words()  # how the notice is changed, and how customers are told
    earlier_versions: Words = Words()
    closing: Words = Words()  # anything else; may stay empty
    # Of the Notice alone.
    sce: Words = Words()  # that SCE reads the meter and sends the bill
    marketing: Words = Words()  # that nobody sells it or calls because of it
    # Of both.
    contractors: Words = Words()  # what those under contract must keep to
    totals: Words = Words()  # when totals of many customers are published
    legal: Words = Words()  # courts, orders, emergencies
    # Of the posted privacy policy alone.
    minimum: Words = Words()  # no more than is needed (5.3)
    safeguards: Words = Words()  # how it is guarded, and who is trained (5.1, 5.2)
    sharing: Words = Words()  # who may get it without asking (6.4 to 6.6)
    choices: Words = Words()  # authorizations, and canceling them (6.9, 6.10)
    access: Words = Words()  # how customers see and take their own (6.3)
    categories: Mapping[str, WrittenRow] | None = None


@dataclass(frozen=True)
class CategoryFact:
    """A category as the portal holds it. retention_months: how long, in months."""

    key: str
    name: Words
    elements: Words
    retention_months: int
    sensitive: bool = False


@dataclass(frozen=True)
class PurposeFact:
    """A purpose in use: the categories it needs, its words, and if it is primary (4.4)."""

    key: str
    primary: bool
    name: Words
    text: Words
    categories: tuple[str, ...]


@dataclass(frozen=True)
class RecipientFact:
    """A third party that receives data for a secondary purpose, by name (CPUC rule 3a)."""

    name: str
    purpose: str  # its key
    does: Words


@dataclass(frozen=True)
class FlowFact:
    """What goes to somebody regularly outside the portal, without asking customers (6.1)."""

    name: str
    purpose: str  # its key
    what: Words
    rhythm: Words
    categories: tuple[str, ...]


@dataclass(frozen=True)
class OfficialFact:
    """Who helps with questions, concerns and complaints (6.2), and the counter for paper."""

    title: str
    email: str
    postal: str
    telephone: str
    counter: str


@dataclass(frozen=True)
class Facts:
    """What the portal really does, gathered by whoever publishes (prime_portal.compliance)."""

    categories: tuple[CategoryFact, ...]
    purposes: tuple[PurposeFact, ...]
    recipients: tuple[RecipientFact, ...]
    official: OfficialFact
    flows: tuple[FlowFact, ...] = ()


@dataclass(frozen=True)
class Content:
    """A whole notice: what was written, and the facts it was written from."""

    written: Written
    facts: Facts

    def row(self, category: str) -> WrittenRow:
        return (self.written.categories or {}).get(category, WrittenRow())

    def purposes_of(self, category: str) -> list[PurposeFact]:
        return [p for p in self.facts.purposes if category in p.categories]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def written_from(data: Mapping[str, Any]) -> Written:
    """Read what a draft holds. ValueError, as a sentence, if it is not of that form."""
    known = {field.name for field in fields(Written)}
    if strange := set(data) - known:
        said = _("A draft has no part “%(part)s”; its parts are %(parts)s.")
        raise ValueError(said % {"part": min(strange), "parts": ", ".join(sorted(known))})
    rows = data.get("categories") or {}
    return Written(
        **{
            name: _words(data[name], name)
            for name in known - {"categories"}
            if data.get(name) is not None
        },
        categories={key: _row(key, row) for key, row in rows.items()},
    )


def content_from(data: Mapping[str, Any]) -> Content:
    """Read back the content of a published notice."""
    facts = data["facts"]
    return Content(
        written_from(data["written"]),
        Facts(
            categories=tuple(
                CategoryFact(
                    **row | {"name": Words(**row["name"]), "elements": Words(**row["elements"])}
                )
                for row in facts["categories"]
            ),
            purposes=tuple(
                PurposeFact(
                    **row
                    | {
                        "name": Words(**row["name"]),
                        "text": Words(**row["text"]),
                        "categories": tuple(row["categories"]),
                    }
                )
                for row in facts["purposes"]
            ),
            recipients=tuple(
                RecipientFact(**row | {"does": Words(**row["does"])}) for row in facts["recipients"]
            ),
            official=OfficialFact(**facts["official"]),
            flows=tuple(
                FlowFact(
                    **row
                    | {
                        "what": Words(**row["what"]),
                        "rhythm": Words(**row["rhythm"]),
                        "categories": tuple(row["categories"]),
                    }
                )
                for row in facts.get("flows", ())
            ),
        ),
    )


def texts_of(data: Mapping[str, Any]) -> dict[str, Words]:
    """Return each text of a draft or notice by its path: “identity”, “categories.demand.view”."""
    written = written_from(data)
    texts = {
        field.name: getattr(written, field.name)
        for field in fields(Written)
        if field.name != "categories"
    }
    for key, row in (written.categories or {}).items():
        for field in fields(WrittenRow):
            texts[f"categories.{key}.{field.name}"] = getattr(row, field.name)
    return texts


def in_language(part: Any, language: str) -> Any:
    """Return the same structure for a template, each pair of words as one language's text."""
    if isinstance(part, Words):
        return getattr(part, language)
    if is_dataclass(part):
        return {
            field.name: in_language(getattr(part, field.name), language) for field in fields(part)
        }
    if isinstance(part, Mapping):
        return {key: in_language(value, language) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [in_language(value, language) for value in part]
    return part


def _words(data: Any, where: str) -> Words:
    if (
        not isinstance(data, Mapping)
        or set(data) - {"en", "es"}
        or not all(isinstance(text, str) for text in data.values())
    ):
        said = _("“%(part)s” must be a text in each language: %(shape)s.")
        raise ValueError(said % {"part": where, "shape": "{'en': …, 'es': …}"})
    return Words(**data)


def _row(key: str, data: Any) -> WrittenRow:
    known = {field.name for field in fields(WrittenRow)}
    if not isinstance(data, Mapping) or set(data) - known:
        said = _("Category “%(key)s” has the parts %(parts)s, no other.")
        raise ValueError(said % {"key": key, "parts": ", ".join(sorted(known))})
    return WrittenRow(**{name: _words(data[name], f"{key}: {name}") for name in data})
