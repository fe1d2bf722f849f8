"""The words of a delivery: rendered when it is sent, or kept since it was owed.

A claim code is never kept: until the letter is printed, CODE_LATER stands in its place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from notices import mail
from notices.mail import Message
from notices.models import Delivery, Notice, Published
from usage import claims
from usage.evidence import ERASED
from usage.models import Claim

CODE_LATER = "*****-*****"

# The short notices: they say that the full one exists and how to get it (6.2).
SHORT = (
    Delivery.Kind.NEW_ACCOUNT,
    Delivery.Kind.ANNUAL,
    Delivery.Kind.CHANGE,
    Delivery.Kind.POLICY,
)


def of(delivery: Delivery) -> Message:
    """Return what this delivery says, in its customer's language."""
    if delivery.content is not None:
        return read(bytes(delivery.content))
    version = delivery.version
    if delivery.kind not in SHORT or version is None:
        raise ValueError(f"A {delivery.kind} is rendered by whoever owes it; this one was not.")
    if delivery.claim is None:
        return _same_for_all(delivery.kind, version, delivery.language, settings.PORTAL_ORIGIN)
    return short(delivery.kind, version, delivery.language, delivery.claim)


def short(kind: str, version: Published, language: str, claim: Claim | None) -> Message:
    context = version_context(version, language=language)
    return mail.render(kind, context | claim_context(claim, language=language), language=language)


@lru_cache(maxsize=64)
def _same_for_all(kind: str, version: Published, language: str, _origin: str) -> Message:
    """A short notice without a claim says the same to everybody: it is rendered once."""
    return short(kind, version, language, None)


def stored(message: Message) -> bytes:
    """Return the bytes a delivery keeps; `read` gives the message back."""
    return json.dumps(asdict(message), ensure_ascii=False, sort_keys=True).encode()


@lru_cache(maxsize=8)
def digest(message: Message) -> bytes:
    """The SHA-256 of what a delivery keeps, or would keep if it did not say the same to all."""
    return hashlib.sha256(stored(message)).digest()


def is_erased(delivery: Delivery) -> bool:
    """Whether what it said was erased: then it is not sent another way, or again."""
    return bytes(delivery.content or b"") == ERASED.encode()


def read(content: bytes) -> Message:
    """Give a kept message back; of one that was erased, that it was."""
    if content == ERASED.encode():
        words = _("What this message said was erased.")
        return Message(subject=words, text=f"{words}\n", html=f"<p>{words}</p>\n")
    return Message(**json.loads(content))


def with_code(message: Message, claim_id: UUID) -> Message:
    """Put the claim code in, as it is printed and never stored."""
    code = claims.readable(claims.code_of(claim_id))
    return replace(
        message,
        text=message.text.replace(CODE_LATER, code),
        html=message.html.replace(CODE_LATER, code),
    )


def version_context(version: Published, *, language: str) -> dict[str, Any]:
    """What a short notice says of the full text: its version, and where it can be read."""
    other = "en" if language == "es" else "es"
    name = "notices:version" if isinstance(version, Notice) else "policy:version"
    return {
        "notice": version,
        "version_url": _address(name, version.number, language=language),
        "other_language": other,
        "other_url": _address(name, version.number, language=other),
    }


def claim_context(claim: Claim | None, *, language: str) -> dict[str, Any]:
    """What a letter says about opening the account online; without a claim, how to ask."""
    return {
        "claim": claim,
        "claim_code": CODE_LATER,
        "claim_url": _address("claim", language=language),
        "new_code_url": _address("claim_new_code", language=language),
    }


def _address(name: str, *args: object, language: str) -> str:
    with translation.override(language):
        return settings.PORTAL_ORIGIN + reverse(name, args=args)
