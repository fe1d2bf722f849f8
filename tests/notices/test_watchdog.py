"""Who lacks a notice they are owed is counted, whichever it is that nobody planned (6.2)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from notices import deliveries, due, failures, watchdog
from notices.models import Delivery
from notices.writing import publishing
from tests import builders
from tests.builders import PACIFIC
from tests.notices.cast import by_email, mark_sent, neighbor, owed
from usage.models import Customer, Enrollment

pytestmark = pytest.mark.django_db

Kind, Failure = Delivery.Kind, Delivery.Failure


@pytest.fixture
def later(db: None) -> datetime:
    """A moment two hours from now: whatever a test makes is older by then than the grace."""
    builders.notice(at=timezone.now() - timedelta(days=400))
    policy(timezone.now() - timedelta(days=400))
    return timezone.now() + timedelta(hours=2)


@pytest.fixture
def rosa(later: datetime) -> Customer:
    """A customer for half a year, who was sent all there is."""
    made = neighbor(1, since=timezone.localdate() - timedelta(days=180))
    then = timezone.now() - timedelta(days=180)
    deliveries.plan(at=then)
    mark_sent(then)
    return made


def policy(at: datetime) -> None:
    publishing.publish(
        builders.policy_draft(),
        facts=builders.facts_for_notice(),
        effective_on=timezone.localdate(at),
        changes_en="We say how long.",
        changes_es="Decimos por cuánto tiempo.",
        by=builders.bruno(),
        at=at,
    )


def plan_without(monkeypatch: pytest.MonkeyPatch, statement: str, *, at: datetime) -> None:
    """Plan as a planner does that forgets one kind of notice."""
    with monkeypatch.context() as patch:
        patch.setattr(due, statement, "SELECT 0")
        deliveries.plan(at=at)


def comes_back(customer: Customer) -> None:
    today = timezone.localdate()
    customer.enrollments.update(ends_on=today - timedelta(days=30))
    Enrollment.objects.create(customer=customer, starts_on=today)


def changes_the_notice(_customer: Customer) -> None:
    builders.notice(at=timezone.now())


def changes_the_policy(_customer: Customer) -> None:
    policy(timezone.now())


def test_whoever_was_sent_all_there_is_lacks_nothing(rosa, later) -> None:
    assert watchdog.forgotten(at=later) == 0


@pytest.mark.parametrize(
    ("happens", "statement", "kind"),
    [
        pytest.param(comes_back, "NEW_ACCOUNTS", Kind.NEW_ACCOUNT, id="a-return"),
        pytest.param(changes_the_notice, "CHANGES", Kind.CHANGE, id="a-new-notice"),
        pytest.param(changes_the_policy, "POLICIES", Kind.POLICY, id="a-new-policy"),
    ],
)
def test_a_notice_that_nobody_plans_is_missed_and_found_once_it_is(
    rosa, later, monkeypatch, happens: Any, statement: str, kind: Kind
) -> None:
    happens(rosa)
    plan_without(monkeypatch, statement, at=later)
    assert len(owed(rosa)) == 1
    assert watchdog.forgotten(at=later) == 1
    assert deliveries.plan(at=later) == 1
    assert owed(rosa)[-1].kind == kind
    assert watchdog.forgotten(at=later) == 0


def test_a_year_without_a_notice_is_missed(rosa, later, monkeypatch) -> None:
    at = timezone.now() + timedelta(days=200)
    plan_without(monkeypatch, "ANNUAL", at=at)
    assert watchdog.forgotten(at=at) == 1
    deliveries.plan(at=at)
    assert owed(rosa)[-1].kind == Kind.ANNUAL
    assert watchdog.forgotten(at=at) == 0


@pytest.mark.parametrize("happens", [comes_back, changes_the_notice, changes_the_policy])
def test_what_failed_and_nobody_looked_after_is_no_notice(rosa, later, happens: Any) -> None:
    happens(rosa)
    deliveries.plan(at=later)
    letter = owed(rosa)[-1]
    failures.fail(letter, failure=Failure.RETURNED, detail="moved", at=later)
    assert watchdog.forgotten(at=later) == 1
    failures.resolve(letter, words="Told at the counter.", by=builders.alma(), at=later)
    assert watchdog.forgotten(at=later) == 0


def test_what_goes_in_the_place_of_what_failed_is_one(rosa, later) -> None:
    by_email(rosa, "rosa@example.com")
    comes_back(rosa)
    deliveries.plan(at=later)
    failures.fail(owed(rosa)[-1], failure=Failure.PERMANENT, detail="no such box", at=later)
    letter = owed(rosa)[-1]
    assert letter.replaces
    assert watchdog.forgotten(at=later) == 0
    failures.fail(letter, failure=Failure.RETURNED, detail="moved", at=later)
    assert watchdog.forgotten(at=later) == 1


@pytest.mark.parametrize("happens", [comes_back, changes_the_notice, changes_the_policy])
def test_the_planner_has_an_hour(rosa, happens: Any) -> None:
    happens(rosa)
    assert watchdog.forgotten(at=timezone.now() + timedelta(minutes=30)) == 0
    assert watchdog.forgotten(at=timezone.now() + timedelta(minutes=90)) == 1


def test_the_planner_has_an_hour_from_the_midnight_an_enrollment_begins_too(rosa) -> None:
    begins = timezone.localdate() + timedelta(days=2)
    neighbor(2, since=begins)
    midnight = datetime.combine(begins, time.min, tzinfo=PACIFIC)
    assert watchdog.forgotten(at=midnight + timedelta(minutes=30)) == 0
    assert watchdog.forgotten(at=midnight + timedelta(minutes=90)) == 1


def test_a_newcomer_is_told_of_no_policy_she_found_posted(rosa, later) -> None:
    changes_the_policy(rosa)
    neighbor(2, since=timezone.localdate())
    deliveries.plan(at=later)
    assert watchdog.forgotten(at=later) == 0
    assert Delivery.objects.filter(kind=Kind.POLICY).count() == 1


def test_whoever_is_served_no_more_lacks_nothing(rosa, later) -> None:
    changes_the_notice(rosa)
    assert watchdog.forgotten(at=later) == 1
    rosa.enrollments.update(ends_on=timezone.localdate())
    assert watchdog.forgotten(at=later) == 0


def test_a_customer_who_lacks_several_is_counted_once(rosa, later) -> None:
    for happens in (comes_back, changes_the_notice, changes_the_policy):
        happens(rosa)
    assert watchdog.forgotten(at=later) == 1
