"""What the portal really does, gathered from every app for whoever must state it (6.1, 6.2)."""

from __future__ import annotations

from django.conf import settings

from consent.models import StatedUse, Stop
from notices.content import (
    CategoryFact,
    Facts,
    OfficialFact,
    PurposeFact,
    RecipientFact,
    Words,
)
from usage import purposes
from usage.models import Category, Purpose


def facts_for_notice() -> Facts:
    """Return the categories, purposes and named recipients in use today, and the official.

    Named are third parties that state a secondary purpose and are not stopped; who acts under
    contract for a primary purpose is described by its kind, in the written part (6.2).
    """
    return Facts(
        categories=tuple(
            CategoryFact(
                key=category.key,
                name=Words(category.name_en, category.name_es),
                elements=Words(category.elements_en, category.elements_es),
                retention_months=category.retention_months,
                sensitive=category.sensitive,
            )
            for category in Category.objects.order_by("position")
        ),
        purposes=tuple(
            _purpose(purpose)
            for purpose in Purpose.objects.filter(ended_at=None).order_by("kind", "limb", "key")
        ),
        recipients=tuple(_recipients()),
        official=OfficialFact(**settings.OFFICIAL, counter=settings.COUNTER),
    )


def _purpose(purpose: Purpose) -> PurposeFact:
    words = purposes.words_of(purpose)
    return PurposeFact(
        key=purpose.key,
        primary=purpose.kind == Purpose.Kind.PRIMARY,
        name=Words(words.name_en, words.name_es),
        text=Words(words.text_en, words.text_es),
        categories=tuple(purpose.categories),
    )


def _recipients() -> list[RecipientFact]:
    stopped = Stop.objects.in_force().filter(customer=None).values("third_party")
    uses = (
        StatedUse.objects.filter(
            ended_at=None,
            third_party__closed_at=None,
            purpose__ended_at=None,
            purpose__kind=Purpose.Kind.SECONDARY,
        )
        .exclude(third_party__in=stopped)
        .select_related("third_party", "purpose")
        .order_by("third_party__key", "purpose__key")
    )
    return [
        RecipientFact(
            name=use.third_party.words.legal_name,
            purpose=use.purpose.key,
            does=Words(use.third_party.words.does_en, use.third_party.words.does_es),
        )
        for use in uses
    ]
