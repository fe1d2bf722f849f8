"""The policy, read as a table: what is asked, what the answer is, and on which clause."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from consent.policy import PROTECTIONS, Ask, Mandate, Permission, Standing, decide

NOW = datetime(2026, 7, 1, 19, 0, tzinfo=UTC)
ROSA, LUIS = UUID(int=1), UUID(int=2)
SOLAR_CO, OTHER_CO = UUID(int=11), UUID(int=12)
SIZING, BILLING = UUID(int=21), UUID(int=22)
HOME, SHOP = UUID(int=31), UUID(int=32)
USAGE, BILLS, PROGRAMS = "interval_usage", "billing_history", "program_enrollment"

ROSAS = Permission(
    customer=ROSA,
    third_party=SOLAR_CO,
    purpose=SIZING,
    categories=frozenset({USAGE}),
    agreements=frozenset({HOME}),
    history_from=date(2026, 1, 1),
    granularity="hourly",
    granted_at=NOW - timedelta(days=30),
    ends_on=None,
    once=False,
    used_at=None,
    canceled_at=None,
)
CONTRACT = Mandate(
    standing=Standing.PRIMARY_PURPOSE,
    reference="PRIME-C-014",
    purpose=BILLING,
    categories=frozenset({USAGE, BILLS}),
    clauses=PROTECTIONS,
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 1, 1),
    ended_at=None,
)
ORDER = replace(
    CONTRACT, standing=Standing.CPUC_ORDER, reference="D.99-99-999", clauses=frozenset()
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
    granularity="hourly",
)
HERS = replace(NOTHING, permission=ROSAS)
PRIMARY = replace(NOTHING, purpose=BILLING, primary=True, mandate=CONTRACT)


def permitted(**change: object) -> Ask:
    return replace(HERS, permission=replace(ROSAS, **change))  # type: ignore[arg-type]


def contracted(**change: object) -> Ask:
    return replace(PRIMARY, mandate=replace(CONTRACT, **change))  # type: ignore[arg-type]


TABLE = [
    ("silence is a no", NOTHING, False, "6.9"),
    ("the customer said yes", HERS, True, "6.9"),
    # 6.8: a stop outranks everything
    ("stopped, though authorized", replace(HERS, stopped=True), False, "6.8"),
    ("stopped, though contracted", replace(PRIMARY, stopped=True), False, "6.8"),
    ("stopped, though ordered", replace(PRIMARY, mandate=ORDER, stopped=True), False, "6.8"),
    # 5.3: no wider than the purpose
    ("nothing in particular", replace(HERS, categories=frozenset()), False, "5.3"),
    ("wider than the purpose", replace(HERS, categories=frozenset({PROGRAMS})), False, "5.3"),
    # 6.4: CPUC contracts and governmental programs, with an order number
    ("CPUC contract", contracted(standing=Standing.CPUC_CONTRACT), True, "6.4"),
    (
        "governmental program",
        replace(contracted(standing=Standing.GOVERNMENT_PROGRAM), programs=True),
        True,
        "6.4",
    ),
    (
        "governmental program, but not for efficiency",
        contracted(standing=Standing.GOVERNMENT_PROGRAM),
        False,
        "6.9",
    ),
    (
        "CPUC contract without a number",
        contracted(standing=Standing.CPUC_CONTRACT, reference=" "),
        False,
        "6.9",
    ),
    # 6.5: orders, and contracts for a primary purpose
    ("explicit order", replace(PRIMARY, mandate=ORDER), True, "6.5"),
    (
        "order wider than itself",
        replace(PRIMARY, mandate=replace(ORDER, categories=frozenset({BILLS}))),
        False,
        "6.9",
    ),
    ("contract for a primary purpose", PRIMARY, True, "6.5"),
    ("contract not begun", contracted(starts_on=date(2026, 7, 2)), False, "6.5"),
    ("contract's first day", contracted(starts_on=date(2026, 7, 1)), True, "6.5"),
    ("contract's end day", contracted(ends_on=date(2026, 7, 1)), False, "6.5"),
    ("contract ended", contracted(ended_at=NOW), False, "6.5"),
    ("contract ends later", contracted(ended_at=NOW + timedelta(seconds=1)), True, "6.5"),
    ("contract for something else", contracted(purpose=SIZING), False, "6.5"),
    ("contract without end", contracted(ends_on=None), True, "6.5"),
    ("contract for a secondary purpose", replace(PRIMARY, primary=False), False, "6.5"),
    *[
        (f"contract without “{clause}”", contracted(clauses=PROTECTIONS - {clause}), False, "6.5")
        for clause in sorted(PROTECTIONS)
    ],
    # A missing clause never blocks a customer's own choice (6.9)
    (
        "unsound contract, but she said yes",
        replace(
            HERS, mandate=replace(CONTRACT, clauses=frozenset(), purpose=SIZING), primary=False
        ),
        True,
        "6.9",
    ),
    # 6.9: one customer, one third party, one purpose, no more than she ticked
    ("somebody else's yes", permitted(customer=LUIS), False, "6.9"),
    ("her yes to somebody else", permitted(third_party=OTHER_CO), False, "6.9"),
    ("her yes to another purpose", permitted(purpose=BILLING), False, "6.9"),
    ("a kind she did not tick", replace(HERS, categories=frozenset({BILLS})), False, "6.9"),
    ("a place she did not tick", replace(HERS, agreements=frozenset({HOME, SHOP})), False, "6.9"),
    ("older readings", replace(HERS, first_day=date(2025, 12, 31)), False, "6.9"),
    ("not yet granted", permitted(granted_at=NOW + timedelta(seconds=1)), False, "6.10"),
    ("granted this instant", permitted(granted_at=NOW), True, "6.9"),
    # 6.10: canceled, ended, used up
    ("canceled this instant", permitted(canceled_at=NOW), False, "6.10"),
    ("canceled later", permitted(canceled_at=NOW + timedelta(seconds=1)), True, "6.9"),
    ("ends today", permitted(ends_on=date(2026, 7, 1)), False, "6.10"),
    ("ends tomorrow", permitted(ends_on=date(2026, 7, 2)), True, "6.9"),
    ("once, not used", permitted(once=True), True, "6.9"),
    ("once, used", permitted(once=True, used_at=NOW), False, "6.10"),
    ("used, but not only once", permitted(used_at=NOW), True, "6.9"),
]


@pytest.mark.parametrize(
    ("ask", "allowed", "clause"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_policy_answers_with_its_clause(ask: Ask, allowed: bool, clause: str) -> None:
    decision = decide(ask, at=NOW)
    assert (decision.allowed, decision.clause) == (allowed, clause)
    assert decision.reason.endswith(".")


def test_a_refused_contract_says_what_is_wrong_with_it() -> None:
    reasons = {
        decide(ask, at=NOW).reason
        for ask in (
            contracted(ended_at=NOW),
            contracted(purpose=SIZING),
            replace(PRIMARY, primary=False),
            contracted(clauses=PROTECTIONS - {"material_breach"}),
            contracted(clauses=PROTECTIONS - {"primary_only"}),
            contracted(clauses=PROTECTIONS - {"store"}),
        )
    }
    assert len(reasons) == 6


def test_nothing_finer_goes_than_she_allowed() -> None:
    order = ["daily", "hourly", "as_measured"]
    for allowed in order:
        for asked in order:
            answer = decide(replace(permitted(granularity=allowed), granularity=asked), at=NOW)
            assert answer.allowed == (order.index(asked) <= order.index(allowed))
            assert answer.clause == "6.9"


def test_a_day_ends_at_pacific_midnight_not_at_utc_midnight() -> None:
    ask = permitted(ends_on=date(2026, 7, 2))
    assert decide(ask, at=datetime(2026, 7, 2, 6, 59, tzinfo=UTC)).allowed
    assert not decide(ask, at=datetime(2026, 7, 2, 7, 0, tzinfo=UTC)).allowed
