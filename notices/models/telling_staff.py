"""What PRIME's own staff are told by e-mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from usage.evidence import Evidence


class StaffMail(models.Model):
    """A mail one of the staff is owed: that something waits for her, and where."""

    kept = Evidence(stamps=("sent_at",), private=("content",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    content = models.BinaryField()
    owed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["to", "key"], name="a_mail_to_staff_is_owed_once_per_key"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(sent_at=None), name="mails_to_staff_still_owed")
        ]

    def __str__(self) -> str:
        return f"{self.key}"
