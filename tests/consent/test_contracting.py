"""Contracts and orders: what is recorded, what is refused, which clause is missing (6.4 to 6.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from consent import asks, contracting, flows, packages, proposals, third_parties
from consent.contracting import Wording
from consent.models import Contract, ContractVersion, StandingFlow
from consent.policy import Decision, decide
from consent.proposals import gather_for_contract
from tests import builders
from tests.builders import NOW, TODAY
from usage.granularity import Granularity
from usage.models import Customer, Purpose

pytestmark = pytest.mark.django_db
Clause, Standing = ContractVersion.Clause, Contract.Standing
ALL = list(Clause.values)


@pytest.fixture
def rosa(db: None) -> Customer:
    builders.notice()
    return builders.customer()


def decided(contract: Contract, rosa: Customer, at=NOW) -> Decision:
    proposal = gather_for_contract(contract, [rosa], first_day=TODAY, last_day=TODAY)
    (ask,) = asks.of(proposal, at=at)
    return decide(ask, at=at)


def wording(contract: Contract, **change: object) -> Wording:
    words = contract.words
    names = Wording.__dataclass_fields__
    return replace(Wording(**{name: getattr(words, name) for name in names}), **change)  # type: ignore[arg-type]


def test_a_missing_clause_is_named_and_blocks_until_the_contract_is_amended(rosa) -> None:
    held = builders.contract(builders.third_party(), clauses=[c for c in ALL if c != Clause.STORE])
    assert contracting.missing(held) == [str(Clause.STORE.label)]
    assert (decided(held, rosa).allowed, decided(held, rosa).clause) == (False, "6.5")
    contracting.amend(held, says=wording(held, clauses=ALL), by=builders.alma(), at=NOW)
    assert not contracting.missing(held)
    assert decided(held, rosa).allowed
    assert held.versions.count() == 2


def test_what_goes_under_a_contract_is_as_coarse_as_it_says(rosa) -> None:
    builders.readings(rosa.agreements.get(), first=TODAY - timedelta(days=3), days=3)
    held = builders.contract(builders.third_party())
    daily = wording(held, granularity=Granularity.DAILY)
    contracting.amend(held, says=daily, by=builders.alma(), at=NOW)
    days = {"first_day": TODAY - timedelta(days=3), "last_day": TODAY - timedelta(days=1)}
    proposal = gather_for_contract(held, [rosa], **days)
    (ask,) = asks.of(proposal, at=NOW)
    assert decide(ask, at=NOW).allowed
    package = packages.prepare(proposal, at=NOW)
    assert package.rows == 3
    assert proposals.of(package).digest == proposal.digest
    finer = replace(proposal, granularity=Granularity.HOURLY)
    (ask,) = asks.of(finer, at=NOW)
    assert decide(ask, at=NOW).clause == "6.5"


def test_a_cpuc_order_stands_in_for_the_clause_on_material_breach(rosa) -> None:
    bare = [clause for clause in ALL if clause != Clause.MATERIAL_BREACH]
    held = builders.contract(builders.third_party(), clauses=bare)
    assert "6.7" in decided(held, rosa).reason
    excused = wording(held, breach_order="D.99-99-998")
    contracting.amend(held, says=excused, by=builders.alma(), at=NOW)
    assert decided(held, rosa).allowed


def test_what_is_passed_on_rests_on_what_it_was_received_under(rosa) -> None:
    first = builders.contract(builders.third_party("solar-sample"))
    second = builders.third_party("mail-house")
    with pytest.raises(contracting.Refused, match=r"6\.6"):
        builders.contract(second, standing=Standing.ONWARD)
    onward = builders.contract(second, standing=Standing.ONWARD, source=first)
    assert (decided(onward, rosa).allowed, decided(onward, rosa).clause) == (True, "6.6")
    stopped = builders.stop(first.third_party)
    assert decided(onward, rosa).clause == "6.8"
    third_parties.lift(stopped, reason="mended", by=builders.bruno(), at=NOW)
    contracting.end(first, at=NOW)
    assert "may not have it" in decided(onward, rosa).reason


@pytest.mark.parametrize(
    ("standing", "change", "clause"),
    [
        (Standing.CPUC_CONTRACT, {"order": ""}, "6.4"),
        (Standing.GOVERNMENT_PROGRAM, {"document": " "}, "6.4"),
        (Standing.PRIMARY_PURPOSE, {"reference": " "}, "6.5"),
        (Standing.PRIMARY_PURPOSE, {"ends_on": TODAY}, "6.5"),
        (Standing.PRIMARY_PURPOSE, {"categories": []}, "5.3"),
        (Standing.PRIMARY_PURPOSE, {"categories": ["portal_security"]}, "5.3"),
    ],
)
def test_what_cannot_be_is_refused_with_its_clause(standing, change, clause) -> None:
    held = builders.contract(builders.third_party(), standing=standing)
    with pytest.raises(contracting.Refused, match=clause):
        contracting.amend(held, says=wording(held, **change), by=builders.alma(), at=NOW)
    assert held.versions.count() == 1


def test_a_contract_is_for_a_primary_purpose_only_and_ends_for_good() -> None:
    party = builders.third_party()
    held = builders.contract(party)
    with pytest.raises(contracting.Refused, match=r"6\.5"):
        contracting.record(
            party,
            standing=Standing.PRIMARY_PURPOSE,
            purpose=builders.purpose(),
            says=wording(held),
            by=builders.alma(),
            at=NOW,
        )
    contracting.end(held, at=NOW)
    held.refresh_from_db()
    with pytest.raises(contracting.Refused, match="has ended"):
        contracting.amend(held, says=wording(held), by=builders.alma(), at=NOW)


def test_nothing_goes_that_the_notice_in_force_does_not_name(rosa) -> None:
    late = builders.use("late-sample").purpose
    assert asks.noticed_for(late, on=TODAY) == {
        "interval_usage",
        "generation_export",
        "billing_history",
    }
    assert asks.noticed_for(late, on=TODAY - timedelta(days=400)) is None
    unnamed = Purpose.objects.create(key="unnamed", categories=["demand"], recorded_at=NOW)
    assert asks.noticed_for(unnamed, on=TODAY) == frozenset()


def test_a_standing_flow_is_no_wider_than_its_contract_and_ends_once() -> None:
    held = builders.contract(builders.third_party())
    said = {"what_en": "Readings, for bills.", "what_es": "Lecturas, para facturas."}
    flow = {"rhythm": StandingFlow.Rhythm.DAILY, "by": builders.alma(), "at": NOW}
    with pytest.raises(contracting.Refused, match=r"5\.3"):
        flows.register(contract=held, **said, categories=["demand"], **flow)
    with pytest.raises(contracting.Refused, match=r"6\.1"):
        flows.register(
            contract=held, **said | {"what_es": " "}, categories=["interval_usage"], **flow
        )
    builders.notice()
    made = flows.register(contract=held, **said, categories=["interval_usage"], **flow)
    assert (flows.judged(made, at=NOW).allowed, flows.judged(made, at=NOW).clause) == (True, "6.5")
    assert [(one, who.legal_name) for one, who in flows.going()] == [
        (made, "Solar Sample (fictitious)")
    ]
    stopped = builders.stop(held.third_party)
    assert flows.judged(made, at=NOW).clause == "6.8"
    third_parties.lift(stopped, reason="mended", by=builders.bruno(), at=NOW)
    flows.end(made, by=builders.alma(), at=NOW)
    flows.end(made, by=builders.bruno(), at=NOW + timedelta(days=1))
    made.refresh_from_db()
    assert (made.ended_at, made.ended_by) == (NOW, builders.alma())
    assert flows.going() == []
