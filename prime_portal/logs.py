"""Logs that name nobody (5.1)."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Write where an error happened and of what kind it is, never in its own words.

    The words of an error quote what somebody typed, or a row's values.
    """

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - the library's name
        kind, error, frames = ei
        if kind is None or error is None:
            return ""
        return "".join(traceback.format_tb(frames)) + f"{kind.__module__}.{kind.__qualname__}"
