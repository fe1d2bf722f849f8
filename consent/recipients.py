"""Who fetches: a third party's credentials, given out, known again and ended at will.

A credential is 256 random bits, shown once and kept as a hash: there is nothing to guess slowly
and nothing to steal from the database. Tries are counted in PostgreSQL all the same.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction

from consent import gate
from consent.models import RecipientCredential, ThirdParty
from usage import limits

if TYPE_CHECKING:
    from prime_portal.models import User

SCHEME = "Bearer "
HOURLY, GUESSES_HOURLY = 600, 60


class Unknown(Exception):
    """Whoever asks has not shown a credential in force."""


class TooMany(Exception):
    """Whoever asks has asked too often this hour."""


def issue(
    third_party: ThirdParty, *, label: str, by: User, at: datetime
) -> tuple[RecipientCredential, str]:
    """Give out a credential. Its secret is returned here and can never be shown again."""
    secret = f"prime_{secrets.token_urlsafe(32)}"
    credential = RecipientCredential.objects.create(
        third_party=third_party,
        label=label,
        secret_sha256=_hash(secret),
        issued_at=at,
        issued_by=by,
    )
    return credential, secret


@transaction.atomic
def end(credential: RecipientCredential, *, by: User, at: datetime) -> RecipientCredential:
    """Let it open nothing from now on. Waits for a key that is leaving by it this instant."""
    gate.close(credential.third_party_id)
    locked = RecipientCredential.objects.select_for_update(no_key=True).get(pk=credential.pk)
    if locked.ended_at is None:
        locked.ended_at, locked.ended_by = at, by
        locked.save(update_fields=["ended_at", "ended_by"])
    return locked


def known(header: str, *, address: str, at: datetime) -> RecipientCredential:
    """Return the credential of an Authorization header. First the try is counted, then compared.

    address: where the request comes from, for counting. Raises Unknown or TooMany.
    """
    secret = header.removeprefix(SCHEME).strip()
    if not header.startswith(SCHEME) or not secret:
        raise Unknown
    guess = ("recipient guess", address, f"{at:%Y-%m-%dT%H}")
    if limits.count(*guess, at=at) > GUESSES_HOURLY:
        raise TooMany
    credential = (
        RecipientCredential.objects.in_force()
        .filter(secret_sha256=_hash(secret))
        .select_related("third_party")
        .first()
    )
    if credential is None:
        raise Unknown
    limits.uncount(*guess)
    if limits.count("recipient", credential.pk, f"{at:%Y-%m-%dT%H}", at=at) > HOURLY:
        raise TooMany
    return credential


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
