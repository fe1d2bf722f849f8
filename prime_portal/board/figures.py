"""What the board counts: each figure from rows that staff can look at themselves.

A function is asked at a moment and returns a number, or a short text. "This year" is the
calendar year in Los Angeles.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from consent import attestations, doubts, incidents
from consent.asks import mandate_of
from consent.facts import CONTRACT_CLAUSES, Mandate
from consent.models import (
    Authorization,
    Contract,
    Disclosure,
    DisclosureMember,
    Stop,
)
from consent.models.breaches import Incident, NonCompliance
from notices import watchdog
from notices.models import Delivery, Notice, WebsiteAttestation
from notices.models.sealed import PublishedSeal
from prime_portal.compliance import held_today, notice_drift
from prime_portal.models import EnteredInError, LedgerEntry, RoleChange, User
from prime_portal.reports import due
from usage.evidence import Evidence, Member
from usage.models import (
    AggregateRelease,
    Category,
    ClosedBlock,
    Customer,
    Dispute,
    Download,
    Hold,
    Import,
    Look,
    Purpose,
    RetentionRun,
    Source,
    TrainingRecord,
)


def year_of(at: datetime) -> tuple[datetime, datetime]:
    """The first moments of this calendar year and of the next."""
    zone = timezone.get_default_timezone()
    year = timezone.localdate(at).year
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def _this_year(at: datetime, field: str) -> dict[str, datetime]:
    first, after = year_of(at)
    return {f"{field}__gte": first, f"{field}__lt": after}


# 4.1


def sources(at: datetime) -> int:
    return Source.objects.count()


def files(at: datetime) -> int:
    """Files of which something was taken in this year."""
    return Import.objects.filter(
        outcome=Import.Outcome.TAKEN, **_this_year(at, "started_at")
    ).count()


# 4.2, 6.11


def releases(at: datetime) -> int:
    return AggregateRelease.objects.filter(**_this_year(at, "released_at")).count()


def _smallest(kind: str) -> int | str:
    found = ClosedBlock.objects.filter(kind=kind, withheld=False).aggregate(n=Min("customers"))
    return "nothing released" if found["n"] is None else int(found["n"])


def smallest_homes(at: datetime) -> int | str:
    return _smallest("residential")


def smallest_others(at: datetime) -> int | str:
    return _smallest("non_residential")


def role_changes(at: datetime) -> int:
    """How often somebody's roles changed this year."""
    return RoleChange.objects.filter(**_this_year(at, "at")).count()


def unmailed_seals(at: datetime) -> int | str:
    """Seals published this year, a day ago or longer, that were not mailed to the auditor."""
    if not settings.AUDITOR_EMAIL:
        return "no address is set"
    this_year = PublishedSeal.objects.filter(**_this_year(at, "published_at"))
    return this_year.filter(mailed_at=None, published_at__lt=at - timedelta(days=1)).count()


# 5.2


def staff_trained(at: datetime) -> int:
    today = timezone.localdate(at)
    counts = TrainingRecord.objects.filter(trained_on__lte=today, expires_on__gt=today)
    return (
        counts.filter(person__is_staff=True, person__is_active=True)
        .values("person")
        .distinct()
        .count()
    )


def looks_untrained(at: datetime) -> int:
    """Looks this year on a day on which no training of that person counted."""
    counted = TrainingRecord.objects.filter(
        person=OuterRef("by"), trained_on__lte=OuterRef("day"), expires_on__gt=OuterRef("day")
    )
    looks = Look.objects.filter(**_this_year(at, "at")).annotate(day=TruncDate("at"))
    return int(looks.filter(~Exists(counted)).count())


def unattested(at: datetime) -> int:
    """Third parties that PRIME asks to attest, and nothing they attested counts today."""
    return len(attestations.owed(at=at, within=0))


# 4.3 to 4.5, 5.1, 5.3


def homes(at: datetime) -> int:
    return Customer.objects.filter(kind=Customer.Kind.RESIDENTIAL).count()


def businesses(at: datetime) -> int:
    return Customer.objects.filter(kind=Customer.Kind.NON_RESIDENTIAL).count()


def primary_purposes(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.PRIMARY, ended_at=None).count()


def primary_without_limb(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.PRIMARY, limb=None).count()


def secondary_purposes(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.SECONDARY, ended_at=None).count()


def ledger_entries(at: datetime) -> int:
    return LedgerEntry.objects.count()


def unwatched(at: datetime) -> int:
    """Kinds of evidence the database does not refuse to change."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(getattr(model, "kept", None), Evidence | Member)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS kept WHERE NOT EXISTS (SELECT FROM"
            " pg_trigger WHERE tgrelid = kept::regclass AND tgenabled = 'A'"
            " AND tgname = 'evidence_is_never_deleted')",
            [tables],
        )
        (count,) = cursor.fetchone()
    return int(count)


def staff_without_second_factor(at: datetime) -> int:
    second = Authenticator.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(~Exists(second), is_staff=True, is_active=True).count()


def _marked() -> Exists:
    return Exists(EnteredInError.objects.filter(row=OuterRef("pk")))


def marks(at: datetime) -> int:
    """Rows of evidence marked as entered in error."""
    return EnteredInError.objects.count()


def late_duties(at: datetime) -> int:
    """Duties past their day, of incidents that were not entered in error."""
    wrong = set(Incident.objects.filter(_marked()).values_list("pk", flat=True))
    late = incidents.overdue(on=timezone.localdate(at))
    return sum(1 for incident, _clock in late if incident.pk not in wrong)


def open_findings(at: datetime) -> int:
    return NonCompliance.objects.filter(~_marked(), mended_at=None).count()


def reports_late(at: datetime) -> int:
    """Annual reports to the Commission past their day, and nobody issued them."""
    return len(due.overdue(on=timezone.localdate(at)))


def wider_than_authorized(at: datetime) -> int:
    return doubts.wider().count()


def categories_held(at: datetime) -> int:
    return len(held_today())


def categories_unknown(at: datetime) -> int:
    return len(held_today() - set(Category.objects.values_list("key", flat=True)))


def refused_files(at: datetime) -> int:
    return Import.objects.filter(
        outcome=Import.Outcome.REFUSED, **_this_year(at, "started_at")
    ).count()


def last_retention(at: datetime) -> str:
    run = RetentionRun.objects.order_by("-pk").first()
    return "never run" if run is None else str(run)


def holds(at: datetime) -> int:
    return Hold.objects.filter(lifted_at=None).count()


# 6.1 to 6.3


def version_in_force(at: datetime) -> str:
    notice = Notice.objects.in_force(on=timezone.localdate(at))
    return f"version {notice.number}, since {notice.effective_on}" if notice else "none"


def unsaid(at: datetime) -> int:
    return len(notice_drift(on=timezone.localdate(at)).unsaid)


def _notices(at: datetime) -> QuerySet[Delivery]:
    found: QuerySet[Delivery] = Delivery.objects.filter(kind__in=watchdog.REQUIRED)
    return found.filter(**_this_year(at, "owed_at"))


def notices_owed(at: datetime) -> int:
    return _notices(at).count()


def notices_sent(at: datetime) -> int:
    return _notices(at).filter(sent_at__isnull=False, failed_at=None).count()


def notices_delivered(at: datetime) -> int:
    return _notices(at).filter(delivered_at__isnull=False, failed_at=None).count()


def notices_failed(at: datetime) -> int:
    return _notices(at).filter(failed_at__isnull=False).count()


def notices_overdue(at: datetime) -> int:
    late = Delivery.objects.overdue(on=timezone.localdate(at))
    return late.filter(kind__in=watchdog.REQUIRED).count()


def notices_lost(at: datetime) -> int:
    lost = Delivery.objects.failed_for_good().filter(kind__in=watchdog.REQUIRED)
    return lost.filter(due_on__lt=timezone.localdate(at)).count()


def notices_forgotten(at: datetime) -> int:
    return watchdog.forgotten(at=at)


def website_seen(at: datetime) -> str:
    last = WebsiteAttestation.objects.filter(~_marked()).first()
    return f"{last.seen_on}" if last else "never"


def website_due(at: datetime) -> int:
    return int(WebsiteAttestation.objects.due(on=timezone.localdate(at)))


def copies(at: datetime) -> int:
    return Download.objects.filter(**_this_year(at, "at")).count()


def disputes_open(at: datetime) -> int:
    return Dispute.objects.open().count()


def disputes_late(at: datetime) -> int:
    return Dispute.objects.overdue(on=timezone.localdate(at)).count()


# 6.4 to 6.8


def _gone() -> QuerySet[Disclosure]:
    found: QuerySet[Disclosure] = Disclosure.objects.filter(handed_over_at__isnull=False)
    return found


def by_clause(clause: str, at: datetime) -> int:
    return _gone().filter(clause=clause, **_this_year(at, "at")).count()


def by_law(at: datetime) -> int:
    return by_clause("4.4", at)


def by_64(at: datetime) -> int:
    return by_clause("6.4", at)


def by_65(at: datetime) -> int:
    return by_clause("6.5", at)


def by_66(at: datetime) -> int:
    return by_clause("6.6", at)


def _contracts(at: datetime) -> list[Mandate]:
    """Every contract in force for a primary purpose, as the policy reads it."""
    held = Contract.objects.filter(standing=Contract.Standing.PRIMARY_PURPOSE)
    return [one for one in map(mandate_of, held) if one.in_force(at=at)]


def contracts(at: datetime) -> int:
    return len(_contracts(at))


def _lacking(at: datetime, *clauses: str) -> int:
    return sum(1 for one in _contracts(at) if set(clauses) & set(one.missing))


def contracts_lacking(at: datetime) -> int:
    return _lacking(at, *CONTRACT_CLAUSES)


def without_flow_down(at: datetime) -> int:
    return _lacking(at, "flow_down", "primary_only")


def without_material_breach(at: datetime) -> int:
    return _lacking(at, "material_breach")


def gone_without_contract(at: datetime) -> int:
    return doubts.without_contract().count()


def stops(at: datetime) -> int:
    return Stop.objects.in_force().filter(customer=None).count()


def gone_while_stopped(at: datetime) -> int:
    return doubts.while_stopped().count()


# 6.9, 6.10


def authorizations(at: datetime) -> int:
    return Authorization.objects.in_force(at=at).count()


def without_basis(at: datetime) -> int:
    return doubts.without_basis().count()


def refused(at: datetime) -> int:
    return Disclosure.objects.filter(allowed=False, **_this_year(at, "at")).count()


def canceled(at: datetime) -> int:
    return Authorization.objects.filter(**_this_year(at, "canceled_at")).count()


def slowest_cancel(at: datetime) -> str:
    """The longest time after a cancel at which something still went under it."""
    after = DisclosureMember.objects.filter(
        disclosure__handed_over_at__gt=F("authorization__canceled_at")
    ).values_list("disclosure__handed_over_at", "authorization__canceled_at")
    longest = max((gone - canceled_at for gone, canceled_at in after), default=timedelta(0))
    return f"{longest.total_seconds():.1f} s"


def gone_after_cancel(at: datetime) -> int:
    return doubts.after_cancel().count()
