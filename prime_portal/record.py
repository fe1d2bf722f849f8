"""Everything PRIME holds about one customer, composed from every app (6.3).

    for section in record.record_of(customer): …

Pages show the sections, and the whole record (prime_portal.whole_record) carries them.
"""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import record as consent
from notices import record as notices
from prime_portal.models import EnteredInError, Erasure, SignIn, User
from usage import categories
from usage import record as usage
from usage.models import Access, Customer
from usage.sections import Cell, Section

__all__ = ["Section", "record_of"]

ABOUT: dict[str, Promise] = {
    "consent_authorization": gettext_lazy("an authorization of yours"),
    "consent_shown": gettext_lazy("an authorization of yours"),
    "consent_receipt": gettext_lazy("a receipt of yours"),
    "consent_wish": gettext_lazy("how a wish of yours reached us"),
    "consent_stop": gettext_lazy("a stop for an organization"),
    "consent_invitation": gettext_lazy("who may act for your account"),
    "notices_delivery": gettext_lazy("a letter or e-mail to you"),
    "notices_edeliveryconsent": gettext_lazy("your wish for e-mail instead of letters"),
    "usage_access": gettext_lazy("who may act for your account"),
    "usage_case": gettext_lazy("why staff looked at your information"),
    "usage_contactchange": gettext_lazy("changing how to reach you"),
    "usage_dispute": gettext_lazy("something you raised"),
    "usage_disputeevent": gettext_lazy("something you raised"),
    "usage_download": gettext_lazy("a copy of your data"),
}
"""What a row of evidence is, in words for her. One not named here is "an entry about you"."""


def record_of(customer: Customer, *, reader: User | None = None) -> list[Section]:
    """Return every section, in the language in force: first who she is, last who signed in.

    `reader` is whoever looks in the portal; None is PRIME's staff, or the copy they make for her.
    """
    whose, whence = _told_of(customer, reader)
    return [
        *usage.record_of(customer),
        *consent.record_of(customer, whence=whence),
        *notices.record_of(customer),
        _marked(customer),
        _sign_in(customer, whose, whence),
        _sign_ins(whose, whence),
        _past_sign_ins(customer, whose, whence),
    ]


def _marked(customer: Customer) -> Section:
    """What staff said of evidence about her: that it should not be there, or that words went."""
    made: list[tuple[str, EnteredInError | Erasure]] = [
        *((_("Entered in error"), one) for one in EnteredInError.objects.filter(customer=customer)),
        *((_("Words of it were erased"), one) for one in Erasure.objects.filter(customer=customer)),
    ]
    return Section(
        "marked",
        categories.PRIVACY_RECORDS,
        _("What was entered in error, or erased"),
        _("Written down by this portal when staff do it. What was entered stays, and says so."),
        (_("When"), _("What"), _("What was done"), _("Why"), _("By")),
        [
            (
                one.at,
                str(ABOUT.get(one.table, _("an entry about you"))),
                what,
                one.reason,
                str(one.by) if one.by else None,
            )
            for what, one in sorted(made, key=lambda said: said[1].at)
        ],
        _("Nothing was entered in error, and nothing was erased."),
    )


def _sign_in(customer: Customer, whose: set[UUID], whence: set[UUID]) -> Section:
    """Which holders sign in, as far as this reader is told; with what, to whoever it is alone."""
    held = Access.objects.of(customer).filter(capacity=Access.Capacity.HOLDER, user__in=whose)
    shown = whence | set(held.values_list("user", flat=True))
    users = User.objects.filter(pk__in=shown).order_by("date_joined")
    addresses = EmailAddress.objects.filter(user__in=whence).order_by("user", "-primary", "email")
    steps = Authenticator.objects.filter(user__in=whence).order_by("user", "created_at")
    made: list[tuple[Cell, ...]] = [
        *((str(who), _("Your sign-in"), None, who.date_joined, who.last_login) for who in users),
        *(
            (
                str(one.user),
                _("Address to sign in with") if one.verified else _("Address not confirmed yet"),
                one.email,
                None,
                None,
            )
            for one in addresses.select_related("user")
        ),
        *(
            (
                str(one.user),
                _("Second step at sign-in"),
                one.get_type_display(),
                one.created_at,
                one.last_used_at,
            )
            for one in steps.select_related("user")
        ),
    ]
    return Section(
        "sign_in",
        categories.PORTAL_SECURITY,
        _("With what you sign in"),
        _("From you. Passwords and keys are kept in a form nobody can read, and not shown."),
        (_("Who"), _("What"), _("Which"), _("Since"), _("Last used")),
        made,
        _("Nobody signs in for this account yet."),
    )


def _sign_ins(whose: set[UUID], whence: set[UUID]) -> Section:
    """Open sign-ins of those who act for the account, as far as this reader is told of them."""
    # The library forgets one that is over when its own list is opened next.
    lasting = Session.objects.filter(
        session_key=OuterRef("session_key"), expire_date__gt=timezone.now()
    )
    sessions = UserSession.objects.filter(Exists(lasting), user__in=whose).select_related("user")
    return Section(
        "sign_ins",
        categories.PORTAL_SECURITY,
        _("Sign-ins that are open"),
        _("Written down by this portal when somebody signs in."),
        (_("Who"), _("Signed in"), _("Last seen"), _("From"), _("With")),
        [
            (
                str(session.user),
                session.created_at,
                session.last_seen_at,
                *((session.ip, session.user_agent) if session.user_id in whence else (None, None)),
            )
            for session in sessions.order_by("created_at")
        ],
        _("Nobody is signed in."),
    )


def _past_sign_ins(customer: Customer, whose: set[UUID], whence: set[UUID]) -> Section:
    """Every sign-in on record, and second steps that failed; of others, only while they act."""
    acting = Access.objects.of(customer).filter(
        Q(ended_at=None) | Q(ended_at__gte=OuterRef("at")),
        Q(ends_at=None) | Q(ends_at__gt=OuterRef("at")),
        user=OuterRef("user"),
        starts_at__lte=OuterRef("at"),
    )
    held = SignIn.objects.filter(Q(user__in=whence) | Q(Exists(acting), user__in=whose))
    return Section(
        "past_sign_ins",
        categories.PORTAL_SECURITY,
        _("All sign-ins"),
        _(
            "Written down by this portal when somebody signs in, or fails at the second step. From "
            "where, it tells only whoever it was."
        ),
        (_("When"), _("Who"), _("What"), _("From"), _("With")),
        [
            (
                one.at,
                str(one.user),
                one.get_outcome_display(),
                *((one.ip, one.browser) if one.user_id in whence else (None, None)),
            )
            for one in held.select_related("user").order_by("-at")
        ],
        _("No sign-in is on record."),
        newest_first=True,
    )


def _told_of(customer: Customer, reader: User | None) -> tuple[set[UUID], set[UUID]]:
    """Whose sign-ins this reader is told of, and of whom also from where.

    An account's holder is told when all who act for it signed in, anybody else only of their own.
    From where somebody signs in stays with that person: two who share an account may live apart
    for a reason. In a copy PRIME makes (no reader) it is there when the account has one holder.
    """
    accesses = Access.objects.of(customer)
    everybody = set(accesses.values_list("user", flat=True))
    holders = accesses.filter(capacity=Access.Capacity.HOLDER)
    if reader is None:
        ever = set(holders.values_list("user", flat=True))
        return everybody, ever if len(ever) == 1 else set()
    if holders.filter(user=reader, ended_at=None).exists():
        return everybody, {reader.pk}
    return {reader.pk}, {reader.pk}
