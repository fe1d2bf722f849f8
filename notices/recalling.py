"""Knowing a customer again who was welcomed before a restore (6.2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from notices.models import Delivery, Welcomed
from usage.models import Claim

# Only while somebody is waited for: else it would hash every account of the city for nothing.
AGAIN = """
    SELECT welcomed.id, enrollment.customer_id, enrollment.id
    FROM usage_enrollment enrollment
    JOIN usage_customer customer ON customer.id = enrollment.customer_id
    JOIN notices_welcomed welcomed
        ON welcomed.tag = ledger.account_tag(customer.account_number, enrollment.starts_on)
    WHERE enrollment.starts_on <= %s
        AND NOT EXISTS (SELECT FROM notices_delivery WHERE id = welcomed.delivery)
        AND NOT EXISTS (
            SELECT FROM notices_delivery told WHERE told.customer_id = enrollment.customer_id
            AND told.kind = 'new_account' AND told.key = enrollment.id::text)
"""


def recall(*, at: datetime) -> int:
    """Give those who are here again the notice they got, as sent. How many.

    The letter's claim comes with it, so that the code in her hands goes on opening her account.
    """
    return _recall(on=timezone.localdate(at)) if _waited_for() else 0


def _waited_for() -> bool:
    here = Delivery.objects.filter(pk=OuterRef("delivery"))
    return Welcomed.objects.filter(~Exists(here)).exists()


@transaction.atomic
def _recall(*, on: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('notices.recalling'))")
        cursor.execute(AGAIN, [on])
        found = cursor.fetchall()
    for welcomed, customer, enrollment in found:
        _give(Welcomed.objects.get(pk=welcomed), customer=customer, enrollment=enrollment)
    return len(found)


def _give(welcomed: Welcomed, *, customer: UUID, enrollment: UUID) -> None:
    said: dict[str, Any] = dict(welcomed.facts["delivery"])
    if claim := welcomed.facts["claim"]:
        Claim.objects.create(customer_id=customer, **claim)
    Delivery.objects.create(
        pk=welcomed.delivery,
        customer_id=customer,
        kind=Delivery.Kind.NEW_ACCOUNT,
        key=str(enrollment),
        claim_id=claim["id"] if claim else None,
        recipient="",
        **said,
    )
