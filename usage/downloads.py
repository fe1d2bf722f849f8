"""A customer takes her own readings away (6.3), and a row of it stays.

    taking = downloads.take(request.customer, kind="csv", …)
    StreamingHttpResponse(taking.pieces, content_type=taking.mime)

The row is written before the first byte and stamped after the last: readings, bytes, hash. A
download broken off in between stays unfinished. Wrap `pieces` in formats.gzip.compress to
send them packed; size and hash are of the file itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage import formats
from usage.formats import csv, green_button
from usage.models import Customer, Download, ServiceAgreement, Via
from usage.readings import Counted, records_of, window_of

if TYPE_CHECKING:
    from prime_portal.models import User

FORMATS = {
    "csv": gettext_lazy("Spreadsheet (CSV)"),
    "green_button": gettext_lazy("Green Button (XML)"),
}


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
) -> Taking:
    """Begin a download of these agreements' readings, both days included.

    The words in a CSV are in the language in force when this is called. Agreements of
    somebody else are passed over. Raises KeyError for a kind not in FORMATS.
    """
    if kind not in FORMATS:
        raise KeyError(kind)
    held = list(
        ServiceAgreement.objects.of(customer)
        .filter(pk__in=list(agreements))
        .values_list("pk", flat=True)
    )
    download = Download.objects.create(
        customer=customer,
        by=by,
        via=via,
        format=kind,
        agreements=held,
        first_day=first_day,
        last_day=last_day,
        at=at,
    )
    counted = Counted()
    window = window_of(first_day, last_day)
    records = records_of(customer, held, window=window, counted=counted, label=label)
    if kind == "csv":
        suffix, mime = csv.SUFFIX, csv.MIME
        pieces = csv.write(records, window, words=words())
    else:
        suffix, mime = green_button.SUFFIX, green_button.MIME
        pieces = green_button.write(records, window, at=at)
    name = f"prime-usage-{first_day}-to-{last_day}.{suffix}"
    return Taking(download, name, mime, _recorded(download, pieces, counted))


def label(agreement: ServiceAgreement) -> str:
    """What a file calls an agreement: never digits alone, which spreadsheets would round."""
    return f"No. {agreement.number}"


def _recorded(download: Download, pieces: Iterator[bytes], counted: Counted) -> Iterator[bytes]:
    began, size, hashed = monotonic(), 0, sha256()
    for piece in pieces:
        size += len(piece)
        hashed.update(piece)
        yield piece
    Download.objects.filter(pk=download.pk, finished_at=None).update(
        finished_at=download.at + timedelta(seconds=monotonic() - began),
        rows=counted.rows,
        size=size,
        sha256=hashed.digest(),
    )


def words() -> formats.Words:
    """What a CSV says, in the language in force."""
    return formats.Words(
        columns=(
            _("Agreement"),
            _("Channel"),
            _("Start (local time with UTC offset)"),
            _("End (local time with UTC offset)"),
            _("Energy (kWh)"),
            _("Quality"),
        ),
        channels={
            formats.DELIVERED: _("delivered"),
            formats.NET: _("net"),
            formats.RECEIVED: _("received"),
        },
        quality={
            0: _("valid"),
            7: _("edited by hand"),
            8: _("estimated from a reference day"),
            9: _("estimated by interpolation"),
            10: _("questionable"),
            11: _("derived"),
            12: _("projected"),
            13: _("mixed"),
            14: _("raw"),
            15: _("adjusted for weather"),
            16: _("other"),
            17: _("validated"),
            18: _("failed a check"),
            19: _("good for billing"),
        },
        missing=_("missing"),
        unknown=_("code {code}"),
        disputed=_("{quality}, disputed"),
    )
