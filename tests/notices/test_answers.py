"""Who raised a dispute gets a receipt, and news of every step PRIME takes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from notices import answers, edelivery, failures, messages
from notices.models import Delivery
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, alma
from usage import disputes
from usage.disputes import About
from usage.models import Category, Customer, Dispute, DisputeEvent, Via

pytestmark = pytest.mark.django_db
RETURNED = Delivery.Failure.RETURNED
SAID, ANSWERED = "It was dark at noon.", "The meter was changed that day."


@pytest.fixture
def rosa(db: None) -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def herself(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.com")


@pytest.fixture
def dispute(rosa: Customer, herself: User) -> Dispute:
    return disputes.raise_(
        rosa,
        About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text=SAID,
        request_key=uuid4(),
        by=herself,
        via=Via.PORTAL,
        at=NOW,
    )


def said(delivery: Delivery) -> str:
    return messages.of(delivery).text


def test_she_gets_a_receipt_with_the_number_once(rosa: Customer, dispute: Dispute) -> None:
    assert answers.plan(at=NOW) == 1
    assert answers.plan(at=NOW) == 0
    (receipt,) = Delivery.objects.of(rosa)
    assert dispute.reference in receipt.subject
    assert dispute.reference in said(receipt)
    assert f"/es/usage/wrong/{dispute.pk}/" in said(receipt)
    assert receipt.due_on == (NOW + timedelta(days=3)).date()


def test_she_is_told_of_each_step_of_prime_and_not_of_her_own(
    rosa: Customer, herself: User, dispute: Dispute
) -> None:
    step = {"via": Via.PORTAL, "at": NOW}
    disputes.answer(dispute, text=ANSWERED, by=alma(), **step)
    disputes.reply(dispute, text="No.", by=herself, **step)
    disputes.hand_over_to_sce(dispute, text="Sent.", by=alma(), **step)
    corrected = DisputeEvent.Outcome.CORRECTED
    disputes.close(dispute, outcome=corrected, text="Done.", by=alma(), **step)
    disputes.reply(dispute, text="Thanks.", by=herself, **step)
    withdrawn = DisputeEvent.Outcome.WITHDRAWN
    disputes.close(dispute, outcome=withdrawn, text="", by=herself, **step)
    assert answers.plan(at=NOW) == 4
    told = Delivery.objects.of(rosa).order_by("id")
    assert [one.key.partition(":")[0] for one in told] == ["dispute_raised"] + 3 * ["dispute_step"]
    assert answers.plan(at=NOW) == 0


def test_a_letter_carries_the_answer_and_an_email_does_not(
    rosa: Customer, herself: User, dispute: Dispute
) -> None:
    disputes.answer(dispute, text=ANSWERED, by=alma(), via=Via.PORTAL, at=NOW)
    answers.plan(at=NOW)
    letter = Delivery.objects.of(rosa).get(key__startswith="dispute_step")
    assert letter.medium == Delivery.Medium.LETTER
    assert ANSWERED in said(letter)
    edelivery.agree(
        rosa, email="rosa@example.com", language="es", by=herself, via=Via.PORTAL, at=NOW
    )
    disputes.answer(dispute, text="And once more.", by=alma(), via=Via.PORTAL, at=NOW)
    answers.plan(at=NOW)
    email = Delivery.objects.of(rosa).get(medium=Delivery.Medium.EMAIL)
    assert "And once more." not in said(email)
    assert SAID not in said(email)
    assert dispute.reference in said(email)

    assert failures.fail(letter, failure=RETURNED, detail="moved", at=NOW) is None, "not by e-mail"
    assert not failures.can_be_sent_again().exists()
    again = failures.send_again(letter, by=alma(), at=NOW)
    assert again.medium == Delivery.Medium.LETTER
    assert ANSWERED in said(again)
