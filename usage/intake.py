"""Taking files in. Every file leaves an Import row, whatever comes of it (5.1).

A file is taken in one transaction: all of it, or, when it is refused or the process dies,
none. Sent again, and read as it was before, it changes nothing: the same bytes laid on another
agreement, or read by another sender's clock and units, say something new. The row says who,
which bytes, from where, how they were read, what came of it and how long it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from usage import billing, feeds, quality, rosters
from usage.changes import Change, of_readings
from usage.day_rows import DayRow, take_blocks
from usage.feeds import (
    MOST_PROBLEMS,
    BadFile,
    Problem,
    Progress,
    Run,
    cmep,
    green_button,
    refuse,
    sce_csv,
)
from usage.feeds.billing import Line as BillingLine
from usage.feeds.billing import read as read_billing
from usage.feeds.detection import CMEP, GREEN_BUTTON, ROSTER, SCE_CSV, format_of
from usage.feeds.roster import Line
from usage.feeds.roster import read as read_roster
from usage.feeds.text import MB
from usage.intervals import ZONE
from usage.models import Import, ServiceAgreement, Source
from usage.sentences import noop as _
from usage.sentences import say
from usage.sorting import Named, Places, Sorting

if TYPE_CHECKING:
    from prime_portal.models import User

READINGS, UNKNOWN = "readings", "unknown"
"""Kinds of import beside roster, bills, demand and time_of_use."""

OF_READINGS = (GREEN_BUTTON, SCE_CSV, CMEP)
OF_BILLING = tuple(billing.KINDS)
UNLISTED, STOPPED = "problems_not_listed", "stopped_after_problems"
"""Counts of an import whose list of problems is cut: how many more there are; after how many
whoever read the file looked no further."""

WHAT_CAME = ("new", "changed", "unchanged")

FORMATS = (ROSTER, *OF_READINGS, *OF_BILLING)


@dataclass(frozen=True, slots=True)
class Cap:
    """How large a file may be, in bytes, and how long taking it in may last."""

    size: int
    within: timedelta


BULK = Cap(4096 * MB, timedelta(hours=1))
BY_HAND = Cap(25 * MB, timedelta(seconds=25))


@dataclass(frozen=True, slots=True)
class Tried:
    """What would come of a file."""

    format: str
    outcome: str
    counts: dict[str, int]
    problems: list[dict[str, Any]]
    changes: list[Change] = field(default_factory=list)


def take_in(
    path: Path,
    *,
    source: str,
    by: User | None,
    at: datetime,
    format: str | None = None,  # noqa: A002  what it is called everywhere
    among: Sequence[str] = FORMATS,
    name: str | None = None,
    agreement: ServiceAgreement | None = None,
    sender: Source | None = None,
    cap: Cap = BULK,
    progress: Progress | None = None,
    changes: list[Change] | None = None,
) -> Import:
    """Take in a file of any known format; the format is found out unless it is said.

    `source` says by which way it came, `name` what people call the file, `sender` what a bulk
    file's times and units mean. With `agreement` every reading is that agreement's, whatever
    its dates; a file of more than one meter is then refused. Otherwise each reading goes to the
    agreement in force at its place at its moment, and what nobody holds an agreement for is set
    aside and counted. The first changes are added to `changes`, if it is given (try_out).
    """
    facts: dict[str, Any] = {"source": source, "by": by, "at": at}
    name = name or path.name
    try:
        if path.stat().st_size > cap.size:
            raise refuse(name, None, say(_("is larger than %(most)s MB"), most=cap.size // MB))
        if format is None:
            format = format_of(path)  # noqa: A001
            if format not in among:
                what = _("looks like %(format)s, which is not asked for here")
                raise refuse(name, None, say(what, format=format))
    except BadFile as bad:
        with _Intake(UNKNOWN, name, _digest(path), **facts) as intake:
            raise bad from None
        return intake.row
    kind = READINGS if format in OF_READINGS else format
    read_as = {"format": format} | _meaning(format, sender)
    if agreement is not None and format in OF_READINGS:
        read_as["agreement"] = str(agreement.pk)
    with _Intake(kind, name, _digest(path), read_as=read_as, cap=cap, **facts) as intake:
        if format == ROSTER:
            first = _lay_roster(read_roster(path, progress), intake, at=at)
            if changes is not None:
                changes += first
        elif format in OF_BILLING:
            _lay_billing(read_billing(path, billing.KINDS[format][0], progress), intake, at=at)
        else:
            reader = _reader(path, format, sender)
            reader.progress = progress
            _lay_readings(reader, intake, agreement)
    return intake.row


def try_out(path: Path, **how: Any) -> Tried:
    """Say what would come of this file, and leave nothing behind. Arguments as of take_in."""
    changes: list[Change] = []
    with transaction.atomic():
        row = take_in(path, changes=changes, **how)
        if row.kind == READINGS:
            changes += of_readings(row)
        transaction.set_rollback(True)
    return Tried(
        row.read_as.get("format", UNKNOWN),
        str(row.outcome),
        dict(row.counts or {}),
        list(row.problems or []),
        changes,
    )


def import_roster(path: Path, *, source: str, by: User | None, at: datetime) -> Import:
    """Take in a roster, whole or not at all (docs/feeds.md)."""
    return take_in(path, format=ROSTER, source=source, by=by, at=at)


def import_readings(
    path: Path,
    *,
    agreement: ServiceAgreement | None = None,
    sender: Source | None = None,
    source: str,
    by: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> Import:
    """Take in a file of readings, of whichever format."""
    return take_in(
        path,
        among=OF_READINGS,
        agreement=agreement,
        sender=sender,
        source=source,
        by=by,
        at=at,
        progress=progress,
    )


def take_lines(
    lines: Sequence[Line], *, name: str, source: str, by: User | None, at: datetime
) -> Import:
    """Take in the lines of a roster that never was a file. `name` says what they are."""
    digest = sha256(repr(lines).encode()).digest()
    with _Intake(ROSTER, name, digest, source=source, by=by, at=at) as intake:
        _lay_roster(lines, intake, at=at)
    return intake.row


def take_billing(
    lines: Sequence[BillingLine],
    kind: str,
    *,
    name: str,
    source: str,
    by: User | None,
    at: datetime,
) -> Import:
    """Take in bills, demand or times of use that never were a file."""
    digest = sha256(repr(lines).encode()).digest()
    with _Intake(kind, name, digest, source=source, by=by, at=at) as intake:
        _lay_billing(lines, intake, at=at)
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


def find_agreement(number: str) -> ServiceAgreement | None:
    """The agreement of this service account number, dashes or none."""
    wanted = number.replace("-", "").strip().upper()
    rows = ServiceAgreement.objects.filter(number=wanted)
    return rows.select_related("service_point", "customer").first()


def _reader(path: Path, format_: str, sender: Source | None) -> feeds.Reader:
    if format_ == GREEN_BUTTON:
        return green_button.Reader(path)
    if format_ == SCE_CSV:
        return sce_csv.Reader(path)
    return cmep.Reader(path, _sender(sender))


def _sender(source: Source | None) -> cmep.Sender:
    if source is None:
        return cmep.Sender()
    return cmep.Sender(
        ends=source.stamps == Source.Stamps.END,
        utc=source.clock == Source.Clock.UTC,
        delivered=tuple(source.delivered_units),
        received=tuple(source.received_units),
        net=tuple(source.net_units),
    )


def _meaning(format_: str, source: Source | None) -> dict[str, Any]:
    """What the times and units of a bulk file were taken to mean, to be kept with the import."""
    if format_ != CMEP:
        return {}
    sender = _sender(source)
    return {
        "sender": source.key if source else "",
        "stamps": Source.Stamps.END if sender.ends else Source.Stamps.START,
        "clock": Source.Clock.UTC if sender.utc else Source.Clock.LOCAL,
        "delivered": [*sender.delivered],
        "received": [*sender.received],
        "net": [*sender.net],
    }


def _lay_roster(lines: Iterable[Line], intake: _Intake, *, at: datetime) -> list[Change]:
    """Lay them over what is held; return the first changes."""
    name = intake.row.file_name
    try:
        with transaction.atomic():
            on = at.astimezone(ZONE).date()
            laid = rosters.lay(lines, file=name, on=on, hurry=intake.hurry)
    except IntegrityError as error:
        what = _("contradicts what is held about a place, an agreement or an enrollment")
        raise refuse(name, None, say(what)) from error
    intake.changed = bool(laid.counts)
    intake.counts = {"lines": laid.lines} | laid.counts
    return laid.first


def _lay_billing(lines: Iterable[BillingLine], intake: _Intake, *, at: datetime) -> None:
    with transaction.atomic():
        counts = billing.lay(
            lines,
            intake.row.kind,
            taken_in=intake.row,
            fill_only=intake.again,
            at=at,
            hurry=intake.hurry,
        )
    intake.changed = bool(counts["new"] or counts["replaced"])
    intake.counts = counts


def _lay_readings(
    reader: feeds.Reader,
    intake: _Intake,
    agreement: ServiceAgreement | None,
) -> None:
    name = intake.row.file_name
    with transaction.atomic():
        places = Named(agreement, name) if agreement else Places()
        sorting = Sorting(intake.row, places, fill_only=intake.again)
        runs = 0
        for run in _worded(reader, name):
            runs += 1
            if not run.meter and agreement is None:
                what = _("names no meter; say whose agreement it is")
                raise refuse(name, run.line, say(what))
            sorting.add(run)
            intake.hurry()
        sorting.write()
    intake.counts = sorting.counts
    intake.changed = bool(sorting.counts["days_new"] or sorting.counts["days_changed"])
    intake.unusable = not any(sorting.counts[f"days_{what}"] for what in WHAT_CAME)
    intake.counts |= {"rejected": reader.rejects, "skipped": reader.skips}
    if isinstance(reader, cmep.Reader):  # one line of it is one run
        intake.counts["lines"] = runs + reader.rejects + reader.skips
    intake.problems = reader.skipped + reader.rejected
    intake.problems += [Problem(name, None, what) for what in sorting.problems]
    intake.unlisted = sorting.unlisted + reader.rejects - len(reader.rejected)
    if reader.rounded:
        intake.counts["rounded"] = reader.rounded


def _worded(reader: feeds.Reader, name: str) -> Iterator[Run]:
    """The runs, with the file's own words for quality replaced by lasting ones."""
    table, known = b"", 0
    for run in reader:
        if len(reader.words.texts) > known:
            known = len(reader.words.texts)
            try:
                table = quality.lasting(reader.words.texts)
            except quality.NoRoom as full:
                what = _("has the quality %(text)r; there is no room for more such words")
                raise refuse(name, run.line, say(what, text=str(full))) from full
        lasting = run.quality.translate(table) if known else run.quality
        yield run if lasting == run.quality else replace(run, quality=lasting)


def _by_line(problem: Problem) -> tuple[bool, int]:
    """In the order of lines; last what is about no line but about the file, or about days."""
    return problem.line is None, problem.line or 0


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


class _Intake:
    """The Import row around one file: opened before it is read, stamped when it is done."""

    def __init__(
        self,
        kind: str,
        name: str,
        digest: bytes,
        *,
        source: str,
        by: User | None,
        at: datetime,
        read_as: dict[str, Any] | None = None,
        cap: Cap = BULK,
    ) -> None:
        before = Import.objects.filter(kind=kind, sha256=digest, outcome=Import.Outcome.TAKEN)
        standing = before.filter(read_as=read_as or {}, taken_back_at=None)
        self.again = standing.exists()
        self.row = Import.objects.create(
            kind=kind,
            file_name=name[:255],
            sha256=digest,
            source=source,
            read_as=read_as or {},
            by=by,
            started_at=at,
        )
        self.began, self.cap = monotonic(), cap
        self.counts: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.unlisted = 0
        self.changed = self.unusable = False

    def hurry(self) -> None:
        """Give up a file that takes too long."""
        if monotonic() - self.began > self.cap.within.total_seconds():
            seconds = f"{self.cap.within.total_seconds():g}"
            what = _("takes longer than %(seconds)s seconds; send it in parts")
            raise refuse(self.row.file_name, None, say(what, seconds=seconds))

    def __enter__(self) -> _Intake:
        return self

    def __exit__(self, _type: Any, error: BaseException | None, _trace: Any) -> bool:
        if error is None:
            outcome = Import.Outcome.TAKEN if self.changed else Import.Outcome.UNCHANGED
            if self.unusable:
                outcome = Import.Outcome.UNUSABLE
        elif isinstance(error, BadFile):
            outcome, self.counts, self.problems = Import.Outcome.REFUSED, {}, error.problems
            self.unlisted = 0
            if error.stopped:
                self.counts[STOPPED] = len(error.problems)
        else:
            return False
        self.row.finished_at = self.row.started_at + timedelta(seconds=monotonic() - self.began)
        self.row.outcome = outcome
        self.unlisted += len(self.problems[MOST_PROBLEMS:])
        if self.unlisted:
            self.counts[UNLISTED] = self.unlisted
        self.row.counts = self.counts
        listed = sorted(self.problems[:MOST_PROBLEMS], key=_by_line)
        self.row.problems = [
            {"file": self.row.file_name, "line": problem.line, "what": problem.what}
            | problem.said.kept()
            for problem in listed
        ]
        self.row.save(update_fields=["finished_at", "outcome", "counts", "problems"])
        return True
