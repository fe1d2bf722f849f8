"""What the mail provider tells: delivered is stamped, what came back goes out on paper."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notices import deliveries, failures, mail
from notices.models import Delivery, DeliveryEvent, EDeliveryConsent
from tests import builders
from tests.builders import NOW
from tests.notices.cast import EMAIL, LETTER, by_email, ledger_of, mark_sent, neighbor, owed
from usage.models import Customer

pytestmark = pytest.mark.django_db

SECRET = "0123456789abcdef0123456789abcdef"
BREVO = {
    "delivered": "delivered",
    "bounced": "hard_bounce",
    "rejected": "blocked",
    "failed": "error",
    "complained": "spam",
    "unsubscribed": "unsubscribe",
    "opened": "opened",
}


@pytest.fixture(autouse=True)
def provider(settings) -> None:
    settings.MAIL_PROVIDER, settings.MAIL_PROVIDER_SECRET = "brevo", SECRET


@pytest.fixture
def sent(rosa: Customer) -> Delivery:
    """Rosa's e-mail, as the relay took it."""
    deliveries.plan(at=NOW)
    mark_sent(NOW)
    (row,) = owed(rosa)
    return row


def basic(secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"prime:{secret}".encode()).decode()


def tell(row: Delivery, event: str, *, proof: str | None = None, **change: Any) -> int:
    """Post an event as Brevo does; return the status it was answered with."""
    said = {
        "event": BREVO[event],
        "email": row.recipient,
        "message-id": mail.message_id(row.pk),
        "ts_epoch": int(NOW.timestamp() * 1000),
        "reason": "550 5.1.1 no such user",
    }
    return (
        Client()
        .post(
            "/mail/events/",
            json.dumps(said | change),
            content_type="application/json",
            headers={"authorization": basic() if proof is None else proof},
        )
        .status_code
    )


def test_what_arrived_is_stamped_once_and_recorded(sent: Delivery) -> None:
    assert tell(sent, "delivered") == tell(sent, "delivered") == 200
    sent.refresh_from_db()
    assert sent.delivered_at is not None
    assert sent.state == "delivered"
    event = DeliveryEvent.objects.get()
    assert (event.customer_id, event.happened_at) == (sent.customer_id, NOW)
    assert ledger_of(event.pk) == ["notices_deliveryevent:written"]


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        ("bounced", "permanent"),
        ("rejected", "permanent"),
        ("failed", "technical"),
        ("complained", "permanent"),
    ],
)
def test_what_came_back_goes_out_on_paper(sent: Delivery, event: str, failure: str) -> None:
    assert tell(sent, event) == tell(sent, event) == 200
    failed, letter = owed(sent.customer)
    assert (failed.failure, letter.medium, letter.replaces) == (failure, LETTER, failed)
    assert "550" in (failed.failure_detail or "")
    assert letter.claim is not None


@pytest.mark.parametrize("event", ["complained", "unsubscribed"])
def test_who_calls_a_required_notice_spam_gets_paper_from_now_on(
    sent: Delivery, event: str
) -> None:
    assert tell(sent, event) == 200
    assert EDeliveryConsent.objects.address_of(sent.customer) is None
    consent = EDeliveryConsent.objects.get()
    assert consent.complaint == DeliveryEvent.objects.get()
    assert consent.withdrawn_by is None
    # It did arrive where it was not called spam; nothing goes twice.
    assert len(owed(sent.customer)) == (2 if event == "complained" else 1)
    deliveries.plan_annual(at=NOW.replace(year=NOW.year + 1))
    assert owed(sent.customer)[-1].medium == LETTER


def test_nobody_is_watched_reading(sent: Delivery) -> None:
    assert tell(sent, "opened") == 200
    assert not DeliveryEvent.objects.exists()


def test_one_that_arrived_before_its_worker_could_say_so_counts_as_sent(rosa) -> None:
    deliveries.plan(at=NOW)
    (row,) = owed(rosa)
    assert tell(row, "delivered") == 200
    row.refresh_from_db()
    assert row.sent_at == row.delivered_at
    assert row.sent_at is not None


@pytest.mark.parametrize("proof", ["", "Basic nonsense", basic("another" * 8)])
def test_a_wrong_secret_is_refused_and_changes_nothing(sent: Delivery, proof: str) -> None:
    assert tell(sent, "bounced", proof=proof) == 400
    assert len(owed(sent.customer)) == 1
    assert not DeliveryEvent.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"email": "somebody.else@example.com"},
        {"message-id": "<00000000-0000-0000-0000-000000000000@testserver>"},
        {"message-id": "<hello@elsewhere.example>"},
        {"message-id": "<not-a-number-at-all-but-36-letters-x@testserver>"},
    ],
)
def test_an_event_about_no_mail_of_ours_changes_nothing(sent: Delivery, change: Any) -> None:
    assert tell(sent, "bounced", **change) == 200
    assert len(owed(sent.customer)) == 1


def test_a_letter_cannot_bounce(notice) -> None:
    luis = neighbor(2)
    deliveries.plan(at=NOW)
    (letter,) = owed(luis)
    tell(letter, "bounced", email=letter.recipient)
    assert len(owed(luis)) == 1


@pytest.mark.parametrize("body", ["", "no json", "[]", '"x"', "{}", '{"items": []}'])
def test_what_is_no_event_is_refused_or_ignored(db: None, body: str) -> None:
    answer = Client(raise_request_exception=False).post(
        "/mail/events/",
        body,
        content_type="application/json",
        headers={"authorization": basic()},
    )
    assert answer.status_code in {200, 400}


def test_without_a_provider_nobody_listens(sent: Delivery, settings) -> None:
    settings.MAIL_PROVIDER = ""
    assert tell(sent, "bounced") == 404


def test_mailgun_signs_what_it_tells(sent: Delivery, settings) -> None:
    settings.MAIL_PROVIDER = "mailgun"
    told = {
        "event": "failed",
        "severity": "permanent",
        "timestamp": NOW.timestamp(),
        "recipient": sent.recipient,
        "message": {"headers": {"message-id": mail.message_id(sent.pk).strip("<>")}},
    }

    def post(key: str) -> int:
        stamp, token = str(int(timezone.now().timestamp())), "t" * 50
        signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        block = {"timestamp": stamp, "token": token, "signature": signature}
        body = json.dumps({"signature": block, "event-data": told})
        return Client().post("/mail/events/", body, content_type="application/json").status_code

    assert post("another key, not ours") == 400
    assert len(owed(sent.customer)) == 1
    assert post(SECRET) == 200
    assert owed(sent.customer)[1].medium == LETTER


def test_postmark_hands_back_the_number_put_into_a_header(sent: Delivery, settings) -> None:
    settings.MAIL_PROVIDER = "postmark"
    made = mail.email(mail.Message("x", "y", "z"), to=sent.recipient, key=sent.pk)
    told = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "Email": sent.recipient,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "BouncedAt": NOW.isoformat(),
        "Metadata": {"Message": made.extra_headers["X-PM-Metadata-Message"]},
    }
    answer = Client().post(
        "/mail/events/",
        json.dumps(told),
        content_type="application/json",
        headers={"authorization": basic()},
    )
    assert answer.status_code == 200
    assert owed(sent.customer)[1].medium == LETTER


# -- The chain, to its end -------------------------------------------------------------------


def fail(row: Delivery) -> Delivery | None:
    return failures.fail(row, failure=Delivery.Failure.RETURNED, detail="moved", at=NOW)


def test_a_letter_that_came_back_goes_by_email_where_she_agreed_to_it(notice) -> None:
    luis = neighbor(2)
    deliveries.plan(at=NOW)
    mark_sent(NOW)
    by_email(luis, "luis@example.com")
    (letter,) = owed(luis)
    email = fail(letter)
    assert email is not None
    assert (email.medium, email.recipient, email.claim) == (EMAIL, "luis@example.com", None)
    assert fail(email) is None, "each medium is tried once"
    assert list(Delivery.objects.failed_for_good()) == [email]


def test_what_failed_both_ways_stays_on_the_staffs_list_until_somebody_acts(sent) -> None:
    tell(sent, "bounced")
    letter = owed(sent.customer)[1]
    assert fail(letter) is None
    assert list(Delivery.objects.failed_for_good()) == [letter]
    alma = EDeliveryConsent.objects.get().granted_by
    Customer.objects.update(mailing_address="2 Calle Nueva Ficticia\nPico Rivera, CA")
    EDeliveryConsent.objects.update(withdrawn_at=NOW, withdrawn_by=alma)
    again = failures.send_again(letter, by=alma, at=NOW)
    assert (again.key, again.asked_by, again.medium) == (f"{sent.key}:3", alma, LETTER)
    assert "Calle Nueva" in again.recipient
    assert not Delivery.objects.failed_for_good().exists()
    assert failures.send_again(letter, by=alma, at=NOW) == again, "asking twice owes it once"
    assert fail(again) is None
    failures.resolve(again, words="Told in person at the counter.", by=alma, at=NOW)
    assert not Delivery.objects.failed_for_good().exists()
    with pytest.raises(ValueError, match="failed for good"):
        failures.resolve(again, words="Again.", by=alma, at=NOW)


def test_it_can_be_sent_again_once_a_better_address_came_and_goes_there(sent) -> None:
    """E-mail and letter failed; then the roster brings an address, or she agrees to another."""
    tell(sent, "bounced")
    rosa, letter = sent.customer, owed(sent.customer)[1]
    assert not failures.can_be_sent_again().exists(), "the letter is on its way"
    fail(letter)
    assert not failures.can_be_sent_again().exists(), "nothing is better than it was"
    Customer.objects.update(name="Rosa E. Ejemplo")
    assert not failures.can_be_sent_again().exists(), "a name is no address"
    Customer.objects.update(mailing_address="")
    assert not failures.can_be_sent_again().exists(), "no address is none either"

    Customer.objects.update(mailing_address="2 Calle Nueva Ficticia\nPico Rivera, CA")
    assert list(failures.can_be_sent_again()) == [letter]
    alma = EDeliveryConsent.objects.get().granted_by
    second = failures.send_again(letter, by=alma, at=NOW)
    assert (second.medium, second.replaces) == (LETTER, letter), "her e-mail bounced before"
    assert "Calle Nueva" in second.recipient
    assert not failures.can_be_sent_again().exists()

    fail(second)
    assert not failures.can_be_sent_again().exists(), "both addresses have failed"
    by_email(rosa, "rosa.nueva@example.com", at=NOW + timedelta(days=1))
    third = failures.send_again(failures.can_be_sent_again().get(), by=alma, at=NOW)
    assert (third.medium, third.recipient) == (EMAIL, "rosa.nueva@example.com")


def test_what_told_an_old_address_of_the_new_one_is_not_sent_again(sent) -> None:
    rosa = sent.customer
    mark_sent(NOW)
    old = Delivery.objects.create(
        customer=rosa,
        kind=Delivery.Kind.ALERT,
        key="contact:1:old:letter",
        medium=LETTER,
        language="es",
        recipient="Rosa\n1 Calle Vieja",
        owed_at=NOW,
        due_on=NOW.date(),
    )
    EDeliveryConsent.objects.update(withdrawn_at=NOW, withdrawn_by=builders.alma())
    fail(old)
    assert list(Delivery.objects.failed_for_good()) == [old]
    assert not failures.can_be_sent_again().exists()
