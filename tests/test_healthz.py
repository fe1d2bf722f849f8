"""/healthz, as a monitor reads it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from notices import deliveries
from notices.models import Delivery
from prime_portal import heartbeats, tasks
from prime_portal.ledger import publishing
from tests import builders
from tests.conftest import ROOT
from tests.ledger.cast import a_row, seal
from usage.frozen import freeze
from usage.tasks import make_months

pytestmark = pytest.mark.django_db
GREEN = dict.fromkeys(
    ("beat", "worker", "tasks", "notices", "record", "seal", "journal", "restored"), "green"
)


def alive(**silent: timedelta) -> None:
    """Each was heard of just now, or so long ago."""
    for name in ("beat", "worker", "reconcile", "journal"):
        heartbeats.beat(name, at=timezone.now() - silent.get(name, timedelta(0)))
    seal()


def test_all_is_green_when_both_are_alive_and_nothing_is_overdue(client: Client) -> None:
    alive()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, GREEN)


@pytest.mark.parametrize("silent", ["beat", "worker", "journal"])
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


def test_a_day_without_a_published_seal_is_red_and_a_frozen_portal_owes_none(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    alive()
    publishing.publish(at=timezone.now())
    time_machine.move_to(timezone.now() + publishing.PUBLISHED_WITHIN - timedelta(minutes=1))
    alive()
    assert client.get("/healthz").json() == GREEN
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    alive()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, GREEN | {"seal": "red"})
    publishing.publish(at=timezone.now())
    alive()
    assert client.get("/healthz").json() == GREEN
    time_machine.move_to(timezone.now() + timedelta(days=3))
    alive()
    freeze()
    assert client.get("/healthz").json() == GREEN | {"restored": "red"}


def test_a_seal_that_was_never_published_is_red_after_a_day(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    a_row()
    alive()
    assert client.get("/healthz").json()["seal"] == "green"
    time_machine.move_to(timezone.now() + publishing.PUBLISHED_WITHIN)
    alive()
    assert client.get("/healthz").json()["seal"] == "red"


def test_a_journal_that_is_kept_is_heard_of(client: Client, tmp_path: Path, settings: Any) -> None:
    """A disk that is away must not be found out by the restore that needs it."""
    alive(journal=timedelta(hours=1))
    settings.JOURNAL_DIR = str(tmp_path / "journal")
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(OSError, match="journal"):
        tasks.keep_journal()
    assert client.get("/healthz").json()["journal"] == "red"
    (tmp_path / "journal").unlink()
    tasks.keep_journal()
    assert client.get("/healthz").json() == GREEN


def test_a_frozen_portal_keeps_no_journal_and_is_red_for_its_own_reason(client: Client) -> None:
    alive(journal=timedelta(hours=1))
    freeze()
    assert client.get("/healthz").json() == GREEN | {"restored": "red"}


def test_a_task_that_fails_is_red_after_ten_minutes_and_until_it_has_worked(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    """Told as the worker tells it: one failure that the next run mends wakes nobody."""
    months, copies = make_months, tasks.remove_downloads
    months.on_failure(ValueError(), "id", [], {}, None)
    time_machine.move_to(timezone.now() + timedelta(minutes=9))
    alive()
    copies.on_failure(ValueError(), "id", [], {}, None)
    assert client.get("/healthz").json() == GREEN
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    months.on_failure(ValueError(), "id", [], {}, None)
    copies.on_success(None, "id", [], {})
    alive()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, GREEN | {"tasks": "red"})
    months.on_success(None, "id", [], {})
    assert client.get("/healthz").json() == GREEN


def test_a_queue_nobody_takes_from_is_red(client: Client) -> None:
    alive(reconcile=timedelta(minutes=10, seconds=1))
    assert client.get("/healthz").json() == GREEN | {"worker": "red"}


# -- Whoever is called --------------------------------------------------------------------------


def paragraphs() -> dict[str, str]:
    """Return what docs/operations.md says of each line, by its name."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    (about,) = re.findall(r"^## At two in the morning.*?(?=^##)", guide, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^- \*\*(\w+)\*\*(.*?)(?=^- |^\S|\Z)", about, re.MULTILINE | re.DOTALL))


def test_each_line_has_its_paragraph_for_whoever_is_called(client: Client) -> None:
    assert set(paragraphs()) == set(client.get("/healthz").json()) | {"database"}


@pytest.mark.parametrize("line", [*GREEN, "database"])
def test_each_paragraph_says_what_to_type_or_whom_to_call(line: str) -> None:
    said = " ".join(paragraphs()[line].split())
    assert re.search(r"`(systemctl|journalctl|prime-manage|df) |call ", said), said


def test_the_database_that_does_not_answer_is_a_line_of_its_own(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_when: Any) -> int:
        raise OperationalError

    monkeypatch.setattr("notices.watchdog.overdue", fail)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"database": "red"})


def test_it_tells_no_more_than_colors(client: Client) -> None:
    alive()
    assert set(client.get("/healthz").json().values()) <= {"green", "red"}
