"""Questions asked of authorizations and disclosures, each starting from the customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

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


COVERED_ENTITY = 11
"""From so many customers on, who holds their data is a covered entity itself (R60)."""


class ThirdParties(QuerySet[Any, Any]):
    def touching(self, customer: Customer) -> Self:
        """Whom she allows or allowed something, who got something of hers, whom she stopped."""
        got = Q(
            disclosures__members__customer=customer,
            disclosures__allowed=True,
            disclosures__demand=None,
        )
        hers = self.filter(Q(authorizations__customer=customer) | Q(stops__customer=customer) | got)
        return self.filter(pk__in=hers.values("pk")).order_by("key")

    def with_duties(self, *, at: datetime) -> Self:
        """Third parties that so many customers allow it that a duties letter is due (R60)."""
        today = at.astimezone(PACIFIC).date()
        held = (
            Q(authorizations__canceled_at=None) | Q(authorizations__canceled_at__gt=at),
            Q(authorizations__ends_on=None) | Q(authorizations__ends_on__gt=today),
        )
        return self.annotate(
            customers=Count(
                "authorizations__customer",
                distinct=True,
                filter=Q(*held, authorizations__granted_at__lte=at),
            )
        ).filter(customers__gte=COVERED_ENTITY)


class Stops(QuerySet[Any, Any]):
    def unconfirmed(self, *, at: datetime) -> Self:
        """Emergency stops that no second person confirmed within a day: red, and in force."""
        return self.in_force().filter(
            customer=None, confirmed_at=None, stopped_at__lt=at - timedelta(days=1)
        )

    def in_force(self) -> Self:
        return self.filter(lifted_at=None)

    def holding(self, customer: Customer) -> Self:
        """Stops in force that hold back what is about her, hers or for everyone; newest last."""
        held = self.in_force().filter(Q(customer=None) | Q(customer=customer))
        return held.order_by("stopped_at")

    def against(self, third_party: ThirdParty, *, customer: Customer | None = None) -> Self:
        """Stops that hold for everyone, and those for this customer."""
        whom = Q(customer=None) if customer is None else Q(customer=None) | Q(customer=customer)
        return self.filter(whom, third_party=third_party)


class Findings(QuerySet[Any, Any]):
    def waiting(self) -> Self:
        """Findings nobody acted on yet: a second person stops the third party, or drops it."""
        return self.filter(dropped_at=None, stops=None)


def _told(demand: str) -> Q:
    """What she may see: not what left under an order that bars telling her, while it lasts."""
    return (
        Q(**{demand: None})
        | Q(**{f"{demand}__gag_order": ""})
        | Q(**{f"{demand}__gag_ended_at__isnull": False})
    )


class Disclosures(QuerySet[Any, Any]):
    def of(self, customer: Customer) -> Self:
        """Every disclosure this customer was part of, with or without her consent (6.4–6.9)."""
        return self.filter(_told("demand"), members__customer=customer)

    def gone(self) -> Self:
        """What went, or may have: allowed, and not written down as having stayed.

        It is recorded before the key goes and stamped after: a crash in between leaves neither
        stamp. gone_at: when it went, at the earliest. Packages that wait have no disclosure yet.
        """
        return self.filter(allowed=True, not_handed_over_at=None).annotate(
            gone_at=Coalesce("handed_over_at", "at")
        )


class DisclosureMembers(OfCustomer):
    def of(self, customer: Customer) -> Self:
        """Her part in every disclosure but those an order bars telling her of (R40, R41)."""
        return super().of(customer).filter(_told("disclosure__demand"))

    def gone(self) -> Self:
        """Her part in what went, or may have, with its gone_at (Disclosures.gone)."""
        return self.filter(disclosure__allowed=True, disclosure__not_handed_over_at=None).annotate(
            gone_at=Coalesce("disclosure__handed_over_at", "disclosure__at")
        )
