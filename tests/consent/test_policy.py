"""The policy, read as a table: what is asked, what the answer is, and on which clause."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from consent.facts import CONTRACT_CLAUSES, ONWARD_CLAUSES
from consent.policy import (
    Ask,
    Demand,
    Granularity,
    Mandate,
    Permission,
    Process,
    Standing,
    decide,
)

NOW = datetime(2026, 7, 1, 19, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ROSA, LUIS = UUID(int=1), UUID(int=2)
SOLAR_CO, OTHER_CO, COURT = UUID(int=11), UUID(int=12), UUID(int=13)
SIZING, BILLING = UUID(int=21), UUID(int=22)
HOME, SHOP = UUID(int=31), UUID(int=32)
USAGE, BILLS, PROGRAMS = "interval_usage", "billing_history", "program_enrollment"
CONTACT, IDENTITY = "contact", "account_identity"

ROSAS = Permission(
    customer=ROSA,
    third_party=SOLAR_CO,
    purpose=SIZING,
    categories=frozenset({USAGE}),
    agreements=frozenset({HOME}),
    history_from=date(2026, 1, 1),
    granularity=Granularity.AS_MEASURED,
    granted_at=NOW - 30 * DAY,
    ends_on=None,
    once=False,
    used_at=None,
    canceled_at=None,
)
CONTRACT = Mandate(
    standing=Standing.PRIMARY_PURPOSE,
    third_party=SOLAR_CO,
    reference="PRIME-C-014",
    purpose=BILLING,
    categories=frozenset({USAGE, BILLS}),
    clauses=frozenset(CONTRACT_CLAUSES),
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 1, 1),
    ended_at=None,
)
ORDER = replace(
    CONTRACT, standing=Standing.CPUC_ORDER, reference="D.99-99-999", clauses=frozenset()
)
CPUCS = replace(ORDER, standing=Standing.CPUC_CONTRACT, order="Res. E-9999")
PROGRAM = replace(CPUCS, standing=Standing.GOVERNMENT_PROGRAM)
ONWARD = replace(
    CONTRACT,
    standing=Standing.ONWARD,
    clauses=frozenset(ONWARD_CLAUSES),
    source=replace(CONTRACT, third_party=OTHER_CO),
)
NOTHING = Ask(
    customer=ROSA,
    third_party=SOLAR_CO,
    purpose=SIZING,
    purpose_categories=frozenset({USAGE, BILLS}),
    primary=False,
    programs=False,
    categories=frozenset({USAGE}),
    agreements=frozenset({HOME}),
    first_day=date(2026, 1, 1),
    last_day=date(2026, 6, 30),
    noticed=frozenset({USAGE, BILLS}),
)
HERS = replace(NOTHING, permission=ROSAS)
PRIMARY = replace(NOTHING, purpose=BILLING, primary=True)
SUBPOENA = Demand(
    process=Process.SUBPOENA,
    third_party=COURT,
    reference="26-CV-0001",
    customers=frozenset({ROSA}),
    categories=frozenset({USAGE, CONTACT, IDENTITY}),
    first_day=date(2026, 1, 1),
    last_day=date(2026, 6, 30),
    reason="A made-up lawsuit.",
    reviewed=True,
    told_at=NOW - 7 * DAY,
)
BARE = Demand(
    process=Process.EMERGENCY,
    third_party=COURT,
    reference="26-CV-0002",
    customers=frozenset({ROSA}),
    categories=frozenset({USAGE}),
    first_day=date(2026, 1, 1),
    last_day=date(2026, 6, 30),
)
DEMANDED = replace(NOTHING, third_party=COURT)


def permitted(**change: object) -> Ask:
    return replace(HERS, permission=replace(ROSAS, **change))  # type: ignore[arg-type]


def under(mandate: Mandate, **change: object) -> Ask:
    return replace(PRIMARY, mandate=replace(mandate, **change))  # type: ignore[arg-type]


def sourced(**change: object) -> Ask:
    assert ONWARD.source
    return under(ONWARD, source=replace(ONWARD.source, **change))  # type: ignore[arg-type]


def demanded(process: Process = Process.SUBPOENA, **change: object) -> Ask:
    demand = replace(SUBPOENA, process=process, **change)  # type: ignore[arg-type]
    return replace(DEMANDED, demand=demand)


def without(clause: str) -> frozenset[str]:
    return frozenset(CONTRACT_CLAUSES) - {clause}


TABLE = [
    ("silence is a no", NOTHING, False, "6.9"),
    ("the customer said yes", HERS, True, "6.9"),
    # 5.1: restored from a backup, the portal does not know what was canceled since
    ("frozen, though authorized", replace(HERS, frozen=True), False, "5.1"),
    ("frozen, though contracted", replace(under(CONTRACT), frozen=True), False, "5.1"),
    ("frozen, though a court demands it", replace(demanded(), frozen=True), False, "5.1"),
    # 6.8: a stop outranks every permission
    ("stopped, though authorized", replace(HERS, stopped=True), False, "6.8"),
    ("stopped, though contracted", replace(under(CONTRACT), stopped=True), False, "6.8"),
    ("stopped, though ordered", replace(under(ORDER), stopped=True), False, "6.8"),
    ("stopped, though passed on", replace(under(ONWARD), stopped=True), False, "6.8"),
    # 5.3: no wider than the purpose
    ("a purpose that has ended", replace(HERS, purpose_ended=True), False, "5.3"),
    ("nothing in particular", replace(HERS, categories=frozenset()), False, "5.3"),
    ("wider than the purpose", replace(HERS, categories=frozenset({PROGRAMS})), False, "5.3"),
    # 6.1: nothing the notice in force does not name
    ("no notice in force", replace(HERS, noticed=None), False, "6.1"),
    ("a purpose the notice does not name", replace(HERS, noticed=frozenset()), False, "6.1"),
    ("a kind the notice does not name", replace(HERS, noticed=frozenset({BILLS})), False, "6.1"),
    ("ordered, but not in the notice", replace(under(ORDER), noticed=frozenset()), False, "6.1"),
    # 5.1: about many customers, only what a second person approved
    (
        "many, unapproved, though contracted",
        replace(under(CONTRACT), unapproved=True),
        False,
        "5.1",
    ),
    ("many, unapproved, though authorized", replace(HERS, unapproved=True), False, "5.1"),
    # 5.2: whoever PRIME may ask attests that its people were trained
    ("untrained, though contracted", replace(under(CONTRACT), untrained=True), False, "5.2"),
    ("untrained, though passed on", replace(under(ONWARD), untrained=True), False, "5.2"),
    ("untrained, though authorized", replace(HERS, untrained=True), False, "5.2"),
    (
        "untrained, contracted and authorized",
        replace(under(CONTRACT), untrained=True, permission=replace(ROSAS, purpose=BILLING)),
        False,
        "5.2",
    ),
    ("untrained, but nobody allowed it", replace(NOTHING, untrained=True), False, "6.9"),
    ("untrained, by CPUC order", replace(under(ORDER), untrained=True), True, "6.5"),
    ("untrained, by CPUC contract", replace(under(CPUCS), untrained=True), True, "6.4"),
    (
        "untrained, for a governmental program",
        replace(under(PROGRAM), programs=True, untrained=True),
        True,
        "6.4",
    ),
    ("untrained, but a court demands it", replace(demanded(), untrained=True), True, "4.4"),
    # 6.4: CPUC contracts and governmental programs, by an order or resolution
    ("CPUC contract", under(CPUCS), True, "6.4"),
    ("CPUC contract for a secondary purpose", replace(under(CPUCS), primary=False), True, "6.4"),
    ("CPUC contract without a number", under(CPUCS, reference=" "), False, "6.4"),
    ("CPUC contract without an order", under(CPUCS, order=" "), False, "6.4"),
    ("CPUC contract as PRIME's own", under(ORDER, standing=Standing.CPUC_CONTRACT), False, "6.4"),
    ("CPUC contract that ended", under(CPUCS, ended_at=NOW), False, "6.4"),
    ("governmental program", replace(under(PROGRAM), programs=True), True, "6.4"),
    ("program, but not for efficiency", under(PROGRAM), False, "6.4"),
    ("program without an order", replace(under(PROGRAM, order=""), programs=True), False, "6.4"),
    # 6.5: explicit orders
    ("explicit order", under(ORDER), True, "6.5"),
    ("order for a secondary purpose", replace(under(ORDER), primary=False), True, "6.5"),
    ("order without a number", under(ORDER, reference=""), False, "6.5"),
    ("order for other kinds", under(ORDER, categories=frozenset({BILLS})), False, "6.5"),
    ("order to another", under(ORDER, third_party=OTHER_CO), False, "6.5"),
    # 6.5: contracts for a primary purpose
    ("contract for a primary purpose", under(CONTRACT), True, "6.5"),
    (
        "contract, and she said yes too",
        replace(under(CONTRACT), permission=replace(ROSAS, purpose=BILLING)),
        True,
        "6.5",
    ),
    ("contract without a number", under(CONTRACT, reference=""), False, "6.5"),
    ("contract with another", under(CONTRACT, third_party=OTHER_CO), False, "6.5"),
    ("contract not begun", under(CONTRACT, starts_on=date(2026, 7, 2)), False, "6.5"),
    ("contract's first day", under(CONTRACT, starts_on=date(2026, 7, 1)), True, "6.5"),
    ("contract's end day", under(CONTRACT, ends_on=date(2026, 7, 1)), False, "6.5"),
    ("contract's last day", under(CONTRACT, ends_on=date(2026, 7, 2)), True, "6.5"),
    ("contract without end", under(CONTRACT, ends_on=None), True, "6.5"),
    ("contract ended", under(CONTRACT, ended_at=NOW), False, "6.5"),
    ("contract ends later", under(CONTRACT, ended_at=NOW + SECOND), True, "6.5"),
    (
        "contract, all it covers, all the purpose needs, all the notice names",
        replace(under(CONTRACT), categories=frozenset({USAGE, BILLS})),
        True,
        "6.5",
    ),
    ("contract for something else", under(CONTRACT, purpose=SIZING), False, "6.5"),
    ("contract for day totals", under(CONTRACT, granularity=Granularity.DAILY), False, "6.5"),
    (
        "contract for day totals, day totals asked",
        replace(under(CONTRACT, granularity=Granularity.DAILY), granularity=Granularity.DAILY),
        True,
        "6.5",
    ),
    ("contract, secondary purpose", replace(under(CONTRACT), primary=False), False, "6.5"),
    *[
        (f"contract without “{clause}”", under(CONTRACT, clauses=without(clause)), False, "6.5")
        for clause in CONTRACT_CLAUSES
    ],
    # 6.7: a material breach, unless the CPUC ordered otherwise
    (
        "no material breach, by CPUC order",
        under(CONTRACT, clauses=without("material_breach"), breach_order="D.99-99-998"),
        True,
        "6.5",
    ),
    (
        "no material breach, by a blank order",
        under(CONTRACT, clauses=without("material_breach"), breach_order=" "),
        False,
        "6.5",
    ),
    (
        "that order excuses nothing else",
        under(CONTRACT, clauses=without("use"), breach_order="D.99-99-998"),
        False,
        "6.5",
    ),
    # 6.6: passed on by who received it, for the same primary purpose
    ("passed on by contract", under(ONWARD), True, "6.6"),
    ("passed on for a secondary purpose", replace(under(ONWARD), primary=False), False, "6.6"),
    *[
        (
            f"passed on without “{clause}”",
            under(ONWARD, clauses=frozenset(ONWARD_CLAUSES) - {clause}),
            False,
            "6.6",
        )
        for clause in ONWARD_CLAUSES
    ],
    ("passed on by nobody", under(ONWARD, source=None), False, "6.6"),
    ("passed on without a number", sourced(reference=" "), False, "6.6"),
    ("passed on after the contract", sourced(ended_at=NOW), False, "6.6"),
    ("passed on for another purpose", sourced(purpose=SIZING), False, "6.6"),
    ("passed on, more than received", sourced(categories=frozenset({BILLS})), False, "6.6"),
    ("passed on without flow-down", sourced(clauses=without("flow_down")), False, "6.6"),
    ("passed on from an order", under(ONWARD, source=ORDER), True, "6.6"),
    ("passed on twice", under(ONWARD, source=replace(ONWARD, third_party=OTHER_CO)), True, "6.6"),
    # A missing clause never blocks a customer's own choice (6.9)
    (
        "unsound contract, but she said yes",
        replace(HERS, mandate=replace(CONTRACT, clauses=frozenset(), purpose=SIZING)),
        True,
        "6.9",
    ),
    # 6.9: one customer, one third party, one purpose, no more than she ticked
    ("somebody else's yes", permitted(customer=LUIS), False, "6.9"),
    ("her yes to somebody else", permitted(third_party=OTHER_CO), False, "6.9"),
    ("her yes to another purpose", permitted(purpose=BILLING), False, "6.9"),
    ("a kind she did not tick", replace(HERS, categories=frozenset({BILLS})), False, "6.9"),
    ("less than she ticked", permitted(categories=frozenset({USAGE, BILLS})), True, "6.9"),
    ("a place she did not tick", replace(HERS, agreements=frozenset({HOME, SHOP})), False, "6.9"),
    ("older readings", replace(HERS, first_day=date(2025, 12, 31)), False, "6.9"),
    ("finer than she allowed", permitted(granularity=Granularity.HOURLY), False, "6.9"),
    (
        "as fine as she allowed",
        replace(permitted(granularity=Granularity.HOURLY), granularity=Granularity.HOURLY),
        True,
        "6.9",
    ),
    (
        "coarser than she allowed",
        replace(permitted(granularity=Granularity.HOURLY), granularity=Granularity.DAILY),
        True,
        "6.9",
    ),
    ("not yet granted", permitted(granted_at=NOW + SECOND), False, "6.10"),
    ("granted this instant", permitted(granted_at=NOW), True, "6.9"),
    # 6.10: canceled, ended, used up
    ("canceled this instant", permitted(canceled_at=NOW), False, "6.10"),
    ("canceled later", permitted(canceled_at=NOW + SECOND), True, "6.9"),
    ("ends today", permitted(ends_on=date(2026, 7, 1)), False, "6.10"),
    ("ends tomorrow", permitted(ends_on=date(2026, 7, 2)), True, "6.9"),
    ("once, not used", permitted(once=True), True, "6.9"),
    ("once, used this instant", permitted(once=True, used_at=NOW), False, "6.10"),
    ("once, used later", permitted(once=True, used_at=NOW + SECOND), True, "6.9"),
    ("used, but not only once", permitted(used_at=NOW), True, "6.9"),
    # 4.4: what the law demands (CPUC Rules 4(c) and 4(d))
    *[
        (f"{process} that names her", demanded(process, told_at=None), True, "4.4")
        for process in (Process.WARRANT, Process.COURT_ORDER)
    ],
    ("stopped, but a court demands it", replace(demanded(), stopped=True), True, "4.4"),
    ("not in the notice, but demanded", replace(demanded(), noticed=None), True, "4.4"),
    ("closed demand", demanded(closed=True), False, "6.9"),
    ("demand for another customer", demanded(customers=frozenset({LUIS})), False, "6.9"),
    ("demand of another", demanded(third_party=OTHER_CO), False, "6.9"),
    ("more kinds than demanded", demanded(categories=frozenset({BILLS})), False, "6.9"),
    ("earlier days than demanded", demanded(first_day=date(2026, 1, 2)), False, "6.9"),
    ("later days than demanded", demanded(last_day=date(2026, 6, 29)), False, "6.9"),
    (
        "all that is demanded",
        replace(demanded(), categories=frozenset({USAGE, CONTACT, IDENTITY})),
        True,
        "4.4",
    ),
    ("nothing demanded", replace(demanded(), categories=frozenset()), False, "6.9"),
    ("demand without a number", demanded(reference=" "), False, "6.9"),
    *[
        (f"{process} nobody reviewed", demanded(process, reviewed=False), False, "6.9")
        for process in (Process.WARRANT, Process.COURT_ORDER, Process.SUBPOENA)
    ],
    ("subpoena on day 7", demanded(), True, "4.4"),
    ("subpoena a second before day 7", demanded(told_at=NOW - 7 * DAY + SECOND), False, "6.9"),
    ("subpoena she was not told of", demanded(told_at=None), False, "6.9"),
    ("subpoena she contests", demanded(contested=True), False, "6.9"),
    ("subpoena under a gag order", demanded(told_at=None, gag_order="26-GO-1"), True, "4.4"),
    ("subpoena under a blank one", demanded(told_at=None, gag_order=" "), False, "6.9"),
    (
        "contact details alone, at once",
        replace(
            demanded(Process.CONTACT_ONLY, told_at=None), categories=frozenset({CONTACT, IDENTITY})
        ),
        True,
        "4.4",
    ),
    (
        "the address alone",
        replace(demanded(Process.CONTACT_ONLY), categories=frozenset({CONTACT})),
        True,
        "4.4",
    ),
    ("usage under contact details alone", demanded(Process.CONTACT_ONLY), False, "6.9"),
    (
        "emergency, at once",
        demanded(Process.EMERGENCY, reference="", reviewed=False, told_at=None),
        True,
        "4.4",
    ),
    ("emergency without a reason", demanded(Process.EMERGENCY, reason=" "), False, "6.9"),
    ("bare emergency", replace(DEMANDED, demand=BARE), False, "6.9"),
    (
        "bare warrant",
        replace(DEMANDED, demand=replace(BARE, process=Process.WARRANT)),
        False,
        "6.9",
    ),
    # 4.3: the CPUC's oversight
    ("the CPUC asks", demanded(Process.OVERSIGHT, by_cpuc=True), True, "4.3"),
    (
        "the CPUC asks without a number",
        demanded(Process.OVERSIGHT, reference=" ", by_cpuc=True),
        False,
        "4.3",
    ),
    (
        "the CPUC asks, one clerk answers",
        demanded(Process.OVERSIGHT, reviewed=False, by_cpuc=True),
        False,
        "4.3",
    ),
    (
        "the CPUC asks for other kinds",
        demanded(Process.OVERSIGHT, categories=frozenset({BILLS}), by_cpuc=True),
        False,
        "4.3",
    ),
    (
        "the CPUC gets nothing in particular",
        replace(demanded(Process.OVERSIGHT, by_cpuc=True), categories=frozenset()),
        False,
        "4.3",
    ),
    ("another asks for oversight", demanded(Process.OVERSIGHT), False, "4.3"),
    (
        "the CPUC asks, another would get it",
        demanded(Process.OVERSIGHT, by_cpuc=True, third_party=OTHER_CO),
        False,
        "4.3",
    ),
    # Public records and owners of buildings: only the customer's own yes
    ("public records", demanded(Process.PUBLIC_RECORDS), False, "6.9"),
    ("public records, one clerk", demanded(Process.PUBLIC_RECORDS, reviewed=False), False, "6.9"),
    (
        "public records, one clerk, she said yes",
        replace(HERS, demand=replace(SUBPOENA, process=Process.PUBLIC_RECORDS, reviewed=False)),
        False,
        "6.9",
    ),
    (
        "public records, she said yes",
        replace(HERS, demand=replace(SUBPOENA, process=Process.PUBLIC_RECORDS)),
        True,
        "6.9",
    ),
    ("an owner about a tenant", demanded(Process.OWNER, reviewed=False), False, "6.9"),
    (
        "an owner, and the tenant said yes",
        replace(HERS, demand=replace(SUBPOENA, process=Process.OWNER, reviewed=False)),
        True,
        "6.9",
    ),
    (
        "an owner under contract, and another tenant said yes",
        replace(under(CONTRACT), permission=ROSAS, demand=replace(SUBPOENA, process=Process.OWNER)),
        False,
        "6.9",
    ),
    (
        "an owner, and another tenant said yes",
        replace(permitted(customer=LUIS), demand=replace(SUBPOENA, process=Process.OWNER)),
        False,
        "6.9",
    ),
]


@pytest.mark.parametrize(
    ("ask", "allowed", "clause"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_policy_answers_with_its_clause(ask: Ask, allowed: bool, clause: str) -> None:
    decision = decide(ask, at=NOW)
    assert (decision.allowed, decision.clause) == (allowed, clause)
    assert decision.reason.endswith(".")


SAID = {row[0]: decide(row[1], at=NOW).reason for row in TABLE}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("silence is a no", "has not authorized"),
        ("the customer said yes", "customer authorized it"),
        ("frozen, though authorized", "not set right yet"),
        ("stopped, though authorized", "are stopped"),
        ("a purpose that has ended", "no longer used"),
        ("nothing in particular", "More was asked"),
        ("no notice in force", "No notice"),
        ("a kind the notice does not name", "does not name this"),
        ("CPUC contract", "contract with the CPUC"),
        ("CPUC contract without a number", "has no number"),
        ("CPUC contract without an order", "no order or resolution"),
        ("CPUC contract that ended", "not in force"),
        ("untrained, though contracted", "has not shown that its people were trained"),
        ("governmental program", "governmental efficiency program"),
        ("program, but not for efficiency", "not for an energy efficiency program"),
        ("program without an order", "no order or resolution"),
        ("explicit order", "explicitly ordered"),
        ("order for other kinds", "does not cover"),
        ("order to another", "does not cover"),
        ("contract for a primary purpose", "for a primary purpose covers it"),
        ("contract with another", "does not cover"),
        ("contract, secondary purpose", "this is not one"),
        ("contract without “access”", "access"),
        ("contract without “collect”", "collecting"),
        ("contract without “store”", "storing"),
        ("contract without “use”", "using"),
        ("contract without “disclose”", "disclosing"),
        ("contract without “notice”", "notices"),
        ("contract without “primary_only”", "(6.6)"),
        ("contract without “flow_down”", "(6.6)"),
        ("contract without “material_breach”", "(6.7)"),
        ("contract without “breach_report”", "within a week"),
        ("contract without “yearly_contact”", "yearly"),
        ("passed on by contract", "passes it on by contract"),
        ("passed on for a secondary purpose", "this is not one"),
        ("passed on by nobody", "may not have it under contract itself"),
        ("passed on without flow-down", "may not have it under contract itself"),
        ("her yes to another purpose", "more than the customer authorized"),
        ("canceled this instant", "canceled or has ended"),
        ("warrant that names her", "warrant"),
        ("court_order that names her", "court order"),
        ("subpoena on day 7", "time to contest it has passed"),
        ("closed demand", "closed"),
        ("demand for another customer", "does not name this customer"),
        ("more kinds than demanded", "more than was demanded"),
        ("demand without a number", "no case number"),
        ("warrant nobody reviewed", "must review the demand"),
        ("subpoena a second before day 7", "has seven days"),
        ("subpoena she was not told of", "not been told"),
        ("subpoena she contests", "contests"),
        ("contact details alone, at once", "contact details alone"),
        ("usage under contact details alone", "opens nothing else"),
        ("emergency, at once", "in danger"),
        ("emergency without a reason", "reason in writing"),
        ("the CPUC asks", "for its oversight"),
        ("the CPUC asks without a number", "request has no number"),
        ("the CPUC asks, one clerk answers", "review what goes to the CPUC"),
        ("the CPUC asks for other kinds", "more than the CPUC asked for"),
        ("another asks for oversight", "Only the CPUC itself"),
        ("many, unapproved, though contracted", "has not approved exactly this"),
        ("public records", "no public record"),
        ("public records, one clerk", "review a public-records request"),
        ("an owner about a tenant", "if that tenant authorizes it"),
        ("an owner, and another tenant said yes", "more than the customer authorized"),
    ],
)
def test_the_answer_says_why(asked: str, words: str) -> None:
    assert words in SAID[asked]


def test_the_first_clause_a_contract_lacks_is_named_first() -> None:
    bare = under(CONTRACT, clauses=frozenset())
    assert bare.mandate
    assert bare.mandate.missing == CONTRACT_CLAUSES
    assert decide(bare, at=NOW).reason == SAID["contract without “access”"]
    assert not ORDER.missing


def test_the_words_are_those_the_records_hold() -> None:
    assert list(Granularity) == ["daily", "hourly", "as_measured"]
    assert list(Standing) == [
        "cpuc_contract",
        "government_program",
        "cpuc_order",
        "primary_purpose",
        "onward",
    ]
    assert list(Process) == [
        "warrant",
        "court_order",
        "subpoena",
        "contact_only",
        "emergency",
        "oversight",
        "public_records",
        "owner",
    ]
    assert (
        *("access", "collect", "store", "use", "disclose", "notice", "primary_only", "flow_down"),
        *("material_breach", "breach_report", "yearly_contact"),
    ) == CONTRACT_CLAUSES
    assert ONWARD_CLAUSES == ("store", "use", "disclose", "notice", "primary_only")


def test_a_day_ends_at_pacific_midnight_not_at_utc_midnight() -> None:
    for ask in (permitted(ends_on=date(2026, 7, 2)), under(CONTRACT, ends_on=date(2026, 7, 2))):
        assert decide(ask, at=datetime(2026, 7, 2, 6, 59, tzinfo=UTC)).allowed
        assert not decide(ask, at=datetime(2026, 7, 2, 7, 0, tzinfo=UTC)).allowed
