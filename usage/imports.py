"""Taking a file back that was taken in: the wrong file, or the right one on the wrong account.

What it brought is gone again and what would stand had it never come stands: of readings interval
by interval, for every day knows which intervals each file spoke of (usage.day_rows); of bills,
demand and times of use period by period. The import's row stays and says who took it back, when
and why; on the days themselves a Removal says that something went. All in one transaction.

Taken in again, the file is a new one. What another file could not lay because of this one (it was
coarser, or net) does not come by itself: that file is sent again.

A roster is not taken back. It overwrites what it corrects, and readings, letters and choices rest
on it since; a roster that says it right is sent instead. Nor is what a hold keeps (R47).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from usage import billing, categories, month_totals
from usage.billing import BENEATH, REMOVED, STAYS
from usage.feeds.detection import ROSTER
from usage.models import Channel, Hold, Import, Removal, RepeatedDays, ServiceAgreement
from usage.models.bills import Period
from usage.retelling import Retelling

if TYPE_CHECKING:
    from prime_portal.models import User

SHOWN = 20
"""Days of which is said what becomes of them; the others are counted."""

OF_BILLING = {
    "bills": categories.BILLING_HISTORY,
    "demand": categories.DEMAND,
    "time_of_use": categories.TOU_USAGE,
}


class Refused(Exception):
    """Nothing was taken back; the sentence says why. `hold` is the one that keeps it, if any."""

    def __init__(self, sentence: str, hold: Hold | None = None) -> None:
        super().__init__(sentence)
        self.hold = hold


@dataclass(frozen=True, slots=True)
class Gone:
    """What becomes of one day of one direction, or of one period (first to last day)."""

    number: str
    category: str
    first_day: date
    last_day: date
    what: str


@dataclass
class TakenBack:
    """What came of it, or would: counts, the first days, whose days, and who said the same."""

    counts: dict[str, int] = field(default_factory=dict)
    first: list[Gone] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    same: list[Import] = field(default_factory=list)


Progress = Callable[[int], object]


def can_be(imported: Import) -> str:
    """Why this import cannot be taken back, in a sentence; nothing if it can."""
    if imported.taken_back_at:
        return _("It was taken back already.")
    if imported.kind == ROSTER:
        return _(
            "A roster is not taken back: what it corrected was not kept, and readings, letters "
            "and choices rest on it. Send a roster that says it right."
        )
    if imported.outcome not in (Import.Outcome.TAKEN, Import.Outcome.UNCHANGED):
        return _("Nothing of it was taken in, so nothing can be taken back.")
    return ""


@transaction.atomic
def take_back(
    imported: Import,
    *,
    by: User | None,
    why: str,
    at: datetime,
    progress: Progress | None = None,
) -> TakenBack:
    """Undo what an import brought, all of it or nothing. Raises Refused.

    `progress` is called with the number of days just done.
    """
    if not why.strip():
        raise Refused(_("Say why it is taken back."))
    with connection.cursor() as cursor:
        # Whoever takes files in waits for us, and we for them.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('usage_take_blocks'))")
        row = Import.objects.get(pk=imported.pk)
        if cannot := can_be(row):
            raise Refused(cannot)
        done = TakenBack()
        if row.kind in billing.KINDS:
            _periods(row, done, at=at)
        else:
            _days(cursor, row, done, at=at, progress=progress or (lambda _days: None))
    done.counts["customers"] = len({one.customer_id for one in done.removals})
    Import.objects.filter(pk=row.pk).update(
        taken_back_at=at,
        taken_back_by=by,
        taken_back_why=why.strip(),
        taken_back_counts={name: count for name, count in done.counts.items() if count},
    )
    imported.refresh_from_db()
    return done


def try_out(imported: Import, *, at: datetime) -> TakenBack:
    """Say what taking it back would change, and change nothing. Raises Refused."""
    with transaction.atomic():
        done = take_back(imported, by=None, why="tried out", at=at)
        transaction.set_rollback(True)
    imported.refresh_from_db()
    return done


# -- Readings ------------------------------------------------------------------------------

KEYS = "customer_id, agreement_id, channel_id, day"

STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS going_days (
    customer_id uuid, agreement_id uuid, channel_id uuid, day date) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS gone_days (
    customer_id uuid, agreement_id uuid, channel_id uuid, day date, what text) ON COMMIT DROP;
TRUNCATE going_days, gone_days
"""

# A file of one named agreement lies at that agreement's place: else every day has to be looked at.
GOING = f"""
INSERT INTO going_days
SELECT {KEYS} FROM usage_intervalday
WHERE taken_in_id = %(taken_back)s
  AND (%(agreements)s::uuid[] IS NULL
       OR customer_id = ANY(%(customers)s) AND agreement_id = ANY(%(agreements)s))
UNION
SELECT {KEYS} FROM usage_intervaldayrevision WHERE taken_in_id = %(taken_back)s
"""  # noqa: S608

WHOSE = """
SELECT DISTINCT customer_id, channel.flow FROM going_days
JOIN usage_channel AS channel ON channel.id = channel_id
"""

# Days that this file alone spoke of, which is nearly all of them.
ALONE = f"""
WITH gone AS (
    DELETE FROM usage_intervalday AS held USING going_days AS going
    WHERE held.customer_id = going.customer_id AND held.agreement_id = going.agreement_id
      AND held.channel_id = going.channel_id AND held.day = going.day
      AND held.taken_in_id = %(taken_back)s AND held.revision = 0
      AND NOT EXISTS (
          SELECT FROM usage_repeateddays AS again
          WHERE again.agreement_id = held.agreement_id AND again.channel_id = held.channel_id
            AND held.day BETWEEN again.first_day AND again.last_day
            AND again.taken_in_id <> %(taken_back)s)
    RETURNING held.customer_id, held.agreement_id, held.channel_id, held.day
), noted AS (INSERT INTO gone_days SELECT {KEYS}, 'removed' FROM gone)
DELETE FROM going_days AS going USING gone
WHERE going.agreement_id = gone.agreement_id AND going.channel_id = gone.channel_id
  AND going.day = gone.day
"""  # noqa: S608

LEFT = """
SELECT customer_id, agreement_id, channel_id, array_agg(day ORDER BY day)
FROM going_days GROUP BY customer_id, agreement_id, channel_id
"""

REMOVE = """
INSERT INTO usage_removal
    (id, customer_id, agreement_id, category, first_day, last_day, taken_back_id, at)
SELECT gen_random_uuid(), customer_id, agreement_id, category, min(day), max(day),
       %(taken_back)s, %(at)s
FROM (
    SELECT customer_id, agreement_id, category, day, day - (row_number() OVER (
        PARTITION BY agreement_id, category ORDER BY day))::int AS run
    FROM (
        SELECT DISTINCT gone.customer_id, gone.agreement_id, gone.day,
            CASE flow WHEN 'received' THEN 'generation_export' ELSE 'interval_usage' END
                AS category
        FROM gone_days AS gone JOIN usage_channel AS channel ON channel.id = channel_id
        WHERE what <> 'stays'
    ) AS days
) AS runs
GROUP BY customer_id, agreement_id, category, run
"""


def _days(cursor: Any, row: Import, done: TakenBack, *, at: datetime, progress: Progress) -> None:
    facts: dict[str, Any] = {"taken_back": row.pk, "at": at} | _place(row)
    cursor.execute(STAGE)
    cursor.execute(GOING, facts)
    cursor.execute("ANALYZE going_days")
    cursor.execute(WHOSE)
    _not_on_hold([(customer, _category(flow)) for customer, flow in cursor.fetchall()])
    cursor.execute(ALONE, facts)
    progress(cursor.rowcount)
    cursor.execute(LEFT)
    same: set[UUID] = set()
    for customer, agreement, channel, days in cursor.fetchall():
        same |= Retelling(cursor, row.pk, customer, agreement, channel).without(days)
        progress(len(days))
    RepeatedDays.objects.filter(taken_in=row).delete()
    cursor.execute(REMOVE, facts)
    cursor.execute("SELECT DISTINCT agreement_id FROM gone_days WHERE what <> 'stays'")
    month_totals.start_over([agreement for (agreement,) in cursor.fetchall()])
    cursor.execute("SELECT what, count(*) FROM gone_days GROUP BY what")
    done.counts |= {f"days_{what}": count for what, count in cursor.fetchall()}
    cursor.execute(
        "SELECT number, flow, day, what FROM gone_days"
        " JOIN usage_serviceagreement AS agreement ON agreement.id = agreement_id"
        " JOIN usage_channel AS channel ON channel.id = channel_id"
        " ORDER BY day, number, flow LIMIT %s",
        [SHOWN],
    )
    done.first = [
        Gone(number, _category(flow), day, day, what)
        for number, flow, day, what in cursor.fetchall()
    ]
    done.same = list(Import.objects.filter(pk__in=same).order_by("started_at"))
    done.removals = list(Removal.objects.filter(taken_back=row))


def _category(flow: str) -> str:
    received = flow == Channel.Flow.RECEIVED
    return categories.GENERATION_EXPORT if received else categories.INTERVAL_USAGE


def _place(row: Import) -> dict[str, Any]:
    """The agreements at the place of the one a file was named for; none named, none given."""
    named = row.read_as.get("agreement")
    if not named:
        return {"agreements": None, "customers": None}
    there = ServiceAgreement.objects.filter(service_point__agreements=named)
    pairs = list(there.values_list("pk", "customer_id"))
    return {"agreements": [one for one, _ in pairs], "customers": [one for _, one in pairs]}


def _not_on_hold(about: Sequence[tuple[UUID, str]]) -> None:
    for hold in Hold.objects.in_force().order_by("placed_at"):
        for customer, category in about:
            hers = hold.customer_id in (None, customer)
            if hers and (not hold.categories or category in hold.categories):
                words = _(
                    "A hold of %(hold)s keeps what this import brought: nothing of it may go "
                    "until the hold is lifted."
                )
                raise Refused(words % {"hold": str(hold)}, hold)


# -- Bills, demand, times of use -----------------------------------------------------------


def _periods(row: Import, done: TakenBack, *, at: datetime) -> None:
    category, model = OF_BILLING[row.kind], billing.KINDS[row.kind][1]
    touched = model.objects.filter(taken_in=row)
    _not_on_hold([(one, category) for one in touched.values_list("customer_id", flat=True)])
    repeated = model.objects.filter(repeated_by__contains=[row.pk])
    agreements = {*touched.values_list("agreement_id", flat=True)}
    agreements |= {*repeated.values_list("agreement_id", flat=True)}
    gone: list[Gone] = []
    for agreement in ServiceAgreement.objects.filter(pk__in=agreements).order_by("number"):
        changes = billing.without(row, agreement, model)
        for period, what in changes:
            gone.append(Gone(agreement.number, category, period.starts_on, period.last_day, what))
            if what in (REMOVED, BENEATH):
                done.removals.append(_removal(period, category, row, at))
            elif what == STAYS:
                done.same.append(Import.objects.get(pk=period.taken_in_id))
    Removal.objects.bulk_create(done.removals)
    for one in gone:
        name = f"rows_{one.what}"
        done.counts[name] = done.counts.get(name, 0) + 1
    done.first = sorted(gone, key=lambda one: (one.first_day, one.number))[:SHOWN]
    done.same = list({one.pk: one for one in done.same}.values())


def _removal(period: Period, category: str, row: Import, at: datetime) -> Removal:
    return Removal(
        customer_id=period.customer_id,
        agreement_id=period.agreement_id,
        category=category,
        first_day=period.starts_on,
        last_day=period.last_day,
        taken_back=row,
        at=at,
    )
