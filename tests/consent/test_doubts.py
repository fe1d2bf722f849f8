"""Disclosures that ought not to be there: each question finds them, and leaves the others alone."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from consent import authorizations, contracting, doubts
from consent.models import Authorization, Contract, Disclosure, DisclosureMember
from tests import builders
from tests.builders import NOW
from usage.granularity import Granularity
from usage.models import Via

DAY = timedelta(days=1)


@pytest.fixture
def held(db: None) -> Authorization:
    """What Rosa allows Solar Sample, from July 1 of the year before."""
    builders.notice()
    rosa = builders.customer()
    return builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))


def gone(
    held: Authorization, *, at: datetime = NOW, handed: datetime | None = None, **change: Any
) -> Disclosure:
    """A disclosure as the database would take it: nobody decided it."""
    made: Disclosure = Disclosure.objects.create(
        **{
            "third_party": held.third_party,
            "third_party_words": held.third_party_words,
            "purpose": held.purpose,
            "purpose_words": held.purpose_words,
            "allowed": True,
            "clause": "6.9",
            "reason": "made up for a test",
            "categories": list(held.categories),
            "granularity": held.granularity,
            "first_day": held.history_from,
            "last_day": builders.TODAY,
            "members_sha256": bytes(32),
            "at": at,
            "handed_over_at": handed or at,
        }
        | change
    )
    DisclosureMember.objects.create(
        customer=held.customer, disclosure=made, authorization=held, rows=1
    )
    return made


def found() -> dict[str, set[Disclosure]]:
    asked = {key: set(rows()) for key, (_title, rows) in doubts.QUESTIONS.items()}
    return {key: rows for key, rows in asked.items() if rows}


def test_what_is_as_it_should_be_is_in_no_doubt(held) -> None:
    gone(held)
    gone(held, at=NOW + DAY)
    assert found() == {}


def test_shorter_intervals_than_she_allowed_are_finer(held) -> None:
    rosa, by = held.customer, held.granted_by
    authorizations.cancel(held, by=by, via=Via.PORTAL, at=NOW)
    hourly = builders.authorization(rosa, by, granularity=Granularity.HOURLY)
    for coarse in (Granularity.HOURLY, Granularity.DAILY):
        gone(hourly, granularity=coarse)
    assert found() == {}
    fine = gone(hourly, granularity=Granularity.AS_MEASURED)
    assert found() == {"finer": {fine}}


def test_finer_than_the_contract_said_then_is_finer_whatever_it_says_now(held) -> None:
    party = builders.third_party("back-office")
    contract = builders.contract(party)
    by_contract = {"clause": "6.5", "contract": contract, "third_party": party}
    before = gone(held, **by_contract)
    says = contracting.Wording(
        **{field.name: getattr(contract.words, field.name) for field in fields(contracting.Wording)}
    )
    hours = replace(says, granularity=Granularity.HOURLY)
    contracting.amend(contract, says=hours, by=builders.alma(), at=NOW + DAY)
    assert before not in found().get("finer", set())
    after = gone(held, at=NOW + 2 * DAY, **by_contract)
    gone(held, at=NOW + 2 * DAY, **by_contract, granularity=Granularity.HOURLY)
    assert found()["finer"] == {after}


def test_the_database_takes_no_readings_without_how_fine_they_are(held) -> None:
    with pytest.raises(DatabaseError, match="says_how_fine"), transaction.atomic():
        gone(held, granularity="")
    assert gone(held, granularity="", categories=["contact"])


def test_more_or_earlier_than_she_allowed_is_wider(held) -> None:
    more = gone(held, categories=["billing_history", *held.categories])
    earlier = gone(held, first_day=held.history_from - DAY)
    gone(held, first_day=held.history_from + DAY)
    assert found() == {"wider": {more, earlier}}


@pytest.mark.parametrize("clause", ["6.4", "6.5", "6.6"])
def test_without_the_contract_or_order_it_went_by(held, clause) -> None:
    bare = gone(held, clause=clause)
    gone(held, clause="4.4")
    assert found() == {"without_contract": {bare}}


def test_by_a_contract_that_lacked_a_clause_or_was_over_is_as_without(held) -> None:
    """As it stood when it was decided: what is mended or ended later changes nothing."""
    sound = builders.contract(held.third_party, standing=Contract.Standing.CPUC_ORDER)
    lacking = builders.contract(held.third_party, clauses=["use"])
    gone(held, clause="6.5", contract=sound)
    early = gone(held, clause="6.5", contract=sound, at=NOW - 600 * DAY)
    bare = gone(held, clause="6.5", contract=lacking, purpose=lacking.purpose)
    contracting.end(sound, at=NOW + DAY)
    late = gone(held, clause="6.5", contract=sound, at=NOW + 2 * DAY)
    assert found() == {"without_contract": {early, bare, late}}


def test_a_contract_opens_no_door_for_a_secondary_purpose_and_an_order_may(held) -> None:
    by = {
        standing: builders.contract(held.third_party, standing=standing)
        for standing in (Contract.Standing.PRIMARY_PURPOSE, Contract.Standing.CPUC_ORDER)
    }
    by_contract, _by_order = (gone(held, clause="6.5", contract=one) for one in by.values())
    gone(held)
    assert found() == {"secondary_by_contract": {by_contract}}


def test_while_a_stop_held_but_not_what_the_law_demands(held) -> None:
    gone(held, at=NOW)
    builders.stop(held.third_party, at=NOW + DAY)
    late = gone(held, at=NOW + 2 * DAY)
    gone(held, at=NOW + 2 * DAY, clause="4.4")
    assert found() == {"while_stopped": {late}}


def test_after_its_last_day_it_is_no_basis(db) -> None:
    builders.notice()
    rosa = builders.customer()
    ends_on = builders.TODAY + 31 * DAY
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"), ends_on=ends_on)
    gone(held, at=NOW + 30 * DAY)
    assert found() == {}
    late = gone(held, at=NOW + 31 * DAY)
    assert found() == {"without_basis": {late}}


def test_a_one_time_use_is_no_basis_a_second_time(db) -> None:
    builders.notice()
    rosa = builders.customer()
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"), once=True)
    gone(held, at=NOW + DAY)
    Authorization.objects.filter(pk=held.pk).update(used_at=NOW + DAY)
    assert found() == {}
    again = gone(held, at=NOW + 2 * DAY)
    assert found() == {"without_basis": {again}}


def test_what_was_decided_before_a_cancel_and_went_after_it_is_found(held) -> None:
    authorizations.cancel(held, by=held.granted_by, via=Via.PORTAL, at=NOW + DAY)
    slow = gone(held, at=NOW + DAY - timedelta(seconds=1), handed=NOW + DAY + timedelta(seconds=1))
    assert found() == {"after_cancel": {slow}}
    late = gone(held, at=NOW + 2 * DAY)
    assert found() == {"after_cancel": {slow, late}, "without_basis": {late}}


def test_what_never_went_is_in_no_doubt(held) -> None:
    builders.stop(held.third_party, at=NOW - DAY)
    for stayed in ({"not_handed_over_at": NOW}, {"allowed": False}):
        gone(held, clause="6.5", handed_over_at=None, **stayed)
    assert found() == {}
    went = gone(held, clause="6.5")
    assert found() == {"while_stopped": {went}, "without_contract": {went}}
