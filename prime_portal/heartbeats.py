"""Signs of life of beat, worker and journal, read by /healthz."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from celery.beat import Scheduler as CeleryScheduler
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from prime_portal.models import Heartbeat

logger = logging.getLogger(__name__)


def beat(name: str, *, at: datetime) -> None:
    """Write that `name` ("beat", "worker" or "journal") was alive, or was kept, at `at`."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


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
