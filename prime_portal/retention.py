"""Retention over the whole portal: by the notice in force, and beside Covered Information.

A Category's period may have been shortened since the notice that shows it. Until a notice says
the shorter one, the longer one counts: nothing goes before customers were told it would.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import CharField, Exists, F, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now

from consent import kept_copies
from consent.models import DemandedCustomer, Package
from notices.models import Notice
from notices.writing.content import content_from
from prime_portal import erasing
from prime_portal.models import SignIn, User
from usage import categories, retention
from usage.intervals import ZONE
from usage.models import Access, Category, Customer, RetentionRun
from usage.retention import GONE, Counts, Open, Periods, Rule, Scope, former

BY_RIGHT = "5.2; Gov. Code 34090"


def _sign_ins(scope: Scope) -> QuerySet[UserSession]:
    old: QuerySet[UserSession] = UserSession.objects.filter(last_seen_at__lt=scope.moment)
    return old.exclude(user__accesses__customer__in=scope.held)


def _past_sign_ins(scope: Scope) -> QuerySet[SignIn]:
    old: QuerySet[SignIn] = SignIn.objects.filter(at__lt=scope.moment)
    return old.exclude(user__accesses__customer__in=scope.held)


def _people(scope: Scope) -> QuerySet[User]:
    """Who has acted for nobody since, has not signed in since, and is not of the staff."""
    acting = Access.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=scope.moment),
        Q(ends_at=None) | Q(ends_at__gte=scope.moment),
        user=OuterRef("pk"),
    )
    old: QuerySet[User] = User.objects.filter(
        ~Exists(acting),
        Q(last_login=None) | Q(last_login__lt=scope.moment),
        date_joined__lt=scope.moment,
        is_staff=False,
    )
    return old.exclude(accesses__customer__in=scope.held).exclude(email__startswith=GONE)


def _theirs(model: type[Model]) -> Callable[[Scope], QuerySet[Any]]:
    return lambda scope: model._default_manager.filter(user__in=_people(scope))


def _nobody() -> dict[str, Any]:
    """Evidence points at who acted, so the row stays and says nothing any more."""
    address = Concat(Value(GONE), Cast(F("id"), CharField()), Value("@gone.invalid"))
    return {"email": address, "name": "", "password": "!", "is_active": False}


def _copies(category: str) -> Rule:
    """Copies of what went to third parties: their keys go, the disclosures' rows remain."""

    def old(scope: Scope) -> QuerySet[Package]:
        return kept_copies.disclosed_before(scope.moment, but_of=scope.held, holding=category)

    gone = {"sealed_key": None, "removed_at": Now()}
    return Rule(category, "copies of what third parties got", old, lambda: gone)


class Texts(Rule):
    """What former customers said, and was said to them: erased from evidence, which stays."""

    def let_go(self, scope: Scope) -> int:
        said: dict[str, Any] = {"reason": scope.schedule, "clause": BY_RIGHT, "by": None}
        at = scope.at or scope.moment
        swept = [
            erasing.erase_about(customer, at=at, **said) for customer in list(self.rows(scope))
        ]
        return sum(bool(one.erased) for one in swept)


def _spoken(scope: Scope) -> QuerySet[Customer]:
    """Former customers some of whose texts can still be opened."""
    return former(scope).filter(erasing.with_texts())


MORE = (
    Texts(categories.PRIVACY_RECORDS, "texts in evidence of former customers", _spoken),
    *(_copies(category) for category in categories.READINGS),
    Rule(categories.PORTAL_SECURITY, "sign-ins", _sign_ins),
    Rule(categories.PORTAL_SECURITY, "records of sign-ins", _past_sign_ins),
    Rule(
        categories.PORTAL_SECURITY,
        "sessions that are over",
        lambda scope: Session.objects.filter(expire_date__lt=scope.moment),
    ),
    Rule(
        categories.PORTAL_SECURITY,
        "what the admin noted of staff",
        lambda scope: LogEntry.objects.filter(action_time__lt=scope.moment),
    ),
    Rule(
        categories.PORTAL_SECURITY,
        "proofs of addresses",
        lambda scope: EmailConfirmation.objects.filter(created__lt=scope.moment),
    ),
    Rule(categories.PORTAL_SECURITY, "addresses of who acts for nobody", _theirs(EmailAddress)),
    Rule(
        categories.PORTAL_SECURITY, "second factors of who acts for nobody", _theirs(Authenticator)
    ),
    Rule(categories.PORTAL_SECURITY, "people who act for nobody", _people, _nobody),
)


# -- The verbs ---------------------------------------------------------------------------


def said(*, on: date) -> Periods:
    """The months each category is kept by the notice in force on a day; none if none is."""
    notice = Notice.objects.in_force(on=on)
    facts = content_from(notice.content).facts if notice else None
    return {one.key: one.retention_months for one in facts.categories} if facts else {}


def shortened(*, on: date) -> dict[str, tuple[int, int]]:
    """The categories the notice in force keeps longer than their row: its months, the row's."""
    shown = said(on=on)
    return {
        category.key: (shown[category.key], category.retention_months)
        for category in Category.objects.order_by("position")
        if shown.get(category.key, 0) > category.retention_months
    }


def cutoffs(*, on: date) -> dict[str, date]:
    """For each category the first day that is still kept."""
    return retention.cutoffs(on=on, said=said(on=on))


def demanded() -> Open:
    """Demands by law and requests that are not closed, and the customers they name.

    What somebody demands or contests is not let go of meanwhile (CPUC rule 4c).
    """
    found: dict[UUID, list[UUID]] = {}
    named = DemandedCustomer.objects.filter(demand__closed_at=None).order_by("demand", "customer")
    for demand, customer in named.values_list("demand", "customer"):
        found.setdefault(demand, []).append(customer)
    return found


def look(*, at: datetime) -> Counts:
    """Count what a run would let go, and change nothing."""
    return retention.look(at=at, **_facts(at))


def kept_back(*, at: datetime) -> Counts:
    """Count what is past its period and stays: on hold, disputed or demanded."""
    return retention.kept_back(at=at, **_facts(at))


def run(*, schedule: str, by: User | None, at: datetime) -> RetentionRun:
    """Let go what is older than its period, on the schedule the City Council approved (R47)."""
    return retention.run(schedule=schedule, by=by, at=at, **_facts(at))


def _facts(at: datetime) -> dict[str, Any]:
    """What only the whole portal knows."""
    told = said(on=at.astimezone(ZONE).date())
    return {"more": MORE, "said": told, "demanded": demanded()}
