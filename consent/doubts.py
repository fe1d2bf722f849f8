"""Disclosures that ought not to be there: each question of the board, and the rows it counts.

All are asked of what went, or may have (Disclosures.gone). What the law demands (4.4) and what
the CPUC gets for its oversight (4.3) stand apart from stops, contracts and authorizations
(consent.policy).
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.facts import CONTRACT_CLAUSES, ONWARD_CLAUSES
from consent.models import Contract, ContractVersion, Disclosure, DisclosureMember, Stop
from usage.granularity import Granularity
from usage.models import Purpose

PACIFIC = ZoneInfo("America/Los_Angeles")


def _with(members: QuerySet[DisclosureMember]) -> QuerySet[Disclosure]:
    """What went, or may have, and has such a member."""
    gone: QuerySet[Disclosure] = Disclosure.objects.gone()
    return gone.filter(Exists(members.filter(disclosure=OuterRef("pk"))))


def wider() -> QuerySet[Disclosure]:
    """Rested on an authorization, and held a category or a day it does not name (5.3)."""
    named = DisclosureMember.objects.filter(authorization__isnull=False)
    return _with(
        named.filter(
            ~Q(disclosure__categories__contained_by=F("authorization__categories"))
            | Q(disclosure__first_day__lt=F("authorization__history_from"))
        )
    )


FINENESS = {fine: place for place, fine in enumerate(Granularity)}
"""From coarse to fine, as the database compares it."""


def _fineness(column: str) -> Case:
    """How fine a column says it is; nothing where it says nothing."""
    said = (When(**{column: fine, "then": Value(place)}) for fine, place in FINENESS.items())
    return Case(*said, output_field=SmallIntegerField())


def finer() -> QuerySet[Disclosure]:
    """Held readings in shorter intervals than an authorization it rested on, or its contract as it
    was worded then, lets go (5.3, 6.5, 6.9). A demand by law names days and kinds alone."""
    named = DisclosureMember.objects.annotate(
        went=_fineness("disclosure__granularity"), may=_fineness("authorization__granularity")
    )
    worded = ContractVersion.objects.filter(
        contract=OuterRef("contract"), recorded_at__lte=OuterRef("at")
    ).annotate(may=_fineness("granularity"))
    gone: QuerySet[Disclosure] = Disclosure.objects.gone()
    asked = gone.annotate(
        went=_fineness("granularity"),
        may=Subquery(worded.order_by("-number").values("may")[:1]),
        than_she_said=Exists(named.filter(disclosure=OuterRef("pk"), went__gt=F("may"))),
    )
    return asked.filter(Q(than_she_said=True) | Q(went__gt=F("may")))


def without_contract() -> QuerySet[Disclosure]:
    """By 6.4 to 6.6, and no contract or order was in force that says what it must (6.5 to 6.7).

    Asked of the contract as it was worded when it was decided. What a recipient passes on rests on
    its own contract; what that one was received under is asked of the disclosure it came by.
    """
    worded = ContractVersion.objects.filter(
        contract=OuterRef("contract"), recorded_at__lte=OuterRef("at")
    ).order_by("-number")
    sound = ContractVersion.objects.filter(
        _says_enough(),
        Q(ends_on=None) | Q(ends_on__gt=OuterRef("decided_on")),
        Q(contract__ended_at=None) | Q(contract__ended_at__gt=OuterRef("at")),
        pk=OuterRef("worded"),
        starts_on__lte=OuterRef("decided_on"),
    )
    gone: QuerySet[Disclosure] = Disclosure.objects.gone()
    asked = gone.annotate(
        decided_on=TruncDate("at", tzinfo=PACIFIC), worded=Subquery(worded.values("pk")[:1])
    )
    return asked.filter(~Exists(sound), clause__in=("6.4", "6.5", "6.6"))


def _says_enough() -> Q:
    """Whether a version has every protective clause its standing needs (consent.facts)."""
    orders = (
        Contract.Standing.CPUC_CONTRACT,
        Contract.Standing.GOVERNMENT_PROGRAM,
        Contract.Standing.CPUC_ORDER,
    )
    freed = [clause for clause in CONTRACT_CLAUSES if clause != "material_breach"]
    return (
        Q(contract__standing__in=orders)
        | Q(contract__standing=Contract.Standing.ONWARD, clauses__contains=list(ONWARD_CLAUSES))
        | Q(
            contract__standing=Contract.Standing.PRIMARY_PURPOSE,
            clauses__contains=list(CONTRACT_CLAUSES),
        )
        | Q(
            ~Q(breach_order=""),
            contract__standing=Contract.Standing.PRIMARY_PURPOSE,
            clauses__contains=freed,
        )
    )


def secondary_by_contract() -> QuerySet[Disclosure]:
    """For a secondary purpose, and neither she nor the CPUC said so: a contract did (4.5, 6.5)."""
    gone: QuerySet[Disclosure] = Disclosure.objects.gone()
    contracts = (Contract.Standing.PRIMARY_PURPOSE, Contract.Standing.ONWARD)
    return gone.filter(
        clause__in=("6.5", "6.6"),
        contract__standing__in=contracts,
        purpose__kind=Purpose.Kind.SECONDARY,
    )


def while_stopped() -> QuerySet[Disclosure]:
    """While a stop held for the third party, or for a customer in it (6.8)."""
    gone_at = OuterRef("gone_at")
    held = Stop.objects.filter(
        Q(lifted_at=None) | Q(lifted_at__gt=gone_at),
        Q(customer=None) | Q(customer=OuterRef("customer")),
        third_party=OuterRef("disclosure__third_party"),
        stopped_at__lt=gone_at,
    )
    gone = DisclosureMember.objects.gone().filter(disclosure__clause__startswith="6.")
    return _with(gone.filter(Exists(held)))


def without_basis() -> QuerySet[Disclosure]:
    """By authorization, and a customer in it had none in force when it was decided (6.9).

    None in force: not granted yet, canceled, past its last day, used up by another disclosure, or
    not hers, not for this third party, not for this purpose.
    """
    decided = F("disclosure__at")
    sound = Q(
        Q(authorization__canceled_at=None) | Q(authorization__canceled_at__gt=decided),
        Q(authorization__ends_on=None)
        | Q(authorization__ends_on__gt=TruncDate("disclosure__at", tzinfo=PACIFIC)),
        Q(authorization__once=False)
        | Q(authorization__used_at=None)
        | Q(authorization__used_at__gte=decided),
        authorization__granted_at__lte=decided,
        authorization__customer=F("customer"),
        authorization__third_party=F("disclosure__third_party"),
        authorization__purpose=F("disclosure__purpose"),
    )
    named = DisclosureMember.objects.filter(disclosure__clause="6.9")
    return _with(named.exclude(pk__in=named.filter(sound).values("pk")))


def after_cancel() -> QuerySet[Disclosure]:
    """Under an authorization that was canceled before it was handed over (6.10)."""
    gone = DisclosureMember.objects.gone()
    return _with(gone.filter(gone_at__gt=F("authorization__canceled_at")))


QUESTIONS: dict[str, tuple[Promise | str, Callable[[], QuerySet[Disclosure]]]] = {
    "wider": (_("wider than the authorization"), wider),
    "finer": (_("finer than the authorization or contract"), finer),
    "without_contract": (
        _("by 6.4 to 6.6 without a sound contract or order in force"),
        without_contract,
    ),
    "secondary_by_contract": (
        _("for a secondary purpose by a contract alone"),
        secondary_by_contract,
    ),
    "while_stopped": (_("while a stop was in force"), while_stopped),
    "without_basis": (_("by 6.9 without an authorization in force"), without_basis),
    "after_cancel": (_("after a cancel"), after_cancel),
}
"""What the list of disclosures can be narrowed to, and what the board counts."""
