"""What did not arrive: it goes by the other medium, is sent again, or is looked after (6.2)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notices import answers, messages
from notices.deliveries import envelope
from notices.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryLease,
    EDeliveryConsent,
    PrintedLetter,
    Resolution,
)
from notices.querysets import Deliveries
from usage import claims
from usage.evidence import ERASED, said
from usage.models import Via

if TYPE_CHECKING:
    from prime_portal.models import User

WHY = {
    "no postal address": gettext_lazy("no postal address"),
    "not printed": gettext_lazy("not printed"),
    "returned": gettext_lazy("returned"),
    "no longer by e-mail": gettext_lazy("no longer by e-mail"),
    "the worker went away": gettext_lazy("the worker went away"),
    "not sent": gettext_lazy("not sent"),
    "demand closed": gettext_lazy("the demand was closed before it went, and nothing had left"),
}
"""What the portal itself writes down of a failure. All else is what others said, word for word."""

GIVEN_UP = re.compile(r"given up after (\d+) tries")

OLD_ADDRESS = r"^contact:[^:]+:old:"
"""The key of what tells an old address of the new one."""

FOR_PAPER = Q(kind=Delivery.Kind.CLAIM_CODE) | Q(key__startswith=f"{answers.STEP}:")
"""What no e-mail may carry (5.1): a claim code, and what PRIME answered to a dispute."""


def _is_for_paper(delivery: Delivery) -> bool:
    return Delivery.objects.filter(FOR_PAPER, pk=delivery.pk).exists()


def why(detail: str) -> str:
    """Return what is on record of a failure, in the reader's language where the words are ours."""
    if given_up := GIVEN_UP.fullmatch(detail):
        return _("given up after %(count)s tries") % {"count": given_up[1]}
    word, colon, answer = detail.partition(": ")
    if word in DeliveryEvent.Event.values:
        return f"{DeliveryEvent.Event(word).label}{colon}{answer}"
    return str(WHY.get(detail, said(detail)))


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
    if agreed and not _is_for_paper(delivery):
        return _instead(delivery, Delivery.Medium.EMAIL, key=f"{delivery.key}:email", at=at)
    return None


@transaction.atomic
def call_off(held: Deliveries, *, detail: str, at: datetime) -> int:
    """Stop what is owed and has not gone, because what it says is no longer so. How many.

    Nothing goes in its place. What is on its way goes: an e-mail a worker is handing over, a
    letter the print house has. A letter in a batch that lies here is taken out of it first
    (notices.paper.batches.hand_over).
    """
    chosen = held.owed().order_by("pk").select_for_update(no_key=True)
    locked = list(chosen.values_list("pk", flat=True))
    going = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), closed_at=None)
    gone = PrintedLetter.objects.filter(delivery=OuterRef("pk"), batch__handed_at__isnull=False)
    # Asked again, now that nobody else can begin: what was seen before the lock may be old.
    still = Delivery.objects.owed().filter(~Exists(going), ~Exists(gone), pk__in=locked)
    stopped = list(still.values_list("pk", flat=True))
    DeliveryLease.objects.filter(delivery__in=stopped).delete()
    return Delivery.objects.filter(pk__in=stopped).update(
        failed_at=at, failure=Delivery.Failure.CALLED_OFF, failure_detail=detail
    )


def failed_for_good() -> Deliveries:
    """What reached nobody, and whether a better way came since: `by_email`, `by_letter`.

    Better is where the customer is reached now and nothing has failed: an e-mail address she
    agreed to, or a mailing address, from the roster or from herself. It is read from where things
    went, so it does not matter who changed it, or how.
    """
    failed = Delivery.objects.filter(customer=OuterRef("customer"), failed_at__isnull=False)
    bounced = failed.filter(
        medium=Delivery.Medium.EMAIL,
        recipient=OuterRef("email"),
        failed_at__gte=OuterRef("granted_at"),
    )
    agreed = EDeliveryConsent.objects.open().filter(customer=OuterRef("customer"))
    returned = failed.filter(
        medium=Delivery.Medium.LETTER, recipient__endswith=OuterRef("customer__mailing_address")
    )
    found: Deliveries = Delivery.objects.failed_for_good().annotate(
        by_email=Exists(agreed.filter(~Exists(bounced))) & ~FOR_PAPER,
        by_letter=~Exists(returned) & ~Q(customer__mailing_address=""),
    )
    return found


def can_be_sent_again() -> Deliveries:
    """What reached nobody, of customers for whom a better address came since (6.2).

    Not what told the old address of a new one, which was told as well (notices.contacts), and not
    what was erased.
    """
    return (
        failed_for_good()
        .filter(Q(by_email=True) | Q(by_letter=True))
        .exclude(kind=Delivery.Kind.ALERT, key__regex=OLD_ADDRESS)
        .exclude(content=ERASED.encode())
    )


@transaction.atomic
def send_again(delivery: Delivery, *, by: User, at: datetime) -> Delivery:
    """Owe once more what failed for good, to where the customer is reached now (6.2).

    Staff have found out a better address first: the utility's roster brings it, or the customer
    agrees to e-mail. Where two ways are open, the one that has not failed is taken. Asking twice
    owes it once. ValueError if there is nothing to send again.
    """
    Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    before = Delivery.objects.filter(replaces=delivery, asked_by__isnull=False)
    again: Delivery | None = before.first()
    if again:
        return again
    failed = failed_for_good().filter(pk=delivery.pk).first()
    if failed is None:
        raise ValueError(_("Only what failed for good, and was not looked after, is sent again."))
    if messages.is_erased(delivery):
        raise ValueError(_("What it said was erased."))
    first, times = delivery, 2
    while first.replaces is not None:
        first, times = first.replaces, times + 1
    agreed = EDeliveryConsent.objects.address_of(delivery.customer)
    by_post = not agreed or _is_for_paper(delivery)
    if failed.by_letter and not failed.by_email:
        by_post = True
    medium = Delivery.Medium.LETTER if by_post else Delivery.Medium.EMAIL
    return _instead(delivery, medium, key=f"{first.key}:{times}", at=at, by=by)


@transaction.atomic
def resolve(delivery: Delivery, *, words: str, by: User, at: datetime) -> Resolution:
    """Record what staff did about what failed for good: told in person, nobody to be found …"""
    if not Delivery.objects.failed_for_good().filter(pk=delivery.pk).exists():
        raise ValueError(_("Only what failed for good, and was not looked after, is resolved."))
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
