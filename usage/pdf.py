"""From a page to a PDF a person can read, print and have read aloud (PDF/UA-1, US Letter).

    pdf.write(render_to_string("…", …), identifier=row.pk.bytes)

The page may use the portal's own paper styles and fonts, as `asset:css/…`, and nothing else:
whatever a name or an address smuggles in fetches no host and no file (5.1). The same page and
identifier give the same bytes.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from io import StringIO
from types import ModuleType

from django.utils.translation import gettext as _


class CannotBePrinted(Exception):
    """No PDF can be made on this machine. The sentence says what is missing."""


@cache
def _weasy() -> ModuleType | None:
    """Load WeasyPrint when something is first printed: it takes a second, and most processes
    never print. None where Pango is missing, a library of the system, not of Python."""
    try:
        with redirect_stdout(StringIO()):  # it prints a page of advice then
            return import_module("usage.weasy")
    except OSError:
        return None


def why_not() -> str:
    """Say in a sentence why no PDF can be made on this machine; nothing if all is well."""
    if _weasy() is None:
        return _(
            "Letters and PDF files need the system library Pango: install libpango-1.0-0, "
            "libpangoft2-1.0-0 and libharfbuzz-subset0, then try again."
        )
    return ""


def write(page: str, *, identifier: bytes) -> bytes:
    """Return a page (a whole HTML document) as a tagged PDF, or raise CannotBePrinted."""
    weasy = _weasy()
    if weasy is None:
        raise CannotBePrinted(why_not())
    try:
        pdf: bytes = weasy.printed(page, identifier=identifier)
    except weasy.NoAssets:
        raise CannotBePrinted(
            _(
                "The style or the fonts for paper are missing: run make setup. "
                "A bare letter is not sent."
            )
        ) from None
    return pdf
