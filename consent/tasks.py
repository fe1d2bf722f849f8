"""Celery only pokes: the rows say what is due. Each task may run twice or be missed."""

from celery import shared_task
from django.utils import timezone

from consent import (
    attestations,
    incidents,
    kept_copies,
    legal,
    paper_forms,
    receipts,
    reminders,
    schedules,
    telling,
    withdrawals,
)


@shared_task(name="consent.refresh")
def refresh() -> None:
    schedules.pack_due(clock=timezone.now)


@shared_task(name="consent.tell_withdrawals")
def tell_withdrawals() -> None:
    withdrawals.tell(at=timezone.now())


@shared_task(name="consent.tell_of_stops")
def tell_of_stops() -> None:
    """Tell customers of third parties that were stopped, and of stops that were lifted."""
    telling.plan(at=timezone.now())
    telling.tell_staff(at=timezone.now())


@shared_task(name="consent.call_off")
def call_off() -> None:
    """Stop what is still owed of demands that are closed."""
    legal.call_off(at=timezone.now())


@shared_task(name="consent.remove_packages")
def remove_packages() -> None:
    kept_copies.remove_expired(at=timezone.now())


@shared_task(name="consent.give_ended")
def give_ended() -> None:
    """Give receipts of what ended by itself."""
    receipts.give_ended(at=timezone.now())


@shared_task(name="consent.keep_forms")
def keep_forms() -> None:
    """Write down how the forms on paper are worded, where it is new."""
    paper_forms.keep(at=timezone.now())


@shared_task(name="consent.remind")
def remind() -> None:
    """Tell customers before sharing ends and that it goes on; staff before attestations end."""
    reminders.plan(at=timezone.now())
    attestations.remind(at=timezone.now())


@shared_task(name="consent.owe_breach_letters")
def owe_breach_letters() -> None:
    incidents.owe(at=timezone.now())
