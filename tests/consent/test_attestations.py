"""Third parties attest training (5.2): the day it ends the next request is refused; reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from consent import asks, attestations, contracting, disclosures, flows
from consent.disclosures import Refused
from consent.models import Contract, StandingFlow, ThirdParty
from consent.policy import decide
from consent.proposals import gather, gather_for_contract
from notices import staff_mail
from notices.models import StaffMail
from prime_portal.roles import Role
from tests import builders
from tests.builders import NOW, TODAY
from usage import training
from usage.models import Customer

pytestmark = pytest.mark.usefixtures("committed_db")
DAY = timedelta(days=1)
WEEK = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY - timedelta(days=1)}


@pytest.fixture
def rosa(committed_db: None) -> Customer:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    return rosa


def renewed(party: ThirdParty) -> None:
    builders.attested(party, until=TODAY + 400 * DAY)


def test_the_day_it_ends_shuts_the_next_request_under_contract_and_a_new_one_opens_it(
    rosa: Customer,
) -> None:
    party = builders.third_party("back-office")
    builders.attested(party, until=TODAY + DAY)
    asked = gather_for_contract(builders.contract(party), [rosa], **WEEK)
    assert disclosures.disclose(asked, by=None, at=lambda: NOW).clause == "6.5"
    with pytest.raises(Refused, match=r"people were trained.*5\.2"):
        disclosures.disclose(asked, by=None, at=lambda: NOW + DAY)
    her = Client()
    her.force_login(
        builders.holder(rosa, "rosa@example.org"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    page = her.get("/en/sharing/received/").content.decode()
    assert "has not shown that its people were trained" in page
    assert "5.2" in page
    assert "no ha mostrado que su gente" in her.get("/es/sharing/received/").content.decode()
    renewed(party)
    assert disclosures.disclose(asked, by=None, at=lambda: NOW + DAY).allowed


def test_it_shuts_a_customers_authorization_to_who_is_under_contract(rosa: Customer) -> None:
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    party = held.third_party
    assert disclosures.disclose(gather(held, **WEEK), by=None, at=lambda: NOW).clause == "6.9"
    assert not asks.asked_to_attest(party, at=NOW), "she chose it, and PRIME has no contract"
    builders.attested(party, until=TODAY)
    contract = builders.contract(party)
    with pytest.raises(Refused, match=r"5\.2"):
        disclosures.disclose(gather(held, **WEEK), by=None, at=lambda: NOW)
    contracting.end(contract, at=NOW)
    assert disclosures.disclose(gather(held, **WEEK), by=None, at=lambda: NOW + DAY).allowed


def test_who_became_a_covered_entity_has_thirty_days_after_its_letter(rosa: Customer) -> None:
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    contracting.note_duties_letter(held.third_party, sent_on=TODAY, by=builders.alma(), at=NOW)
    (on_day_29,) = asks.of(gather(held, **WEEK), at=NOW + 29 * DAY)
    (on_day_30,) = asks.of(gather(held, **WEEK), at=NOW + 30 * DAY)
    assert decide(on_day_29, at=NOW + 29 * DAY).clause == "6.9"
    assert decide(on_day_30, at=NOW + 30 * DAY).clause == "5.2"


def test_whoever_passes_it_on_attests_too_and_an_order_of_the_cpuc_asks_nobody() -> None:
    builders.notice()
    first, second = builders.third_party("back-office"), builders.third_party("mail-house")
    held = builders.contract(first)
    onward = builders.contract(second, standing=Contract.Standing.ONWARD, source=held)
    said = {"what_en": "Names, on letters.", "what_es": "Nombres, en cartas."}
    how = {"rhythm": StandingFlow.Rhythm.DAILY, "by": builders.alma(), "at": NOW}
    flow = flows.register(contract=onward, **said, categories=["interval_usage"], **how)
    assert flows.judged(flow, at=NOW).clause == "6.6"
    at = NOW + 365 * 80 * DAY
    renewing = {"course": "Anew", "trained_on": TODAY, "by": builders.alma(), "at": NOW}
    training.attest(
        third_party=second.key, employer="x", expires_on=at.date() + 9 * DAY, **renewing
    )
    assert not training.attested(first.key, on=at.date())
    assert flows.judged(flow, at=at).clause == "5.2"

    ordered = builders.contract(
        builders.third_party("utility"), standing=Contract.Standing.CPUC_ORDER
    )
    flow = flows.register(contract=ordered, **said, categories=["interval_usage"], **how)
    assert flows.judged(flow, at=at).clause == "6.5"
    assert flows.judged(flow, at=at).allowed


def test_staff_who_record_training_are_reminded_thirty_and_seven_days_before(mailbox) -> None:
    party = builders.third_party("back-office")
    builders.attested(party, until=TODAY + 40 * DAY)
    builders.contract(party)
    builders.attested(builders.third_party(), until=TODAY + 40 * DAY)
    builders.staff("carlos@prime.example", Role.CONTRACTS)
    builders.staff("serena@prime.example", Role.SERVICE)
    told = []
    for day in range(45):
        for _again in range(2):
            attestations.remind(at=NOW + day * DAY)
        told.append(StaffMail.objects.count())
    assert [told.index(count) for count in (2, 4)] == [10, 33]
    assert told[-1] == 4, "Alma and Carlos, each twice; of who is not asked nobody is told"
    assert set(StaffMail.objects.values_list("to__email", flat=True)) == {
        "alma@prime.example",
        "carlos@prime.example",
    }
    staff_mail.drain(clock=lambda: NOW)
    assert {mail["Subject"] for mail in mailbox.wait_for(4)} == {
        "Ask about training: Back Office (fictitious)"
    }
    assert attestations.owed(at=NOW + 45 * DAY, within=0) == [(party, TODAY + 40 * DAY)]
    renewed(party)
    assert attestations.owed(at=NOW + 45 * DAY, within=30) == []


def test_who_never_attested_stands_first_on_the_list() -> None:
    early, never = builders.third_party("back-office"), builders.third_party("mail-house")
    builders.attested(early, until=TODAY - DAY)
    builders.contract(early)
    contracting.note_duties_letter(never, sent_on=TODAY - 30 * DAY, by=builders.alma(), at=NOW)
    assert attestations.owed(at=NOW, within=30) == [(never, None), (early, TODAY - DAY)]
