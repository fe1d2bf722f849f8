"""A bulk file as a utility sends it: CMEP, a line a meter and day, every reading with its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from pathlib import Path

from benchmarks.world import ESTIMATED, Meter, MeterDay
from usage.intervals import MISSING, Block

HEAD = "MEPMD01,19970819,SENDER,,PRIME,,202607010000,M-{meter},OK,E,KWH,1,0000{length},{count},"


def write(path: Path, days: Iterable[MeterDay]) -> None:
    """Write these days. Times are UTC and mark the end of their interval; N is no reading."""
    with path.open("w", encoding="ascii", newline="") as file:
        file.writelines(_line(meter, block) for meter, block in days)


def _line(meter: Meter, block: Block) -> str:
    hours, minutes = divmod(block.sec // 60, 60)
    length = f"{hours:02d}{minutes:02d}"
    head = HEAD.format(meter=meter.agreement.number, length=length, count=block.count)
    step, at = timedelta(seconds=block.sec), block.start
    triplets = []
    for wh, code in zip(block.values, block.codes, strict=True):
        at += step
        letter = "N0" if wh == MISSING else "E1" if code == ESTIMATED else "R0"
        value = "" if wh == MISSING else f"{wh / 1000:.3f}"
        triplets.append((f"{at:%Y%m%d%H%M}", letter, value))
    return head + ",".join(chain.from_iterable(triplets)) + "\r\n"
