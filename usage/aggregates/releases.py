"""Letting a report out, and keeping it byte for byte (6.11)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from usage.aggregates import months, reports, rules
from usage.aggregates.reports import KINDS, Hours, Part, Question, Row
from usage.aggregates.rules import Refused
from usage.intervals import ZONE
from usage.models import MonthTotal
from usage.models.aggregated import AggregateRelease, ClosedBlock, ClosedHours, ClosedMonth
from usage.sentences import Sentence, noop, say

if TYPE_CHECKING:
    from prime_portal.models import User

ONE_AT_A_TIME = 6_11_000


@dataclass(frozen=True)
class Report:
    """What would go out: the lines, and what was joined, withheld or left as it was."""

    question: Question
    rows: list[Row]
    told: list[Sentence]


def held_months(*, at: datetime) -> list[date]:
    """The months that are over and have readings, newest first."""
    this = at.astimezone(ZONE).date().replace(day=1)
    found = MonthTotal.objects.filter(month__lt=this).values_list("month", flat=True)
    return sorted(set(found.distinct()), reverse=True)


def preview(question: Question, *, at: datetime) -> Report:
    """Show staff what a release would say. Nothing is closed and nothing is kept."""
    _check(question, at=at)
    closed, earlier = _closed(question), months.closed_so_far()
    blocks: list[ClosedBlock] = []
    for month in question.months:
        if month in closed:
            blocks += closed[month].blocks.select_related("month", "hours")
        else:
            new = ClosedMonth(month=month, rules=rules.version())
            blocks += months.blocks_of(months.divide_month(month, earlier), new)
    if question.hours:
        out = months.hours_out()
        for month in question.months:
            some = [b for b in blocks if b.month.month == month and not b.withheld]
            some = [block for block in some if not hasattr(block, "hours")]
            if some:
                months.hours_of(month, some, earlier, out)
    return _report(question, blocks)


@transaction.atomic
def release(question: Question, *, purpose: str, by: User, at: datetime) -> AggregateRelease:
    """Close the months that are not yet, answer in whole blocks, and keep the report.

    One at a time: what a month is closed as depends on the months closed before.
    """
    _check(question, at=at)
    if not purpose.strip():
        raise Refused(_("Say what the report is for and who gets it (PRIME-07 6.11)."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    closed = _closed(question)
    missing = [month for month in question.months if month not in closed]
    earlier = months.closed_so_far() if missing or question.hours else {}
    for month in missing:
        closed[month] = months.close(month, earlier, by=by, at=at)
    if question.hours:
        out = months.hours_out()
        for month in question.months:
            months.close_hours(closed[month], earlier, out, by=by, at=at)
    blocks = list(
        ClosedBlock.objects.filter(month__in=closed.values())
        .select_related("month", "hours")
        .order_by("month__month", "kind", "id")
    )
    report = _report(question, blocks)
    content = reports.table(question, report.rows)
    return AggregateRelease.objects.create(
        question=question.as_json(),
        purpose=purpose.strip(),
        rules=rules.version(),
        inputs_sha256=_inputs(blocks),
        told=[{"what": str(one)} | one.kept() for one in report.told],
        content=content,
        sha256=sha256(content.encode()).digest(),
        released_at=at,
        released_by=by,
    )


def _check(question: Question, *, at: datetime) -> None:
    if question.first > question.last:
        raise Refused(_("The first month lies after the last."))
    missing = sorted(set(question.months) - set(held_months(at=at)))
    if missing:
        named = ", ".join(date_format(month, "YEAR_MONTH_FORMAT") for month in missing[:3])
        said = _("Only months that are over and have readings are released: not %(months)s (6.11).")
        raise Refused(said % {"months": named})
    if question.hours and len(question.months) > reports.MOST_HOURS:
        said = _("Ask for the hours of at most %(count)s months at a time.")
        raise Refused(said % {"count": reports.MOST_HOURS})


def _closed(question: Question) -> dict[date, ClosedMonth]:
    found = ClosedMonth.objects.filter(month__range=(question.first, question.last))
    return {closed.month: closed for closed in found}


def _report(question: Question, blocks: list[ClosedBlock]) -> Report:
    held_to = rules.in_force()
    parts = [
        Part(
            block.month.month,
            block.kind,
            [(rate, zip_) for rate, zip_ in block.groups],
            block.customers or 0,
            block.wh or 0,
            _hours(block),
        )
        for block in blocks
        if not block.withheld and (block.customers or 0) >= held_to[block.kind].fewest
    ]
    rows = reports.answer(question, parts)
    if not rows:
        raise Refused(
            _(
                "No group of these months is large enough, or one customer outweighs it: nothing "
                "can be shown without showing somebody (PRIME-07 6.11)."
            )
        )
    return Report(question, rows, list(_told(question, blocks)))


def _hours(block: ClosedBlock) -> Hours | None:
    if not hasattr(block, "hours") or block.hours.wh is None:
        return None
    groups = frozenset((rate, zip_) for rate, zip_ in block.hours.groups or [])
    return Hours(groups, block.hours.wh)


def _told(question: Question, blocks: list[ClosedBlock]) -> Iterator[Sentence]:
    """Say what a reader would otherwise miss: joined, withheld, or older than its readings."""
    for month in question.months:
        of_month = [block for block in blocks if block.month.month == month]
        for kind in rules.KINDS:
            joined = [
                b for b in of_month if b.kind == kind and len(b.groups) > 1 and not b.withheld
            ]
            if joined:
                groups = "; ".join(_named(block.groups) for block in joined)
                words = noop(
                    "%(month)s, %(kind)s: shown together only, because one alone would be too "
                    "small or could be subtracted (6.11): %(groups)s."
                )
                yield say(words, month=f"{month:%Y-%m}", kind=say(KINDS[kind]), groups=groups)
            hidden = [block for block in of_month if block.kind == kind and block.withheld]
            if hidden:
                groups = "; ".join(_named(block.groups) for block in hidden)
                words = noop(
                    "%(month)s, %(kind)s: in no figure and in no sum, because it would show a "
                    "customer (6.11): %(groups)s."
                )
                yield say(words, month=f"{month:%Y-%m}", kind=say(KINDS[kind]), groups=groups)
            if question.hours:
                yield from _hours_told(f"{month:%Y-%m}", of_month, kind)
    for closed in {block.month.month: block.month for block in blocks}.values():
        if not closed._state.adding and months.used(closed.month)[1] != bytes(closed.inputs_sha256):
            words = noop(
                "%(month)s stands as it was first released on %(day)s. Readings corrected since "
                "are not in it: the difference could show one customer (6.11)."
            )
            day = f"{closed.closed_at.astimezone(ZONE):%Y-%m-%d}"
            yield say(words, month=f"{closed.month:%Y-%m}", day=day)


def _hours_told(month: str, blocks: list[ClosedBlock], kind: str) -> Iterator[Sentence]:
    """Say which groups have hours together only or none, and why."""
    of_kind = [block for block in blocks if block.kind == kind and hasattr(block, "hours")]
    joined = {
        _named(block.hours.groups)
        for block in of_kind
        if block.hours.groups and len(block.hours.groups) > len(block.groups)
    }
    if joined:
        words = noop(
            "%(month)s, %(kind)s: hours shown together only, because those of one alone would "
            "show a customer or could be subtracted (6.11): %(groups)s."
        )
        groups = "; ".join(sorted(joined))
        yield say(words, month=month, kind=say(KINDS[kind]), groups=groups)
    for why, words in WITHOUT_HOURS.items():
        without = [block for block in of_kind if block.hours.left_out == why]
        if without:
            groups = "; ".join(_named(block.groups) for block in without)
            yield say(words, month=month, kind=say(KINDS[kind]), groups=groups)


WITHOUT_HOURS = {
    ClosedHours.LeftOut.ALONE: noop(
        "%(month)s, %(kind)s: without hours, because in one hour too few used anything, or one "
        "outweighs the others (6.11): %(groups)s."
    ),
    ClosedHours.LeftOut.SUBTRACTED: noop(
        "%(month)s, %(kind)s: without hours, because less other hours or another month they would "
        "show who came or left (6.11): %(groups)s."
    ),
}


def _named(groups: Iterable[Iterable[str]]) -> str:
    return ", ".join(f"{rate or '?'} ({zip_})" for rate, zip_ in groups)


def _inputs(blocks: list[ClosedBlock]) -> bytes:
    """The hash of the blocks a report was made of."""
    held = [
        [
            f"{block.month.month}",
            block.kind,
            block.groups,
            block.customers,
            block.wh,
            *([block.hours.groups, block.hours.wh] if hasattr(block, "hours") else []),
        ]
        for block in blocks
    ]
    return sha256(json.dumps(held, sort_keys=True).encode()).digest()
