"""Celery only pokes: months made ahead, the drop folder looked at, old uploads removed."""

from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from usage import dropping, uploads

MONTHS_AHEAD = timedelta(days=92)


@shared_task(name="usage.make_months")
def make_months() -> None:
    """Make room for this month and the next three, so that no import waits for a lock."""
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_make_months(%s, %s)", [today, today + MONTHS_AHEAD])


@shared_task(name="usage.watch_drop")
def watch_drop() -> None:
    """Take in what lies in the drop folder, if there is one."""
    if settings.DROP_DIR:
        dropping.watch(Path(settings.DROP_DIR), clock=timezone.now)


@shared_task(name="usage.remove_uploads")
def remove_uploads() -> None:
    uploads.remove_old(at=timezone.now())
