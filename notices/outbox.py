"""Sending e-mails that are owed, so that a worker killed at any instant loses nothing (6.2).

Rows are the queue. A worker leases some deliveries, opens an attempt for one and commits it,
sends, then closes the attempt, stamps the delivery and opens the next attempt in one statement.
Killed before the attempt: the lease runs out and another worker takes it. Killed after: the
attempt stays open, and `reconcile` settles it. So a copy can be sent twice only if it was on its
way at that very instant, and then it carries the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.models import Q
from uuid_utils.compat import uuid7

from notices import failures, mail, pauses
from notices.carriers import Outcome, Relay, Result
from notices.models import Delivery, DeliveryAttempt, DeliveryLease
from usage.frozen import frozen

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

LEASE = timedelta(minutes=5)
CHUNK = 100
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720)]
GIVE_UP_AFTER = 12  # tries; with these pauses, some four days

# The row lock keeps two workers off the same rows; whoever comes second to a lease that is
# already held gets nothing back.
TAKE = """
    WITH due AS (
        SELECT d.id FROM notices_delivery d
        LEFT JOIN notices_deliverylease held ON held.delivery_id = d.id
        WHERE d.sent_at IS NULL AND d.failed_at IS NULL AND d.medium = 'email'
            AND (held.until IS NULL OR held.until <= %(at)s)
            AND NOT EXISTS (SELECT FROM notices_deliveryattempt opened
                WHERE opened.delivery_id = d.id AND opened.closed_at IS NULL)
        ORDER BY d.id LIMIT %(limit)s
        FOR UPDATE OF d SKIP LOCKED
    )
    INSERT INTO notices_deliverylease AS held (delivery_id, holder, until, tries)
    SELECT id, %(holder)s, %(until)s, 0 FROM due
    ON CONFLICT (delivery_id) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE held.until <= %(at)s
    RETURNING delivery_id
"""

# Between two e-mails there is one statement, so one round trip and one commit: it closes the
# attempt the relay took, and opens the next. The next delivery is locked first: whoever falls
# asleep here is passed over, and blocks nobody. It is opened only while it is owed and leased to
# this worker, and not where another's attempt is open: then it is that one's.
HAND_ON = """
    WITH closed AS (
        UPDATE notices_deliveryattempt
        SET closed_at = %(at)s, outcome = 'accepted', sha256 = %(sha256)s
        WHERE id = %(taken_attempt)s AND closed_at IS NULL
    ),
    stamped AS (
        UPDATE notices_delivery SET sent_at = %(at)s
        WHERE id = %(taken)s AND sent_at IS NULL AND failed_at IS NULL
    ),
    let_go AS (
        DELETE FROM notices_deliverylease WHERE delivery_id = %(taken)s AND holder = %(holder)s
    ),
    owed AS (
        SELECT id FROM notices_delivery
        WHERE id = %(next)s AND sent_at IS NULL AND failed_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    ),
    held AS (
        UPDATE notices_deliverylease SET until = %(until)s FROM owed
        WHERE delivery_id = owed.id AND holder = %(holder)s AND until > %(at)s
        RETURNING delivery_id
    )
    INSERT INTO notices_deliveryattempt AS opened (id, customer_id, delivery_id, holder, opened_at)
    SELECT %(attempt)s, %(customer)s, delivery_id, %(holder)s, %(at)s FROM held
    ON CONFLICT DO NOTHING
    RETURNING (SELECT email FROM notices_edeliveryconsent agreed
        WHERE agreed.customer_id = opened.customer_id AND agreed.withdrawn_at IS NULL)
"""


@dataclass(frozen=True)
class Opened:
    """An attempt that may begin. agreed: where its customer agrees to get e-mail right now."""

    attempt: DeliveryAttempt
    agreed: str | None


def lease(*, limit: int, holder: str, at: datetime) -> list[UUID]:
    """Take up to `limit` owed e-mails for this worker, oldest first, for five minutes."""
    # Durable, and so are the commits that follow: nobody drains inside a transaction.
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(TAKE, {"at": at, "until": at + LEASE, "holder": holder, "limit": limit})
        return sorted(row[0] for row in cursor.fetchall())


def drain(*, holder: str, clock: Clock, limit: int = CHUNK) -> int:
    """Send a chunk of what is owed by e-mail. How many were dealt with.

    0 means that there is nothing to do now: all is sent, the relay does not answer, or the portal
    is frozen.
    """
    if frozen() or pauses.holds(Delivery.Medium.EMAIL):
        return 0
    taken = lease(limit=limit, holder=holder, at=clock())
    if not taken:
        return 0
    owed = Delivery.objects.filter(pk__in=taken).prefetch_related("notice", "policy")
    done, went = 0, None
    with Relay() as relay:
        try:
            for delivery in owed.order_by("id"):
                if not relay.ready():
                    # No fault of any delivery, so it counts against none: let go of all that
                    # did not go, until the relay may be back.
                    mine = DeliveryLease.objects.filter(delivery__in=taken, holder=holder)
                    if went:
                        mine = mine.exclude(delivery=went[0].delivery_id)
                    mine.update(holder="", until=clock() + PAUSES[0])
                    break
                opened = open_attempt(delivery, holder=holder, at=clock(), went=went)
                went = None
                if opened is None:
                    continue
                result = _carry(relay, delivery, agreed=opened.agreed)
                done += 1
                if result.outcome == Outcome.ACCEPTED:
                    went = (opened.attempt, result)
                else:
                    settle(opened.attempt, result, at=clock())
        finally:
            if went:
                settle(*went, at=clock())
    return done


def open_attempt(
    delivery: Delivery,
    *,
    holder: str,
    at: datetime,
    went: tuple[DeliveryAttempt, Result] | None = None,
) -> Opened | None:
    """Commit that this delivery is about to go out. None if the lease is no longer ours.

    went: what the relay took just before, which is settled by the same statement.
    """
    attempt = DeliveryAttempt(
        id=uuid7(),
        customer_id=delivery.customer_id,
        delivery=delivery,
        holder=holder,
        opened_at=at,
    )
    before, result = went or (None, None)
    facts = {
        "at": at,
        "until": at + LEASE,
        "holder": holder,
        "taken_attempt": before and before.pk,
        "taken": before and before.delivery_id,
        "sha256": result and result.sha256,
        "next": delivery.pk,
        "attempt": attempt.pk,
        "customer": delivery.customer_id,
    }
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(HAND_ON, facts, prepare=True).fetchone()
    return Opened(attempt, agreed=row[0]) if row else None


def _carry(relay: Relay, delivery: Delivery, *, agreed: str | None) -> Result:
    """Hand one delivery over. One that cannot be rendered must not stop the others."""
    try:
        return relay.carry(delivery, agreed=agreed)
    except Exception as error:
        # The kind of error only: its words may quote what was to be sent.
        logger.error("Delivery %s: %s.", delivery.pk, type(error).__name__)
        return Result(Outcome.UNREACHABLE, type(error).__name__)


@transaction.atomic
def settle(attempt: DeliveryAttempt, result: Result, *, at: datetime) -> None:
    """Close an attempt with what came of it, and stamp or pause its delivery."""
    delivery = attempt.delivery
    closed = DeliveryAttempt.objects.filter(pk=attempt.pk, closed_at=None).update(
        closed_at=at,
        outcome=result.outcome,
        answer=result.answer[:1000] or None,
        sha256=result.sha256,
    )
    lease_held = DeliveryLease.objects.filter(delivery=delivery, holder=attempt.holder)
    if result.outcome == Outcome.ACCEPTED:
        Delivery.objects.owed().filter(pk=delivery.pk).update(sent_at=at)
        lease_held.delete()
    elif not closed:
        return  # we slept past our lease, and it was settled without us
    elif result.outcome == Outcome.REFUSED:
        failures.fail(delivery, failure=result.failure, detail=result.answer, at=at)
        lease_held.delete()
    elif held := lease_held.select_for_update().first():
        _pause(delivery, held, at=at)


def _pause(delivery: Delivery, held: DeliveryLease, *, at: datetime) -> None:
    """Let some time pass before the next try, longer each time; at last give up aloud."""
    held.tries += 1
    if held.tries >= GIVE_UP_AFTER:
        detail = f"given up after {held.tries} tries"
        failures.fail(delivery, failure=Delivery.Failure.TECHNICAL, detail=detail, at=at)
        held.delete()
        return
    held.holder = ""
    held.until = at + PAUSES[min(held.tries, len(PAUSES)) - 1]
    held.save()


def reconcile(*, at: datetime, ask: Callable[[str], bool | None] | None = None) -> int:
    """Settle attempts whose worker went away between opening and closing. How many.

    ask: a relay that can say whether it took a Message-ID (None: it cannot tell). What it
    took is sent; everything else is sent again, with the same Message-ID.
    """
    left = DeliveryAttempt.objects.filter(
        Q(delivery__lease=None) | Q(delivery__lease__until__lte=at), closed_at=None
    ).select_related("delivery__customer")
    settled = 0
    for attempt in left.order_by("id")[:500]:
        with transaction.atomic():
            mine = DeliveryAttempt.objects.filter(pk=attempt.pk, closed_at=None)
            if not mine.select_for_update(skip_locked=True).exists():
                continue  # its worker fell asleep while it closed it; or it was closed just now
            arrived = ask(mail.message_id(attempt.delivery_id)) if ask else None
            outcome = Outcome.ACCEPTED if arrived else Outcome.UNKNOWN
            settle(attempt, Result(outcome, "the worker went away"), at=at)
            settled += 1
    return settled
