"""What goes on while the portal is frozen; everything else waits (5.1, 6.10).

Two lists, of pages and of tasks: whoever adds one that must go on adds it here, on purpose. The
doors out ask `usage.frozen` themselves, so that nothing leaves by another way either.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from celery import Task
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from usage.frozen import frozen

if TYPE_CHECKING:
    from prime_portal.middleware import GetResponse

logger = logging.getLogger(__name__)

PAGES = {
    # Getting in and out, and ending one's own sessions
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn",
    "openid_connect_login",
    "usersessions_list",
    "admin:login",
    "admin:logout",
    "choose_customer",
    # Ending what was granted, shared or let in
    "consent:cancel",
    "consent:stop",
    "consent:end_access",
    "consent:withdraw_invitation",
    "admin:consent_desk_cancel",
    "party_desk:find",
    "party_desk:act_on",
    "party_desk:confirm",
    "party_desk:for_customer",
    "recipient_desk:end",
    # Anyone checks a receipt, which may be all that is left of what it says. Nothing is kept of it
    "receipts:verify",
    "receipts:proof",
    # Staff look, in a case, and set the restore right
    "admin:usage_customer_changelist",
    "admin:usage_case_open",
    "admin:usage_case_close",
    "restore_desk:desk",
}
"""Pages that may be sent a form. Looking, which sends none, goes on everywhere."""

TASKS = {
    "prime_portal.heartbeat",
    "prime_portal.prepare_downloads",
    "usage.make_months",
}

READS = {"GET", "HEAD", "OPTIONS"}
RETRY_AFTER = "3600"


class holds_still:  # noqa: N801  (named as the middleware function it stands for)
    """Answer 503 to forms that would change what a restore has to set right first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.frozen = SimpleLazyObject(_as_told)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or request.method in READS or match.view_name in PAGES:
            return None
        return _later(request, match.app_name) if frozen() else None


def _later(request: HttpRequest, app: str) -> HttpResponse:
    """Say that it has to wait: in words, or to a machine as it is used to."""
    if app == "recipient":
        answer: HttpResponse = JsonResponse({"error": "PRIME is set right. Try later."}, status=503)
    else:
        answer = render(request, "frozen.html", status=503)
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def _as_told() -> bool:
    """For the words on a page, which must not fail where the database does."""
    try:
        return frozen()
    except DatabaseError:
        return False


class WaitsWhileFrozen(Task):  # type: ignore[type-arg]
    """A task that does nothing while the portal is frozen, unless it is listed above."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.name not in TASKS and frozen():
            logger.info("%s waits: the portal is frozen.", self.name)
            return None
        return super().__call__(*args, **kwargs)
