"""Putting a made-up city into the database, by the same paths real files take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from prime_portal.city.loads import RECEIVED, Flaw, Load, Loads, flawed
from usage import intake
from usage.day_rows import DayRow
from usage.feeds.roster import Line
from usage.intervals import clip
from usage.models import Channel, Import, ServiceAgreement

SOURCE = "made-up city"
PLACES_AT_ONCE = 250
"""Places in one transaction: some forty megabytes of quarter-hours for a year."""

Flaws = Mapping[tuple[str, date], Sequence[Flaw]]
"""What is wrong with a day, by service point and day."""


class NotBuilt(Exception):
    """The city contradicts what the database holds; says where."""


def build(
    lines: Sequence[Line],
    loads: Mapping[str, Load],
    *,
    seed: str,
    first: date,
    last: date,
    at: datetime,
    flaws: Flaws | None = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Take in these people and, for each of their places, its load from first to last.

    `loads` is by service point; each day goes to the agreement it lies in, and what lies in
    none is left out. `progress` is called with the number of days just made.
    """
    for start in range(0, len(lines), PLACES_AT_ONCE):
        some = lines[start : start + PLACES_AT_ONCE]
        _check(intake.take_lines(some, name=f"{SOURCE} {seed}", source=SOURCE, by=None, at=at))
        rows = _rows(some, loads, Loads(seed), first, last, flaws or {}, progress)
        name = f"{SOURCE} {seed} {first} {last} {start}"
        _check(intake.take_days(rows, name=name, source=SOURCE, by=None, at=at))


def _check(taken: Import) -> None:
    if taken.outcome == Import.Outcome.REFUSED:
        raise NotBuilt("; ".join(problem["what"] for problem in taken.problems or []))


def _rows(
    lines: Iterable[Line],
    loads: Mapping[str, Load],
    city: Loads,
    first: date,
    last: date,
    flaws: Flaws,
    progress: Callable[[int], object] | None,
) -> Iterator[DayRow]:
    agreements: dict[str, list[ServiceAgreement]] = {}
    numbers = [line.service_account_number for line in lines]
    for row in ServiceAgreement.objects.filter(number__in=numbers).select_related("service_point"):
        agreements.setdefault(row.service_point.number, []).append(row)
    for place, theirs in agreements.items():
        channels = _channels(theirs[0], loads[place])
        made = 0
        for flow, whole in city.days(loads[place], name=place, first=first, last=last):
            block = whole
            for flaw in flaws.get((place, block.day), ()):
                block = flawed(block, flaw)
            made += 1
            for agreement in theirs:
                part = clip(block, starts_at=agreement.starts_at, ends_at=agreement.ends_at)
                if part is not None:
                    yield DayRow(agreement.customer_id, agreement.pk, channels[flow], part)
        if progress:
            progress(made)


def _channels(agreement: ServiceAgreement, load: Load) -> dict[int, UUID]:
    delivered = agreement.service_point.channels.get(flow=Channel.Flow.DELIVERED)
    flows = {1: delivered.pk}
    if load.panels:
        received, _made = Channel.objects.get_or_create(
            service_point=agreement.service_point,
            meter_number=delivered.meter_number,
            flow=Channel.Flow.RECEIVED,
        )
        flows[RECEIVED] = received.pk
    return flows
