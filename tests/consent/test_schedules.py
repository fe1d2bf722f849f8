"""Refreshing: packed again and again, and never longer than she authorizes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent import authorizations, schedules, third_parties
from consent.models import Authorization, Package, Schedule
from consent.schedules import COME_LATE, NotScheduled
from tests import builders
from tests.builders import NOW, TODAY
from usage.models import Via

DAY = timedelta(days=1)


@pytest.fixture
def granted(db: None) -> Authorization:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get(), days=10)
    return builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))


def packed(held: Authorization) -> list[Package]:
    return list(Package.objects.filter(third_party=held.third_party).order_by("prepared_at"))


def test_what_is_new_is_packed_once_a_period(granted: Authorization) -> None:
    schedules.begin(granted, every=Schedule.Every.MONTH, by=builders.alma(), at=NOW)
    assert schedules.pack_due(clock=lambda: NOW) == 1
    assert schedules.pack_due(clock=lambda: NOW) == 0, "once a period"
    (first,) = packed(granted)
    assert (first.first_day, first.last_day) == (granted.history_from, TODAY - DAY)
    assert first.released_at is None, "packing discloses nothing"
    august = NOW + timedelta(days=31)
    assert schedules.pack_due(clock=lambda: NOW + timedelta(days=30)) == 0
    assert schedules.pack_due(clock=lambda: august) == 1
    second = packed(granted)[1]
    assert second.first_day == TODAY - COME_LATE, "readings that came late are in it"
    assert second.last_day == august.date() - DAY


def test_after_cancel_it_cannot_refresh(granted: Authorization) -> None:
    schedule = schedules.begin(granted, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=NOW)
    assert schedules.pack_due(clock=lambda: NOW) == 0
    schedule.refresh_from_db()
    assert schedule.ended_at == NOW
    assert packed(granted) == []
    with pytest.raises(NotScheduled, match=r"6\.10"):
        schedules.begin(granted, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)


def test_after_its_end_it_cannot_refresh(db: None) -> None:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get(), days=10)
    her = builders.holder(rosa, "rosa@example.org")
    held = builders.authorization(rosa, her, ends_on=TODAY + 2 * DAY)
    schedules.begin(held, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    assert schedules.pack_due(clock=lambda: NOW) == 1
    assert schedules.pack_due(clock=lambda: NOW + DAY) == 1
    assert schedules.pack_due(clock=lambda: NOW + 2 * DAY) == 0, "it ends when that day begins"
    with pytest.raises(NotScheduled):
        schedules.begin(held, every=Schedule.Every.DAY, by=builders.alma(), at=NOW + 2 * DAY)


def test_while_stopped_nothing_is_packed_and_later_it_catches_up(granted: Authorization) -> None:
    schedules.begin(granted, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    stopped = builders.stop(granted.third_party)
    assert schedules.pack_due(clock=lambda: NOW) == 0
    assert packed(granted) == []
    third_parties.lift(stopped, reason="test", by=builders.bruno(), at=NOW)
    assert schedules.pack_due(clock=lambda: NOW) == 0, "asked again tomorrow"
    assert schedules.pack_due(clock=lambda: NOW + DAY) == 1
    assert packed(granted)[0].last_day == TODAY


def test_just_once_is_not_refreshed_and_an_ended_refresh_packs_nothing(
    granted: Authorization,
) -> None:
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=NOW)
    once = builders.authorization(granted.customer, granted.granted_by, once=True)
    with pytest.raises(NotScheduled, match="just once"):
        schedules.begin(once, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    authorizations.cancel(once, by=granted.granted_by, via=Via.PORTAL, at=NOW)
    again = builders.authorization(granted.customer, granted.granted_by)
    schedule = schedules.begin(again, every=Schedule.Every.DAY, by=builders.alma(), at=NOW)
    schedules.end(schedule, at=NOW)
    assert schedules.pack_due(clock=lambda: NOW) == 0
