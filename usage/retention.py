"""Letting go of what PRIME has kept long enough (5.2 with CPUC rule 5b; Gov. Code 34090).

Each kind of information has its period in its Category row, which the notice prints. What is
older goes, a whole month at a time and never before two years, whatever the row says, nor before
the period the notice in force shows, where the row has become shorter since; only on a records
schedule the City Council approved; nothing of whoever is on hold, disputes something that is not
closed yet, or is named in a demand that is still open. A run is one transaction and leaves an
evidence row with its cutoffs and counts; `look` says the same without doing it, and `kept_back`
what holds, disputes and demands keep.

What goes: readings, their earlier revisions and their monthly sums; bills, demand, times of
use; ended programs, rates and enrollments; and, of customers long gone, their names, numbers and
addresses, which are overwritten because evidence still points at their rows.

What stays, and why: evidence is never deleted (authorizations, disclosures, downloads, notices,
deliveries, disputes, imports, holds, runs). It proves what PRIME did and what customers chose;
personal words in it stand in the ledger only as salted hashes, and are erased when the records of
a former customer's choices are past their period (prime_portal.retention). Places where somebody
is served, and everything about customers who are, stay too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace, Right

from usage import categories
from usage.intervals import ZONE, day_start
from usage.models import (
    AttemptCount,
    Bill,
    Category,
    Channel,
    Customer,
    DemandPeak,
    Dispute,
    Enrollment,
    Hold,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    ProgramEnrollment,
    Removal,
    RepeatedDays,
    RetentionRun,
    ServiceAgreement,
    ServicePoint,
    TimeOfUse,
)

if TYPE_CHECKING:
    from prime_portal.models import User

FLOOR_MONTHS = 24
"""A city keeps its records two years (Gov. Code 34090)."""

GONE = "gone-"
"""What an overwritten number begins with."""

Periods = Mapping[str, int]
"""Months by category."""

Counts = dict[str, dict[str, int]]
"""Rows by category and by what they are."""

Open = Mapping[UUID, Iterable[UUID]]
"""What is still open, by its id, and the customers it is about."""


class NoSchedule(Exception):
    """Records go only on a schedule the City Council approved."""


@dataclass(frozen=True)
class Scope:
    """What may go of one category: all before `cutoff`, but of nobody in `held`.

    `at` and `schedule` say when and on whose decision, for what leaves a row of its own.
    """

    cutoff: date
    held: frozenset[UUID]
    at: datetime | None = None
    schedule: str = ""

    @property
    def moment(self) -> datetime:
        return day_start(self.cutoff)

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.exclude(customer__in=self.held)


@dataclass(frozen=True)
class Rule:
    """One kind of row: which go, and how. Without `becomes` they are deleted."""

    category: str
    what: str
    rows: Callable[[Scope], QuerySet[Any]]
    becomes: Callable[[], dict[str, Any]] | None = None

    def count(self, scope: Scope) -> int:
        return self.rows(scope).count()

    def let_go(self, scope: Scope) -> int:
        rows = self.rows(scope)
        if self.becomes is not None:
            return rows.update(**self.becomes())
        return rows.delete()[0]


# -- Readings: months are dropped where nobody is on hold, else rows are deleted ---------


FLOWS = {
    categories.INTERVAL_USAGE: Channel.Flow.DELIVERED,
    categories.GENERATION_EXPORT: Channel.Flow.RECEIVED,
}


def _readings(category: str, model: type[models.Model], day: str) -> Rule:
    flow = FLOWS[category]

    def rows(scope: Scope) -> QuerySet[Any]:
        old = model._default_manager.filter(**{f"{day}__lt": scope.cutoff, "channel__flow": flow})
        return scope.of(old)

    return Rule(category, str(model._meta.verbose_name_plural), rows)


class Days(Rule):
    """Day rows of one direction. Their partition is dropped where the other direction goes too."""

    def let_go(self, scope: Scope) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM usage_intervalday AS held USING usage_channel AS channel"
                " WHERE channel.id = held.channel_id AND channel.flow = %s AND held.day < %s"
                " AND held.customer_id <> ALL(%s)",
                [FLOWS[self.category], scope.cutoff, list(scope.held)],
            )
            return int(cursor.rowcount)


def _days(category: str) -> Days:
    rule = _readings(category, IntervalDay, "day")
    return Days(rule.category, rule.what, rule.rows)


def _drop_months(scopes: dict[str, Scope]) -> dict[str, int]:
    """Drop the months of which nothing has to stay; say how many day rows of each category."""
    both = [scopes[category] for category in FLOWS if category in scopes]
    if len(both) < len(FLOWS):
        return {}
    cutoff = min(scope.cutoff for scope in both)
    held = frozenset().union(*(scope.held for scope in both))
    old = IntervalDay.objects.filter(day__lt=cutoff)
    stay = {day.replace(day=1) for day in _all_days(old.filter(customer__in=held))}
    dropped = dict.fromkeys(FLOWS, 0)
    for month in sorted({day.replace(day=1) for day in _all_days(old)} - stay):
        after = (month + timedelta(days=31)).replace(day=1)
        for category, flow in FLOWS.items():
            days = old.filter(day__gte=month, day__lt=after, channel__flow=flow)
            dropped[category] += days.count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT usage_drop_month(%s)", [month])
    return dropped


def _all_days(rows: QuerySet[IntervalDay]) -> Iterable[date]:
    return rows.values_list("day", flat=True).distinct()


# -- Customers long gone -----------------------------------------------------------------


def former(scope: Scope) -> QuerySet[Customer]:
    """Customers whose last agreement and last enrollment ended before the cutoff."""
    running = ServiceAgreement.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=scope.moment), customer=OuterRef("pk")
    )
    enrolled = Enrollment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=scope.cutoff), customer=OuterRef("pk")
    )
    known = ServiceAgreement.objects.filter(customer=OuterRef("pk"))
    return Customer.objects.exclude(pk__in=scope.held).filter(
        Exists(known), ~Exists(running), ~Exists(enrolled)
    )


def _ended(scope: Scope) -> QuerySet[ServiceAgreement]:
    return scope.of(ServiceAgreement.objects.filter(ends_at__lte=scope.moment))


def _left(scope: Scope) -> QuerySet[ServicePoint]:
    """Places whose last agreement ended before the cutoff."""
    later = ServiceAgreement.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=scope.moment) | Q(customer__in=scope.held),
        service_point=OuterRef("pk"),
    )
    known = ServiceAgreement.objects.filter(service_point=OuterRef("pk"))
    return ServicePoint.objects.filter(Exists(known), ~Exists(later))


def _number() -> Any:
    """A number that says nothing and is no other row's."""
    bare = Replace(Cast(F("id"), models.CharField()), Value("-"), Value(""))
    return Concat(Value(GONE), Right(bare, 24))


REMOVED = (*FLOWS, categories.TOU_USAGE, categories.DEMAND, categories.BILLING_HISTORY)
"""Kinds of which an import that is taken back leaves a removal."""

RULES: tuple[Rule, ...] = (
    *(
        rule
        for category in FLOWS
        for rule in (
            _days(category),
            _readings(category, IntervalDayRevision, "day"),
            _readings(category, MonthTotal, "month"),
            _readings(category, RepeatedDays, "last_day"),
        )
    ),
    *(
        Rule(
            category,
            str(model._meta.verbose_name_plural),
            lambda scope, model=model: scope.of(  # type: ignore[misc]
                model.objects.filter(ends_on__lte=scope.cutoff)
            ),
        )
        for category, model in (
            (categories.TOU_USAGE, TimeOfUse),
            (categories.DEMAND, DemandPeak),
            (categories.BILLING_HISTORY, Bill),
            (categories.PROGRAM_ENROLLMENT, ProgramEnrollment),
            (categories.CCA_STATUS, Enrollment),
        )
    ),
    *(
        Rule(
            category,
            str(Removal._meta.verbose_name_plural),
            lambda scope, category=category: scope.of(  # type: ignore[misc]
                Removal.objects.filter(category=category, last_day__lt=scope.cutoff)
            ),
        )
        for category in REMOVED
    ),
    Rule(
        categories.RATE_SCHEDULE,
        "rates of ended agreements",
        lambda scope: _ended(scope).exclude(rate_schedule=""),
        lambda: {"rate_schedule": ""},
    ),
    Rule(
        categories.CONTACT,
        "ways to reach former customers",
        lambda scope: former(scope).exclude(
            mailing_address="", mailing_zip="", email="", telephone=""
        ),
        lambda: {"mailing_address": "", "mailing_zip": "", "email": "", "telephone": ""},
    ),
    Rule(
        categories.SERVICE_LOCATION,
        "numbers of ended agreements",
        lambda scope: _ended(scope).exclude(number__startswith=GONE),
        lambda: {"number": _number()},
    ),
    Rule(
        categories.SERVICE_LOCATION,
        "meters at places nobody is served at",
        lambda scope: Channel.objects.filter(service_point__in=_left(scope)).exclude(
            meter_number__startswith=GONE
        ),
        lambda: {"meter_number": _number()},
    ),
    Rule(
        categories.SERVICE_LOCATION,
        "addresses of places nobody is served at",
        lambda scope: _left(scope).exclude(number__startswith=GONE),
        lambda: {"number": _number(), "address": "", "zip": ""},
    ),
    Rule(
        categories.ACCOUNT_IDENTITY,
        "names of former customers",
        lambda scope: former(scope).exclude(account_number__startswith=GONE),
        lambda: {"account_number": _number(), "name": ""},
    ),
    Rule(
        categories.PORTAL_SECURITY,
        "counts of guesses",
        lambda scope: AttemptCount.objects.filter(last_at__lt=scope.moment),
    ),
)
"""In this order: what points at a row goes before it."""


# -- The verbs ---------------------------------------------------------------------------


def cutoffs(*, on: date, said: Periods | None = None) -> dict[str, date]:
    """For each category the first day that is still kept, always the first of a month.

    `said` are the months the notice in force shows: the longest of them, of the category's own
    and of the city's two years counts (CPUC rule 3).
    """
    return {
        category.key: _months_before(
            on, max(category.retention_months, (said or {}).get(category.key, 0), FLOOR_MONTHS)
        )
        for category in Category.objects.order_by("position")
    }


def disputed() -> Open:
    """Disputes and complaints that are not closed: their evidence stays (CPUC rule 4b)."""
    found = Dispute.objects.holding().order_by("raised_at")
    return {pk: (customer,) for pk, customer in found.values_list("pk", "customer_id")}


def look(
    *,
    at: datetime,
    more: Sequence[Rule] = (),
    said: Periods | None = None,
    demanded: Open | None = None,
) -> Counts:
    """Count what a run would let go, and change nothing.

    `more` are rules of apps above, `said` the periods of the notice in force, `demanded` the
    demands that are still open.
    """
    return _count(_scopes(at, said, _held(demanded)), more)


def kept_back(
    *,
    at: datetime,
    more: Sequence[Rule] = (),
    said: Periods | None = None,
    demanded: Open | None = None,
) -> Counts:
    """Count what is older than its period and stays all the same: on hold, disputed, demanded."""
    every, going = (_count(_scopes(at, said, held), more) for held in (Held(), _held(demanded)))
    kept: Counts = {}
    for category, rows in every.items():
        for what, number in rows.items():
            if stays := number - going.get(category, {}).get(what, 0):
                kept.setdefault(category, {})[what] = stays
    return kept


def _count(scopes: dict[str, Scope], more: Sequence[Rule]) -> Counts:
    counts: Counts = {}
    for rule in (*RULES, *more):
        if rule.category in scopes:
            _add(counts, rule, rule.count(scopes[rule.category]))
    return counts


@transaction.atomic
def run(
    *,
    schedule: str,
    by: User | None,
    at: datetime,
    more: Sequence[Rule] = (),
    said: Periods | None = None,
    demanded: Open | None = None,
) -> RetentionRun:
    """Let go what is older than its period, all of it or nothing, and record it.

    `schedule` names the records schedule the City Council approved; without one this raises
    NoSchedule (R47).
    """
    if not schedule.strip():
        raise NoSchedule("Records go only on a schedule the City Council approved; name it.")
    began = monotonic()
    with connection.cursor() as cursor:
        # A month is dropped when nobody reads it; better to try again than to make people wait.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
    held = _held(demanded)
    record = RetentionRun.objects.create(
        schedule=schedule.strip(),
        by=by,
        started_at=at,
        cutoffs={key: day.isoformat() for key, day in cutoffs(on=_today(at), said=said).items()},
        holds=[str(hold.pk) for hold in held.holds],
        still_open=[str(one) for one in held.still_open],
    )
    scopes = _scopes(at, said, held, schedule=schedule.strip())
    counts: Counts = {}
    dropped = _drop_months(scopes)
    for rule in (*RULES, *more):
        if rule.category in scopes:
            gone = rule.let_go(scopes[rule.category])
            if isinstance(rule, Days):
                gone += dropped.get(rule.category, 0)
            _add(counts, rule, gone)
    record.counts = counts
    record.finished_at = at + timedelta(seconds=monotonic() - began)
    record.save(update_fields=["counts", "finished_at"])
    return record


@dataclass(frozen=True)
class Held:
    """What keeps things: holds, and what is still open, each with the customers it is about."""

    holds: tuple[Hold, ...] = ()
    still_open: Open = field(default_factory=dict)

    def of(self, category: str) -> frozenset[UUID] | None:
        """The customers of whom nothing of this category goes; None stands for everybody."""
        about = [hold for hold in self.holds if not hold.categories or category in hold.categories]
        if not all(hold.customer_id for hold in about):
            return None
        on_hold = {hold.customer_id for hold in about if hold.customer_id}
        return frozenset(on_hold.union(*self.still_open.values()))


def _held(demanded: Open | None) -> Held:
    holds = tuple(Hold.objects.in_force().order_by("placed_at"))
    return Held(holds, {**disputed(), **(demanded or {})})


def _scopes(
    at: datetime, said: Periods | None, held: Held, *, schedule: str = ""
) -> dict[str, Scope]:
    """What may go, by category; a category that is on hold for everybody is not in it."""
    scopes = {}
    for category, cutoff in cutoffs(on=_today(at), said=said).items():
        whose = held.of(category)
        if whose is not None:
            scopes[category] = Scope(cutoff, whose, at, schedule)
    return scopes


def _add(counts: Counts, rule: Rule, rows: int) -> None:
    if rows:
        of_category = counts.setdefault(rule.category, {})
        of_category[rule.what] = of_category.get(rule.what, 0) + rows


def _today(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _months_before(day: date, months: int) -> date:
    years, left = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, left + 1, 1)
