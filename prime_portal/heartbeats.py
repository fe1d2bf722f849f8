"""Signs of life of beat, worker and journal, and which task fails, read by /healthz."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from celery.beat import Scheduler as CeleryScheduler
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from prime_portal.frozen import WaitsWhileFrozen
from prime_portal.models import Heartbeat

logger = logging.getLogger(__name__)

FAILING = "failing "
"""Before the name of a task that has failed since, and at its last run."""


def beat(name: str, *, at: datetime) -> None:
    """Write that `name` ("beat", "worker", "reconcile" or "journal") was alive, or was kept."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def failing_since(beats: dict[str, datetime]) -> list[datetime]:
    """Since when each task fails that fails, of the heartbeats by name."""
    return [at for name, at in beats.items() if name.startswith(FAILING)]


def worked(task: str) -> None:
    """Forget that the task of this name failed."""
    Heartbeat.objects.filter(name=f"{FAILING}{task}").delete()


class Poked(WaitsWhileFrozen):
    """A task beat pokes: it waits while the portal is frozen, and is known while it fails."""

    abstract = True

    def on_failure(self, *_what: Any, **_how: Any) -> None:
        """Write when it began to fail. Without the database, which is red itself, it is not."""
        try:
            began = {"at": timezone.now()}
            Heartbeat.objects.get_or_create(name=f"{FAILING}{self.name}", defaults=began)
        except DatabaseError as error:
            logger.error("That %s fails was not written: %s", self.name, type(error).__name__)

    def on_success(self, *_what: Any, **_how: Any) -> None:
        try:
            worked(self.name)
        except DatabaseError as error:
            logger.error("That %s works was not written: %s", self.name, type(error).__name__)


class Scheduler(CeleryScheduler):
    """Celery's in-memory timetable, which also says that it is alive.

    It goes on without the database: the worker is poked, and finds it back as soon as it is.
    In memory, because nothing is lost with it: every task asks what is due, not what day it is.
    """

    def setup_schedule(self) -> None:
        """Start with everything due: after an outage nothing waits for its next turn."""
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = timezone.now() - timedelta(days=2)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        super().apply_entry(entry, producer)
        close_old_connections()
        try:
            beat("beat", at=timezone.now())
        except DatabaseError as error:
            logger.error("No sign of life was written, and beat goes on: %s", error)
