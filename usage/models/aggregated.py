"""What was released of many customers at once, and what later releases must agree with (6.11)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Evidence


class ClosedMonth(models.Model):
    """A month as it was divided when it was first released. No later report cuts it otherwise."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(unique=True, help_text=_("First day of the month."))
    rules = models.CharField(max_length=200, help_text=_("The rules it was divided by."))
    inputs_sha256 = models.BinaryField(max_length=32, help_text=_("Of who used how much in it."))
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ClosedBlock(models.Model):
    """Groups of a closed month that are only ever shown together, or nowhere.

    `groups` are pairs of rate class and ZIP. `members` are the customers who used something:
    16 bytes each, to tell who came or left in another month. What is withheld has no figures.
    """

    kept = Evidence(header="month", private=("members",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.ForeignKey(ClosedMonth, models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=20)
    groups = models.JSONField()
    withheld = models.BooleanField()
    customers = models.PositiveIntegerField(null=True)
    wh = models.BigIntegerField(null=True)
    members = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(withheld=True, wh=None, customers=None, members=None)
                | Q(
                    withheld=False,
                    wh__isnull=False,
                    customers__isnull=False,
                    members__isnull=False,
                ),
                name="what_is_withheld_has_no_figures",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.groups}"


class ClosedHours(models.Model):
    """The 24 hours of a block over its whole month; none where they would show one customer.

    `groups` are whose hours these are: those of the block, or of several that are shown together
    only, each of which has the same row. `members` are those of the block who used something in
    some hour: 16 bytes each, and three more with a bit for each hour in which they did, to tell
    who came or left in another month.
    """

    class LeftOut(models.TextChoices):
        """Why a block has no hours."""

        ALONE = "alone", _("in one hour they do not keep the rule")
        SUBTRACTED = "subtracted", _("subtracted they would show who came or left")

    kept = Evidence(private=("members",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    block = models.OneToOneField(ClosedBlock, models.PROTECT, related_name="hours")
    wh = models.JSONField(null=True, help_text=_("Wh of each hour on the clock, or none."))
    groups = models.JSONField(null=True)
    members = models.BinaryField(null=True)
    left_out = models.CharField(max_length=10, blank=True, choices=LeftOut)
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    wh__isnull=False, groups__isnull=False, members__isnull=False, left_out=""
                )
                | Q(wh__isnull=True, groups__isnull=True, members__isnull=True) & ~Q(left_out=""),
                name="hours_are_shown_or_it_is_said_why_not",
            )
        ]

    def __str__(self) -> str:
        return f"hours of {self.block_id}"


class AggregateRelease(models.Model):
    """A report let out (6.11), byte for byte, with the rules and the blocks it was made of."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    question = models.JSONField(help_text=_("See usage.aggregates.reports.Question."))
    purpose = models.CharField(max_length=200, help_text=_("What it is for, and who gets it."))
    rules = models.CharField(max_length=200)
    inputs_sha256 = models.BinaryField(max_length=32, help_text=_("Of the blocks it was made of."))
    told = models.JSONField(help_text=_("What was joined, withheld or left as it was, and why."))
    content = models.TextField(help_text=_("The table as CSV."))
    sha256 = models.BinaryField(max_length=32)
    released_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-released_at"]
        permissions = [("release_aggregates", "Can release aggregated usage data (6.11)")]
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="a_release_says_what_it_is_for")
        ]

    def __str__(self) -> str:
        return f"{timezone.localdate(self.released_at)} {self.purpose}"
