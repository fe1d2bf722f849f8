"""Questions asked of Covered Information, each starting from the customer."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from usage import categories

if TYPE_CHECKING:
    from prime_portal.models import User
    from usage.models import Customer, Dispute, ServiceAgreement


class OfCustomer(QuerySet[Any, Any]):
    """Rows that belong to a customer. Views ask `.of(request.customer)` and nothing else."""

    def of(self, customer: Customer) -> Self:
        return self.filter(customer=customer)


class ServiceAgreements(OfCustomer):
    def in_force(self, *, at: datetime) -> Self:
        """Agreements whose half-open instants hold `at`."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)

    def newest_first(self) -> Self:
        return self.select_related("service_point").order_by(
            F("ends_at").desc(nulls_first=True), "-starts_at"
        )


class Access(OfCustomer):
    def of_user(self, user: User) -> Self:
        return self.filter(user=user)

    def in_force(self, *, at: datetime) -> Self:
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), ended_at=None, starts_at__lte=at)


class Cases(OfCustomer):
    def live(self, *, at: datetime) -> Self:
        """Those in which staff may look now."""
        return self.filter(opened_at__lte=at, expires_at__gt=at, closed_at=None)

    def to_review(self) -> Self:
        """Opened without the right to, and looked into by no second person yet."""
        return self.filter(broke_glass=True, reviewed_at=None)


class Disputes(OfCustomer):
    def with_state(self) -> Self:
        """Annotate `newest`, the kind of the newest event (None before any), `due`, and `since`,
        the moment from which it stands so."""
        events = self.model.events.rel.related_model.objects.filter(dispute=OuterRef("pk"))
        newest_first = events.order_by("-number")
        return self.annotate(
            newest=Subquery(newest_first.values("kind")[:1]),
            since=Coalesce(Subquery(newest_first.values("at")[:1]), F("raised_at")),
            due=Coalesce(
                Subquery(newest_first.filter(kind="replied").values("due_on")[:1]), F("due_on")
            ),
        )

    def open(self) -> Self:
        """Not closed, or taken up again since."""
        return self.with_state().filter(~Q(newest="closed") | Q(newest=None))

    def holding(self) -> Self:
        """Open, and not only a question: until it is closed nothing of hers is let go of."""
        return self.open().exclude(kind="question")

    def waiting(self) -> Self:
        """Those in which the next word is PRIME's."""
        return self.with_state().filter(Q(newest=None) | Q(newest="replied"))

    def overdue(self, *, on: date) -> Self:
        return self.waiting().filter(due__lt=on)

    def marking(self, *kinds: str) -> Self:
        """Those not settled yet in which she says that one of these kinds is wrong on some days.

        What she says of a bill marks the bill and no reading, and the other way round.
        """
        said = self.open().filter(kind="dispute", category__in=kinds, first_day__isnull=False)
        return said.order_by("first_day", "last_day")

    def about(self, agreement: ServiceAgreement, first: date, after: date) -> list[Dispute]:
        """Those not settled yet in which she says that readings of these days are wrong."""
        found = self.marking(*categories.READINGS).filter(agreement=agreement)
        return list(found.filter(first_day__lt=after, last_day__gte=first))
