"""After a restore the portal stands still, until what came after the backup is set right (5.1).

A backup knows neither the cancels nor the mails of the hours after it. The database itself sees
that it is not where it was: `ledger.frozen()` is true in any other place, or at any other point
of history, than the one two people let it work in last (prime_portal.restores). Looking,
canceling and stopping go on; nothing leaves.
"""

from __future__ import annotations

from django.db import connection


def frozen() -> bool:
    """Whether nothing may leave now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.frozen()")
        return bool(cursor.fetchone()[0])


def freeze() -> None:
    """Let nothing leave any more, until two people say so. Harmless twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.freeze()")
