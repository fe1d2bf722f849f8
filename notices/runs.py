"""How a run of notices goes: planned, sent, delivered, failed and why, how fast, how long yet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from notices.models import Delivery, Pause

LATELY = timedelta(minutes=10)
FAILED = {Delivery.State(failure.value) for failure in Delivery.Failure}
HELD = {Delivery.State.LEASED, Delivery.State.TEMPORARY}


@dataclass
class Line:
    """One medium of a run. `rate` is in a minute, over the last ten.

    failed, held: how many stand in each state of failure, and of what is still to go how many
    are leased or wait for another try after a temporary failure, by the state's words.
    """

    medium: Delivery.Medium
    pause: Pause | None
    planned: int = 0
    sent: int = 0
    delivered: int = 0
    printed: int = 0
    rate: float = 0
    failed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)

    @property
    def owed(self) -> int:
        """What is still to go. What failed is no longer: it went on by the other medium, or waits
        for staff."""
        return self.planned - self.sent - self._unsent

    _unsent: int = 0

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return self.failed.most_common()

    @property
    def holds(self) -> list[tuple[str, int]]:
        return self.held.most_common()

    @property
    def minutes(self) -> int | None:
        """How many minutes it takes yet at this rate; None where nothing moves."""
        return math.ceil(self.owed / self.rate) if self.rate and self.owed else None


def lines(*, since: date, kinds: Collection[str], at: datetime) -> list[Line]:
    """Return what was planned from a day on, a line for each medium."""
    midnight = timezone.make_aware(datetime.combine(since, time.min))
    begun = Delivery.objects.filter(owed_at__gte=midnight, kind__in=kinds)
    lately = at - LATELY
    counted = (
        begun.with_state(at=at)
        .values("medium", "standing")
        .annotate(
            planned=Count("pk"),
            sent_=Count("pk", filter=Q(sent_at__isnull=False)),
            delivered_=Count("pk", filter=Q(delivered_at__isnull=False)),
            lately=Count("pk", filter=Q(sent_at__gt=lately)),
        )
    )
    pauses = {held.medium: held for held in Pause.objects.open().select_related("by")}
    found = {medium: Line(medium, pauses.get(medium)) for medium in Delivery.Medium}
    for row in counted:
        line = found[Delivery.Medium(row["medium"])]
        line.planned += row["planned"]
        line.sent += row["sent_"]
        line.delivered += row["delivered_"]
        line.rate += row["lately"] / (LATELY.total_seconds() / 60)
        state = Delivery.State(row["standing"])
        if state in FAILED:
            line.failed[str(state.label)] += row["planned"]
            line._unsent += row["planned"] - row["sent_"]
        if state in HELD:
            line.held[str(state.label)] += row["planned"]
        if state == Delivery.State.LEASED and line.medium == Delivery.Medium.LETTER:
            line.printed += row["planned"]
    return list(found.values())


def default_since(*, at: datetime) -> date:
    return timezone.localdate(at) - timedelta(days=30)
