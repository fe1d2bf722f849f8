"""What was taken out of evidence for good, and what was entered in error: stamps beside the row."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence


class Erasure(models.Model):
    """Private texts of one row of evidence, gone: who took them out, why, on which clause.

    Writing it is what erases: the database itself deletes the salts that could open the record's
    hashes, and the texts. `by` is None where the records schedule did it.
    """

    kept = Evidence(private=("reason",), guards=("its_texts_are_erased",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    table = models.CharField(max_length=63)
    row = models.UUIDField()
    columns = ArrayField(models.CharField(max_length=63))
    customer = models.ForeignKey(
        "usage.Customer", models.PROTECT, null=True, blank=True, related_name="erasures"
    )
    clause = models.CharField(max_length=40)
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = pgettext_lazy("table", "erasure")
        verbose_name_plural = pgettext_lazy("table", "erasures")
        ordering = ["-at"]
        indexes = [models.Index(fields=["row"], name="erasures_of_a_row")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(clause="") & ~Q(reason=""),
                name="an_erasure_says_why_and_by_what_right",
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}, {self.at:%Y-%m-%d}"


class EnteredInError(models.Model):
    """That a row of evidence should not be there: it stays, and says so (5.1)."""

    kept = Evidence(private=("reason",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    table = models.CharField(max_length=63)
    row = models.UUIDField(unique=True)
    customer = models.ForeignKey(
        "usage.Customer", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = pgettext_lazy("table", "entered in error")
        verbose_name_plural = pgettext_lazy("table", "entered in error")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_error_says_what_it_was")
        ]

    def __str__(self) -> str:
        return f"{self.table}, {self.at:%Y-%m-%d}"
