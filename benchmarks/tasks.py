"""The portal's Celery with the benchmarks' tasks beside its own: `celery -A benchmarks.tasks`."""

from __future__ import annotations

import os

import django

django.setup()

from benchmarks.mailing import send_one_task  # noqa: E402, F401 - registered by being imported
from prime_portal.celery import app  # noqa: E402

# Celery ends a task's database connections with it, unless it is told otherwise.
if os.environ.get("KEEP_CONNECTIONS"):
    app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000

__all__ = ["app"]
