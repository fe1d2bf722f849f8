"""Demands by law and requests for data: recorded, reviewed, told of, contested, closed.

CPUC Rules 4(c) and 4(d): who is named, who reviewed it, that the customer was told of a subpoena
and had seven days. Whether anything may leave is consent.policy's to say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from consent.models import Demand, DemandedCustomer, DisclosureMember, ThirdParty
from consent.proposals import About, Proposal, packable
from notices import deliveries, failures
from notices.models import Delivery
from usage import categories as kinds
from usage import purposes
from usage.models import Category, Customer, Purpose

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
WITHIN = timedelta(days=3)


class Refused(Exception):
    """It was not recorded. The sentence says why and names the rule."""


@transaction.atomic
def record(
    *,
    process: Demand.Process,
    third_party: ThirdParty,
    reference: str,
    customers: Collection[Customer],
    categories: Collection[str],
    first_day: date,
    last_day: date,
    reason: str = "",
    gag_order: str = "",
    received_at: datetime,
    by: User,
    at: datetime,
) -> Demand:
    """Record a demand or request with the customers it names. Nothing leaves by that."""
    if process == Demand.Process.EMERGENCY and not reason.strip():
        raise Refused(_("An emergency needs its reason in writing (CPUC Rule 4(d))."))
    if process != Demand.Process.EMERGENCY and not reference.strip():
        raise Refused(_("A demand has its case or request number (CPUC Rule 4(c)(1))."))
    if not customers:
        raise Refused(_("Name the customers it names: no other is disclosed (CPUC Rule 4(c)(1))."))
    if not categories:
        raise Refused(_("Say which kinds of information it demands (PRIME-07 5.3)."))
    if last_day < first_day:
        raise Refused(_("The last day comes after the first."))
    if received_at > at:
        raise Refused(_("A demand was received before it is recorded."))
    made = Demand.objects.create(
        process=process,
        third_party=third_party,
        reference=reference,
        reason=reason,
        categories=sorted(categories),
        first_day=first_day,
        last_day=last_day,
        gag_order=gag_order,
        received_at=received_at,
        recorded_at=at,
        recorded_by=by,
    )
    DemandedCustomer.objects.bulk_create(
        DemandedCustomer(demand=made, customer=customer) for customer in customers
    )
    return made


@transaction.atomic
def review(demand: Demand, *, note: str, by: User, at: datetime) -> Demand:
    """Record that a second person found it lawful. The customers of a subpoena are told now."""
    locked = _open(demand)
    if locked.recorded_by_id == by.pk:
        raise Refused(_("A second person reviews a demand (CPUC Rule 4(c)(1))."))
    if not note.strip():
        raise Refused(_("Say what was reviewed, and what came of it."))
    if locked.reviewed_at is None:
        locked.reviewed_at, locked.reviewed_by, locked.review = at, by, note
        locked.save(update_fields=["reviewed_at", "reviewed_by", "review"])
        if locked.process == Demand.Process.SUBPOENA and not locked.gag_order:
            _tell(locked, at=at)
    return locked


def to_review() -> QuerySet[Demand]:
    """Open demands nothing leaves on until a second person has reviewed them, oldest first."""
    unasked = (Demand.Process.EMERGENCY, Demand.Process.OWNER)
    waiting = Demand.objects.filter(reviewed_at=None, closed_at=None).exclude(process__in=unasked)
    return waiting.order_by("received_at")


def to_check() -> QuerySet[Demand]:
    """Emergencies that no second person has looked at afterwards (CPUC Rule 4(d))."""
    emergencies = Demand.objects.filter(process=Demand.Process.EMERGENCY, checked_at=None)
    return emergencies.order_by("received_at")


@transaction.atomic
def check(demand: Demand, *, note: str, by: User, at: datetime) -> Demand:
    """Look at an emergency afterwards, as a second person (CPUC Rule 4(d))."""
    locked: Demand = Demand.objects.select_for_update(no_key=True).get(pk=demand.pk)
    if locked.process != Demand.Process.EMERGENCY:
        raise Refused(_("Only an emergency is reviewed afterwards (CPUC Rule 4(d))."))
    if locked.recorded_by_id == by.pk:
        raise Refused(_("A second person reviews an emergency afterwards (CPUC Rule 4(d))."))
    if not note.strip():
        raise Refused(_("Say what was reviewed, and what came of it."))
    if locked.checked_at is None:
        locked.checked_at, locked.checked_by, locked.check_note = at, by, note
        locked.save(update_fields=["checked_at", "checked_by", "check_note"])
    return locked


def contest(named: DemandedCustomer, *, at: datetime) -> None:
    """Record that the customer contests it: nothing leaves until that has ended."""
    DemandedCustomer.objects.filter(pk=named.pk, contested_at=None).update(contested_at=at)


def end_contest(named: DemandedCustomer, *, at: datetime) -> None:
    """Record that a court decided, or that she contests it no longer."""
    DemandedCustomer.objects.filter(
        pk=named.pk, contested_at__isnull=False, contest_ended_at=None
    ).update(contest_ended_at=at)


@transaction.atomic
def end_gag(demand: Demand, *, at: datetime) -> None:
    """Record that the order no longer bars telling: the customers now see what left.

    A subpoena they were not told of and that is still open is told to them, and their seven days
    begin. Of one that is closed they are told what left, if anything did.
    """
    locked: Demand = Demand.objects.select_for_update(no_key=True).get(pk=demand.pk)
    if not locked.gag_order or locked.gag_ended_at:
        return
    locked.gag_ended_at = at
    locked.save(update_fields=["gag_ended_at"])
    if locked.process == Demand.Process.SUBPOENA and locked.reviewed_at:
        _tell(locked, at=at)


@transaction.atomic
def close(demand: Demand, *, outcome: str, by: User, at: datetime) -> Demand:
    """End work on it: answered, withdrawn or refused. Nothing leaves under it any more.

    What its customers were still to be told of it is called off (`call_off`).
    """
    locked = _open(demand)
    if not outcome.strip():
        raise Refused(_("Say what came of it."))
    locked.closed_at, locked.closed_by, locked.outcome = at, by, outcome
    locked.save(update_fields=["closed_at", "closed_by", "outcome"])
    _call_off(locked, at=at)
    return locked


def call_off(*, at: datetime) -> int:
    """Call off what is still owed of demands that are closed: what it says is no longer so.

    It tells of data that may leave, and of seven days to contest that (CPUC Rule 4(c)(2)); of a
    closed demand neither is true, and nobody needs the fright. Who was told already was told; who
    is told that data did leave is told. An e-mail that came back after the end goes by no letter.
    """
    owed = Delivery.objects.owed().filter(key__startswith=f"{Demand.TOLD}:")
    named = {str(key).split(":")[1] for key in owed.values_list("key", flat=True)}
    closed = Demand.objects.filter(pk__in=named, closed_at__isnull=False)
    return sum(_call_off(each, at=at) for each in closed)


def called_off(demand: Demand) -> set[UUID]:
    """Return the customers it names whose notice of it was called off."""
    stopped = Delivery.objects.filter(
        key__startswith=demand.told_key, failure=Delivery.Failure.CALLED_OFF
    )
    return set(stopped.values_list("customer_id", flat=True))


def gather(demand: Demand) -> Proposal:
    """Propose what a demand asks for, about the customers it names.

    Contact details go on paper (disclosures.tell); readings in a package.
    """
    asked = (
        tuple(demand.categories)
        if demand.process == Demand.Process.CONTACT_ONLY
        else packable(demand.categories)
    )
    named = demand.customers.select_related("customer").order_by("customer_id")
    return Proposal(
        third_party=demand.third_party,
        purpose=Purpose.objects.get(key=purposes.MEET_LEGAL_DUTIES),
        categories=asked,
        first_day=demand.first_day,
        last_day=demand.last_day,
        about=tuple(
            About(one.customer, tuple(one.customer.agreements.order_by("pk"))) for one in named
        ),
        demand=demand,
    )


def contact_details(named: DemandedCustomer) -> dict[str, str]:
    """Return what a demand for contact details gets of one customer, by its English headings.

    For whoever hands them over, once the disclosure is recorded.
    """
    asked, customer, said = set(named.demand.categories), named.customer, {}
    if kinds.ACCOUNT_IDENTITY in asked:
        said["Name"] = customer.name
    if kinds.CONTACT in asked:
        said |= {
            "Address": customer.mailing_address,
            "E-mail": customer.email,
            "Telephone": customer.telephone,
        }
    return {what: value for what, value in said.items() if value}


def _open(demand: Demand) -> Demand:
    locked: Demand = Demand.objects.select_for_update(no_key=True).get(pk=demand.pk)
    if locked.closed_at:
        raise Refused(_("This demand is closed."))
    return locked


def _call_off(demand: Demand, *, at: datetime) -> int:
    owed = Delivery.objects.filter(key__startswith=demand.told_key)
    return failures.call_off(
        owed.exclude(customer__in=_left(demand)), detail="demand closed", at=at
    )


def _left(demand: Demand) -> set[UUID]:
    """Return the customers about whom something left under a demand, or may have."""
    gone = DisclosureMember.objects.gone().filter(disclosure__demand=demand)
    return set(gone.values_list("customer_id", flat=True))


def _tell(demand: Demand, *, at: datetime) -> None:
    """Owe each customer the written notice of a subpoena (CPUC Rule 4(c)(2)).

    Of one that is closed, only those about whom something left while an order barred telling.
    """
    left = _left(demand)
    for named in demand.customers.select_related("customer"):
        if demand.closed_at and named.customer_id not in left:
            continue
        language = named.customer.language
        with translation.override(language):
            asked = [kind.name for kind in Category.objects.filter(key__in=demand.categories)]
            address = reverse("consent:disclosures")
        deliveries.owe(
            named.customer,
            kind=Delivery.Kind.ALERT,
            key=demand.told_key,
            name="subpoena",
            context={
                "demand": demand,
                "who": demand.third_party.words.legal_name,
                "categories": asked,
                "left": named.customer_id in left,
                "address": settings.PORTAL_ORIGIN + address,
            },
            at=at,
            due_on=timezone.localdate(at + WITHIN),
        )


BY_LAW = (
    Demand.Process.WARRANT,
    Demand.Process.COURT_ORDER,
    Demand.Process.SUBPOENA,
    Demand.Process.CONTACT_ONLY,
    Demand.Process.EMERGENCY,
)
"""What the yearly report counts (CPUC Rule 4(c)(6)): legal process and emergencies."""


@dataclass(frozen=True)
class Counts:
    """The yearly figures: numbers alone, nobody's name (R44)."""

    received: dict[str, int]
    customers: int

    @property
    def demands(self) -> int:
        return sum(self.received.values())


def counts(year: int, *, leaving_out: Collection[UUID] = ()) -> Counts:
    """Count the demands received in a year and the customers whose records were disclosed in it.

    A year is Pacific. A customer counts once, however often and under how many demands.
    leaving_out: demands that were entered in error; what left under one still left.
    """
    span = (
        datetime(year, 1, 1, tzinfo=PACIFIC),
        datetime(year + 1, 1, 1, tzinfo=PACIFIC),
    )
    received = Demand.objects.filter(
        process__in=BY_LAW, received_at__gte=span[0], received_at__lt=span[1]
    ).exclude(pk__in=leaving_out)
    number = dict.fromkeys((process.value for process in BY_LAW), 0)
    for process in received.values_list("process", flat=True):
        number[process] += 1
    gone = DisclosureMember.objects.gone().filter(
        disclosure__demand__process__in=BY_LAW, gone_at__gte=span[0], gone_at__lt=span[1]
    )
    return Counts(number, gone.values("customer").distinct().count())
