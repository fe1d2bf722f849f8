"""The place a page is about, when a customer has several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from usage import history
from usage.models import ServiceAgreement
from usage.requests import CustomerRequest


@dataclass(frozen=True, slots=True)
class Place:
    """The customer's agreements, and the one she looks at: the one asked for, or the newest."""

    agreements: list[ServiceAgreement]
    agreement: ServiceAgreement | None
    query: str

    def over(self, first: date, after: date) -> ServiceAgreement:
        """Return the agreement if any of these days lies in it, else answer 404."""
        if self.agreement is None or not history.covers(self.agreement, first, after):
            raise Http404
        return self.agreement

    def reaches(self, first: date, after: date) -> bool:
        """Whether there may be readings of these days: in the agreement and not to come."""
        return (
            self.agreement is not None
            and first < timezone.localdate()
            and history.covers(self.agreement, first, after)
        )

    def href(self, name: str, *args: int) -> str:
        return reverse(name, args=args) + self.query


def place_of(request: CustomerRequest) -> Place:
    """Read ?place=…; somebody else's place is a 404 like one that does not exist."""
    agreements = list(ServiceAgreement.objects.of(request.customer).newest_first())
    asked = request.GET.get("place")
    if asked is None:
        return Place(agreements, agreements[0] if agreements else None, "")
    for agreement in agreements:
        if str(agreement.pk) == asked:
            return Place(agreements, agreement, f"?place={asked}")
    raise Http404
