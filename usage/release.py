"""The same readings in the same formats, for a third party. Only consent.packages calls this.

It does not ask whether anything may leave: consent.policy has decided that, and what happens
here happens into an encrypted package. A scope can only narrow what the customer herself can
take (6.3): her agreements, inside their dates, in a window of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from usage import categories, copies, formats, quality
from usage.formats import csv, green_button
from usage.granularity import Granularity
from usage.models import Channel, Customer, ServiceAgreement
from usage.readings import Counted, records_of, window_of

__all__ = ["CSV", "FLOW_OF", "FORMATS", "GREEN_BUTTON", "Counted", "in_words", "stream"]

CSV, GREEN_BUTTON = FORMATS = "csv", "green_button"
# The categories of Covered Information a file of readings can hold, and the channel of each.
FLOW_OF = dict(
    zip(categories.READINGS, (Channel.Flow.DELIVERED, Channel.Flow.RECEIVED), strict=True)
)


def in_words(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    """Say the cells of a CSV, heading first, in the language in force: what goes is English."""
    english, hers = formats.Words(quality=formats.QUALITY), copies.words()
    said = dict(zip(english.columns, hers.columns, strict=True)) | {english.missing: hers.missing}
    for ours, theirs in ((english.channels, hers.channels), (english.quality, hers.quality)):
        said |= {word: theirs[code] for code, word in ours.items()}
    return [[said.get(cell, cell) for cell in line] for line in lines]


def stream(
    members: Iterable[tuple[Customer, Sequence[ServiceAgreement]]],
    *,
    holding: Iterable[str],
    first_day: date,
    last_day: date,
    counted: Counted,
    kind: str = CSV,
    granularity: Granularity = Granularity.AS_MEASURED,
    at: datetime | None = None,
) -> Iterator[bytes]:
    """Yield one file of these customers' agreements, both days included.

    holding: keys of FLOW_OF, one at least; the channels of no other category are in it.
    kind: one of FORMATS; a Green Button feed says that it was made `at`.
    granularity: the finest interval in it; sums of hours or days only take detail away (6.3).

    Agreements go by their id, not by their account number: the file names no one.
    """
    if kind not in FORMATS or (kind == GREEN_BUTTON and at is None):
        raise ValueError("A file is CSV, or Green Button made at some moment.")
    window = window_of(first_day, last_day)
    flows = {FLOW_OF[category] for category in holding}
    if not flows:
        raise ValueError("A file holds at least one category.")

    def records() -> Iterator[formats.Agreement]:
        for customer, agreements in members:
            yield from records_of(
                customer,
                [agreement.pk for agreement in agreements],
                window=window,
                counted=counted,
                flows=flows,
                granularity=granularity,
                label=lambda agreement: str(agreement.pk),
            )

    if kind == GREEN_BUTTON and at is not None:
        return green_button.write(records(), window, at=at)
    words = formats.Words(quality=formats.QUALITY | quality.words())
    return csv.write(records(), window, words=words)
