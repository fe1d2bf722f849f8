"""Third parties that attest their people's training (5.2): who must soon, and who is reminded.

The day an attestation ends, `consent.policy` refuses the third party's next request. PRIME's staff
are reminded before it; third parties get no mail from the portal, only what they fetch.
"""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from consent import asks
from consent.models import ThirdParty
from notices import staff_mail
from notices.models import StaffMail
from usage import training


def owed(*, at: datetime, within: int) -> list[tuple[ThirdParty, date | None]]:
    """Third parties that must attest within so many days, with the day nothing counts any more.

    None stands for those that never attested; they come first, then by day, also days gone by.
    """
    today = timezone.localdate(at)
    found = []
    for party in ThirdParty.objects.filter(closed_at=None).order_by("key"):
        held = training.of_third_party(party.key)
        ends = held.expires_on if held else None
        near = ends is None or (ends - today).days <= within
        if near and asks.asked_to_attest(party, at=at):
            found.append((party, ends))
    return sorted(found, key=lambda one: one[1] or date.min)


def remind(*, at: datetime) -> int:
    """Owe the staff who record training a mail 30 and 7 days before one ends. How many are new."""
    today = timezone.localdate(at)
    page = settings.PORTAL_ORIGIN + reverse("admin:usage_trainingrecord_add")
    new = 0
    for party, ends in owed(at=at, within=max(training.REMINDED)):
        if ends is None or ends <= today:
            continue
        nearest = min(days for days in training.REMINDED if (ends - today).days <= days)
        key = f"attestation:{party.key}:{ends}:{nearest}"
        told = StaffMail.objects.filter(key=key).values("to")
        people = get_user_model().objects.who_may("usage.add_trainingrecord")
        for person in people.exclude(pk__in=told):
            context = {"third_party": party.words, "ends": ends, "address": page}
            staff_mail.owe(person, key=key, name="attestation_ends", context=context, at=at)
            new += 1
    return new
