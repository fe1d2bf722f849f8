"""How fine readings are when somebody else gets them: as measured, or summed to hours or days.

A customer herself always sees them as measured (6.3). Summing only takes detail away: each sum
is of readings she holds, and one that would lack a reading is left out, for a part is no hour.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from usage.intervals import MISSING, Block, little

MIXED = 13
"""The ESPI quality of a sum whose readings are not all of one quality."""


class Granularity(models.TextChoices):
    """From coarse to fine."""

    DAILY = "daily", _("each day’s total")
    HOURLY = "hourly", _("each hour’s total")
    AS_MEASURED = "as_measured", _("as measured, often every 15 minutes")

    def is_within(self, finest: Granularity | str) -> bool:
        """Whether this is no finer than the other."""
        order = list(Granularity)
        return order.index(self) <= order.index(Granularity(finest))


def coarser(block: Block, granularity: Granularity) -> Block:
    """Return the same day in intervals no shorter than this, each the sum of whole ones."""
    if granularity == Granularity.AS_MEASURED:
        return block
    sec = {Granularity.HOURLY: 3600, Granularity.DAILY: block.sec * block.count}[granularity]
    if sec <= block.sec:
        return block
    parts, values, codes = sec // block.sec, block.values, block.codes
    sums, qualities = values[:0], bytearray()
    for first in range(0, block.count, parts):
        held, quality = values[first : first + parts], set(codes[first : first + parts])
        gap = MISSING in held
        sums.append(MISSING if gap else sum(held))
        qualities.append(0 if gap else quality.pop() if len(quality) == 1 else MIXED)
    return Block(
        block.day, sec, little(sums), bytes(qualities) if any(qualities) else None, block.net
    )
