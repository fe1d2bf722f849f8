"""Why Covered Information is used: primary purposes (4.4) and secondary ones (4.5).

A purpose is recorded once; its words have versions, and a grant points at the words that
were shown. A new purpose is secondary unless it names the limb of 4.4 it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from usage.models import Category, Purpose, PurposeProposal, PurposeVersion

if TYPE_CHECKING:
    from prime_portal.models import User

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
    at: datetime,
) -> Purpose:
    """Record a secondary purpose with its first words (4.5). A primary one takes two people.

    categories: keys of Category, the only ones this purpose may ever use (5.3).
    """
    purpose = Purpose.objects.create(key=key, categories=_known(categories), recorded_at=at)
    reword(purpose, name_en=name_en, name_es=name_es, text_en=text_en, text_es=text_es, at=at)
    return purpose


def _known(categories: Iterable[str]) -> list[str]:
    wanted = set(categories)
    known = set(Category.objects.filter(key__in=wanted).values_list("key", flat=True))
    if not wanted or wanted - known:
        unknown = ", ".join(sorted(wanted - known)) or _("none at all")
        said = _("A purpose names the categories it needs, not %(unknown)s (PRIME-07 5.3).")
        raise Refused(said % {"unknown": unknown})
    return sorted(wanted)


def kinds(keys: Iterable[str]) -> str:
    """What these kinds of information are called, in the language in force."""
    return ", ".join(one.name for one in Category.objects.filter(key__in=keys).order_by("key"))


def propose(
    *,
    key: str,
    limb: Purpose.Limb,
    reference: str = "",
    replaces: Purpose | None = None,
    reason: str,
    categories: Iterable[str],
    name_en: str,
    name_es: str,
    text_en: str,
    text_es: str,
    by: User,
    at: datetime,
) -> PurposeProposal:
    """Propose a primary purpose, on exactly one limb of 4.4. Another person decides.

    replaces: the secondary purpose it takes the place of, which then ends.
    """
    if not all(words.strip() for words in (name_en, name_es, text_en, text_es)):
        raise Refused(
            _("A purpose is named and explained in English and in Spanish (PRIME-07 6.2).")
        )
    if not reason.strip():
        raise Refused(_("Say why it is a primary purpose (PRIME-07 4.4)."))
    if limb == Purpose.Limb.PROGRAMS and not reference.strip():
        raise Refused(_("The fourth limb names its contract or program (PRIME-07 4.4)."))
    if replaces and (replaces.kind != Purpose.Kind.SECONDARY or replaces.ended_at):
        raise Refused(_("Only a secondary purpose in use becomes primary (PRIME-07 4.5)."))
    if Purpose.objects.filter(key=key).exists():
        said = _("There is a purpose %(key)s already: a new one has its own name.")
        raise Refused(said % {"key": key})
    return PurposeProposal.objects.create(
        key=key,
        limb=limb,
        reference=reference,
        replaces=replaces,
        reason=reason,
        categories=_known(categories),
        name_en=name_en,
        name_es=name_es,
        text_en=text_en,
        text_es=text_es,
        proposed_at=at,
        proposed_by=by,
    )


@transaction.atomic
def confirm(proposal: PurposeProposal, *, by: User, at: datetime) -> Purpose:
    """Make it a primary purpose, as the second person. What it replaces ends now.

    Authorizations for the secondary purpose never turn into it.
    """
    locked = _undecided(proposal, by=by)
    if locked.replaces:
        Purpose.objects.filter(pk=locked.replaces.pk, ended_at=None).update(ended_at=at)
    made = Purpose.objects.create(
        key=locked.key,
        kind=Purpose.Kind.PRIMARY,
        limb=locked.limb,
        categories=locked.categories,
        recorded_at=at,
        proposed_by=locked.proposed_by,
        confirmed_by=by,
    )
    words = {name: getattr(locked, name) for name in ("name_en", "name_es", "text_en", "text_es")}
    reword(made, **words, at=at)
    locked.decided_at, locked.decided_by, locked.made = at, by, made
    locked.save(update_fields=["decided_at", "decided_by", "made"])
    return made


@transaction.atomic
def decline(proposal: PurposeProposal, *, by: User, at: datetime) -> None:
    """Say no to a proposal, as the second person. It stays in the record."""
    locked = _undecided(proposal, by=by)
    locked.decided_at, locked.decided_by = at, by
    locked.save(update_fields=["decided_at", "decided_by"])


def _undecided(proposal: PurposeProposal, *, by: User) -> PurposeProposal:
    locked: PurposeProposal = PurposeProposal.objects.select_for_update(no_key=True).get(
        pk=proposal.pk
    )
    if locked.decided_at:
        raise Refused(_("This proposal was decided already (PRIME-07 4.4)."))
    if locked.proposed_by_id == by.pk:
        raise Refused(_("Another person decides that a purpose is primary (PRIME-07 4.4)."))
    return locked


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
        raise Refused(
            _("A purpose is named and explained in English and in Spanish (PRIME-07 6.2).")
        )
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
    newest = max(purpose.versions.all(), key=lambda words: words.number, default=None)
    if newest is None:
        raise PurposeVersion.DoesNotExist(f"{purpose.key} has no words yet.")
    return newest
