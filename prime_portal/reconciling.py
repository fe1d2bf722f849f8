"""Setting a restored database right with what was kept elsewhere (5.1, 6.2, 6.10).

What ended after the backup ends again: cancels, stops, withdrawn approvals, credentials. What was
sent is known as sent, so that nobody owes it again. What left is on record again, with those it
was about. It is done from the journal (prime_portal/ledger/journal.py), from receipts customers
hold and from the relay's log; what none of them can give back is listed for people: texts are in
none of them, so an authorization granted after the backup is not made again but asked for again.

All in one transaction. Done twice, it changes nothing more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, models, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from psycopg import sql

from consent import signed_receipts
from consent.models import Authorization, Shown
from notices import messages
from notices.mail import Message
from notices.models import Delivery, DeliveryAttempt, Notice, Welcomed
from prime_portal import restores
from prime_portal.ledger import journal, rows
from prime_portal.ledger.journal import Line
from prime_portal.models import Restore, User
from prime_portal.restores import Refused
from usage import signing
from usage.evidence import Evidence
from usage.frozen import frozen
from usage.models import Access

SETTLED = ("sent_at", "failed_at")
NOT_KNOWN = "(not known since the restore)"
PROSE = (models.CharField, models.TextField)
OF_A_WELCOME = ("notice_id", "medium", "language", "owed_at", "due_on")
OF_A_CLAIM = ("id", "issued_at", "expires_at", "via")
OPEN_SOMETHING = (Access, Shown)
"""What would open an account, or let somebody have data, on words that are lost."""


@dataclass
class Found:
    """What was done again, and what is left to people: ids of rows, by table."""

    again: Counter[str] = field(default_factory=Counter)
    stamped: Counter[str] = field(default_factory=Counter)
    people: dict[str, list[str]] = field(default_factory=dict)
    welcomed: int = 0
    receipts: int = 0
    relay: int = 0
    signed_out: int = 0
    until: str = ""

    def leave(self, line: Line) -> None:
        self.people.setdefault(line.table, []).append(line.row_id)

    def counts(self) -> dict[str, Any]:
        return {
            "again": dict(self.again),
            "stamped": dict(self.stamped),
            "people": {table: len(ids) for table, ids in self.people.items()},
            "welcomed": self.welcomed,
            "receipts": self.receipts,
            "relay": self.relay,
            "signed_out": self.signed_out,
        }


class CannotBeAgain(Exception):
    """Without what is lost the row would say something else, or open what nobody opened."""


@transaction.atomic
def reconcile(
    folder: Path | None,
    *,
    receipts: Iterable[bytes] = (),
    accepted: Sequence[UUID] = (),
    by: User,
    at: datetime,
) -> tuple[Restore, Found]:
    """Do again what the journal, receipts and the relay know, and say what nobody knows.

    folder: the journal. receipts: signed files customers hold. accepted: deliveries whose
    Message-ID the relay took after the backup. by: who does it; stands in for people the backup
    does not know. Raises Refused when the portal is not frozen, or the journal is another record's.
    """
    if not frozen():
        raise Refused(_("The portal is not frozen: there is nothing to set right."))
    size = _size()
    known = list(journal.read(folder, after=max(size - 1, 0))) if folder else []
    _continues(known, size)
    lines = [line for line in known if line.place is None or line.place >= size]
    found = Found()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    tail = _unknown(lines)
    # Twice: what a hold forbade is allowed once its lifting is known.
    for _time in range(2):
        left = _write_again(tail, found)
        lost = [line for line in tail if line.stamped and not _stamped_again(line, found, by=by)]
    known_again = _keep_who_was_welcomed(left, tail, found, at=at)
    for line in left + lost:
        if known_again.isdisjoint((line.row_id, line.facts.get("delivery_id"))):
            found.leave(line)
    _hold_what_was_on_its_way(tail, found, at=at)
    for content in receipts:
        found.receipts += _canceled_by(content, by=by)
    found.relay = Delivery.objects.owed().filter(pk__in=accepted).update(sent_at=at)
    found.signed_out = Session.objects.count()
    Session.objects.all().delete()
    UserSession.objects.all().delete()
    found.until = max((line.at for line in lines), default="")
    sealed = [line.place for line in lines if line.place is not None]
    restore = Restore.objects.create(
        home=restores.home(),
        backup_size=size,
        known_size=max(sealed) + 1 if sealed else None,
        known_until=datetime.fromisoformat(found.until) if found.until else None,
        facts=found.counts(),
        at=at,
        by=by,
    )
    return restore, found


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger.leaf")
        return int(cursor.fetchone()[0])


def _continues(known: list[Line], size: int) -> None:
    """The last sealed entry of the backup must be the journal's at that place."""
    with connection.cursor() as cursor:
        cursor.execute(journal.LEAF_AT, [size - 1])
        ours = cursor.fetchone()
    theirs = next((line for line in known if line.place == size - 1), None)
    if ours and theirs and bytes(ours[0]) != theirs.leaf:
        said = _("The journal is another record's: the entry at place %(place)s differs.")
        raise Refused(said % {"place": size - 1})


def _unknown(lines: list[Line]) -> list[Line]:
    """Those whose entries the database does not have, leaf by leaf."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, leaf FROM ledger.entry WHERE id = ANY (%s)", [[line.id for line in lines]]
        )
        ours = {number: bytes(leaf) for number, leaf in cursor.fetchall()}
    return [line for line in lines if ours.get(line.id) != line.leaf]


# -- Rows ----------------------------------------------------------------------------------


@cache
def _models() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in rows.evidence()}


def _write_again(tail: list[Line], found: Found) -> list[Line]:
    """Write lost rows again as far as what they point at is there; in whatever order that needs.

    Returns those that could not be written.
    """
    known = _models()
    skipped = _planned_anew(tail)
    waiting = [
        line
        for line in tail
        if not line.stamped and line.table in known and line.row_id not in skipped
    ]
    while waiting:
        left = [line for line in waiting if not _written(line, known[line.table], found)]
        if len(left) == len(waiting):
            return left
        waiting = left
    return []


def _written(line: Line, model: type[models.Model], found: Found) -> bool:
    if model._base_manager.filter(pk=line.row_id).exists():
        return True
    try:
        with transaction.atomic():
            _insert(model, _with_stand_ins(line, model))
            for table, members in line.members.items():
                for facts in members:
                    _insert(_models()[table], facts)
    except (DatabaseError, CannotBeAgain):
        return False
    found.again[line.table] += 1
    return True


def _insert(model: type[models.Model], facts: dict[str, Any]) -> None:
    query = sql.SQL("INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)")
    with connection.cursor() as cursor:
        cursor.execute(
            query.format(table=sql.Identifier(model._meta.db_table)), [json.dumps(facts)]
        )


def _with_stand_ins(line: Line, model: type[models.Model]) -> dict[str, Any]:
    """What a row said, with a few words in the place of its private texts, which are lost."""
    facts = line.facts
    if model in OPEN_SOMETHING:
        raise CannotBeAgain
    for name in model.kept.private:  # type: ignore[attr-defined]
        held: Any = model._meta.get_field(name)
        if facts.get(held.column) is None:
            continue
        if model is Delivery:
            facts[held.column] = _of_delivery(name, facts["language"])
        elif type(held) in PROSE:
            facts[held.column] = NOT_KNOWN
        else:
            raise CannotBeAgain
    return facts


def _of_delivery(name: str, language: str) -> str:
    """To whom it went and what it said is lost; that it went must not be."""
    if name != "content":
        return ""
    with translation.override(language):
        words = _("What this message said was lost. It was sent before the portal was restored.")
    lost = Message(subject=words, text=f"{words}\n", html=f"<p>{words}</p>\n")
    return f"\\x{messages.stored(lost).hex()}"


def _planned_anew(tail: list[Line]) -> set[str]:
    """Deliveries and batches that had not begun to leave: planning owes them again by itself."""
    facts = {(line.table, line.row_id): line.facts for line in tail if not line.stamped}
    stamped: dict[str, set[str]] = {}
    for line in tail:
        if line.stamped:
            stamped.setdefault(line.row_id, set()).update(line.facts)
    sealed = {row for row, columns in stamped.items() if "sealed_at" in columns}
    begun = {row for row, columns in stamped.items() if columns & set(SETTLED)}
    for (table, _row), said in facts.items():
        if table == "notices_printedletter" and said["batch_id"] in sealed:
            begun.add(said["delivery_id"])
        if table == "notices_deliveryattempt":
            begun.add(said["delivery_id"])
    not_begun = {
        row
        for (table, row) in facts
        if (table == "notices_delivery" and row not in begun)
        or (table == "notices_printbatch" and row not in sealed)
    }
    letters = {
        row
        for (table, row), said in facts.items()
        if table == "notices_printedletter" and said["batch_id"] in not_begun
    }
    return not_begun | letters


# -- Who enrolled after the backup -----------------------------------------------------------


def _keep_who_was_welcomed(
    left: list[Line], tail: list[Line], found: Found, *, at: datetime
) -> set[str]:
    """Keep which new-account notices were sent to customers whom this database does not know.

    They come again with the next roster, and are not welcomed twice (notices.recalling). A letter
    whose code was used is none of these: she needs another code to open her account again.
    Returns the ids of deliveries and claims that are seen to by that.
    """
    stamps: dict[str, dict[str, Any]] = {}
    for line in tail:
        if line.stamped:
            stamps.setdefault(line.row_id, {}).update(line.facts)
    claims = {line.row_id: line.facts for line in left if line.table == "usage_claim"}
    seen_to: set[str] = set()
    for line in left:
        said, later = line.facts, stamps.get(line.row_id, {})
        if not line.tag or not later.get("sent_at") or later.get("failed_at"):
            continue
        claim = said["claim_id"]
        if claim and (claim not in claims or claim in stamps):
            continue
        if Notice.objects.filter(pk=said["notice_id"]).exists():
            facts = {
                "delivery": {name: said[name] for name in OF_A_WELCOME} | _sent(later),
                "claim": {name: claims[claim][name] for name in OF_A_CLAIM} if claim else None,
            }
            _kept, is_new = Welcomed.objects.get_or_create(
                tag=line.tag, defaults={"delivery": line.row_id, "facts": facts, "at": at}
            )
            found.welcomed += is_new
            seen_to |= {line.row_id} | ({claim} if claim else set())
    return seen_to


def _sent(stamps: dict[str, Any]) -> dict[str, Any]:
    return {name: stamps[name] for name in ("sent_at", "delivered_at") if stamps.get(name)}


# -- Stamps ---------------------------------------------------------------------------------


def _stamped_again(line: Line, found: Found, *, by: User) -> bool:
    """Fill the columns that were filled, where the row is there and they still are empty.

    False if the database refused it.
    """
    model = _models().get(line.table)
    if model is None or not model._base_manager.filter(pk=line.row_id).exists():
        return True
    facts = _pointing_somewhere(line.facts, model, by=by)
    if not facts:
        return True
    columns = [sql.Identifier(column) for column in facts]
    query = sql.SQL(
        "UPDATE {table} AS held SET {filled} FROM jsonb_populate_record(NULL::{table}, %s) AS said "
        "WHERE held.id = %s AND ({empty})"
    ).format(
        table=sql.Identifier(line.table),
        filled=sql.SQL(", ").join(
            sql.SQL("{0} = coalesce(held.{0}, said.{0})").format(column) for column in columns
        ),
        empty=sql.SQL(" OR ").join(sql.SQL("held.{} IS NULL").format(column) for column in columns),
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, [json.dumps(facts), line.row_id])
            if cursor.rowcount:
                found.stamped[line.table] += cursor.rowcount
    except DatabaseError:
        return False
    return True


def _pointing_somewhere(
    facts: dict[str, Any], model: type[models.Model], *, by: User
) -> dict[str, Any]:
    """Leave out private texts and what points at lost rows; for lost people stands `by`."""
    kept = model.kept  # type: ignore[attr-defined]
    assert isinstance(kept, Evidence)  # noqa: S101 - members are never stamped
    said = {}
    for name in kept.stamps:
        held: Any = model._meta.get_field(name)
        value = facts.get(held.column)
        if value is None or name in kept.private:
            continue
        if held.related_model and not held.related_model._base_manager.filter(pk=value).exists():
            if held.related_model is not User:
                continue
            value = str(by.pk)
        said[held.column] = value
    return said


def _hold_what_was_on_its_way(tail: list[Line], found: Found, *, at: datetime) -> None:
    """What was leaving that very instant, and whose address is lost, waits for people.

    Whatever the backup knows itself is settled as after any crash (notices.outbox.reconcile).
    """
    lost = [
        UUID(line.row_id) for line in tail if line.table == "notices_delivery" and not line.stamped
    ]
    open_ones = DeliveryAttempt.objects.filter(delivery__in=lost, closed_at=None)
    for attempt in open_ones:
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(
            closed_at=at, outcome=DeliveryAttempt.Outcome.UNKNOWN
        )
        gone = Delivery.objects.owed().filter(pk=attempt.delivery_id)
        gone.update(failed_at=at, failure=Delivery.Failure.TECHNICAL)
        found.people.setdefault("notices_delivery", []).append(str(attempt.delivery_id))


def _canceled_by(content: bytes, *, by: User) -> int:
    """Cancel what a receipt says was canceled. Raises signed_receipts.NotGenuine."""
    receipt = signed_receipts.check(content, keys=signing.known_keys()).receipt
    ended = [event for event in receipt["event"] if event["event_type"] == "withdrawn"]
    held = Authorization.objects.filter(pk=receipt["record_id"], canceled_at=None)
    if not ended:
        return 0
    return held.update(
        canceled_at=datetime.fromisoformat(ended[0]["event_time"]),
        canceled_by=by,
        canceled_via=ended[0]["method"],
    )
