"""Lines of CMEP files, written from made-up readings as this or that sender might."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from usage.intervals import ZONE


def stamp(epoch: int, *, utc: bool) -> str:
    return datetime.fromtimestamp(epoch, UTC if utc else ZONE).strftime("%Y%m%d%H%M")


def line(
    start: int,
    values: Sequence[str],
    *,
    sec: int = 900,
    meter: str = "M-0001",
    quality: Sequence[str] | str = "R0",
    ends: bool = True,
    utc: bool = True,
    stamps: str = "all",
    purpose: str = "OK",
    commodity: str = "E",
    unit: str = "KWH",
    multiplier: str = "1",
    count: int | None = None,
) -> str:
    """One record of readings that follow each other from `start` (epoch seconds)."""
    shift = sec if ends else 0
    times = [stamp(start + index * sec + shift, utc=utc) for index in range(len(values))]
    if stamps == "first":
        times = times[:1] + [""] * (len(values) - 1)
    codes = [quality] * len(values) if isinstance(quality, str) else quality
    head = [
        *("MEPMD01", "19970819", "SENDER", "", "PRIME", "", "202601160000", meter),
        *(purpose, commodity, unit, multiplier),
        f"{sec // 86400:04}{sec % 86400 // 3600:02}{sec % 3600 // 60:02}",
        str(len(values) if count is None else count),
    ]
    triplets = [part for parts in zip(times, codes, values, strict=True) for part in parts]
    return ",".join(head + triplets)


def file(path: Path, *lines: str, end: str = "\r\n") -> Path:
    path.write_bytes("".join(line + end for line in lines).encode("latin-1"))
    return path
