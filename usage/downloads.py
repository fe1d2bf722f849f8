"""A customer takes her own readings away (6.3), and a row of it stays.

    taking = downloads.take(request.customer, kind="csv", …)
    StreamingHttpResponse(taking.pieces, content_type=taking.mime)

The row is written before the first byte and stamped after the last: readings, bytes, hash. A
download broken off in between stays unfinished. Wrap `pieces` in formats.gzip.compress to
send them packed; size and hash are of the file itself. What takes more than a moment
(`takes_a_while`) is asked for by usage.preparing instead, and prepared by the worker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from usage.copies import FORMATS, ON_PAPER, WHOLE, mime_of, name_of, write
from usage.models import Channel, Customer, Download, ServiceAgreement, Via
from usage.readings import Counted

if TYPE_CHECKING:
    from prime_portal.models import User

MANY = 2_000_000
"""Readings that stream within a few seconds: some fifty meters for a year."""


@dataclass(frozen=True)
class Taking:
    """A download under way: the row that stays, the file's name and type, and its bytes."""

    download: Download
    name: str
    mime: str
    pieces: Iterator[bytes]


def take(
    customer: Customer,
    *,
    kind: str,
    agreements: Iterable[UUID],
    first_day: date,
    last_day: date,
    by: User,
    via: Via,
    at: datetime,
    flows: Collection[str] = (),
    reason: str = "",
) -> Taking:
    """Begin a download of these agreements' readings, both days included.

    The words in it are in the language in force when this is called. Agreements of somebody
    else are passed over. Raises KeyError for a kind not in FORMATS.
    """
    if kind not in FORMATS:
        raise KeyError(kind)
    download = write_down(
        customer,
        kind=kind,
        agreements=agreements,
        first_day=first_day,
        last_day=last_day,
        flows=flows,
        by=by,
        via=via,
        reason=reason,
        at=at,
    )
    counted = Counted()
    pieces = write(download, counted=counted, at=at)
    whole = finished(download, _recorded(download, pieces, counted), at=at)
    return Taking(download, name_of(download), mime_of(download), whole)


def write_down(
    customer: Customer,
    *,
    kind: str,
    agreements: Iterable[UUID],
    first_day: date,
    last_day: date,
    by: User,
    via: Via,
    at: datetime,
    flows: Collection[str] = (),
    reason: str = "",
) -> Download:
    """Leave the row of a download, before anything of it is made."""
    held = ServiceAgreement.objects.of(customer).filter(pk__in=list(agreements))
    download: Download = Download.objects.create(
        customer=customer,
        by=by,
        via=via,
        format=kind,
        agreements=list(held.values_list("pk", flat=True)),
        flows=sorted(flows),
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        at=at,
    )
    return download


def takes_a_while(
    customer: Customer,
    *,
    kind: str,
    agreements: Collection[UUID],
    first_day: date,
    last_day: date,
) -> bool:
    """Say whether the worker had better prepare it: a PDF, the whole record, or very much."""
    if kind in {"pdf", *ON_PAPER, *WHOLE}:
        return True
    points = ServiceAgreement.objects.of(customer).filter(pk__in=list(agreements))
    channels = Channel.objects.filter(service_point__in=points.values("service_point")).count()
    return channels * ((last_day - first_day).days + 1) * 96 > MANY


def finished(download: Download, pieces: Iterator[bytes], *, at: datetime) -> Iterator[bytes]:
    """Pass the pieces on, from `at`; after the last one stamp when they were taken."""
    began = monotonic()
    yield from pieces
    Download.objects.filter(pk=download.pk, finished_at=None).update(
        finished_at=at + timedelta(seconds=monotonic() - began)
    )


def _recorded(download: Download, pieces: Iterator[bytes], counted: Counted) -> Iterator[bytes]:
    """Pass the pieces on; after the last one stamp what the file held."""
    size, hashed = 0, sha256()
    for piece in pieces:
        size += len(piece)
        hashed.update(piece)
        yield piece
    Download.objects.filter(pk=download.pk, sha256=None).update(
        rows=counted.rows, size=size, sha256=hashed.digest()
    )
