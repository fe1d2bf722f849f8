"""Questions asked of authorizations and disclosures, each starting from the customer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from usage.querysets import OfCustomer

if TYPE_CHECKING:
    from consent.models import StatedUse, ThirdParty
    from usage.models import Customer

PACIFIC = ZoneInfo("America/Los_Angeles")


class Authorizations(OfCustomer):
    def in_force(self, *, at: datetime) -> Self:
        """Granted, not canceled, not ended, not used up.

        The same rule in Python is consent.policy.Permission.in_force; a table test keeps the
        two equal.
        """
        return self.filter(
            Q(ends_on=None) | Q(ends_on__gt=at.astimezone(PACIFIC).date()),
            Q(canceled_at=None) | Q(canceled_at__gt=at),
            Q(once=False) | Q(used_at=None) | Q(used_at__gt=at),
            granted_at__lte=at,
        )

    def for_the_same(self, use: StatedUse, *, at: datetime) -> Self:
        """In force for the same third party and purpose."""
        return self.in_force(at=at).filter(third_party=use.third_party_id, purpose=use.purpose_id)

    def ended(self, *, at: datetime) -> Self:
        """Ended by themselves: their day came, or their one time was used; not canceled."""
        return self.filter(
            Q(ends_on__lte=at.astimezone(PACIFIC).date()) | Q(once=True, used_at__lte=at),
            canceled_at=None,
        )

    def with_words(self) -> Self:
        return self.select_related("third_party_words", "purpose_words", "purpose", "third_party")


class Stops(QuerySet[Any, Any]):
    def in_force(self) -> Self:
        return self.filter(lifted_at=None)

    def against(self, third_party: ThirdParty, *, customer: Customer | None = None) -> Self:
        """Stops that hold for everyone, and those for this customer."""
        whom = Q(customer=None) if customer is None else Q(customer=None) | Q(customer=customer)
        return self.filter(whom, third_party=third_party)


class Disclosures(QuerySet[Any, Any]):
    def of(self, customer: Customer) -> Self:
        """Every disclosure this customer was part of, with or without her consent (6.4–6.9)."""
        return self.filter(members__customer=customer)
