"""Staff of the demo: who was trained until when, and whose information they looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage import cases, training
from usage.models import Case, Customer

COURSE = "Handling Covered Information (PRIME-07)"


def trained(staff: Sequence[User], when: Calendar) -> None:
    """Everybody for most of a year; one only for some weeks more, so that she is reminded."""
    official, deputy, *others = staff
    for number, person in enumerate([official, deputy, *others]):
        left = 20 if number == 3 else 280
        training.attest(
            person=person,
            course=COURSE,
            trained_on=when.today - timedelta(days=365 - left),
            expires_on=when.today + timedelta(days=left),
            by=deputy if person == official else official,
            at=when.ago(30),
        )


def attested(when: Calendar, *, by: User) -> None:
    """Who works for PRIME says its people were trained, one not for long; one never said so."""
    for key, employer, left in (
        ("solar-sample", "Solar Sample (fictitious)", 265),
        ("forecast-placeholder", "Forecast Placeholder (fictitious)", 230),
        ("backoffice-placeholder", "Backoffice Placeholder (fictitious)", 250),
        ("mailhouse-muster", "Mailhouse Muster (fictitious)", 200),
        ("scheduler-sample", "Scheduler Sample (fictitious)", 20),
        ("records-madeup", "Records Madeup (fictitious)", 240),
    ):
        training.attest(
            third_party=key,
            employer=employer,
            course="Yearly privacy course of its own",
            trained_on=when.today - timedelta(days=365 - left),
            expires_on=when.today + timedelta(days=left),
            by=by,
            at=when.ago(90) if left > 100 else when.ago(340),
        )


def looked(rosa: Customer, luis: Customer, when: Calendar, *, clerk: User, mail: User) -> None:
    """A call about a bill last week; and a clerk without the right to, which waits for review."""
    at = when.ago(6)
    case = cases.open_(
        rosa,
        reason=Case.Reason.CALL,
        words="Llamó por su última factura. / She called about her last bill.",
        by=clerk,
        at=at,
    )
    for minutes, part in ((0, ""), (2, "billing_history")):
        page = "admin:usage_customer_kind" if part else "admin:usage_customer_change"
        cases.look(case, page=page, part=part, at=at + timedelta(minutes=minutes))
    at = when.ago(1)
    urgent = cases.open_(
        luis,
        reason=Case.Reason.VISIT,
        words="He stood at the counter with a letter that was not his, and nobody else was in.",
        by=mail,
        at=at,
        broke_glass=True,
    )
    cases.look(urgent, page="admin:usage_customer_change", at=at + timedelta(minutes=1))
