"""Everyone is owed a notice once, when an account is confirmed, every year and on changes."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from notices import deliveries, edelivery, failures, messages
from notices.models import Delivery
from tests import builders
from tests.builders import NOW, PACIFIC, TODAY
from tests.notices.cast import (
    EMAIL,
    LETTER,
    by_email,
    ledger_of,
    mark_sent,
    neighbor,
    noon,
    owed,
)
from usage import claims
from usage.models import Claim, Customer, Enrollment, Via

pytestmark = pytest.mark.django_db

Kind = Delivery.Kind
AGO = noon(date(2024, 1, 1))


@pytest.fixture
def notice(db: None):
    return builders.notice(at=AGO)


@pytest.fixture
def rosa(notice) -> Customer:
    return neighbor(1, name="Rosa Ejemplo", language="es", since=date(2026, 6, 1))


def plan_at(day: date) -> int:
    return deliveries.plan(at=noon(day))


# -- New accounts ------------------------------------------------------------------------


def test_a_new_customer_is_owed_one_letter_with_a_fresh_claim(rosa: Customer) -> None:
    assert deliveries.plan_new_accounts(at=NOW) == 1
    (letter,) = owed(rosa)
    assert (letter.kind, letter.medium, letter.language) == (Kind.NEW_ACCOUNT, LETTER, "es")
    assert letter.key == str(rosa.enrollments.get().pk)
    assert letter.recipient == "Rosa Ejemplo\n1 Calle Ficticia\nPico Rivera, CA"
    claim = Claim.objects.get()
    assert letter.claim == claim
    assert (claim.customer, claim.issued_at, claim.expires_at) == (rosa, NOW, NOW + claims.LIVES)
    assert letter.pk.version == claim.pk.version == 7
    assert ledger_of(letter.pk) == ["notices_delivery:written"]


def test_planning_again_owes_nothing_more(rosa: Customer) -> None:
    assert plan_at(TODAY) == 1
    assert plan_at(TODAY) == 0
    assert plan_at(TODAY + timedelta(days=3)) == 0
    assert len(owed(rosa)) == Claim.objects.count() == 1


def test_planning_late_owes_what_was_missed(rosa: Customer) -> None:
    assert plan_at(TODAY + timedelta(days=200)) == 1


def test_one_customer_with_three_agreements_is_owed_one_notice(notice) -> None:
    builders.customer()
    more = {"service_account_number": "3000000002", "service_point": "SP-2", "meter_number": "M-2"}
    rosa = builders.customer(more)
    assert rosa.agreements.count() >= 1
    deliveries.plan(at=NOW)
    assert len(owed(rosa)) == 1


def test_a_return_after_opting_out_is_a_new_account(rosa: Customer) -> None:
    plan_at(TODAY)
    mark_sent(NOW)
    Enrollment.objects.of(rosa).update(ends_on=TODAY + timedelta(days=10))
    assert plan_at(TODAY + timedelta(days=500)) == 0
    Enrollment.objects.create(customer=rosa, starts_on=TODAY + timedelta(days=510))
    assert plan_at(TODAY + timedelta(days=511)) == 1
    assert [row.kind for row in owed(rosa)] == [Kind.NEW_ACCOUNT, Kind.NEW_ACCOUNT]
    assert Claim.objects.count() == 2


def test_who_is_not_served_yet_or_no_longer_is_owed_nothing(notice) -> None:
    neighbor(1, since=TODAY + timedelta(days=1))
    gone = neighbor(2)
    Enrollment.objects.of(gone).update(ends_on=TODAY)
    assert plan_at(TODAY) == 0
    assert plan_at(TODAY + timedelta(days=1)) == 1


def test_nothing_is_owed_before_a_first_version_is_in_force(db: None) -> None:
    neighbor(1)
    assert deliveries.plan(at=NOW) == 0
    builders.notice(at=NOW)
    assert deliveries.plan(at=NOW) == 1


def test_who_agreed_to_email_is_sent_email_and_no_code_travels_in_it(rosa: Customer) -> None:
    by_email(rosa, "rosa@example.com")
    plan_at(TODAY)
    (mail,) = owed(rosa)
    assert (mail.medium, mail.recipient) == (EMAIL, "rosa@example.com")
    assert mail.claim is None
    assert not Claim.objects.exists()


def test_who_went_back_to_paper_is_sent_letters(rosa: Customer) -> None:
    by_email(rosa)
    edelivery.withdraw(rosa, by=builders.alma(), at=NOW)
    plan_at(TODAY)
    assert owed(rosa)[0].medium == LETTER


# -- Every year --------------------------------------------------------------------------


def test_the_annual_notice_comes_eleven_months_after_the_last_and_renews_it(rosa) -> None:
    plan_at(date(2026, 6, 1))
    mark_sent(noon(date(2026, 6, 2)))
    (first,) = owed(rosa)
    assert plan_at(date(2027, 5, 1)) == 0
    assert plan_at(date(2027, 5, 2)) == 1
    annual = owed(rosa)[1]
    assert (annual.kind, annual.key, annual.medium) == (Kind.ANNUAL, str(first.pk), LETTER)
    assert annual.due_on == date(2027, 6, 2)
    assert plan_at(date(2027, 5, 3)) == 0


def test_no_twelve_months_and_no_calendar_year_go_by_without_one(rosa: Customer) -> None:
    """Three years of nights, the worker down for whole weeks of them."""
    day, sent = date(2026, 6, 1), []
    while day < date(2030, 1, 1):
        if day.day in {21, 28} and plan_at(day):  # down for weeks, then it makes good
            mark_sent(noon(day))
            sent.append(day)
        day += timedelta(days=1)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert max(gaps) < timedelta(days=365)
    assert min(gaps) > timedelta(days=330)
    assert {day.year for day in sent} == {2026, 2027, 2028, 2029}


def test_a_notice_of_leap_day_is_renewed_in_time(notice) -> None:
    leap = neighbor(5, since=date(2028, 2, 29))
    assert plan_at(date(2028, 2, 29)) == 1
    mark_sent(noon(date(2028, 2, 29)))
    assert plan_at(date(2029, 1, 28)) == 0
    assert plan_at(date(2029, 1, 29)) == 1
    assert owed(leap, Kind.ANNUAL)[0].due_on == date(2029, 2, 28)


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_the_night_the_clocks_change_owes_each_notice_once(notice, day: date) -> None:
    """The hour that comes twice, and the one that does not come at all."""
    since = day - timedelta(days=340)
    changed = neighbor(6, since=since)
    plan_at(since)
    mark_sent(noon(since))
    midnight = datetime(day.year, day.month, day.day, tzinfo=PACIFIC).astimezone(UTC)
    planned = [
        deliveries.plan(at=midnight + timedelta(minutes=minutes)) for minutes in range(-60, 300, 15)
    ]
    assert sum(planned) == 1
    assert len(owed(changed)) == 2


def test_three_days_without_the_scheduler_are_made_good_at_once(notice) -> None:
    for number in range(1, 4):
        neighbor(number, since=date(2026, 6, number))
    assert plan_at(date(2026, 6, 4)) == 3
    mark_sent(noon(date(2026, 6, 4)))
    assert plan_at(date(2027, 5, 3)) == 0
    assert plan_at(date(2027, 5, 7)) == 3, "due on the 4th; nobody asked until the 7th"
    assert all(row.due_on > date(2027, 5, 7) for row in Delivery.objects.owed())


def test_one_that_is_still_on_its_way_is_waited_for(rosa: Customer) -> None:
    plan_at(date(2026, 6, 1))
    assert plan_at(date(2027, 6, 1)) == 0
    assert Delivery.objects.overdue(on=date(2027, 6, 1)).count() == 1


def test_one_that_failed_is_tried_again_after_its_year(rosa: Customer) -> None:
    plan_at(date(2026, 6, 1))
    mark_sent(noon(date(2026, 6, 1)))
    returned = owed(rosa)[0]
    failures.fail(
        returned, failure=Delivery.Failure.RETURNED, detail="moved", at=noon(date(2026, 6, 20))
    )
    assert Delivery.objects.failed_for_good().get() == returned
    assert plan_at(date(2027, 5, 1)) == 1
    assert owed(rosa)[1].key == str(returned.pk)


def test_a_customer_from_before_the_portal_is_keyed_by_the_enrollment(notice) -> None:
    """Without a new-account notice on record, the first annual renews the enrollment."""
    old = neighbor(3, since=date(2024, 1, 1))
    assert deliveries.plan_annual(at=NOW) == 1
    assert owed(old)[0].key == str(old.enrollments.get().pk)
    assert deliveries.plan_annual(at=NOW + timedelta(days=1)) == 0


def test_a_new_version_half_way_sends_nobody_a_second_annual_notice(notice) -> None:
    for number in range(1, 5):
        neighbor(number, since=date(2025, 1, 1))
    plan_at(date(2025, 1, 1))
    mark_sent(noon(date(2025, 1, 1)))
    assert plan_at(date(2025, 12, 1)) == 4
    builders.notice(at=noon(date(2025, 12, 2)))
    plan_at(date(2025, 12, 2))
    assert Delivery.objects.filter(kind=Kind.ANNUAL).count() == 4


# -- Changes of the notice ----------------------------------------------------------------


def test_everyone_is_told_of_a_new_version_once(rosa: Customer) -> None:
    plan_at(date(2026, 6, 1))
    mark_sent(noon(date(2026, 6, 1)))
    second = builders.notice(at=noon(date(2026, 6, 10)))
    assert plan_at(date(2026, 6, 10)) == 1
    assert plan_at(date(2026, 6, 11)) == 0
    change = owed(rosa)[1]
    assert (change.kind, change.key, change.notice) == (Kind.CHANGE, str(second.pk), second)


def test_a_coming_version_is_told_of_before_it_takes_effect(rosa: Customer) -> None:
    plan_at(date(2026, 6, 1))
    coming = builders.publishing.publish(
        builders.draft(),
        facts=builders.facts_for_notice(),
        effective_on=date(2026, 9, 1),
        changes_en="New.",
        changes_es="Nuevo.",
        by=builders.bruno(),
        at=noon(date(2026, 6, 5)),
    )
    assert plan_at(date(2026, 6, 4)) == 0
    assert plan_at(date(2026, 6, 5)) == 1
    change = owed(rosa)[1]
    assert (change.notice, change.due_on) == (coming, date(2026, 9, 1))


def test_whoever_was_told_in_another_notice_is_not_told_again(notice) -> None:
    old = neighbor(1, since=date(2025, 7, 1))
    plan_at(date(2025, 7, 1))
    mark_sent(noon(date(2025, 7, 1)))
    builders.notice(at=noon(date(2026, 6, 1)))
    newcomer = neighbor(2, since=date(2026, 6, 1))
    plan_at(date(2026, 6, 1))
    assert [row.kind for row in owed(old)] == [Kind.NEW_ACCOUNT, Kind.ANNUAL]
    assert [row.kind for row in owed(newcomer)] == [Kind.NEW_ACCOUNT]


def test_a_first_version_is_no_change(rosa: Customer) -> None:
    assert deliveries.plan_changes(at=NOW) == 0


# -- Changes of the posted policy ---------------------------------------------------------


def policy(at: datetime, **change: Any) -> Any:
    return builders.publishing.publish(
        builders.policy_draft(),
        facts=builders.facts_for_notice(),
        effective_on=at.date(),
        changes_en="We say how long.",
        changes_es="Decimos por cuánto tiempo.",
        by=builders.bruno(),
        at=at,
        **change,
    )


def test_everyone_is_told_of_a_new_version_of_the_policy_once(rosa: Customer, mailbox) -> None:
    policy(noon(date(2026, 6, 1)))
    plan_at(date(2026, 6, 1))
    mark_sent(noon(date(2026, 6, 1)))
    assert len(owed(rosa)) == 1, "the first version is no change"
    by_email(rosa, "rosa@example.com")
    second = policy(noon(date(2026, 6, 20)))
    newcomer = neighbor(8, since=date(2026, 6, 21))
    assert plan_at(date(2026, 6, 21)) == 2
    assert plan_at(date(2026, 6, 22)) == 0
    told = owed(rosa, Kind.POLICY)[0]
    assert (told.key, told.policy, told.notice, told.medium) == (
        str(second.pk),
        second,
        None,
        EMAIL,
    )
    assert [row.kind for row in owed(newcomer)] == [Kind.NEW_ACCOUNT]
    said = messages.of(told)
    assert said.subject == "PRIME tiene una nueva versión de su política de privacidad"
    for text in (said.text, said.html):
        assert "Decimos por cuánto tiempo." in text
        assert "/es/policy/2/" in text
        assert "/en/policy/2/" in text
        assert all(way in text for way in (settings.COUNTER, *settings.OFFICIAL.values()))
    # It is no yearly notice: that one still comes in its time.
    mark_sent(noon(date(2026, 6, 21)))
    assert plan_at(date(2027, 5, 1)) == 1
    assert owed(rosa)[-1].kind == Kind.ANNUAL


# -- Falling to paper ---------------------------------------------------------------------


def test_a_refused_email_falls_to_a_letter_with_its_own_claim(rosa: Customer) -> None:
    by_email(rosa)
    plan_at(TODAY)
    (mail,) = owed(rosa)
    letter = failures.fail(
        mail, failure=Delivery.Failure.PERMANENT, detail="550 no such mailbox", at=NOW
    )
    assert letter is not None
    assert (letter.medium, letter.key) == (LETTER, f"{mail.key}:letter")
    assert letter.replaces == mail
    assert letter.claim is not None
    assert letter.recipient.startswith("Rosa Ejemplo\n")
    assert failures.fail(mail, failure=Delivery.Failure.PERMANENT, detail="again", at=NOW) is None
    assert len(owed(rosa)) == 2
    assert not Delivery.objects.failed_for_good().exists()


def test_a_bounced_notice_does_not_count_for_the_year_but_its_letter_does(rosa) -> None:
    by_email(rosa)
    plan_at(date(2026, 6, 1))
    mark_sent(noon(date(2026, 6, 1)))
    failures.fail(
        owed(rosa)[0],
        failure=Delivery.Failure.PERMANENT,
        detail="bounced",
        at=noon(date(2026, 6, 3)),
    )
    mark_sent(noon(date(2026, 6, 15)))
    assert plan_at(date(2027, 5, 14)) == 0
    assert plan_at(date(2027, 5, 15)) == 1


# -- What others owe -----------------------------------------------------------------------


def test_owing_the_same_again_returns_what_is_owed_already(rosa: Customer) -> None:
    claim = claims.issue(rosa, via=Via.PORTAL, at=NOW)
    first = deliveries.owe_claim_code(claim, at=NOW)
    again = deliveries.owe_claim_code(claim, at=NOW + timedelta(hours=1))
    assert first == again
    assert again.owed_at == NOW
    assert len(owed(rosa)) == 1


def test_a_claim_code_is_a_letter_even_for_who_reads_email(rosa: Customer) -> None:
    by_email(rosa)
    letter = deliveries.owe_claim_code(claims.issue(rosa, via=Via.PHONE, at=NOW), at=NOW)
    assert (letter.medium, letter.kind) == (LETTER, Kind.CLAIM_CODE)


# -- In parallel ----------------------------------------------------------------------------


def test_planners_in_parallel_owe_each_notice_once(committed_db: None) -> None:
    builders.notice(at=AGO)
    for number in range(60):
        neighbor(number, since=date(2026, 1, 1))
    barrier = threading.Barrier(4)
    planned: list[int] = []

    def planner() -> None:
        barrier.wait()
        try:
            planned.append(deliveries.plan(at=NOW))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=planner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(planned) == Delivery.objects.count() == 60
    # Whoever came second left no invitation behind.
    assert Claim.objects.count() == 60
    assert set(Delivery.objects.values_list("claim_id", flat=True)) == set(
        Claim.objects.values_list("id", flat=True)
    )


def test_planning_for_many_is_a_statement_each_and_no_loop(
    notice, django_assert_max_num_queries
) -> None:
    for number in range(30):
        neighbor(number)
    # Which notice, and whom a restore waits for; then three a statement, with its savepoint.
    with django_assert_max_num_queries(2 + 4 * 3):
        assert deliveries.plan(at=NOW) == 30


@pytest.mark.parametrize(
    "change",
    ["sent_at = now()", "recipient = 'somebody else'", "language = 'en'", "sent_at = NULL"],
)
def test_a_delivery_is_stamped_once_and_never_rewritten(rosa: Customer, change: str) -> None:
    plan_at(TODAY)
    (letter,) = owed(rosa)
    mark_sent(NOW)
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(f"UPDATE notices_delivery SET {change} WHERE id = %s", [letter.pk])
    assert ledger_of(letter.pk) == ["notices_delivery:written", "notices_delivery:stamped"]
