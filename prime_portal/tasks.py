"""The worker's sign of life, and the copies only the whole portal can make."""

import logging
import time
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from prime_portal import heartbeats, retention, whole_record
from prime_portal.ledger import journal, publishing, sealing
from usage import preparing

logger = logging.getLogger(__name__)

# Shorter than the broker's visibility timeout, so that a long run is not handed out again.
AT_MOST = 240


@shared_task(name="prime_portal.heartbeat")
def heartbeat(name: str = "worker") -> None:
    """Say that somebody takes what is poked; "reconcile" is a queue of its own."""
    heartbeats.beat(name, at=timezone.now())


@shared_task(name="prime_portal.seal")
def seal() -> None:
    """Give new entries of the record their place and sign the tree, until none is left."""
    until = time.monotonic() + AT_MOST
    try:
        while sealing.seal(key=settings.LEDGER_SIGNING_KEY, at=timezone.now()):
            if time.monotonic() > until:
                return
    except sealing.Broken as broken:
        logger.critical("%s", str(broken))  # our own sentence, which names places alone


@shared_task(name="prime_portal.journal")
def keep_journal() -> None:
    """Copy the record away as it grows, to where a restore finds it; then say that it was done."""
    if settings.JOURNAL_DIR:
        journal.write(Path(settings.JOURNAL_DIR), at=timezone.now())
        heartbeats.beat("journal", at=timezone.now())


@shared_task(name="prime_portal.publish_seal")
def publish_seal() -> None:
    """Publish the seal of the day, once, and mail it to the auditor."""
    publishing.publish(at=timezone.now())
    publishing.mail_to_auditor(at=timezone.now())


@shared_task(name="prime_portal.prepare_downloads")
def prepare_downloads() -> None:
    """Prepare what customers asked for, one after another, until nothing waits."""
    until = time.monotonic() + AT_MOST
    while preparing.prepare_next(clock=timezone.now, makers=whole_record.MAKERS):
        if time.monotonic() > until:
            return


@shared_task(name="prime_portal.remove_downloads")
def remove_downloads() -> None:
    preparing.remove_expired(at=timezone.now())


@shared_task(name="prime_portal.retain")
def retain() -> None:
    """Let go of what is older than its period, on the schedule the City Council approved."""
    if settings.RETENTION_SCHEDULE:
        retention.run(schedule=settings.RETENTION_SCHEDULE, by=None, at=timezone.now())
