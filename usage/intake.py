"""Taking files in. Every file leaves an Import row, whatever comes of it (5.1).

A file is taken in one transaction: all of it, or, when it is refused or the process dies,
none. Sent again it changes nothing. The row says who, which bytes, from where, what came of
it and how long it took.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from usage import rosters
from usage.day_rows import DayRow, take_blocks
from usage.feeds import DELIVERED, BadFile, Problem, Run, refuse
from usage.feeds.green_button import Reader
from usage.feeds.roster import Line
from usage.feeds.roster import read as read_roster
from usage.intervals import ZONE, Block, clip, group
from usage.models import Channel, Import, ServiceAgreement, ServicePoint

if TYPE_CHECKING:
    from prime_portal.models import User

ROSTER, READINGS = "roster", "readings"
AT_ONCE = 2_000_000
"""Readings gathered before they are written: some 30 MB."""
MOST_PROBLEMS = 1000

Progress = Callable[[int], object]
"""Called with the number of readings just read."""


def import_roster(path: Path, *, source: str, by: User | None, at: datetime) -> Import:
    """Take in a roster, whole or not at all (docs/feeds.md)."""
    with _Intake(ROSTER, path.name, _digest(path), source=source, by=by, at=at) as intake:
        _lay(read_roster(path), intake, at=at)
    return intake.row


def take_lines(
    lines: Sequence[Line], *, name: str, source: str, by: User | None, at: datetime
) -> Import:
    """Take in the lines of a roster that never was a file. `name` says what they are."""
    digest = sha256(repr(lines).encode()).digest()
    with _Intake(ROSTER, name, digest, source=source, by=by, at=at) as intake:
        _lay(lines, intake, at=at)
    return intake.row


def _lay(lines: Sequence[Line], intake: _Intake, *, at: datetime) -> None:
    name = intake.row.file_name
    try:
        with transaction.atomic():
            counts = rosters.lay(lines, file=name, on=at.astimezone(ZONE).date())
    except IntegrityError as error:
        what = "contradicts what is held about a place, an agreement or an enrollment"
        raise refuse(name, None, what) from error
    intake.changed = bool(counts)
    intake.counts = {"lines": len(lines)} | counts


def import_readings(
    path: Path,
    *,
    agreement: ServiceAgreement | None = None,
    source: str,
    by: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> Import:
    """Take in a file of readings (Green Button XML).

    Each reading goes to the agreement in force at its place at its moment; what nobody holds
    an agreement for is set aside and counted. With `agreement` every reading is that
    agreement's, whatever its dates; a file of more than one meter is then refused.
    """
    with _Intake(READINGS, path.name, _digest(path), source=source, by=by, at=at) as intake:
        reader = Reader(path)
        before = Import.objects.filter(
            kind=READINGS, sha256=intake.row.sha256, outcome=Import.Outcome.TAKEN
        )
        with transaction.atomic():
            places = _Named(agreement, path.name) if agreement else _Places()
            sorting = _Sorting(intake, places, fill_only=before.exists())
            for run in reader:
                sorting.add(run)
                if progress:
                    progress(len(run))
            sorting.write()
        intake.problems[:0] = reader.skipped
        intake.changed = bool(intake.counts["days_new"] or intake.counts["days_changed"])
        if reader.rounded:
            intake.counts["rounded"] = reader.rounded
    return intake.row


def take_days(
    rows: Iterable[DayRow], *, name: str, source: str, by: User | None, at: datetime
) -> Import:
    """Take in whole days that never were a file: the bulk path. `name` says what they are."""
    digest = sha256(name.encode()).digest()
    with _Intake(READINGS, name, digest, source=source, by=by, at=at) as intake:
        taken = take_blocks(rows, taken_in=intake.row)
        intake.changed = bool(taken.new or taken.changed)
        intake.counts = {
            "days_new": taken.new,
            "days_changed": taken.changed,
            "days_unchanged": taken.same,
        }
        intake.problems = [Problem(name, None, what) for what in taken.misfits]
    return intake.row


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


class _Intake:
    """The Import row around one file: opened before it is read, stamped when it is done."""

    def __init__(
        self, kind: str, name: str, digest: bytes, *, source: str, by: User | None, at: datetime
    ) -> None:
        self.row = Import.objects.create(
            kind=kind, file_name=name, sha256=digest, source=source, by=by, started_at=at
        )
        self.began = monotonic()
        self.counts: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.changed = False

    def __enter__(self) -> _Intake:
        return self

    def __exit__(self, _type: Any, error: BaseException | None, _trace: Any) -> bool:
        if error is None:
            outcome = Import.Outcome.TAKEN if self.changed else Import.Outcome.UNCHANGED
        elif isinstance(error, BadFile):
            outcome, self.counts, self.problems = Import.Outcome.REFUSED, {}, error.problems
        else:
            return False
        self.row.finished_at = self.row.started_at + timedelta(seconds=monotonic() - self.began)
        self.row.outcome = outcome
        self.row.counts = self.counts
        self.row.problems = [
            {"file": problem.file, "line": problem.line, "what": problem.what}
            for problem in self.problems[:MOST_PROBLEMS]
        ]
        self.row.save(update_fields=["finished_at", "outcome", "counts", "problems"])
        return True


@dataclass
class _Meter:
    """A place the file speaks of, with its channels and the agreements it may belong to."""

    place: ServicePoint
    number: str
    agreements: list[ServiceAgreement]
    whole: bool = False
    channels: dict[int, Channel] = field(default_factory=dict)

    def channel(self, flow: int) -> Channel:
        if flow not in self.channels:
            name = Channel.Flow.DELIVERED if flow == DELIVERED else Channel.Flow.RECEIVED
            self.channels[flow], _ = Channel.objects.get_or_create(
                service_point=self.place, meter_number=self.number, flow=name
            )
        return self.channels[flow]

    def rows(self, flow: int, block: Block) -> Iterator[DayRow]:
        """The day for each agreement it touches: two rows on the day of a change-over."""
        channel = self.channel(flow).pk
        for agreement in self.agreements:
            part: Block | None = block
            if not self.whole:
                part = clip(block, starts_at=agreement.starts_at, ends_at=agreement.ends_at)
            if part is not None:
                yield DayRow(agreement.customer_id, agreement.pk, channel, part)


class _Places:
    """Finds the place by the file's own name for it: a meter number or a service point."""

    def __init__(self) -> None:
        self.known: dict[str, _Meter | None] = {}

    def find(self, run: Run) -> _Meter | None:
        if run.meter not in self.known:
            self.known[run.meter] = self._look(run.meter.rpartition("/")[2])
        return self.known[run.meter]

    def _look(self, name: str) -> _Meter | None:
        channels = Channel.objects.filter(meter_number=name).select_related("service_point")
        found = {channel.service_point for channel in channels}
        if not found:
            found = set(ServicePoint.objects.filter(number=name))
        if len(found) != 1:
            return None
        place = found.pop()
        return _Meter(place, _meter_at(place, name), list(place.agreements.order_by("starts_at")))


class _Named:
    """Every reading belongs to the one agreement somebody named."""

    def __init__(self, agreement: ServiceAgreement, file: str) -> None:
        self.agreement, self.file = agreement, file
        self.name: str | None = None
        self.meter: _Meter | None = None

    def find(self, run: Run) -> _Meter:
        if self.meter is None:
            place = self.agreement.service_point
            number = _meter_at(place, run.meter.rpartition("/")[2])
            self.meter = _Meter(place, number, [self.agreement], whole=True)
            self.name = run.meter
        elif run.meter != self.name:
            what = "holds readings of more than one meter, and one agreement was named for it"
            raise refuse(self.file, run.line, what)
        return self.meter


def _meter_at(place: ServicePoint, name: str) -> str:
    """The meter of this name at the place, else its newest, else a new one of this name."""
    numbers = list(place.channels.order_by("-pk").values_list("meter_number", flat=True))
    if name in numbers or not numbers:
        return name[-60:] or "1"
    return str(numbers[0])


class _Sorting:
    """Gathers readings by meter, direction and length, and writes them as day blocks."""

    def __init__(self, intake: _Intake, places: _Places | _Named, *, fill_only: bool) -> None:
        self.intake, self.places, self.fill_only = intake, places, fill_only
        self.waiting: dict[tuple[str, int, int], list[Run]] = defaultdict(list)
        self.meters: dict[str, _Meter | None] = {}
        self.gathered = 0
        intake.counts = dict.fromkeys(
            ("readings", "days_new", "days_changed", "days_unchanged", "set_aside", "rejected"), 0
        )

    def add(self, run: Run) -> None:
        self.meters[run.meter] = self.places.find(run)
        self.waiting[run.meter, run.flow, run.sec].append(run)
        self.gathered += len(run)
        counts = self.intake.counts
        counts["readings"] += len(run)
        if run.net:
            counts["net"] = counts.get("net", 0) + len(run)
        if self.gathered >= AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write what was gathered: coarser readings first, so that finer ones replace them."""
        by_length: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for meter, flow, sec in self.waiting:
            by_length[sec].append((meter, flow))
        counts = self.intake.counts
        for sec in sorted(by_length, reverse=True):
            taken = take_blocks(
                chain.from_iterable(self._rows(*key, sec) for key in by_length[sec]),
                taken_in=self.intake.row,
                fill_only=self.fill_only,
            )
            counts["days_new"] += taken.new
            counts["days_changed"] += taken.changed
            counts["days_unchanged"] += taken.same
            self._problems(taken.misfits)
        self.waiting.clear()
        self.gathered = 0

    def _rows(self, name: str, flow: int, sec: int) -> Iterator[DayRow]:
        rejected: list[str] = []
        readings = chain.from_iterable(self.waiting[name, flow, sec])
        blocks = group(readings, sec=sec, rejected=rejected)
        self.intake.counts["rejected"] += len(rejected)
        self._problems(rejected)
        meter = self.meters[name]
        left: list[Block] = []
        for block in blocks:
            held = 0
            for row in meter.rows(flow, block) if meter else ():
                held += row.block.count - row.block.missing
                yield row
            aside = block.count - block.missing - held
            if aside:
                self.intake.counts["set_aside"] += aside
                left.append(block)
        if left:
            where = f"meter or service point {name.rpartition('/')[2]}"
            days = f"{left[0].day} to {left[-1].day}"
            if meter is None:
                what = f"{where} is not in the roster; its readings of {days} are set aside"
            else:
                what = f"{where}: nobody holds an agreement for readings of {days}; set aside"
            self._problems([what])

    def _problems(self, whats: list[str]) -> None:
        file = self.intake.row.file_name
        room = MOST_PROBLEMS - len(self.intake.problems)
        self.intake.problems += [Problem(file, None, what) for what in whats[: max(room, 0)]]


def find_agreement(number: str) -> ServiceAgreement | None:
    """The agreement of this service account number, dashes or none."""
    wanted = number.replace("-", "").strip().upper()
    rows = ServiceAgreement.objects.filter(number=wanted)
    return rows.select_related("service_point", "customer").first()
