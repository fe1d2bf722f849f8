"""Whether a few customers show in the hours of a block beside all else that was shown (6.11). Pure.

A month's sum that hides who came says nothing of her hours: where everybody used more in one hour
alone, the other hours tell on her. So the hours of a block, each and in every run of hours, are
compared with the hours of every other month; each with the months' sums, spread over the day as
the hours to be shown are; and each with every other of its block, for somebody is in one of them
and not in the other. Like months they are compared as they are and adjusted for the season.

Nothing here counts on rounding: 24 rounded hours give away the month's sum more exactly than its
own rounded figure does. But rounding may bring near what was not, so both are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, combinations
from uuid import UUID

from usage.aggregates.blocks import Block
from usage.aggregates.changes import NEAR, F, sums_of
from usage.aggregates.counting import Key
from usage.aggregates.reports import in_kwh
from usage.aggregates.rules import Rule

HOURS = 24
ALL_DAY = (1 << HOURS) - 1
RUNS = list(combinations(range(HOURS + 1), 2))
"""From one hour to before another: 24 single hours, and every longer run up to the whole day."""

NOTHING = (0,) * HOURS


@dataclass(frozen=True, eq=False)
class Profile:
    """The hours of a block over a month, Wh, and of each customer.

    in_use: the hours in which a customer used something, a bit each. uses: what she used in
    each hour, of those at least who may have come or left.
    """

    keys: frozenset[Key]
    wh: Sequence[int]
    in_use: Mapping[UUID, int]
    uses: Mapping[UUID, Sequence[int]]

    @classmethod
    def of(cls, keys: frozenset[Key], uses: Mapping[UUID, Sequence[int]]) -> Profile:
        """Add up what each customer used."""
        in_use = {
            who: sum(1 << hour for hour, wh in enumerate(hours) if wh)
            for who, hours in uses.items()
        }
        wh = [sum(hour) for hour in zip(*uses.values(), strict=True)]
        return cls(keys, wh, {who: hours for who, hours in in_use.items() if hours}, uses)

    def with_(self, *others: Profile) -> Profile:
        uses = dict(self.uses)
        for other in others:
            for who, wh in other.uses.items():
                uses[who] = _added(uses[who], wh) if who in uses else wh
        keys = self.keys.union(*(other.keys for other in others))
        in_use = together(self.in_use, *(other.in_use for other in others))
        return Profile(keys, _added(self.wh, *(other.wh for other in others)), in_use, uses)

    def kept_by(self, rule: Rule) -> bool:
        """Whether the rule is kept in each hour by itself."""
        hours = list(zip(*self.uses.values(), strict=True))
        return bool(hours) and all(rule.kept_by(wh) for wh in hours)

    @cached_property
    def exact(self) -> list[int]:
        """Wh from midnight to before each hour."""
        return _running(self.wh)

    @cached_property
    def rounded(self) -> list[int]:
        """The same of the hours as a report rounds them."""
        return _running([in_kwh(wh) * 1000 for wh in self.wh])


def together(*some: Mapping[UUID, int]) -> dict[UUID, int]:
    """In which hours customers used something in one block or another."""
    in_use: dict[UUID, int] = {}
    for other in some:
        for who, hours in other.items():
            in_use[who] = in_use.get(who, 0) | hours
    return in_use


@dataclass(frozen=True)
class Shown:
    """What was shown of one kind of customer in another month: hours, and sums of the month."""

    profiles: list[Profile]
    sums: list[Block]

    @cached_property
    def only_sums(self) -> list[Block]:
        """The blocks whose hours are not out."""
        known = {profile.keys for profile in self.profiles}
        return [block for block in self.sums if block.keys not in known]

    @cached_property
    def named(self) -> list[tuple[str, Profile]]:
        return list(sums_of(self.profiles))

    @cached_property
    def only_sums_named(self) -> list[tuple[str, Block]]:
        return list(sums_of(self.only_sums))

    def hides(self, then: frozenset[Key], now: frozenset[Key]) -> bool:
        """Whether a difference holds a whole block then, whose customers hide each other in it."""
        return any(block.keys <= then - now for block in self.sums)

    def left(self, then: Profile, now: list[Profile]) -> Iterator[UUID]:
        """Who was in use in some hour in which she is not now, in any block compared with that."""
        some = [one for one in now if one.keys & then.keys]
        compared = [one.in_use for one in some if not self.hides(then.keys, one.keys)]
        for in_use in [*compared, together(*(one.in_use for one in some))]:
            yield from (who for who, hours in then.in_use.items() if hours & ~in_use.get(who, 0))


def settle(blocks: list[Profile], before: Iterable[Shown], rule: Rule) -> list[Profile]:
    """Return hours that tell on nobody, neither by themselves nor added up.

    Those that would tell are joined, so that they are shown together only, and if need be with
    others, the smallest first. If all together tell, only those are shown that do not; what does
    not keep the rule in each hour never is.
    """
    good = [one for one in blocks if one.kept_by(rule)]
    beside = Beside(good, list(before), rule)
    alone = beside.silent(good)
    apart = sorted(alone, key=lambda one: len(one.in_use), reverse=True)
    joined = [one for one in good if one not in alone]
    while len(joined) == 1 or beside.told(shown := [*apart, *_together(joined)]):
        if not apart:
            return [] if beside.told(alone) else alone
        joined.append(apart.pop())
    return shown


def _together(some: list[Profile]) -> list[Profile]:
    return [some[0].with_(*some[1:])] if some else []


@dataclass(frozen=True)
class Beside:
    """What hours are compared with. blocks: those that might be shown by themselves."""

    blocks: list[Profile]
    months: list[Shown]
    rule: Rule

    def silent(self, good: list[Profile]) -> list[Profile]:
        """Those that tell nothing by themselves."""
        while told := [one for one in good if self._tells(one, good)]:
            good = [one for one in good if one not in told]
        return good

    def told(self, shown: list[Profile]) -> bool:
        """Whether any of them, or any sum of them, tells on somebody."""
        return any(self._tells(one, shown) for one in shown) or any(
            self._tells(one, shown, name) for name, one in sums_of(shown)
        )

    def _tells(self, one: Profile, good: list[Profile], name: str = "") -> bool:
        """Whether the hours of a block, or of a sum that has a name, tell on somebody."""
        return between_hours(one, self.rule) or any(
            self._tells_in(month, one, good, name) for month in self.months
        )

    def _tells_in(self, month: Shown, one: Profile, good: list[Profile], name: str) -> bool:
        now, then, sums = _total(good), _total(month.profiles), sum(b.wh for b in month.sums)
        return any(
            between_months(one, other, now, then, self.rule)
            for other in self._about(one, month, month.profiles, month.named, name)
        ) or any(
            beside_a_sum(one, block, now, sums, self.rule)
            for block in self._about(one, month, month.only_sums, month.only_sums_named, name)
        )

    def _about(
        self, one: Profile, month: Shown, shown: list[F], named: list[tuple[str, F]], name: str
    ) -> Iterator[F]:
        """What is about the same groups: each block, their sum, or the sum so named.

        Nothing that differs by a whole block: so many come or leave with it that they hide.
        """
        some = [other for other in shown if other.keys & one.keys]
        if not name:
            yield from (other for other in some if not self._hides(month, other.keys, one.keys))
        keys: frozenset[Key] = frozenset().union(*(other.keys for other in some))
        if len(some) > 1 and not self._hides(month, keys, one.keys):
            yield some[0].with_(*some[1:])
        if name:
            yield from (
                other
                for other_name, other in named
                if other_name == name and not self._hides(month, other.keys, one.keys)
            )

    def _hides(self, month: Shown, then: frozenset[Key], now: frozenset[Key]) -> bool:
        return month.hides(then, now) or any(block.keys <= now - then for block in self.blocks)


def between_months(
    now: Profile, then: Profile, all_now: Sequence[int], all_then: Sequence[int], rule: Rule
) -> bool:
    """Whether hours less those of another month come near to what those used who are in one only.

    all_now, all_then: Wh of all that is shown of the kind, in each hour, for the season.
    """
    moved = [
        (who, mine, then.in_use.get(who, 0))
        for who, mine in now.in_use.items()
        if mine != then.in_use.get(who, 0)
    ]
    moved += [(who, 0, its) for who, its in then.in_use.items() if who not in now.in_use]
    if not moved or now.in_use.keys().isdisjoint(then.in_use):
        return False
    came = [(m, t, _running(now.uses.get(who, NOTHING))) for who, m, t in moved if m & ~t]
    left = [(m, t, _running(then.uses.get(who, NOTHING))) for who, m, t in moved if t & ~m]
    if _enough_moved(came + left, rule):
        return False
    seasons = [_running(all_now), _running(all_then)]
    always = [1.0, _ratio(seasons[0][-1], seasons[1][-1]), _quiet(now, then, moved)]
    for start, end in RUNS:
        hours = (1 << end) - (1 << start)
        come = [wh[end] - wh[start] for m, t, wh in came if m & hours and not t & hours]
        gone = [wh[end] - wh[start] for m, t, wh in left if t & hours and not m & hours]
        season = _ratio(*(wh[end] - wh[start] for wh in seasons))
        pairs = [
            (a[end] - a[start], b[end] - b[start])
            for a, b in ((now.exact, then.exact), (now.rounded, then.rounded))
        ]
        if _near(pairs, come, gone, [*always, season], rule):
            return True
    return False


def _enough_moved(moved: list[tuple[int, int, list[int]]], rule: Rule) -> bool:
    """Whether so many came or left for the whole day that they hide each other in any of it."""
    return all(m in (0, ALL_DAY) and t in (0, ALL_DAY) for m, t, _wh in moved) and all(
        rule.kept_by([wh[hour + 1] - wh[hour] for _m, _t, wh in moved]) for hour in range(HOURS)
    )


def _quiet(now: Profile, then: Profile, moved: list[tuple[UUID, int, int]]) -> float:
    """The season as those hours tell it in which nobody came or left."""
    changed = 0
    for _who, mine, its in moved:
        changed |= mine ^ its
    hours = [hour for hour in range(HOURS) if not changed >> hour & 1]
    return _ratio(*(sum(one.wh[hour] for hour in hours) for one in (now, then)))


def between_hours(one: Profile, rule: Rule) -> bool:
    """Whether an hour less another of the same block is near what those used who are in one."""
    part = {who: hours for who, hours in one.in_use.items() if hours != ALL_DAY}
    if not part:
        return False
    shown = [in_kwh(wh) * 1000 for wh in one.wh]
    for first, other in combinations(range(HOURS), 2):
        come, gone = (
            [one.uses[who][a] for who, hours in part.items() if hours >> a & 1 > hours >> b & 1]
            for a, b in ((first, other), (other, first))
        )
        pairs = [(wh[first], wh[other]) for wh in (one.wh, shown)]
        if _near(pairs, come, gone, [1.0], rule):
            return True
    return False


def beside_a_sum(
    now: Profile, then: Block, all_now: Sequence[int], sum_then: int, rule: Rule
) -> bool:
    """Whether an hour, less its share of another month's sum, is near what those used.

    The share is that of the hour in the day, of the block, or of all of the kind and the season.
    """
    members = {who: wh for who, wh in then.uses.items() if wh}
    came = [wh for who, wh in now.uses.items() if who in now.in_use and who not in members]
    left = [wh for who, wh in members.items() if who not in now.in_use]
    if not (came or left) or now.in_use.keys().isdisjoint(members):
        return False
    for hour in range(HOURS):
        come = [wh[hour] for wh in came]
        for share in (_ratio(now.wh[hour], now.exact[-1]), _ratio(all_now[hour], sum_then)):
            gone = [round(share * wh) for wh in left]
            spread = share * then.wh
            pairs = [(now.wh[hour], spread), (in_kwh(now.wh[hour]) * 1000, spread)]
            if _near(pairs, come, gone, [1.0], rule):
                return True
    return False


def _near(
    pairs: Iterable[tuple[float, float]],
    came: list[int],
    left: list[int],
    seasons: Iterable[float],
    rule: Rule,
) -> bool:
    changed = [*came, *left]
    if not any(changed) or rule.kept_by(changed):
        return False
    near = NEAR * max(map(abs, changed))
    come, gone = sum(came), sum(left)
    return any(
        abs((now - season * then) - (come - season * gone)) <= near
        for season in seasons
        for now, then in pairs
    )


def _total(profiles: list[Profile]) -> list[int]:
    return list(_added(NOTHING, *(profile.wh for profile in profiles)))


def _added(*hours: Sequence[int]) -> list[int]:
    return [sum(wh) for wh in zip(*hours, strict=True)]


def _running(hours: Sequence[int]) -> list[int]:
    return list(accumulate(hours, initial=0))


def _ratio(now: float, then: float) -> float:
    return now / then if then else 1.0
