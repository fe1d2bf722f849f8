"""Days of a meter told anew without one of the files that spoke of them (usage.imports).

Every version of a day, and every row of repeated days, says which intervals which file spoke of:
what the other files said is laid over each other again, in the order they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from usage.billing import BENEATH, PUT_BACK, REMOVED, STAYS
from usage.day_rows import said_of, said_twice
from usage.intervals import Block, DifferentLength, day_wh, merge, only
from usage.models import Import, IntervalDayRevision, RepeatedDays

HELD = """
SELECT day, revision, sec, wh, quality, net, said, taken_in_id FROM usage_intervalday
WHERE customer_id = %(customer)s AND agreement_id = %(agreement)s AND channel_id = %(channel)s
  AND day = ANY(%(days)s)
UNION ALL
SELECT day, revision, sec, wh, quality, net, said, taken_in_id FROM usage_intervaldayrevision
WHERE agreement_id = %(agreement)s AND channel_id = %(channel)s AND day = ANY(%(days)s)
ORDER BY day, revision
"""

STANDS = """
UPDATE usage_intervalday AS held
SET sec = told.sec, wh = told.wh, quality = told.quality, net = told.net, day_wh = told.day_wh,
    missing = told.missing, said = told.said, revision = told.revision, taken_in_id = told.by
FROM unnest(%s::date[], %s::int[], %s::bytea[], %s::bytea[], %s::bool[], %s::bigint[], %s::int[],
            %s::bytea[], %s::int[], %s::uuid[])
    AS told (day, sec, wh, quality, net, day_wh, missing, said, revision, by)
WHERE customer_id = %s AND agreement_id = %s AND channel_id = %s AND held.day = told.day
"""

NOTE = "INSERT INTO gone_days SELECT %s, %s, %s, * FROM unnest(%s::date[], %s::text[])"

NO_MORE = """
DELETE FROM usage_intervalday
WHERE customer_id = %s AND agreement_id = %s AND channel_id = %s AND day = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class State:
    """What a day held once a file had been laid over it."""

    block: Block
    said: bytes | None
    by: UUID


class Retelling:
    """One direction of a meter under one agreement, with days to be told anew without a file."""

    def __init__(
        self, cursor: Any, taken_back: UUID, customer: UUID, agreement: UUID, channel: UUID
    ) -> None:
        self.cursor, self.taken_back = cursor, taken_back
        self.keys = (customer, agreement, channel)
        self.ids = {"customer_id": customer, "agreement_id": agreement, "channel_id": channel}

    def without(self, days: Sequence[date]) -> set[UUID]:
        """Write these days as they would be; return the files that said the same as this one."""
        before = self._held(days)
        repeats = list(
            RepeatedDays.objects.filter(
                **self.ids, first_day__lte=days[-1], last_day__gte=days[0]
            ).order_by("taken_in_id")
        )
        after: dict[date, list[State]] = {}
        again: list[RepeatedDays] = []
        for day in days:
            of_day = [one for one in repeats if one.first_day <= day <= one.last_day]
            after[day], more = self._told_anew(day, before.get(day, []), of_day)
            again += more
        self._repeats(repeats, set(days), again)
        self._write(days, after)
        return self._note(days, before, after)

    def _held(self, days: Sequence[date]) -> dict[date, list[State]]:
        customer, agreement, channel = self.keys
        facts = {"customer": customer, "agreement": agreement, "channel": channel}
        self.cursor.execute(HELD, facts | {"days": list(days)})
        held: dict[date, list[State]] = defaultdict(list)
        for day, _revision, sec, wh, quality, net, said, by in self.cursor.fetchall():
            block = Block(day, sec, bytes(wh), quality and bytes(quality), net)
            held[day].append(State(block, None if said is None else bytes(said), by))
        return held

    def _told_anew(
        self, day: date, states: Sequence[State], repeats: Sequence[RepeatedDays]
    ) -> tuple[list[State], list[RepeatedDays]]:
        """Lay what the other files said of a day over each other, as they came."""
        told: list[State] = []
        again: list[RepeatedDays] = []
        for by, incoming in self._others(states, repeats):
            held = told[-1].block if told else None
            try:
                merged, changed = merge(held, incoming)
            except DifferentLength:
                continue  # as it would have been left out then
            said = said_of(held, incoming)
            if held is not None and not (changed and merged != held):
                again.append(
                    RepeatedDays(
                        **self.ids,
                        first_day=day,
                        last_day=day,
                        revision=len(told) - 1,
                        said=None if incoming == held else said,
                        taken_in_id=by,
                    )
                )
            elif told and told[-1].by == by:
                told[-1] = State(merged, said_twice(told[-1].said, said), by)
            else:
                told.append(State(merged, said, by))
        return told, again

    def _others(
        self, states: Sequence[State], repeats: Sequence[RepeatedDays]
    ) -> Iterator[tuple[UUID, Block]]:
        """What each file but the one taken back said of a day, in the order they came."""
        for revision, state in enumerate(states):
            said = [(state.by, state.said)]
            said += [
                (one.taken_in_id, None if one.said is None else bytes(one.said))
                for one in repeats
                if one.revision == revision and one.taken_in_id >= state.by
            ]
            for by, intervals in said:
                incoming = only(state.block, intervals)
                if by != self.taken_back and not incoming.empty:
                    yield by, incoming

    def _repeats(
        self, rows: Sequence[RepeatedDays], days: set[date], again: Sequence[RepeatedDays]
    ) -> None:
        """Leave what was said again of other days as it is, and write anew that of these days."""
        cut = [row for row in rows if days & set(each_day(row.first_day, row.last_day))]
        left = [
            RepeatedDays(
                **self.ids,
                first_day=first,
                last_day=last,
                revision=row.revision,
                said=row.said,
                taken_in_id=row.taken_in_id,
            )
            for row in cut
            for first, last in _runs(
                [day for day in each_day(row.first_day, row.last_day) if day not in days]
            )
        ]
        RepeatedDays.objects.filter(pk__in=[row.pk for row in cut]).delete()
        RepeatedDays.objects.bulk_create([*left, *_joined(again)])

    def _write(self, days: Sequence[date], after: dict[date, list[State]]) -> None:
        IntervalDayRevision.objects.filter(**self.ids, day__in=days).delete()
        begun = dict(
            Import.objects.filter(
                pk__in={state.by for states in after.values() for state in states}
            ).values_list("pk", "started_at")
        )
        IntervalDayRevision.objects.bulk_create(
            IntervalDayRevision(
                **self.ids,
                day=day,
                revision=revision,
                sec=state.block.sec,
                wh=state.block.wh,
                quality=state.block.quality,
                net=state.block.net,
                taken_in_id=state.by,
                said=state.said,
                replaced_by_id=states[revision + 1].by,
                replaced_at=begun[states[revision + 1].by],
            )
            for day, states in after.items()
            for revision, state in enumerate(states[:-1])
        )
        self.cursor.execute(NO_MORE, [*self.keys, [day for day in days if not after[day]]])
        stands = [
            (
                *(day, last.block.sec, last.block.wh, last.block.quality, last.block.net),
                *(day_wh(last.block), last.block.missing, last.said, len(states) - 1, last.by),
            )
            for day, states in after.items()
            for last in states[-1:]
        ]
        if stands:
            self.cursor.execute(STANDS, [*map(list, zip(*stands, strict=True)), *self.keys])

    def _note(
        self,
        days: Sequence[date],
        before: dict[date, list[State]],
        after: dict[date, list[State]],
    ) -> set[UUID]:
        """Write down what became of each day; return the files that kept one as it was."""
        became, same = [], set()
        for day in days:
            was, now = before[day], after[day]
            if [state.block for state in was] == [state.block for state in now]:
                what = STAYS
            elif not now:
                what = REMOVED
            else:
                what = BENEATH if now[-1].block == was[-1].block else PUT_BACK
            became.append(what)
            if now and was[-1].by == self.taken_back:
                earlier = {state.by for state in was[:-1]}
                same |= {state.by for state in now} - earlier
        self.cursor.execute(NOTE, [*self.keys, list(days), became])
        return same


def each_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in order, as the first and last of those that follow each other."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _joined(rows: Sequence[RepeatedDays]) -> list[RepeatedDays]:
    """Rows of single days, those of the same file that follow each other as one."""
    whole: dict[tuple[UUID, int], list[date]] = defaultdict(list)
    patterns: dict[tuple[UUID, int], RepeatedDays] = {}
    left = []
    for row in rows:
        if row.said is not None:
            left.append(row)
            continue
        whole[row.taken_in_id, row.revision].append(row.first_day)
        patterns[row.taken_in_id, row.revision] = row
    for key, days in whole.items():
        for first, last in _runs(sorted(set(days))):
            of = patterns[key]
            left.append(
                RepeatedDays(
                    customer_id=of.customer_id,
                    agreement_id=of.agreement_id,
                    channel_id=of.channel_id,
                    first_day=first,
                    last_day=last,
                    revision=of.revision,
                    taken_in_id=of.taken_in_id,
                )
            )
    return left
