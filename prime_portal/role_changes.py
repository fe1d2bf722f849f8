"""Who was given which roles, by whom and when: evidence, since groups themselves may change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence

if TYPE_CHECKING:
    from prime_portal.models import User


class RoleChange(models.Model):
    """The roles somebody holds from then on, and those held before.

    `let_in`: active and of the staff; else the roles open nothing. `by` is None where whoever runs
    the machine did it on its command line.
    """

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_changes")
    before = ArrayField(models.CharField(max_length=150))
    roles = ArrayField(models.CharField(max_length=150))
    let_in = models.BooleanField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = pgettext_lazy("table", "change of roles")
        verbose_name_plural = pgettext_lazy("table", "changes of roles")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d}"


@transaction.atomic
def give(user: User, roles: Collection[str], *, by: User | None, at: datetime) -> RoleChange:
    """Let somebody hold these roles and no others, and record it."""
    before = held(user)
    user.groups.set(Group.objects.filter(name__in=roles))
    return record(user, before=before, by=by, at=at)


def record(user: User, *, before: Collection[str], by: User | None, at: datetime) -> RoleChange:
    """Record the roles somebody holds now, and held before."""
    return RoleChange.objects.create(
        user=user,
        before=sorted(before),
        roles=held(user),
        let_in=user.is_staff and user.is_active,
        by=by,
        at=at,
    )


def held(user: User) -> list[str]:
    """The names of the roles somebody holds now, in order."""
    return sorted(user.groups.values_list("name", flat=True))
