"""Notice and access, PRIME-07 6.1 to 6.3 (Transparency and Notification)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notices import watchdog
from notices.models import Delivery, Notice, WebsiteAttestation
from prime_portal.board.parts import DELIVERIES, Clause, Figure, Line, marked, this_year
from prime_portal.compliance import notice_drift
from usage.models import Dispute, Download

REQUIRED = f"{DELIVERIES}?kind__in={','.join(watchdog.REQUIRED)}"
NOTICES = f"{REQUIRED}&owed_at__year={{year}}"


# 6.1


def version_in_force(at: datetime) -> str:
    notice = Notice.objects.in_force(on=timezone.localdate(at))
    if notice is None:
        return gettext("none")
    facts = {"number": notice.number, "day": date_format(notice.effective_on)}
    return gettext("version %(number)s, since %(day)s") % facts


def no_version(at: datetime) -> bool:
    return Notice.objects.in_force(on=timezone.localdate(at)) is None


def unsaid(at: datetime) -> list[Line]:
    return [Line(one) for one in notice_drift(on=timezone.localdate(at)).unsaid]


def no_longer_done(at: datetime) -> list[Line]:
    return [Line(one) for one in notice_drift(on=timezone.localdate(at)).outdated]


# 6.2


def _notices(at: datetime) -> QuerySet[Delivery]:
    found: QuerySet[Delivery] = Delivery.objects.filter(kind__in=watchdog.REQUIRED)
    return found.filter(**this_year(at, "owed_at"))


def notices_owed(at: datetime) -> int:
    return _notices(at).count()


def notices_waiting(at: datetime) -> int:
    return _notices(at).filter(sent_at=None, failed_at=None).count()


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


def customers_forgotten(at: datetime) -> list[Line]:
    return [
        Line(str(customer), "run_desk:proof", customer)
        for customer in watchdog.who_is_forgotten(at=at)
    ]


def website_seen(at: datetime) -> str:
    last = WebsiteAttestation.objects.filter(~marked()).first()
    return date_format(last.seen_on) if last else gettext("never")


def website_is_due(at: datetime) -> bool:
    """Whether nobody has looked this quarter; what was entered in error is no look."""
    looks = WebsiteAttestation.objects.filter(~marked())
    return bool(looks.due(on=timezone.localdate(at)))


# 6.3


def copies(at: datetime) -> int:
    return Download.objects.filter(**this_year(at, "at")).count()


def disputes_open(at: datetime) -> int:
    return Dispute.objects.open().count()


def disputes_late(at: datetime) -> int:
    return Dispute.objects.overdue(on=timezone.localdate(at)).count()


CLAUSES = (
    Clause(
        "6.1",
        _("Meaningful notice"),
        _(
            "The Notice says clearly and accurately what PRIME does with customers’ information. "
            "PRIME gives a notice of its own and does not rely on the utility’s."
        ),
        (
            Figure(
                _("Version in effect"),
                version_in_force,
                "admin:notices_notice_changelist",
                late=no_version,
            ),
            Figure(_("Things PRIME does that the Notice leaves out"), lines=unsaid, most=0),
            Figure(
                _("Things the Notice says that PRIME no longer does (the next version mends it)"),
                lines=no_longer_done,
            ),
        ),
        (
            "consent/test_authorizations.py::test_nothing_is_granted_while_no_notice_is_in_force",
            "notices/test_publishing.py",
            "notices/test_drift.py",
        ),
    ),
    Clause(
        "6.2",
        _("Written notice, label, link"),
        _(
            "Every customer gets a written notice when the account is confirmed, and at least "
            "once a year. It tells how to get the Notice, which bears its label, its date, the "
            "official and each kind of information; the home page and every electronic message "
            "link to it."
        ),
        (
            Figure(
                _("Notices owed this year, for an account, yearly or a change"),
                notices_owed,
                NOTICES,
            ),
            Figure(
                _("Of these not sent yet"),
                notices_waiting,
                f"{NOTICES}&sent_at__isnull=1&failed_at__isnull=1",
            ),
            Figure(
                _("Of these sent, and nothing came back"),
                notices_sent,
                f"{NOTICES}&sent_at__isnull=0&failed_at__isnull=1",
            ),
            Figure(
                _("Of these known to be delivered"),
                notices_delivered,
                f"{NOTICES}&delivered_at__isnull=0&failed_at__isnull=1",
            ),
            Figure(
                _("Of these failed (where an e-mail failed, a letter takes its place)"),
                notices_failed,
                f"{NOTICES}&failed_at__isnull=0",
            ),
            Figure(
                _("Notices overdue, of any year"),
                notices_overdue,
                f"{REQUIRED}&condition=overdue",
                most=0,
            ),
            Figure(
                _(
                    "Notices of any year that failed, and past their day nothing went in their "
                    "place"
                ),
                notices_lost,
                f"{REQUIRED}&condition=failed&due_on__lt={{today}}",
                most=0,
            ),
            Figure(
                _("Customers who lack a notice they are owed"),
                notices_forgotten,
                lines=customers_forgotten,
                most=0,
            ),
            Figure(
                _("Link last seen on PRIME’s web site (once a quarter)"),
                website_seen,
                "admin:notices_websiteattestation_changelist",
                late=website_is_due,
            ),
        ),
        (
            "test_whole_portal.py::test_the_home_page_leads_conspicuously_to_the_notice",
            "notices/test_checking.py::test_each_element_that_is_missing_or_vague_is_named",
            "test_notice_desk.py::test_a_draft_is_written_mended_approved_scheduled_and_takes_force",
            "notices/test_deliveries.py",
            "notices/test_mail.py",
            "notices/test_events.py",
            "notices/test_batches.py",
            "notices/test_worker_killed.py",
            "test_run_desk.py::test_a_customers_year_is_proved_on_a_page_and_on_paper",
            "test_healthz.py::test_an_overdue_notice_is_red_until_it_is_sent",
            "notices/test_watchdog.py",
            "notices/test_states.py",
        ),
    ),
    Clause(
        "6.3",
        _("Access, no less detailed"),
        _(
            "On request, customers get at their information conveniently and securely, in a form "
            "that is easy to read, and no less detailed than any third party gets it. What they "
            "dispute or ask is answered in time (6.2)."
        ),
        (
            Figure(
                _("Copies taken this year"),
                copies,
                "admin:usage_download_changelist?at__year={year}",
            ),
            Figure(
                _("Disputes, questions and complaints open"),
                disputes_open,
                "admin:usage_dispute_changelist?state=open",
            ),
            Figure(
                _("Disputes, questions and complaints past their day"),
                disputes_late,
                "admin:usage_dispute_changelist?state=overdue",
                most=0,
            ),
        ),
        (
            "test_journey.py::test_from_the_letter_to_the_cancel",
            "usage/test_parity.py",
            "test_claiming.py::test_number_zip_and_code_lead_to_a_sign_in_of_ones_own",
            "usage/test_granularity.py",
        ),
    ),
)
