"""What retention lets go beside Covered Information: the record of sign-ins (portal_security)."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.db.models.functions import Now

from consent import kept_copies
from consent.models import Package
from usage import categories
from usage.retention import Rule, Scope


def _sign_ins(scope: Scope) -> QuerySet[UserSession]:
    old: QuerySet[UserSession] = UserSession.objects.filter(last_seen_at__lt=scope.moment)
    return old.exclude(user__accesses__customer__in=scope.held)


def _copies(category: str) -> Rule:
    """Copies of what went to third parties: their keys go, the disclosures' rows remain."""

    def old(scope: Scope) -> QuerySet[Package]:
        return kept_copies.disclosed_before(scope.moment, but_of=scope.held, holding=category)

    gone = {"sealed_key": None, "removed_at": Now()}
    return Rule(category, "copies of what third parties got", old, lambda: gone)


MORE = (
    *(_copies(category) for category in categories.READINGS),
    Rule(categories.PORTAL_SECURITY, "sign-ins", _sign_ins),
)
