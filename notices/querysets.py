"""Questions asked of notices and deliveries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db.models import QuerySet

from usage.querysets import OfCustomer

if TYPE_CHECKING:
    from notices.models import EDeliveryConsent, Notice
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


class Deliveries(OfCustomer):
    def owed(self) -> Self:
        return self.filter(sent_at=None, failed_at=None)

    def sent(self) -> Self:
        return self.filter(sent_at__isnull=False)

    def overdue(self, *, on: date) -> Self:
        return self.owed().filter(due_on__lt=on)

    def failed_for_good(self) -> Self:
        """Failed, nothing was sent in its place and nobody looked after it: somebody must.

        Whoever was to be told that a copy is ready sees that in the portal.
        """
        return self.filter(failed_at__isnull=False, replaced_by=None, resolution=None).exclude(
            kind="ready"
        )
