"""Celery only pokes: rows in PostgreSQL say what is owed. Each task may run twice or be missed."""

import os
import socket
import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from notices import answers, codes, deliveries, outbox, ready, staff_mail, training_news
from notices.paper import batches

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
    """Send chunk after chunk of e-mails until nothing is left to send now."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    _until_nothing_is_left(lambda: outbox.drain(holder=holder, clock=timezone.now))


@shared_task(name="notices.print")
def print_letters() -> None:
    """Make and seal print batches until no letter waits that is to go now."""
    _until_nothing_is_left(lambda: batches.work(clock=timezone.now))


def _until_nothing_is_left(work: Callable[[], int]) -> None:
    until = time.monotonic() + AT_MOST
    while work() and time.monotonic() < until:
        pass


@shared_task(name="notices.reconcile")
def reconcile() -> None:
    outbox.reconcile(at=timezone.now())


@shared_task(name="notices.tell_staff")
def tell_staff() -> None:
    """Send the mails PRIME's own staff are owed, the reminders of training among them."""
    training_news.plan(at=timezone.now())
    staff_mail.drain(clock=timezone.now)
