"""Demands by law: named customers, a second person, seven days from when she was told (R40–R45)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import override

from consent import asks, disclosures, legal
from consent.models import Demand, Disclosure, DisclosureMember
from consent.policy import Decision, decide
from notices import failures, messages, outbox
from notices.models import Delivery, PrintBatch
from notices.paper import batches
from tests import builders
from tests.builders import NOW, PACIFIC, TODAY
from tests.notices.cast import by_email, neighbor, print_all
from usage.models import Customer

Process = Demand.Process
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_letters_left() -> Iterator[None]:
    yield
    shutil.rmtree(settings.LETTERS_DIR, ignore_errors=True)


@pytest.fixture
def rosa(db: None) -> Customer:
    builders.notice()
    return builders.customer()


def demand(*named: Customer, process: Process = Process.SUBPOENA, **change: Any) -> Demand:
    said = {
        "reference": "26-CV-0001",
        "categories": ["interval_usage"],
        "first_day": TODAY - 30 * DAY,
        "last_day": TODAY - DAY,
        "reason": "A made-up lawsuit.",
        "received_at": NOW,
        "by": builders.alma(),
        "at": NOW,
    }
    return legal.record(
        process=process,
        third_party=builders.third_party("superior-court"),
        customers=named,
        **said | change,
    )


def decided(held: Demand, *, at: datetime) -> Decision:
    return next(no for ask in asks.of(legal.gather(held), at=at) for no in [decide(ask, at=at)])


def sent(held: Demand, *, at: datetime) -> None:
    Delivery.objects.filter(key=held.told_key).update(sent_at=at)


def test_the_seven_days_count_from_when_the_notice_was_sent(rosa) -> None:
    held = demand(rosa)
    assert "review the demand" in decided(held, at=NOW).reason
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    told = Delivery.objects.get(key=held.told_key)
    assert told.medium == Delivery.Medium.LETTER
    assert "citación judicial" in told.subject
    assert "26-CV-0001" not in told.subject
    assert "not been told" in decided(held, at=NOW + 30 * DAY).reason
    sent(held, at=NOW + 2 * DAY)
    assert "seven days" in decided(held, at=NOW + 8 * DAY).reason
    assert decided(held, at=NOW + 9 * DAY).allowed


def test_a_notice_that_came_back_does_not_count(rosa) -> None:
    held = demand(rosa)
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    sent(held, at=NOW)
    failures.fail(
        Delivery.objects.get(key=held.told_key),
        failure=Delivery.Failure.RETURNED,
        detail="moved",
        at=NOW + DAY,
    )
    assert "not been told" in decided(held, at=NOW + 30 * DAY).reason


def test_a_contest_holds_it_until_it_has_ended(rosa) -> None:
    held = demand(rosa)
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    sent(held, at=NOW)
    (named,) = held.customers.all()
    legal.contest(named, at=NOW + DAY)
    assert "contests" in decided(held, at=NOW + 9 * DAY).reason
    legal.end_contest(named, at=NOW + 10 * DAY)
    assert decided(held, at=NOW + 10 * DAY).allowed


def test_a_gag_order_bars_telling_and_when_it_ends_she_is_told(rosa) -> None:
    held = demand(rosa, gag_order="26-GO-1")
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    assert not Delivery.objects.filter(key=held.told_key).exists()
    assert decided(held, at=NOW).allowed
    legal.end_gag(held, at=NOW + DAY)
    assert "not been told" in decided(held, at=NOW + DAY).reason
    assert Delivery.objects.filter(key=held.told_key).count() == 1


OFF = Delivery.Failure.CALLED_OFF


def reviewed(*named: Customer, **change: Any) -> Demand:
    return legal.review(demand(*named, **change), note="Lawful.", by=builders.bruno(), at=NOW)


def closed(held: Demand, *, at: datetime = NOW + DAY) -> Demand:
    return legal.close(held, outcome="Withdrawn.", by=builders.bruno(), at=at)


def test_a_notice_that_has_not_gone_is_called_off_when_its_demand_is_closed(rosa) -> None:
    held = closed(reviewed(rosa))
    told = Delivery.objects.get(key=held.told_key)
    assert (told.failed_at, told.failure) == (NOW + DAY, OFF)
    assert "closed before it went" in failures.why(told.failure_detail)
    with override("es"):
        assert "se cerró antes" in failures.why(told.failure_detail)
    assert told.state == "called off before it went"
    assert not batches.waiting().exists()
    assert not Delivery.objects.failed_for_good().exists(), "nobody has to look after it"
    assert legal.called_off(held) == {rosa.pk}


def test_a_notice_that_went_stays_as_it_went(rosa) -> None:
    held = reviewed(rosa)
    sent(held, at=NOW)
    closed(held)
    assert Delivery.objects.get(key=held.told_key).failure is None
    assert legal.called_off(held) == set()


def test_one_that_comes_back_after_the_end_goes_by_no_other_way(rosa) -> None:
    by_email(rosa, at=NOW)
    held = reviewed(rosa)
    sent(held, at=NOW)
    closed(held)
    (mail,) = Delivery.objects.filter(key=held.told_key)
    failures.fail(mail, failure=Delivery.Failure.PERMANENT, detail="550", at=NOW + 2 * DAY)
    letter = Delivery.objects.get(replaces=mail)
    assert letter in batches.waiting()
    assert legal.call_off(at=NOW + 2 * DAY) == 1
    letter.refresh_from_db()
    assert letter.failure == OFF
    assert legal.call_off(at=NOW + 2 * DAY) == 0


def test_the_notices_of_an_open_demand_go_on(rosa) -> None:
    held = reviewed(rosa)
    assert legal.call_off(at=NOW + DAY) == 0
    assert Delivery.objects.owed().filter(key=held.told_key).exists()


def test_an_email_a_worker_is_handing_over_is_not_said_to_be_called_off(rosa) -> None:
    by_email(rosa, at=NOW)
    held = reviewed(rosa)
    (mail,) = Delivery.objects.filter(key=held.told_key)
    outbox.lease(limit=1, holder="one", at=NOW)
    assert outbox.open_attempt(mail, holder="one", at=NOW)
    closed(held, at=NOW)
    mail.refresh_from_db()
    assert mail.failure is None, "it may be with her by now"


def test_a_letter_in_a_batch_that_lies_here_is_left_out_or_the_batch_stays(rosa) -> None:
    held = reviewed(rosa)
    print_all(NOW + DAY)
    (batch,) = PrintBatch.objects.all()
    closed(held)
    (off,) = batches.to_take_out(batch)
    with pytest.raises(batches.Refused, match="called off"):
        batches.hand_over(batch, by=builders.alma(), at=NOW + DAY)
    handed = batches.hand_over(batch, by=builders.alma(), at=NOW + DAY, left_out=[off.position])
    batches.confirm(handed, by=builders.bruno(), at=NOW + DAY)
    assert Delivery.objects.get(key=held.told_key).sent_at is None


def test_a_letter_the_print_house_has_is_mailed_and_counts_as_told(rosa) -> None:
    held = reviewed(rosa)
    print_all(NOW + DAY)
    (batch,) = PrintBatch.objects.all()
    batches.hand_over(batch, by=builders.alma(), at=NOW + DAY)
    closed(held)
    batches.confirm(batch, by=builders.bruno(), at=NOW + 2 * DAY)
    assert Delivery.objects.get(key=held.told_key).sent_at == NOW + DAY


def test_whose_data_left_while_an_order_barred_telling_is_told_after_the_end(committed_db) -> None:
    builders.notice()
    rosa, luis = builders.customer(), neighbor(7)
    held = reviewed(rosa, luis, gag_order="26-GO-1")
    gone = legal.gather(held)
    about = tuple(one for one in gone.about if one.customer == rosa)
    disclosures.disclose(replace(gone, about=about), by=builders.bruno(), at=lambda: NOW)
    closed(held)
    legal.end_gag(held, at=NOW + 2 * DAY)
    (told,) = Delivery.objects.filter(key=held.told_key)
    assert told.customer == rosa, "nothing of Luis left, and it is over"
    said = messages.of(told).text
    assert "ha entregado" in said
    assert "siete días" not in said
    assert legal.call_off(at=NOW + 3 * DAY) == 0, "she is told of what left"


def test_an_emergency_goes_at_once_and_a_second_person_looks_at_it_afterwards(rosa) -> None:
    with pytest.raises(legal.Refused, match=r"4\(d\)"):
        demand(rosa, process=Process.EMERGENCY, reason=" ")
    held = demand(rosa, process=Process.EMERGENCY, reference="")
    assert decided(held, at=NOW).allowed
    with pytest.raises(legal.Refused, match="second person"):
        legal.check(held, note="Right.", by=builders.alma(), at=NOW)
    assert legal.check(held, note="Right.", by=builders.bruno(), at=NOW).checked_at == NOW


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference": " "}, "number"),
        ({"categories": []}, "kinds of information"),
        ({"last_day": TODAY - 31 * DAY}, "after the first"),
        ({"received_at": NOW + DAY}, "before it is recorded"),
    ],
)
def test_a_demand_that_lacks_something_is_refused(rosa, change, words) -> None:
    with pytest.raises(legal.Refused, match=words):
        demand(rosa, **change)
    with pytest.raises(legal.Refused, match="Name the customers"):
        demand()
    with override("es"), pytest.raises(legal.Refused, match="Nombre a los clientes"):
        demand()


def test_a_second_person_reviews_and_what_is_closed_stays_closed(rosa) -> None:
    held = demand(rosa, process=Process.WARRANT)
    with pytest.raises(legal.Refused, match="second person"):
        legal.review(held, note="Lawful.", by=builders.alma(), at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Demand.objects.filter(pk=held.pk).update(
            reviewed_at=NOW, reviewed_by=builders.alma(), review="x"
        )
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    legal.close(held, outcome="Withdrawn.", by=builders.bruno(), at=NOW)
    assert "closed" in decided(held, at=NOW).reason
    with pytest.raises(legal.Refused, match="closed"):
        legal.close(held, outcome="Again.", by=builders.bruno(), at=NOW)


@pytest.mark.parametrize("process", [Process.PUBLIC_RECORDS, Process.OWNER, Process.OVERSIGHT])
def test_a_request_opens_no_door(rosa, process) -> None:
    held = demand(rosa, process=process)
    legal.review(held, note="Looked at.", by=builders.bruno(), at=NOW)
    assert not decided(held, at=NOW).allowed


def test_the_yearly_figures_are_exact_and_name_nobody(committed_db) -> None:
    """Three demands of the year, five customers; another year's and a refused one not."""
    builders.notice()
    people = [
        builders.customer(
            {
                "account_number": f"72{n:010}",
                "service_account_number": f"32{n:08}",
                "service_point": f"SP-8{n:03}",
                "meter_number": f"M-8{n:03}",
            }
        )
        for n in range(6)
    ]
    contact = {"categories": ["account_identity", "contact"], "process": Process.CONTACT_ONLY}
    told = [
        demand(*people[:3], **contact),
        demand(*people[2:5], **contact, reference="26-CV-0002"),
    ]
    for held in told:
        legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
        disclosures.tell(legal.gather(held), by=builders.bruno(), at=lambda: NOW)
    silent = demand(people[5], **contact, reference="26-CV-0003")
    with pytest.raises(disclosures.Refused):
        disclosures.tell(legal.gather(silent), by=builders.bruno(), at=lambda: NOW)
    demand(
        people[5],
        process=Process.WARRANT,
        received_at=datetime(2025, 12, 31, 23, 59, tzinfo=PACIFIC),
    )
    found = legal.counts(2026)
    assert (found.demands, found.customers) == (3, 5)
    assert found.received[Process.CONTACT_ONLY] == 3
    assert (legal.counts(2025).demands, legal.counts(2025).customers) == (1, 0)
    assert legal.contact_details(told[0].customers.all()[0])["Name"] == "Rosa Ejemplo"


def test_a_customer_sees_what_left_unless_an_order_bars_telling_her(committed_db) -> None:
    builders.notice()
    rosa = builders.customer()
    held = demand(rosa, process=Process.CONTACT_ONLY, categories=["contact"], gag_order="26-GO-1")
    legal.review(held, note="Lawful.", by=builders.bruno(), at=NOW)
    left = disclosures.tell(legal.gather(held), by=builders.bruno(), at=lambda: NOW)
    assert (left.allowed, left.clause, left.demand) == (True, "4.4", held)
    assert not Disclosure.objects.of(rosa).exists()
    assert not DisclosureMember.objects.of(rosa).exists()
    legal.end_gag(held, at=NOW)
    assert Disclosure.objects.of(rosa).get() == left
    assert DisclosureMember.objects.of(rosa).get().disclosure == left
