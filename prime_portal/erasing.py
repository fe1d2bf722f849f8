"""Taking personal text out of evidence for good, while the proof stays whole (5.1, 5.2).

Evidence says who, what and when in clear, and in its private columns what people said: these can
be erased, by whom, why and on which clause being evidence itself. The record still verifies; it
counts them as unopenable. What is on hold, or still needed for what it is there, is not erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Model, Q, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from consent import wishes
from consent.models import (
    Authorization,
    Demand,
    Disclosure,
    DutyDone,
    Finding,
    Incident,
    Invitation,
    Knowing,
    Receipt,
    RecipientCredential,
    Shown,
    Wish,
)
from notices.models import Delivery, EDeliveryConsent, PublishedPdf, StaffMail
from prime_portal.ledger import rows
from prime_portal.models import EnteredInError, Erasure, IssuedReport
from usage import finding
from usage.evidence import Evidence
from usage.models import (
    Access,
    Case,
    ClosedBlock,
    ClosedHours,
    Dispute,
    DisputeEvent,
    Hold,
    Import,
    Search,
)

if TYPE_CHECKING:
    from prime_portal.models import User
    from usage.models import Customer

STAYS: tuple[type[Model], ...] = (
    IssuedReport,
    PublishedPdf,
    RecipientCredential,
    StaffMail,
    Erasure,
    ClosedBlock,
    ClosedHours,
)
"""Private for other reasons than that words in it are about a person. Who is in a closed block,
or in its hours, must stay known, or the next figures could give somebody away (6.11)."""

ABOUT: dict[type[Model], str] = {
    Demand: "customers__customer",
    Disclosure: "members__customer",
    Finding: "stops__customer",
    Incident: "reaches__members__customer",
    Knowing: "incident__reaches__members__customer",
    DutyDone: "incident__reaches__members__customer",
}
"""How the customers are found whom a row is about that names none itself. The database finds them
too, for its holds (ledger.whose in the migration 0007_erasures)."""

IN_AN_IMPORT = ("file_name", "problems", "taken_back_why")
NAMES: dict[type[Model], tuple[str, ...]] = {Search: ("text",), Import: IN_AN_IMPORT}
"""Rows that lead to nobody, and may name her in their words: found by her own."""

LEAST = 4
"""Words shorter than this name nobody."""

OF_A_GRANT: dict[type[Model], str] = {
    Authorization: "pk",
    Shown: "shown",
    Receipt: "receipts",
    Wish: "wish",
}
"""What proves an authorization, and how it is found by it: needed while that is in force (6.9)."""

OPENABLE = """
    SELECT row_id, array_agg(DISTINCT field)
    FROM ledger.entry JOIN ledger.salt ON entry.id = salt.entry_id
    WHERE row_id = ANY (%s) AND kind IN (%s, %s) GROUP BY row_id ORDER BY row_id
"""
OPEN_TO = """
    SELECT customer_id FROM ledger.entry JOIN ledger.salt ON entry.id = salt.entry_id
    WHERE customer_id IS NOT NULL AND split_part(kind, ':', 1) = ANY (%s)
"""
OPEN_ROWS = """
    SELECT row_id FROM ledger.entry JOIN ledger.salt ON entry.id = salt.entry_id
    WHERE split_part(kind, ':', 1) = %s
"""


def _is_open(dispute: Dispute) -> bool:
    newest = dispute.events.order_by("-number").first()
    return newest is None or newest.kind != DisputeEvent.Kind.CLOSED


def _is_acted_on(finding: Finding) -> bool:
    """Until it was dropped, or every stop that came of it was lifted."""
    return finding.dropped_at is None and (
        not finding.stops.exists() or finding.stops.filter(lifted_at=None).exists()
    )


IN_USE: dict[type[Model], Callable[[Any], bool]] = {
    Delivery: lambda row: row.sent_at is None and row.failed_at is None,
    EDeliveryConsent: lambda row: row.withdrawn_at is None,
    Invitation: lambda row: row.accepted_at is None and row.withdrawn_at is None,
    Demand: lambda row: row.closed_at is None,
    Incident: lambda row: row.closed_at is None,
    Knowing: lambda row: row.incident.closed_at is None,
    DutyDone: lambda row: row.incident.closed_at is None,
    Finding: _is_acted_on,
    Dispute: _is_open,
    DisputeEvent: lambda row: _is_open(row.dispute),
    Case: lambda row: row.broke_glass and row.reviewed_at is None,
}
"""What could not do what it is there for without its words."""


class Refused(Exception):
    """Nothing was erased or marked; the sentence says why."""


@dataclass
class Swept:
    """What became of the rows whose words are about one customer.

    erased, refused: how many (refused: on hold, or still in use). others: those whose words are
    about other customers too, as "table, id": somebody has to look at them.
    """

    erased: int = 0
    refused: int = 0
    others: list[str] = field(default_factory=list)


def texts_of(model: type[Model]) -> list[str]:
    """Return the private columns of a kind of evidence that can be erased; none if it is none."""
    kept = getattr(model, "kept", None)
    if not isinstance(kept, Evidence) or model in STAYS:
        return []
    return rows.private(model)


@transaction.atomic
def erase(
    row: Model,
    *,
    columns: Collection[str],
    reason: str,
    clause: str,
    by: User | None,
    at: datetime,
    named: Customer | None = None,
) -> Erasure:
    """Take these private texts out of one row of evidence, for good.

    named: whom its words name, if the row itself leads to nobody. With words of a wish goes its
    scanned form. Raises Refused, also while a hold stands, or while the row is needed for what it
    is there: what was not sent, is not closed, is authorized now.
    """
    customer = named.pk if named else _customer_of(row)
    check(row, columns=columns, reason=reason, clause=clause, at=at, customer=customer)
    try:
        with transaction.atomic():
            made = Erasure.objects.create(
                table=row._meta.db_table,
                row=row.pk,
                columns=sorted(columns),
                customer_id=customer,
                reason=reason.strip(),
                clause=clause.strip(),
                by=by,
                at=at,
            )
    except DatabaseError as error:
        raise Refused(_("The database refused it, and nothing was erased.")) from error
    if isinstance(row, Wish):
        transaction.on_commit(lambda: wishes.forget_scan(row))
    return made


def check(
    row: Model,
    *,
    columns: Collection[str],
    reason: str,
    clause: str,
    at: datetime,
    customer: UUID | None = None,
) -> None:
    """Raise Refused if these texts would not be erased now; nothing is changed."""
    if not columns or not set(columns) <= set(texts_of(type(row))):
        raise Refused(_("Only private texts of evidence are erased."))
    if not reason.strip() or not clause.strip():
        raise Refused(_("Say why, and by what right."))
    if _on_hold(whom(row) | {customer or _customer_of(row)}):
        raise Refused(_("It is on hold: a lawsuit, an audit or an order needs it."))
    if _in_use(type(row)._base_manager.get(pk=row.pk), at=at):
        raise Refused(_("It is still in use: what it is there for needs these words."))


def erase_about(
    customer: Customer, *, reason: str, clause: str, by: User | None, at: datetime
) -> Swept:
    """Take every private text about a customer out of evidence.

    What is about others too stays, and is listed: her right is not theirs. Doing it again erases
    what came since.
    """
    swept = Swept()
    for row, columns in _openable(customer):
        if whom(row) - {customer.pk}:
            swept.others.append(f"{row._meta.db_table}, {row.pk}")
            continue
        named = customer if type(row) in NAMES else None
        try:
            erase(row, columns=columns, reason=reason, clause=clause, by=by, at=at, named=named)
            swept.erased += 1
        except Refused:
            swept.refused += 1
    return swept


def mark(row: Model, *, reason: str, by: User, at: datetime) -> EnteredInError:
    """Say of a row of evidence that it was entered in error. It stays as it is.

    What still lets somebody have her information is canceled or ended first: a mark stops nothing
    but training (5.2), which nothing ends and which counts no more.
    """
    if not isinstance(getattr(row, "kept", None), Evidence):
        raise Refused(_("Only evidence is marked; anything else can be mended."))
    if not reason.strip():
        raise Refused(_("Say what is wrong with it."))
    if _lets_in(type(row)._base_manager.get(pk=row.pk), at=at):
        raise Refused(_("It still lets somebody have her information. Cancel or end it first."))
    made, is_new = EnteredInError.objects.get_or_create(
        row=row.pk,
        defaults={
            "table": row._meta.db_table,
            "customer_id": _customer_of(row),
            "reason": reason.strip(),
            "by": by,
            "at": at,
        },
    )
    if not is_new:
        raise Refused(_("It is marked already."))
    return made


def _openable(customer: Customer) -> Iterator[tuple[Model, list[str]]]:
    """Rows about a customer with the private columns that can still be opened."""
    for model in rows.evidence():
        found = _rows_about(model, customer) if texts_of(model) else None
        hers = {row.pk: row for row in found} if found is not None else {}
        if not hers:
            continue
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(OPENABLE, [list(hers), f"{table}:written", f"{table}:stamped"])
            opened = cursor.fetchall()
        yield from ((hers[row_id], columns) for row_id, columns in opened)


def _rows_about(model: type[Model], customer: Customer) -> QuerySet[Any] | None:
    """Return the rows of a kind that are about her; None if no row of it is about anybody."""
    everything = model._default_manager.all()
    if _names_a_customer(model):
        return everything.filter(customer=customer)
    if way := ABOUT.get(model):
        return everything.filter(**{way: customer}).distinct()
    if model in NAMES:
        return _that_name(everything, model, customer)
    return None


def _names_a_customer(model: type[Model]) -> bool:
    return any(column.name == "customer" for column in model._meta.concrete_fields)


def _that_name(everything: QuerySet[Any], model: type[Model], customer: Customer) -> QuerySet[Any]:
    """Return the rows that hold a word of hers, and files that were read as one agreement's."""
    read = {f"{column}_read": Cast(column, TextField()) for column in NAMES[model]}
    hers = Q(pk__in=[])
    for column in read:
        for word in _words_of(customer):
            hers |= Q(**{f"{column}__icontains": word})
    if model is Search:
        name = sorted(finding.words_of(customer.name))
        with_them = [Q(told__contains=f" {word} ") for word in name]
        some = Search.objects.alias(told=finding.plain("text")).filter(*with_them)
        hers |= Q(pk__in=[one.pk for one in some if sorted(finding.words_of(one.text)) == name])
    if model is Import:
        agreements = customer.agreements.values_list("pk", flat=True)
        hers |= Q(read_as__agreement__in=[str(pk) for pk in agreements])
    named: QuerySet[Any] = everything.alias(**read).filter(hers)
    return named


def _words_of(customer: Customer) -> list[str]:
    """What names her and nobody else: her numbers, her addresses, her whole name."""
    numbers = customer.agreements.values_list("number", flat=True)
    hers = (customer.account_number, customer.email, customer.telephone, customer.name, *numbers)
    return [word for word in hers if len(word) >= LEAST]


def with_texts() -> Q:
    """Choose the customers about whom alone some private text of evidence can still be opened."""
    tables = [
        model._meta.db_table
        for model in rows.evidence()
        if texts_of(model) and _names_a_customer(model)
    ]
    chosen = Q(pk__in=RawSQL(OPEN_TO, [tables]))  # noqa: S611 - a constant
    for model, way in ABOUT.items():
        still_open = RawSQL(OPEN_ROWS, [model._meta.db_table])  # noqa: S611 - a constant
        theirs = model._default_manager.filter(pk__in=still_open).order_by()
        alone = theirs.annotate(about=Count(way, distinct=True)).filter(about=1)
        chosen |= Q(pk__in=model._default_manager.filter(pk__in=alone.values("pk")).values(way))
    return chosen


def _in_use(row: Model, *, at: datetime) -> bool:
    if by := OF_A_GRANT.get(type(row)):
        return Authorization.objects.in_force(at=at).filter(**{by: row.pk}).exists()
    return type(row) in IN_USE and IN_USE[type(row)](row)


def _lets_in(row: Model, *, at: datetime) -> bool:
    if isinstance(row, Authorization):
        return Authorization.objects.in_force(at=at).filter(pk=row.pk).exists()
    if isinstance(row, Access):
        return row.ended_at is None and (row.ends_at is None or row.ends_at > at)
    return False


def _on_hold(customers: Collection[UUID | None]) -> bool:
    """Ask as the database does, which refuses too (ledger.erase)."""
    about = Q(customer=None) | Q(customer__in=[one for one in customers if one])
    return Hold.objects.in_force().filter(about).exists()


def whom(row: Model) -> set[UUID | None]:
    """Return the customers a row is about; with None among them it is about everybody."""
    if way := ABOUT.get(type(row)):
        about = type(row)._base_manager.filter(pk=row.pk)
        return set(about.values_list(way, flat=True))
    return {_customer_of(row)} if _names_a_customer(type(row)) else set()


def _customer_of(row: Model) -> UUID | None:
    return getattr(row, "customer_id", None)
