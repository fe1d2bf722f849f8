"""Files in the two shapes SCE's website gives, written from made-up readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from usage.intervals import ZONE, Block, day_epoch

NBSP = "\u00a0"
DISCLAIMER = (
    "*The values here are made up. They say, at some length, and with commas, "
    "that nobody should rely on them."
)


def wall(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, ZONE).strftime("%Y-%m-%d %H:%M:%S")


def kwh(wh: int) -> str:
    """As SCE writes it: no zeros at the end."""
    return f"{wh / 1000:.3f}".rstrip("0").rstrip(".")


def rows(block: Block, words: Sequence[str] = ()) -> Iterable[tuple[str, str, str, str]]:
    first = day_epoch(block.day)
    for index, wh in enumerate(block.values):
        start = first + index * block.sec
        word = words[index] if words else ""
        yield wall(start), wall(start + block.sec), kwh(wh), word


def consumption(
    path: Path,
    blocks: Sequence[Block],
    *,
    words: Sequence[str] = (),
    heading: str = "Energy consumption time period",
    unit: str = "Usage(Real energy in kilowatt-hours)",
) -> Path:
    """The older generation: plain UTF-8, LF, everything quoted."""
    began = wall(day_epoch(blocks[0].day) - 3600)
    lines = [
        "Energy Usage Information",
        '"For location: 1 EXAMPLE ST, PICO RIVERA CA 90660"',
        "",
        "Meter Reading Information",
        '"Type of readings: Electricity"',
        "",
        "Summary of Electric Power Usage Information*",
        f'"{DISCLAIMER}"',
        "",
        "Detailed Usage",
        f'"Start date: {began}  for {len(blocks)} days"',
        "",
    ]
    for block in blocks:
        lines += [
            f'"Data for period starting: {block.day} 00:00:00  for 24 hours"',
            f"{heading},{unit},Reading quality",
        ]
        lines += [
            f'"{start} to {end}","{wh}","{word}"' for start, end, wh, word in rows(block, words)
        ]
        lines.append("")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def both_ways(path: Path, days: Sequence[tuple[Block, Block]]) -> Path:
    """The newer generation: byte order mark, CRLF, padded, no-break spaces, two blocks a day."""
    unit = "(Real energy in kilowatt-hours)" * 2
    lines = [
        "Energy Usage Information,,",
        f"For location: 1 EXAMPLE ST PICO RIVERA CA{NBSP}90660,,",
        ",,",
        "Meter Reading Information,,",
        "Type of readings: Electricity,,",
        ",,",
        "Summary of Electric Power Usage Information*,,",
        f'"{DISCLAIMER}",,',
        ",,",
        "Detailed Usage,,",
        f"Start date: {wall(day_epoch(days[0][0].day) - 3600)} {NBSP}for {len(days)} days,,",
        ",,",
    ]
    for delivered, received in days:
        for name, block in (("Delivered", delivered), ("Received", received)):
            lines += [
                f"Data for period starting: {block.day} 00:00:00 {NBSP}for 24 hours,,",
                f"Energy {NBSP} {name} time period,Usage {NBSP}{name}{unit},Reading quality",
            ]
            lines += [f"{start}{NBSP}to {end},{wh}," for start, end, wh, _word in rows(block)]
            lines.append(",,")
    lines.append(NBSP)
    path.write_text("\r\n".join(lines), encoding="utf-8-sig", newline="")
    return path


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]
