"""A row of evidence as the record holds it, for whoever reads the record and writes nothing (5.1).

What stands here in clear stands in clear in the ledger too. Private columns are named and not
shown: the ledger has their salted hash, and reading their words needs a case.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from usage.evidence import Evidence, Member
from usage.models import Customer

LONGEST = 64
"""Bytes shown digit by digit; of more it is said how many they are."""

MOST = 200
"""So many members are shown, of a disclosure to thousands."""


class Fact(NamedTuple):
    """One column of a row: its name, what it says, and the page of what it points at.

    Where it is private, `says` is None.
    """

    name: str
    says: str | None
    address: str = ""


class Belonging(NamedTuple):
    """Rows that came with it and are hashed with it, in the order of their columns."""

    title: str
    names: list[str]
    rows: list[list[Fact]]
    total: int


def facts(row: Model) -> list[Fact]:
    """Each column of a row, in the order of its table."""
    kept = getattr(row, "kept", None)
    private = set(getattr(kept, "private", ()))
    return [
        Fact(field.name, None) if field.name in private else _fact(row, field)
        for field in row._meta.concrete_fields
    ]


def members(row: Model) -> list[Belonging]:
    """What was written down together with it: whom a disclosure was about, whom a demand names."""
    found = []
    for model in apps.get_models():
        kept = getattr(model, "kept", None)
        if not isinstance(kept, Evidence | Member) or not kept.header:
            continue
        header = model._meta.get_field(kept.header)
        if header.related_model is not type(row):
            continue
        held: QuerySet[Any] = model._default_manager.filter(**{kept.header: row}).order_by("pk")
        rows = [[fact for fact in facts(one) if fact.name != kept.header] for one in held[:MOST]]
        if rows:
            names = [fact.name for fact in rows[0]]
            title = str(model._meta.verbose_name_plural)
            found.append(Belonging(title, names, rows, held.count()))
    return found


def page_of(row: Model) -> str:
    """The address of this page for a row of evidence; nothing for any other."""
    if not isinstance(getattr(row, "kept", None), Evidence):
        return ""
    return reverse("evidence_desk:row", args=[row._meta.label_lower, row.pk])


def entries_of(number: Any) -> str:
    """The entries of the ledger about the row, or the customer, of this number."""
    return f"{reverse('admin:prime_portal_ledgerentry_changelist')}?q={number}"


def _fact(row: Model, field: Field[Any, Any]) -> Fact:
    value = field.value_from_object(row)
    if value is None or value == "":
        return Fact(field.name, "")
    return Fact(field.name, said(value), _leads(field, value))


def said(value: Any) -> str:
    """Say a value in words: of what is nested, a line each."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, bytes | memoryview):
        held = bytes(value)
        return held.hex() if len(held) <= LONGEST else f"{len(held):,} bytes"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return "\n".join(_lines(value))
    if isinstance(value, list):
        # Lists of plain words go on; of anything longer, each has a line of its own.
        between = "\n" if any(isinstance(each, dict | list) for each in value) else ", "
        return between.join(said(each) for each in value)
    return str(value)


def _lines(held: dict[str, Any], *, under: str = "") -> Iterator[str]:
    """Each value of what is nested, a line each, behind the names that lead to it."""
    for name, value in held.items():
        if isinstance(value, dict):
            yield from _lines(value, under=f"{under}{name}, ")
        else:
            yield f"{under}{name}: {'—' if value in (None, '') else said(value)}"


def _leads(field: Field[Any, Any], value: Any) -> str:
    """Where a number leads: to what it points at, or to all entries of a customer."""
    if not isinstance(field, ForeignKey):
        return ""
    model = field.related_model
    if model is Customer:
        return entries_of(value)
    kept = getattr(model, "kept", None)
    if isinstance(kept, Evidence):
        return reverse("evidence_desk:row", args=[model._meta.label_lower, value])
    return ""
