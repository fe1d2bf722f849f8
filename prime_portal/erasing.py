"""Taking personal text out of evidence for good, while the proof stays whole (5.1, 5.2).

Evidence says who, what and when in clear, and in its private columns what people said: these can
be erased, by whom, why and on which clause being evidence itself. The record still verifies; it
counts them as unopenable. What is on hold, or still needed for what it is there, is not erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from consent import wishes
from consent.models import (
    Authorization,
    Demand,
    Incident,
    Invitation,
    Receipt,
    RecipientCredential,
    Shown,
    Wish,
)
from notices.models import Delivery, EDeliveryConsent, PublishedPdf, StaffMail
from prime_portal.ledger import rows
from prime_portal.models import EnteredInError, Erasure, IssuedReport
from usage.evidence import Evidence
from usage.models import Access, Case, ClosedBlock, Dispute, DisputeEvent, Hold

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
)
"""Private for other reasons than that words in it are about a person. Who is in a closed block must
stay known, or the next figures could give somebody away (6.11)."""

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


def _is_open(dispute: Dispute) -> bool:
    newest = dispute.events.order_by("-number").first()
    return newest is None or newest.kind != DisputeEvent.Kind.CLOSED


IN_USE: dict[type[Model], Callable[[Any], bool]] = {
    Delivery: lambda row: row.sent_at is None and row.failed_at is None,
    EDeliveryConsent: lambda row: row.withdrawn_at is None,
    Invitation: lambda row: row.accepted_at is None and row.withdrawn_at is None,
    Demand: lambda row: row.closed_at is None,
    Incident: lambda row: row.closed_at is None,
    Dispute: _is_open,
    DisputeEvent: lambda row: _is_open(row.dispute),
    Case: lambda row: row.broke_glass and row.reviewed_at is None,
}
"""What could not do what it is there for without its words."""


class Refused(Exception):
    """Nothing was erased or marked; the sentence says why."""


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
) -> Erasure:
    """Take these private texts out of one row of evidence, for good.

    With words of a wish goes its scanned form. Raises Refused, also while a hold stands, or while
    the row is needed for what it is there: what was not sent, is not closed, is authorized now.
    """
    if not columns or not set(columns) <= set(texts_of(type(row))):
        raise Refused(_("Only private texts of evidence are erased."))
    if not reason.strip() or not clause.strip():
        raise Refused(_("Say why, and by what right."))
    if _on_hold(row):
        raise Refused(_("It is on hold: a lawsuit, an audit or an order needs it."))
    if _in_use(type(row)._base_manager.get(pk=row.pk), at=at):
        raise Refused(_("It is still in use: what it is there for needs these words."))
    try:
        with transaction.atomic():
            made = Erasure.objects.create(
                table=row._meta.db_table,
                row=row.pk,
                columns=sorted(columns),
                customer_id=_customer_of(row),
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


def erase_about(
    customer: Customer, *, reason: str, clause: str, by: User | None, at: datetime
) -> tuple[int, int]:
    """Take every private text about a customer out of evidence. How many rows; how many refused.

    Doing it again erases what came since.
    """
    erased = refused = 0
    for row, columns in _openable(customer):
        try:
            erase(row, columns=columns, reason=reason, clause=clause, by=by, at=at)
            erased += 1
        except Refused:
            refused += 1
    return erased, refused


def mark(row: Model, *, reason: str, by: User, at: datetime) -> EnteredInError:
    """Say of a row of evidence that it was entered in error. It stays as it is.

    What still lets somebody have her information is canceled or ended first: a mark stops nothing.
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
        if "customer" not in (column.name for column in model._meta.concrete_fields):
            continue
        if not texts_of(model):
            continue
        hers = {row.pk: row for row in model._default_manager.filter(customer=customer)}
        if not hers:
            continue
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(OPENABLE, [list(hers), f"{table}:written", f"{table}:stamped"])
            found = cursor.fetchall()
        yield from ((hers[row_id], columns) for row_id, columns in found)


def tables_about_customers() -> list[str]:
    """Return the tables of evidence in which private texts about one customer may stand."""
    return [
        model._meta.db_table
        for model in rows.evidence()
        if texts_of(model) and any(column.name == "customer" for column in model._meta.fields)
    ]


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


def _on_hold(row: Model) -> bool:
    about = Q(customer=None) | Q(customer=_customer_of(row))
    return Hold.objects.in_force().filter(about).exists()


def _customer_of(row: Model) -> UUID | None:
    return getattr(row, "customer_id", None)
