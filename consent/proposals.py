"""What would go to whom, gathered: who gets what about whom, for which purpose, resting on what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from consent.models import Authorization, Contract, Demand, Package, ThirdParty
from usage import categories
from usage.granularity import Granularity
from usage.models import Customer, Purpose, ServiceAgreement


@dataclass(frozen=True)
class About:
    """One customer in a proposal: which agreements, resting on which authorization if any."""

    customer: Customer
    agreements: tuple[ServiceAgreement, ...]
    authorization: Authorization | None = None


@dataclass(frozen=True)
class Proposal:
    """What would go to whom. Days are local and both included."""

    third_party: ThirdParty
    purpose: Purpose
    categories: tuple[str, ...]
    first_day: date
    last_day: date
    about: tuple[About, ...]
    contract: Contract | None = None
    granularity: Granularity = Granularity.AS_MEASURED
    demand: Demand | None = None

    @property
    def digest(self) -> bytes:
        """The hash of all of it: a package goes only with the very proposal it was packed for."""
        whole = [
            self.third_party.pk,
            self.purpose.pk,
            self.contract.pk if self.contract else "-",
            self.demand.pk if self.demand else "-",
            self.first_day,
            self.last_day,
            self.granularity,
            *self.categories,
        ]
        for about in sorted(self.about, key=lambda about: about.customer.pk):
            whole += [
                about.customer.pk,
                about.authorization.pk if about.authorization else "-",
                *sorted(agreement.pk for agreement in about.agreements),
            ]
        return sha256(" ".join(str(part) for part in whole).encode()).digest()

    @property
    def many(self) -> bool:
        """Whether it is about several customers who were not each asked: that needs two people.

        A demand has its own second person, who reviews it (CPUC Rule 4(c)(1)).
        """
        unasked = any(about.authorization is None for about in self.about)
        return len(self.about) > 1 and unasked and self.demand is None

    @property
    def once(self) -> list[UUID]:
        """The one-time authorizations it would use up."""
        held = [about.authorization for about in self.about if about.authorization]
        return sorted(authorization.pk for authorization in held if authorization.once)


def gather(authorization: Authorization, *, first_day: date, last_day: date) -> Proposal:
    """Propose what one authorization lets its third party have, in a window of days."""
    agreements = tuple(authorization.agreements.order_by("pk"))
    return Proposal(
        third_party=authorization.third_party,
        purpose=authorization.purpose,
        categories=packable(authorization.categories),
        first_day=max(first_day, authorization.history_from),
        last_day=last_day,
        about=(About(authorization.customer, agreements, authorization),),
        granularity=Granularity(authorization.granularity),
    )


def gather_for_contract(
    contract: Contract, customers: Iterable[Customer], *, first_day: date, last_day: date
) -> Proposal:
    """Propose what a contract or order lets its third party have about these customers."""
    return Proposal(
        third_party=contract.third_party,
        purpose=contract.purpose,
        categories=packable(contract.words.categories),
        first_day=first_day,
        last_day=last_day,
        about=tuple(
            About(customer, tuple(customer.agreements.order_by("pk"))) for customer in customers
        ),
        contract=contract,
        granularity=Granularity(contract.words.granularity),
    )


def of(package: Package) -> Proposal:
    """Return what a package was packed for, read back from the package itself."""
    members = list(package.members.select_related("customer", "authorization"))
    agreements = ServiceAgreement.objects.in_bulk(
        {pk for held in members for pk in held.agreements}
    )
    return Proposal(
        third_party=package.third_party,
        purpose=package.purpose,
        categories=tuple(package.categories),
        first_day=package.first_day,
        last_day=package.last_day,
        about=tuple(
            About(
                held.customer,
                tuple(agreements[pk] for pk in held.agreements if pk in agreements),
                held.authorization,
            )
            for held in members
        ),
        contract=package.contract,
        demand=package.demand,
        granularity=Granularity(package.granularity),
    )


def packable(kinds: Iterable[str]) -> tuple[str, ...]:
    """What of these a package can hold: no more is proposed, decided or recorded than goes."""
    return tuple(sorted(set(kinds) & set(categories.READINGS)))
