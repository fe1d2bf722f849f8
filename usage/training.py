"""Who was trained to handle Covered Information, and until when it counts (5.2).

Training is needed to open a customer's information; the day it expires, the next page is shut.
A record that was entered in error counts no more, for it was no training.
A third party attests that its people were trained; that stands with its contract.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from usage.models import TrainingRecord

if TYPE_CHECKING:
    from prime_portal.models import User

REMINDED = (30, 7)
"""Days before it expires on which somebody is reminded."""

PRIME = "PRIME"


class Refused(Exception):
    """Nothing was recorded. The sentence says why."""


def attest(
    *,
    course: str,
    trained_on: date,
    expires_on: date,
    by: User,
    at: datetime,
    person: User | None = None,
    third_party: str = "",
    employer: str = PRIME,
) -> TrainingRecord:
    """Record that a person was trained, or that a third party says its people were."""
    if not course.strip():
        raise Refused(_("Say which course it was (5.2)."))
    if expires_on <= trained_on:
        raise Refused(_("Training expires after the day it was held (5.2)."))
    if trained_on > timezone.localdate(at):
        raise Refused(_("Training is recorded after it was held (5.2)."))
    if person is not None and person == by:
        raise Refused(_("Another person records your training (5.2)."))
    return TrainingRecord.objects.create(
        person=person,
        third_party=third_party,
        employer=employer,
        course=course.strip(),
        trained_on=trained_on,
        expires_on=expires_on,
        recorded_by=by,
        recorded_at=at,
    )


def is_current(person: User, *, on: date) -> bool:
    """Whether some training of this person counts on this day."""
    return _right().filter(person=person, trained_on__lte=on, expires_on__gt=on).exists()


def attested(third_party: str, *, on: date) -> bool:
    """Whether some attestation of the third party with this key counts on this day."""
    held = _right().filter(third_party=third_party, trained_on__lte=on, expires_on__gt=on)
    return held.exists()


def of_third_party(key: str) -> TrainingRecord | None:
    """The attestation of a third party that counts longest, also when it is over."""
    return _right().filter(third_party=key).order_by("-expires_on").first()


def expiring(*, on: date, within: int) -> list[tuple[User, date]]:
    """Active staff whose last training expires within so many days or has expired, with the day."""
    newest = (
        _right()
        .filter(person__is_active=True, person__is_staff=True)
        .values("person")
        .annotate(last=Max("expires_on"))
        .filter(last__lte=on + timedelta(days=within))
    )
    last = {row["person"]: row["last"] for row in newest}
    held = TrainingRecord.objects.filter(person__in=last).select_related("person")
    people = {record.person_id: record.person for record in held if record.person}
    return sorted(((people[pk], day) for pk, day in last.items()), key=lambda found: found[1])


def _right() -> QuerySet[TrainingRecord]:
    """Every record but those entered in error; the marks stand in the portal's own app."""
    marks = apps.get_model("prime_portal", "EnteredInError")._default_manager
    found: QuerySet[TrainingRecord] = TrainingRecord.objects.filter(
        ~Exists(marks.filter(row=OuterRef("pk")))
    )
    return found
