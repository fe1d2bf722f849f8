"""A customer questions what PRIME holds of her: raised, answered, passed on, closed (CPUC rule 4b).

Every step is a row of its own, so its history is what happened. How a dispute stands is read
from the newest one. What is disputed is marked wherever it leaves, until it is closed: the
readings of the days when she disputes readings, the bill when she disputes a bill. The rows
wait to be announced: the app above asks for them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage import categories, history, holidays
from usage.claims import ALPHABET
from usage.intervals import ZONE
from usage.models import Category, Customer, Dispute, DisputeEvent, ServiceAgreement, Via

if TYPE_CHECKING:
    from prime_portal.models import User
    from usage.models.bills import Period

LONGEST = 4000
"""Letters in one text: two printed pages."""

SCES = frozenset(
    {
        categories.SERVICE_LOCATION,
        categories.INTERVAL_USAGE,
        categories.TOU_USAGE,
        categories.DEMAND,
        categories.BILLING_HISTORY,
        categories.RATE_SCHEDULE,
        categories.GENERATION_EXPORT,
    }
)
"""What SCE measures or bills, and so only SCE can correct."""

STATES = {
    None: gettext_lazy("waiting for PRIME"),
    DisputeEvent.Kind.REPLIED: gettext_lazy("waiting for PRIME"),
    DisputeEvent.Kind.ANSWERED: gettext_lazy("answered"),
    DisputeEvent.Kind.HANDED_OVER: gettext_lazy("with SCE"),
    DisputeEvent.Kind.CLOSED: gettext_lazy("closed"),
}
"""How a dispute stands, by the kind of its newest event."""


SINCE = {
    DisputeEvent.Kind.ANSWERED: gettext_lazy("Answered on %(on)s."),
    DisputeEvent.Kind.HANDED_OVER: gettext_lazy("Passed on to SCE on %(on)s."),
    DisputeEvent.Kind.CLOSED: gettext_lazy("Closed on %(on)s."),
}
"""Since when it stands so, where the next word is not PRIME's."""


def waits(dispute: Any) -> bool:
    """Whether the next word is PRIME's. The dispute has its state (Disputes.with_state)."""
    return dispute.newest not in SINCE


def standing(dispute: Any) -> str:
    """Say by when PRIME answers; or, of what is answered or closed, since when it is."""
    if waits(dispute):
        return _("PRIME answers by %(due)s.") % {"due": date_format(dispute.due)}
    on = date_format(dispute.since.astimezone(ZONE).date())
    return str(SINCE[dispute.newest]) % {"on": on}


class Refused(Exception):
    """Nothing was changed. The sentence says why."""


@dataclass(frozen=True, slots=True)
class About:
    """What a dispute is about: a category, and where it can be said the place and the days."""

    category: Category
    agreement: ServiceAgreement | None = None
    first_day: date | None = None
    last_day: date | None = None


@transaction.atomic
def raise_(
    customer: Customer,
    about: About,
    *,
    kind: Dispute.Kind,
    text: str,
    request_key: UUID,
    by: User,
    via: Via,
    at: datetime,
) -> Dispute:
    """Take up a dispute, question or complaint, and set the day by which PRIME answers.

    The same form sent again returns what it raised the first time. Somebody else's agreement
    is refused, and so are days that lie wholly outside hers.
    """
    _one_at_a_time(customer)
    raised: Dispute | None = Dispute.objects.of(customer).filter(request_key=request_key).first()
    if raised is not None:
        return raised
    if about.agreement and about.agreement.customer_id != customer.pk:
        raise Refused(_("This place is not of this account."))
    if about.agreement and about.first_day and about.last_day:
        after = about.last_day + timedelta(days=1)
        if not history.covers(about.agreement, about.first_day, after):
            raise Refused(_("These days lie outside your time at this place."))
    return Dispute.objects.create(
        customer=customer,
        reference=_reference(),
        kind=kind,
        category=about.category,
        agreement=about.agreement,
        first_day=about.first_day,
        last_day=about.last_day,
        text=_said(text),
        raised_at=at,
        raised_by=by,
        via=via,
        due_on=_due(at),
        request_key=request_key,
    )


def reply(dispute: Dispute, *, text: str, by: User, via: Via, at: datetime) -> DisputeEvent:
    """The customer adds something. PRIME owes an answer again, also to what was closed."""
    said = _said(text)
    return _step(dispute, DisputeEvent.Kind.REPLIED, said, by=by, via=via, at=at, due_on=_due(at))


def answer(dispute: Dispute, *, text: str, by: User, via: Via, at: datetime) -> DisputeEvent:
    """PRIME answers. The customer may still add something."""
    return _step(dispute, DisputeEvent.Kind.ANSWERED, _said(text), by=by, via=via, at=at)


def hand_over_to_sce(
    dispute: Dispute, *, text: str, by: User, via: Via, at: datetime
) -> DisputeEvent:
    """PRIME passed it on to SCE, which reads the meter and sends the bill; `text` says how."""
    if dispute.category_id not in SCES:
        raise Refused(_("SCE neither measures nor bills this: PRIME answers it itself."))
    return _step(dispute, DisputeEvent.Kind.HANDED_OVER, _said(text), by=by, via=via, at=at)


def close(
    dispute: Dispute,
    *,
    outcome: DisputeEvent.Outcome,
    text: str,
    by: User,
    via: Via,
    at: datetime,
) -> DisputeEvent:
    """Say what came of it. Only the customer closes without a word of why."""
    said = text.strip() if outcome == DisputeEvent.Outcome.WITHDRAWN else _said(text)
    kind = DisputeEvent.Kind.CLOSED
    return _step(dispute, kind, said, by=by, via=via, at=at, outcome=outcome)


def ranges(agreement: ServiceAgreement, *kinds: str) -> tuple[tuple[date, date], ...]:
    """The days, both included, of which one of these kinds is disputed and not settled yet."""
    raised = Dispute.objects.filter(
        customer_id=agreement.customer_id, agreement=agreement, first_day__isnull=False
    )
    if not raised.exists():  # asked for every copy, and nearly always so
        return ()
    return tuple(raised.marking(*kinds).values_list("first_day", "last_day"))


def touches(dispute: Dispute, day: date) -> bool:
    """Whether this day is among those in question."""
    first, last = dispute.first_day, dispute.last_day
    return first is not None and last is not None and first <= day <= last


def over(found: Iterable[Dispute], period: Period) -> list[Dispute]:
    """Those of them in whose days some of this period lies, at the same place."""
    return [
        one
        for one in found
        if one.agreement_id == period.agreement_id
        and one.first_day is not None
        and one.last_day is not None
        and one.first_day < period.ends_on
        and one.last_day >= period.starts_on
    ]


def for_sce(dispute: Dispute) -> str:
    """What a clerk sends to SCE: what is disputed where, without more about the person."""
    agreement = dispute.agreement
    raised_on = dispute.raised_at.astimezone(ZONE).date()
    lines = [f"PRIME reference {dispute.reference}, raised {raised_on}"]
    if agreement is not None:
        lines.append(f"SCE service account {agreement.number}")
        lines.append(f"Service address {agreement.service_point}")
    else:
        lines.append(f"SCE customer account {dispute.customer.account_number}")
    if dispute.first_day:
        lines.append(f"Days in question: {dispute.first_day} to {dispute.last_day}")
    lines += [f"About: {dispute.category.name_en}", "", "The customer says:", dispute.text, ""]
    lines.append("Please check it and answer the customer and PRIME, naming the reference.")
    return "\n".join(lines)


@transaction.atomic
def _step(
    dispute: Dispute,
    kind: DisputeEvent.Kind,
    text: str,
    *,
    by: User,
    via: Via,
    at: datetime,
    outcome: DisputeEvent.Outcome | None = None,
    due_on: date | None = None,
) -> DisputeEvent:
    _one_at_a_time(dispute.customer)
    newest = dispute.events.order_by("-number").first()
    closed = newest is not None and newest.kind == DisputeEvent.Kind.CLOSED
    if closed and kind != DisputeEvent.Kind.REPLIED:
        raise Refused(_("This is closed already."))
    return DisputeEvent.objects.create(
        customer=dispute.customer,
        dispute=dispute,
        number=(dispute.events.aggregate(last=Max("number"))["last"] or 0) + 1,
        kind=kind,
        outcome=outcome,
        text=text,
        at=at,
        by=by,
        via=via,
        due_on=due_on,
    )


def _one_at_a_time(customer: Customer) -> None:
    """Hold the customer's row: two steps at once would each take the other for not yet done."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise Refused(_("Say in a few words what it is about."))
    if len(said) > LONGEST:
        raise Refused(_("This is too long: 4,000 letters are the most."))
    return said


def _due(at: datetime) -> date:
    day = at.astimezone(ZONE).date()
    return holidays.workdays_after(day, settings.DISPUTE_ANSWER_WORKDAYS)


def _reference() -> str:
    """Eight letters that can be read out and not be guessed (39.6 bits)."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
