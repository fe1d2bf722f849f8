"""What was sent to one customer in one year, so that anybody can check it (6.2).

Everything owed or sent in that year: when, which version, by which medium, each attempt, what
came back; with the hashes of what was handed over and the entries the database itself wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from notices import messages
from notices.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    EDeliveryConsent,
    PrintedLetter,
    Resolution,
)
from prime_portal.models import LedgerEntry
from usage import pdf
from usage.models import Customer, Enrollment

YEARLY = (Delivery.Kind.NEW_ACCOUNT, Delivery.Kind.ANNUAL)
Row = TypeVar("Row", DeliveryAttempt, DeliveryEvent)


@dataclass(frozen=True)
class Sent:
    """One message with all that is on record of it."""

    delivery: Delivery
    said: bytes | None
    attempts: list[DeliveryAttempt]
    events: list[DeliveryEvent]
    printed: PrintedLetter | None
    resolution: Resolution | None
    entries: list[LedgerEntry]


@dataclass(frozen=True)
class Proof:
    customer: Customer
    year: int
    made_at: datetime
    enrollments: list[Enrollment]
    consents: list[EDeliveryConsent]
    sent: list[Sent]

    @property
    def account_end(self) -> str:
        return self.customer.account_number[-4:]

    @property
    def yearly(self) -> list[Delivery]:
        """The notices that count for the year: sent in it, and not failed (6.2)."""
        return [
            one.delivery
            for one in self.sent
            if one.delivery.kind in YEARLY
            and one.delivery.failed_at is None
            and one.delivery.sent_at
            and timezone.localdate(one.delivery.sent_at).year == self.year
        ]

    @property
    def owed(self) -> list[Delivery]:
        """The yearly notices that are still to go: owed, and neither sent nor failed."""
        return [
            one.delivery
            for one in self.sent
            if one.delivery.kind in YEARLY
            and one.delivery.sent_at is None
            and one.delivery.failed_at is None
        ]

    @property
    def today(self) -> date:
        return timezone.localdate(self.made_at)


def of(customer: Customer, *, year: int, at: datetime) -> Proof:
    """Gather what is on record of one customer's year (Pacific time).

    What came back in the year belongs to it, whenever it was sent; and so does what goes in the
    place of another, and that other: sent in December and returned, sent again in January.
    """
    rows = Delivery.objects.of(customer)
    held = Q()
    for moment in ("owed_at", "sent_at", "failed_at", "replaced_by__owed_at", "replaces__sent_at"):
        held |= Q(**{f"{moment}__year": year})
    deliveries = list(
        rows.filter(held)
        .select_related("notice", "policy", "claim", "replaces", "replaced_by", "asked_by")
        .select_related("customer")
        .order_by("owed_at", "pk")
    )
    attempts = _by_delivery(DeliveryAttempt.objects.filter(delivery__in=deliveries))
    events = _by_delivery(DeliveryEvent.objects.filter(delivery__in=deliveries))
    printed = {
        one.delivery_id: one
        for one in PrintedLetter.objects.filter(delivery__in=deliveries).select_related(
            "batch__handed_by", "batch__confirmed_by"
        )
    }
    resolved = {
        one.delivery_id: one
        for one in Resolution.objects.filter(delivery__in=deliveries).select_related("by")
    }
    sent = []
    for delivery in deliveries:
        tried, told = attempts[delivery.pk], events[delivery.pk]
        letter = printed.get(delivery.pk)
        resolution = resolved.get(delivery.pk)
        rows_of_it: Iterable[UUID] = [delivery.pk, *(row.pk for row in (*tried, *told))]
        if letter:
            rows_of_it = [*rows_of_it, letter.pk, letter.batch_id]
        if resolution:
            rows_of_it = [*rows_of_it, resolution.pk]
        sent.append(
            Sent(
                delivery=delivery,
                said=_version_hash(delivery),
                attempts=tried,
                events=told,
                printed=letter,
                resolution=resolution,
                entries=list(LedgerEntry.objects.filter(row_id__in=rows_of_it).order_by("id")),
            )
        )
    first, last = date(year, 1, 1), date(year, 12, 31)
    return Proof(
        customer=customer,
        year=year,
        made_at=at,
        enrollments=[
            one
            for one in Enrollment.objects.of(customer).order_by("starts_on")
            if one.starts_on <= last and (one.ends_on is None or one.ends_on > first)
        ],
        consents=list(EDeliveryConsent.objects.of(customer).order_by("granted_at")),
        sent=sent,
    )


def on_paper(proof: Proof, *, language: str = "en") -> bytes:
    """Return the proof as a tagged PDF, as it is handed to whoever asks: the Commission, or her."""
    with translation.override(language):
        page = render_to_string(
            "admin/run/proof_on_paper.html", {"proof": proof, "official": settings.OFFICIAL}
        )
    return pdf.write(page, identifier=proof.customer.pk.bytes)


def years_of(customer: Customer) -> list[int]:
    """The years of which there is anything to prove, newest first."""
    moments = Delivery.objects.of(customer).values_list("owed_at", "sent_at")
    return sorted(
        {timezone.localdate(at).year for pair in moments for at in pair if at}, reverse=True
    )


def _version_hash(delivery: Delivery) -> bytes | None:
    """The hash of the published text that a short notice leads to, in its language."""
    version = delivery.version
    if version is None or delivery.kind not in messages.SHORT:
        return None
    return bytes(getattr(version, f"sha256_{delivery.language}"))


def _by_delivery(rows: QuerySet[Row]) -> defaultdict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.delivery_id].append(row)
    return found
