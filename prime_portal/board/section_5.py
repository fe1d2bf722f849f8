"""The policy itself, PRIME-07 5.1 to 5.3: safeguards, training, no more than is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import attestations, doubts, incidents
from consent.models import Demand
from consent.models.breaches import Incident, NonCompliance
from notices.models.sealed import PublishedSeal
from prime_portal import retention
from prime_portal.board.parts import DISCLOSURES, Clause, Figure, Line, marked, this_year
from prime_portal.compliance import held_today
from prime_portal.models import EnteredInError, LedgerEntry, RoleChange, User
from prime_portal.reports import due
from usage.evidence import Evidence, Member
from usage.models import (
    Case,
    Category,
    Dispute,
    Hold,
    Import,
    Look,
    Purpose,
    RetentionRun,
    TrainingRecord,
)
from usage.retention import Counts

DISPUTE = "admin:usage_dispute_change"
A_MONTH_AND_MORE = timedelta(days=40)
"""Old information is let go of once a month."""


# 5.1: the record


def ledger_entries(at: datetime) -> int:
    return LedgerEntry.objects.count()


def unwatched(at: datetime) -> list[Line]:
    """Kinds of evidence the database does not refuse to change."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(getattr(model, "kept", None), Evidence | Member)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept FROM unnest(%s::text[]) AS kept WHERE NOT EXISTS (SELECT FROM"
            " pg_trigger WHERE tgrelid = kept::regclass AND tgenabled = 'A'"
            " AND tgname = 'evidence_is_never_deleted')",
            [tables],
        )
        return [Line(table) for (table,) in cursor.fetchall()]


def _unmailed(at: datetime) -> QuerySet[PublishedSeal]:
    """Published this year, a day ago or longer, and not mailed to the auditor."""
    published = PublishedSeal.objects.filter(**this_year(at, "published_at"))
    return published.filter(mailed_at=None, published_at__lt=at - timedelta(days=1))


def unmailed_seals(at: datetime) -> int | str:
    return _unmailed(at).count() if settings.AUDITOR_EMAIL else gettext("no address is set")


def _entries(count: int) -> str:
    return ngettext("%(n)s entry", "%(n)s entries", count) % {"n": count}


def seals_not_mailed(at: datetime) -> list[Line]:
    return [Line(f"{seal.day}: {_entries(seal.size)}, {seal.short}") for seal in _unmailed(at)]


def marks(at: datetime) -> int:
    """Rows of evidence marked as entered in error."""
    return EnteredInError.objects.count()


# 5.1: who may look, and who did


def role_changes(at: datetime) -> int:
    """How often somebody's roles changed this year."""
    return RoleChange.objects.filter(**this_year(at, "at")).count()


def _person(person: User, says: str = "") -> Line:
    return Line(f"{person.email}{says}", "admin:prime_portal_user_change", person)


def without_second_factor(at: datetime) -> list[Line]:
    second = Authenticator.objects.filter(user=OuterRef("pk"))
    people = User.objects.filter(~Exists(second), is_staff=True, is_active=True)
    return [_person(person) for person in people.order_by("email")]


def cases(at: datetime) -> int:
    return Case.objects.filter(**this_year(at, "opened_at")).count()


def glass_to_review(at: datetime) -> int:
    return Case.objects.filter(broke_glass=True, reviewed_at=None).count()


# 5.1: what went wrong


def late_duties(at: datetime) -> list[Line]:
    """Duties past their day, of incidents that were not entered in error."""
    wrong = set(Incident.objects.filter(marked()).values_list("pk", flat=True))
    return [
        Line(
            f"{incident.title}: {clock.duty.what} ({date_format(clock.due_on)})",
            "incidents:incident",
            incident,
        )
        for incident, clock in incidents.overdue(on=timezone.localdate(at))
        if incident.pk not in wrong
    ]


def open_findings(at: datetime) -> int:
    return NonCompliance.objects.filter(~marked(), mended_at=None).count()


def reports_late(at: datetime) -> list[Line]:
    """Annual reports to the Commission past their day, and nobody issued them."""
    return [
        Line(f"{one.year} ({date_format(one.due)})", "reports:desk")
        for one in due.overdue(on=timezone.localdate(at))
    ]


# 5.2


def _trained(at: datetime) -> dict[UUID, tuple[date, TrainingRecord]]:
    """The training of each of the staff that counts longest today."""
    today = timezone.localdate(at)
    counts = TrainingRecord.objects.filter(
        ~marked(),
        trained_on__lte=today,
        expires_on__gt=today,
        person__is_staff=True,
        person__is_active=True,
    )
    held = counts.select_related("person").order_by("expires_on")
    return {record.person_id: (record.expires_on, record) for record in held if record.person_id}


def _until(day: date) -> str:
    return gettext("until %(day)s") % {"day": date_format(day)}


def _over(day: date | None) -> str:
    """Since when training or an attestation counts no more; None where there was never one."""
    return gettext("over since %(day)s") % {"day": date_format(day)} if day else gettext("never")


def staff_trained(at: datetime) -> list[Line]:
    return [
        Line(
            f"{record.person}: {_until(expires)}",
            "admin:usage_trainingrecord_change",
            record,
        )
        for expires, record in _trained(at).values()
    ]


def staff_untrained(at: datetime) -> list[Line]:
    """Staff whose training does not count today, with the day it last did."""
    people = User.objects.filter(is_staff=True, is_active=True).exclude(pk__in=list(_trained(at)))
    wrong = EnteredInError.objects.filter(row=OuterRef("trainings__pk"))
    last = people.annotate(last=Max("trainings__expires_on", filter=~Exists(wrong)))
    last = last.order_by("email")
    return [_person(person, f": {_over(person.last)}") for person in last]


def _untrained(at: datetime) -> QuerySet[Look]:
    """Looks this year on a day on which no training of that person counted."""
    counted = TrainingRecord.objects.filter(
        person=OuterRef("by"), trained_on__lte=OuterRef("day"), expires_on__gt=OuterRef("day")
    )
    looks = Look.objects.filter(**this_year(at, "at")).annotate(day=TruncDate("at"))
    found: QuerySet[Look] = looks.filter(~Exists(counted))
    return found


def looks_untrained(at: datetime) -> list[Line]:
    return [
        Line(
            f"{date_format(timezone.localtime(look.at), 'DATETIME_FORMAT')}: {look.by}",
            "admin:usage_case_change",
            look.case,
        )
        for look in _untrained(at).select_related("by", "case")
    ]


def unattested(at: datetime) -> list[Line]:
    """Third parties that PRIME asks to attest, and nothing they attested counts today."""
    return [
        Line(
            f"{party.words.legal_name}: {_over(ends)}",
            "party_desk:party",
            party,
        )
        for party, ends in attestations.owed(at=at, within=0)
    ]


# 5.3


def kinds_held(at: datetime) -> list[Line]:
    held = held_today()
    kinds = Category.objects.filter(key__in=held).order_by("position")
    lines = [Line(kind.name, "admin:usage_category_change", kind) for kind in kinds]
    return lines + [Line(key) for key in sorted(held - {kind.key for kind in kinds})]


def kinds_without_purpose(at: datetime) -> list[Line]:
    """Held, and no purpose in use says that it needs them."""
    needed = Purpose.objects.filter(ended_at=None).values_list("categories", flat=True)
    return [Line(key) for key in sorted(held_today().difference(*needed))]


def wider_than_authorized(at: datetime) -> int:
    return doubts.wider().count()


def finer_than_authorized(at: datetime) -> int:
    return doubts.finer().count()


def refused_files(at: datetime) -> int:
    return Import.objects.filter(
        outcome=Import.Outcome.REFUSED, **this_year(at, "started_at")
    ).count()


def last_retention(at: datetime) -> str:
    run = RetentionRun.objects.order_by("-started_at").first()
    if run is None:
        scheduled = bool(settings.RETENTION_SCHEDULE)
        return gettext("never") if scheduled else gettext("never: no records schedule is set")
    return date_format(timezone.localdate(run.started_at))


def retention_is_late(at: datetime) -> bool:
    """Whether there is a schedule, and no run for longer than a month after it could be."""
    since = RetentionRun.objects.order_by("-started_at").values_list("started_at", flat=True)
    ran = since.first() or LedgerEntry.objects.order_by("id").values_list("at", flat=True).first()
    last = datetime.fromisoformat(ran) if isinstance(ran, str) else ran
    return bool(settings.RETENTION_SCHEDULE and last and last < at - A_MONTH_AND_MORE)


def what_would_go(at: datetime) -> list[Line]:
    """What a run would let go of now, what stays though it is old, and because of what."""
    return [
        *_counted(retention.look(at=at), gettext("would go")),
        *_counted(retention.kept_back(at=at), gettext("past their period, kept back")),
        *(
            Line(
                gettext("Kept back by a hold: %(what)s") % {"what": hold},
                "admin:usage_hold_changelist",
            )
            for hold in Hold.objects.in_force().order_by("placed_at")
        ),
        *(
            Line(gettext("Kept back by a dispute: %(what)s") % {"what": dispute}, DISPUTE, dispute)
            for dispute in Dispute.objects.holding().order_by("raised_at")
        ),
        *(
            Line(
                gettext("Kept back by a demand: %(what)s") % {"what": demand},
                "party_desk:demand",
                demand,
            )
            for demand in Demand.objects.filter(pk__in=retention.demanded())
        ),
    ]


def _counted(counts: Counts, how: str) -> Iterator[Line]:
    for category, rows in counts.items():
        for what, number in rows.items():
            yield Line(f"{category}, {what}: {number} {how}")


def holds(at: datetime) -> int:
    return Hold.objects.in_force().count()


CLAUSES = (
    Clause(
        "5.1",
        _("Safeguards"),
        _(
            "Covered Information is guarded against unauthorized access, destruction, use, change "
            "and disclosure. How rooms and machines are locked, the portal cannot count."
        ),
        (
            Figure(
                _("Entries the database wrote itself"),
                ledger_entries,
                "admin:prime_portal_ledgerentry_changelist",
                least=1,
            ),
            Figure(
                _("Kinds of evidence the database does not watch"),
                lines=unwatched,
                most=0,
            ),
            Figure(
                _("Seals of the record this year that were not mailed to the auditor"),
                unmailed_seals,
                lines=seals_not_mailed,
                most=0,
            ),
            Figure(
                _("Rows of evidence marked as entered in error"),
                marks,
                "admin:prime_portal_enteredinerror_changelist",
            ),
            Figure(
                _("Changes of staff’s roles this year"),
                role_changes,
                "admin:prime_portal_rolechange_changelist?at__year={year}",
            ),
            Figure(
                _("Staff without a second factor (they reach nothing)"),
                lines=without_second_factor,
            ),
            Figure(
                _("Cases this year in which staff opened customers’ pages"),
                cases,
                "admin:usage_case_changelist?opened_at__year={year}",
            ),
            Figure(
                _("Of all cases, opened in an emergency and not reviewed yet"),
                glass_to_review,
                "admin:usage_case_changelist?broke_glass__exact=1&reviewed_at__isnull=1",
            ),
            Figure(_("Duties of incidents that are overdue"), lines=late_duties, most=0),
            Figure(
                _("Non-compliances not mended yet"),
                open_findings,
                "admin:consent_noncompliance_changelist?mended_at__isnull=1&marked=no",
                most=0,
            ),
            Figure(
                _("Annual reports to the Commission that are overdue"),
                lines=reports_late,
                most=0,
            ),
        ),
        (
            "test_evidence.py::test_the_owner_and_a_superuser_are_refused_too",
            "test_whole_portal.py::test_a_page_shows_nothing_before_signing_in",
            "test_sign_in.py::test_staff_without_a_second_factor_do_not_reach_the_admin",
            "test_cases.py::test_no_page_about_a_customer_opens_without_a_case",
            "test_roles.py::test_each_role_is_let_in_where_the_matrix_says_so_and_nowhere_else",
            "consent/test_incidents.py",
            "notices/test_codes.py",
            "usage/test_claims.py::test_sixty_guesses_at_once_are_five_guesses",
            "consent/test_bulk.py::test_the_database_refuses_many_without_an_approval_of_just_them",
        ),
    ),
    Clause(
        "5.2",
        _("Training"),
        _(
            "Whoever at PRIME, or at a third party concerned, uses, stores or processes Covered "
            "Information is trained for it."
        ),
        (
            Figure(_("Staff whose training counts today"), lines=staff_trained),
            Figure(
                _("Staff whose training does not count (no customer’s page opens to them)"),
                lines=staff_untrained,
            ),
            Figure(
                _("Pages about customers opened this year by staff whose training did not count"),
                lines=looks_untrained,
                most=0,
            ),
            Figure(_("Third parties nothing goes to until they attest training"), lines=unattested),
        ),
        (
            "test_cases.py::test_training_that_ran_out_shuts_the_next_page",
            "usage/test_training.py",
            "consent/test_attestations.py",
        ),
    ),
    Clause(
        "5.3",
        _("No more than needed"),
        _(
            "PRIME collects, keeps, uses and discloses only as much as a specific primary purpose "
            "needs, or the CPUC authorized; for a secondary purpose, no more than the customer "
            "authorized."
        ),
        (
            Figure(_("Kinds of information held"), lines=kinds_held),
            Figure(
                _("Kinds held that no purpose in use needs"),
                lines=kinds_without_purpose,
                most=0,
            ),
            Figure(
                _("Disclosures wider than their authorization"),
                wider_than_authorized,
                f"{DISCLOSURES}?doubt=wider",
                most=0,
            ),
            Figure(
                _("Disclosures finer than what was authorized"),
                finer_than_authorized,
                f"{DISCLOSURES}?doubt=finer",
                most=0,
            ),
            Figure(
                _("Files refused this year, nothing of them kept"),
                refused_files,
                "admin:usage_import_changelist?outcome__exact=refused&started_at__year={year}",
            ),
            Figure(
                _("Runs that let go of old information"),
                lambda _at: RetentionRun.objects.count(),
                "admin:usage_retentionrun_changelist",
            ),
            Figure(
                _("The last of them, and what the next one would let go of"),
                last_retention,
                lines=what_would_go,
                late=retention_is_late,
            ),
            Figure(_("Holds in force"), holds, "admin:usage_hold_changelist?lifted_at__isnull=1"),
        ),
        (
            "usage/test_roster_file.py",
            "usage/test_retention.py",
            "consent/test_authorizations.py::test_terms_that_cannot_be_are_refused_in_a_sentence",
        ),
    ),
)
