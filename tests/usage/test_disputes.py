"""A customer questions what PRIME holds: raised, answered, passed on, closed (CPUC rule 4b)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from prime_portal.models import LedgerEntry, User
from tests.builders import LUIS, NOW, alma, customer, holder, readings
from usage import disputes, downloads, holidays, release
from usage.disputes import About, Refused
from usage.models import Category, Customer, Dispute, DisputeEvent, Via
from usage.readings import Counted

pytestmark = pytest.mark.django_db
SAID = "My solar panels were off that day."


@pytest.fixture
def rosa() -> Customer:
    return customer()


@pytest.fixture
def herself(rosa: Customer) -> User:
    return holder(rosa, "rosa@example.com")


def about(whose: Customer, category: str = "interval_usage", **days: date) -> About:
    agreement = whose.agreements.get() if days else None
    return About(Category.objects.get(key=category), agreement, **days)


def raised(whose: Customer, by: User, what: About | None = None, **change: Any) -> Dispute:
    facts: dict[str, Any] = {
        "kind": Dispute.Kind.DISPUTE,
        "text": SAID,
        "request_key": uuid4(),
        "by": by,
        "via": Via.PORTAL,
        "at": NOW,
    }
    return disputes.raise_(whose, what or about(whose), **(facts | change))


def step(verb: Any, dispute: Dispute, by: User, **change: Any) -> DisputeEvent:
    facts = {"text": "We looked.", "by": by, "via": Via.PORTAL, "at": NOW + timedelta(days=1)}
    event: DisputeEvent = verb(dispute, **(facts | change))
    return event


def state(dispute: Dispute) -> str | None:
    newest: str | None = Dispute.objects.with_state().get(pk=dispute.pk).newest
    return newest


def test_it_has_a_number_to_read_out_and_a_day_for_the_answer(rosa, herself):
    dispute = raised(rosa, herself)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", dispute.reference)
    # Ten workdays from Wednesday, July 1, 2026; Independence Day is kept on Friday the 3rd.
    assert dispute.due_on == date(2026, 7, 16)
    assert raised(rosa, herself).reference != dispute.reference


def test_the_time_for_an_answer_is_a_setting(rosa, herself, settings):
    settings.DISPUTE_ANSWER_WORKDAYS = 1
    assert raised(rosa, herself).due_on == date(2026, 7, 2)


def test_a_form_sent_twice_raises_one(rosa, herself):
    key = uuid4()
    first, second = raised(rosa, herself, request_key=key), raised(rosa, herself, request_key=key)
    assert first == second
    assert Dispute.objects.count() == 1


def test_somebody_elses_place_is_refused(rosa, herself):
    luis = customer(LUIS)
    with pytest.raises(Refused):
        raised(rosa, herself, about(luis, first_day=NOW.date(), last_day=NOW.date()))
    assert not Dispute.objects.exists()


def test_days_outside_her_time_there_are_refused(rosa, herself):
    before = date(2020, 1, 1)
    with pytest.raises(Refused, match="outside"):
        raised(rosa, herself, about(rosa, first_day=before, last_day=before))


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_it_says_something_and_not_a_book(rosa, herself, text):
    with pytest.raises(Refused):
        raised(rosa, herself, text=text)


def test_its_state_is_the_newest_step(rosa, herself):
    dispute, clerk = raised(rosa, herself), alma()
    assert state(dispute) is None
    step(disputes.answer, dispute, clerk)
    assert state(dispute) == "answered"
    step(disputes.reply, dispute, herself)
    assert state(dispute) == "replied"
    step(disputes.hand_over_to_sce, dispute, clerk)
    assert state(dispute) == "handed_over"
    step(disputes.close, dispute, clerk, outcome=DisputeEvent.Outcome.EXPLAINED)
    assert state(dispute) == "closed"
    assert [event.number for event in dispute.events.all()] == [1, 2, 3, 4]


def test_what_is_closed_takes_no_further_step_until_she_adds_something(rosa, herself):
    dispute, clerk = raised(rosa, herself), alma()
    step(disputes.close, dispute, clerk, outcome=DisputeEvent.Outcome.UNCHANGED)
    with pytest.raises(Refused, match="closed"):
        step(disputes.answer, dispute, clerk)
    step(disputes.reply, dispute, herself, text="It is still wrong.")
    assert Dispute.objects.of(rosa).open().get() == dispute
    step(disputes.answer, dispute, clerk)


def test_what_she_adds_gives_prime_a_new_day_for_the_answer(rosa, herself):
    dispute = raised(rosa, herself)
    step(disputes.answer, dispute, alma())
    later = NOW + timedelta(days=30)
    step(disputes.reply, dispute, herself, at=later)
    due = Dispute.objects.with_state().get().due
    assert due == holidays.workdays_after(later.date(), 10) > dispute.due_on


def test_only_what_waits_for_prime_is_overdue(rosa, herself):
    dispute = raised(rosa, herself)
    late = dispute.due_on + timedelta(days=1)
    assert not Dispute.objects.overdue(on=dispute.due_on).exists()
    assert Dispute.objects.overdue(on=late).exists()
    step(disputes.answer, dispute, alma())
    assert not Dispute.objects.overdue(on=late).exists()


def test_only_what_sce_measures_or_bills_goes_to_sce(rosa, herself):
    mine = raised(rosa, herself, about(rosa, "privacy_records"))
    with pytest.raises(Refused, match="SCE"):
        step(disputes.hand_over_to_sce, mine, alma())
    days = {"first_day": date(2026, 6, 1), "last_day": date(2026, 6, 2)}
    metered = raised(rosa, herself, about(rosa, **days))
    words = disputes.for_sce(metered)
    for told in (metered.reference, "3000000001", "2026-06-01", SAID):
        assert told in words
    assert rosa.name not in words
    metered.raised_at = datetime(2026, 6, 4, 4, 1, tzinfo=UTC)  # the evening before, in Pico Rivera
    assert "raised 2026-06-03" in disputes.for_sce(metered)


def test_closing_says_what_came_of_it_unless_she_does_it_herself(rosa, herself):
    dispute = raised(rosa, herself)
    with pytest.raises(Refused):
        step(disputes.close, dispute, alma(), outcome=DisputeEvent.Outcome.UNCHANGED, text=" ")
    step(disputes.close, dispute, herself, outcome=DisputeEvent.Outcome.WITHDRAWN, text="")
    assert state(dispute) == "closed"


def test_the_database_refuses_to_rewrite_it_and_keeps_her_words_out_of_the_ledger(rosa, herself):
    dispute = raised(rosa, herself)
    event = step(disputes.answer, dispute, alma(), text="A private answer.")
    for row in (dispute, event):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(text="Something else.")
    written = LedgerEntry.objects.filter(row_id__in=[dispute.pk, event.pk])
    assert written.count() == 2
    assert not any(words in entry.body for entry in written for words in (SAID, "private answer"))


def lines_taken(whose: Customer, by: User) -> list[str]:
    taking = downloads.take(
        whose,
        kind="csv",
        agreements=[agreement.pk for agreement in whose.agreements.all()],
        first_day=date(2026, 6, 28),
        last_day=date(2026, 6, 30),
        by=by,
        via=Via.PORTAL,
        at=NOW,
    )
    return b"".join(taking.pieces).decode().splitlines()[1:]


def test_disputed_days_are_marked_in_her_file_until_it_is_settled(rosa, herself):
    readings(rosa.agreements.get(), first=date(2026, 6, 28))
    day = date(2026, 6, 29)
    dispute = raised(rosa, herself, about(rosa, first_day=day, last_day=day))
    lines = lines_taken(rosa, herself)
    assert len(lines) == 3 * 96
    assert {"disputed" in line for line in lines if ",2026-06-29T" in line[:40]} == {True}
    assert sum("disputed" in line for line in lines) == 96
    step(disputes.close, dispute, alma(), outcome=DisputeEvent.Outcome.EXPLAINED)
    assert not any("disputed" in line for line in lines_taken(rosa, herself))


def test_a_question_about_a_day_does_not_mark_it(rosa, herself):
    readings(rosa.agreements.get(), first=date(2026, 6, 28))
    day = date(2026, 6, 29)
    raised(rosa, herself, about(rosa, first_day=day, last_day=day), kind=Dispute.Kind.QUESTION)
    assert not any("disputed" in line for line in lines_taken(rosa, herself))


@pytest.mark.parametrize("category", ["billing_history", "tou_usage", "demand", "rate_schedule"])
def test_a_dispute_about_something_else_of_these_days_marks_no_reading(rosa, herself, category):
    readings(rosa.agreements.get(), first=date(2026, 6, 28))
    days = {"first_day": date(2026, 6, 28), "last_day": date(2026, 6, 30)}
    raised(rosa, herself, about(rosa, category, **days))
    assert not any("disputed" in line for line in lines_taken(rosa, herself))
    packed = release.stream(
        [(rosa, [rosa.agreements.get()])],
        holding=["interval_usage"],
        counted=Counted(),
        **days,
    )
    assert b"disputed" not in b"".join(packed)
    raised(rosa, herself, about(rosa, "generation_export", **days))
    assert all("disputed" in line for line in lines_taken(rosa, herself))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 7, 1), 1, date(2026, 7, 2)),
        (date(2026, 7, 2), 1, date(2026, 7, 6)),  # Independence Day on a Saturday
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2027, 12, 30), 1, date(2028, 1, 3)),  # New Year's Day 2028 on a Saturday
        (date(2026, 11, 25), 1, date(2026, 11, 27)),
        (date(2026, 1, 16), 1, date(2026, 1, 20)),
    ],
)
def test_holidays_are_no_workdays(start, count, end):
    assert holidays.workdays_after(start, count) == end


def test_the_keys_of_requests_are_hers_alone(rosa, herself):
    luis = customer(LUIS)
    key = UUID(int=7)
    first = raised(rosa, herself, request_key=key)
    second = raised(luis, holder(luis, "luis@example.com"), request_key=key)
    assert first != second
