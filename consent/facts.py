"""What `consent.policy.decide` is told: the facts PRIME-07 section 6 asks about, and no others.

Plain data, looked up at the moment of deciding. Days are Pacific; an `ends_on` is the first day
something no longer holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


class Granularity(StrEnum):
    """How fine readings are, the coarsest first."""

    DAILY = "daily"
    HOURLY = "hourly"
    AS_MEASURED = "as_measured"

    def within(self, other: Granularity) -> bool:
        """Whether this is no finer than the other."""
        order = list(Granularity)
        return order.index(self) <= order.index(other)


class Standing(StrEnum):
    """Why a third party may be given Covered Information without the customer's consent."""

    CPUC_CONTRACT = "cpuc_contract"
    GOVERNMENT_PROGRAM = "government_program"
    CPUC_ORDER = "cpuc_order"
    PRIMARY_PURPOSE = "primary_purpose"
    ONWARD = "onward"


# What PRIME's contract must demand of the third party before 6.5 opens a door, in the order of
# the policy: no less protective (6.5), bound to its purpose, also whoever it passes it on to
# (6.6), a material breach (6.7); then what CPUC rules 8(b) and 6(e)(3) add.
NO_LESS_PROTECTIVE = ("access", "collect", "store", "use", "disclose", "notice")
CONTRACT_CLAUSES = (
    *NO_LESS_PROTECTIVE,
    "primary_only",
    "flow_down",
    "material_breach",
    "breach_report",
    "yearly_contact",
)
# What a recipient must demand by contract of whoever it passes the data on to (6.6).
ONWARD_CLAUSES = ("store", "use", "disclose", "notice", "primary_only")


@dataclass(frozen=True)
class Mandate:
    """A contract or an order, in the version in force.

    order: the CPUC order or resolution it rests on (6.4). breach_order: the CPUC order that
    frees it from the clause on material breach (6.7). source: what the entity that passes the
    data on received it under (6.6).
    """

    standing: Standing
    third_party: UUID
    reference: str
    purpose: UUID
    categories: frozenset[str]
    clauses: frozenset[str]
    starts_on: date
    ends_on: date | None
    ended_at: datetime | None
    order: str = ""
    breach_order: str = ""
    granularity: Granularity = Granularity.AS_MEASURED
    source: Mandate | None = None

    def in_force(self, *, at: datetime) -> bool:
        today = at.astimezone(PACIFIC).date()
        return (
            self.starts_on <= today
            and (self.ends_on is None or today < self.ends_on)
            and (self.ended_at is None or at < self.ended_at)
        )

    def covers(self, ask: Ask) -> bool:
        """One purpose, and no more than it says. Whose it is, is asked of it alone."""
        return (
            self.purpose == ask.purpose
            and ask.categories <= self.categories
            and ask.granularity.within(self.granularity)
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The protective clauses it must have and lacks, in the order of the policy."""
        needed: tuple[str, ...]
        match self.standing:
            case Standing.PRIMARY_PURPOSE:
                needed = CONTRACT_CLAUSES
            case Standing.ONWARD:
                needed = ONWARD_CLAUSES
            case _:
                needed = ()
        excused = {"material_breach"} if self.breach_order.strip() else set()
        return tuple(clause for clause in needed if clause not in self.clauses | excused)


class Process(StrEnum):
    """How somebody demands or requests data without a contract and without the customer."""

    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    SUBPOENA = "subpoena"
    CONTACT_ONLY = "contact_only"
    EMERGENCY = "emergency"
    OVERSIGHT = "oversight"
    PUBLIC_RECORDS = "public_records"
    OWNER = "owner"


@dataclass(frozen=True)
class Demand:
    """A demand by law or a request, as recorded (4.3; CPUC Rules 4(c), 4(d)).

    customers: whom it names. told_at: when this customer's written notice of it was sent.
    gag_order: the order that bars telling her. reviewed: by somebody other than who recorded it.
    by_cpuc: the CPUC itself asks.
    """

    process: Process
    third_party: UUID
    reference: str
    customers: frozenset[UUID]
    categories: frozenset[str]
    first_day: date
    last_day: date
    reason: str = ""
    reviewed: bool = False
    told_at: datetime | None = None
    gag_order: str = ""
    contested: bool = False
    closed: bool = False
    by_cpuc: bool = False

    def covers(self, ask: Ask) -> bool:
        return (
            self.third_party == ask.third_party
            and ask.categories <= self.categories
            and self.first_day <= ask.first_day
            and ask.last_day <= self.last_day
        )


@dataclass(frozen=True)
class Permission:
    """One customer's authorization (6.9)."""

    customer: UUID
    third_party: UUID
    purpose: UUID
    categories: frozenset[str]
    agreements: frozenset[UUID]
    history_from: date
    granularity: Granularity
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
            and ask.granularity.within(self.granularity)
        )


@dataclass(frozen=True)
class Ask:
    """One proposed disclosure about one customer, with every fact that could matter.

    noticed: the categories that the notice in force names for this purpose, None while no
    notice is in force. programs: the purpose is the fourth limb of 4.4, demand response, energy
    management or energy efficiency programs. frozen: the portal was restored from a backup, and
    what came after it is not set right yet (usage.frozen). stopped: for everyone or for this
    customer, also when the entity that passes it on is stopped. unapproved: it is about many
    customers and no second person approved just this. untrained: PRIME may ask the third party, or
    whoever passes it on, to attest that its people were trained (5.2), and nothing it attested
    counts today.
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
    noticed: frozenset[str] | None
    granularity: Granularity = Granularity.AS_MEASURED
    frozen: bool = False
    purpose_ended: bool = False
    stopped: bool = False
    unapproved: bool = False
    untrained: bool = False
    mandate: Mandate | None = None
    demand: Demand | None = None
    permission: Permission | None = None
