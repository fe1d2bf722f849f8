"""Household members and representatives: invited, let in, and ended (6.9, 6.10).

Each has a sign-in of their own, a scope, a proof and, where it fits, an end. The others are told
of every change by e-mail. Whoever is removed is told nothing and gets nothing more, for it may
be somebody a customer is afraid of: no new address or name ever reaches them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from consent.models import Invitation
from notices import deliveries, edelivery
from notices.models import Delivery, EDeliveryConsent
from usage.models import Access, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
LIVES = timedelta(days=14)
LONGEST = timedelta(days=3 * 366)
AT_ONCE = 10
"""So many open invitations at most: an invitation is a mail to somebody else."""


class Refused(Exception):
    """Nothing was changed. The sentence says why."""


@transaction.atomic
def invite(
    customer: Customer,
    *,
    email: str,
    capacity: Access.Capacity,
    scope: Access.Scope,
    proof: str,
    ends_on: date | None,
    language: str,
    by: User,
    via: Via,
    at: datetime,
) -> Invitation:
    """Ask somebody to act for this customer. Nothing is open to them before they accept."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    today = at.astimezone(PACIFIC).date()
    if capacity == Access.Capacity.HOLDER:
        raise Refused(_("An account holder proves the account with a code from a letter."))
    if capacity == Access.Capacity.REPRESENTATIVE and ends_on is None:
        raise Refused(_("Choose a last day: a representative acts for a time."))
    if ends_on and not today < ends_on <= today + LONGEST:
        raise Refused(_("Choose a last day from today on, within three years."))
    waiting = Invitation.objects.of(customer).open(at=at)
    if waiting.count() >= AT_ONCE:
        raise Refused(_("Too many invitations are open. Withdraw one first."))
    waiting.filter(email__iexact=email).update(withdrawn_at=at, withdrawn_by=by)
    invitation = Invitation.objects.create(
        customer=customer,
        email=email,
        capacity=capacity,
        scope=scope,
        proof=proof,
        ends_on=ends_on,
        language=language,
        invited_at=at,
        invited_by=by,
        via=via,
        expires_at=at + LIVES,
    )
    with translation.override(language):
        address = settings.PORTAL_ORIGIN + reverse("invited", args=[invitation.pk])
    _owe(
        customer,
        key=f"invited:{invitation.pk.hex}",
        name="invited",
        context={"address": address, "expires_at": invitation.expires_at},
        to=email,
        language=language,
        at=at,
    )
    return invitation


def withdraw(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Take an invitation back. One that was accepted stays; its access is ended instead."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=at, withdrawn_by=by
    )


@transaction.atomic
def accept(
    invitation: Invitation, *, by: User, addresses: Collection[str], at: datetime
) -> Access | None:
    """Let this person act for the customer, if it was sent to one of their verified addresses.

    One winner: None if it was withdrawn, is too old, was accepted, or is somebody else's.
    """
    if invitation.email.lower() not in {address.lower() for address in addresses}:
        return None
    won = (
        Invitation.objects.filter(pk=invitation.pk)
        .open(at=at)
        .update(accepted_at=at, accepted_by=by)
    )
    if not won:
        return None
    customer: Customer = invitation.customer
    held: Access | None = Access.objects.of(customer).of_user(by).filter(ended_at=None).first()
    if held:
        return held
    ends = invitation.ends_on
    access: Access = Access.objects.create(
        user=by,
        customer=customer,
        capacity=invitation.capacity,
        scope=invitation.scope,
        proof=f"invitation {invitation.pk}",
        starts_at=at,
        ends_at=datetime(ends.year, ends.month, ends.day, tzinfo=PACIFIC) if ends else None,
    )
    _tell(access, "access_began", but=(by,), at=at)
    return access


@transaction.atomic
def end(access: Access, *, by: User, at: datetime) -> Access:
    """End it now. Ending again changes nothing. Mail that went to their address goes by letter."""
    locked: Access = Access.objects.select_for_update(no_key=True).get(pk=access.pk)
    if locked.ended_at is None:
        locked.ended_at, locked.ended_by = at, by
        locked.save(update_fields=["ended_at", "ended_by"])
        customer: Customer = locked.customer
        agreed = EDeliveryConsent.objects.address_of(customer)
        if agreed and agreed.lower() == locked.user.email.lower():
            edelivery.withdraw(customer, by=by, at=at)
        Invitation.objects.of(customer).open(at=at).filter(email__iexact=locked.user.email).update(
            withdrawn_at=at, withdrawn_by=by
        )
        _tell(locked, "access_ended", but=(by, locked.user), at=at)
    return locked


def may_end(mine: Access, other: Access) -> bool:
    """A holder ends others' access, but not another holder's: that goes through staff."""
    if mine.pk == other.pk:
        return True
    holder = Access.Capacity.HOLDER
    return mine.capacity == holder and other.capacity != holder


def tell_others(
    customer: Customer, name: str, *, about: str, by: User, context: dict[str, Any], at: datetime
) -> None:
    """Tell everybody else who acts for this customer what one of them did. about: a short key."""
    for access in Access.objects.of(customer).in_force(at=at).exclude(user=by):
        _owe(
            customer,
            key=f"{about}:{access.user_id.hex[-16:]}",
            name=name,
            context={**context, "by": by},
            to=access.user.email,
            language=access.user.language,
            at=at,
        )


def _tell(changed: Access, name: str, *, but: tuple[User, ...], at: datetime) -> None:
    others = Access.objects.of(changed.customer).in_force(at=at)
    for other in others.exclude(user__in=but).select_related("user"):
        with translation.override(other.user.language):
            address = settings.PORTAL_ORIGIN + reverse("consent:people")
        _owe(
            changed.customer,
            key=f"{name}:{changed.pk.hex}:{other.user_id.hex[-16:]}",
            name=name,
            context={"access": changed, "address": address},
            to=other.user.email,
            language=other.user.language,
            at=at,
        )


def _owe(
    customer: Customer,
    *,
    key: str,
    name: str,
    context: dict[str, Any],
    to: str,
    language: str,
    at: datetime,
) -> Delivery:
    return deliveries.owe(
        customer,
        kind=Delivery.Kind.ALERT,
        key=key,
        name=name,
        context=context,
        at=at,
        due_on=at.astimezone(PACIFIC).date() + timedelta(days=3),
        medium=Delivery.Medium.EMAIL,
        to=to,
        language=language,
    )
