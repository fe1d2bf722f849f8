"""The copies a customer can take of what PRIME holds: their kinds, names, words and bytes (6.3).

A row of Download says all there is to know of one; `write` makes the file it asks for. Nothing
leaves from here: the doors are usage.downloads, usage.preparing and usage.release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage import corrections, formats, quality
from usage.formats import bundle, csv, green_button, green_button_customer, json, pdf
from usage.models import Customer, Download, IntervalDay, IntervalDayRevision, ServiceAgreement
from usage.readings import FLOWS, Counted, records_of, window_of

FORMATS = {
    "csv": gettext_lazy("Spreadsheet (CSV)"),
    "pdf": gettext_lazy("To read and print (PDF)"),
    "green_button": gettext_lazy("Green Button (XML): readings and bills, no name in it"),
    "green_button_account": gettext_lazy("Green Button (XML): your name, account and places"),
    "json": gettext_lazy("For programs (JSON)"),
}
"""What she can choose for her readings."""

EACH_READING = "pdf_each"
ON_PAPER = {EACH_READING: gettext_lazy("Every reading, to print (a PDF for each month, in a ZIP)")}
"""For whoever has no computer: staff print it (usage.counter). A year in one PDF would fill the
memory of a machine."""

AT_ONCE = 400
"""Earlier days read in one round."""

SHEETS_A_PAGE = 4
"""Days of one direction of a meter that stand on one page, reading by reading."""

RECORD, RECORD_PDF = "record", "record_pdf"
WHOLE = {
    RECORD: gettext_lazy("Everything PRIME holds about you (ZIP)"),
    RECORD_PDF: gettext_lazy("Everything PRIME holds about you, to read (PDF)"),
}
"""The whole record: composed above, in prime_portal.whole_record."""

KINDS: dict[str, Any] = {
    "csv": csv,
    "pdf": pdf,
    "green_button": green_button,
    "green_button_account": green_button_customer,
    "json": json,
    EACH_READING: bundle,
    RECORD: bundle,
    RECORD_PDF: pdf,
}
"""Which module writes what, and so its name's ending and its type."""


def write(
    download: Download, *, counted: Counted, at: datetime, recipient: str = ""
) -> Iterator[bytes]:
    """Yield the file a row asks for. `recipient` puts an address page before a PDF."""
    if download.format == EACH_READING:
        months = _by_month(download, counted=counted, at=at, recipient=recipient)
        return bundle.write(months, at=at)
    customer, window = download.customer, window_of(download.first_day, download.last_day)
    records = records_of(
        customer,
        download.agreements,
        window=window,
        counted=counted,
        label=label,
        flows=download.flows,
        bills=download.format == "green_button",
    )
    if download.format == "csv":
        return csv.write(records, window, words=words())
    if download.format == "green_button":
        return green_button.write(records, window, at=at)
    if download.format == "green_button_account":
        return green_button_customer.write(holder_of(customer, download.agreements), at=at)
    if download.format == "json":
        return json.write(records, window, at=at, words=words())
    return pdf.write(
        records,
        window,
        about=_about(download, recipient),
        first_day=download.first_day,
        last_day=download.last_day,
        words=words(),
        at=at,
    )


def write_former(customer: Customer) -> Iterator[bytes]:
    """Yield a CSV of what stood on her days before each change, by place, direction and day."""
    more = (_("Version replaced"), _("Replaced on (local time with UTC offset)"))
    return csv.write_replaced(_replaced(customer), words=words(), more=more)


def _replaced(customer: Customer) -> Iterator[csv.Replaced]:
    rows = IntervalDayRevision.objects.of(customer).select_related("agreement", "channel")
    order = ("agreement__starts_at", "agreement", "channel__flow", "channel", "day", "revision")
    for row in rows.order_by(*order).iterator(AT_ONCE):
        agreement = row.agreement
        if block := corrections.stood(row, agreement):
            flow = formats.NET if row.net else FLOWS[row.channel.flow]
            window = formats.Window(agreement.starts_at, agreement.ends_at)
            said = label(agreement), flow, block, window, row.revision + 1, row.replaced_at
            yield csv.Replaced(*said)


def _by_month(
    download: Download, *, counted: Counted, at: datetime, recipient: str
) -> Iterator[bundle.File]:
    """Every reading of one place and month in each file, so that paper is as fine as a file."""
    for number, agreement in enumerate(download.agreements, start=1):
        days = IntervalDay.objects.of(download.customer).filter(agreement=agreement)
        held = days.filter(day__range=(download.first_day, download.last_day))
        for month in held.dates("day", "month"):
            after = (month + timedelta(days=31)).replace(day=1)
            part = Download(
                pk=download.pk,
                customer=download.customer,
                format="pdf",
                agreements=[agreement],
                flows=download.flows,
                first_day=max(month, download.first_day),
                last_day=min(after - timedelta(days=1), download.last_day),
            )
            folder = f"place-{number}/" if len(download.agreements) > 1 else ""
            pieces = write(part, counted=counted, at=at, recipient=recipient)
            yield bundle.File(folder + name_of(part), pieces)
            recipient = ""


def name_of(download: Download) -> str:
    """What the file is called: days, and never a person or a number of hers."""
    suffix = KINDS[download.format].SUFFIX
    if download.format in WHOLE:
        return f"prime-record-{download.last_day}.{suffix}"
    part = "customer" if download.format == "green_button_account" else "usage"
    return f"prime-{part}-{download.first_day}-to-{download.last_day}.{suffix}"


def mime_of(download: Download) -> str:
    mime: str = KINDS[download.format].MIME
    return mime


def words_for(kind: str) -> str:
    """What a kind of copy is called, also one that is no longer made."""
    return str((FORMATS | WHOLE | ON_PAPER).get(kind, kind))


def label(agreement: ServiceAgreement) -> str:
    """What a file calls an agreement: never digits alone, which spreadsheets would round."""
    return f"No. {agreement.number}"


def holder_of(customer: Customer, agreements: Iterable[UUID]) -> green_button_customer.Holder:
    """Return the customer as the Green Button customer feed writes her."""
    held = ServiceAgreement.objects.of(customer).filter(pk__in=list(agreements))
    contracts = [
        green_button_customer.Contract(
            agreement.pk,
            agreement.number,
            agreement.starts_at,
            agreement.ends_at,
            agreement.rate_schedule,
            agreement.service_point.address.splitlines(),
            sorted({channel.meter_number for channel in agreement.service_point.channels.all()}),
        )
        for agreement in held.select_related("service_point")
        .prefetch_related("service_point__channels")
        .order_by("starts_at", "pk")
    ]
    return green_button_customer.Holder(
        customer.pk,
        customer.name,
        customer.kind == Customer.Kind.NON_RESIDENTIAL,
        customer.account_number,
        customer.language,
        customer.mailing_address.splitlines(),
        customer.email,
        customer.telephone,
        contracts,
    )


def _about(download: Download, recipient: str) -> pdf.About:
    customer = download.customer
    held = ServiceAgreement.objects.of(customer).filter(pk__in=download.agreements)
    places = {held.pk: str(held.service_point) for held in held.select_related("service_point")}
    return pdf.About(download.pk, customer.name, customer.account_number, places, recipient)


def words() -> formats.Words:
    """What a CSV says, in the language in force."""
    return formats.Words(
        columns=(
            _("Service account"),
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
        }
        | quality.words(),
        missing=_("missing"),
        unknown=_("code {code}"),
        disputed=_("{quality}, disputed"),
    )
