"""Laying bills, demand and times of use over what is held (docs/feeds.md).

What a file says of an agreement's days replaces all that is held of them, and says by which
file; what is the same stays as it is. A file may replace a period only whole. Sent again after
a correction, a file adds what is not held and takes nothing back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from usage.feeds import BadFile, Problem, billing
from usage.feeds.billing import Line
from usage.feeds.detection import BILLS, DEMAND, TIME_OF_USE
from usage.models import Import, ServiceAgreement
from usage.models.bills import Bill, DemandPeak, Period, TimeOfUse

AT_ONCE = 2000

KINDS: dict[str, tuple[billing.Format, type[Period]]] = {
    BILLS: (billing.BILLS, Bill),
    DEMAND: (billing.DEMAND, DemandPeak),
    TIME_OF_USE: (billing.TIME_OF_USE, TimeOfUse),
}

Span = tuple[date, date]


def lay(
    lines: Sequence[Line], kind: str, *, taken_in: Import, fill_only: bool, at: datetime
) -> dict[str, int]:
    """Bring the rows of this kind in line with the file; the caller holds the transaction.

    Returns counts of new, replaced and unchanged rows. Raises BadFile, with line numbers, for
    agreements that are not held and for periods replaced in part.
    """
    model = KINDS[kind][1]
    by_account: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_account[line.account].append(line)
    counts = {"new": 0, "replaced": 0, "unchanged": 0}
    problems: list[Problem] = []
    accounts = list(by_account)
    for start in range(0, len(accounts), AT_ONCE):
        some = accounts[start : start + AT_ONCE]
        agreements = {row.number: row for row in ServiceAgreement.objects.filter(number__in=some)}
        held: dict[str, list[Period]] = defaultdict(list)
        standing = model.objects.standing().filter(agreement__in=agreements.values())
        for row in standing.select_related("agreement"):
            held[row.agreement.number].append(row)
        new: list[Period] = []
        gone: list[Period] = []
        for account in some:
            theirs = by_account[account]
            agreement = agreements.get(account)
            if agreement is None:
                problems += [
                    _problem(taken_in, line, "has a service account that is not in the roster")
                    for line in theirs
                ]
                continue
            if fill_only:
                theirs = [line for line in theirs if not _overlapping(line, held[account])]
            wrong, replaced, missing = _compare(theirs, held[account], model)
            problems += [_problem(taken_in, line, what) for line, what in wrong]
            gone += replaced
            new += [_row(model, agreement, line, taken_in) for line in missing]
            counts["unchanged"] += len(by_account[account]) - len(missing) - len(wrong)
        if problems:
            continue
        for row in gone:
            row.replaced_by, row.replaced_at = taken_in, at
        model.objects.bulk_update(gone, ["replaced_by", "replaced_at"], batch_size=500)
        model.objects.bulk_create(new, batch_size=AT_ONCE)
        counts["replaced"] += len(gone)
        counts["new"] += len(new)
    if problems:
        raise BadFile(sorted(problems, key=lambda problem: problem.line or 0))
    return counts


def _problem(taken_in: Import, line: Line, what: str) -> Problem:
    return Problem(taken_in.file_name, line.line, what)


def _overlapping(line: Line, held: Sequence[Period]) -> bool:
    return any(row.starts_on < line.ends_on and line.starts_on < row.ends_on for row in held)


def _compare(
    lines: Sequence[Line], held: Sequence[Period], model: type[Period]
) -> tuple[list[tuple[Line, str]], list[Period], list[Line]]:
    """What is wrong, which rows go, and which lines are to be written."""
    same: set[int] = set()
    gone: list[Period] = []
    wrong: list[tuple[Line, str]] = []
    covered = _union([(line.starts_on, line.ends_on) for line in lines])
    for row in held:
        twin = next((line for line in lines if _says(line, row)), None)
        touching = [line for line in lines if _overlapping(line, [row])]
        if twin is not None:
            same.add(twin.line)
        elif any(low <= row.starts_on and row.ends_on <= high for low, high in covered):
            gone.append(row)
        elif touching:
            what = f"replaces only a part of what is held from {row.starts_on} to {row.ends_on}"
            wrong.append((touching[0], what))
    return wrong, gone, [line for line in lines if line.line not in same]


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
