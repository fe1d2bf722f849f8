"""What PRIME holds about a customer (6.3): who she is, where, what was measured and taken."""

from __future__ import annotations

from operator import itemgetter

from django.db.models import Count, Max, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from usage import billing_record, categories, copies, disputes, looked
from usage.models import (
    Access,
    Category,
    Channel,
    Customer,
    Dispute,
    DisputeEvent,
    Download,
    Enrollment,
    IntervalDay,
    IntervalDayRevision,
    ProgramEnrollment,
    Removal,
    ServiceAgreement,
)
from usage.sections import Cell, Section, kilo


def record_of(customer: Customer) -> list[Section]:
    """Return everything this app holds about the customer but the readings themselves."""
    agreements = list(
        ServiceAgreement.objects.of(customer)
        .select_related("service_point")
        .order_by("starts_at", "pk")
    )
    return [
        _account(customer, agreements),
        _contact(customer),
        _places(agreements),
        _rates(agreements),
        _programs(customer),
        _enrollments(customer),
        *_readings(customer, agreements),
        _corrections(customer),
        *billing_record.record_of(customer),
        *_removals(customer),
        _downloads(customer),
        _disputes(customer),
        _said_in_disputes(customer),
        _people(customer),
        _codes(customer),
        *looked.record_of(customer),
    ]


def _account(customer: Customer, agreements: list[ServiceAgreement]) -> Section:
    now = timezone.now()
    served = any(
        one.starts_at <= now and (not one.ends_at or one.ends_at > now) for one in agreements
    )
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
            (_("Account open"), _("yes") if served else _("no")),
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
            _("SCE’s number of the place"),
            _("Meter"),
            _("From"),
            _("First day no longer yours"),
        ),
        [
            (
                agreement.number,
                str(agreement.service_point),
                agreement.service_point.number,
                ", ".join(meters.get(agreement.service_point_id, [])),
                timezone.localdate(agreement.starts_at),
                agreement.ends_at and timezone.localdate(agreement.ends_at),
            )
            for agreement in agreements
        ],
        _("We hold no place of yours."),
        lacks=_("your climate region."),
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
        lacks=_("the dates your rate applies, and the PRIME product you have."),
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
        (_("Number"), _("From"), _("First day no longer served")),
        [
            (number, enrollment.starts_on, enrollment.ends_on)
            for number, enrollment in enumerate(
                Enrollment.objects.of(customer).order_by("starts_on"), start=1
            )
        ],
        _("PRIME has not served you yet."),
    )


def _readings(customer: Customer, agreements: list[ServiceAgreement]) -> list[Section]:
    """What was delivered, and apart from it what was sent back: two kinds of information."""
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
    source = _("Measured by SCE’s meter, sent to PRIME by SCE.")
    columns = (
        _("Service account"),
        _("Meter"),
        _("Minutes in one reading"),
        _("First day"),
        _("Last day"),
        _("Days"),
        _("Energy (kWh)"),
        _("Readings missing"),
    )
    rows: dict[str, list[tuple[Cell, ...]]] = {flow: [] for flow in Channel.Flow.values}
    for row in held:
        rows[row["channel__flow"]].append(
            (
                numbers.get(row["agreement_id"], ""),
                row["channel__meter_number"],
                row["sec"] // 60,
                row["first"],
                row["last"],
                row["days"],
                kilo(row["wh"]),
                row["gaps"],
            )
        )
    return [
        Section(
            "readings",
            categories.INTERVAL_USAGE,
            _("Readings of your meter"),
            source,
            columns,
            rows[Channel.Flow.DELIVERED],
            _("We hold no readings of your meter."),
        ),
        Section(
            "sent_back",
            categories.GENERATION_EXPORT,
            _("Readings of what you sent back"),
            source,
            columns,
            rows[Channel.Flow.RECEIVED],
            _("We hold no readings of power you sent back."),
            lacks=_("the size of your system, and its yearly settlement."),
        ),
    ]


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


def _removals(customer: Customer) -> list[Section]:
    """Of which days something went again, kind by kind; nothing where nothing did."""
    removed = Removal.objects.of(customer).select_related("agreement")
    by_kind: dict[str, list[tuple[Cell, ...]]] = {}
    names = {kind.key: kind.name for kind in Category.objects.all()}
    for one in removed.order_by("first_day", "at"):
        rows = by_kind.setdefault(one.category, [])
        rows.append((one.agreement.number, one.first_day, one.last_day, one.at))
    return [
        Section(
            f"removals_{category}",
            category,
            _("Taken out again: %(kind)s") % {"kind": names[category]},
            _("It came with a file that PRIME took back. It should not have been here."),
            (_("Service account"), _("First day"), _("Last day"), _("Corrected on")),
            rows,
            "",
        )
        for category, rows in by_kind.items()
    ]


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
                copies.words_for(download.format),
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


def _disputes(customer: Customer) -> Section:
    held = Dispute.objects.of(customer).with_state().select_related("category", "agreement")
    return Section(
        "disputes",
        categories.PRIVACY_RECORDS,
        _("What you disputed, asked or complained about"),
        _("Written down by this portal when you say it."),
        (
            _("Number"),
            _("What"),
            _("About"),
            _("Service account"),
            _("First day"),
            _("Last day"),
            _("When"),
            _("How it stands"),
            _("Since"),
            _("Answer due"),
        ),
        [
            (
                dispute.reference,
                dispute.get_kind_display(),
                dispute.category.name,
                dispute.agreement.number if dispute.agreement else None,
                dispute.first_day,
                dispute.last_day,
                dispute.raised_at,
                str(disputes.STATES[dispute.newest]),
                dispute.since,
                dispute.due if disputes.waits(dispute) else None,
            )
            for dispute in held.order_by("raised_at")
        ],
        _("You raised nothing yet."),
    )


def _said_in_disputes(customer: Customer) -> Section:
    said = [
        (dispute.raised_at, dispute.reference, _("You wrote"), dispute.text)
        for dispute in Dispute.objects.of(customer)
    ] + [
        (
            event.at,
            event.dispute.reference,
            ": ".join(filter(None, (event.get_kind_display(), event.get_outcome_display()))),
            event.text or None,
        )
        for event in DisputeEvent.objects.of(customer).select_related("dispute")
    ]
    return Section(
        "disputes_said",
        categories.PRIVACY_RECORDS,
        _("What was said about it"),
        _("Written by you, and by PRIME’s staff."),
        (_("When"), _("Number"), _("What happened"), _("Words")),
        sorted(said, key=itemgetter(0)),
        _("Nothing was said yet."),
    )


def _people(customer: Customer) -> Section:
    return Section(
        "people",
        categories.PORTAL_SECURITY,
        _("Who may act for this account"),
        _("Written down by this portal when somebody proves it."),
        (_("Who"), _("As"), _("May do"), _("From"), _("Until")),
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
