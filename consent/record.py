"""What PRIME holds about a customer (6.3): what she authorized, and who received her data."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import authorizations, flows
from consent.models import Authorization, DisclosureMember, Stop
from usage import categories, purposes
from usage.models import Category, Customer
from usage.sections import Section


def record_of(customer: Customer, *, whence: Collection[UUID] = ()) -> list[Section]:
    """Return what she allowed, how and to whom; every disclosure about her; what was stopped.

    whence: the people of whom it tells from where they said yes.
    """
    names = {category.key: category.name for category in Category.objects.all()}
    return [
        _authorizations(customer, names, whence),
        _receipts(customer),
        _wishes(customer),
        _declined(customer),
        _invitations(customer),
        _disclosures(customer, names),
        _stops(customer),
        _flows(),
    ]


def _authorizations(customer: Customer, names: dict[str, str], whence: Collection[UUID]) -> Section:
    return Section(
        "authorizations",
        categories.PRIVACY_RECORDS,
        _("Who you let have your data"),
        _("Written down by this portal when you grant or cancel."),
        (
            _("Number"),
            _("Who"),
            _("What for"),
            _("What"),
            _("Readings from"),
            _("How fine"),
            _("Granted"),
            _("First day it no longer holds"),
            _("Canceled"),
            _("Said from (address, browser)"),
        ),
        [
            (
                str(held.pk),
                held.third_party_words.legal_name,
                held.purpose_words.name,
                ", ".join(names.get(key, key) for key in held.categories),
                held.history_from,
                held.get_granularity_display(),
                held.granted_at,
                held.ends_on,
                held.canceled_at,
                (
                    f"{held.signed_from} {held.signed_with}".strip()
                    if held.granted_by_id in whence
                    else None
                ),
            )
            for held in authorizations.record_of(customer)
        ],
        _("You let nobody have your data."),
    )


def _receipts(customer: Customer) -> Section:
    held = customer.receipts.select_related("authorization__third_party_words")
    return Section(
        "receipts",
        categories.PRIVACY_RECORDS,
        _("Receipts you were given"),
        _("Made and signed by this portal when you grant or cancel, or when it ends."),
        (_("When"), _("Of what"), _("Who"), _("Number")),
        [
            (
                receipt.made_at,
                receipt.get_event_display(),
                receipt.authorization.third_party_words.legal_name,
                str(receipt.authorization_id),
            )
            for receipt in held.order_by("made_at")
        ],
        _("You have no receipts."),
    )


def _wishes(customer: Customer) -> Section:
    """What she asked for by telephone, on paper or at the counter, and how she was known."""
    return Section(
        "wishes",
        categories.PRIVACY_RECORDS,
        _("What PRIME’s staff entered for you"),
        _("Written down by PRIME’s staff when you call, write or come."),
        (
            _("Reached PRIME"),
            _("How"),
            _("Who called, signed or came"),
            _("As"),
            _("How PRIME knew"),
            _("Number of call or form"),
            _("Entered"),
            _("Signed form (SHA-256)"),
        ),
        [
            (
                wish.received_at,
                wish.get_via_display(),
                wish.speaker,
                wish.get_capacity_display(),
                wish.identity,
                wish.reference,
                wish.entered_at,
                bytes(wish.scan_sha256).hex() if wish.scan_sha256 else None,
            )
            for wish in customer.wishes.order_by("received_at")
        ],
        _("Staff entered nothing for you."),
    )


def _invitations(customer: Customer) -> Section:
    return Section(
        "invitations",
        categories.PORTAL_SECURITY,
        _("Whom you asked to act for you"),
        _("Written down by this portal when you invite somebody."),
        (_("Sent to"), _("As"), _("May do"), _("Sent"), _("Accepted"), _("Taken back")),
        [
            (
                invitation.email,
                invitation.get_capacity_display(),
                invitation.get_scope_display(),
                invitation.invited_at,
                invitation.accepted_at,
                invitation.withdrawn_at,
            )
            for invitation in customer.invitations.order_by("invited_at")
        ],
        _("You invited nobody."),
    )


def _declined(customer: Customer) -> Section:
    held = customer.declined.select_related("third_party_words", "purpose_words")
    return Section(
        "declined",
        categories.PRIVACY_RECORDS,
        _("What you said no to"),
        _("Written down by this portal when you say no."),
        (_("Who"), _("What for"), _("When")),
        [
            (no.third_party_words.legal_name, no.purpose_words.name, no.declined_at)
            for no in held.order_by("declined_at")
        ],
        _("You were asked for nothing that you refused."),
    )


def _disclosures(customer: Customer, names: dict[str, str]) -> Section:
    """Every one, also those made without her consent and those that were refused (6.4 to 6.9)."""
    hers = DisclosureMember.objects.of(customer).select_related(
        "disclosure__third_party_words", "disclosure__purpose_words"
    )
    rows = []
    for member in hers.order_by("disclosure__at"):
        went = member.disclosure
        if went.handed_over_at:
            became = _("sent")
        elif went.not_handed_over_at:
            became = _("allowed, not sent")
        else:
            became = _("sent, or may have been") if went.allowed else _("refused")
        days = f"{date_format(went.first_day)} – {date_format(went.last_day)}"
        rows.append(
            (
                went.at,
                went.third_party_words.legal_name,
                went.purpose_words.name,
                ", ".join(names.get(key, key) for key in went.categories),
                went.get_granularity_display(),
                days,
                member.rows if went.allowed else 0,
                became,
                went.clause,
                _(went.reason),
            )
        )
    return Section(
        "disclosures",
        categories.PRIVACY_RECORDS,
        _("Who received your data"),
        _("Written down by this portal before anything leaves."),
        (
            _("When"),
            _("Who"),
            _("What for"),
            _("What"),
            _("How fine"),
            _("Days"),
            _("Readings"),
            _("What became of it"),
            _("Clause of PRIME-07"),
            _("Why"),
        ),
        rows,
        _("Nobody received your data."),
    )


def _flows() -> Section:
    """What goes about every customer regularly, outside this portal (6.1)."""
    return Section(
        "standing_flows",
        categories.PRIVACY_RECORDS,
        _("What goes out regularly, outside this portal"),
        _("Registered by PRIME’s staff (6.1)."),
        (_("Who"), _("What for"), _("What"), _("How often"), _("Since")),
        [
            (
                who.legal_name,
                purposes.words_of(flow.contract.purpose).name,
                flow.what,
                str(flow.get_rhythm_display()),
                flow.registered_at,
            )
            for flow, who in flows.going()
        ],
        _("Nothing goes out regularly."),
    )


def _stops(customer: Customer) -> Section:
    """Hers, and those for everyone of whom she let have data."""
    allowed = Authorization.objects.of(customer).values("third_party")
    held = Stop.objects.filter(
        Q(customer=customer) | Q(customer=None, third_party__in=allowed)
    ).select_related("third_party")
    return Section(
        "stops",
        categories.PRIVACY_RECORDS,
        _("Sharing that was stopped"),
        _("Written down when you or PRIME’s staff stop it (6.8)."),
        (_("Who"), _("For whom"), _("Stopped"), _("Lifted")),
        [
            (
                stop.third_party.words.legal_name,
                _("for you") if stop.customer_id else _("for everyone"),
                stop.stopped_at,
                stop.lifted_at,
            )
            for stop in held.order_by("stopped_at")
        ],
        _("Nothing was stopped for you."),
    )
