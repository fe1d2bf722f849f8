"""What PRIME holds about a customer (6.3): the notices, mails and letters it owed her."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from notices.models import Delivery, EDeliveryConsent
from usage import categories
from usage.models import Customer
from usage.sections import Section


def record_of(customer: Customer) -> list[Section]:
    """Return what was sent to the customer, and her agreement to get it by e-mail."""
    return [_deliveries(customer), _e_delivery(customer)]


def _deliveries(customer: Customer) -> Section:
    owed = Delivery.objects.of(customer).with_state(at=timezone.now())
    owed = owed.select_related("notice", "policy")
    return Section(
        "messages",
        categories.PRIVACY_RECORDS,
        _("Notices and messages to you"),
        _("Written down by this portal when it owes you one."),
        (
            _("What"),
            _("Subject"),
            _("Version of the notice"),
            _("How"),
            _("To"),
            _("To be sent since"),
            _("Sent"),
            _("What became of it"),
        ),
        [
            (
                delivery.get_kind_display(),
                delivery.subject or None,
                delivery.version.number if delivery.version else None,
                delivery.get_medium_display(),
                delivery.recipient,
                delivery.owed_at,
                delivery.sent_at,
                delivery.told,
            )
            for delivery in owed.order_by("owed_at", "pk")
        ],
        _("Nothing was sent to you yet."),
    )


def _e_delivery(customer: Customer) -> Section:
    given = EDeliveryConsent.objects.of(customer).order_by("granted_at")
    return Section(
        "e_delivery",
        categories.PRIVACY_RECORDS,
        _("Your agreement to get notices by e-mail"),
        _("Written down by this portal when you agree or go back to paper."),
        (_("Address"), _("Agreed"), _("How"), _("Back to paper")),
        [
            (agreed.email, agreed.granted_at, agreed.get_via_display(), agreed.withdrawn_at)
            for agreed in given
        ],
        _("You get notices on paper."),
    )
