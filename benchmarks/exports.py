"""A meter's days as a file, from the database, in each way there is.

All take the same: a meter, its first and its last day. Green Button comes gzipped, CSV as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from benchmarks import naive, peer
from benchmarks.world import NOW, Meter
from usage import copies
from usage.formats import gzip
from usage.models import Download
from usage.readings import Counted, window_of


def portal(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    """As a download makes it: bills are looked for, disputes are marked, readings are counted."""
    return gzip.compress(portal_xml(meter, first, last))


def portal_xml(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    return _portal("green_button", meter, first, last)


def orm(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    yield naive.to_green_button(meter, window.starts_at, window.ends_at)


def streamed(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    return peer.to_green_button(meter, window.starts_at, window.ends_at)


def portal_csv(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    return _portal("csv", meter, first, last)


def orm_csv(meter: Meter, first: date, last: date) -> Iterator[bytes]:
    window = window_of(first, last)
    yield naive.to_csv(meter, window.starts_at, window.ends_at)


def _portal(kind: str, meter: Meter, first: date, last: date) -> Iterator[bytes]:
    asked = Download(
        customer=meter.agreement.customer,
        agreements=[meter.agreement.pk],
        format=kind,
        first_day=first,
        last_day=last,
    )
    return copies.write(asked, counted=Counted(), at=NOW)
