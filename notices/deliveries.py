"""Who is owed an e-mail or a letter, and owing it once (6.2).

Planning asks "who is owed?", never "whose day is it?": a night the worker was down is made
good the next night, and planning twice, late or in parallel owes nothing twice. What is owed
is sent by notices.outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from notices import mail, messages
from notices.models import Delivery, EDeliveryConsent, Notice, Resolution
from usage import claims
from usage.models import Claim, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

DUE_WITHIN = timedelta(days=14)

# A time-ordered id (UUIDv7) of each row, made in the statement that plans it: the milliseconds
# in front of a random id, and its version changed from 4 to 7.
NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(
    int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid"""

# Whoever PRIME serves on that day, how notices reach them, and in which language.
SERVED = """
    SELECT c.id AS customer_id, e.id AS enrollment_id, e.starts_on, c.language,
        CASE WHEN agreed.email IS NULL THEN 'letter' ELSE 'email' END AS medium,
        coalesce(agreed.email, c.name || E'\\n' || c.mailing_address) AS recipient
    FROM usage_enrollment e
    JOIN usage_customer c ON c.id = e.customer_id
    LEFT JOIN notices_edeliveryconsent agreed
        ON agreed.customer_id = c.id AND agreed.withdrawn_at IS NULL
    WHERE e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on > %(on)s)
"""

COLUMNS = "id, customer_id, kind, key, notice_id, medium, language, recipient, subject, owed_at"

# The claim's rows are written from what was really planned, so that a planner who comes
# second leaves no claim behind. A code only ever travels by post.
NEW_ACCOUNTS = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on, claim_id)
        SELECT {NEW_ID}, customer_id, 'new_account', enrollment_id::text, %(notice)s, medium,
            language, recipient, '', %(at)s, %(due)s,
            CASE WHEN medium = 'letter' THEN {NEW_ID} END
        FROM served
        WHERE NOT EXISTS (
            SELECT FROM notices_delivery told WHERE told.customer_id = served.customer_id
            AND told.kind = 'new_account' AND told.key = served.enrollment_id::text)
        ON CONFLICT DO NOTHING
        RETURNING customer_id, claim_id
    ),
    invited AS (
        INSERT INTO usage_claim (id, customer_id, issued_at, expires_at, via)
        SELECT claim_id, customer_id, %(at)s, %(expires)s, 'paper'
        FROM planned WHERE claim_id IS NOT NULL
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

# Eleven months after the last notice went out, so that neither twelve months in a row nor a
# calendar year is ever without one. One still on its way is waited for; one that failed for
# good is tried again after its year.
ANNUAL = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on)
        SELECT {NEW_ID}, customer_id, 'annual', coalesce(told.id, enrollment_id)::text,
            %(notice)s, medium, language, recipient, '', %(at)s,
            (coalesce(told.on_day, starts_on) + interval '1 year')::date
        FROM served
        LEFT JOIN LATERAL (
            SELECT d.id, d.sent_at, d.failed_at,
                (coalesce(d.sent_at, d.owed_at) AT TIME ZONE 'America/Los_Angeles')::date AS on_day
            FROM notices_delivery d
            WHERE d.customer_id = served.customer_id AND d.kind IN ('new_account', 'annual')
            ORDER BY d.owed_at DESC, d.id DESC LIMIT 1
        ) told ON true
        WHERE (told.id IS NULL OR told.sent_at IS NOT NULL OR told.failed_at IS NOT NULL)
            AND (coalesce(told.on_day, starts_on) + interval '11 months')::date <= %(on)s
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

# Every version but the first, in force or coming; whoever was told of it or of a later one in
# another notice already is not told again.
CHANGES = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on)
        SELECT {NEW_ID}, customer_id, 'change', n.id::text, n.id, medium, language, recipient,
            '', %(at)s, CASE WHEN n.effective_on > %(on)s THEN n.effective_on ELSE %(due)s END
        FROM served CROSS JOIN notices_notice n
        WHERE n.published_at <= %(at)s AND n.number >= %(number)s
            AND EXISTS (SELECT FROM notices_notice first WHERE first.number < n.number)
            AND NOT EXISTS (
                SELECT FROM notices_delivery told
                JOIN notices_notice said ON said.id = told.notice_id
                WHERE told.customer_id = served.customer_id AND said.number >= n.number
                AND told.kind IN ('new_account', 'annual', 'change'))
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above


# Whoever was with PRIME before a version of the posted policy takes effect. A newcomer finds it
# posted already; the first version is no change.
POLICIES = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on, policy_id)
        SELECT {NEW_ID}, customer_id, 'policy', p.id::text, NULL, medium, language, recipient,
            '', %(at)s, CASE WHEN p.effective_on > %(on)s THEN p.effective_on ELSE %(due)s END,
            p.id
        FROM served CROSS JOIN notices_postedpolicy p
        WHERE p.published_at <= %(at)s AND served.starts_on < p.effective_on
            AND p.number >= (SELECT coalesce(max(held.number), 0) FROM notices_postedpolicy held
                WHERE held.effective_on <= %(on)s)
            AND EXISTS (SELECT FROM notices_postedpolicy first WHERE first.number < p.number)
            AND NOT EXISTS (
                SELECT FROM notices_delivery told
                JOIN notices_postedpolicy said ON said.id = told.policy_id
                WHERE told.customer_id = served.customer_id AND said.number >= p.number)
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above


def plan_new_accounts(*, at: datetime) -> int:
    """Owe the notice that confirms an account, once for each enrollment (6.2). How many are new.

    A return after opting out is a new enrollment; a new meter, rate or name is none. Letters
    carry a fresh claim. Nothing is owed before a first version of the Notice is in force.
    """
    return _plan(NEW_ACCOUNTS, at=at)


def plan_annual(*, at: datetime) -> int:
    """Owe a notice to every customer not sent one in the past eleven months (6.2)."""
    return _plan(ANNUAL, at=at)


def plan_changes(*, at: datetime) -> int:
    """Tell every customer of a new version of Notice or policy, from its publication on (6.2)."""
    return _plan(CHANGES, POLICIES, at=at)


def plan(*, at: datetime) -> int:
    """Owe whatever is owed now. New accounts first: a new customer is not told twice."""
    return _plan(NEW_ACCOUNTS, ANNUAL, CHANGES, POLICIES, at=at)


def _plan(*statements: str, at: datetime) -> int:
    today = timezone.localdate(at)
    notice = Notice.objects.in_force(on=today)
    if notice is None:
        return 0
    facts: dict[str, Any] = {
        "at": at,
        "on": today,
        "due": today + DUE_WITHIN,
        "expires": at + claims.LIVES,
        "notice": notice.pk,
        "number": notice.number,
    }
    planned = 0
    for statement in statements:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, facts)
            planned += int(cursor.fetchone()[0])
    return planned


def owe(
    customer: Customer,
    *,
    kind: Delivery.Kind,
    key: str,
    name: str,
    context: Mapping[str, Any],
    at: datetime,
    due_on: date,
    notice: Notice | None = None,
    claim: Claim | None = None,
    medium: Delivery.Medium | None = None,
    to: str | None = None,
    language: str | None = None,
) -> Delivery:
    """Owe a customer one message, rendered now from templates/mail/<name>/ and kept.

    Owing the same (customer, kind, key) again returns what is owed already. medium: by
    default e-mail for who agreed to e-mail (R72), else a letter. to: a verified address
    whose owner has just asked for what this confirms, never for a notice; with medium e-mail
    it goes there and nowhere else. language: by default the customer's.
    """
    language = language or customer.language
    consented = EDeliveryConsent.objects.address_of(customer) or to
    if medium is None:
        medium = Delivery.Medium.EMAIL if consented else Delivery.Medium.LETTER
    elif medium == Delivery.Medium.EMAIL and to:
        consented = to
    to = consented or customer.email
    if medium == Delivery.Medium.LETTER or not to:
        medium, to = Delivery.Medium.LETTER, envelope(customer)
    message = mail.render(name, context, language=language)
    owed = Delivery(
        customer=customer,
        kind=kind,
        key=key,
        notice=notice,
        claim=claim,
        medium=medium,
        language=language,
        recipient=to,
        subject=message.subject,
        content=messages.stored(message),
        owed_at=at,
        due_on=due_on,
    )
    Delivery.objects.bulk_create([owed], ignore_conflicts=True)
    found: Delivery = Delivery.objects.get(customer=customer, kind=kind, key=key)
    return found


def owe_claim_code(claim: Claim, *, at: datetime) -> Delivery:
    """Owe the letter that brings a new claim code. Always on paper, to the address on file."""
    customer = claim.customer
    return owe(
        customer,
        kind=Delivery.Kind.CLAIM_CODE,
        key=str(claim.pk),
        name="claim_code",
        context=messages.claim_context(claim, language=customer.language),
        at=at,
        due_on=timezone.localdate(at) + timedelta(days=3),
        claim=claim,
        medium=Delivery.Medium.LETTER,
    )


@transaction.atomic
def fail(
    delivery: Delivery, *, failure: Delivery.Failure, detail: str, at: datetime
) -> Delivery | None:
    """Stamp that it did not arrive, and owe it by the other medium. Returns that one, if any.

    Each medium is tried once; then it stays on the staff's list. Nothing that failed ever
    counts as done. That a copy is ready is no letter's news: whoever asked sees it in the
    portal.
    """
    stamped = Delivery.objects.filter(pk=delivery.pk, failed_at=None).update(
        failed_at=at, failure=failure, failure_detail=detail[:1000]
    )
    if not stamped or delivery.replaces_id or delivery.kind == Delivery.Kind.READY:
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


def envelope(customer: Customer) -> str:
    """The lines of the address window."""
    return f"{customer.name}\n{customer.mailing_address}".strip()
