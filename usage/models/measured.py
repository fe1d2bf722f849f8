"""What a meter said: its channels, their days packed, what a day held before, its months.

Which file said what is kept to the interval, so that a file can be taken back (usage.imports).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Working
from usage.models.arriving import Import
from usage.models.customers import Customer, ServiceAgreement, ServicePoint
from usage.querysets import OfCustomer


class Channel(models.Model):
    """One direction of one meter: power delivered to the place, or received from it."""

    kept = Working(private=("meter_number",))

    class Flow(models.TextChoices):
        DELIVERED = "delivered", _("delivered to you")
        RECEIVED = "received", _("received from you")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="channels")
    meter_number = models.CharField(max_length=60)
    flow = models.CharField(max_length=10, choices=Flow)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service_point", "meter_number", "flow"],
                name="a_meter_has_one_channel_a_direction",
            )
        ]

    def __str__(self) -> str:
        return f"{self.meter_number} {self.flow}"


class IntervalDay(models.Model):
    """One local day of one channel under one agreement, its readings packed.

    `wh` holds one little-endian int32 per interval in Wh (usage.intervals.MISSING where there
    is no reading), `quality` one byte each (ESPI QualityOfReading) or nothing when all are
    valid. `said` are the intervals `taken_in` spoke of (usage.intervals.spoken), nothing where
    all that is held is its. The j-th interval starts at `start + j * sec`, counted in elapsed
    time, so days of 23 and 25 hours need no special case. The table is partitioned by month of
    `day`.
    """

    kept = Working(
        private=("wh", "quality", "day_wh"),
        guards=(
            "a_day_belongs_to_an_agreement_of_its_customer",
            "a_day_goes_over_to_an_agreement_of_its_customer",
        ),
    )

    pk = models.CompositePrimaryKey("customer_id", "agreement_id", "channel_id", "day")
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, db_index=False, related_name="days"
    )
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()
    start = models.DateTimeField(help_text=_("The UTC instant of local midnight."))
    sec = models.SmallIntegerField(help_text=_("Seconds in one interval."))
    day_wh = models.BigIntegerField(help_text=_("Sum of the readings held, Wh."))
    missing = models.SmallIntegerField(help_text=_("Intervals of the day without a reading."))
    revision = models.SmallIntegerField(default=0)
    wh = models.BinaryField()
    quality = models.BinaryField(null=True)
    net = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("Delivered minus received, as old meters say it."),
    )
    taken_in = models.ForeignKey(Import, models.PROTECT, db_index=False, related_name="+")
    said = models.BinaryField(null=True)

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return str(self.day)


class IntervalDayRevision(models.Model):
    """What a day held before a later, better reading replaced it (accuracy, CPUC rule 7)."""

    kept = Working(private=("wh", "quality"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="revisions")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    day = models.DateField()
    revision = models.SmallIntegerField()
    sec = models.SmallIntegerField()
    wh = models.BinaryField()
    quality = models.BinaryField(null=True)
    net = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("Delivered minus received, as old meters say it."),
    )
    taken_in = models.ForeignKey(Import, models.PROTECT, related_name="+")
    said = models.BinaryField(null=True)
    replaced_by = models.ForeignKey(Import, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "channel", "day", "revision"],
                name="a_revision_of_a_day_is_kept_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} revision {self.revision}"


class RepeatedDays(models.Model):
    """Days in a row that a file said again as they stood, so that nothing was changed.

    Should the file that laid them be taken back, they stay. `revision` is the one that stood,
    `said` as of a day's; where that is not nothing, the row is about one day.
    """

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    revision = models.SmallIntegerField()
    said = models.BinaryField(null=True)
    taken_in = models.ForeignKey(Import, models.PROTECT, related_name="+")

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class Removal(models.Model):
    """Days of an agreement whose readings or bills went again with the file that brought them.

    What they said is gone; that they were there, and went when the import was taken back, is
    what the customer reads beside these days.
    """

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="removals")
    category = models.CharField(max_length=40)
    first_day = models.DateField()
    last_day = models.DateField()
    taken_back = models.ForeignKey(Import, models.PROTECT, related_name="removals")
    at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class MonthTotal(models.Model):
    """A month of one channel under one agreement, recomputed whenever a day of it changes."""

    kept = Working(private=("wh",))

    pk = models.CompositePrimaryKey("customer_id", "agreement_id", "channel_id", "month")
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, db_index=False, related_name="months"
    )
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="+")
    month = models.DateField(help_text=_("First day of the month."))
    wh = models.BigIntegerField()
    days = models.SmallIntegerField()
    missing = models.IntegerField()
    net_days = models.SmallIntegerField(default=0, db_default=0)
    marked_days = models.SmallIntegerField(
        default=0, db_default=0, help_text=_("Days with a reading that is not a plain one.")
    )

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
