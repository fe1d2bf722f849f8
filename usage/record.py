"""What PRIME holds about a customer (6.3): who she is, where, what was measured and taken."""

from __future__ import annotations

from django.db.models import Count, Max, Min, Sum
from django.utils.translation import gettext as _

from usage import categories, downloads
from usage.models import (
    Access,
    Channel,
    Customer,
    Download,
    Enrollment,
    IntervalDay,
    IntervalDayRevision,
    ProgramEnrollment,
    ServiceAgreement,
)
from usage.sections import Section


def record_of(customer: Customer) -> list[Section]:
    """Return everything this app holds about the customer but the readings themselves."""
    agreements = list(
        ServiceAgreement.objects.of(customer)
        .select_related("service_point")
        .order_by("starts_at", "pk")
    )
    return [
        _account(customer),
        _contact(customer),
        _places(agreements),
        _rates(agreements),
        _programs(customer),
        _enrollments(customer),
        _readings(customer, agreements),
        _corrections(customer),
        _downloads(customer),
        _people(customer),
        _codes(customer),
    ]


def _account(customer: Customer) -> Section:
    return Section(
        "account",
        categories.ACCOUNT_IDENTITY,
        _("Account"),
        _("From SCE’s list of the customers PRIME serves."),
        (_("What"), _("What we hold")),
        [
            (_("Account number"), customer.account_number),
            (_("Account holder"), customer.name),
            (_("Kind of account"), customer.get_kind_display()),
            (_("Language"), customer.get_language_display()),
        ],
        "",
    )


def _contact(customer: Customer) -> Section:
    return Section(
        "contact",
        categories.CONTACT,
        _("How to reach you"),
        _("From SCE’s list of the customers PRIME serves."),
        (_("What"), _("What we hold")),
        [
            (_("Mailing address"), customer.mailing_address),
            (_("E-mail"), customer.email or _("none")),
            (_("Telephone"), customer.telephone or _("none")),
        ],
        "",
    )


def _places(agreements: list[ServiceAgreement]) -> Section:
    meters: dict[object, list[str]] = {}
    points = {agreement.service_point_id for agreement in agreements}
    for point, number in (
        Channel.objects.filter(service_point__in=points)
        .order_by("meter_number")
        .values_list("service_point", "meter_number")
        .distinct()
    ):
        meters.setdefault(point, []).append(number)
    return Section(
        "places",
        categories.SERVICE_LOCATION,
        _("Places and meters"),
        _("From SCE’s list of the customers PRIME serves."),
        (
            _("Service account"),
            _("Place"),
            _("Meter"),
            _("From"),
            _("First day no longer yours"),
        ),
        [
            (
                agreement.number,
                str(agreement.service_point),
                ", ".join(meters.get(agreement.service_point_id, [])),
                agreement.starts_at,
                agreement.ends_at,
            )
            for agreement in agreements
        ],
        _("We hold no place of yours."),
    )


def _rates(agreements: list[ServiceAgreement]) -> Section:
    return Section(
        "rates",
        categories.RATE_SCHEDULE,
        _("Rates"),
        _("From SCE’s list of the customers PRIME serves."),
        (_("Service account"), _("Rate")),
        [(agreement.number, agreement.rate_schedule or _("not told")) for agreement in agreements],
        _("We hold no rate of yours."),
    )


def _programs(customer: Customer) -> Section:
    held = ProgramEnrollment.objects.of(customer).select_related("agreement")
    return Section(
        "programs",
        categories.PROGRAM_ENROLLMENT,
        _("Programs"),
        _("From SCE’s list of the customers PRIME serves."),
        (_("Service account"), _("Program"), _("From"), _("First day no longer in it")),
        [
            (program.agreement.number, program.program, program.starts_on, program.ends_on)
            for program in held.order_by("starts_on", "program")
        ],
        _("We hold no program of yours."),
        sensitive=True,
    )


def _enrollments(customer: Customer) -> Section:
    return Section(
        "enrollments",
        categories.CCA_STATUS,
        _("When PRIME served you"),
        _("From SCE’s list of the customers PRIME serves."),
        (_("From"), _("First day no longer served")),
        [
            (enrollment.starts_on, enrollment.ends_on)
            for enrollment in Enrollment.objects.of(customer).order_by("starts_on")
        ],
        _("PRIME has not served you yet."),
    )


def _readings(customer: Customer, agreements: list[ServiceAgreement]) -> Section:
    numbers = {agreement.pk: agreement.number for agreement in agreements}
    held = (
        IntervalDay.objects.of(customer)
        .values("agreement_id", "channel__flow", "channel__meter_number", "sec")
        .annotate(
            first=Min("day"),
            last=Max("day"),
            days=Count("day"),
            wh=Sum("day_wh"),
            gaps=Sum("missing"),
        )
        .order_by("first", "channel__flow", "sec")
    )
    return Section(
        "readings",
        categories.INTERVAL_USAGE,
        _("Readings of your meter"),
        _("Measured by SCE’s meter, sent to PRIME by SCE."),
        (
            _("Service account"),
            _("Meter"),
            _("Direction"),
            _("Minutes in one reading"),
            _("First day"),
            _("Last day"),
            _("Days"),
            _("Watt-hours"),
            _("Readings missing"),
        ),
        [
            (
                numbers.get(row["agreement_id"], ""),
                row["channel__meter_number"],
                str(Channel.Flow(row["channel__flow"]).label),
                row["sec"] // 60,
                row["first"],
                row["last"],
                row["days"],
                row["wh"],
                row["gaps"],
            )
            for row in held
        ],
        _("We hold no readings of your meter."),
    )


def _corrections(customer: Customer) -> Section:
    earlier = IntervalDayRevision.objects.of(customer).select_related("agreement", "channel")
    return Section(
        "corrections",
        categories.INTERVAL_USAGE,
        _("Days that were corrected"),
        _("SCE sent a better reading, and PRIME keeps what stood there before."),
        (_("Service account"), _("Direction"), _("Day"), _("Version replaced"), _("Corrected on")),
        [
            (
                revision.agreement.number,
                revision.channel.get_flow_display(),
                revision.day,
                revision.revision + 1,
                revision.replaced_at,
            )
            for revision in earlier.order_by("day", "revision")
        ],
        _("No day was corrected."),
    )


def _downloads(customer: Customer) -> Section:
    return Section(
        "downloads",
        categories.PRIVACY_RECORDS,
        _("Copies you took"),
        _("Written down by this portal when a copy is asked for."),
        (
            _("When"),
            _("Form"),
            _("First day"),
            _("Last day"),
            _("How"),
            _("Readings"),
            _("SHA-256"),
        ),
        [
            (
                download.at,
                str(downloads.FORMATS.get(download.format, download.format)),
                download.first_day,
                download.last_day,
                download.get_via_display(),
                download.rows,
                bytes(download.sha256).hex() if download.sha256 else None,
            )
            for download in Download.objects.of(customer).order_by("at")
        ],
        _("Nobody took a copy yet."),
    )


def _people(customer: Customer) -> Section:
    return Section(
        "people",
        categories.PORTAL_SECURITY,
        _("Who may act for this account"),
        _("Written down by this portal when somebody proves it."),
        (_("Who"), _("As"), _("May"), _("From"), _("Until")),
        [
            (
                str(access.user),
                access.get_capacity_display(),
                access.get_scope_display(),
                access.starts_at,
                access.ended_at or access.ends_at,
            )
            for access in Access.objects.of(customer).select_related("user").order_by("starts_at")
        ],
        _("Nobody acts for this account online."),
    )


def _codes(customer: Customer) -> Section:
    return Section(
        "claim_codes",
        categories.PORTAL_SECURITY,
        _("Codes sent to open this account online"),
        _("Written down by this portal. The codes themselves are kept nowhere."),
        (_("Made"), _("Good until"), _("Used")),
        [
            (claim.issued_at, claim.expires_at, claim.redeemed_at)
            for claim in customer.claims.order_by("issued_at")
        ],
        _("No code was sent."),
    )
