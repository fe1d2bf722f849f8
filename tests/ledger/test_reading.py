"""Reading the whole record in one view of the database, on several connections."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection, transaction

from prime_portal.ledger import reading
from prime_portal.models import LedgerEntry
from tests.ledger.cast import a_row


def write_meanwhile() -> None:
    """Let somebody else write a row, and so an entry."""

    def write() -> None:
        a_row()
        connection.close()

    thread = Thread(target=write)
    thread.start()
    thread.join()


def test_what_is_done_beside_sees_what_its_transaction_sees(committed_db: None) -> None:
    a_row()
    with transaction.atomic():
        reading.look_once()
        seen = LedgerEntry.objects.count()
        with reading.helpers() as beside:
            write_meanwhile()
            counted = [beside(LedgerEntry.objects.count).result() for _ in range(9)]
    assert counted == [seen] * 9
    assert LedgerEntry.objects.count() == seen + 1


def test_rows_that_nobody_else_sees_are_read_on_the_connection_that_wrote_them(db: None) -> None:
    a_row()
    with transaction.atomic(), reading.helpers() as beside:
        assert beside(LedgerEntry.objects.count).result() == LedgerEntry.objects.count() > 0


def test_what_goes_wrong_beside_is_told(committed_db: None) -> None:
    def fail() -> None:
        raise LookupError("no such table")

    with (
        pytest.raises(LookupError, match="no such table"),
        transaction.atomic(),
        reading.helpers() as beside,
    ):
        beside(fail).result()
