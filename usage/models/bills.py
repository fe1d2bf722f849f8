"""What is billed for a stretch of days: bills, highest power, use by time of day.

These rows come in the portal's own small files (docs/feeds.md). A correction never overwrites:
the row it replaces stays and says when and by which file it was replaced, so that a customer
can be told "corrected on…". Days are local; `ends_on` is the first day no longer included.
Energy is whole Wh, power whole watts, money whole cents.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Working, together
from usage.querysets import OfCustomer


class Periods(OfCustomer):
    def standing(self) -> Self:
        """Rows that no correction has replaced."""
        return self.filter(replaced_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-starts_on", "-ends_on", "-id")


def sound(name: str, *more: str) -> list[Any]:
    """The constraints of a row about a period; `more` tells apart rows of one period."""
    return [
        models.UniqueConstraint(
            fields=["agreement", "starts_on", "ends_on", *more],
            condition=Q(replaced_at=None),
            name=f"{name}_stands_once_for_its_period",
        ),
        models.CheckConstraint(
            condition=Q(ends_on__gt=F("starts_on")), name=f"{name}_ends_after_it_starts"
        ),
        models.CheckConstraint(
            condition=together("replaced_by", "replaced_at"),
            name=f"{name}_that_is_replaced_names_by_what",
        ),
    ]


class Period(models.Model):
    """Days of one agreement, [starts_on, ends_on), and the files that told and corrected them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="+")
    agreement = models.ForeignKey(
        "usage.ServiceAgreement", models.PROTECT, related_name="%(class)ss"
    )
    starts_on = models.DateField()
    ends_on = models.DateField(help_text=_("First day no longer included."))
    taken_in = models.ForeignKey("usage.Import", models.PROTECT, related_name="+")
    replaced_by = models.ForeignKey(
        "usage.Import", models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)
    repeated_by = ArrayField(
        models.UUIDField(), default=list, help_text=_("Later files that said the same.")
    )

    objects = Periods.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"

    @property
    def last_day(self) -> date:
        """The last day included."""
        return self.ends_on - timedelta(days=1)


class Bill(Period):
    """PRIME's part of one bill (category billing_history). A credit is negative."""

    kept = Working(private=("wh", "charges_cents", "paid_cents", "past_due_cents"))

    issued_on = models.DateField()
    wh = models.BigIntegerField(help_text=_("Energy billed, Wh."))
    charges_cents = models.BigIntegerField(help_text=_("PRIME's charges, US cents."))
    paid_cents = models.BigIntegerField(null=True, blank=True)
    past_due_cents = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = sound("a_bill")


class DemandPeak(Period):
    """The most power a business drew at one time in a billing period (category demand)."""

    kept = Working(private=("watts", "peaked_at"))

    class Kind(models.TextChoices):
        MAXIMUM = "maximum", _("at any time")
        TIME_RELATED = "time_related", _("in on-peak hours")

    kind = models.CharField(max_length=12, choices=Kind)
    watts = models.BigIntegerField()
    peaked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = sound("a_demand_peak", "kind")


class TimeOfUse(Period):
    """Energy of a billing period in one kind of hours (category tou_usage)."""

    kept = Working(private=("wh",))

    class Season(models.TextChoices):
        SUMMER = "summer", _("summer")
        WINTER = "winter", _("winter")

    class Hours(models.TextChoices):
        ON_PEAK = "on_peak", _("on-peak")
        MID_PEAK = "mid_peak", _("mid-peak")
        OFF_PEAK = "off_peak", _("off-peak")
        SUPER_OFF_PEAK = "super_off_peak", _("super-off-peak")

    season = models.CharField(max_length=6, choices=Season)
    hours = models.CharField(max_length=14, choices=Hours)
    wh = models.BigIntegerField()

    class Meta:
        verbose_name_plural = _("times of use")
        constraints = sound("a_time_of_use", "season", "hours")
