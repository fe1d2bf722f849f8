"""Telling the people who review it that somebody saw what she had no right to see (5.1)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from notices import staff_mail
from prime_portal.models import User
from usage.models import Case


def tell(case: Case, *, at: datetime) -> None:
    """Owe each of them a mail that names nobody, once. The work list shows the case as well."""
    address = settings.PORTAL_ORIGIN + reverse("admin:usage_case_change", args=[case.pk])
    for person in User.objects.who_may("usage.review_case"):
        if person.pk != case.opened_by_id:
            staff_mail.owe(
                person,
                key=f"glass:{case.pk}",
                name="glass_broken",
                context={"address": address},
                at=at,
            )
