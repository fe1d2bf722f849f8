"""Why Covered Information is used: primary purposes (4.4) and secondary ones (4.5).

A purpose is recorded once; its words have versions, and a grant points at the words that
were shown. A new purpose is secondary unless it names the limb of 4.4 it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from usage.models import Category, Purpose, PurposeVersion

# The primary purposes the portal starts with.
BILL_POWER = "bill_power"
BUY_POWER = "buy_power"
RUN_SAFELY = "run_safely"
MEET_LEGAL_DUTIES = "meet_legal_duties"
ENERGY_PROGRAMS = "energy_programs"


class Refused(Exception):
    """The purpose was not recorded. The sentence says why and names the clause."""


@transaction.atomic
def record(
    *,
    key: str,
    categories: Iterable[str],
    name_en: str,
    name_es: str,
    text_en: str,
    text_es: str,
    limb: Purpose.Limb | None = None,
    at: datetime,
) -> Purpose:
    """Record a purpose with its first words. With a limb of 4.4 it is primary, else secondary.

    categories: keys of Category, the only ones this purpose may ever use (5.3).
    """
    wanted = set(categories)
    known = set(Category.objects.filter(key__in=wanted).values_list("key", flat=True))
    if not wanted or wanted - known:
        unknown = ", ".join(sorted(wanted - known)) or "none at all"
        raise Refused(f"A purpose names the categories it needs, not {unknown} (PRIME-07 5.3).")
    purpose = Purpose.objects.create(
        key=key,
        kind=Purpose.Kind.PRIMARY if limb else Purpose.Kind.SECONDARY,
        limb=limb,
        categories=sorted(wanted),
        recorded_at=at,
    )
    reword(purpose, name_en=name_en, name_es=name_es, text_en=text_en, text_es=text_es, at=at)
    return purpose


@transaction.atomic
def reword(
    purpose: Purpose,
    *,
    name_en: str,
    name_es: str,
    text_en: str,
    text_es: str,
    at: datetime,
) -> PurposeVersion:
    """Record new words. Authorizations keep the words they were granted under (6.9)."""
    if not all(words.strip() for words in (name_en, name_es, text_en, text_es)):
        raise Refused("A purpose is named and explained in English and in Spanish (PRIME-07 6.2).")
    Purpose.objects.select_for_update(no_key=True).get(pk=purpose.pk)
    return PurposeVersion.objects.create(
        purpose=purpose,
        number=purpose.versions.count() + 1,
        name_en=name_en,
        name_es=name_es,
        text_en=text_en,
        text_es=text_es,
        recorded_at=at,
    )


def words_of(purpose: Purpose) -> PurposeVersion:
    """Return the words in use today."""
    newest = purpose.versions.order_by("-number").first()
    if newest is None:
        raise PurposeVersion.DoesNotExist(f"{purpose.key} has no words yet.")
    return newest
