"""Whether a few customers show in the difference between two months (6.11). Pure.

A group of sixteen that had fifteen customers a month before tells what the sixteenth used, if
the others used much the same. So the sums to be shown are compared with those of every month
closed before, as somebody would who knows who moved: as they are, and adjusted for the season.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from usage.aggregates.blocks import Block, take_in
from usage.aggregates.counting import Key
from usage.aggregates.rules import Rule

NEAR = 0.25
"""How near to the truth is too near; an attack counts as won at a fifth of it."""


@dataclass(frozen=True)
class Before:
    """What was shown of one kind of customer in a month closed before."""

    blocks: list[Block] = field(default_factory=list)
    month: date = date.min

    @property
    def wh(self) -> int:
        return sum(block.wh for block in self.blocks)


def settle(
    good: list[Block], withheld: list[Block], before: Iterable[Before], rule: Rule
) -> tuple[list[Block], list[Block]]:
    """Join what would tell on somebody with another block; withhold what cannot be joined."""
    earlier = [month for month in before if month.blocks]
    good, withheld = list(good), list(withheld)
    while told := next((block for block in good if _tells(block, good, earlier, rule)), None):
        good.remove(told)
        if not take_in(good, told, rule):
            withheld.append(told)
    if any(_sums_tell(good, month, rule) for month in earlier):
        return [], withheld + good
    return good, withheld


def _tells(block: Block, good: list[Block], earlier: list[Before], rule: Rule) -> bool:
    return any(
        tells(block, held, season=_season(good, month), rule=rule)
        for month in earlier
        for held in month.blocks
        if held.keys & block.keys
    )


def _sums_tell(good: list[Block], month: Before, rule: Rule) -> bool:
    """The same of the sums a report may show: of a rate class, of a ZIP, of all."""
    then = dict(sums_of(month.blocks))
    season = _season(good, month)
    return any(
        name in then and tells(block, then[name], season=season, rule=rule)
        for name, block in sums_of(good)
    )


def tells(now: Block, then: Block, *, season: float, rule: Rule) -> bool:
    """Whether the difference of two sums comes near to what those who came or left used."""
    came = {who: wh for who, wh in now.uses.items() if who not in then.uses}
    left = {who: wh for who, wh in then.uses.items() if who not in now.uses}
    changed = [*came.values(), *left.values()]
    if not any(changed) or len(came) == len(now.uses) or rule.kept_by(changed):
        return False
    near = NEAR * max(map(abs, changed))
    return any(
        abs((now.wh - factor * then.wh) - (sum(came.values()) - factor * sum(left.values())))
        <= near
        for factor in (1.0, season)
    )


F = TypeVar("F", bound="Figure")


class Figure(Protocol):
    """What is shown of groups and can be added to others of its sort."""

    @property
    def keys(self) -> frozenset[Key]: ...

    def with_(self: F, *others: F) -> F: ...


def sums_of(blocks: list[F]) -> Iterator[tuple[str, F]]:
    """Sums a report may be of, by name: of a rate class, of a ZIP, of all."""
    by: dict[str, list[F]] = {}
    for block in blocks:
        by.setdefault("all", []).append(block)
        for part, name in ((0, "rate"), (1, "zip")):
            if len(named := {key[part] for key in block.keys}) == 1:
                by.setdefault(f"{name} {min(named)}", []).append(block)
    for name, some in by.items():
        yield name, some[0].with_(*some[1:])


def _season(good: list[Block], month: Before) -> float:
    """How much more or less everybody of the kind used than then."""
    return sum(block.wh for block in good) / month.wh if month.wh else 1.0
