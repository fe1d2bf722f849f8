"""Stopping and lifting (6.8): two people, legal advice where it is due, and everybody told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from consent import telling, third_parties
from consent.models import Authorization, Stop, ThirdParty
from consent.third_parties import Refused
from notices.models import Delivery, StaffMail
from prime_portal.roles import Role
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def contractor() -> ThirdParty:
    return builders.contract(builders.third_party("contractor-sample")).third_party


@pytest.fixture
def granted() -> Authorization:
    builders.notice()
    rosa = builders.customer()
    return builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))


def find(party: ThirdParty, **change: object):
    said = {"evidence": "It sold readings, twice.", "by": builders.alma(), "at": NOW}
    return third_parties.find(party, **said | change)


def test_on_one_persons_finding_another_stops_it(contractor) -> None:
    found = find(contractor)
    stop = third_parties.stop(contractor, finding=found, by=builders.bruno(), at=NOW)
    assert (stop.stopped_by, stop.confirmed_by) == (builders.alma(), builders.bruno())
    assert not stop.emergency
    assert stop.reason == "It sold readings, twice."
    with pytest.raises(Refused, match="already"):
        third_parties.stop(contractor, finding=found, by=builders.bruno(), at=NOW)


def test_alone_one_stops_in_an_emergency_and_a_second_confirms_within_a_day(contractor) -> None:
    stop = third_parties.stop(contractor, finding=find(contractor), by=builders.alma(), at=NOW)
    assert stop.emergency
    assert not Stop.objects.unconfirmed(at=NOW + timedelta(days=1)).exists()
    late = NOW + timedelta(days=1, seconds=1)
    assert Stop.objects.unconfirmed(at=late).get() == stop
    with pytest.raises(Refused, match="second person"):
        third_parties.confirm(stop, by=builders.alma(), at=late)
    third_parties.confirm(stop, by=builders.bruno(), at=late)
    assert not Stop.objects.unconfirmed(at=late).exists()
    assert Stop.objects.in_force().get() == stop


def test_a_finding_is_dropped_by_another_than_who_found_it(contractor) -> None:
    found = find(contractor)
    with pytest.raises(Refused, match="Another person"):
        third_parties.drop(found, by=builders.alma(), at=NOW)
    third_parties.drop(found, by=builders.bruno(), at=NOW)
    found.refresh_from_db()
    with pytest.raises(Refused, match="already"):
        third_parties.stop(contractor, finding=found, by=builders.bruno(), at=NOW)


def test_whom_customers_chose_is_stopped_on_legal_advice_alone() -> None:
    party = builders.third_party()
    for act in (
        lambda: find(party),
        lambda: third_parties.stop(party, reason="test", by=builders.alma(), at=NOW),
    ):
        with pytest.raises(Refused, match=r"D\.13-09-025"):
            act()
    found = find(party, sign_off="Counsel's memo 26-14")
    stop = third_parties.stop(party, finding=found, by=builders.bruno(), at=NOW)
    assert (stop.chosen, stop.sign_off) == (True, "Counsel's memo 26-14")


@pytest.mark.parametrize(
    "change",
    [
        {"emergency": False},
        {"chosen": True},
        {"lifted_by": "stopper", "lifted_at": NOW},
        {"confirmed_by": "stopper", "confirmed_at": NOW},
        {"confirmed_at": NOW},
    ],
)
def test_the_database_itself_asks_for_two_people(contractor, change) -> None:
    alma = builders.alma()
    said = {"reason": "test", "stopped_at": NOW, "stopped_by": alma}
    change = {name: alma if value == "stopper" else value for name, value in change.items()}
    with pytest.raises(DatabaseError), transaction.atomic():
        Stop.objects.create(third_party=contractor, **said | change)


def test_a_customer_stops_and_lifts_for_herself(granted) -> None:
    her = granted.granted_by
    party, rosa = granted.third_party, granted.customer
    stop = third_parties.stop(party, customer=rosa, by=her, at=NOW)
    assert not stop.emergency
    assert Stop.objects.in_force().against(party, customer=rosa).exists()
    assert not Stop.objects.in_force().against(party).exists()
    third_parties.lift(stop, reason="", by=her, at=NOW)
    assert not Stop.objects.in_force().exists()


def test_who_allowed_it_is_told_once_and_her_authorization_stays(granted) -> None:
    luis = builders.customer(builders.LUIS)
    stop = builders.stop(granted.third_party)
    assert telling.plan(at=NOW) == 1
    assert telling.plan(at=NOW + timedelta(hours=1)) == 0
    told = Delivery.objects.get(key=f"stopped:{stop.pk}")
    assert told.customer == granted.customer
    assert "PRIME dejó de enviar datos" in told.subject
    assert f"/es/sharing/{granted.pk}/" in str(told.content)
    assert not Delivery.objects.filter(customer=luis, kind=Delivery.Kind.ALERT).exists()
    granted.refresh_from_db()
    assert granted.canceled_at is None
    third_parties.lift(stop, reason="mended", by=builders.bruno(), at=NOW)
    assert telling.plan(at=NOW) == 1
    assert "puede volver a recibir" in Delivery.objects.get(key=f"lifted:{stop.pk}").subject


def test_the_staff_who_may_stop_are_told_once_and_of_the_second_person(granted) -> None:
    official, clerk = builders.bruno(), builders.staff("clerk@prime.example", Role.MAIL)
    stop = builders.stop(granted.third_party)
    told = StaffMail.objects.filter(key=f"stopped:{stop.pk}")
    assert telling.tell_staff(at=NOW) == told.count()
    assert telling.tell_staff(at=NOW) == 0
    assert told.filter(to=official).exists()
    assert not told.filter(to=clerk).exists()
    text = bytes(told.get(to=official).content).decode()
    assert "A second one confirms" in text
    assert "Rosa" not in text
    third_parties.lift(stop, reason="mended", by=builders.bruno(), at=NOW)
    assert telling.tell_staff(at=NOW) > 0


def test_a_third_party_that_reaches_eleven_customers_is_flagged_until_its_letter() -> None:
    builders.notice()
    use = builders.use()
    for number in range(11):
        assert not ThirdParty.objects.with_duties(at=NOW).exists()
        whose = builders.customer(
            {
                "account_number": f"71{number:010}",
                "service_account_number": f"31{number:08}",
                "service_point": f"SP-9{number:03}",
                "meter_number": f"M-9{number:03}",
            }
        )
        builders.authorization(whose, builders.holder(whose, f"c{number}@example.org"), asked=use)
    assert ThirdParty.objects.with_duties(at=NOW).get() == use.third_party
