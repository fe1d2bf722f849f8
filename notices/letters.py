"""Letters on paper: one tagged PDF a delivery, put where the print house takes it.

Rendering again gives the same bytes, and a letter appears in its place whole or not at all,
so a worker that was killed half-way does no harm by starting over.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from notices.context import who_we_are
from notices.mail import Message
from notices.models import Delivery
from usage import pdf

BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)


def render(delivery: Delivery, message: Message) -> bytes:
    """Return the letter as a PDF (PDF/UA-1, US Letter) in the delivery's language.

    The body is that of the e-mail; around it stand the sender and the lines of the envelope,
    placed for a window. pdf.CannotBePrinted says in a sentence what is missing.
    """
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
    return pdf.write(page, identifier=delivery.pk.bytes)


def put(delivery_id: UUID, letter: bytes) -> Path:
    """Put a letter into LETTERS_DIR: whole, under its delivery's id, in place of an earlier try."""
    folder = Path(settings.LETTERS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as unfinished:
        unfinished.write(letter)
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
