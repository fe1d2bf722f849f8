"""Questions asked of notices and deliveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from usage.querysets import OfCustomer

if TYPE_CHECKING:
    from notices.models import Delivery, EDeliveryConsent, Notice
    from usage.models import Customer


class Notices(QuerySet[Any, Any]):
    def in_force(self, *, on: date) -> Notice | None:
        """The version in force on a day: the newest already effective. None before the first."""
        return self.filter(effective_on__lte=on).order_by("-effective_on", "-number").first()

    def not_later_than(self, *, on: date) -> Self:
        return self.filter(effective_on__lte=on)


class WebsiteAttestations(QuerySet[Any, Any]):
    def due(self, *, on: date) -> bool:
        """Whether somebody must look again: nobody has in this quarter of the year."""
        quarter = date(on.year, on.month - (on.month - 1) % 3, 1)
        return not self.filter(seen_on__gte=quarter, seen_on__lte=on).exists()


class EDeliveryConsents(OfCustomer):
    def open(self) -> Self:
        return self.filter(withdrawn_at=None)

    def address_of(self, customer: Customer) -> str | None:
        """Where notices may be e-mailed, or None when they go by post (the default)."""
        consent: EDeliveryConsent | None = self.of(customer).open().first()
        return consent.email if consent else None


class Pauses(QuerySet[Any, Any]):
    def open(self) -> Self:
        return self.filter(resumed_at=None)


class Deliveries(OfCustomer):
    def owed(self) -> Self:
        return self.filter(sent_at=None, failed_at=None)

    def sent(self) -> Self:
        return self.filter(sent_at__isnull=False)

    def with_state(self, *, at: datetime) -> Self:
        """Say of each delivery, as `standing`, how it stands at a moment (Delivery.State).

        Leased is what a worker holds right now, or a print batch; a temporary failure is what is
        still owed and waits for its next try. Read by Delivery.state without a query a row.
        """
        state = self.model.State
        sending = Q(lease__until__gt=at, lease__holder__gt="") | Q(printed__isnull=False)
        return self.annotate(
            standing=Case(
                When(failure__isnull=False, then=F("failure")),
                When(delivered_at__isnull=False, then=Value(state.DELIVERED.value)),
                When(sent_at__isnull=False, then=Value(state.SENT.value)),
                When(sending, then=Value(state.LEASED.value)),
                When(
                    Q(lease__tries__gt=0) | Q(lease__holder=""),
                    then=Value(state.TEMPORARY.value),
                ),
                default=Value(state.OWED.value),
                output_field=CharField(),
            )
        )

    def in_state(self, state: Delivery.State, *, at: datetime) -> Self:
        """Return the deliveries that stand so at a moment."""
        unsent = {self.model.State.OWED, self.model.State.LEASED, self.model.State.TEMPORARY}
        held = self.owed() if state in unsent else self
        return held.with_state(at=at).filter(standing=state)

    def overdue(self, *, on: date) -> Self:
        return self.owed().filter(due_on__lt=on)

    def failed_for_good(self) -> Self:
        """Failed, nothing was sent in its place and nobody looked after it: somebody must.

        Whoever was to be told that a copy is ready sees that in the portal; what was called off
        is no longer to be said.
        """
        failed = self.filter(failed_at__isnull=False, replaced_by=None, resolution=None)
        return failed.exclude(kind="ready").exclude(failure="called_off")
