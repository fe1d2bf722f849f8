"""Telling the people who review it that somebody saw what she had no right to see (5.1)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.urls import reverse

from notices import staff_mail
from prime_portal.models import User
from usage.models import Case


def who_may(permission: str) -> list[User]:
    """Active staff whose roles hold a permission, named as in the matrix."""
    label, name = permission.split(".")
    held = Permission.objects.get(content_type__app_label=label, codename=name)
    found = User.objects.filter(Q(groups__permissions=held), is_active=True, is_staff=True)
    return list(found.distinct().order_by("email"))


def tell(case: Case, *, at: datetime) -> None:
    """Owe each of them a mail that names nobody, once. The work list shows the case as well."""
    address = settings.PORTAL_ORIGIN + reverse("admin:usage_case_change", args=[case.pk])
    for person in who_may("usage.review_case"):
        if person.pk != case.opened_by_id:
            staff_mail.owe(
                person,
                key=f"glass:{case.pk}",
                name="glass_broken",
                context={"address": address},
                at=at,
            )
