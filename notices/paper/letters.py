"""Letters on paper: a tagged PDF each (PDF/UA-1). Rendering again gives the same bytes.

What the print house gets is made of these in notices.paper.press.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from notices import messages
from notices.context import who_we_are
from notices.mail import Message
from notices.models import Delivery
from notices.models.sealed import PublishedSeal
from usage import pdf

BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
NUMBERED = re.compile(
    r"(https?://[^\s\"<>]+/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[^\s\"<>]*"
)


def render(delivery: Delivery, message: Message) -> bytes:
    """Return the letter as a PDF (PDF/UA-1, US Letter) in the delivery's language.

    The body is that of the e-mail; around it stand the sender and the lines of the envelope,
    placed for a window. pdf.CannotBePrinted says in a sentence what is missing.
    """
    page = _page(
        message,
        language=delivery.language,
        recipient=delivery.recipient,
        dated=delivery.owed_at,
        small=small(delivery.recipient),
        seal=PublishedSeal.objects.before(delivery.owed_at),
    )
    return pdf.write(page, identifier=delivery.pk.bytes)


def of(delivery: Delivery) -> bytes:
    """Return one letter as it is printed, its claim code put in only now."""
    message = messages.of(delivery)
    if delivery.claim_id:
        message = messages.with_code(message, delivery.claim_id)
    return render(delivery, message)


def body_of(delivery: Delivery) -> bytes:
    """Return what everybody's letter of this kind, version and language says: to nobody yet."""
    seal = PublishedSeal.objects.before(delivery.owed_at)
    page = _page(messages.of(delivery), language=delivery.language, seal=seal)
    return pdf.write(page, identifier=hashlib.sha256(page.encode()).digest()[:16])


def small(recipient: str) -> bool:
    """Whether an address needs smaller letters to stand in the window."""
    lines = recipient.strip().splitlines()
    return len(lines) > 5 or any(len(line) > 45 for line in lines)


def _page(message: Message, *, language: str, **about: Any) -> str:
    with translation.override(language):
        return render_to_string(
            "letters/letter.html",
            {
                **who_we_are(),
                "language": language,
                "subject": message.subject,
                "body": _body(message.html),
                **about,
            },
        )


def _body(html: str) -> str:
    """What a message says, on paper: nobody types 36 signs, so an address is that of the list."""
    found = BODY.search(html)
    return NUMBERED.sub(r"\1", found.group(1) if found else html)
