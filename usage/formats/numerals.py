"""Whole Wh in digits, each written out once: most are small, and the same come again and again."""

from collections.abc import Callable

MOST = 8192
"""How many are remembered: a megabyte. What comes later is written out anew each time."""


class Numerals(dict[int, str]):
    """`numerals[wh]` is the text for it."""

    def __init__(self, write: Callable[[int], str]) -> None:
        super().__init__()
        self.write = write

    def __missing__(self, wh: int) -> str:
        text = self.write(wh)
        if len(self) < MOST:
            self[wh] = text
        return text


WH = Numerals(str)
KWH = Numerals(lambda wh: f"{wh / 1000:.3f}")
