"""Third parties: registering and wording them, what they ask for, stopping and lifting (6.8)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from consent import contracting, gate
from consent.models import (
    Finding,
    StatedUse,
    Stop,
    ThirdParty,
    ThirdPartyVersion,
)
from usage import purposes
from usage.granularity import Granularity
from usage.models import Customer, Purpose, PurposeProposal, Via

if TYPE_CHECKING:
    from prime_portal.models import User


class Refused(Exception):
    """The change was not made. The sentence says why and names the clause."""


@transaction.atomic
def register(
    *,
    key: str,
    legal_name: str,
    does_en: str,
    does_es: str,
    contact: str,
    policy_url: str = "",
    by: User,
    at: datetime,
) -> ThirdParty:
    """Register a third party with its first words, which customers will read."""
    third_party = ThirdParty.objects.create(key=key, registered_at=at)
    reword(
        third_party,
        legal_name=legal_name,
        does_en=does_en,
        does_es=does_es,
        contact=contact,
        policy_url=policy_url,
        by=by,
        at=at,
    )
    return third_party


@transaction.atomic
def reword(
    third_party: ThirdParty,
    *,
    legal_name: str,
    does_en: str,
    does_es: str,
    contact: str,
    policy_url: str = "",
    by: User,
    at: datetime,
) -> ThirdPartyVersion:
    """Record new words. Authorizations keep the words that were shown (6.9)."""
    if not all(words.strip() for words in (legal_name, does_en, does_es, contact)):
        raise Refused(
            _(
                "Say who it is, how to reach it, and what it does in English and in Spanish "
                "(Civ. Code 1798.98)."
            )
        )
    ThirdParty.objects.select_for_update(no_key=True).get(pk=third_party.pk)
    return ThirdPartyVersion.objects.create(
        third_party=third_party,
        number=third_party.versions.count() + 1,
        legal_name=legal_name,
        does_en=does_en,
        does_es=does_es,
        contact=contact,
        policy_url=policy_url,
        recorded_at=at,
        recorded_by=by,
    )


def state_use(
    third_party: ThirdParty,
    *,
    purpose: Purpose,
    categories: list[str],
    history_months: int,
    granularity: Granularity = Granularity.AS_MEASURED,
    by: User,
    at: datetime,
) -> StatedUse:
    """Record what it asks of customers for one purpose, no wider than the purpose (5.3)."""
    if wider := set(categories) - set(purpose.categories):
        said = _("The purpose does not need: %(kinds)s (PRIME-07 5.3).")
        raise Refused(said % {"kinds": purposes.kinds(wider)})
    if not categories:
        raise Refused(_("Say which kinds of information it asks for (PRIME-07 5.3)."))
    if purpose.ended_at:
        raise Refused(_("This purpose has ended (PRIME-07 5.3)."))
    if StatedUse.objects.filter(third_party=third_party, purpose=purpose, ended_at=None).exists():
        raise Refused(
            _("It states this purpose already. End that first to change it (PRIME-07 6.9).")
        )
    return StatedUse.objects.create(
        third_party=third_party,
        purpose=purpose,
        categories=sorted(categories),
        history_months=history_months,
        granularity=granularity,
        recorded_at=at,
        recorded_by=by,
    )


def end_use(use: StatedUse, *, at: datetime) -> None:
    """Offer it to customers no longer. Authorizations stay as they were, for each to decide."""
    StatedUse.objects.filter(pk=use.pk, ended_at=None).update(ended_at=at)


@transaction.atomic
def confirm_primary(proposal: PurposeProposal, *, by: User, at: datetime) -> Purpose:
    """Make a purpose primary as the second person (4.4); nobody is asked for the old one more."""
    made = purposes.confirm(proposal, by=by, at=at)
    StatedUse.objects.filter(purpose=proposal.replaces_id, ended_at=None).update(ended_at=at)
    return made


def find(
    third_party: ThirdParty, *, evidence: str, sign_off: str = "", by: User, at: datetime
) -> Finding:
    """Record that it breaks its duties as a pattern or practice (6.8). Nothing stops yet.

    sign_off: the legal advice, needed for who has no contract with PRIME (CPUC D.13-09-025).
    """
    if not evidence.strip():
        raise Refused(_("A finding says what was found (PRIME-07 6.8)."))
    if not sign_off.strip() and not contracting.under_contract(third_party, at=at):
        raise Refused(
            _(
                "PRIME has no contract with it: customers or the CPUC chose it. Whose legal "
                "sign-off is there (CPUC D.13-09-025)?"
            )
        )
    return Finding.objects.create(
        third_party=third_party, evidence=evidence, sign_off=sign_off, found_at=at, found_by=by
    )


@transaction.atomic
def drop(finding: Finding, *, by: User, at: datetime) -> None:
    """Act on a finding no further. Another person than who found it says so."""
    locked: Finding = Finding.objects.select_for_update(no_key=True).get(pk=finding.pk)
    if locked.found_by_id == by.pk:
        raise Refused(_("Another person drops a finding (PRIME-07 6.8)."))
    if locked.dropped_at is None and not locked.stops.exists():
        locked.dropped_at, locked.dropped_by = at, by
        locked.save(update_fields=["dropped_at", "dropped_by"])


@transaction.atomic
def stop(
    third_party: ThirdParty,
    *,
    reason: str = "",
    customer: Customer | None = None,
    finding: Finding | None = None,
    sign_off: str = "",
    via: Via = Via.PORTAL,
    by: User,
    at: datetime,
) -> Stop:
    """End every disclosure to it now (6.8), for everyone or for one customer.

    On another's finding two people stop it; else it is an emergency, to be confirmed by a second
    person within a day. via: how the customer asked for a stop of her own.

    The gate waits for a key being handed over this instant; afterwards none is.
    Authorizations stay as they are, for each customer to decide.
    """
    chosen = not contracting.under_contract(third_party, at=at)
    sign_off = sign_off or (finding.sign_off if finding else "")
    reason = reason or (finding.evidence if finding else "")
    if customer is None and not reason.strip():
        raise Refused(_("Say why it is stopped (PRIME-07 6.8)."))
    if customer is None and chosen and not sign_off.strip():
        raise Refused(
            _(
                "PRIME has no contract with it: customers or the CPUC chose it. Whose legal "
                "sign-off is there (CPUC D.13-09-025)?"
            )
        )
    gate.close(third_party.pk)
    ThirdParty.objects.select_for_update(no_key=True).get(pk=third_party.pk)
    if finding and (finding.dropped_at or finding.stops.exists()):
        raise Refused(_("This finding was acted on already (PRIME-07 6.8)."))
    two = bool(finding and finding.found_by_id != by.pk)
    return Stop.objects.create(
        third_party=third_party,
        customer=customer,
        finding=finding,
        reason=reason,
        sign_off=sign_off,
        chosen=chosen,
        emergency=customer is None and not two,
        via=via if customer else None,
        stopped_at=at,
        stopped_by=finding.found_by if finding and two else by,
        confirmed_at=at if two else None,
        confirmed_by=by if two else None,
    )


@transaction.atomic
def confirm(stopped: Stop, *, by: User, at: datetime) -> Stop:
    """Confirm an emergency stop as the second person, within a day (6.8)."""
    locked: Stop = Stop.objects.select_for_update(no_key=True).get(pk=stopped.pk)
    if locked.stopped_by_id == by.pk:
        raise Refused(_("A second person confirms a stop (PRIME-07 6.8)."))
    if locked.confirmed_at is None:
        locked.confirmed_at, locked.confirmed_by = at, by
        locked.save(update_fields=["confirmed_at", "confirmed_by"])
    return locked


@transaction.atomic
def lift(stopped: Stop, *, reason: str, by: User, at: datetime) -> Stop:
    """Let disclosures resume where something else permits them.

    A stop for everyone is lifted by another person than who stopped it; a customer's own by her.
    """
    locked: Stop = Stop.objects.select_for_update(no_key=True).get(pk=stopped.pk)
    if locked.customer_id is None and locked.stopped_by_id == by.pk:
        raise Refused(_("Whoever stopped a third party does not lift the stop (PRIME-07 6.8)."))
    if locked.lifted_at is None:
        locked.lifted_at, locked.lifted_by, locked.lift_reason = at, by, reason
        locked.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    return locked
