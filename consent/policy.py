"""May this leave? PRIME-07 section 6, as one pure function.

Read it beside the policy. `decide` is asked once for each customer and each disclosure, with
all its facts in hand (consent.facts), and answers with the clause. It looks nothing up, knows no
clock and no database, and nothing else in the portal decides about a disclosure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent.facts import Ask, Demand, Granularity, Mandate, Permission, Process, Standing

__all__ = [
    "Ask",
    "Decision",
    "Demand",
    "Granularity",
    "Mandate",
    "Permission",
    "Process",
    "Standing",
    "decide",
]


def _(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where a person reads it."""
    return sentence


@dataclass(frozen=True)
class Decision:
    """Yes or no, the clause of PRIME-07 that says so, and why in one sentence."""

    allowed: bool
    clause: str
    reason: str


# Rule 4(c)(2): how long a customer has to contest a subpoena, counted from when she was told.
TO_CONTEST = timedelta(days=7)
# What a subpoena for contact details alone may get (Rule 4(c)(5)).
CONTACT_DETAILS = frozenset({"account_identity", "contact"})


def decide(ask: Ask, *, at: datetime) -> Decision:
    """Say whether one disclosure may happen, and which clause says so.

    Read top to bottom: a portal that does not know what was canceled lets nothing leave; what
    the law demands stands apart; then a stop outranks every permission, and silence is a no.
    """
    if ask.frozen:
        return _refuse("5.1", _("The portal was restored from a backup and is not set right yet."))
    if ask.demand:
        match ask.demand.process:
            case Process.OVERSIGHT:
                return _oversight(ask.demand, ask)
            case Process.PUBLIC_RECORDS | Process.OWNER:
                return _request(ask.demand, ask, at=at)
            case _:
                return _legal_process(ask.demand, ask, at=at)
    return _section_6(ask, at=at)


def _section_6(ask: Ask, *, at: datetime) -> Decision:
    """Apply 6.8, 5.3, 6.1 and 5.1, which bind every disclosure; then 6.4 to 6.6; then 6.9.

    What one of these would allow still needs 5.2, unless the CPUC ordered it.
    """
    if ask.stopped:
        return _refuse("6.8", _("Disclosures to this third party are stopped."))
    if ask.purpose_ended:
        return _refuse("5.3", _("The data is no longer used for this purpose."))
    if not ask.categories or not ask.categories <= ask.purpose_categories:
        return _refuse("5.3", _("More was asked for than this purpose needs."))
    if ask.noticed is None:
        return _refuse("6.1", _("No notice is in force."))
    if not ask.categories <= ask.noticed:
        return _refuse("6.1", _("The notice in force does not name this."))

    if ask.unapproved:
        return _refuse("5.1", _("A second person has not approved exactly this."))

    mandated = _mandated(ask.mandate, ask, at=at) if ask.mandate else None
    if mandated and mandated.allowed:
        return mandated
    if ask.permission and ask.permission.covers(ask, at=at):
        if ask.untrained:
            return UNTRAINED
        return _allow("6.9", _("The customer authorized it."))

    if mandated:
        return mandated
    if ask.permission and not ask.permission.in_force(at=at):
        return _refuse("6.10", _("The customer's authorization was canceled or has ended."))
    if ask.permission:
        return _refuse("6.9", _("It is more than the customer authorized."))
    return _refuse("6.9", _("The customer has not authorized it."))


# 5.2, asked last of all: whoever PRIME may ask attests that its people were trained. Who acts by
# an order of the CPUC is not asked, nor whom the law sends.
UNTRAINED = Decision(
    allowed=False,
    clause="5.2",
    reason=_("The third party has not shown that its people were trained."),
)
BY_ORDER = (Standing.CPUC_CONTRACT, Standing.GOVERNMENT_PROGRAM, Standing.CPUC_ORDER)

# 6.4 to 6.6: what may happen without the customer's consent, on which clause.
GROUNDS = {
    Standing.CPUC_CONTRACT: ("6.4", _("It acts under contract with the CPUC, by its order.")),
    Standing.GOVERNMENT_PROGRAM: (
        "6.4",
        _("It is a governmental efficiency program, by CPUC order."),
    ),
    Standing.CPUC_ORDER: ("6.5", _("The CPUC explicitly ordered it.")),
    Standing.PRIMARY_PURPOSE: ("6.5", _("PRIME's contract for a primary purpose covers it.")),
    Standing.ONWARD: (
        "6.6",
        _("Who received it from PRIME passes it on by contract, for the same primary purpose."),
    ),
}


def _mandated(mandate: Mandate, ask: Ask, *, at: datetime) -> Decision:
    clause, reason = GROUNDS[mandate.standing]
    if objection := _objection(mandate, ask, at=at):
        return _refuse(clause, objection)
    if ask.untrained and mandate.standing not in BY_ORDER:
        return UNTRAINED
    return _allow(clause, reason)


def _objection(mandate: Mandate, ask: Ask, *, at: datetime) -> str:
    """Say what stands against a contract or order opening the door; nothing if nothing does."""
    if not mandate.reference.strip():
        return _("The contract or order has no number.")
    if not mandate.in_force(at=at):
        return _("The contract or order is not in force.")
    if mandate.third_party != ask.third_party or not mandate.covers(ask):
        return _("The contract or order does not cover this.")
    return _unfit(mandate, ask, at=at)


def _unfit(mandate: Mandate, ask: Ask, *, at: datetime) -> str:
    match mandate.standing:
        case Standing.CPUC_ORDER:
            return ""
        case Standing.CPUC_CONTRACT | Standing.GOVERNMENT_PROGRAM if not mandate.order.strip():
            return _("It names no order or resolution of the CPUC.")
        case Standing.GOVERNMENT_PROGRAM if not ask.programs:
            return _("It is not for an energy efficiency program.")
        case Standing.CPUC_CONTRACT | Standing.GOVERNMENT_PROGRAM:
            return ""
    if not ask.primary:
        return _("The contract is for a primary purpose, and this is not one.")
    if mandate.missing:
        return LACKS[mandate.missing[0]]
    if mandate.standing is Standing.ONWARD and not _sourced(mandate.source, ask, at=at):
        return _("Who passes it on may not have it under contract itself.")
    return ""


def _sourced(source: Mandate | None, ask: Ask, *, at: datetime) -> bool:
    """Whether the entity that passes it on may itself have it, for the same purpose (6.6)."""
    return (
        source is not None
        and bool(source.reference.strip())
        and source.in_force(at=at)
        and source.covers(ask)
        and not _unfit(source, ask, at=at)
    )


# The first clause a contract lacks, in words (6.5 to 6.7; CPUC Rules 8(b) and 6(e)(3)).
LACKS = {
    "access": _("The contract does not protect access to the data as PRIME itself must."),
    "collect": _("The contract does not protect collecting the data as PRIME itself must."),
    "store": _("The contract does not protect storing the data as PRIME itself must."),
    "use": _("The contract does not limit using the data as PRIME itself must."),
    "disclose": _("The contract does not limit disclosing the data as PRIME itself must."),
    "notice": _("The contract does not ask for notices as PRIME itself must give them."),
    "primary_only": _("The contract does not bind it to the primary purpose (6.6)."),
    "flow_down": _("The contract does not bind whoever it passes the data on to (6.6)."),
    "material_breach": _("The contract does not make a pattern of misuse a material breach (6.7)."),
    "breach_report": _("The contract does not ask it to report a breach within a week."),
    "yearly_contact": _("The contract does not ask it to contact its customers yearly."),
}


def _oversight(demand: Demand, ask: Ask) -> Decision:
    """What the CPUC gets for its oversight is outside the definition of Covered Information."""
    if not demand.by_cpuc:
        return _refuse("4.3", _("Only the CPUC itself gets data for its oversight."))
    if not demand.reference.strip():
        return _refuse("4.3", _("The CPUC's request has no number."))
    if not demand.reviewed:
        return _refuse("4.3", _("A second person must review what goes to the CPUC first."))
    if not ask.categories or not demand.covers(ask):
        return _refuse("4.3", _("It is more than the CPUC asked for."))
    return _allow("4.3", _("The CPUC asked for it, for its oversight."))


def _request(demand: Demand, ask: Ask, *, at: datetime) -> Decision:
    """Public-records requests (Gov. Code 7927.410), and owners asking for tenants' data.

    They open no door of their own: only the customer's own authorization does.
    """
    if demand.process is Process.PUBLIC_RECORDS and not demand.reviewed:
        return _refuse(
            "6.9",
            _("A second person must review a public-records request first (Gov. Code 7927.410)."),
        )
    if ask.permission:
        return _section_6(replace(ask, mandate=None), at=at)
    if demand.process is Process.PUBLIC_RECORDS:
        return _refuse(
            "6.9", _("A customer's use is no public record (Gov. Code 7927.410; CPUC rules).")
        )
    return _refuse("6.9", _("An owner gets a tenant's data only if that tenant authorizes it."))


def _legal_process(demand: Demand, ask: Ask, *, at: datetime) -> Decision:
    """Warrants, court orders, subpoenas and emergencies: services the law requires (4.4).

    No stop and no silence of the customer outranks them; CPUC Rules 4(c) and 4(d) bind them.
    """
    if objection := _unlawful(demand, ask, at=at):
        return _refuse("6.9", objection)
    return _allow("4.4", PROCESSES[demand.process])


PROCESSES = {
    Process.WARRANT: _("A warrant that names the customer demands it."),
    Process.COURT_ORDER: _("A court order that names the customer demands it."),
    Process.SUBPOENA: _("A subpoena demands it, and the time to contest it has passed."),
    Process.CONTACT_ONLY: _("A subpoena demands contact details alone."),
    Process.EMERGENCY: _("Life or property was in danger."),
}


def _unlawful(demand: Demand, ask: Ask, *, at: datetime) -> str:
    """Say what stands against a demand; nothing if nothing does."""
    if demand.closed:
        return _("This demand is closed.")
    if ask.customer not in demand.customers:
        return _("The demand does not name this customer (CPUC Rule 4(c)(1)).")
    if not ask.categories or not demand.covers(ask):
        return _("It is more than was demanded.")
    if demand.process is Process.EMERGENCY:
        return "" if demand.reason.strip() else _("An emergency needs its reason in writing.")
    if not demand.reference.strip():
        return _("The demand has no case number.")
    if not demand.reviewed:
        return _("A second person must review the demand first (CPUC Rule 4(c)(1)).")
    if demand.process is Process.CONTACT_ONLY and not ask.categories <= CONTACT_DETAILS:
        return _("A demand for contact details opens nothing else (CPUC Rule 4(c)(5)).")
    if demand.process is Process.SUBPOENA and not demand.gag_order.strip():
        return _too_soon(demand, at=at)
    return ""


def _too_soon(demand: Demand, *, at: datetime) -> str:
    """On a subpoena the customer is told in writing and has seven days (Rule 4(c)(2))."""
    if demand.contested:
        return _("The customer contests the subpoena.")
    if demand.told_at is None:
        return _("The customer has not been told of the subpoena (CPUC Rule 4(c)(2)).")
    if at < demand.told_at + TO_CONTEST:
        return _("The customer has seven days to contest the subpoena (CPUC Rule 4(c)(2)).")
    return ""


def _allow(clause: str, reason: str) -> Decision:
    return Decision(allowed=True, clause=clause, reason=reason)


def _refuse(clause: str, reason: str) -> Decision:
    return Decision(allowed=False, clause=clause, reason=reason)
