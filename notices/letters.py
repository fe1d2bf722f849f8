"""Letters on paper: one tagged PDF a delivery, put where the print house takes it.

Rendering again gives the same bytes, and a letter appears in its place whole or not at all,
so a worker that was killed half-way does no harm by starting over.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from notices.context import who_we_are
from notices.mail import Message
from notices.models import Delivery

try:
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
except OSError:  # Pango is a library of the system, not of Python.
    HTML = None

ASSETS = re.compile(r"asset:(css/letter\.css|uswds/fonts/public-sans/PublicSans-\w+\.woff2)")
BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)


class LettersCannotBePrinted(Exception):
    """No letter can be made on this machine."""


def why_not() -> str:
    """Say in a sentence why no letter can be made on this machine; nothing if all is well."""
    if HTML is None:
        return (
            "Letters need the system library Pango: install libpango-1.0-0, libpangoft2-1.0-0 "
            "and libharfbuzz-subset0, then try again."
        )
    return ""


def render(delivery: Delivery, message: Message) -> bytes:
    """Return the letter as a PDF (PDF/UA-1, US Letter) in the delivery's language.

    The body is that of the e-mail; around it stand the sender and the lines of the envelope,
    placed for a window. LettersCannotBePrinted says in a sentence what is missing.
    """
    if sentence := why_not():
        raise LettersCannotBePrinted(sentence)
    with translation.override(delivery.language):
        page = render_to_string(
            "letters/letter.html",
            {
                **who_we_are(),
                "language": delivery.language,
                "subject": message.subject,
                "recipient": delivery.recipient,
                "dated": delivery.owed_at,
                "body": _body(message.html),
            },
        )
    document = HTML(string=page, base_url="asset:", url_fetcher=OnlyOurAssets())
    try:
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=delivery.pk.bytes, font_config=_fonts()
        )
    except FatalURLFetchingError:  # no Exception, but a BaseException
        raise LettersCannotBePrinted(
            "The letter's style or fonts are missing: run make setup. A bare letter is not sent."
        ) from None
    return pdf


def put(delivery_id: UUID, pdf: bytes) -> Path:
    """Put a letter into LETTERS_DIR: whole, under its delivery's id, in place of an earlier try."""
    folder = Path(settings.LETTERS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as unfinished:
        unfinished.write(pdf)
        unfinished.flush()
        os.fsync(unfinished.fileno())
    place = folder / f"{delivery_id}.pdf"
    Path(unfinished.name).rename(place)
    folder_descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)
    return place


def _body(html: str) -> str:
    found = BODY.search(html)
    return found.group(1) if found else html


if HTML is not None:
    _held: list[FontConfiguration] = []

    def _fonts() -> FontConfiguration:
        """One for the process: a new one for each letter would grow its memory without end."""
        if not _held:
            _held.append(FontConfiguration())
        return _held[0]

    class OnlyOurAssets(URLFetcher):  # type: ignore[misc]
        """Fetches the letter's own style and fonts, and nothing else: no host, no file (5.1)."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("asset",), fail_on_errors=True)

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            known = ASSETS.fullmatch(url)
            path = known and finders.find(known.group(1))
            if not path:
                raise ValueError("A letter may only use the portal's own style and fonts.")
            kind = "text/css" if path.endswith(".css") else "font/woff2"
            return URLFetcherResponse(url, Path(path).read_bytes(), {"Content-Type": kind})
