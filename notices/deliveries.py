"""Who is owed an e-mail or a letter, and owing it once (6.2).

Planning asks "who is owed?", never "whose day is it?": a night the worker was down is made
good the next night, and planning twice, late or in parallel owes nothing twice. What is owed
is sent by notices.outbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from notices import due, mail, messages, recalling
from notices.models import (
    Delivery,
    Document,
    EDeliveryConsent,
    Notice,
    NoticeDraft,
    PostedPolicy,
)
from usage import claims
from usage.models import Claim, Customer

DUE_WITHIN = timedelta(days=14)


def plan_new_accounts(*, at: datetime) -> int:
    """Owe the notice that confirms an account, once for each enrollment (6.2). How many are new.

    A return after opting out is a new enrollment; a new meter, rate or name is none. Letters
    carry a fresh claim. Nothing is owed before a first version of the Notice is in force, nor to
    whom a restore knows to be welcomed already.
    """
    recalling.recall(at=at)
    return _plan(due.NEW_ACCOUNTS, at=at)


def plan_annual(*, at: datetime) -> int:
    """Owe a notice to every customer not sent one in the past eleven months (6.2)."""
    return _plan(due.ANNUAL, at=at)


def plan_changes(*, at: datetime) -> int:
    """Tell every customer of a new version of Notice or policy, from its publication on (6.2)."""
    return _plan(due.CHANGES, due.POLICIES, at=at)


def plan(*, at: datetime) -> int:
    """Owe whatever is owed now. New accounts first: a new customer is not told twice."""
    recalling.recall(at=at)
    return _plan(due.NEW_ACCOUNTS, due.ANNUAL, due.CHANGES, due.POLICIES, at=at)


def ahead(*, at: datetime) -> Counter[tuple[str, str, str]]:
    """How many `plan` would owe at a moment, by (kind, medium, language). Nothing is owed by it."""
    facts = _facts(at)
    if facts is None:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(due.AHEAD, facts)
        return Counter({(kind, medium, said): n for kind, medium, said, n in cursor.fetchall()})


def ahead_of(draft: NoticeDraft, *, at: datetime) -> Counter[tuple[str, str]]:
    """How many will be told of a draft once it is published, by (medium, language)."""
    model: type[Notice | PostedPolicy] = Notice
    before = None
    if draft.document == Document.POLICY:
        model, before = PostedPolicy, draft.effective_on
    if not model.objects.exists():
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(due.AHEAD_OF_DRAFT, {"on": timezone.localdate(at), "before": before})
        return Counter({(medium, said): n for medium, said, n in cursor.fetchall()})


def _plan(*statements: str, at: datetime) -> int:
    facts = _facts(at)
    if facts is None:
        return 0
    planned = 0
    for statement in statements:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, facts)
            planned += int(cursor.fetchone()[0])
    return planned


def _facts(at: datetime) -> dict[str, Any] | None:
    """What the statements of notices.due ask by; None before a first version is in force."""
    today = timezone.localdate(at)
    notice = Notice.objects.in_force(on=today)
    if notice is None:
        return None
    return {
        "at": at,
        "on": today,
        "due": today + DUE_WITHIN,
        "expires": at + claims.LIVES,
        "notice": notice.pk,
        "number": notice.number,
    }


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


def envelope(customer: Customer) -> str:
    """The lines of the address window."""
    return f"{customer.name}\n{customer.mailing_address}".strip()
