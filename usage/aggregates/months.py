"""Closing a month: divided into blocks once, when it is first released, and kept (6.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from usage.aggregates import counting, hours, profiles, rules
from usage.aggregates.blocks import Block, divide
from usage.aggregates.changes import Before, settle
from usage.aggregates.counting import Key
from usage.aggregates.profiles import Profile, Shown
from usage.aggregates.rules import Refused
from usage.models.aggregated import ClosedBlock, ClosedHours, ClosedMonth

if TYPE_CHECKING:
    from prime_portal.models import User

Groups = dict[str, dict[Key, dict[UUID, int]]]
"""Kind, group, customer: Wh in a month."""

Earlier = dict[str, list[Before]]
"""Of each kind, the months that are closed or about to be."""

HoursOut = dict[date, dict[str, list[Profile]]]
"""Month and kind: the hours that are out or about to be."""


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
        earlier[kind].append(Before(good[kind], month))
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


def close_hours(
    closed: ClosedMonth, earlier: Earlier, out: HoursOut, *, by: User, at: datetime
) -> None:
    """Close the hours of a closed month too, or refuse where its readings have changed since."""
    open_ = list(closed.blocks.filter(withheld=False, hours=None))
    if not open_:
        return
    if used(closed.month)[1] != bytes(closed.inputs_sha256):
        said = _(
            "Readings of %(month)s were corrected since it was first released on %(day)s. Hours "
            "of the corrected readings could be subtracted from what was released and show one "
            "customer (PRIME-07 6.11)."
        )
        raise Refused(
            said
            % {
                "month": date_format(closed.month, "YEAR_MONTH_FORMAT"),
                "day": date_format(timezone.localdate(closed.closed_at)),
            }
        )
    found = hours_of(closed.month, open_, earlier, out)
    for one in found:
        one.closed_at, one.closed_by = at, by
    ClosedHours.objects.bulk_create(found)


def hours_of(
    month: date, blocks: Iterable[ClosedBlock], earlier: Earlier, out: HoursOut
) -> list[ClosedHours]:
    """The hours of each block, or why there are none, so that they tell nothing beside others.

    They join those that are out, so that the next ones are compared with them too. Each row
    hangs on its block (`block.hours`), whether anybody saves it or not.
    """
    held = list(blocks)
    read = _profiles(month, [(block.kind, _keys(block)) for block in held])
    shown: dict[str, list[Profile]] = {}
    for kind, rule in rules.in_force().items():
        now = [one for block, one in zip(held, read, strict=True) if block.kind == kind]
        before = [
            _known(one.month, kind, Shown(out.get(one.month, {}).get(kind, []), one.blocks), now)
            for one in earlier[kind]
            if one.month != month
        ]
        shown[kind] = profiles.settle(now, before, rule)
    out[month] = shown
    return [
        _kept(block, profile, shown[block.kind]) for block, profile in zip(held, read, strict=True)
    ]


def _kept(block: ClosedBlock, profile: Profile, shown: list[Profile]) -> ClosedHours:
    """The row that keeps the hours of a block, or of those it is shown together with."""
    found = next((one for one in shown if profile.keys <= one.keys), None)
    if found is None:
        alone = not profile.kept_by(rules.in_force()[block.kind])
        why = ClosedHours.LeftOut.ALONE if alone else ClosedHours.LeftOut.SUBTRACTED
        return ClosedHours(block=block, left_out=why)
    members = b"".join(
        who.bytes + hours.to_bytes(IN_USE, "big") for who, hours in sorted(profile.in_use.items())
    )
    return ClosedHours(block=block, wh=list(found.wh), groups=sorted(found.keys), members=members)


IN_USE = profiles.HOURS // 8
"""Bytes that say in which hours of the day a member used something."""


def _profiles(
    month: date, blocks: list[tuple[str, frozenset[Key]]], only: set[UUID] | None = None
) -> list[Profile]:
    """The hours of each block from the readings, of all its customers or of some only."""
    place = {(kind, key): number for number, (kind, keys) in enumerate(blocks) for key in keys}
    uses: list[dict[UUID, list[int]]] = [{} for _ in blocks]
    for kind, key, customer, wh in hours.of_customers(month, only):
        if (number := place.get((kind, key))) is not None:
            mine = uses[number].setdefault(customer, [0] * profiles.HOURS)
            uses[number][customer] = [one + more for one, more in zip(mine, wh, strict=True)]
    return [Profile.of(keys, found) for (_kind, keys), found in zip(blocks, uses, strict=True)]


def hours_out() -> HoursOut:
    """The hours that were closed of every month, and who was in use in which of them."""
    out: HoursOut = defaultdict(lambda: defaultdict(list))
    for row in ClosedHours.objects.filter(wh__isnull=False).select_related("block__month"):
        members, size = bytes(row.members or b""), 16 + IN_USE
        in_use = {
            UUID(bytes=members[n : n + 16]): int.from_bytes(members[n + 16 : n + size], "big")
            for n in range(0, len(members), size)
        }
        of_month = out[row.block.month.month][row.block.kind]
        keys = frozenset((rate, zip_) for rate, zip_ in row.groups or [])
        beside = next((one for one in of_month if one.keys == keys), None)
        if beside is not None:
            of_month.remove(beside)
            in_use = profiles.together(beside.in_use, in_use)
        of_month.append(Profile(keys, row.wh or [], in_use, {}))
    return out


def _known(month: date, kind: str, then: Shown, now: list[Profile]) -> Shown:
    """Hours that are out, with what those used who may not be in the ones to be shown.

    Of nobody else are the readings gone through again. Whose readings retention has removed
    since counts as having used nothing, as in the months' sums.
    """
    moved = {who for one in then.profiles for who in then.left(one, now) if who not in one.uses}
    if not moved:
        return then
    read = _profiles(month, [(kind, one.keys) for one in then.profiles], moved)
    known = [
        Profile(one.keys, one.wh, one.in_use, {**one.uses, **new.uses})
        for one, new in zip(then.profiles, read, strict=True)
    ]
    return Shown(known, then.sums)


def _keys(block: ClosedBlock) -> frozenset[Key]:
    return frozenset((rate, zip_) for rate, zip_ in block.groups)


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
            found[kind].append(Before(blocks, closed.month))
    return found


def _block(row: ClosedBlock, now: dict[Key, dict[UUID, int]]) -> Block:
    """A closed block as it was: its sum stays what it was, whatever was corrected since."""
    members = bytes(row.members or b"")
    uses = {UUID(bytes=members[n : n + 16]): 0 for n in range(0, len(members), 16)}
    keys = _keys(row)
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
