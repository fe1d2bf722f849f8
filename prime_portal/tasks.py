"""The worker's sign of life."""

from celery import shared_task
from django.utils import timezone

from prime_portal import heartbeats


@shared_task(name="prime_portal.heartbeat")
def heartbeat() -> None:
    heartbeats.beat("worker", at=timezone.now())
