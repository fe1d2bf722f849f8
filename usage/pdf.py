"""From a page to a PDF a person can read, print and have read aloud (PDF/UA-1, US Letter).

    pdf.write(render_to_string("…", …), identifier=row.pk.bytes)

The page may use the portal's own paper styles and fonts, as `asset:css/…`, and nothing else:
whatever a name or an address smuggles in fetches no host and no file (5.1). The same page and
identifier give the same bytes.
"""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders

try:
    with redirect_stdout(StringIO()):  # it prints a page of advice where Pango is missing
        from weasyprint import HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
except OSError:  # Pango is a library of the system, not of Python.
    HTML = None

ASSETS = re.compile(
    r"asset:(css/(?:letter|notice|paper|record)\.css|uswds/fonts/public-sans/PublicSans-\w+\.woff2)"
)


class CannotBePrinted(Exception):
    """No PDF can be made on this machine. The sentence says what is missing."""


def why_not() -> str:
    """Say in a sentence why no PDF can be made on this machine; nothing if all is well."""
    if HTML is None:
        return (
            "Letters and PDF files need the system library Pango: install libpango-1.0-0, "
            "libpangoft2-1.0-0 and libharfbuzz-subset0, then try again."
        )
    return ""


def write(page: str, *, identifier: bytes) -> bytes:
    """Return a page (a whole HTML document) as a tagged PDF, or raise CannotBePrinted."""
    if sentence := why_not():
        raise CannotBePrinted(sentence)
    document = HTML(string=page, base_url="asset:", url_fetcher=OnlyOurAssets())
    try:
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=identifier, font_config=_fonts()
        )
    except FatalURLFetchingError:  # no Exception, but a BaseException
        raise CannotBePrinted(
            "The style or the fonts for paper are missing: run make setup. "
            "A bare letter is not sent."
        ) from None
    return pdf


if HTML is not None:
    _held: list[FontConfiguration] = []

    def _fonts() -> FontConfiguration:
        """One for the process: a new one for each PDF would grow its memory without end."""
        if not _held:
            _held.append(FontConfiguration())
        return _held[0]

    class OnlyOurAssets(URLFetcher):  # type: ignore[misc]
        """Fetches the portal's own paper styles and fonts, and nothing else: no host, no file."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("asset",), fail_on_errors=True)

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            known = ASSETS.fullmatch(url)
            path = known and finders.find(known.group(1))
            if not path:
                raise ValueError("Paper may only use the portal's own style and fonts.")
            kind = "text/css" if path.endswith(".css") else "font/woff2"
            return URLFetcherResponse(url, Path(path).read_bytes(), {"Content-Type": kind})
