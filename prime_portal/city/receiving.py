"""What third parties of the demo city fetch: credentials, packages that wait, a proposal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from consent import approvals, contracting, packages, proposals, recipients, schedules, withdrawals
from consent.models import Authorization, Contract, ContractVersion, Schedule, ThirdParty
from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage import purposes
from usage.intervals import ZONE
from usage.models import Customer, Purpose


def credential(of: ThirdParty, *, by: User, when: Calendar) -> dict[str, Any]:
    """Give one out; its secret is shown with the sign-ins, as a demo's secrets are."""
    _held, secret = recipients.issue(of, label="its nightly job", by=by, at=when.ago(30))
    return {"who": of.words.legal_name, "credential": secret}


def waiting(held: Authorization, *, by: User, when: Calendar) -> None:
    """Let last month wait for its third party, and what is new from the first of the next."""
    last = when.yesterday
    asked = proposals.gather(held, first_day=last - timedelta(days=30), last_day=last)
    packages.prepare(asked, at=when.now)
    schedule = schedules.begin(held, every=Schedule.Every.MONTH, by=by, at=when.now)
    schedule.packed_through = last
    schedule.next_on = (last + timedelta(days=31)).replace(day=1)
    schedule.save(update_fields=["packed_through", "next_on"])


def proposed(to: ThirdParty, about: list[Customer], *, by: User, when: Calendar) -> None:
    """A sound contract, and a proposal under it that waits for another person."""
    at = when.ago(200)
    sound: Contract = contracting.record(
        to,
        standing=Contract.Standing.PRIMARY_PURPOSE,
        purpose=Purpose.objects.get(key=purposes.BUY_POWER),
        says=contracting.Wording(
            reference="PRIME-2026-02 (made up for the demo)",
            clauses=list(ContractVersion.Clause.values),
            categories=["interval_usage"],
            starts_on=at.astimezone(ZONE).date(),
        ),
        by=by,
        at=at,
    )
    approvals.propose(
        sound,
        about,
        first_day=when.yesterday - timedelta(days=6),
        last_day=when.yesterday,
        by=by,
        at=when.now,
    )


def told(when: Calendar) -> None:
    """Let third parties have been told of what was canceled and stopped, days ago."""
    withdrawals.tell(at=when.ago(6))
