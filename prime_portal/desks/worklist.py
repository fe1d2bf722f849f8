"""What waits for somebody: one page a clerk can live in, made of small questions to each app.

Each list says whom it is for (a permission of prime_portal.roles), what stands in it and by when,
and leads to where it is settled. Rows name no customer: a reference, a kind and a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from consent import attestations as attested
from consent import incidents, legal, withdrawals
from consent.asks import mandate_of
from consent.models import BulkProposal, Contract, Finding, Stop, ThirdParty
from consent.models.breaches import NonCompliance
from notices import failures
from notices.models import Delivery, PrintBatch
from notices.writing import attestations
from prime_portal import roles
from prime_portal.compliance import notice_drift
from prime_portal.reports import due
from usage import disputes, dropping, import_desk, training
from usage.copies import words_for
from usage.models import Case, Dispute, Import, PreparedDownload, PurposeProposal
from usage.sentences import told_of_nobody

SOON = 60
"""Days before its end that a contract is on the list."""

DUTY_SOON = 14
"""Days before its last day that a duty of an incident is on the list."""

KEPT_LOOKING = 30
"""Days for which a copy that could not be prepared is on the list."""

SHOWN = 25
"""Lines of one list; above them stands how many there are."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do: what, by when, and where. again: where one press sends it again."""

    what: str
    where: str
    due: date | None = None
    again: str = ""


@dataclass(frozen=True, slots=True)
class WorkList:
    """A question of one app, for whoever holds the permission."""

    key: str
    title: str | Promise
    needs: str
    lines: Callable[[datetime], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as it stands on the page."""

    key: str
    title: str | Promise
    lines: list[Line]
    count: int


def _change(model: str, pk: object) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


def _answers(at: datetime) -> Iterable[Line]:
    waiting = Dispute.objects.waiting().select_related("category").order_by("due", "pk")
    for held in waiting:
        words = f"{held.reference}: {held.get_kind_display()}, {held.category.name}"
        yield Line(words, _change("usage_dispute", held.pk), held.due)


def _with_sce(at: datetime) -> Iterable[Line]:
    handed = Dispute.objects.open().filter(newest="handed_over").order_by("raised_at")
    for held in handed:
        words = f"{held.reference}: {disputes.STATES[held.newest]}"
        yield Line(words, _change("usage_dispute", held.pk))


def _failed(at: datetime) -> Iterable[Line]:
    failed = Delivery.objects.failed_for_good()
    for sent in failed.with_state(at=at).order_by("failed_at", "pk"):
        yield _came_back(sent)


def _again(at: datetime) -> Iterable[Line]:
    """What came back, and can go to a better address now: sent again by one press (6.2)."""
    for sent in failures.can_be_sent_again().with_state(at=at).order_by("failed_at", "pk"):
        again = reverse("run_desk:again", args=[sent.pk])
        yield replace(_came_back(sent), again=again)


def _came_back(sent: Delivery) -> Line:
    day = sent.failed_at and timezone.localdate(sent.failed_at)
    return Line(f"{sent}: {sent.state}", reverse("run_desk:delivery", args=[sent.pk]), day)


def _overdue(at: datetime) -> Iterable[Line]:
    late = Delivery.objects.overdue(on=timezone.localdate(at)).order_by("due_on", "pk")
    for owed in late:
        yield Line(f"{owed}", reverse("run_desk:delivery", args=[owed.pk]), owed.due_on)


def _contracts(at: datetime) -> Iterable[Line]:
    soon = timezone.localdate(at) + timedelta(days=SOON)
    found = []
    for held in Contract.objects.filter(ended_at=None).select_related("third_party"):
        ends_on = held.words.ends_on
        if ends_on and ends_on <= soon:
            name = f"{held.third_party.words.legal_name}: {held.words.reference}"
            found.append(Line(name, _desk_of(held.third_party), ends_on))
    return sorted(found, key=lambda line: line.due or soon)


def _desk_of(party: ThirdParty) -> str:
    return reverse("party_desk:party", args=[party.pk])


def _trainings(at: datetime) -> Iterable[Line]:
    where = reverse("admin:usage_trainingrecord_add")
    for person, day in training.expiring(on=timezone.localdate(at), within=training.REMINDED[0]):
        yield Line(str(person), where, day)


def _attestations(at: datetime) -> Iterable[Line]:
    """Third parties that nothing goes to until they attest training, or that soon must (5.2)."""
    today = timezone.localdate(at)
    for party, ends in attested.owed(at=at, within=training.REMINDED[0]):
        name = party.words.legal_name
        if ends is None or ends <= today:
            name = _("%(name)s: nothing goes to it until it attests") % {"name": name}
        yield Line(name, _desk_of(party), ends)


def _clauses(at: datetime) -> Iterable[Line]:
    """Contracts for a primary purpose that lack a protective clause (6.5 to 6.7)."""
    running = Contract.objects.filter(ended_at=None, standing=Contract.Standing.PRIMARY_PURPOSE)
    for held in running.select_related("third_party"):
        missing = len(mandate_of(held).missing)
        if missing:
            said = _("%(contract)s: clauses missing: %(count)s")
            text = said % {"contract": held.third_party.words.legal_name, "count": missing}
            yield Line(text, _desk_of(held.third_party))


def _demands(at: datetime) -> Iterable[Line]:
    for held in legal.to_review():
        yield Line(f"{held}", reverse("party_desk:demand", args=[held.pk]))


def _emergencies(at: datetime) -> Iterable[Line]:
    for held in legal.to_check():
        day = timezone.localdate(held.received_at)
        yield Line(f"{held} {day}", reverse("party_desk:demand", args=[held.pk]))


def _withdrawals(at: datetime) -> Iterable[Line]:
    where = reverse("recipient_desk:desk")
    for sent in withdrawals.to_chase(at=at).order_by("told_at"):
        due = timezone.localdate(sent.told_at + withdrawals.ANSWER_WITHIN)
        yield Line(sent.third_party.words.legal_name, where, due)


def _duties(at: datetime) -> Iterable[Line]:
    soon = timezone.localdate(at) + timedelta(days=DUTY_SOON)
    for incident, clock in incidents.undone():
        if clock.due_on <= soon:
            where = reverse("incidents:incident", args=[incident.pk])
            yield Line(f"{incident}: {clock.duty.what}", where, clock.due_on)


def _findings(at: datetime) -> Iterable[Line]:
    for found in Finding.objects.waiting().select_related("third_party").order_by("found_at"):
        yield Line(found.third_party.words.legal_name, _desk_of(found.third_party))


def _register(at: datetime) -> Iterable[Line]:
    where = reverse("incidents:findings")
    for found in NonCompliance.objects.filter(mended_at=None).order_by("found_at"):
        yield Line(f"PRIME-07 {found}", where)


def _bulk(at: datetime) -> Iterable[Line]:
    for bulk in BulkProposal.objects.open().order_by("proposed_at"):
        said = _("%(contract)s: customers: %(count)s")
        text = said % {"contract": f"{bulk}", "count": bulk.customers}
        yield Line(text, reverse("recipient_desk:bulk", args=[bulk.pk]))


def _purposes(at: datetime) -> Iterable[Line]:
    where = reverse("party_desk:purposes")
    for proposed in PurposeProposal.objects.filter(decided_at=None).order_by("proposed_at"):
        yield Line(proposed.name, where)


def _batches(at: datetime) -> Iterable[Line]:
    where = reverse("run_desk:run")
    sealed = PrintBatch.objects.filter(sealed_at__isnull=False, confirmed_at=None)
    for batch in sealed.order_by("number"):
        said = _("Batch %(batch)s: hand it over")
        if batch.handed_at:
            said = _("Batch %(batch)s: a second person confirms that it was handed over")
        yield Line(said % {"batch": batch}, where)


def _glass(at: datetime) -> Iterable[Line]:
    for case in Case.objects.to_review().select_related("opened_by"):
        day = timezone.localdate(case.opened_at)
        yield Line(f"{case.opened_by}: {case}", _change("usage_case", case.pk), day)


def _stops(at: datetime) -> Iterable[Line]:
    unconfirmed = Stop.objects.in_force().filter(confirmed_at=None)
    for stop in unconfirmed.select_related("third_party").order_by("stopped_at"):
        day = timezone.localdate(stop.stopped_at)
        yield Line(stop.third_party.words.legal_name, _desk_of(stop.third_party), day)


def _drift(at: datetime) -> Iterable[Line]:
    where = reverse("notice_desk:desk")
    return [Line(sentence, where) for sentence in notice_drift(on=timezone.localdate(at)).unsaid]


def _website(at: datetime) -> Iterable[Line]:
    if attestations.due(on=timezone.localdate(at)):
        yield Line(
            _("See that the link stands on PRIME’s web site"), reverse("notice_desk:website")
        )


def _reports(at: datetime) -> Iterable[Line]:
    """Annual reports to the Commission that nobody issued yet (CPUC rules 8c, 9e)."""
    where = reverse("reports:desk")
    for one in due.owed(on=timezone.localdate(at)):
        yield Line(_("Annual report about %(year)s") % {"year": one.year}, where, one.due)


def _files(at: datetime) -> Iterable[Line]:
    """Files of the drop folder of no use. Why, without what the file says of anybody."""
    for row in dropping.refused(at=at):
        kind = import_desk.FORMATS.get(row.read_as.get("format", ""), row.kind)
        why = row.get_outcome_display() or _("broken off")
        if row.outcome == Import.Outcome.REFUSED and row.problems:
            why = _("refused: %(why)s") % {"why": told_of_nobody(row.problems[0])}
        day = date_format(timezone.localdate(row.started_at))
        yield Line(f"{day}, {kind}: {why}", _change("usage_import", row.pk))


def _copies(at: datetime) -> Iterable[Line]:
    """Copies customers asked for and did not get: ask for them again, or print them (6.3)."""
    failed = PreparedDownload.objects.given_up(since=at - timedelta(days=KEPT_LOOKING))
    for copy in failed.order_by("failed_at"):
        day = copy.failed_at and timezone.localdate(copy.failed_at)
        yield Line(words_for(copy.download.format), _change("usage_download", copy.pk), day)


LISTS = (
    WorkList("answers", gettext_lazy("Answers PRIME owes"), "usage.add_disputeevent", _answers),
    WorkList("sce", gettext_lazy("With SCE"), "usage.add_disputeevent", _with_sce),
    WorkList(
        "failed",
        gettext_lazy("Letters that came back, and mail that failed"),
        "notices.view_delivery",
        _failed,
    ),
    WorkList(
        "again",
        gettext_lazy("Can be sent again: a better address came"),
        "notices.change_delivery",
        _again,
    ),
    WorkList(
        "copies",
        gettext_lazy("Copies that could not be prepared (6.3)"),
        "usage.add_download",
        _copies,
    ),
    WorkList("overdue", gettext_lazy("Notices that are late"), "notices.view_delivery", _overdue),
    WorkList(
        "batches",
        gettext_lazy("Print batches to hand over or to confirm"),
        "notices.change_printbatch",
        _batches,
    ),
    WorkList(
        "duties",
        gettext_lazy("What incidents oblige to"),
        "consent.handle_incidents",
        _duties,
    ),
    WorkList(
        "register",
        gettext_lazy("Non-compliances to mend"),
        "consent.handle_incidents",
        _register,
    ),
    WorkList(
        "demands",
        gettext_lazy("Demands that wait for a second person"),
        "consent.change_demand",
        _demands,
    ),
    WorkList(
        "emergencies",
        gettext_lazy("Emergencies to review afterwards"),
        "consent.change_demand",
        _emergencies,
    ),
    WorkList(
        "findings",
        gettext_lazy("Findings that wait for a second person (6.8)"),
        "consent.add_stop",
        _findings,
    ),
    WorkList(
        "withdrawals",
        gettext_lazy("Withdrawals that nobody answered (6.10)"),
        "consent.change_withdrawal",
        _withdrawals,
    ),
    WorkList(
        "bulk",
        gettext_lazy("What would go about many customers, for a second person"),
        "consent.approve_bulkproposal",
        _bulk,
    ),
    WorkList(
        "purposes",
        gettext_lazy("Purposes that would be primary, for a second person (4.4)"),
        "usage.add_purpose",
        _purposes,
    ),
    WorkList(
        "glass",
        gettext_lazy("Opened without the right to: to review"),
        "usage.review_case",
        _glass,
    ),
    WorkList(
        "stops",
        gettext_lazy("Stops that wait for a second person (6.8)"),
        "consent.view_stop",
        _stops,
    ),
    WorkList(
        "contracts", gettext_lazy("Contracts that end soon"), "consent.view_contract", _contracts
    ),
    WorkList(
        "clauses",
        gettext_lazy("Contracts that lack clauses (6.5 to 6.7)"),
        "consent.view_contract",
        _clauses,
    ),
    WorkList(
        "attestations",
        gettext_lazy("Third parties to ask about training (5.2)"),
        "consent.view_contract",
        _attestations,
    ),
    WorkList(
        "trainings",
        gettext_lazy("Training that runs out (5.2)"),
        "usage.add_trainingrecord",
        _trainings,
    ),
    WorkList(
        "files",
        gettext_lazy("Files in the drop folder that were refused"),
        "usage.add_import",
        _files,
    ),
    WorkList(
        "drift",
        gettext_lazy("What the notice in effect does not say (6.1)"),
        "notices.change_noticedraft",
        _drift,
    ),
    WorkList(
        "reports",
        gettext_lazy("Reports PRIME owes the Commission (CPUC rules 8c, 9e)"),
        "prime_portal.issue_reports",
        _reports,
    ),
    WorkList(
        "website",
        gettext_lazy("To look at each quarter (6.2)"),
        "notices.add_websiteattestation",
        _website,
    ),
)


def shown_to(request: HttpRequest, *, at: datetime) -> list[Shown]:
    """The lists this person may settle, as they stand now."""
    mine = [one for one in LISTS if roles.may(request.user, one.needs)]
    return [_as_shown(one, at) for one in mine]


def _as_shown(one: WorkList, at: datetime) -> Shown:
    lines = iter(one.lines(at))
    first = list(islice(lines, SHOWN))
    return Shown(one.key, one.title, first, len(first) + sum(1 for _more in lines))


@require_GET
def work(request: HttpRequest) -> HttpResponse:
    """Show what waits, the first of each list; everything leads to where it is settled."""
    now = timezone.now()
    context = {"lists": shown_to(request, at=now), "today": timezone.localdate(now)}
    return render(request, "admin/work.html", admin.site.each_context(request) | context)
