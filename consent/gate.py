"""The gate before each third party: disclosures pass it together, a closing waits for nobody new.

Row locks alone would keep the promise but not the pace: PostgreSQL lets a new FOR SHARE pass
a waiting UPDATE, so a busy recipient could keep a customer waiting for her cancel. Advisory
locks queue: once a cancel or a stop asks for the gate, no later release gets in before it.
"""

from uuid import UUID

from django.db import connection

GATE = "(hashtext('consent.gate'), hashtext(%s))"


def pass_through(third_party_id: UUID) -> None:
    """Hold the gate open for one release, until its transaction ends."""
    _lock(f"SELECT pg_advisory_xact_lock_shared{GATE}", third_party_id)


def close(third_party_id: UUID) -> None:
    """Wait until every release under way is through, and keep others out until we commit."""
    _lock(f"SELECT pg_advisory_xact_lock{GATE}", third_party_id)


def _lock(statement: str, third_party_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(third_party_id)])
