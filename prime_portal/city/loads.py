"""Made-up loads: what a meter of a made-up place would record. Pure, and the same for a seed.

A load is a daily curve (by kind of place, season, weekday or not), times how big the place is,
times the day's weather, times noise. It is drawn by the clock: on the day without a 02:00 that
hour is left out, on the day with two 01:00 it comes twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import cos, exp, pi
from random import Random
from typing import NamedTuple

from usage.intervals import MISSING, ZONE, Block, day_epoch, day_length, little

DELIVERED, RECEIVED = 1, 19
QUARTER = 900


def _hours(watts: str) -> tuple[int, ...]:
    return tuple(map(int, watts.split()))


CURVES = {
    "home": (
        _hours(
            "260 230 220 210 220 300 480 560 430 360 340 350 "
            "360 350 360 420 560 800 980 1020 940 760 520 350"
        ),
        _hours(
            "300 260 240 230 230 260 340 460 600 640 620 600 "
            "600 580 560 580 660 820 940 980 920 780 560 400"
        ),
    ),
    "apartment": (
        _hours(
            "140 130 120 120 120 180 300 340 240 180 170 180 "
            "190 180 180 220 320 480 600 620 560 440 280 180"
        ),
        _hours(
            "160 140 130 130 130 150 200 280 360 360 340 340 "
            "340 320 320 340 400 500 580 600 540 440 300 200"
        ),
    ),
    "car": (
        _hours(
            "3600 3500 2600 900 320 340 480 560 430 360 340 350 "
            "360 350 360 420 560 800 980 1020 940 900 1800 3400"
        ),
        _hours(
            "3200 2400 900 300 280 300 340 460 600 640 620 600 "
            "600 580 560 580 660 820 940 980 920 780 900 2400"
        ),
    ),
    "shop": (
        _hours(
            "900 880 870 870 1200 2400 4200 5200 5600 5800 5900 6000 "
            "6100 6000 5900 5700 5200 4300 3000 2100 1500 1200 1000 950"
        ),
        _hours(
            "900 880 870 870 900 1100 2000 3200 4200 4600 4600 4500 "
            "4400 4200 3800 3000 2200 1600 1300 1200 1100 1000 950 920"
        ),
    ),
}
"""Watts through the day, a number an hour, of a place of average size: workdays, weekends."""

NOISE = 4096
SUNRISE, SUNSET = 6.5, 18.5


def dice(seed: str) -> Random:
    """Chance that falls the same way for the same seed. For made-up things, never secrets."""
    return Random(seed)  # noqa: S311


class Load(NamedTuple):
    """What a place draws: its kind, its size (1.0 is average), watts of panels, interval."""

    kind: str
    size: float
    panels: int = 0
    sec: int = QUARTER


@dataclass(frozen=True)
class Flaw:
    """Something wrong with one day: intervals [first, last) missing, or of a lesser quality."""

    first: int
    last: int
    quality: int | None = None


class Weather:
    """Heat and clouds of each day, the same for the whole city."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.known: dict[date, tuple[float, float]] = {}

    def of(self, day: date) -> tuple[float, float]:
        """How much more than a mild day is drawn (1.0 and up), and the share of sun left."""
        if day not in self.known:
            self.known[day] = self._draw(day)
        return self.known[day]

    def _draw(self, day: date) -> tuple[float, float]:
        random = dice(f"{self.seed} weather {day}")
        summer = 0.5 - 0.5 * cos(2 * pi * (day.timetuple().tm_yday - 20) / 365)
        heat = 1 + 0.9 * summer**2 * random.uniform(0.6, 1.4) + 0.1 * random.random()
        clouds = random.choice([1.0, 1.0, 1.0, 0.95, 0.8, 0.35])
        return heat, clouds * (0.6 + 0.4 * summer)


class Loads:
    """Days of made-up readings."""

    def __init__(self, seed: str) -> None:
        self.seed, self.weather = seed, Weather(seed)
        random = dice(f"{seed} noise")
        noise = [int(1024 * exp(random.gauss(-0.045, 0.3))) for _ in range(NOISE)]
        self.noise = noise + noise[:200]

    def days(
        self, load: Load, *, name: str, first: date, last: date
    ) -> Iterator[tuple[int, Block]]:
        """Each day of a place from first to last: its delivered channel, and received if any.

        `name` tells places apart; the same name and seed draw the same days.
        """
        random = dice(f"{self.seed} load {name}")
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            drawn = self._drawn(load, day, random)
            if load.panels:
                made = self._made(load, day)
                net = [use - sun for use, sun in zip(drawn, made, strict=True)]
                delivered = [max(wh, 0) for wh in net]
                yield RECEIVED, _block(day, load, [max(-wh, 0) for wh in net])
                yield DELIVERED, _block(day, load, delivered)
            else:
                yield DELIVERED, _block(day, load, drawn)

    def _drawn(self, load: Load, day: date, random: Random) -> list[int]:
        """Wh of each quarter-hour: the curve, times size and heat, times noise."""
        heat, _sun = self.weather.of(day)
        curve = _curve(load.kind, day.weekday() >= 5, _clock(day))
        factor = int(load.size * heat * random.uniform(0.8, 1.25) * 256)
        offset = random.randrange(NOISE)
        noise = self.noise[offset : offset + len(curve)]
        return [(watts * factor * grain) >> 20 for watts, grain in zip(curve, noise, strict=True)]

    def _made(self, load: Load, day: date) -> list[int]:
        _heat, sun = self.weather.of(day)
        factor = int(load.panels * sun * 64)
        return [(share * factor) >> 18 for share in _sun(_clock(day))]


def flawed(block: Block, flaw: Flaw) -> Block:
    """The same day with some intervals missing or of a lesser quality."""
    values, codes = block.values, bytearray(block.codes)
    for index in range(flaw.first, min(flaw.last, block.count)):
        if flaw.quality is None:
            values[index] = MISSING
        else:
            codes[index] = flaw.quality
    return Block(block.day, block.sec, little(values), bytes(codes) if any(codes) else None)


@lru_cache(maxsize=1024)
def _clock(day: date) -> tuple[int, ...]:
    """For each quarter-hour of the day that passes, which quarter-hour the clock shows."""
    if day_length(day) == 86400:
        return tuple(range(96))
    first = day_epoch(day)
    marks = (
        datetime.fromtimestamp(first + QUARTER * index, ZONE)
        for index in range(day_length(day) // QUARTER)
    )
    return tuple(mark.hour * 4 + mark.minute // 15 for mark in marks)


@lru_cache(maxsize=256)
def _curve(kind: str, weekend: bool, clock: tuple[int, ...]) -> list[int]:
    """Wh (times four, to stay whole) of each quarter-hour, smoothed between the hours."""
    hours = CURVES[kind][weekend]
    smooth = [
        (hours[quarter // 4] * (4 - quarter % 4) + hours[(quarter // 4 + 1) % 24] * (quarter % 4))
        // 4
        for quarter in range(96)
    ]
    return [smooth[quarter] for quarter in clock]


@lru_cache(maxsize=16)
def _sun(clock: tuple[int, ...]) -> list[int]:
    """The sun's share of 1,024 in each quarter-hour, none at night."""
    shares = []
    for quarter in clock:
        hour = quarter / 4
        up = SUNRISE < hour < SUNSET
        height = 0.5 - 0.5 * cos(2 * pi * (hour - SUNRISE) / (SUNSET - SUNRISE)) if up else 0
        shares.append(int(1024 * height))
    return shares


def _block(day: date, load: Load, quarters: list[int]) -> Block:
    step = load.sec // QUARTER
    if step > 1:
        quarters = [sum(quarters[at : at + step]) for at in range(0, len(quarters), step)]
    return Block(day, load.sec, little(array("i", quarters)))
