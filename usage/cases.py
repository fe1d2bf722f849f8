"""The door to a customer's information for staff: open it, look, close it, review it (5.1, 5.2).

Nobody looks without a case; a case is opened, and a customer searched for, only by somebody whose
training counts today.
Each look is written down before the page is made, and the customer reads it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from usage import training
from usage.models import Case, Customer, Look
from usage.models.looking import LASTS

if TYPE_CHECKING:
    from uuid import UUID

    from prime_portal.models import User

LONGEST = 500
"""Letters in a reason."""


class Refused(Exception):
    """Nothing was opened or changed. The sentence says why."""


def open_(
    customer: Customer,
    *,
    reason: Case.Reason,
    words: str,
    by: User,
    at: datetime,
    broke_glass: bool = False,
) -> Case:
    """Open a customer's information to one of the staff for half an hour.

    Opening again while a case is live returns that one. Refused to whose training does not count.
    """
    only_trained(by, on=timezone.localdate(at))
    held = live(customer.pk, by=by, at=at)
    if held is not None and held.broke_glass >= broke_glass:
        return held
    said = words.strip()[:LONGEST]
    if not said:
        raise Refused(_("Say in a few words why you look. The customer reads it."))
    return Case.objects.create(
        customer=customer,
        opened_by=by,
        opened_at=at,
        expires_at=at + LASTS,
        reason=reason,
        words=said,
        broke_glass=broke_glass,
    )


def only_trained(person: User, *, on: date) -> None:
    """Refuse whoever's training does not count on this day."""
    if not training.is_current(person, on=on):
        raise Refused(_("Your training does not count today: have it recorded first (5.2)."))


def live(customer_id: UUID, *, by: User, at: datetime) -> Case | None:
    """Return the case in which this person may see this customer now.

    None when it is over, was closed, or the training ran out meanwhile: the next page is shut.
    """
    if not training.is_current(by, on=timezone.localdate(at)):
        return None
    return Case.objects.live(at=at).filter(customer_id=customer_id, opened_by=by).first()


def look(case: Case, *, page: str, part: str = "", at: datetime) -> Look:
    """Write down that a page is about to be shown."""
    return Look.objects.create(
        customer_id=case.customer_id,
        case=case,
        by_id=case.opened_by_id,
        at=at,
        page=page,
        part=part,
    )


def close(case: Case, *, at: datetime) -> None:
    """Close it before its half hour is over. Closing again changes nothing."""
    Case.objects.live(at=at).filter(pk=case.pk).update(closed_at=at)


@transaction.atomic
def review(case: Case, *, text: str, by: User, at: datetime) -> None:
    """Say, as a second person, what was to be seen in a case opened without the right to."""
    held = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if not held.broke_glass or held.reviewed_at:
        raise Refused(_("There is nothing to review in it."))
    if held.opened_by_id == by.pk:
        raise Refused(_("Another person reviews what you opened (5.1)."))
    if not text.strip():
        raise Refused(_("Say what you found."))
    Case.objects.filter(pk=held.pk).update(
        reviewed_at=at, reviewed_by=by, review=text.strip()[:2000]
    )
