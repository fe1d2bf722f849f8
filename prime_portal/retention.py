"""What retention lets go beside Covered Information: the record of sign-ins (portal_security)."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from usage import categories
from usage.retention import Rule, Scope


def _sign_ins(scope: Scope) -> QuerySet[UserSession]:
    old: QuerySet[UserSession] = UserSession.objects.filter(last_seen_at__lt=scope.moment)
    return old.exclude(user__accesses__customer__in=scope.held)


MORE = (Rule(categories.PORTAL_SECURITY, "sign-ins", _sign_ins),)
