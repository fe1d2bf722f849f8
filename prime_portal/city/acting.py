"""Who acts for whom in the demo city: a household member, a telephone call, a no, an end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from consent import accesses, authorizations, receipts
from consent.authorizations import Terms
from consent.models import StatedUse
from consent.wishes import Heard
from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage.granularity import Granularity
from usage.intervals import ZONE
from usage.models import Access, Customer, ServiceAgreement, Via


def household(customer: Customer, *, holder: User, member: User, when: Calendar) -> None:
    """The holder invites somebody who lives with her, to look and not to grant."""
    invitation = accesses.invite(
        customer,
        email=member.email,
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="Vive conmigo",
        ends_on=None,
        language=member.language,
        by=holder,
        via=Via.PORTAL,
        at=when.ago(75),
    )
    accesses.accept(invitation, by=member, addresses=[member.email], at=when.ago(74))


def by_telephone(customer: Customer, use: StatedUse, *, clerk: User, when: Calendar) -> None:
    """She calls and allows hours for seventy days; twenty are left, so she has been told."""
    at = when.ago(50)
    terms = Terms(
        use=use,
        agreements=tuple(ServiceAgreement.objects.of(customer)),
        categories=tuple(use.categories),
        history_from=at.astimezone(ZONE).date(),
        granularity=Granularity.HOURLY,
        ends_on=at.astimezone(ZONE).date() + timedelta(days=70),
    )
    shown = authorizations.read_back(customer, terms, language=customer.language, at=at)
    authorizations.grant(
        customer,
        terms,
        shown_sha256=shown.sha256,
        request_key=uuid4(),
        language=customer.language,
        by=clerk,
        via=Via.PHONE,
        at=at,
        heard=Heard(
            speaker=customer.name,
            identity="Called back at the number on file",
            reference="call 0417",
            received_at=at - timedelta(minutes=10),
        ),
    )


def declined(customer: Customer, use: StatedUse, *, by: User, when: Calendar) -> None:
    """She looked at it, and said no."""
    authorizations.decline(
        customer, use, request_key=uuid4(), by=by, via=Via.PORTAL, at=when.ago(60)
    )


def ended(when: Calendar) -> None:
    """Whatever ended in its time has its receipt."""
    receipts.give_ended(at=when.ago(55))
