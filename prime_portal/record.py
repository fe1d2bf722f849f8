"""Everything PRIME holds about one customer, composed from every app (6.3).

    for section in record.record_of(customer): …

Pages show the sections, and the whole record (prime_portal.whole_record) carries them.
"""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from consent import record as consent
from notices import record as notices
from prime_portal.models import EnteredInError, Erasure
from usage import categories
from usage import record as usage
from usage.models import Access, Customer
from usage.sections import Section

__all__ = ["Section", "record_of"]


def record_of(customer: Customer) -> list[Section]:
    """Return every section, in the language in force: first who she is, last who signed in."""
    return [
        *usage.record_of(customer),
        *consent.record_of(customer),
        *notices.record_of(customer),
        _sign_ins(customer),
        _corrected(customer),
    ]


def _sign_ins(customer: Customer) -> Section:
    """Open sign-ins of everyone who acts for the account; from where, only of its holders."""
    capacities = dict(Access.objects.of(customer).values_list("user", "capacity"))
    sessions = UserSession.objects.filter(user__in=capacities).select_related("user")
    return Section(
        "sign_ins",
        categories.PORTAL_SECURITY,
        _("Sign-ins that are open"),
        _("Written down by this portal when somebody signs in. It forgets them at sign-out."),
        (_("Who"), _("Signed in"), _("Last seen"), _("From"), _("With")),
        [
            (
                str(session.user),
                session.created_at,
                session.last_seen_at,
                *(
                    (session.ip, session.user_agent)
                    if capacities[session.user_id] == Access.Capacity.HOLDER
                    else (None, None)
                ),
            )
            for session in sessions.order_by("created_at")
        ],
        _("Nobody is signed in."),
    )


def _corrected(customer: Customer) -> Section:
    """What was taken out of the record about her, or marked as wrong; never what it said."""
    rows = [
        (erased.at, _("erased"), erased.clause)
        for erased in Erasure.objects.filter(customer=customer)
    ]
    rows += [
        (wrong.at, _("marked as entered in error"), "5.1")
        for wrong in EnteredInError.objects.filter(customer=customer)
    ]
    return Section(
        "corrected",
        categories.PRIVACY_RECORDS,
        _("What was erased, or marked as wrong"),
        _("Written down by PRIME’s staff, or by this portal when a time of keeping is over."),
        (_("When"), _("What happened"), _("Clause of PRIME-07 or schedule")),
        sorted(rows),
        _("Nothing was erased or marked as wrong."),
    )
