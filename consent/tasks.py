"""Celery only pokes: refreshes packed, third parties told, what waited too long removed."""

from celery import shared_task
from django.utils import timezone

from consent import kept_copies, schedules, withdrawals


@shared_task(name="consent.refresh")
def refresh() -> None:
    schedules.pack_due(clock=timezone.now)


@shared_task(name="consent.tell_withdrawals")
def tell_withdrawals() -> None:
    withdrawals.tell(at=timezone.now())


@shared_task(name="consent.remove_packages")
def remove_packages() -> None:
    kept_copies.remove_expired(at=timezone.now())
