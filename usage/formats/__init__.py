"""Files that leave: the same for a customer's download and for a third party.

Formats are pure: they are handed agreements and a window, and yield bytes. They
know nothing of the database, of the person asking, or of permission. Whatever
they are handed, they write only intervals that lie inside the agreement's dates
*and* the asked window.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from usage.intervals import MISSING, Block, cut, day_epoch, day_length, little

DELIVERED, NET, RECEIVED = 1, 4, 19
"""ESPI flowDirection: from the grid to the customer; the difference; back to the grid."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of an agreement's meter; `blocks` are its days in order.

    `blocks` may be a generator that reads as it goes, so a channel is written once. Days that
    are held `elsewhere`, as those of net energy are, are no gap of this one.
    """

    id: UUID
    flow: int
    blocks: Iterable[Block]
    elsewhere: Collection[date] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """One bill of an agreement, over [starts_at, ends_at).

    `wh` is the energy billed in whole Wh; `cost` is in 1/100,000 of a dollar, None when not
    known; `made_at` is when it was made up; `rate` names the rate schedule; `disputed` is
    whether the customer disputes the bill and nobody has settled it.
    """

    id: UUID
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    wh: int
    cost: int | None = None
    rate: str = ""
    quality: int = 17
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """One service agreement, in force on [starts_at, ends_at).

    `label` is what the file calls it: the agreement's number for the customer
    herself, something less telling for others. `disputed` are first and last days
    of the readings the customer disputes and nobody has settled: files say so beside them.
    `summaries` are its bills.
    """

    id: UUID
    label: str
    starts_at: datetime
    ends_at: datetime | None
    channels: Sequence[Channel]
    disputed: Sequence[tuple[date, date]] = ()
    summaries: Sequence[Summary] = ()

    def disputes(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.disputed)


@dataclass(frozen=True, slots=True)
class Window:
    """The time asked for, half-open; None is no bound on that side."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def within(self, agreement: Agreement) -> "Window":
        """The part of it in which the agreement is in force."""
        ends = [end for end in (self.ends_at, agreement.ends_at) if end is not None]
        return Window(
            max(agreement.starts_at, self.starts_at or agreement.starts_at),
            min(ends, default=None),
        )


def days(channel: Channel, window: Window) -> Iterator[Block]:
    """The channel's days, cut to the window; days with nothing left are left out."""
    return cut(channel.blocks, starts_at=window.starts_at, ends_at=window.ends_at)


def unbroken(channel: Channel, window: Window) -> Iterator[Block]:
    """The same days, and between them, empty, each of which nothing is held: so a gap is told.

    Before the first and after the last nothing is said: more may be held than was asked for.
    """
    before: Block | None = None
    for block in days(channel, window):
        if before is not None and (block.day - before.day).days > 1:
            for n in range(1, (block.day - before.day).days):
                day = before.day + timedelta(days=n)
                if day not in channel.elsewhere:
                    yield _empty(day, like=max(before, block, key=lambda one: one.sec))
        yield block
        before = block


def _empty(day: date, *, like: Block) -> Block:
    """A day without a reading, in intervals as long as those of another."""
    sec = day_length(day) if like.count == 1 else like.sec
    return Block(day, sec, little(array("i", [MISSING]) * (day_length(day) // sec)))


def stretch(block: Block, window: Window) -> range:
    """The intervals of a day that lie in the window, held or not; the others are no gaps."""
    first, low, high = day_epoch(block.day), 0, block.count
    if window.starts_at is not None:
        low = max(low, -((first - int(window.starts_at.timestamp())) // block.sec))
    if window.ends_at is not None:
        high = min(high, (int(window.ends_at.timestamp()) - first) // block.sec)
    return range(low, max(low, high))


QUALITY = {
    0: "valid",
    7: "edited by hand",
    8: "estimated from a reference day",
    9: "estimated by interpolation",
    10: "questionable",
    11: "derived",
    12: "projected",
    13: "mixed",
    14: "raw",
    15: "adjusted for weather",
    16: "other",
    17: "validated",
    18: "failed a check",
    19: "good for billing",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a file for people says, in the reader's language. The default is English."""

    columns: tuple[str, str, str, str, str, str] = (
        "Service account",
        "Channel",
        "Start (local time with UTC offset)",
        "End (local time with UTC offset)",
        "Energy (kWh)",
        "Quality",
    )
    channels: Mapping[int, str] = field(
        default_factory=lambda: {
            DELIVERED: "delivered",
            NET: "net",
            RECEIVED: "received",
        }
    )
    quality: Mapping[int, str] = field(default_factory=lambda: QUALITY)
    missing: str = "missing"
    unknown: str = "code {code}"
    disputed: str = "{quality}, disputed"

    def of(self, code: int) -> str:
        """A quality in words; a code nobody has a word for is shown as it is."""
        return self.quality.get(code) or self.unknown.format(code=code)

    def in_dispute(self) -> "Words":
        """The same words for readings the customer disputes."""
        mark = self.disputed.format
        return replace(
            self,
            quality={code: mark(quality=words) for code, words in self.quality.items()},
            missing=mark(quality=self.missing),
            unknown=mark(quality=self.unknown),
        )
