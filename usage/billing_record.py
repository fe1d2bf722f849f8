"""What PRIME holds of a customer's bills (6.3): charges, highest power, use by the hours of a rate.

What a correction replaced is held as well, and says so; what she disputes says so until it is
settled.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from usage import categories, disputes
from usage.models import Bill, Customer, DemandPeak, Dispute, TimeOfUse
from usage.sections import Section, dollars, kilo


def record_of(customer: Customer) -> list[Section]:
    return [_bills(customer), _demand(customer), _times_of_use(customer)]


def _numbers(disputed: list[Dispute], period: Bill | DemandPeak | TimeOfUse) -> str | None:
    """The numbers of what she disputes of a period."""
    return ", ".join(one.reference for one in disputes.over(disputed, period)) or None


def _bills(customer: Customer) -> Section:
    held = Bill.objects.of(customer).select_related("agreement")
    disputed = list(Dispute.objects.of(customer).marking(categories.BILLING_HISTORY))
    return Section(
        "bills",
        categories.BILLING_HISTORY,
        _("Bills"),
        _("PRIME’s part of the bill SCE sends, told by SCE."),
        (
            _("Service account"),
            _("First day"),
            _("Last day"),
            _("Issued"),
            _("Energy (kWh)"),
            _("PRIME’s charges ($)"),
            _("Paid ($)"),
            _("Past due ($)"),
            _("Corrected on"),
            _("Disputed (number)"),
        ),
        [
            (
                bill.agreement.number,
                bill.starts_on,
                bill.last_day,
                bill.issued_on,
                kilo(bill.wh),
                dollars(bill.charges_cents),
                dollars(bill.paid_cents),
                dollars(bill.past_due_cents),
                bill.replaced_at,
                _numbers(disputed, bill),
            )
            for bill in held.order_by("starts_on", "issued_on", "pk")
        ],
        _("We hold no bill of yours."),
    )


def _demand(customer: Customer) -> Section:
    held = DemandPeak.objects.of(customer).select_related("agreement")
    disputed = list(Dispute.objects.of(customer).marking(categories.DEMAND))
    return Section(
        "demand",
        categories.DEMAND,
        _("Highest power"),
        _("Measured by SCE’s meter for businesses, told by SCE."),
        (
            _("Service account"),
            _("First day"),
            _("Last day"),
            _("Which"),
            _("Power (kW)"),
            _("When"),
            _("Corrected on"),
            _("Disputed (number)"),
        ),
        [
            (
                peak.agreement.number,
                peak.starts_on,
                peak.last_day,
                peak.get_kind_display(),
                kilo(peak.watts),
                peak.peaked_at,
                peak.replaced_at,
                _numbers(disputed, peak),
            )
            for peak in held.order_by("starts_on", "kind", "pk")
        ],
        _("We hold no highest power of yours."),
    )


def _times_of_use(customer: Customer) -> Section:
    held = TimeOfUse.objects.of(customer).select_related("agreement")
    disputed = list(Dispute.objects.of(customer).marking(categories.TOU_USAGE))
    return Section(
        "times_of_use",
        categories.TOU_USAGE,
        _("Use by the hours of your rate, as billed"),
        _("Told by SCE with the bill. This portal works out its own split from the readings."),
        (
            _("Service account"),
            _("First day"),
            _("Last day"),
            _("Season"),
            _("Hours"),
            _("Energy (kWh)"),
            _("Corrected on"),
            _("Disputed (number)"),
        ),
        [
            (
                use.agreement.number,
                use.starts_on,
                use.last_day,
                use.get_season_display(),
                use.get_hours_display(),
                kilo(use.wh),
                use.replaced_at,
                _numbers(disputed, use),
            )
            for use in held.order_by("starts_on", "hours", "pk")
        ],
        _("SCE told us no such use of yours."),
    )
