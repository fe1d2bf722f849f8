"""What decides how long things are kept: holds that forbid it, and the record of each run."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together


class Holds(QuerySet["Hold", "Hold"]):
    def in_force(self) -> Self:
        return self.filter(lifted_at=None)


class Hold(models.Model):
    """Keep this until the hold is lifted, whatever its age: a lawsuit, an audit, an order.

    Without a customer it holds everybody's, without categories every kind of information.
    """

    kept = Evidence(stamps=("lifted_at", "lifted_by"), private=("reason",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        "usage.Customer", models.PROTECT, null=True, blank=True, related_name="holds"
    )
    categories = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = Holds.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "hold")
        verbose_name_plural = pgettext_lazy("table", "holds")
        constraints = [
            models.CheckConstraint(
                condition=together("lifted_at", "lifted_by"),
                name="a_lifted_hold_names_who_lifted_it",
            )
        ]

    def __str__(self) -> str:
        kinds = ", ".join(self.categories) or str(_("everything"))
        return f"{timezone.localdate(self.placed_at)} {kinds}"


class RetentionRun(models.Model):
    """What was let go because its time was over: on whose schedule, what, how much (R46, R47)."""

    kept = Evidence(stamps=("finished_at", "counts"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schedule = models.CharField(
        max_length=120, help_text=_("The records schedule the City Council approved.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    cutoffs = models.JSONField(help_text=_("For each category, the first day still kept."))
    holds = models.JSONField(help_text=_("Ids of the holds in force."))
    still_open = models.JSONField(help_text=_("Ids of the disputes and demands that were open."))
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(null=True, blank=True, help_text=_("Rows let go, by category."))

    class Meta:
        verbose_name = pgettext_lazy("table", "retention run")
        verbose_name_plural = pgettext_lazy("table", "retention runs")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{timezone.localdate(self.started_at)}"
