"""The record's seal as it was published: one a day, in letters, by mail and on a page (5.1).

What it seals is made above (prime_portal/ledger); here is what the public was told.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from uuid_utils.compat import uuid7

from usage.evidence import Evidence


class PublishedSeals(models.QuerySet["PublishedSeal"]):
    def before(self, at: datetime) -> PublishedSeal | None:
        """Return the newest that was public at a moment: a letter printed again shows the same."""
        return self.filter(published_at__lte=at).order_by("-published_at").first()


class PublishedSeal(models.Model):
    """The checkpoint of one day: how many entries, their root, and the signed note of both."""

    kept = Evidence(stamps=("mailed_at",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField(unique=True)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    published_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = PublishedSeals.as_manager()

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"

    @property
    def short(self) -> str:
        """The root as people compare it: hexadecimal digits, in groups of eight."""
        digits = bytes(self.root).hex()
        return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
