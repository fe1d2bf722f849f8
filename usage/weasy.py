"""WeasyPrint, and what a page may fetch while it prints. Only usage.pdf imports this.

Importing it loads Pango, a library of the system: OSError where that is missing.
"""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

ASSETS = re.compile(
    r"asset:(css/(?:letter|notice|paper|record)\.css|uswds/fonts/public-sans/PublicSans-\w+\.woff2)"
)


logger = logging.getLogger(__name__)

boxes: ContextVar[bool] = ContextVar("boxes", default=False)
"""Whether something was just printed as an empty box, for want of a font."""


class _Heard(logging.Filter):
    """Keeps what WeasyPrint warns of out of the logs, for it quotes what is printed (5.1)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith(".notdef"):
            boxes.set(True)
        return record.levelno >= logging.ERROR


logging.getLogger("weasyprint").addFilter(_Heard())


class NoAssets(Exception):
    """The portal's own paper styles or fonts are not there."""


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


def printed(page: str, *, identifier: bytes) -> bytes:
    """Return a whole HTML document as a tagged PDF. Raises NoAssets.

    What no font of this machine can write stands there as boxes, and an error in the log says so:
    a name in a rare script must not cost anybody her letter.
    """
    boxes.set(False)
    document = HTML(string=page, base_url="asset:", url_fetcher=OnlyOurAssets())
    try:
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=identifier, font_config=_fonts()
        )
    except FatalURLFetchingError:  # no Exception, but a BaseException
        raise NoAssets from None
    if boxes.get():
        logger.error(
            "PDF %s has letters no font here can write: install more fonts (docs/install.md).",
            UUID(bytes=identifier),
        )
    return pdf


@cache
def _fonts() -> FontConfiguration:
    """One for the process: a new one for each PDF would grow its memory without end."""
    return FontConfiguration()
