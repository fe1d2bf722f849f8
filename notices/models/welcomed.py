"""That somebody was welcomed whom a restored portal does not know (6.2)."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from usage.evidence import Evidence


class Welcomed(models.Model):
    """A new-account notice that left after the backup, to a customer who is in no backup.

    She comes again with the next roster, under another id; `tag` knows her account and enrollment
    again (ledger.account_tag: a hash with a key that never leaves the database). Then the notice is
    hers as it was sent, and she gets no second one (notices.recalling).

    delivery: its id. facts: what the journal says of it, and of the claim its letter carried.
    """

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tag = models.CharField(max_length=64, unique=True)
    delivery = models.UUIDField(unique=True)
    facts = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.delivery}, {self.at:%Y-%m-%d}"
