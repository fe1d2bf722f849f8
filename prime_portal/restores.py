"""That the portal was restored, what was set right since, and the two people who let it go on."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.frozen import frozen


class Refused(Exception):
    """Nothing was changed; the sentence says why."""


class Restore(models.Model):
    """One reconciliation of a restored database with what was kept elsewhere.

    `backup_size` entries were sealed in the backup, `known_size` in the journal, which knows the
    record up to `known_until`. `facts` counts what was done again, and what is left to people, by
    table. One person has looked at what was left, another lets the portal work again.
    """

    kept = Evidence(
        stamps=("looked_at", "looked_by", "confirmed_at", "confirmed_by"),
        guards=("two_people_let_it_work_again",),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    home = models.CharField(max_length=80, help_text=gettext_lazy("Where this database lives now."))
    backup_size = models.BigIntegerField()
    known_size = models.BigIntegerField(null=True, blank=True)
    known_until = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-at"]
        permissions = [("end_freeze", "Can let the portal work again after a restore")]
        constraints = [
            models.CheckConstraint(
                condition=together("looked_at", "looked_by"), name="a_look_at_a_restore_names_who"
            ),
            models.CheckConstraint(
                condition=together("confirmed_at", "confirmed_by")
                & (Q(confirmed_at=None) | Q(looked_at__isnull=False)),
                name="a_restore_is_confirmed_after_it_was_looked_at",
            ),
            models.CheckConstraint(
                condition=~Q(looked_by=F("confirmed_by")),
                name="who_looked_at_a_restore_does_not_confirm_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


LAST_OF_BACKUP = "SELECT entry_id FROM ledger.leaf WHERE position = %s"


def lost_in(entry_id: int, *, made_at: datetime) -> Restore | None:
    """Return the restore in which an entry of that moment may have been lost, if there is one.

    It came after the last entry its backup had sealed, and before that restore was set right.
    """
    for restore in Restore.objects.filter(confirmed_at__isnull=False, at__gt=made_at):
        with connection.cursor() as cursor:
            cursor.execute(LAST_OF_BACKUP, [restore.backup_size - 1])
            last = cursor.fetchone()
        if last is None or last[0] < entry_id:
            return restore
    return None


class RestoreDrill(models.Model):
    """That a backup was really restored elsewhere and set right, and how long it took (5.1)."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    passed = models.BooleanField()
    seconds = models.PositiveIntegerField()
    facts = models.JSONField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


def home() -> str:
    """Say where this database lives: its cluster, its number there, and its line of history."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.identity()")
        return str(cursor.fetchone()[0])


def newest() -> Restore | None:
    """Return the last reconciliation of this very database, if it was reconciled at all."""
    return Restore.objects.filter(home=home()).order_by("-at").first()


@transaction.atomic
def look(restore: Restore, *, by: models.Model, at: datetime) -> Restore:
    """Record that one person saw to what reconciling had left to people."""
    held = _open(restore)
    if held.looked_at:
        raise Refused(_("Somebody has looked at it already: another person may let it go on."))
    Restore.objects.filter(pk=held.pk).update(looked_at=at, looked_by=by)
    return held


@transaction.atomic
def confirm(restore: Restore, *, by: models.Model, at: datetime) -> Restore:
    """Let the portal work again, as a second person. What is owed begins to leave."""
    held = _open(restore)
    if held.looked_at is None:
        raise Refused(_("Somebody must have looked at what was left first."))
    if held.looked_by_id == by.pk:
        raise Refused(_("Who looked at it does not let it go on: ask somebody else."))
    Restore.objects.filter(pk=held.pk).update(confirmed_at=at, confirmed_by=by)
    return held


def _open(restore: Restore) -> Restore:
    held = Restore.objects.select_for_update().get(pk=restore.pk)
    if not frozen():
        raise Refused(_("The portal is not frozen."))
    if held.home != home() or held != newest():
        raise Refused(_("It was reconciled anew since, or elsewhere: look at that one."))
    return held
