"""Laying a roster over what is held: customers, places, meters, agreements, enrollments.

A roster adds and corrects; what it does not mention stays as it is. When dates move, readings
go with them: a day that now lies in the next customer's agreement becomes hers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.utils import translation

from usage import contacts, month_totals
from usage.changes import SHOWN, Change, Facts, of_facts
from usage.feeds import MOST_PROBLEMS, BadFile, Problem
from usage.feeds.roster import Line
from usage.intervals import day_start
from usage.models import (
    Channel,
    Customer,
    Enrollment,
    ProgramEnrollment,
    ServiceAgreement,
    ServicePoint,
)
from usage.sentences import noop as _
from usage.sentences import say
from usage.staging import Staged

Row = TypeVar("Row", bound=models.Model)
AT_ONCE = 2000

# That a file said days again goes with them; where none of the days went over it says nothing.
REPEATED_THERE_TOO = """
    INSERT INTO usage_repeateddays
        (id, customer_id, agreement_id, channel_id, first_day, last_day, revision, said,
         taken_in_id)
    SELECT gen_random_uuid(), heir.customer_id, heir.id, held.channel_id, held.first_day,
           held.last_day, held.revision, held.said, held.taken_in_id
    FROM usage_repeateddays AS held
    JOIN usage_serviceagreement AS owner ON owner.id = held.agreement_id
    JOIN usage_serviceagreement AS heir
        ON heir.service_point_id = owner.service_point_id AND heir.id <> owner.id
    WHERE owner.service_point_id = ANY(%(places)s)
      AND heir.starts_at < (held.last_day + 1)::timestamp AT TIME ZONE 'America/Los_Angeles'
      AND coalesce(heir.ends_at, 'infinity')
          > held.first_day::timestamp AT TIME ZONE 'America/Los_Angeles'
      AND NOT EXISTS (
          SELECT FROM usage_repeateddays AS there
          WHERE there.agreement_id = heir.id AND there.channel_id = held.channel_id
            AND there.taken_in_id = held.taken_in_id AND there.first_day <= held.first_day
            AND there.last_day >= held.last_day AND there.revision = held.revision)
"""


@dataclass
class Laid:
    """How many rows are new and how many changed, by name, of how many lines; what cannot be.

    `first` are some of what changed of customers, agreements and places that are held already,
    `fresh` the agreements of the part just laid that are not.
    """

    file: str
    lines: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    first: list[Change] = field(default_factory=list)
    fresh: set[UUID] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, account: str, facts: Facts) -> None:
        """Keep what changes of this account, as long as there is room."""
        if len(self.first) < SHOWN:
            self.first += of_facts(account, facts)[: SHOWN - len(self.first)]

    def refuse(self, line: Line, words: str) -> None:
        self.problems.append(Problem(self.file, line.line, say(words)))


def lay(
    lines: Iterable[Line], *, file: str, on: date, hurry: Callable[[], object] = lambda: None
) -> Laid:
    """Bring what is held in line with the roster; `on` is the day it is taken in.

    Done in parts, all lines of a place together, then all of a customer: memory stays flat, and
    `hurry` is asked between them. Raises BadFile, with line numbers, for what contradicts what is
    held; the caller rolls back.
    """
    laid = Laid(file)
    staged = Staged(
        lines,
        Line,
        lambda line: line.service_point,
        lambda line: line.account_number,
        hurry=hurry,
    )
    laid.lines = staged.count
    for part in staged.parts():
        customers = _customers(part, laid)
        places = _places(part, laid)
        _channels(part, places, laid)
        agreements = _agreements(part, customers, places, laid)
        if not laid.problems:
            _programs(part, agreements, laid, on=on)
        elif len(laid.problems) >= MOST_PROBLEMS:
            break
    if laid.problems:
        listed = sorted(laid.problems, key=lambda problem: problem.line or 0)
        raise BadFile(listed[:MOST_PROBLEMS], stopped=len(listed) >= MOST_PROBLEMS)
    for part in staged.parts("second"):
        _enrollments(part, laid)
    return laid


def _held(model: type[Row], key: str, values: Iterable[Any]) -> dict[Any, Row]:
    """The rows held with these values, by value."""
    rows: dict[Any, Row] = {}
    wanted = sorted(set(values))
    for start in range(0, len(wanted), AT_ONCE):
        some = model._default_manager.filter(**{f"{key}__in": wanted[start : start + AT_ONCE]})
        rows |= {getattr(row, key): row for row in some}
    return rows


def _write(
    model: type[Row], new: list[Row], changed: list[Row], facts: Sequence[str], laid: Laid
) -> None:
    manager = model._default_manager
    if changed:
        manager.bulk_update(changed, list(facts), batch_size=500)
    manager.bulk_create(new, batch_size=AT_ONCE)
    with translation.override("en"):  # what an import counted is kept, whoever sent it
        name = str(model._meta.verbose_name_plural)
    for what, rows in (("new", new), ("changed", changed)):
        if rows:
            laid.counts[f"{what} {name}"] += len(rows)


def _correct(row: models.Model, facts: dict[str, Any]) -> Facts:
    """Set these facts on the row; say which were different, and what they were."""
    held = {name: (getattr(row, name), fact) for name, fact in facts.items()}
    different = {name: both for name, both in held.items() if both[0] != both[1]}
    for name, (_before, fact) in different.items():
        setattr(row, name, fact)
    return different


def _lay_rows(
    model: type[Row],
    key: str,
    wanted: dict[Any, dict[str, Any]],
    laid: Laid,
    whose: Mapping[Any, str],
) -> dict[Any, Row]:
    """Make or correct one row for each key, and return all of them by key.

    `whose` says by key which account a row is told to be of.
    """
    rows = _held(model, key, wanted)
    new, changed = [], []
    for value, facts in wanted.items():
        row = rows.get(value)
        if row is None:
            rows[value] = row = model(**{key: value}, **facts)
            new.append(row)
        elif different := _correct(row, facts):
            changed.append(row)
            laid.tell(whose[value], different)
    names = list(next(iter(wanted.values()), {}))
    _write(model, new, changed, names, laid)
    return rows


def _customers(lines: Sequence[Line], laid: Laid) -> dict[str, Customer]:
    wanted = {
        line.account_number: {
            "name": line.customer_name,
            "kind": line.kind,
            "language": line.language,
            "mailing_address": line.mailing_address,
            "mailing_zip": line.mailing_zip,
            "email": line.email,
            "telephone": line.telephone,
        }
        for line in lines
    }
    contacts.keep_what_customers_said(wanted)
    whose = {number: number for number in wanted}
    return _lay_rows(Customer, "account_number", wanted, laid, whose)


def _places(lines: Sequence[Line], laid: Laid) -> dict[str, ServicePoint]:
    wanted = {
        line.service_point: {"address": line.service_address, "zip": line.service_zip}
        for line in lines
    }
    whose = {line.service_point: line.account_number for line in lines}
    return _lay_rows(ServicePoint, "number", wanted, laid, whose)


def _channels(lines: Sequence[Line], places: dict[str, ServicePoint], laid: Laid) -> None:
    """Each meter has a delivered channel; a received one is made by its first reading."""
    wanted = {(places[line.service_point].pk, line.meter_number): line for line in lines}
    held = Channel.objects.filter(
        service_point__in=[place.pk for place in places.values()], flow=Channel.Flow.DELIVERED
    )
    known = set(held.values_list("service_point_id", "meter_number"))
    new = [
        Channel(service_point_id=place, meter_number=meter, flow=Channel.Flow.DELIVERED)
        for place, meter in wanted
        if (place, meter) not in known
    ]
    _write(Channel, new, [], [], laid)


def _agreements(
    lines: Sequence[Line],
    customers: dict[str, Customer],
    places: dict[str, ServicePoint],
    laid: Laid,
) -> dict[str, ServiceAgreement]:
    held = _held(ServiceAgreement, "number", (line.service_account_number for line in lines))
    new: list[ServiceAgreement] = []
    narrower: list[ServiceAgreement] = []
    other: list[ServiceAgreement] = []
    moved: list[ServiceAgreement] = []
    agreements = dict(held)
    for line in lines:
        facts = {
            "rate_schedule": line.rate_schedule,
            "starts_at": day_start(line.start_date),
            "ends_at": day_start(line.end_date) if line.end_date else None,
        }
        customer, place = customers[line.account_number], places[line.service_point]
        row = held.get(line.service_account_number)
        if row is None:
            row = ServiceAgreement(
                number=line.service_account_number, customer=customer, service_point=place, **facts
            )
            agreements[row.number] = row
            new.append(row)
        elif row.customer_id != customer.pk:
            laid.refuse(line, _("has a service account that is held under another account number"))
        elif row.service_point_id != place.pk:
            laid.refuse(line, _("has a service account that is held at another service point"))
        else:
            before = row.starts_at, row.ends_at
            if different := _correct(row, facts):
                (narrower if _within(row, before) else other).append(row)
                laid.tell(line.account_number, different)
            if (row.starts_at, row.ends_at) != before:
                moved.append(row)
    _refuse_overlaps(lines, agreements, laid)
    if laid.problems:
        return agreements
    # Those that give time up go first, so that no place has two agreements even for a moment.
    facts_changed = ["rate_schedule", "starts_at", "ends_at"]
    _write(ServiceAgreement, [], narrower, facts_changed, laid)
    _write(ServiceAgreement, new, other, facts_changed, laid)
    laid.fresh = {row.pk for row in new}
    if moved or new:
        _move_readings([*moved, *new])
    return agreements


def _within(row: ServiceAgreement, before: tuple[datetime, datetime | None]) -> bool:
    starts_at, ends_at = before
    return row.starts_at >= starts_at and (
        ends_at is None or (row.ends_at is not None and row.ends_at <= ends_at)
    )


def _refuse_overlaps(
    lines: Sequence[Line], agreements: dict[str, ServiceAgreement], laid: Laid
) -> None:
    """Two customers at one place at one time: say on which line."""
    by_number = {line.service_account_number: line for line in lines}
    of_place: dict[UUID, dict[str, ServiceAgreement]] = defaultdict(dict)
    for row in agreements.values():
        of_place[row.service_point_id][row.number] = row
    ids = list(of_place)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for row in ServiceAgreement.objects.filter(service_point__in=some):
            of_place[row.service_point_id].setdefault(row.number, row)
    for rows in of_place.values():
        in_order = sorted(rows.values(), key=lambda row: row.starts_at)
        for one, next_ in pairwise(in_order):
            if one.ends_at is None or one.ends_at > next_.starts_at:
                line = by_number.get(next_.number) or by_number.get(one.number)
                if line is not None:
                    laid.refuse(
                        line,
                        _(
                            "has a place and time that another agreement covers too: give that "
                            "one an end_date no later than this start_date"
                        ),
                    )


def _move_readings(agreements: Iterable[ServiceAgreement]) -> None:
    """Days that the new dates put into another agreement of the place go over to it."""
    places = list({row.service_point_id for row in agreements})
    move = """
        UPDATE {table} AS held
        SET customer_id = heir.customer_id, agreement_id = heir.id
        FROM usage_serviceagreement AS owner, usage_serviceagreement AS heir
        WHERE owner.id = held.agreement_id AND owner.service_point_id = ANY(%(places)s)
          AND heir.service_point_id = owner.service_point_id AND heir.id <> owner.id
          AND {start} >= heir.starts_at
          AND {start} + held.sec * (length(held.wh) / 4) * interval '1 second'
              <= coalesce(heir.ends_at, 'infinity')
          AND NOT EXISTS (
              SELECT FROM {table} AS there
              WHERE there.agreement_id = heir.id AND there.channel_id = held.channel_id
                AND there.day = held.day)
    """
    with connection.cursor() as cursor:
        facts = {"places": places}
        cursor.execute(move.format(table="usage_intervalday", start="held.start"), facts)
        if cursor.rowcount:
            midnight = "(held.day::timestamp AT TIME ZONE 'America/Los_Angeles')"
            cursor.execute(move.format(table="usage_intervaldayrevision", start=midnight), facts)
            cursor.execute(REPEATED_THERE_TOO, facts)
    at_places = ServiceAgreement.objects.filter(service_point__in=places)
    month_totals.start_over(at_places.values_list("pk", flat=True))


def _programs(
    lines: Sequence[Line], agreements: dict[str, ServiceAgreement], laid: Laid, *, on: date
) -> None:
    """A program is held from the day a roster first names it to the day one no longer does."""
    rows = [agreements[line.service_account_number] for line in lines]
    held: dict[UUID, dict[str, ProgramEnrollment]] = defaultdict(dict)
    for start in range(0, len(rows), AT_ONCE):
        some = ProgramEnrollment.objects.filter(agreement__in=rows[start : start + AT_ONCE])
        for row in some.order_by("starts_on"):
            held[row.agreement_id][row.program] = row
    new, changed = [], []
    for line, agreement in zip(lines, rows, strict=True):
        for program in line.programs:
            row = held[agreement.pk].get(program)
            if row is None or (row.ends_on is not None and row.starts_on != on):
                new.append(
                    ProgramEnrollment(
                        customer_id=agreement.customer_id,
                        agreement=agreement,
                        program=program,
                        starts_on=on,
                    )
                )
                if agreement.pk not in laid.fresh:
                    laid.tell(line.account_number, {"program": ("", program)})
            elif row.ends_on is not None:
                row.ends_on = None
                changed.append(row)
                laid.tell(line.account_number, {"program": ("", program)})
        for program, row in held[agreement.pk].items():
            if program not in line.programs and row.ends_on is None:
                row.ends_on = on
                changed.append(row)
                laid.tell(line.account_number, {"program": (program, "")})
    _write(ProgramEnrollment, new, changed, ["ends_on"], laid)


def _enrollments(lines: Sequence[Line], laid: Laid) -> None:
    """One enrollment over all of a customer's lines; after an end, a new start is a new one."""
    enrolled = [line for line in lines if line.enrolled_on]
    customers = _held(Customer, "account_number", (line.account_number for line in enrolled))
    by_customer: dict[UUID, list[Line]] = defaultdict(list)
    for line in enrolled:
        by_customer[customers[line.account_number].pk].append(line)
    newest: dict[UUID, Enrollment] = {}
    ids = list(by_customer)
    for start in range(0, len(ids), AT_ONCE):
        some = Enrollment.objects.filter(customer__in=ids[start : start + AT_ONCE])
        newest |= {row.customer_id: row for row in some.order_by("starts_on")}
    elsewhere = _served_elsewhere(lines, ids)
    new, changed = [], []
    for customer_id, theirs in by_customer.items():
        starts_on = min(line.enrolled_on for line in theirs if line.enrolled_on)
        ends = [_served_until(line) for line in theirs]
        open_ended = customer_id in elsewhere or None in ends
        ends_on = None if open_ended else max(end for end in ends if end)
        row = newest.get(customer_id)
        if row is None or (row.ends_on is not None and starts_on >= row.ends_on):
            new.append(Enrollment(customer_id=customer_id, starts_on=starts_on, ends_on=ends_on))
            if row is not None:
                laid.tell(theirs[0].account_number, {"starts_on": (row.starts_on, starts_on)})
        elif different := _correct(row, {"starts_on": starts_on, "ends_on": ends_on}):
            changed.append(row)
            laid.tell(theirs[0].account_number, different)
    _write(Enrollment, new, changed, ["starts_on", "ends_on"], laid)


def _served_until(line: Line) -> date | None:
    return min((end for end in (line.opted_out_on, line.end_date) if end), default=None)


def _served_elsewhere(lines: Sequence[Line], customers: Iterable[UUID]) -> set[UUID]:
    """Customers with an agreement still running that this roster does not mention."""
    numbers = {line.service_account_number for line in lines}
    found: set[UUID] = set()
    ids = list(customers)
    for start in range(0, len(ids), AT_ONCE):
        running = ServiceAgreement.objects.filter(
            customer__in=ids[start : start + AT_ONCE], ends_at=None
        )
        found |= {row.customer_id for row in running if row.number not in numbers}
    return found
