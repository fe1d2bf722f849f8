"""What did not arrive: it goes by the other medium, is sent again, or is looked after (6.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from notices import messages
from notices.deliveries import envelope
from notices.models import Delivery, EDeliveryConsent, Resolution
from usage import claims
from usage.models import Via

if TYPE_CHECKING:
    from prime_portal.models import User


@transaction.atomic
def fail(
    delivery: Delivery, *, failure: Delivery.Failure, detail: str, at: datetime
) -> Delivery | None:
    """Stamp that it did not arrive, and owe it by the other medium. Returns that one, if any.

    Each medium is tried once; then it stays on the staff's list. Nothing that failed ever
    counts as done. That a copy is ready is no letter's news: whoever asked sees it in the
    portal. What was erased meanwhile has nothing left to say.
    """
    stamped = Delivery.objects.filter(pk=delivery.pk, failed_at=None).update(
        failed_at=at, failure=failure, failure_detail=detail[:1000]
    )
    if not stamped or delivery.replaces_id or delivery.kind == Delivery.Kind.READY:
        return None
    if messages.is_erased(delivery):
        return None
    if delivery.medium == Delivery.Medium.EMAIL:
        return _instead(delivery, Delivery.Medium.LETTER, key=f"{delivery.key}:letter", at=at)
    agreed = EDeliveryConsent.objects.address_of(delivery.customer)
    if agreed and delivery.kind != Delivery.Kind.CLAIM_CODE:
        return _instead(delivery, Delivery.Medium.EMAIL, key=f"{delivery.key}:email", at=at)
    return None


@transaction.atomic
def send_again(delivery: Delivery, *, by: User, at: datetime) -> Delivery:
    """Owe once more what failed for good, to where the customer is reached now (6.2).

    Staff have found out a better address first: the utility's roster brings it, or the customer
    agrees to e-mail. ValueError if there is nothing to send again.
    """
    if not Delivery.objects.failed_for_good().filter(pk=delivery.pk).exists():
        raise ValueError("Only what failed for good, and was not looked after, is sent again.")
    if messages.is_erased(delivery):
        raise ValueError("What it said was erased.")
    first, times = delivery, 2
    while first.replaces is not None:
        first, times = first.replaces, times + 1
    agreed = EDeliveryConsent.objects.address_of(delivery.customer)
    by_post = not agreed or delivery.kind == Delivery.Kind.CLAIM_CODE
    medium = Delivery.Medium.LETTER if by_post else Delivery.Medium.EMAIL
    return _instead(delivery, medium, key=f"{first.key}:{times}", at=at, by=by)


@transaction.atomic
def resolve(delivery: Delivery, *, words: str, by: User, at: datetime) -> Resolution:
    """Record what staff did about what failed for good: told in person, nobody to be found …"""
    if not Delivery.objects.failed_for_good().filter(pk=delivery.pk).exists():
        raise ValueError("Only what failed for good, and was not looked after, is resolved.")
    return Resolution.objects.create(
        customer_id=delivery.customer_id, delivery=delivery, words=words, by=by, at=at
    )


def _instead(
    failed: Delivery,
    medium: Delivery.Medium,
    *,
    key: str,
    at: datetime,
    by: User | None = None,
) -> Delivery:
    """Owe the same words in the place of what failed. A claim code only ever travels by post."""
    customer, claim = failed.customer, failed.claim
    if medium == Delivery.Medium.EMAIL:
        to, claim = EDeliveryConsent.objects.address_of(customer) or "", None
    else:
        to = envelope(customer)
        if failed.kind == Delivery.Kind.NEW_ACCOUNT and (claim is None or claim.expires_at <= at):
            claim = claims.issue(customer, via=Via.PAPER, at=at)
    made: Delivery = Delivery.objects.create(
        customer=customer,
        kind=failed.kind,
        key=key,
        notice=failed.notice,
        policy=failed.policy,
        claim=claim,
        medium=medium,
        language=failed.language,
        recipient=to,
        subject=failed.subject,
        content=failed.content,
        replaces=failed,
        asked_by=by,
        owed_at=at,
        due_on=max(failed.due_on, timezone.localdate(at) + timedelta(days=3)),
    )
    return made
