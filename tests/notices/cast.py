"""What the tests of notices build on, beside tests.builders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from notices import edelivery, outbox
from notices.models import Delivery, DeliveryLease, EDeliveryConsent, PrintBatch
from notices.paper import batches
from tests import builders
from tests.builders import NOW, PACIFIC
from usage.models import Customer, Enrollment, Via

EMAIL, LETTER = Delivery.Medium.EMAIL, Delivery.Medium.LETTER


def neighbor(number: int, *, since: date = date(2026, 6, 1), **facts: Any) -> Customer:
    """Return one of many customers PRIME serves, without the detour through a roster."""
    made = Customer.objects.create(
        account_number=f"7100{number:08}",
        name=facts.pop("name", f"Vecina Ejemplo {number}"),
        mailing_address=facts.pop("mailing_address", f"{number} Calle Ficticia\nPico Rivera, CA"),
        mailing_zip="90660",
        **facts,
    )
    Enrollment.objects.create(customer=made, starts_on=since)
    return made


def by_email(customer: Customer, email: str | None = None, at: datetime = NOW) -> EDeliveryConsent:
    return edelivery.agree(
        customer,
        email=email or f"{customer.account_number}@example.com",
        language=customer.language,
        by=builders.alma(),
        via=Via.COUNTER,
        at=at,
    )


def send_all(at: datetime = NOW, *, holder: str = "test") -> int:
    """Send everything that can be sent at this moment, letters up to the print house."""
    sent = 0
    while done := outbox.drain(holder=holder, clock=lambda: at):
        sent += done
    sent += print_all(at)
    for batch in PrintBatch.objects.filter(handed_at=None):
        hand_over(batch, at)
    return sent


def print_all(at: datetime = NOW) -> int:
    """Make print batches of all letters that wait. How many letters are in them."""
    printed = 0
    while done := batches.work(clock=lambda: at):
        printed += done
    return printed


def hand_over(batch: PrintBatch, at: datetime = NOW) -> PrintBatch:
    """Let two people hand a batch over."""
    batches.hand_over(batch, by=builders.alma(), at=at)
    return batches.confirm(batch, by=builders.bruno(), at=at)


def mark_sent(at: datetime) -> None:
    """Stamp all that is owed as sent, as if a worker had done it."""
    Delivery.objects.owed().update(sent_at=at)


def owed(customer: Customer, kind: Delivery.Kind | None = None) -> list[Delivery]:
    rows = Delivery.objects.of(customer).order_by("owed_at", "id")
    return list(rows.filter(kind=kind) if kind else rows)


def leases_run_out() -> None:
    """Let so much time pass that no lease holds any more, but for one somebody sleeps on."""
    with transaction.atomic():
        awake = DeliveryLease.objects.select_for_update(skip_locked=True)
        DeliveryLease.objects.filter(pk__in=list(awake.values_list("pk", flat=True))).update(
            until=NOW - timedelta(days=4000)
        )


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=PACIFIC)


def drain(at: datetime = NOW, holder: str = "one") -> int:
    return outbox.drain(holder=holder, clock=lambda: at)


def batch_files(number: int) -> list[Path]:
    """Where a batch lies: its letters, its manifest, and the hashes of both."""
    folder = Path(settings.LETTERS_DIR)
    return [folder / f"batch-{number:04}{suffix}" for suffix in (".pdf", ".csv", ".sha256")]


def ledger_of(row: UUID) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM ledger.entry WHERE row_id = %s ORDER BY id", [row])
        return [kind for (kind,) in cursor.fetchall()]
