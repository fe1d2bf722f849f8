"""The whole record: everything PRIME holds about a customer, as one ZIP or one PDF (6.3).

    index.html, style.css       everything but the single readings, to read in any browser
    record.json, record.pdf     the same for programs, and for paper
    tables/<section>.csv        the same for spreadsheets
    usage/                      every reading: CSV, JSON, Green Button (two files), PDF by day,
                                and those that stood there before a correction (CSV)
    notices/ messages/          the notices in both languages, and what was sent to her
    authorizations/             what she was shown, word for word, when she granted; what she
                                signed on paper, as scanned
    manifest.json, SHA256SUMS   what is in it, and how the Green Button feed was checked

Made by the worker (usage.preparing), in the language of the page it was asked for on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db.models import Max, Min
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from consent import wishes
from consent.models import Authorization
from notices import messages
from notices.models import Delivery, Notice
from prime_portal import record
from prime_portal.information import Shown
from prime_portal.models import User
from usage import copies, pdf
from usage.evidence import said
from usage.formats import bundle, conformance, csv
from usage.formats.bundle import File
from usage.models import Download, MonthTotal, PreparedDownload, Via
from usage.readings import Counted
from usage.sections import Cell, Section

READINGS = {
    "csv": "usage/readings.csv",
    "json": "usage/readings.json",
    "green_button": "usage/green-button-usage.xml",
    "green_button_account": "usage/green-button-customer.xml",
    "pdf": "usage/days.pdf",
}
FORMER = "usage/readings-before-corrections.csv"
BYTES_A_READING = {"csv": 110, "json": 12, "green_button": 220}
"""At most, so that a very long file is announced as such before it is packed."""

GAPS = gettext_lazy(
    "Where PRIME holds no reading, the files say “missing” (JSON: null) and give no number: it is "
    "never zero. Green Button leaves such times out."
)
"""Said beside the readings, and in the manifest."""

WIDE = 5
"""Columns at most that stand beside each other; what has more is told line by line, but on paper
where its lines are short."""


def as_zip(prepared: PreparedDownload, counted: Counted, at: datetime) -> Iterator[bytes]:
    """Yield the ZIP."""
    checker = conformance.Checker()

    def checked(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            checker.feed(piece)
            yield piece

    def files() -> Iterator[File]:
        sections = record.record_of(prepared.customer, reader=_reader(prepared))
        names = ["index.html", "style.css", "record.json", "record.pdf"]
        yield from _to_read(prepared, sections, at)
        yield File(names[2], [_json(prepared, sections, at)])
        yield File(names[3], [_pdf(prepared, sections, at)])
        for section in sections:
            yield File(f"tables/{section.key}.csv", [_csv(section)])
        for kind, name in READINGS.items():
            once = counted if kind == "csv" else Counted()
            pieces = copies.write(_of_kind(prepared.download, kind), counted=once, at=at)
            about = BYTES_A_READING.get(kind, 0) * _readings(prepared)
            yield File(name, checked(pieces) if kind == "green_button" else pieces, about)
        yield File(FORMER, copies.write_former(prepared.customer))
        yield from _papers(prepared, at)

    def more() -> dict[str, object]:
        return {
            "made_by": "Pico Rivera Innovative Municipal Energy (PRIME)",
            "gaps": str(GAPS),
            "conformance": {READINGS["green_button"]: checker.close().as_dict()},
        }

    return bundle.write(files(), at=at, more=more)


def as_pdf(prepared: PreparedDownload, counted: Counted, at: datetime) -> Iterator[bytes]:
    """Yield what index.html tells, as a PDF; with a page for the envelope's window if asked."""
    sections = record.record_of(prepared.customer, reader=_reader(prepared))
    yield _pdf(prepared, sections, at)


MAKERS = {copies.RECORD: as_zip, copies.RECORD_PDF: as_pdf}
"""What the worker makes that usage alone cannot."""


def _to_read(prepared: PreparedDownload, sections: list[Section], at: datetime) -> Iterator[File]:
    page = _page(prepared, sections, at, style="style.css")
    yield File("index.html", [page.encode()])
    style = finders.find("css/record.css")
    yield File("style.css", [Path(style).read_bytes() if style else b""])


def _page(prepared: PreparedDownload, sections: list[Section], at: datetime, *, style: str) -> str:
    customer = prepared.customer
    recipient = f"{customer.name}\n{customer.mailing_address}" if prepared.for_post else ""
    return render_to_string(
        "record/record.html",
        {
            "language": get_language(),
            "official": settings.OFFICIAL,
            "style": style,
            "files": sorted([*READINGS.values(), FORMER]) if style == "style.css" else [],
            "gaps": GAPS,
            "recipient": recipient,
            "customer": customer,
            "parts": [Shown(section, everything=True) for section in sections],
            "wide": WIDE,
            "paper": style != "style.css",
            "at": at,
        },
    )


def _pdf(prepared: PreparedDownload, sections: list[Section], at: datetime) -> bytes:
    page = _page(prepared, sections, at, style="asset:css/paper.css")
    return pdf.write(page, identifier=prepared.pk.bytes)


def _json(prepared: PreparedDownload, sections: list[Section], at: datetime) -> bytes:
    told = {
        "format": "prime-record",
        "version": 1,
        "made_at": at.isoformat(),
        "language": get_language(),
        "sections": [
            {
                "key": section.key,
                "category": section.category,
                "title": section.title,
                "source": section.source,
                "columns": section.columns,
                "not_held": section.lacks,
                "rows": [[_plain(cell) for cell in row] for row in section.rows],
            }
            for section in sections
        ],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(cell: Cell) -> str | int | float | None:
    """Days and moments as ISO 8601 has them, moments in local time with their offset."""
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, datetime):
        return timezone.localtime(cell).isoformat(timespec="seconds")
    if isinstance(cell, str):
        return said(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _csv(section: Section) -> bytes:
    lines = [section.columns, *section.rows]
    return "".join(",".join(map(_spread, line)) + "\r\n" for line in lines).encode()


def _spread(cell: Cell) -> str:
    """A cell for spreadsheets: numbers as numbers, but no account number as one."""
    if isinstance(cell, Decimal):
        return str(cell)
    plain = _plain(cell)
    if isinstance(plain, str):
        return csv.cell(f"No. {plain}" if plain.isdigit() else plain)
    return "" if plain is None else str(plain)


def _of_kind(download: Download, kind: str) -> Download:
    """The same scope in another format; a row that is written down nowhere."""
    return Download(
        pk=download.pk,
        customer=download.customer,
        format=kind,
        agreements=download.agreements,
        first_day=download.first_day,
        last_day=download.last_day,
    )


def _readings(prepared: PreparedDownload) -> int:
    """How many at most, months between of which nothing is held counted too: gaps are told."""
    held = MonthTotal.objects.of(prepared.customer).values("agreement", "channel")
    spans = held.annotate(first=Min("month"), last=Max("month"))
    days: int = sum((one["last"] - one["first"]).days + 31 for one in spans)
    return days * 100


def _papers(prepared: PreparedDownload, at: datetime) -> Iterator[File]:
    """What was published, shown and sent, word for word; each in a language of its own."""
    for notice in Notice.objects.filter(published_at__lte=at).order_by("number"):
        for language, html in (("en", notice.html_en), ("es", notice.html_es)):
            with translation.override(language):
                title = _("Notice, version %(number)s") % {"number": notice.number}
            name = f"notices/version-{notice.number}-{language}.html"
            yield File(name, [_document(title, html, language)])
    for held in Authorization.objects.of(prepared.customer).select_related("shown"):
        with translation.override(held.shown.language):
            title = _("What you were shown")
        page = _document(title, held.shown.text, held.shown.language)
        yield File(f"authorizations/{held.pk}.html", [page])
    yield from _signed(prepared)
    sent = Delivery.objects.of(prepared.customer).select_related("customer", "notice", "claim")
    for delivery in sent.order_by("owed_at", "pk"):
        message = messages.of(delivery)
        name = f"messages/{timezone.localdate(delivery.owed_at)}-{delivery.kind}-{delivery.pk}.txt"
        yield File(name, [f"{message.subject}\n\n{message.text}".encode()])


def _reader(prepared: PreparedDownload) -> User | None:
    """Who asked for it in the portal; None where PRIME's staff make it and send it to her."""
    download = prepared.download
    return download.by if download.via == Via.PORTAL else None


def _signed(prepared: PreparedDownload) -> Iterator[File]:
    """The forms she signed on paper. A scan that cannot be opened says so in its place."""
    for wish in wishes.shown_to(prepared.customer, by=_reader(prepared)):
        scan = wishes.open_scan(wish)
        if scan is None:
            sorry = _("The scan cannot be opened now. Please ask PRIME’s privacy official.")
            yield File(f"authorizations/form-{wish.pk}.txt", [f"{sorry}\n".encode()])
        else:
            yield File(f"authorizations/{wishes.name_of(scan, wish)}", [scan], len(scan))


def _document(title: str, html: str, language: str) -> bytes:
    """Put a style and a title around a text that was frozen as HTML."""
    return render_to_string(
        "record/document.html",
        {"title": title, "body": SafeString(html), "language": language},
    ).encode()
