"""How a delivery stands is one word of ten, the same in the list, the filter and the run (6.2)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from notices import carriers, deliveries, failures, outbox, runs
from notices.carriers import Outcome, Result
from notices.models import Delivery, DeliveryLease
from tests import builders
from tests.notices.cast import by_email, drain, neighbor, owed, print_all
from usage.models import Customer

pytestmark = pytest.mark.django_db

State, Failure = Delivery.State, Delivery.Failure
FAILED = {
    State.PERMANENT: Failure.PERMANENT,
    State.TECHNICAL: Failure.TECHNICAL,
    State.RETURNED: Failure.RETURNED,
    State.VALIDATION: Failure.VALIDATION,
    State.CALLED_OFF: Failure.CALLED_OFF,
}


@pytest.fixture
def now(db: None) -> datetime:
    builders.notice(at=timezone.now() - timedelta(days=90))
    return timezone.now()


def person(number: int) -> Customer:
    made = neighbor(number, since=timezone.localdate())
    by_email(made, at=timezone.now())
    return made


def deferred(*_arguments: object, **_named: object) -> Result:
    return Result(Outcome.UNREACHABLE, "450 4.2.1 try again later")


def one_of_each(now: datetime, monkeypatch: pytest.MonkeyPatch, first: int) -> dict[State, Any]:
    """Bring one e-mail into each state, as the portal itself would."""
    made = {}
    for place, state in enumerate((State.SENT, State.DELIVERED, State.TEMPORARY, State.LEASED)):
        who = person(first + place)
        deliveries.plan(at=now)
        (made[state],) = owed(who)
        with monkeypatch.context() as patch:
            if state == State.TEMPORARY:
                patch.setattr(carriers.Relay, "carry", deferred)
            if state == State.LEASED:
                outbox.lease(limit=1, holder="one", at=now)
            else:
                assert drain(now) == 1
    Delivery.objects.filter(pk=made[State.DELIVERED].pk).update(delivered_at=now)
    for place, (state, failure) in enumerate(FAILED.items(), start=first + 10):
        who = person(place)
        deliveries.plan(at=now)
        (made[state],) = owed(who)
        failures.fail(made[state], failure=failure, detail="x", at=now)
    who = person(first + 20)
    deliveries.plan(at=now)
    (made[State.OWED],) = owed(who)
    return made


def listed(client: Any, **query: str) -> list[Any]:
    page = client.get(reverse("admin:notices_delivery_changelist"), query)
    return list(page.context["cl"].result_list)


@pytest.fixture
def alma(client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(
        builders.alma(), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_each_state_is_said_and_filtered_by_its_word(alma, now, monkeypatch, mailbox) -> None:
    made = one_of_each(now, monkeypatch, first=1)
    assert set(made) == set(State)
    for state, delivery in made.items():
        # Asked by itself, and read from a list that asked for all at once.
        fresh = Delivery.objects.get(pk=delivery.pk)
        assert (fresh.state, delivery.pk) == (str(state.label), delivery.pk)
        found = {row.pk for row in listed(alma, state=state.value)}
        assert delivery.pk in found
        assert not found & {other.pk for key, other in made.items() if key != state}
    assert {row.state for row in listed(alma)} == {str(state.label) for state in State}


def test_a_mail_that_was_put_off_for_days_does_not_read_owed(now, monkeypatch) -> None:
    who = person(1)
    deliveries.plan(at=now)
    (row,) = owed(who)
    monkeypatch.setattr(carriers.Relay, "carry", deferred)
    at = now
    for _try in range(3):
        drain(at)
        at += timedelta(days=1)
        # Also while its turn has come again and nobody took it yet.
        assert Delivery.objects.with_state(at=at).get(pk=row.pk).standing == State.TEMPORARY
    outbox.lease(limit=1, holder="one", at=at)
    assert Delivery.objects.with_state(at=at).get(pk=row.pk).standing == State.LEASED
    # Its worker died: it waits for its next try again.
    at += timedelta(days=1)
    assert Delivery.objects.with_state(at=at).get(pk=row.pk).standing == State.TEMPORARY


def test_what_a_dead_worker_held_before_any_try_is_owed_again(now) -> None:
    who = person(1)
    deliveries.plan(at=now)
    outbox.lease(limit=1, holder="one", at=now)
    (row,) = owed(who)
    later = now + outbox.LEASE
    assert Delivery.objects.with_state(at=now).get(pk=row.pk).standing == State.LEASED
    assert Delivery.objects.with_state(at=later).get(pk=row.pk).standing == State.OWED


def test_while_the_relay_does_not_answer_nothing_reads_leased(now, monkeypatch, mailbox) -> None:
    """What went just before is sent, and its lease is gone; the rest waits, at no try's cost."""
    for number in (1, 2, 3):
        person(number)
    deliveries.plan(at=now)
    answers = iter([True, False])
    monkeypatch.setattr(carriers.Relay, "ready", lambda _relay: next(answers))
    assert drain(now) == 1
    standing = Delivery.objects.with_state(at=now).order_by("pk").values_list("standing", flat=True)
    assert list(standing) == [State.SENT, State.TEMPORARY, State.TEMPORARY]
    assert list(DeliveryLease.objects.values_list("holder", "tries")) == [("", 0)] * 2


def test_a_letter_in_a_print_batch_is_leased(now) -> None:
    who = neighbor(1, since=timezone.localdate())
    deliveries.plan(at=now)
    assert owed(who)[0].state == "owed"
    print_all(now)
    assert owed(who)[0].state == "leased"
    assert owed(who)[0].told == "being sent"


OF_STAFF_EN = ("owed", "leased", "failure", "failed", "technical", "validation")
OF_STAFF_ES = ("pendiente", "en curso", "falla", "técnica", "validación")


@pytest.mark.parametrize(
    ("language", "words", "waiting"),
    [("en", OF_STAFF_EN, "waiting to be sent"), ("es", OF_STAFF_ES, "por enviar")],
)
def test_whom_it_is_for_reads_no_word_of_the_staff(
    now, monkeypatch, mailbox, language, words, waiting
) -> None:
    made = one_of_each(now, monkeypatch, first=1)
    with translation.override(language):
        told = {state: Delivery.objects.get(pk=made[state].pk).told for state in State}
    assert len(set(told.values())) == len(State), "each says something of its own"
    assert told[State.OWED] == waiting
    assert not [one for one in told.values() for word in words if word in one]


@pytest.mark.parametrize(
    ("language", "waiting", "column"),
    [("en", "waiting to be sent", "To be sent since"), ("es", "por enviar", "Por enviar desde")],
)
def test_her_first_page_and_her_record_say_that_a_receipt_waits(
    client, now, language, waiting, column
) -> None:
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    builders.authorization(rosa, her, at=now)
    client.force_login(her)
    first = unescape(client.get(f"/{language}/my/").content.decode())
    record = unescape(client.get(f"/{language}/my/information/privacy_records/").content.decode())
    for page in (first, record):
        assert waiting in page
        assert not re.search(r"\bowed\b|\bleased\b|\bpendiente\b", page, re.IGNORECASE)
    assert column in record


def test_the_run_counts_what_is_put_off_and_what_is_on_its_way(
    alma, now, monkeypatch, mailbox
) -> None:
    one_of_each(now, monkeypatch, first=1)
    email, letter = alma.get(reverse("run_desk:run")).context["lines"]
    assert dict(email.held) == {"leased": 1, "temporary failure": 1}
    # One owed, one leased, one put off; each e-mail that failed went on as a letter.
    assert (email.owed, email.sent, email.delivered, sum(email.failed.values())) == (3, 2, 1, 5)
    assert (letter.owed, dict(letter.held)) == (5, {})
    shown = " ".join(unescape(alma.get(reverse("run_desk:run")).content.decode()).split())
    assert "1 temporary failure" in shown
    assert "1 leased" in shown


def test_states_cost_no_query_a_row(alma, now, monkeypatch, mailbox) -> None:
    def queries() -> list[int]:
        counts = []
        for address in (reverse("admin:notices_delivery_changelist"), reverse("run_desk:run")):
            with CaptureQueriesContext(connection) as asked:
                alma.get(address)
            counts.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            runs.lines(since=timezone.localdate(), kinds=["new_account"], at=now)
        return [*counts, len(asked)]

    queries()
    one_of_each(now, monkeypatch, first=1)
    once = queries()
    Delivery.objects.owed().update(sent_at=now)
    one_of_each(now, monkeypatch, first=101)
    assert queries() == once
