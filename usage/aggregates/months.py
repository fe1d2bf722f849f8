"""Closing a month: divided into blocks once, when it is first released, and kept (6.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from usage.aggregates import counting, hours, rules
from usage.aggregates.blocks import Block, divide
from usage.aggregates.changes import Before, settle
from usage.aggregates.counting import Key
from usage.aggregates.rules import Refused
from usage.models.aggregated import ClosedBlock, ClosedHours, ClosedMonth

if TYPE_CHECKING:
    from prime_portal.models import User

Groups = dict[str, dict[Key, dict[UUID, int]]]
"""Kind, group, customer: Wh in a month."""

Earlier = dict[str, list[Before]]
"""Of each kind, the months that are closed or about to be."""


@dataclass(frozen=True)
class Divided:
    """A month divided but not closed yet, as staff may look at it first."""

    month: date
    inputs_sha256: bytes
    good: dict[str, list[Block]]
    withheld: dict[str, list[Block]]


def used(month: date) -> tuple[Groups, bytes]:
    """Who used how much in each group of a month, and the hash of all that."""
    found: Groups = defaultdict(lambda: defaultdict(dict))
    hashed = sha256()
    for one in counting.customers(month):
        found[one.kind][one.rate, one.zip][one.customer] = one.wh
        hashed.update("\t".join(map(str, one)).encode() + b"\n")
    return found, hashed.digest()


def divide_month(month: date, earlier: Earlier) -> Divided:
    """Divide a month by the rules in force so that it tells nothing beside the earlier ones.

    It joins them, so that the next one is compared with it too.
    """
    groups, digest = used(month)
    good: dict[str, list[Block]] = {}
    withheld: dict[str, list[Block]] = {}
    for kind, rule in rules.in_force().items():
        shown, hidden = divide(groups.get(kind, {}), rule)
        good[kind], withheld[kind] = settle(shown, hidden, earlier[kind], rule)
        earlier[kind].append(Before(good[kind]))
    return Divided(month, digest, good, withheld)


def blocks_of(divided: Divided, closed: ClosedMonth) -> list[ClosedBlock]:
    """The rows that keep a divided month."""
    shown = [
        ClosedBlock(
            month=closed,
            kind=kind,
            groups=sorted(block.keys),
            withheld=False,
            customers=block.customers,
            wh=block.wh,
            members=b"".join(sorted(who.bytes for who, wh in block.uses.items() if wh)),
        )
        for kind, blocks in divided.good.items()
        for block in blocks
    ]
    hidden = [
        ClosedBlock(month=closed, kind=kind, groups=sorted(block.keys), withheld=True)
        for kind, blocks in divided.withheld.items()
        for block in blocks
    ]
    return shown + hidden


def close(month: date, earlier: Earlier, *, by: User, at: datetime) -> ClosedMonth:
    """Close a month for good. Whoever calls holds the lock and the transaction."""
    divided = divide_month(month, earlier)
    closed = ClosedMonth.objects.create(
        month=month,
        rules=rules.version(),
        inputs_sha256=divided.inputs_sha256,
        closed_at=at,
        closed_by=by,
    )
    ClosedBlock.objects.bulk_create(blocks_of(divided, closed))
    return closed


def close_hours(closed: ClosedMonth, *, by: User, at: datetime) -> None:
    """Close the hours of a closed month too, or refuse where its readings have changed since."""
    open_ = list(closed.blocks.filter(withheld=False, hours=None))
    if not open_:
        return
    if used(closed.month)[1] != bytes(closed.inputs_sha256):
        raise Refused(
            f"Readings of {closed.month:%B %Y} were corrected since it was first released on "
            f"{closed.closed_at:%Y-%m-%d}. Hours of the corrected readings could be subtracted "
            f"from what was released and show one customer (PRIME-07 6.11)."
        )
    ClosedHours.objects.bulk_create(
        ClosedHours(block=block, wh=wh, closed_at=at, closed_by=by)
        for block, wh in zip(open_, hours_of(closed.month, open_), strict=True)
    )


def hours_of(month: date, blocks: Iterable[ClosedBlock]) -> list[list[int] | None]:
    """The 24 hours of each block; none where in some hour the rule is not kept."""
    held = list(blocks)
    place = {
        (block.kind, *group): number for number, block in enumerate(held) for group in block.groups
    }
    sums: list[dict[UUID, list[int]]] = [{} for _ in held]
    for kind, key, customer, wh in hours.of_customers(month):
        if (number := place.get((kind, *key))) is not None:
            mine = sums[number].setdefault(customer, [0] * hours.HOURS)
            sums[number][customer] = [one + more for one, more in zip(mine, wh, strict=True)]
    held_to = rules.in_force()
    found: list[list[int] | None] = []
    for block, of in zip(held, sums, strict=True):
        by_hour = list(zip(*of.values(), strict=True))
        kept = by_hour and all(held_to[block.kind].kept_by(wh) for wh in by_hour)
        found.append([sum(wh) for wh in by_hour] if kept else None)
    return found


def closed_so_far() -> Earlier:
    """What was shown of each kind in every month that is closed."""
    found: Earlier = {kind: [] for kind in rules.KINDS}
    for closed in ClosedMonth.objects.prefetch_related("blocks"):
        now, _digest = used(closed.month)
        by_kind: dict[str, list[Block]] = defaultdict(list)
        for block in closed.blocks.all():
            if not block.withheld:
                by_kind[block.kind].append(_block(block, now.get(block.kind, {})))
        for kind, blocks in by_kind.items():
            found[kind].append(Before(blocks))
    return found


def _block(row: ClosedBlock, now: dict[Key, dict[UUID, int]]) -> Block:
    """A closed block as it was: its sum stays what it was, whatever was corrected since."""
    members = bytes(row.members or b"")
    uses = {UUID(bytes=members[n : n + 16]): 0 for n in range(0, len(members), 16)}
    keys = frozenset((rate, zip_) for rate, zip_ in row.groups)
    for key in keys:
        for who, wh in now.get(key, {}).items():
            if who in uses:
                uses[who] += wh
    return Closed(keys, uses, row.wh or 0)


@dataclass(frozen=True)
class Closed(Block):
    """A block whose sum was kept."""

    kept_wh: int = 0

    @property
    def wh(self) -> int:
        return self.kept_wh

    def with_(self, *others: Block) -> Block:
        joined = super().with_(*others)
        return Closed(joined.keys, joined.uses, self.wh + sum(other.wh for other in others))
