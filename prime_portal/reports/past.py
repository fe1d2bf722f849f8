"""Rows of evidence as the ledger recorded them, up to one of its entries (CPUC rule 9a).

Not today's tables are asked but what the database wrote down when each row came and when it
was stamped. Members are hashed with their header, so they are taken from their table and
proved against that hash.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from time import monotonic, sleep
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

Row = dict[str, Any]

Tables = dict[str, dict[str, Row]]
"""Rows by table and id."""

MARKS = "prime_portal_enteredinerror"
"""What was marked as entered in error.

A person's entry that was wrong (a demand, a breach, a non-compliance, a grant) is listed and not
counted. What the portal itself did (mailed a notice, handed a file over) is counted: a mark does
not undo it; beside it stands how many of it are marked.
"""

STATES = """
SELECT kind, row_id::text, body FROM ledger.entry
WHERE kind = ANY (%(kinds)s) AND id <= %(upto)s ORDER BY id
"""


PATIENCE = 10.0
"""Seconds to wait for whoever is writing into the record."""


class NotProven(Exception):
    """What is held is not what the ledger says. The sentence names the row."""


class StillWriting(Exception):
    """Somebody has been writing for so long that the record has no firm end just now."""


def newest(*, patience: float = PATIENCE) -> int:
    """The newest entry, once none with a lower number can join it any more.

    An entry gets its number before it is committed, so a lower one may come later. Whoever drew one
    was writing before the newest was seen: they are waited for. Raises StillWriting when that
    takes longer than `patience`, in seconds.
    """
    until = monotonic() + patience
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ledger.entry")
        (found,) = cursor.fetchone()
        writing = _writing(cursor)
        while writing & _writing(cursor):
            if monotonic() >= until:
                raise StillWriting(
                    _("Somebody is still writing into the record. Try again in a minute (5.1).")
                )
            sleep(0.05)
    return int(found)


def _writing(cursor: Any) -> set[str]:
    """Which transactions have begun to write an entry, but our own: each holds a lock till its end.

    The lock comes before the number. Other databases of the same server do not matter.
    """
    cursor.execute(
        "SELECT virtualtransaction FROM pg_locks JOIN pg_database ON oid = database"
        " WHERE datname = current_database() AND relation = 'ledger.entry'::regclass"
        " AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"
    )
    return {held for (held,) in cursor.fetchall()}


def tables(*names: str, upto: int) -> Tables:
    """Each row of these tables: as it was written, with every stamp since.

    All of them in one reading: entries are found by their numbers, not by their table.
    """
    found: Tables = {name: {} for name in names}
    table_of = {f"{name}:{event}": name for name in names for event in ("written", "stamped")}
    with connection.cursor() as cursor:
        cursor.execute(STATES, {"kinds": list(table_of), "upto": upto})
        for kind, row_id, body in cursor:
            found[table_of[kind]].setdefault(row_id, {}).update(json.loads(body))
    return found


def marked(held: Tables) -> dict[str, str]:
    """The rows marked as entered in error, by id, with the moment. MARKS is among the tables."""
    return {row["row"]: row["at"] for row in held[MARKS].values()}


class Disclosed(NamedTuple):
    """One customer of a disclosure: by which authorization ("-" for none), how many rows."""

    customer: str
    authorization: str
    rows: int


def disclosed_to(disclosures: dict[str, Row]) -> dict[str, list[Disclosed]]:
    """The customers of each disclosure, proved against the hash in its header's entry."""
    members: dict[str, list[Disclosed]] = defaultdict(list)
    for header, customer, authorization, count in _members(
        "SELECT disclosure_id::text, customer_id::text, coalesce(authorization_id::text, '-'), rows"
        " FROM consent_disclosuremember WHERE disclosure_id = ANY(%s::uuid[]) ORDER BY customer_id",
        list(disclosures),
    ):
        members[header].append(Disclosed(customer, authorization, count))
    for key, row in disclosures.items():
        listed = "\n".join(f"{who} {by} {count}" for who, by, count in members[key])
        _prove(f"disclosure {key}", listed, row["members_sha256"])
    return {key: members[key] for key in disclosures}


def reached(reaches: dict[str, Row]) -> dict[str, list[str]]:
    """The customers counted in each reach of an incident, proved likewise."""
    members: dict[str, list[str]] = defaultdict(list)
    for header, customer in _members(
        "SELECT reach_id::text, customer_id::text FROM consent_reached"
        " WHERE reach_id = ANY(%s::uuid[]) ORDER BY customer_id",
        list(reaches),
    ):
        members[header].append(customer)
    for key, row in reaches.items():
        _prove(f"reach {key}", "\n".join(members[key]), row["members_sha256"])
    return {key: members[key] for key in reaches}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def within(text: str | None, first: date, last: date) -> bool:
    """Whether a moment of the ledger lies on one of these days, in Los Angeles."""
    at = moment(text)
    return at is not None and first <= timezone.localdate(at) <= last


def ran(began: str, ended: str | None, first: date, last: date) -> bool:
    """Whether something from one moment to another touched these days."""
    before = date.fromordinal(first.toordinal() - 1)
    return within(began, date.min, last) and not within(ended, date.min, before)


def newest_words(
    versions: dict[str, Row],
    upto: date,
    marked: Mapping[str, str],
    *,
    of: str = "third_party_id",
) -> dict[str, Row]:
    """Of each third party its newest words of so far, before those that were entered in error.

    of: what the words are about, `purpose_id` for purposes. What was only put into words later has
    its first words.
    """

    def rank(item: tuple[str, Row]) -> tuple[bool, bool, int]:
        key, row = item
        number, later = int(row["number"]), not within(row["recorded_at"], date.min, upto)
        return not later, key not in marked, -number if later else number

    return {row[of]: row for _key, row in sorted(versions.items(), key=rank)}


def gone_at(disclosure: Row) -> str | None:
    """When it went, or may have (consent's Disclosures.gone); None for what stayed or was refused.

    A crash between handing the key over and the stamp leaves it allowed and without a stamp.
    """
    if not disclosure["allowed"] or disclosure.get("not_handed_over_at"):
        return None
    return str(disclosure.get("handed_over_at") or disclosure["at"])


def went(disclosure: Row) -> str:
    """When it went, as people read it; of what has no stamp, that it may have."""
    at = local(gone_at(disclosure))
    return at if disclosure.get("handed_over_at") else f"{at}, or may have been"


def local(text: str | None) -> str:
    """A moment as people read it: local time with its offset."""
    at = moment(text)
    return timezone.localtime(at).isoformat(sep=" ", timespec="minutes") if at else ""


def _members(statement: str, headers: list[str]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [headers])
        yield from cursor.fetchall()


def _prove(what: str, listed: str, recorded: str) -> None:
    if recorded != f"\\x{sha256(listed.encode()).hexdigest()}":
        said = _("The list of customers of %(what)s is not the one that was recorded (5.1).")
        raise NotProven(said % {"what": what})
