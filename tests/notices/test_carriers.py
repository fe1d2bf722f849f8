"""What relay and press answer, and what becomes of a delivery then."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from notices import carriers, deliveries, edelivery, mail, messages, tasks
from notices.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryLease,
    PrintBatch,
    PrintedLetter,
)
from notices.paper import letters
from tests import builders
from tests.builders import NOW
from tests.notices.cast import LETTER, by_email, drain, neighbor, owed, print_all, send_all
from usage import claims
from usage import pdf as paper
from usage.models import Customer

pytestmark = pytest.mark.django_db

Outcome = DeliveryAttempt.Outcome


def test_a_mailbox_that_does_not_exist_falls_to_paper(rosa: Customer, mailbox) -> None:
    by_email(rosa, "bounce-rosa@example.com")
    deliveries.plan(at=NOW)
    assert send_all() == 2
    refused, letter = owed(rosa)
    assert (refused.failure, refused.failed_at, refused.sent_at) == ("permanent", NOW, None)
    assert "550" in (refused.failure_detail or "")
    assert DeliveryAttempt.objects.get(delivery=refused).outcome == "refused"
    assert (letter.medium, letter.replaces, letter.sent_at) == (LETTER, refused, NOW)
    assert not Delivery.objects.failed_for_good().exists()


def test_a_relay_that_is_away_is_tried_again_and_nobody_is_failed(rosa, settings) -> None:
    settings.EMAIL_BACKEND = "notices.mail.Door"  # nobody listens: no mailbox was asked for
    settings.EMAIL_PORT = 1
    deliveries.plan(at=NOW)
    at = NOW
    for _ in range(40):
        assert drain(at) == 0
        at += timedelta(hours=1)
    assert not DeliveryAttempt.objects.exists()
    assert DeliveryLease.objects.get().tries == 0
    assert owed(rosa)[0].failed_at is None


def test_letters_go_on_while_the_relay_is_away(rosa, luis, settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "notices.mail.Door", 1
    deliveries.plan(at=NOW)
    tasks.drain()
    tasks.print_letters()
    assert owed(rosa)[0].sent_at is None
    assert PrintedLetter.objects.get().delivery == owed(luis)[0]


def test_temporary_failures_wait_longer_each_time_and_end_on_paper(rosa, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    answer = carriers.Result(Outcome.UNREACHABLE, "451 try later")
    monkeypatch.setattr(carriers.Relay, "carry", lambda *_, **__: answer)
    at, pauses = NOW, []
    while drain(at):
        held = DeliveryLease.objects.filter(delivery__customer=rosa).first()
        if held is None:
            break
        pauses.append(held.until - at)
        assert drain(held.until - timedelta(seconds=1)) == 0
        at = held.until
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert at - NOW > timedelta(days=3)
    failed, letter = owed(rosa)
    assert (failed.failure, letter.medium) == ("technical", LETTER)


def test_what_the_connection_did_not_send_does_not_count_as_sent(rosa, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda *_: 0)
    assert drain() == 1
    assert owed(rosa)[0].sent_at is None


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(550, "refused"), (554, "refused"), (421, "unreachable"), (450, "unreachable")],
)
def test_five_hundreds_are_for_good_and_four_hundreds_for_now(code: int, outcome: str) -> None:
    assert carriers._answered(code, b"words").outcome == outcome


def test_who_went_back_to_paper_after_planning_gets_a_letter(rosa, mailbox) -> None:
    deliveries.plan(at=NOW)
    edelivery.withdraw(rosa, by=builders.alma(), at=NOW)
    send_all()
    refused, letter = owed(rosa)
    assert (refused.failure, letter.medium) == ("validation", LETTER)
    assert mailbox.messages() == []


def test_without_any_address_it_stays_on_the_staffs_list(notice) -> None:
    nowhere = neighbor(9, mailing_address="")
    deliveries.plan(at=NOW)
    send_all()
    (row,) = owed(nowhere)
    assert row.failure == "validation"
    assert list(Delivery.objects.failed_for_good()) == [row]


def test_one_that_cannot_be_rendered_does_not_stop_the_others(
    luis: Customer, monkeypatch, caplog
) -> None:
    other = neighbor(3)
    deliveries.plan(at=NOW)
    printed = messages.of

    def of(delivery: Delivery) -> messages.Message:
        if delivery.customer_id == luis.pk:
            raise ValueError(f"something about {delivery.customer.name}")
        return printed(delivery)

    monkeypatch.setattr(messages, "of", of)
    assert send_all() == 2
    assert owed(luis)[0].failure == "technical"
    assert owed(other)[0].sent_at == NOW
    assert "Luis" not in caplog.text
    assert list(Delivery.objects.failed_for_good()) == owed(luis)


def test_a_fault_of_ours_fails_no_letter(luis: Customer, monkeypatch) -> None:
    deliveries.plan(at=NOW)

    def of(_delivery: Delivery) -> messages.Message:
        raise ValueError("the template is broken")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "of", of)
        with pytest.raises(ValueError, match="broken"):
            print_all()
    assert owed(luis)[0].failure is None
    assert print_all() == 1, "the very batch that was left is made once the fault is mended"


def test_no_letter_is_failed_because_this_machine_cannot_print(luis, monkeypatch, caplog) -> None:
    deliveries.plan(at=NOW)
    monkeypatch.setattr(paper, "_weasy", lambda: None)
    assert print_all() == 0
    assert "libpango-1.0-0" in caplog.text
    assert not PrintBatch.objects.exists()
    assert owed(luis)[0].failed_at is None
    with pytest.raises(paper.CannotBePrinted, match="Pango"):
        letters.render(owed(luis)[0], messages.of(owed(luis)[0]))


def test_the_claim_code_is_put_in_only_when_the_letter_is_printed(luis, monkeypatch) -> None:
    deliveries.plan(at=NOW)
    seen: list[str] = []
    render = letters.render

    def spy(delivery: Delivery, message: mail.Message) -> bytes:
        seen.append(message.html)
        return render(delivery, message)

    monkeypatch.setattr(letters, "render", spy)
    print_all()
    (row,) = owed(luis)
    assert row.claim_id
    code = claims.readable(claims.code_of(row.claim_id))
    assert code in seen[0]
    kept = json.dumps(list(Delivery.objects.values()), default=str)
    kept += json.dumps(list(PrintedLetter.objects.values()), default=str)
    assert code not in kept


def test_the_tasks_plan_send_and_settle(rosa: Customer, mailbox) -> None:
    tasks.plan()
    tasks.drain()
    tasks.reconcile()
    mailbox.wait_for(1)
    assert owed(rosa)[0].sent_at is not None
