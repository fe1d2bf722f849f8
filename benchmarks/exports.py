"""A meter's days as Green Button, from the database, in each way there is.

All take the same: a meter, its first and its last day; all yield gzipped pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from benchmarks import naive, peer
from benchmarks.world import NOW, Meter
from usage import formats
from usage.downloads import label
from usage.formats import csv, green_button, gzip
from usage.readings import Counted, records_of, window_of


def portal(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    return gzip.compress(green_button.write(_records(meter, window), window, at=NOW))


def orm(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    yield naive.to_green_button(meter, window.starts_at, window.ends_at)


def streamed(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    return peer.to_green_button(meter, window.starts_at, window.ends_at)


def portal_csv(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    """CSV, not gzipped."""
    window = window_of(first, last)
    return csv.write(_records(meter, window), window)


def _records(meter: Meter, window: formats.Window) -> Iterator[formats.Agreement]:
    """As usage.downloads has them: the customer's own agreement, disputes and all."""
    return records_of(
        meter.agreement.customer,
        [meter.agreement.pk],
        window=window,
        counted=Counted(),
        label=label,
    )
