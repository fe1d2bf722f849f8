"""Whole Wh as text, each written out once: most are small, and the same come again and again."""

from collections.abc import Callable
from typing import TypeVar

Text = TypeVar("Text")

MOST = 8192
"""How many are remembered: a megabyte or two. What comes later is written out anew each time."""


class Written(dict[int, Text]):
    """`written[wh]` is the text for it."""

    def __init__(self, write: Callable[[int], Text]) -> None:
        super().__init__()
        self.write = write

    def __missing__(self, wh: int) -> Text:
        text = self.write(wh)
        if len(self) < MOST:
            self[wh] = text
        return text


KWH = Written(lambda wh: f"{wh / 1000:.3f}")
