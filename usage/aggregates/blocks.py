"""Groups joined into blocks until each keeps the rule, or is shown nowhere (6.11). Pure.

Small groups are joined with others of their rate class, then of their ZIP, then with whatever is
left; what still does not keep the rule goes into the smallest block that keeps it with them. So
nothing is masked beside a total it could be computed from. Only what no block can take in, such
as one customer who outweighs everybody, is withheld, and is in no total either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from usage.aggregates.counting import Key
from usage.aggregates.rules import Rule

Uses = Mapping[UUID, int]


@dataclass(frozen=True)
class Block:
    """Groups that are only ever shown together, and what each customer in them used, Wh."""

    keys: frozenset[Key]
    uses: Uses

    @property
    def wh(self) -> int:
        return sum(self.uses.values())

    @property
    def customers(self) -> int:
        return sum(1 for wh in self.uses.values() if wh)

    def with_(self, *others: Block) -> Block:
        uses = dict(self.uses)
        for other in others:
            for customer, wh in other.uses.items():
                uses[customer] = uses.get(customer, 0) + wh
        return Block(self.keys.union(*(other.keys for other in others)), uses)

    def kept_by(self, rule: Rule) -> bool:
        return rule.kept_by(self.uses.values())


def divide(groups: Mapping[Key, Uses], rule: Rule) -> tuple[list[Block], list[Block]]:
    """Return the blocks that may be shown, and those withheld."""
    all_ = [Block(frozenset([key]), uses) for key, uses in sorted(groups.items())]
    good = [block for block in all_ if block.kept_by(rule)]
    poor = [block for block in all_ if not block.kept_by(rule)]
    for alike in (_rate, _zip, _anything):
        joined, poor = _join(poor, alike, rule)
        good += joined
    poor.sort(key=_size, reverse=True)
    return good, [block for block in poor if not take_in(good, block, rule)]


def take_in(good: list[Block], block: Block, rule: Rule) -> bool:
    """Put a block into the smallest one that keeps the rule with it; say whether there is one."""
    for host in sorted(good, key=_size):
        if (joined := host.with_(block)).kept_by(rule):
            good[good.index(host)] = joined
            return True
    return False


def _join(
    poor: Iterable[Block], alike: Callable[[Block], str], rule: Rule
) -> tuple[list[Block], list[Block]]:
    """Join those that are alike where that makes a good block; leave the others as they are."""
    by: dict[str, list[Block]] = {}
    for block in poor:
        by.setdefault(alike(block), []).append(block)
    good, left = [], []
    for some in by.values():
        joined = some[0].with_(*some[1:])
        if joined.kept_by(rule):
            good.append(joined)
        else:
            left += some
    return good, left


def _rate(block: Block) -> str:
    return min(rate for rate, _zip in block.keys)


def _zip(block: Block) -> str:
    return min(zip_ for _rate, zip_ in block.keys)


def _anything(block: Block) -> str:
    return ""


def _size(block: Block) -> int:
    return sum(abs(wh) for wh in block.uses.values())
