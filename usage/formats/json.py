"""JSON for people who write their own programs: whole watt-hours, day by day.

Each day begins at `starts_at` (UTC); the n-th value is the energy of the n-th stretch of
`interval_seconds` from there, so days of 23 and 25 hours need no special case. `null` is a gap,
never zero; a day of which nothing is held, between two that are, is all `null`. `quality` has one
ESPI QualityOfReading code a value and is left out when all are 0, valid; the words for the codes
stand at the top. `disputed` marks a day the customer disputes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from usage.formats import Agreement, Channel, Window, Words, stretch, unbroken
from usage.intervals import MISSING, Block, day_epoch

MIME = "application/json"
SUFFIX = "json"

FORMAT, VERSION = "prime-usage", 1
DIRECTIONS = {1: "delivered", 4: "net", 19: "received"}


def write(
    agreements: Iterable[Agreement],
    window: Window | None = None,
    *,
    at: datetime,
    words: Words | None = None,
) -> Iterator[bytes]:
    """Yield one JSON object a day at a time; `at` is the moment it is made."""
    window, words = window or Window(), words or Words()
    head = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": _instant(at.timestamp()),
        "time_zone": "America/Los_Angeles",
        "unit": "Wh",
        "quality_codes": {str(code): text for code, text in words.quality.items()},
    }
    yield (_dump(head)[:-1] + ',\n"agreements":[').encode()
    for first, agreement in _marked(agreements):
        yield from _agreement(agreement, window, first=first)
    yield b"]}\n"


def _agreement(agreement: Agreement, window: Window, *, first: bool) -> Iterator[bytes]:
    ends_at = agreement.ends_at
    head = {
        "id": str(agreement.id),
        "label": agreement.label,
        "starts_at": _instant(agreement.starts_at.timestamp()),
        "ends_at": ends_at and _instant(ends_at.timestamp()),
    }
    yield (("\n" if first else ",\n") + _dump(head)[:-1] + ',"channels":[').encode()
    inside = window.within(agreement)
    for first_channel, channel in _marked(agreement.channels):
        yield ((" " if first_channel else ",\n ") + _channel(channel)).encode()
        for first_day, block in _marked(unbroken(channel, inside)):
            day = _day(block, inside, disputed=agreement.disputes(block.day))
            yield (("\n  " if first_day else ",\n  ") + _dump(day)).encode()
        yield b"]}"
    yield b"]}"


def _channel(channel: Channel) -> str:
    direction = DIRECTIONS.get(channel.flow, str(channel.flow))
    return _dump({"id": str(channel.id), "direction": direction})[:-1] + ',"days":['


def _day(block: Block, window: Window, *, disputed: bool) -> dict[str, Any]:
    """One day, cut to the window: what lies outside it is no gap and is not in the list."""
    inside = stretch(block, window)
    day: dict[str, Any] = {
        "day": block.day.isoformat(),
        "starts_at": _instant(day_epoch(block.day) + inside.start * block.sec),
        "interval_seconds": block.sec,
        "wh": [None if wh == MISSING else wh for wh in block.values[inside.start : inside.stop]],
    }
    if block.quality is not None:
        day["quality"] = list(block.quality[inside.start : inside.stop])
    if disputed:
        day["disputed"] = True
    return day


def _marked(things: Iterable[Any]) -> Iterator[tuple[bool, Any]]:
    """Each thing, and whether it is the first."""
    first = True
    for thing in things:
        yield first, thing
        first = False


def _instant(epoch: float) -> str:
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dump(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
