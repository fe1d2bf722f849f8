"""/healthz, as a monitor reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from notices import deliveries
from notices.models import Delivery
from prime_portal import heartbeats
from tests import builders
from tests.ledger.cast import a_row, seal

pytestmark = pytest.mark.django_db
GREEN = dict.fromkeys(("beat", "worker", "notices", "record", "restored"), "green")


def alive(*, beat: timedelta = timedelta(0), worker: timedelta = timedelta(0)) -> None:
    heartbeats.beat("beat", at=timezone.now() - beat)
    heartbeats.beat("worker", at=timezone.now() - worker)
    seal()


def test_all_is_green_when_both_are_alive_and_nothing_is_overdue(client: Client) -> None:
    alive()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, GREEN)


@pytest.mark.parametrize("silent", ["beat", "worker"])
def test_ten_silent_minutes_are_red(client: Client, silent: str) -> None:
    alive(**{silent: timedelta(minutes=9)})
    assert client.get("/healthz").status_code == 200
    alive(**{silent: timedelta(minutes=10, seconds=1)})
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, GREEN | {silent: "red"})


def test_what_never_lived_is_red(client: Client) -> None:
    assert client.get("/healthz").json()["beat"] == "red"


def test_an_overdue_notice_is_red_until_it_is_sent(client: Client) -> None:
    alive()
    month_ago = timezone.now() - timedelta(days=30)
    builders.notice(at=month_ago)
    builders.customer(at=month_ago)
    deliveries.plan(at=month_ago)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, GREEN | {"notices": "red"})
    Delivery.objects.owed().update(sent_at=timezone.now())
    assert client.get("/healthz").status_code == 200


def test_a_letter_that_failed_for_good_is_red(client: Client) -> None:
    alive()
    month_ago = timezone.now() - timedelta(days=30)
    builders.notice(at=month_ago)
    builders.customer(at=month_ago)
    deliveries.plan(at=month_ago)
    Delivery.objects.owed().update(failed_at=month_ago, failure=Delivery.Failure.RETURNED)
    assert client.get("/healthz").json()["notices"] == "red"


def test_a_customer_nobody_planned_a_notice_for_is_red_after_an_hour(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    builders.notice(at=timezone.now() - timedelta(days=30))
    builders.customer()
    alive()
    assert client.get("/healthz").json()["notices"] == "green", "the planner has an hour"
    time_machine.move_to(timezone.now() + timedelta(hours=1, minutes=1))
    alive()
    assert client.get("/healthz").json()["notices"] == "red"
    deliveries.plan(at=timezone.now())
    assert client.get("/healthz").json()["notices"] == "green"


def test_an_entry_that_waits_for_its_seal_is_red(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    alive()
    a_row()
    assert client.get("/healthz").json()["record"] == "green"
    later = timezone.now() + timedelta(minutes=6)
    time_machine.move_to(later)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, GREEN | {"record": "red"})
    seal()
    assert client.get("/healthz").status_code == 200


def test_it_tells_no_more_than_colors(client: Client) -> None:
    alive()
    assert set(client.get("/healthz").json().values()) <= {"green", "red"}
