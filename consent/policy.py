"""May this leave? PRIME-07 section 6, as one pure function.

Read it beside the policy. `decide` is asked once for each customer and each disclosure, with
all its facts in hand, and answers with the clause. It looks nothing up, knows no clock and no
database, and nothing else in the portal decides about a disclosure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def _(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where a person reads it."""
    return sentence


class Standing(StrEnum):
    """Why a third party may be given Covered Information without the customer's consent."""

    CPUC_CONTRACT = "cpuc_contract"
    GOVERNMENT_PROGRAM = "government_program"
    CPUC_ORDER = "cpuc_order"
    PRIMARY_PURPOSE = "primary_purpose"


# How fine readings may be, from coarse to fine.
FINENESS = ("daily", "hourly", "as_measured")

# What PRIME's contract must demand of the third party before 6.5 opens a door.
NO_LESS_PROTECTIVE = frozenset({"access", "collect", "store", "use", "disclose", "notice"})
PROTECTIONS = NO_LESS_PROTECTIVE | {"primary_only", "material_breach"}


@dataclass(frozen=True)
class Mandate:
    """A contract or an order, in the version in force. Days are Pacific; `ends_on` is excluded."""

    standing: Standing
    reference: str
    purpose: UUID
    categories: frozenset[str]
    clauses: frozenset[str]
    starts_on: date
    ends_on: date | None
    ended_at: datetime | None

    def in_force(self, *, at: datetime) -> bool:
        today = at.astimezone(PACIFIC).date()
        return (
            bool(self.reference.strip())
            and self.starts_on <= today
            and (self.ends_on is None or today < self.ends_on)
            and (self.ended_at is None or at < self.ended_at)
        )

    def covers(self, ask: Ask, *, at: datetime) -> bool:
        return (
            self.in_force(at=at)
            and self.purpose == ask.purpose
            and ask.categories <= self.categories
        )

    @property
    def protects(self) -> bool:
        """Whether it holds the third party to PRIME's own standard (6.5) and to 6.7."""
        return self.clauses >= PROTECTIONS


@dataclass(frozen=True)
class Permission:
    """One customer's authorization (6.9). Days are Pacific; `ends_on` is excluded."""

    customer: UUID
    third_party: UUID
    purpose: UUID
    categories: frozenset[str]
    agreements: frozenset[UUID]
    history_from: date
    granularity: str
    granted_at: datetime
    ends_on: date | None
    once: bool
    used_at: datetime | None
    canceled_at: datetime | None

    def in_force(self, *, at: datetime) -> bool:
        """Granted, not canceled, not ended, not used up.

        The same rule in SQL is consent.querysets.Authorizations.in_force; a table test keeps
        the two equal.
        """
        today = at.astimezone(PACIFIC).date()
        return (
            self.granted_at <= at
            and (self.canceled_at is None or at < self.canceled_at)
            and (self.ends_on is None or today < self.ends_on)
            and not (self.once and self.used_at is not None and self.used_at <= at)
        )

    def covers(self, ask: Ask, *, at: datetime) -> bool:
        """One customer, one third party, one purpose, and no more than she ticked (6.9)."""
        return (
            self.in_force(at=at)
            and self.customer == ask.customer
            and self.third_party == ask.third_party
            and self.purpose == ask.purpose
            and ask.categories <= self.categories
            and ask.agreements <= self.agreements
            and self.history_from <= ask.first_day
            and FINENESS.index(ask.granularity) <= FINENESS.index(self.granularity)
        )


@dataclass(frozen=True)
class Ask:
    """One proposed disclosure about one customer, with every fact that could matter.

    `unapproved` says that it is about many customers and no second person approved just this.
    `programs` says that the purpose is the fourth limb of 4.4: demand response, energy
    management or energy efficiency programs.
    """

    customer: UUID
    third_party: UUID
    purpose: UUID
    purpose_categories: frozenset[str]
    primary: bool
    programs: bool
    categories: frozenset[str]
    agreements: frozenset[UUID]
    first_day: date
    last_day: date
    granularity: str = "as_measured"
    stopped: bool = False
    unapproved: bool = False
    mandate: Mandate | None = None
    permission: Permission | None = None


@dataclass(frozen=True)
class Decision:
    """Yes or no, the clause of PRIME-07 that says so, and why in one sentence."""

    allowed: bool
    clause: str
    reason: str


def decide(ask: Ask, *, at: datetime) -> Decision:
    """Say whether one disclosure may happen, and which clause says so.

    Read top to bottom: a stop outranks every permission, and silence is a no.
    """
    if ask.stopped:
        return _refuse("6.8", _("Disclosures to this third party are stopped."))
    if not ask.categories or not ask.categories <= ask.purpose_categories:
        return _refuse("5.3", _("More was asked for than this purpose needs."))

    if ask.unapproved:
        return _refuse("5.1", _("A second person has not approved exactly this."))

    if ask.mandate and ask.mandate.covers(ask, at=at):
        match ask.mandate.standing:
            case Standing.CPUC_CONTRACT:
                return _allow("6.4", _("It acts under contract with the CPUC, by its order."))
            case Standing.GOVERNMENT_PROGRAM if ask.programs:
                return _allow("6.4", _("It is a governmental efficiency program, by CPUC order."))
            case Standing.CPUC_ORDER:
                return _allow("6.5", _("The CPUC explicitly ordered it."))
            case Standing.PRIMARY_PURPOSE if ask.primary and ask.mandate.protects:
                return _allow("6.5", _("PRIME's contract for a primary purpose covers it."))

    if ask.permission and ask.permission.covers(ask, at=at):
        return _allow("6.9", _("The customer authorized it."))

    if ask.mandate and ask.mandate.standing == Standing.PRIMARY_PURPOSE:
        return _refuse("6.5", _refused_contract(ask, ask.mandate, at=at))
    if ask.permission and not ask.permission.in_force(at=at):
        return _refuse("6.10", _("The customer's authorization was canceled or has ended."))
    if ask.permission:
        return _refuse("6.9", _("It is more than the customer authorized."))
    return _refuse("6.9", _("The customer has not authorized it."))


def _refused_contract(ask: Ask, contract: Mandate, *, at: datetime) -> str:
    if not contract.in_force(at=at):
        return _("The contract is not in force.")
    if not contract.covers(ask, at=at):
        return _("The contract does not cover this.")
    if not ask.primary:
        return _("The contract is for a primary purpose, and this is not one.")
    if "material_breach" not in contract.clauses:
        return _("The contract does not make a pattern of misuse a material breach (6.7).")
    if "primary_only" not in contract.clauses:
        return _("The contract does not bind it to the primary purpose (6.6).")
    return _("The contract does not protect the data as PRIME itself must.")


def _allow(clause: str, reason: str) -> Decision:
    return Decision(allowed=True, clause=clause, reason=reason)


def _refuse(clause: str, reason: str) -> Decision:
    return Decision(allowed=False, clause=clause, reason=reason)
