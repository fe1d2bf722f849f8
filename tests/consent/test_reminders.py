"""Before sharing ends, and once a year while it goes on, a customer is told; nothing renews itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from consent import authorizations, reminders
from consent.models import Authorization
from notices.models import Delivery
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage.models import Customer, Via

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


def told(held: Authorization) -> list[str]:
    keys = Delivery.objects.filter(kind=Delivery.Kind.ALERT, key__endswith=str(held.pk))
    return [key.split(":")[0] for key in keys.order_by("owed_at").values_list("key", flat=True)]


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)


def test_she_is_told_thirty_and_seven_days_before_an_end_once_each(
    rosa: Customer, her: User
) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=100))
    for day in range(60, 101):
        reminders.plan(at=days(day))
        assert reminders.plan(at=days(day)) == 0
        expected = ["sharing_ends_30"] * (day >= 70) + ["sharing_ends_7"] * (day >= 93)
        assert told(held) == expected, day
    owed = Delivery.objects.get(key=f"sharing_ends_7:{held.pk}")
    assert "terminará" in owed.subject
    assert b"/es/sharing/new/" in bytes(owed.content)


def test_a_worker_that_slept_tells_only_what_is_still_news(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=100))
    assert reminders.plan(at=days(97)) == 1
    assert told(held) == ["sharing_ends_7"]
    assert reminders.plan(at=days(101)) == 0


@pytest.mark.parametrize(("lasting", "expected"), [(5, []), (20, ["sharing_ends_7"])])
def test_who_chose_a_short_time_is_not_told_what_she_has_just_chosen(
    rosa: Customer, her: User, lasting: int, expected: list[str]
) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=lasting))
    for day in range(lasting + 1):
        reminders.plan(at=days(day))
    assert told(held) == expected


def test_what_was_canceled_is_not_reminded_of(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=100))
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW)
    assert reminders.plan(at=days(80)) == 0


def test_once_a_year_she_hears_that_it_goes_on(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her)
    assert reminders.plan(at=days(364)) == 0
    assert reminders.plan(at=days(365)) == 1
    assert reminders.plan(at=days(500)) == 0
    assert reminders.plan(at=days(366 * 3)) == 1, "three years are over; the second is no news"
    assert told(held) == [
        "sharing_goes_on_1",
        "sharing_goes_on_3",
    ]


def test_she_renews_by_granting_anew_and_the_new_one_takes_its_place(
    rosa: Customer, her: User
) -> None:
    old = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=60))
    with pytest.raises(authorizations.NotGranted):
        builders.authorization(rosa, her, at=days(29))
    new = builders.authorization(rosa, her, at=days(30), ends_on=TODAY + timedelta(days=400))
    old.refresh_from_db()
    assert old.canceled_at == days(30)
    assert list(Authorization.objects.of(rosa).in_force(at=days(31))) == [new]
    assert sorted(old.receipts.values_list("event", flat=True)) == ["canceled", "granted"]


def test_nothing_is_renewed_by_itself(rosa: Customer, her: User) -> None:
    builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=40))
    for day in range(0, 60, 3):
        reminders.plan(at=days(day))
    assert Authorization.objects.count() == 1
    assert not Authorization.objects.in_force(at=days(41)).exists()
