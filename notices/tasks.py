"""Celery only pokes: rows in PostgreSQL say what is owed. Each task may run twice or be missed."""

import os
import socket
import time

from celery import shared_task
from django.utils import timezone

from notices import answers, codes, deliveries, outbox, ready
from notices.models import Delivery

# Shorter than the broker's visibility timeout, so that a long run is not handed out again.
AT_MOST = 240


@shared_task(name="notices.plan")
def plan() -> None:
    deliveries.plan(at=timezone.now())


@shared_task(name="notices.answer")
def answer() -> None:
    """Tell customers what became of their disputes."""
    answers.plan(at=timezone.now())


@shared_task(name="notices.answer_code_requests")
def answer_code_requests() -> None:
    codes.plan(at=timezone.now())


@shared_task(name="notices.tell_ready")
def tell_ready() -> None:
    """Tell whoever asked for a copy that it is there."""
    ready.plan(at=timezone.now())


@shared_task(name="notices.drain")
def drain() -> None:
    """Send chunk after chunk until nothing is left to send now."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    until = time.monotonic() + AT_MOST
    for medium in Delivery.Medium:
        while outbox.drain(medium, holder=holder, clock=timezone.now):
            if time.monotonic() > until:
                return


@shared_task(name="notices.reconcile")
def reconcile() -> None:
    outbox.reconcile(at=timezone.now())
