"""Letting alternatives take turns, so that a busy machine is busy for all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Any, Generic, TypeVar

Subject = TypeVar("Subject")

LONG_ENOUGH = 0.05
"""Seconds: what takes less is run several times in a row, and the mean taken."""


@dataclass
class Turns:
    """Seconds of each alternative, a number a round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def of(self, name: str) -> float:
        return median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times longer `slow` takes: the median of the rounds' own ratios."""
        pairs = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return median(one / other for one, other in pairs)


class Differs(AssertionError):
    """Two alternatives did not come to the same result, so their times mean nothing."""


@dataclass
class Race(Generic[Subject]):
    """Alternatives that each make the same thing of a subject.

    `facts` says of a result what must be equal for all (a limit, which makes nothing, has none);
    the first run of each alternative on a subject is not timed: it warms every cache and its
    facts are compared.
    """

    runners: Mapping[str, Callable[[Subject], Any]]
    facts: Mapping[str, Callable[[Any], Any]]

    def run(self, subjects: Sequence[Subject], *, rounds: int) -> Turns:
        turns = Turns()
        names = list(self.runners)
        for number in range(rounds):
            subject = subjects[number % len(subjects)]
            order = names[number % len(names) :] + names[: number % len(names)]
            warm = {name: self._warm(name, subject) for name in order}
            self._compare(warm, subject)
            often = {name: ceil(LONG_ENOUGH / seconds) for name, (_, seconds) in warm.items()}
            del warm
            for name in order:
                turns.add(name, timed(self.runners[name], subject, often=often[name]))
        return turns

    def _compare(self, warm: Mapping[str, tuple[Any, float]], subject: Subject) -> None:
        first, *others = self.facts
        expected = self.facts[first](warm[first][0])
        for name in others:
            if self.facts[name](warm[name][0]) != expected:
                raise Differs(f"{name} and {first} differ on {subject}")

    def _warm(self, name: str, subject: Subject) -> tuple[Any, float]:
        began = time.perf_counter()
        result = self.runners[name](subject)
        return result, time.perf_counter() - began


def timed(runner: Callable[[Subject], Any], subject: Subject, *, often: int = 1) -> float:
    """Return the seconds of one run, the mean of `often` in a row."""
    gc.collect()
    began = time.perf_counter()
    for _ in range(often):
        runner(subject)
    return (time.perf_counter() - began) / often


def seconds_of(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def per_second(count: float, seconds: float) -> str:
    """Return a rate of readings in a unit that fits it."""
    rate = count / seconds
    return f"{rate / 1e6:,.2f} M/s" if rate >= 1e6 else f"{rate / 1e3:,.1f} k/s"
