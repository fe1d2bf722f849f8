"""Laying bills, demand and times of use over what is held (docs/feeds.md).

What a file says of an agreement's days replaces all that is held of them, and says by which
file; what is the same stays as it is, and is known to have been said again. A file may replace a
period only whole. Sent again after a correction, a file adds what is not held and takes nothing
back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from usage.feeds import MOST_PROBLEMS, BadFile, Problem, billing
from usage.feeds.billing import Line
from usage.feeds.detection import BILLS, DEMAND, TIME_OF_USE
from usage.models import Import, ServiceAgreement
from usage.models.bills import Bill, DemandPeak, Period, TimeOfUse
from usage.sentences import Sentence, say
from usage.sentences import noop as _
from usage.staging import Staged

AT_ONCE = 2000

KINDS: dict[str, tuple[billing.Format, type[Period]]] = {
    BILLS: (billing.BILLS, Bill),
    DEMAND: (billing.DEMAND, DemandPeak),
    TIME_OF_USE: (billing.TIME_OF_USE, TimeOfUse),
}

Span = tuple[date, date]


def lay(
    lines: Iterable[Line],
    kind: str,
    *,
    taken_in: Import,
    fill_only: bool,
    at: datetime,
    hurry: Callable[[], object] = lambda: None,
) -> dict[str, int]:
    """Bring the rows of this kind in line with the file; the caller holds the transaction.

    Done in parts, all lines of an account together; `hurry` is asked between them. Returns counts
    of lines and of new, replaced and unchanged rows. Raises BadFile, with line numbers, for
    agreements that are not held and for periods replaced in part.
    """
    model = KINDS[kind][1]
    staged = Staged(lines, Line, lambda line: line.account, hurry=hurry)
    counts = {"lines": staged.count, "new": 0, "replaced": 0, "unchanged": 0}
    problems: list[Problem] = []
    for part in staged.parts():
        by_account: dict[str, list[Line]] = defaultdict(list)
        for line in part:
            by_account[line.account].append(line)
        numbered = ServiceAgreement.objects.filter(number__in=list(by_account))
        agreements = {row.number: row for row in numbered}
        held: dict[str, list[Period]] = defaultdict(list)
        standing = model.objects.standing().filter(agreement__in=agreements.values())
        for row in standing.select_related("agreement"):
            held[row.agreement.number].append(row)
        new: list[Period] = []
        gone: list[Period] = []
        again: list[Period] = []
        for account, said in by_account.items():
            theirs = said
            agreement = agreements.get(account)
            if agreement is None:
                problems += [
                    _problem(
                        taken_in, line, say(_("has a service account that is not in the roster"))
                    )
                    for line in theirs
                ]
                continue
            if fill_only:
                theirs = [line for line in theirs if not _overlapping(line, held[account])]
            wrong, replaced, same, missing = _compare(theirs, held[account])
            problems += [_problem(taken_in, line, what) for line, what in wrong]
            gone += replaced
            again += [row for row in same if row.taken_in_id != taken_in.pk]
            new += [_row(model, agreement, line, taken_in) for line in missing]
            counts["unchanged"] += len(said) - len(missing) - len(wrong)
        if len(problems) >= MOST_PROBLEMS:
            break
        if problems:
            continue
        for row in gone:
            row.replaced_by, row.replaced_at = taken_in, at
        for row in again:
            row.repeated_by.append(taken_in.pk)
        model.objects.bulk_update(gone, ["replaced_by", "replaced_at"], batch_size=500)
        model.objects.bulk_update(again, ["repeated_by"], batch_size=500)
        model.objects.bulk_create(new, batch_size=AT_ONCE)
        counts["replaced"] += len(gone)
        counts["new"] += len(new)
    if problems:
        listed = sorted(problems, key=lambda problem: problem.line or 0)
        raise BadFile(listed[:MOST_PROBLEMS], stopped=len(listed) >= MOST_PROBLEMS)
    return counts


def _problem(taken_in: Import, line: Line, what: Sentence) -> Problem:
    return Problem(taken_in.file_name, line.line, what)


def _overlapping(line: Line, held: Sequence[Period]) -> bool:
    return any(row.starts_on < line.ends_on and line.starts_on < row.ends_on for row in held)


def _compare(
    lines: Sequence[Line], held: Sequence[Period]
) -> tuple[list[tuple[Line, Sentence]], list[Period], list[Period], list[Line]]:
    """What is wrong, which rows go, which are said again, and which lines are to be written."""
    same: dict[int, Period] = {}
    gone: list[Period] = []
    wrong: list[tuple[Line, Sentence]] = []
    covered = _union([(line.starts_on, line.ends_on) for line in lines])
    for row in held:
        twin = next((line for line in lines if _says(line, row)), None)
        touching = [line for line in lines if _overlapping(line, [row])]
        if twin is not None:
            same[twin.line] = row
        elif any(low <= row.starts_on and row.ends_on <= high for low, high in covered):
            gone.append(row)
        elif touching:
            words = _("replaces only a part of what is held from %(first)s to %(last)s")
            what = say(words, first=str(row.starts_on), last=str(row.ends_on))
            wrong.append((touching[0], what))
    missing = [line for line in lines if line.line not in same]
    return wrong, gone, list(same.values()), missing


def _says(line: Line, row: Period) -> bool:
    return (line.starts_on, line.ends_on) == (row.starts_on, row.ends_on) and all(
        getattr(row, name) == fact for name, fact in line.facts.items()
    )


def _union(spans: Sequence[Span]) -> list[Span]:
    """The same days as fewer spans: those that touch are one."""
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return joined


def _row(model: type[Period], agreement: ServiceAgreement, line: Line, taken_in: Import) -> Period:
    return model(
        customer_id=agreement.customer_id,
        agreement=agreement,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        taken_in=taken_in,
        **line.facts,
    )


# -- Without one of the files --------------------------------------------------------------

REMOVED, PUT_BACK, BENEATH, STAYS = "removed", "put_back", "beneath", "stays"
"""What becomes of a period when a file is taken back: it goes; it stands again; it goes, and a
correction of it stands; it stays, for a later file said the same."""

COMMON = {field.name for field in Period._meta.get_fields()}


def without(
    taken_back: Import, agreement: ServiceAgreement, model: type[Period]
) -> list[tuple[Period, str]]:
    """Bring the rows of an agreement to where they would be had this file never come.

    The other files are laid anew, in the order they came. Where one of them would have replaced a
    period only in part, the later one stands. Returns what changed, and how.
    """
    rows = list(model.objects.filter(agreement=agreement).order_by("starts_on", "pk"))
    was = {row.pk: (row.taken_in_id, row.replaced_by_id) for row in rows}
    said: dict[UUID, list[Period]] = defaultdict(list)
    for row in rows:
        for by in (row.taken_in_id, *row.repeated_by):
            said[by].append(row)
        row.repeated_by = []
    told: dict[UUID, Period] = {}
    for by in sorted(said.keys() - {taken_back.pk}):
        _lay_anew(said[by], by, told)
    gone = [row for row in rows if row.pk not in told]
    model.objects.filter(pk__in=[row.pk for row in gone]).delete()
    begun = dict(Import.objects.filter(pk__in=said).values_list("pk", "started_at"))
    for row in told.values():
        row.replaced_at = begun[row.replaced_by_id] if row.replaced_by_id else None
    # Those that are replaced go first, so that no period stands twice even for a moment.
    held = sorted(
        (row for pk, row in told.items() if pk in was), key=lambda row: not row.replaced_at
    )
    for row in held:
        row.save(update_fields=["taken_in", "replaced_by", "replaced_at", "repeated_by"])
    model.objects.bulk_create(row for pk, row in told.items() if pk not in was)
    changes = []
    for row in rows:
        by, replaced = was[row.pk]
        if by == taken_back.pk:
            kept = STAYS if row.pk in told else BENEATH if replaced else REMOVED
            changes.append((row, kept))
        elif replaced and row.pk in told and row.replaced_by_id is None:
            changes.append((row, PUT_BACK))
    return changes


def _lay_anew(lines: Sequence[Period], by: UUID, told: dict[UUID, Period]) -> None:
    """Lay the periods one file told of over those that stand."""
    standing = [row for row in told.values() if row.replaced_by_id is None]
    same = set()
    for row in standing:
        twin = next((line for line in lines if _alike(line, row)), None)
        if twin is not None:
            same.add(twin.pk)
            row.repeated_by.append(by)
        elif any(line.starts_on < row.ends_on and row.starts_on < line.ends_on for line in lines):
            row.replaced_by_id = by
    for line in lines:
        if line.pk in same:
            continue
        row = line
        if line.pk in told:  # it stood twice, with another between
            row = copy(line)
            row.pk = uuid7()
        row.taken_in_id, row.replaced_by_id, row.repeated_by = by, None, []
        told[row.pk] = row


def _alike(one: Period, other: Period) -> bool:
    own = {field.name for field in one._meta.concrete_fields} - COMMON
    return all(
        getattr(one, name) == getattr(other, name) for name in {"starts_on", "ends_on", *own}
    )
