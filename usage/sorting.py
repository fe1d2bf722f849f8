"""Readings of a file on their way to day rows: whose they are, and on which day.

Runs are gathered by meter, direction and interval length, up to AT_ONCE readings; then their
meters are looked up together and the days written. Memory stays flat whatever the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from uuid import UUID

from usage.day_rows import DayRow, take_blocks
from usage.feeds import DELIVERED, MOST_PROBLEMS, Run, refuse
from usage.intervals import BadReading, Block, Days, clip, day_epoch
from usage.models import Channel, Import, ServiceAgreement, ServicePoint
from usage.sentences import Sentence, say
from usage.sentences import noop as _

AT_ONCE = 2_000_000
"""Readings gathered before they are written: some 30 MB."""

NAMES_AT_ONCE = 2000
MOST_KNOWN = 25_000
"""Meters remembered from one round of writing to the next: some 70 MB."""


@dataclass
class Meter:
    """A place the file speaks of, with its channels and the agreements it may belong to."""

    place: ServicePoint
    number: str
    agreements: list[ServiceAgreement]
    whole: bool = False
    channels: dict[str, UUID] = field(default_factory=dict)

    @cached_property
    def spans(self) -> list[tuple[ServiceAgreement, float, float]]:
        """The agreements with their instants in epoch seconds, for there are many days to ask."""
        return [
            (
                agreement,
                float("-inf") if self.whole else agreement.starts_at.timestamp(),
                agreement.ends_at.timestamp()
                if agreement.ends_at and not self.whole
                else float("inf"),
            )
            for agreement in self.agreements
        ]

    def channel(self, flow: int) -> UUID:
        name = Channel.Flow.DELIVERED if flow == DELIVERED else Channel.Flow.RECEIVED
        if name not in self.channels:
            made, _new = Channel.objects.get_or_create(
                service_point=self.place, meter_number=self.number, flow=name
            )
            self.channels[name] = made.pk
        return self.channels[name]

    def rows(self, flow: int, block: Block) -> Iterator[DayRow]:
        """The day for each agreement it touches: two rows on the day of a change-over."""
        channel = self.channel(flow)
        first = day_epoch(block.day)
        after = first + block.count * block.sec
        for agreement, low, high in self.spans:
            part: Block | None = block
            if first < low or after > high:
                part = clip(block, starts_at=agreement.starts_at, ends_at=agreement.ends_at)
            if part is not None:
                yield DayRow(agreement.customer_id, agreement.pk, channel, part)


class Places:
    """Finds places by the file's own name for them: a meter number or a service point."""

    def __init__(self) -> None:
        self.known: dict[str, Meter | None] = {}

    def check(self, run: Run) -> None:
        """Any meter may come."""

    def find(self, names: Iterable[str]) -> dict[str, Meter | None]:
        """The meter of each name; None for one that is not in the roster, or is not only one."""
        wanted = list(names)
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        new = [name for name in wanted if name not in self.known]
        for start in range(0, len(new), NAMES_AT_ONCE):
            self._look([*new[start : start + NAMES_AT_ONCE]])
        return self.known

    def _look(self, names: list[str]) -> None:
        short = {name: name.rpartition("/")[2] for name in names}
        by_meter: dict[str, set[UUID]] = defaultdict(set)
        channels = Channel.objects.filter(meter_number__in=set(short.values()))
        for number, at in channels.values_list("meter_number", "service_point_id"):
            by_meter[number].add(at)
        points = ServicePoint.objects.filter(number__in=set(short.values()) - set(by_meter))
        for point in points:
            by_meter[point.number].add(point.pk)
        found = {
            name: next(iter(by_meter[said]))
            for name, said in short.items()
            if len(by_meter[said]) == 1
        }
        meters = _meters(set(found.values()))
        for name in names:
            place = found.get(name)
            self.known[name] = None if place is None else meters[place](short[name])


@dataclass
class _Held:
    """A place with all that hangs on it, ready to be a Meter of some name."""

    place: ServicePoint
    channels: list[Channel] = field(default_factory=list)
    agreements: list[ServiceAgreement] = field(default_factory=list)

    def __call__(self, name: str) -> Meter:
        number = _meter_named(name, self.channels)
        ours = {
            str(channel.flow): channel.pk
            for channel in self.channels
            if channel.meter_number == number
        }
        return Meter(self.place, number, self.agreements, channels=ours)


def _meters(places: set[UUID]) -> dict[UUID, _Held]:
    held = {place.pk: _Held(place) for place in ServicePoint.objects.filter(pk__in=places)}
    for channel in Channel.objects.filter(service_point__in=places).order_by("-pk"):
        held[channel.service_point_id].channels.append(channel)
    agreements = ServiceAgreement.objects.filter(service_point__in=places)
    for agreement in agreements.order_by("starts_at"):
        held[agreement.service_point_id].agreements.append(agreement)
    return held


def _meter_named(name: str, channels: list[Channel]) -> str:
    """The meter of this name at the place, else its newest, else a new one of this name."""
    numbers = [channel.meter_number for channel in channels]
    if name in numbers or not numbers:
        return name[-60:] or "1"
    return numbers[0]


class Named:
    """Every reading belongs to the one agreement somebody named."""

    def __init__(self, agreement: ServiceAgreement, file: str) -> None:
        self.agreement, self.file = agreement, file
        self.name: str | None = None

    def check(self, run: Run) -> None:
        if self.name is None:
            self.name = run.meter
        elif run.meter != self.name:
            what = _("holds readings of more than one meter, and one agreement was named for it")
            raise refuse(self.file, run.line, say(what))

    def find(self, names: Iterable[str]) -> dict[str, Meter | None]:
        place = self.agreement.service_point
        meters = _meters({place.pk})
        found: dict[str, Meter | None] = {}
        for name in names:
            meter = meters[place.pk](name.rpartition("/")[2])
            meter.agreements, meter.whole = [self.agreement], True
            found[name] = meter
        return found


class Sorting:
    """Gathers readings and writes them as day blocks; `counts` and `problems` fill as it goes.

    `unlisted` counts the problems beyond MOST_PROBLEMS. Each of the `readings` is in one count
    more: `taken` into a day; said again later in the file (`repeated`); `set_aside`; or
    `unplaced`, for it fits into no day, or its day is held in more detail.
    """

    def __init__(self, taken_in: Import, places: Places | Named, *, fill_only: bool) -> None:
        self.taken_in, self.places, self.fill_only = taken_in, places, fill_only
        self.waiting: dict[tuple[str, int, int], list[Run]] = defaultdict(list)
        self.gathered = 0
        self.problems: list[Sentence] = []
        self.unlisted = 0
        self.counts = dict.fromkeys(
            (
                *("readings", "taken", "repeated", "set_aside", "unplaced"),
                *("days_new", "days_changed", "days_unchanged"),
            ),
            0,
        )

    def add(self, run: Run) -> None:
        self.places.check(run)
        self.waiting[run.meter, run.flow, run.sec].append(run)
        self.gathered += len(run)
        held = run.held
        self.counts["readings"] += held
        if run.net:
            self.counts["net"] = self.counts.get("net", 0) + held
        if self.gathered >= AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write what was gathered: coarser readings first, so that finer ones replace them."""
        by_length: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for meter, flow, sec in self.waiting:
            by_length[sec].append((meter, flow))
        meters = self.places.find(dict.fromkeys(meter for meter, _flow, _sec in self.waiting))
        for sec in sorted(by_length, reverse=True):
            taken = take_blocks(
                chain.from_iterable(
                    self._rows(meters[name], name, flow, sec) for name, flow in by_length[sec]
                ),
                taken_in=self.taken_in,
                fill_only=self.fill_only,
            )
            self.counts["days_new"] += taken.new
            self.counts["days_changed"] += taken.changed
            self.counts["days_unchanged"] += taken.same
            self.counts["taken"] -= taken.left
            self.counts["unplaced"] += taken.left
            self._say(taken.misfits)
        self.waiting.clear()
        self.gathered = 0

    def _rows(self, meter: Meter | None, name: str, flow: int, sec: int) -> Iterator[DayRow]:
        rejected: list[Sentence] = []
        days, laid = Days(sec), 0
        for run in self.waiting.pop((name, flow, sec)):
            laid += self._lay(days, run, rejected)
        self._say(rejected)
        left: list[Block] = []
        for block in days.blocks():
            rows = list(meter.rows(flow, block)) if meter else []
            yield from rows
            held = taken = block.held
            if len(rows) != 1 or rows[0].block is not block:
                taken = sum(row.block.held for row in rows)
            if taken < held:
                left.append(block)
            self.counts["taken"] += taken
            self.counts["set_aside"] += held - taken
            laid -= held
        self.counts["repeated"] += laid
        if left:
            what = _(
                "meter or service point %(name)s: nobody holds an agreement for readings of "
                "%(first)s to %(last)s; set aside"
            )
            if meter is None:
                what = _(
                    "meter or service point %(name)s is not in the roster; its readings of "
                    "%(first)s to %(last)s are set aside"
                )
            first, last = str(left[0].day), str(left[-1].day)
            self._say([say(what, name=name.rpartition("/")[2], first=first, last=last)])

    def _lay(self, days: Days, run: Run, rejected: list[Sentence]) -> int:
        """Put the readings of a run into their days. How many found a place."""
        if not isinstance(run.starts, range):
            before = len(rejected)
            days.add(run, net=run.net, rejected=rejected)
            unplaced = len(rejected) - before
        else:
            unplaced = 0
            try:
                days.lay(run.starts.start, run.wh, run.quality, net=run.net)
            except BadReading as bad:
                unplaced = run.held
                rejected.append(bad.said)
        self.counts["unplaced"] += unplaced
        return run.held - unplaced

    def _say(self, whats: list[Sentence]) -> None:
        room = max(MOST_PROBLEMS - len(self.problems), 0)
        self.problems += whats[:room]
        self.unlisted += len(whats[room:])
