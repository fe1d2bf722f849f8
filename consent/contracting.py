"""Contracts with third parties and orders they act under (6.4 to 6.7): made, amended, ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from consent import asks
from consent.models import (
    Contract,
    ContractVersion,
    DutiesLetter,
    ThirdParty,
)
from usage import purposes
from usage.granularity import Granularity
from usage.models import Purpose

if TYPE_CHECKING:
    from prime_portal.models import User


class Refused(Exception):
    """It was not recorded. The sentence says why and names the clause."""


@dataclass(frozen=True)
class Wording:
    """What one version of a contract or order says; see ContractVersion for each."""

    reference: str
    categories: Collection[str]
    starts_on: date
    ends_on: date | None = None
    clauses: Collection[str] = ()
    order: str = ""
    document: str = ""
    breach_order: str = ""
    granularity: Granularity = Granularity.AS_MEASURED


@transaction.atomic
def record(
    third_party: ThirdParty,
    *,
    standing: Contract.Standing,
    purpose: Purpose,
    says: Wording,
    source: Contract | None = None,
    by: User,
    at: datetime,
) -> Contract:
    """Record PRIME's contract with it, or the order it acts under (6.4, 6.5).

    source, for data a recipient passes on: what that recipient has it under (6.6). A protective
    clause may be missing: then nothing goes by this contract until it is amended.
    """
    if standing in asks.OWN and purpose.kind != Purpose.Kind.PRIMARY:
        raise Refused(
            _("Only a primary purpose is carried out under contract (PRIME-07 6.5, 6.6).")
        )
    if standing == Contract.Standing.ONWARD and (
        source is None or source.purpose_id != purpose.pk or source.third_party_id == third_party.pk
    ):
        raise Refused(
            _(
                "Say under which contract, for the same purpose, who passes it on has it "
                "(PRIME-07 6.6)."
            )
        )
    made = Contract.objects.create(
        third_party=third_party,
        standing=standing,
        purpose=purpose,
        source=source if standing == Contract.Standing.ONWARD else None,
        opened_at=at,
    )
    amend(made, says=says, by=by, at=at)
    return made


@transaction.atomic
def amend(contract: Contract, *, says: Wording, by: User, at: datetime) -> ContractVersion:
    """Record a new version of a contract or order. What left before points at the earlier one."""
    locked: Contract = Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
    purpose = locked.purpose
    if locked.ended_at:
        raise Refused(_("This contract has ended. Record a new one (PRIME-07 6.5)."))
    if wider := set(says.categories) - set(purpose.categories):
        said = _("The purpose does not need: %(kinds)s (PRIME-07 5.3).")
        raise Refused(said % {"kinds": purposes.kinds(wider)})
    if not says.categories:
        raise Refused(_("Say which kinds of information it covers (PRIME-07 5.3)."))
    if not says.reference.strip():
        raise Refused(_("A contract or order has a number (PRIME-07 6.5)."))
    if says.ends_on and says.ends_on <= says.starts_on:
        raise Refused(_("A contract ends after it starts (PRIME-07 6.5)."))
    if locked.standing in (
        Contract.Standing.CPUC_CONTRACT,
        Contract.Standing.GOVERNMENT_PROGRAM,
    ) and not (says.order.strip() and says.document.strip()):
        raise Refused(
            _("Name the CPUC order or resolution, and where the document is kept (PRIME-07 6.4).")
        )
    words = asdict(says) | {
        "categories": sorted(says.categories),
        "clauses": sorted(says.clauses),
    }
    return ContractVersion.objects.create(
        contract=locked,
        number=locked.versions.count() + 1,
        recorded_at=at,
        recorded_by=by,
        **words,
    )


def end(contract: Contract, *, at: datetime) -> None:
    """End a contract now: nothing more goes by it, nor by what rests on it (6.5, 6.6)."""
    Contract.objects.filter(pk=contract.pk, ended_at=None).update(ended_at=at)


def missing(contract: Contract) -> list[str]:
    """Say which protective clauses it lacks, in words and in the order of the policy."""
    return [
        str(ContractVersion.Clause(clause).label) for clause in asks.mandate_of(contract).missing
    ]


def in_force(contract: Contract, *, at: datetime) -> bool:
    """Whether its newest version holds at a moment."""
    return asks.mandate_of(contract).in_force(at=at)


def under_contract(third_party: ThirdParty, *, at: datetime) -> bool:
    """Whether PRIME's own contract binds it, so that PRIME itself may stop it (6.8)."""
    held = third_party.contracts.filter(standing__in=asks.OWN)
    return any(in_force(contract, at=at) for contract in held)


def note_duties_letter(
    third_party: ThirdParty, *, sent_on: date, by: User, at: datetime
) -> DutiesLetter:
    """Note that it was told it is a covered entity itself, having reached 11 customers (R60)."""
    noted, _new = DutiesLetter.objects.get_or_create(
        third_party=third_party,
        defaults={"sent_on": sent_on, "recorded_at": at, "recorded_by": by},
    )
    return noted
