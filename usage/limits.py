"""Counting what can be guessed: first the try is counted, then anything is compared.

Counts live in PostgreSQL, so sixty guesses at once through twenty connections still count as
sixty, and a flushed Redis forgets none of them.
"""

from __future__ import annotations

import hmac
from datetime import datetime

from django.conf import settings
from django.db import connection

COUNT = """
    INSERT INTO usage_attemptcount AS held (key, tries, last_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET tries = held.tries + 1, last_at = excluded.last_at
    RETURNING tries
"""


def _key(*parts: object) -> str:
    text = "\x1f".join(str(part) for part in parts)
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), "sha256").hex()


def count(*what: object, at: datetime) -> int:
    """Count one try of `what` and return how many there have been. Stores only a keyed hash."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [_key(*what), at])
        (tries,) = cursor.fetchone()
    return int(tries)


def uncount(*what: object) -> None:
    """Take one try back: it was right after all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE usage_attemptcount SET tries = tries - 1 WHERE key = %s AND tries > 0",
            [_key(*what)],
        )
