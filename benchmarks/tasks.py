"""The portal's Celery with the benchmarks' tasks beside its own: `celery -A benchmarks.tasks`."""

from __future__ import annotations

import django

django.setup()

from benchmarks.mailing import send_one_task  # noqa: E402, F401 - registered by being imported
from prime_portal.celery import app  # noqa: E402

__all__ = ["app"]
