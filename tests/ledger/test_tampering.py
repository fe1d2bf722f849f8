"""Somebody with every right changes the record: what is found, and by whom.

Eight ways. Six are found from inside. A rollback of the tail together with its checkpoints, and
a record written anew with the stolen key, look whole from inside: only a checkpoint that was
kept elsewhere shows them. An entry taken out before it was sealed left no trace but the receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from consent import incidents, third_parties
from consent.disclosures import Refused, disclose
from consent.proposals import gather_for_contract
from notices.models import Delivery
from prime_portal import erasing
from prime_portal.ledger import rows, verifying
from prime_portal.ledger.exporting import export
from prime_portal.ledger.verifying import Receipt, Report
from prime_portal.models import Checkpoint, LedgerEntry
from tests import builders
from tests.builders import NOW, TODAY
from tests.ledger.cast import (
    a_failed_delivery,
    a_private_row,
    a_row,
    entry_of,
    mark,
    seal,
    seal_until,
)
from usage.evidence import Member
from usage.frozen import freeze

Tamper = Callable[..., None]
TWICE = """
    INSERT INTO ledger.entry (id, at, kind, row_id, body, leaf)
    SELECT nextval('ledger.entry_id_seq'), at, kind, row_id, body, leaf FROM ledger.entry
    WHERE row_id = %(row)s AND kind LIKE '%%:written'
"""
NEW_LEAF = """
    UPDATE ledger.entry SET body = replace(body, '[]', '["x"]') WHERE id = %(id)s;
    UPDATE ledger.entry SET leaf = sha256('\\x00'::bytea || convert_to(
        id || E'\\n' || at || E'\\n' || kind || E'\\n' || body, 'UTF8')) WHERE id = %(id)s
"""
UNSEAL = "TRUNCATE ledger.leaf, ledger.node, ledger.checkpoint; UPDATE ledger.mark SET placed = 0"


def verify(*, outside: tuple[str, ...] = (), receipts: tuple[Receipt, ...] = ()) -> Report:
    return verifying.verify(
        keys=settings.LEDGER_PUBLIC_KEYS, at=timezone.now(), outside=outside, receipts=receipts
    )


@pytest.fixture
def sealed(committed_db: None) -> list[LedgerEntry]:
    """Three entries, a checkpoint, three more, another checkpoint."""
    written = [a_row() for _ in range(3)]
    seal()
    written += [a_row() for _ in range(3)]
    seal()
    return [entry_of(row) for row in written]


def newest() -> str:
    note: str = Checkpoint.objects.first().note
    return note


def one(tampering: Tamper, statement: str, entry: LedgerEntry) -> None:
    for part in statement.split(";\n"):
        tampering(part, parameters={"id": entry.id, "row": entry.row_id})


def test_a_private_column_may_be_called_anything(committed_db: None, tmp_path: Path) -> None:
    """A finding has a column "evidence", which a query may call its table."""
    said = {"evidence": "It sold readings, twice.", "by": builders.alma(), "at": NOW}
    third_parties.find(builders.contract(builders.third_party()).third_party, **said)
    seal()
    assert verify().faults == []
    export(tmp_path / "bundle", keys=settings.LEDGER_PUBLIC_KEYS, private=True)
    assert "It sold readings, twice." in (tmp_path / "bundle" / "private.ndjson").read_text()


def test_an_honest_record_verifies(sealed: list[LedgerEntry]) -> None:
    report = verify(outside=(newest(),), receipts=(Receipt(sealed[0].id, bytes(sealed[0].leaf)),))
    assert report.faults == []
    assert (report.entries, report.checkpoints) == (LedgerEntry.objects.count(), 2)
    assert report.rows >= len(sealed)


def test_1_an_edited_entry(sealed: list[LedgerEntry], past_the_triggers: Tamper) -> None:
    one(past_the_triggers, NEW_LEAF.split(";\n")[0], sealed[4])
    assert any(f"Entry {sealed[4].id} was edited" in fault for fault in verify().faults)
    one(past_the_triggers, NEW_LEAF, sealed[4])
    faults = verify().faults
    assert not any("was edited" in fault for fault in faults), "its leaf was made to fit"
    assert any("do not fit the entries" in fault for fault in faults)
    assert any(str(sealed[4].row_id) in fault for fault in faults), "the row says otherwise"


def test_2_an_entry_deleted_from_the_middle(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    one(past_the_triggers, "DELETE FROM ledger.entry WHERE id = %(id)s", sealed[1])
    faults = verify().faults
    assert any(f"entry {sealed[1].id} was removed" in fault for fault in faults)
    one(past_the_triggers, "DELETE FROM ledger.leaf WHERE entry_id = %(id)s", sealed[1])
    assert any("of the record is empty" in fault for fault in verify().faults)


@pytest.mark.parametrize(
    ("piece", "gap"), [(1, 0), (1, 3), (2, 2), (2, 3), (4, 3), (4, 4), (99, 2)]
)
def test_a_gap_is_found_wherever_a_piece_of_the_record_ends(
    sealed: list[LedgerEntry],
    past_the_triggers: Tamper,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
    gap: int,
) -> None:
    monkeypatch.setattr(verifying, "PIECE", piece)
    assert verify().faults == []
    past_the_triggers("DELETE FROM ledger.leaf WHERE position = %(gap)s", parameters={"gap": gap})
    faults = verify().faults
    assert f"Place {gap} of the record is empty." in faults
    assert any("do not fit the entries" in fault for fault in faults)


@pytest.mark.parametrize(("place", "instead"), [(2, 1), (5, 4)])
def test_a_place_given_to_two_entries_is_found(
    sealed: list[LedgerEntry], past_the_triggers: Tamper, place: int, instead: int
) -> None:
    past_the_triggers(
        "ALTER TABLE ledger.leaf DROP CONSTRAINT leaf_pkey",
        f"UPDATE ledger.leaf SET position = {instead} WHERE position = {place}",
    )
    assert f"Place {place} of the record is empty." in verify().faults


def test_3_a_tail_rolled_back_is_found_only_by_a_checkpoint_kept_elsewhere(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    kept = newest()
    past_the_triggers(
        "DELETE FROM ledger.checkpoint WHERE size = (SELECT max(size) FROM ledger.checkpoint)",
        "DELETE FROM ledger.leaf WHERE position >= (SELECT max(size) FROM ledger.checkpoint)",
        "DELETE FROM ledger.entry WHERE id NOT IN (SELECT entry_id FROM ledger.leaf)",
        "DELETE FROM usage_purpose WHERE id NOT IN (SELECT row_id FROM ledger.entry)",
    )
    assert verify().faults == [], "from inside it looks whole"
    (fault,) = verify(outside=(kept,)).faults
    assert "rolled back or cut" in fault


def test_4_a_fork_signed_with_the_stolen_key(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    kept = newest()
    one(past_the_triggers, NEW_LEAF, sealed[1])
    past_the_triggers(
        "DELETE FROM ledger.checkpoint WHERE size = (SELECT max(size) FROM ledger.checkpoint)",
        "TRUNCATE ledger.leaf, ledger.node",
        "UPDATE ledger.mark SET placed = 0",
    )
    first = Checkpoint.objects.get()
    past_the_triggers("DELETE FROM ledger.checkpoint")
    seal()
    Checkpoint.objects.bulk_create([first])
    assert any("do not fit the entries" in fault for fault in verify().faults)
    assert any("written anew" in fault for fault in verify(outside=(kept,)).faults)


def test_5_private_parts_swapped(committed_db: None, past_the_triggers: Tamper) -> None:
    mine, theirs = a_private_row("by letter"), a_private_row("at the counter")
    seal()
    assert verify().faults == []
    past_the_triggers("UPDATE usage_access SET proof = 'at the counter' WHERE proof = 'by letter'")
    (fault,) = verify().faults
    assert fault == f"usage_access, row {mine.pk}: proof was changed."
    past_the_triggers(
        "UPDATE ledger.salt SET salt = (SELECT salt FROM ledger.salt WHERE entry_id = %(theirs)s) "
        "WHERE entry_id = %(mine)s",
        parameters={"mine": entry_of(mine).id, "theirs": entry_of(theirs).id},
    )
    assert verify().faults == [fault], "nor with the salt of the other"


def test_6_entries_put_into_another_order(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    past_the_triggers(
        "UPDATE ledger.leaf SET position = -1 WHERE entry_id = %(one)s",
        "UPDATE ledger.leaf SET position = position + 1 WHERE position = %(place)s",
        "UPDATE ledger.leaf SET position = %(place)s WHERE position = -1",
        parameters={"one": sealed[2].id, "place": place_of(sealed[1])},
    )
    (fault,) = verify().faults
    assert "2 checkpoints do not fit the entries" in fault


def test_7_a_row_taken_out_before_it_was_sealed_is_found_only_by_its_receipt(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    entry = entry_of(a_row())
    receipt = Receipt(entry.id, bytes(entry.leaf))
    assert verify(receipts=(receipt,)).faults == []
    one(past_the_triggers, "DELETE FROM usage_purpose WHERE id = %(row)s", entry)
    one(past_the_triggers, "DELETE FROM ledger.entry WHERE id = %(id)s", entry)
    a_row()
    seal()
    assert verify().faults == [], "nothing inside tells of it"
    (fault,) = verify(receipts=(receipt,)).faults
    assert f"Entry {entry.id}, for which a receipt was given, is gone." == fault


def test_8_a_record_written_anew_with_the_key_is_found_only_by_a_checkpoint_kept_elsewhere(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    kept = newest()
    one(past_the_triggers, NEW_LEAF, sealed[0])
    one(
        past_the_triggers,
        "UPDATE usage_purpose SET categories = '{x}' WHERE id = %(row)s",
        sealed[0],
    )
    past_the_triggers(*UNSEAL.split("; "))
    seal()
    assert verify().faults == [], "from inside it looks whole"
    (fault,) = verify(outside=(kept,)).faults
    assert "the record was written anew after it" in fault


def test_a_checkpoint_signed_by_nobody_we_know(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    past_the_triggers("UPDATE ledger.checkpoint SET note = replace(note, 'Z', 'X')")
    assert sum("No known key signed" in fault for fault in verify().faults) == 2
    assert "No known key" in verify(outside=("nonsense",)).faults[0]


# -- Rows of evidence, beside their entries ----------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE usage_purpose SET ended_at = now() WHERE id = %(row)s", "ended_at was changed."),
        ("UPDATE usage_purpose SET key = 'x', categories = '{a}' WHERE id = %(row)s", "categories, key was changed."),
        ("DELETE FROM usage_purpose WHERE id = %(row)s", "it is gone; its entries are there."),
        ("UPDATE usage_purpose SET id = gen_random_uuid() WHERE id = %(row)s", "it was slipped in."),
        (TWICE, "it was written 2 times."),
    ],
)  # fmt: skip
def test_a_row_changed_past_the_triggers_is_found_and_named(
    sealed: list[LedgerEntry], past_the_triggers: Tamper, change: str, sentence: str
) -> None:
    one(past_the_triggers, change, sealed[3])
    faults = verify().faults
    assert any(sentence in fault and "usage_purpose, row" in fault for fault in faults)
    assert "slipped" in sentence or any(str(sealed[3].row_id) in fault for fault in faults)


FORGED = """
    UPDATE notices_delivery SET subject = (
        SELECT body::jsonb ->> 'subject' FROM ledger.entry
        WHERE row_id = %(row)s AND kind LIKE '%%:written') WHERE id = %(row)s
"""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE notices_delivery SET subject = 'x' WHERE id = %(row)s", "subject was changed."),
        ("UPDATE notices_delivery SET content = 'body' WHERE id = %(row)s", "content was changed."),
        ("UPDATE notices_delivery SET content = NULL WHERE id = %(row)s", "content was changed."),
        (FORGED, "subject was changed."),
        ("UPDATE notices_delivery SET failure_detail = '' WHERE id = %(row)s", "failure_detail was changed."),
        ("UPDATE notices_delivery SET sent_at = now(), delivered_at = now() WHERE id = %(row)s", "delivered_at, sent_at was changed."),
        ("UPDATE notices_delivery SET sent_at = NULL WHERE id = %(row)s", "sent_at was changed."),
        (TWICE, "it was written 2 times."),
        ("DELETE FROM ledger.entry WHERE row_id = %(row)s AND kind LIKE '%%:stamped'", "failed_at, failure, failure_detail, sent_at was changed."),
        ("DELETE FROM ledger.entry WHERE row_id = %(row)s", "it stands without an entry; it was slipped in."),
        ("DELETE FROM notices_delivery WHERE id = %(row)s", "it is gone; its entries are there."),
    ],
)  # fmt: skip
def test_a_row_is_compared_with_each_stamp_and_each_private_column(
    committed_db: None, past_the_triggers: Tamper, change: str, sentence: str
) -> None:
    row, other = a_failed_delivery(), a_failed_delivery()
    seal()
    assert verify().faults == []
    past_the_triggers(change, parameters={"row": row.pk})
    faults = verify().faults
    assert f"notices_delivery, row {row.pk}: {sentence}" in faults
    assert not any(str(other.pk) in fault for fault in faults)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE usage_access SET proof = 'x' WHERE id = %(row)s", "proof was changed."),
        ("UPDATE usage_access SET proof = '(erased)' WHERE id = %(row)s", "proof was changed."),
        ("UPDATE usage_access SET capacity = 'x' WHERE id = %(row)s", "capacity was changed."),
        ("UPDATE usage_access SET ends_at = now() WHERE id = %(row)s", "ends_at was changed."),
        (TWICE, "it was written 2 times."),
        ("WITH gone AS (DELETE FROM ledger.salt USING ledger.entry WHERE id = entry_id AND row_id = %(row)s) UPDATE usage_access SET proof = '(erased)' WHERE id = %(row)s", "proof can be opened no more, and no erasure says why."),
        ("DELETE FROM ledger.salt USING ledger.entry WHERE id = entry_id AND row_id = %(row)s", "proof can be opened no more, and no erasure says why."),
        ("DELETE FROM ledger.entry WHERE row_id = %(row)s", "it stands without an entry; it was slipped in."),
    ],
)  # fmt: skip
def test_a_row_of_a_table_in_which_nothing_was_ever_stamped_is_compared_too(
    committed_db: None, past_the_triggers: Tamper, change: str, sentence: str
) -> None:
    row, other = a_private_row(), a_private_row()
    seal()
    assert verify().faults == []
    past_the_triggers(change, parameters={"row": row.pk})
    faults = verify().faults
    assert f"usage_access, row {row.pk}: {sentence}" in faults
    assert not any(str(other.pk) in fault for fault in faults)


def test_a_private_column_that_was_empty_and_is_filled_is_found(
    committed_db: None, past_the_triggers: Tamper
) -> None:
    row = a_failed_delivery()
    bare = Delivery.objects.create(
        **{
            field: getattr(row, field)
            for field in (
                "customer",
                "kind",
                "medium",
                "language",
                "recipient",
                "owed_at",
                "due_on",
            )
        },
        key="bare",
    )
    seal()
    past_the_triggers(
        "UPDATE notices_delivery SET content = 'x' WHERE id = %(row)s", parameters={"row": bare.pk}
    )
    assert verify().faults == [f"notices_delivery, row {bare.pk}: content was changed."]


CLOSE = """
    DELETE FROM ledger.salt USING ledger.entry WHERE entry.id = entry_id
    AND row_id = %(row)s AND field <> 'subject'
"""


@pytest.mark.parametrize("also", [(), ("UPDATE notices_delivery SET recipient = 'mallory@x.org'",)])
def test_a_text_whose_salt_was_taken_away_without_an_erasure_is_found(
    committed_db: None, past_the_triggers: Tamper, also: tuple[str, ...]
) -> None:
    """Else whoever can delete a salt could put any word in the place of what was said."""
    row = a_failed_delivery()
    seal()
    assert verify().unopenable == 0
    past_the_triggers(CLOSE, *also, parameters={"row": row.pk})
    report = verify()
    assert report.unopenable == 3
    closed = "content, failure_detail, recipient can be opened no more, and no erasure says why."
    assert report.faults == [f"notices_delivery, row {row.pk}: {closed}"]


def test_other_words_in_the_place_of_erased_ones_are_found(
    committed_db: None, past_the_triggers: Tamper
) -> None:
    row, other = a_failed_delivery(), a_failed_delivery()
    for one in (row, other):
        erasing.erase(
            one,
            columns=["recipient", "content", "failure_detail"],
            reason="She asked for it.",
            clause="5.2",
            by=None,
            at=timezone.now(),
        )
    seal()
    report = verify()
    assert (report.unopenable, report.faults) == (6, [])
    past_the_triggers(
        "UPDATE notices_delivery SET recipient = 'mallory@x.org' WHERE id = %(row)s",
        parameters={"row": row.pk},
    )
    assert verify().faults == [f"notices_delivery, row {row.pk}: recipient was changed."]
    past_the_triggers(
        "UPDATE notices_delivery SET recipient = '(erased)', subject = '' WHERE id = %(row)s",
        parameters={"row": row.pk},
    )
    assert verify().faults == [f"notices_delivery, row {row.pk}: subject was changed."]


def test_a_column_that_came_later_is_no_fault(
    committed_db: None, past_the_triggers: Tamper
) -> None:
    """An upgrade widens a table; its older entries know nothing of that."""
    row = a_failed_delivery()
    seal()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE notices_delivery ADD pages integer DEFAULT 1")
    assert verify().faults == []
    past_the_triggers(
        "UPDATE notices_delivery SET key = 'x' WHERE id = %(row)s", parameters={"row": row.pk}
    )
    assert verify().faults == [f"notices_delivery, row {row.pk}: key was changed."]


def test_no_function_put_into_the_database_speaks_for_a_row(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    """A function made for one table is preferred to PostgreSQL's own, wherever it is looked for."""
    past_the_triggers(
        "CREATE FUNCTION public.to_jsonb(usage_purpose) RETURNS jsonb LANGUAGE sql STABLE AS $$ "
        "SELECT body::jsonb FROM ledger.entry WHERE row_id = $1.id $$",
        "GRANT EXECUTE ON FUNCTION public.to_jsonb(usage_purpose) TO PUBLIC",
        "UPDATE usage_purpose SET key = 'x' WHERE id = %(row)s",
        parameters={"row": sealed[3].row_id},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(p)->>'key' FROM usage_purpose p WHERE key = 'x'")
        assert cursor.fetchone() != ("x",), "it would have spoken"
    assert verify().faults == [f"usage_purpose, row {sealed[3].row_id}: key was changed."]


def test_an_entry_slipped_in_below_the_mark_is_found(
    sealed: list[LedgerEntry], past_the_triggers: Tamper
) -> None:
    seal_until(lambda: mark()[0] >= sealed[-1].id)
    past_the_triggers(
        "DELETE FROM ledger.leaf WHERE entry_id = %(id)s", parameters={"id": sealed[-1].id}
    )
    faults = verify().faults
    assert f"Entry {sealed[-1].id} was slipped in among those that are sealed." in faults


def test_a_customer_taken_out_of_a_disclosure_is_found(
    committed_db: None, past_the_triggers: Tamper
) -> None:
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    contract = builders.contract(builders.third_party())
    week = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY}
    proposal = gather_for_contract(contract, [rosa, luis], **week)
    with pytest.raises(Refused) as recorded:
        disclose(proposal, by=None, at=lambda: NOW)
    disclosure = recorded.value.disclosure
    seal()
    assert verify().faults == []
    past_the_triggers(
        "DELETE FROM consent_disclosuremember WHERE customer_id = %(rosa)s",
        parameters={"rosa": rosa.pk},
    )
    (fault,) = verify().faults
    assert str(disclosure.pk) in fault


def test_a_customer_taken_out_of_an_incident_is_found(
    committed_db: None, past_the_triggers: Tamper
) -> None:
    by, day = builders.alma(), timedelta(days=1)
    users = [
        builders.holder(builders.customer(line), f"{number}@example.org")
        for number, line in enumerate((builders.COLUMNS, builders.LUIS))
    ]
    incident = incidents.open_(title="x", summary="x", found_at=NOW, by=by, at=NOW)
    window = {"first_at": NOW - day, "last_at": NOW + day}
    for user in users:
        incidents.reach_of_sign_in(incident, user=user, **window, by=by, at=NOW)
    seal()
    assert verify().faults == []
    past_the_triggers(
        "DELETE FROM consent_reached WHERE id = (SELECT min(id::text)::uuid FROM consent_reached)"
    )
    (fault,) = verify().faults
    assert fault.startswith("consent_reached: those of")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_bulkmember SET customer_id = %(another)s WHERE customer_id = %(rosa)s",
        "DELETE FROM consent_bulkmember WHERE customer_id = %(rosa)s",
    ],
)
def test_a_customer_swapped_in_what_was_approved_for_many_is_found(
    committed_db: None, past_the_triggers: Tamper, change: str
) -> None:
    builders.notice()
    both = [builders.customer(), builders.customer(builders.LUIS)]
    another = builders.customer(
        builders.LUIS
        | {
            "account_number": "700000000003",
            "service_account_number": "3000000003",
            "service_point": "SP-0003",
            "meter_number": "M-0003",
        }
    )
    contract = builders.contract(builders.third_party())
    week = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY - timedelta(days=1)}
    bulk = builders.approved(contract, *both, **week)
    seal()
    assert verify().faults == []
    past_the_triggers(change, parameters={"another": another.pk, "rosa": both[0].pk})
    expected = f"those of {bulk.pk} are not the ones it was written with."
    assert verify().faults == [f"consent_bulkmember: {expected}"]


def test_every_kind_of_member_is_checked_against_its_header() -> None:
    members = {model._meta.label for model in rows.evidence() if isinstance(model.kept, Member)}
    assert members == set(rows.MEMBERS)


def test_a_table_left_unwatched_is_found(committed_db: None, past_the_triggers: Tamper) -> None:
    seal()
    past_the_triggers("DROP TRIGGER evidence_is_recorded ON usage_purpose")
    assert verify().faults == ["usage_purpose is not watched: its triggers are off."]


def test_entries_that_wait_too_long_for_their_seal_are_found(committed_db: None) -> None:
    a_row()
    at = timezone.now() + timedelta(minutes=6)
    (fault,) = verifying.verify(keys=settings.LEDGER_PUBLIC_KEYS, at=at).faults
    assert "wait for their seal, the oldest since" in fault


def test_that_a_frozen_portal_seals_nothing_is_told_and_no_damage(
    sealed: list[LedgerEntry], capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_row()
    freeze()
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr(timezone, "now", lambda: later)
    call_command("verify_ledger")
    said = capsys.readouterr().out
    assert "1 entries wait for their seal" in said
    assert ": a frozen portal seals nothing." in said
    assert "Nothing was changed" in said


# -- The command ---------------------------------------------------------------------------


def test_the_command_says_what_it_read_and_fails_when_anything_was_changed(
    sealed: list[LedgerEntry], past_the_triggers: Tamper, tmp_path, capsys
) -> None:
    (tmp_path / "kept").write_text(newest())
    receipt = f"{sealed[0].id}:{bytes(sealed[0].leaf).hex()}"
    call_command("verify_ledger", "--checkpoint", tmp_path / "kept", "--receipt", receipt)
    said = capsys.readouterr().out
    assert f"{LedgerEntry.objects.count()} entries (0 not sealed yet), 2 checkpoints" in said
    assert "Nothing was changed." in said
    one(past_the_triggers, "UPDATE usage_purpose SET key = 'x' WHERE id = %(row)s", sealed[3])
    with pytest.raises(CommandError, match=f"row {sealed[3].row_id}: key was changed"):
        call_command("verify_ledger")


def place_of(entry: LedgerEntry) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM ledger.leaf WHERE entry_id = %s", [entry.id])
        return int(cursor.fetchone()[0])
