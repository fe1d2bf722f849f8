"""The sealer skips nothing, signs nothing twice, and never signs over a broken tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from prime_portal import tasks
from prime_portal.ledger import checkpoints, sealing
from prime_portal.models import Checkpoint, LedgerEntry
from tests.ledger.cast import a_row, mark, seal, seal_until


@pytest.mark.django_db
def test_every_entry_gets_one_place_and_the_root_is_signed() -> None:
    a_row()
    assert seal() == LedgerEntry.objects.count()
    newest = Checkpoint.objects.get()
    signed = checkpoints.read(newest.note, settings.LEDGER_PUBLIC_KEYS)
    assert (signed.size, signed.root) == (newest.size, bytes(newest.root))
    assert signed.size == LedgerEntry.objects.count()
    assert seal() == 0, "nothing new, nothing to sign"
    a_row()
    assert seal() == 1
    assert Checkpoint.objects.count() == 2


@pytest.mark.django_db
def test_a_long_wait_is_sealed_in_pieces_to_the_same_root() -> None:
    for _ in range(5):
        a_row()
    whole = LedgerEntry.objects.count()
    pieces = []
    while number := sealing.seal(key=settings.LEDGER_SIGNING_KEY, at=timezone.now(), at_once=3):
        pieces.append(number)
    assert sum(pieces) == whole
    assert set(pieces[:-1]) == {3}
    assert sealing.edge().root() == bytes(Checkpoint.objects.first().root)


def test_an_entry_that_began_earlier_and_came_later_is_not_skipped(committed_db: None) -> None:
    """Its number and its transaction are older than what was sealed meanwhile."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as slow:
        slow.execute(INSERT)
        a_row()
        seal()
        a_row()
        seal()
        before = Checkpoint.objects.first().size
        slow.commit()
    assert seal() == 1
    assert Checkpoint.objects.first().size == before + 1 == LedgerEntry.objects.count()


def test_what_is_sealed_is_not_looked_at_again(committed_db: None) -> None:
    seal()
    a_row()
    assert seal() == 1
    assert seal() == 0
    newest = LedgerEntry.objects.latest("id").id
    seal_until(lambda: mark()[:2] == (newest, newest))
    with psycopg.connect(os.environ["DATABASE_URL"]) as slow:
        slow.execute(INSERT)
        a_row()
        for _ in range(3):
            seal()
        assert mark()[0] == newest, "whoever drew a number before may still come"
    seal_until(lambda: mark()[0] == newest + 2)
    assert LedgerEntry.objects.latest("id").id == newest + 2


def test_a_backlog_is_placed_by_the_index_even_if_no_place_was_ever_given(
    committed_db: None,
) -> None:
    """A table that was empty when it was last counted is otherwise read whole for each entry."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE ledger.leaf")
        cursor.execute(MANY)
        cursor.execute("SELECT ledger.place(100000)")
        cursor.execute(READ_WHOLE)
        assert cursor.fetchone()[0] < 10


def test_only_one_sealer_works_at_a_time(committed_db: None) -> None:
    a_row()
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT ledger.place(1)")
        assert seal() == 0
    assert seal() == LedgerEntry.objects.count()


def test_a_restored_database_counts_its_transactions_anew_and_skips_nothing(
    committed_db: None, past_the_triggers: Callable[..., None]
) -> None:
    seal()
    past_the_triggers("UPDATE ledger.mark SET drawn_before = '987654321987'")
    for _ in range(3):
        a_row()
        assert seal() == 1
    seal_until(lambda: mark()[0] > 0)


@pytest.mark.django_db
def test_nothing_is_sealed_without_the_key() -> None:
    assert sealing.seal(key=None, at=timezone.now()) == 0
    assert not Checkpoint.objects.exists()


@pytest.mark.django_db
def test_the_worker_seals_all_there_is_and_says_aloud_when_it_may_not(settings, caplog) -> None:
    a_row()
    tasks.seal()
    assert Checkpoint.objects.get().size == LedgerEntry.objects.count()
    a_row()
    settings.LEDGER_PUBLIC_KEYS = []
    tasks.seal()
    assert "No known key signed this checkpoint." in caplog.text
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_an_entry_that_waits_five_minutes_for_its_seal_is_late() -> None:
    seal()
    assert not sealing.is_late(at=timezone.now() + timedelta(hours=1)), "nothing waits"
    a_row()
    now = timezone.now()
    assert not sealing.is_late(at=now + timedelta(minutes=4, seconds=50))
    assert sealing.is_late(at=now + timedelta(minutes=5, seconds=10))
    seal()
    assert not sealing.is_late(at=now + timedelta(hours=1))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("UPDATE ledger.checkpoint SET note = replace(note, 'ledger', 'other')", "No known key"),
        ("UPDATE ledger.checkpoint SET frontier = sha256(frontier), size = 1", "another tree"),
        ("DELETE FROM ledger.leaf WHERE position >= 3", "shorter than its newest checkpoint"),
        ("DELETE FROM ledger.entry WHERE id = (SELECT max(id) FROM ledger.entry)", "no entry at"),
    ],
)
def test_it_never_signs_over_a_tree_that_does_not_continue_what_was_signed(
    committed_db: None, spoil: str, sentence: str, past_the_triggers: Callable[..., None]
) -> None:
    seal()
    a_row()
    if "ledger.entry" in spoil:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger.place(100)")
    past_the_triggers(spoil)
    with pytest.raises(sealing.Broken, match=sentence):
        seal()
    assert Checkpoint.objects.count() == 1


INSERT = (
    "INSERT INTO usage_purpose (id, key, kind, categories, recorded_at) "
    "VALUES (gen_random_uuid(), gen_random_uuid()::text, 'secondary', '{}', now())"
)
MANY = (
    "INSERT INTO usage_purpose (id, key, kind, categories, recorded_at) "
    "SELECT gen_random_uuid(), n::text, 'secondary', '{}', now() FROM generate_series(1, 200) AS n"
)
READ_WHOLE = "SELECT pg_stat_get_xact_numscans('ledger.leaf'::regclass)"
