"""A few rows of evidence, and the seal over them."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from notices.models import Delivery
from prime_portal.ledger import sealing
from prime_portal.models import LedgerEntry, User
from usage.models import Access, Customer, Purpose


def a_row() -> Purpose:
    """Write one row of evidence, and so one entry."""
    return Purpose.objects.create(key=str(uuid4()), recorded_at=timezone.now())


def a_private_row(proof: str = "letter of Rosa Ejemplo") -> Access:
    """Write one row with a private column."""
    number = uuid4().int % 10**12
    customer = Customer.objects.create(
        account_number=f"{number:012}",
        name="Rosa Ejemplo",
        mailing_address="Rosa Ejemplo\n1 Calle Ficticia",
        mailing_zip="90660",
    )
    return Access.objects.create(
        user=User.objects.create_user(f"{number}@example.org"),
        customer=customer,
        capacity="holder",
        proof=proof,
        starts_at=timezone.now(),
    )


def a_failed_delivery() -> Delivery:
    """Write one row with several private columns, stamped twice; one stamp is private too."""
    now = timezone.now()
    row = Delivery.objects.create(
        customer=a_private_row().customer,
        kind=Delivery.Kind.ALERT,
        key=str(uuid4()),
        medium=Delivery.Medium.EMAIL,
        language="es",
        recipient="rosa@example.org",
        subject="Aviso: “se cambió” algo",
        content=b"\x00body",
        owed_at=now,
        due_on=now.date(),
    )
    Delivery.objects.filter(pk=row.pk).update(sent_at=now)
    Delivery.objects.filter(pk=row.pk).update(
        failed_at=now, failure=Delivery.Failure.PERMANENT, failure_detail="550 no such user"
    )
    return row


def entry_of(row: Purpose | Access) -> LedgerEntry:
    return LedgerEntry.objects.filter(row_id=row.pk).latest("id")


def seal() -> int:
    return sealing.seal(key=settings.LEDGER_SIGNING_KEY, at=timezone.now())


def seal_until(moved: Callable[[], bool]) -> None:
    """The mark waits for every transaction of the server, also those of tests beside this one."""
    until = time.monotonic() + 60
    while not moved():
        assert time.monotonic() < until, "the mark does not move"
        seal()
        time.sleep(0.05)


def mark() -> tuple[int, int]:
    """Up to which entry all are sealed, and which number was drawn last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT placed, drawn FROM ledger.mark")
        placed, drawn = cursor.fetchone()
    return placed, drawn
