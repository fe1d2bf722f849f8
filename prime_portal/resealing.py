"""A new field key: whatever the one before sealed is sealed anew, while the portal runs (5.1).

Until that is done both keys are needed, `FIELD_KEY` and `FIELD_KEYS_BEFORE`. A row is changed
only if it still holds what was read, so a second factor changed meanwhile is not put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.db import models

from consent.models import Package, ScannedForm
from usage import sealing
from usage.models import PreparedDownload, Upload

AT_ONCE = 500


@dataclass(frozen=True)
class Place:
    """A column that holds something sealed, and how it is sealed anew."""

    model: type[models.Model]
    column: str
    reseal: Callable[[Any], Any]


@dataclass
class Resealed:
    """What was found in one place: how many are sealed anew, and how many nothing opens."""

    place: Place
    done: int = 0
    held: int = 0
    closed: int = 0


def _text(sealed: str) -> str:
    return sealing.reseal(sealed)


def _bytes(sealed: bytes) -> bytes:
    return sealing.reseal(bytes(sealed).decode()).encode()


def _second_factor(data: dict[str, Any]) -> dict[str, Any]:
    """A secret or a seed, or codes from before; passkeys hold nothing sealed."""
    sealed: dict[str, Any] = {
        name: sealing.reseal(data[name]) for name in ("secret", "seed") if name in data
    }
    if "migrated_codes" in data:
        sealed["migrated_codes"] = [sealing.reseal(code) for code in data["migrated_codes"]]
    return data | sealed


PLACES = (
    Place(Authenticator, "data", _second_factor),
    Place(Package, "sealed_key", _bytes),
    Place(ScannedForm, "sealed_key", _text),
    Place(PreparedDownload, "sealed_key", _bytes),
    Place(Upload, "key", _text),
)


def reseal() -> Iterator[Resealed]:
    """Seal everything with the key in use, place after place."""
    for place in PLACES:
        yield _reseal(place)


def _reseal(place: Place) -> Resealed:
    found = Resealed(place)
    rows = place.model._default_manager.exclude(**{f"{place.column}": None})
    for pk, before in rows.values_list("pk", place.column).iterator(chunk_size=AT_ONCE):
        found.held += 1
        try:
            after = place.reseal(before)
        except InvalidToken:
            found.closed += 1
            continue
        if after != before:
            unchanged = rows.filter(**{"pk": pk, place.column: before})
            found.done += unchanged.update(**{place.column: after})
    return found
