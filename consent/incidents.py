"""Incidents: opening one, whom it touches, what the letters say, and what was done (R54–R57)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from consent import clocks, flows
from consent.clocks import Clock, Facts
from consent.models import DisclosureMember, ThirdParty
from consent.models.breaches import (
    BreachWords,
    DutyDone,
    Incident,
    Knowing,
    NonCompliance,
    Reach,
    Reached,
)
from notices import deliveries
from notices.models import Delivery, PrintBatch
from usage import finding
from usage.models import (
    Access,
    Case,
    Customer,
    Download,
    Enrollment,
    Look,
    Search,
    ServiceAgreement,
)

if TYPE_CHECKING:
    from prime_portal.models import User

TITLE = "Notice of Data Breach"
"""In English as the statute has it, whatever the language of the letter."""

HEADINGS = {
    "happened": _("What happened"),
    "involved": _("What information was involved"),
    "doing": _("What we are doing"),
    "can_do": _("What you can do"),
    "more": _("For more information"),
}
"""The five headings a breach letter must have, in their order (Civ. Code 1798.29)."""

AT_ONCE = 5000
"""Customers written in one statement."""

LETTERS_WITHIN = timedelta(days=3)


OPENED = gettext_noop("opened the incident")
"""How the first to know came to know: kept in English, told in the reader's language."""


class Refused(Exception):
    """Nothing was done. The sentence says why and names the clause."""


@transaction.atomic
def open_(
    *,
    title: str,
    summary: str,
    found_at: datetime,
    third_party: ThirdParty | None = None,
    told_at: datetime | None = None,
    by: User,
    at: datetime,
) -> Incident:
    """Open an incident. Whoever opens it is the first who is written down as knowing."""
    if found_at > at or (told_at and told_at > at):
        raise Refused(_("An incident is not found in the future (CPUC rule 8b)."))
    if told_at and told_at < found_at:
        raise Refused(
            _("The third party cannot have told PRIME before it found it (CPUC rule 8b).")
        )
    if (third_party is None) != (told_at is None):
        raise Refused(_("Name the third party and when it told PRIME, or neither (CPUC rule 8b)."))
    incident = Incident.objects.create(
        title=title,
        summary=summary,
        found_at=found_at,
        third_party=third_party,
        told_at=told_at,
        opened_at=at,
        opened_by=by,
    )
    knew(incident, who=str(by), knew_at=told_at or found_at, how=OPENED, by=by, at=at)
    return incident


def knew(
    incident: Incident, *, who: str, knew_at: datetime, how: str, by: User, at: datetime
) -> Knowing:
    """Write down who knew of it when (R54: the clock is evidence)."""
    return Knowing.objects.create(
        incident=incident, who=who, knew_at=knew_at, how=how, recorded_at=at, recorded_by=by
    )


@transaction.atomic
def reach_of_third_party(
    incident: Incident,
    *,
    third_party: ThirdParty,
    first_at: datetime,
    last_at: datetime,
    by: User,
    at: datetime,
) -> list[Reach]:
    """Count whoever's information went to a third party in that time, through the portal or not."""
    said: dict[str, Any] = {
        "third_party": third_party,
        "first_at": first_at,
        "last_at": last_at,
    }
    found = [reach_of_disclosures(incident, **said, by=by, at=at)]
    if flows.ran(**said):
        found.append(reach_of_flows(incident, **said, by=by, at=at))
    return found


def reach_of_flows(
    incident: Incident,
    *,
    third_party: ThirdParty,
    first_at: datetime,
    last_at: datetime,
    by: User,
    at: datetime,
) -> Reach:
    """Count everybody PRIME served in that time, for what goes regularly outside the portal.

    About whom it went is not recorded here, so nobody may be left out. Of whom it is not known
    when PRIME served her, her service agreements tell.
    """
    reach = Reach(how=Reach.How.FLOWS, third_party=third_party)
    reach.first_at, reach.last_at = _span(first_at, last_at)
    first, last = (moment.astimezone(clocks.PACIFIC).date() for moment in (first_at, last_at))
    ever = Enrollment.objects.filter(customer=OuterRef("pk"))
    then = ever.filter(Q(ends_on=None) | Q(ends_on__gt=first), starts_on__lte=last)
    agreed = ServiceAgreement.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=first_at), customer=OuterRef("pk"), starts_at__lte=last_at
    )
    served = Customer.objects.filter(Exists(then) | ~Exists(ever) & Exists(agreed))
    return _count(reach, incident, served.values_list("pk", flat=True), by=by, at=at)


def reach_of_disclosures(
    incident: Incident,
    *,
    third_party: ThirdParty,
    first_at: datetime,
    last_at: datetime,
    by: User,
    at: datetime,
) -> Reach:
    """Count whoever's information went to a third party in that time, or may have."""
    customers = (
        DisclosureMember.objects.gone()
        .filter(disclosure__third_party=third_party, gone_at__range=(first_at, last_at))
        .values_list("customer_id", flat=True)
    )
    reach = Reach(how=Reach.How.DISCLOSURES, third_party=third_party)
    reach.first_at, reach.last_at = _span(first_at, last_at)
    return _count(reach, incident, customers, by=by, at=at)


def reach_of_sign_in(
    incident: Incident,
    *,
    user: User,
    first_at: datetime,
    last_at: datetime,
    by: User,
    at: datetime,
) -> Reach:
    """Count whoever a sign-in could see in that time, did see, or was taken a copy of by it.

    A customer's sign-in: whose account was open to it. One of PRIME's staff: whose case it had
    open, whom it looked at, and whom its searches named (5.1).
    """
    open_then = Access.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=first_at),
        Q(ends_at=None) | Q(ends_at__gte=first_at),
        user=user,
        starts_at__lte=last_at,
    ).values_list("customer_id", flat=True)
    taken = Download.objects.filter(by=user, at__range=(first_at, last_at)).values_list(
        "customer_id", flat=True
    )
    looked_at = Look.objects.filter(by=user, at__range=(first_at, last_at)).values_list(
        "customer_id", flat=True
    )
    in_cases = (
        Case.objects.annotate(shut_at=Coalesce("closed_at", "expires_at"))
        .filter(opened_by=user, opened_at__lte=last_at, shut_at__gte=first_at)
        .values_list("customer_id", flat=True)
    )
    searched = finding.named_by(Search.objects.filter(by=user, at__range=(first_at, last_at)))
    found = [*open_then, *taken, *looked_at, *in_cases, *searched]
    reach = Reach(how=Reach.How.SIGN_IN, user=user)
    reach.first_at, reach.last_at = _span(first_at, last_at)
    return _count(reach, incident, found, by=by, at=at)


def reach_of_everybody(incident: Incident, *, by: User, at: datetime) -> Reach:
    """Count everybody the portal holds: whom PRIME serves or served. For a stolen backup."""
    everybody = Customer.objects.values_list("pk", flat=True)
    return _count(Reach(how=Reach.How.EVERYBODY), incident, everybody, by=by, at=at)


def reach_of_batch(incident: Incident, *, batch: PrintBatch, by: User, at: datetime) -> Reach:
    """Count whose letters stand in a print batch. For one lost, or put into wrong envelopes."""
    addressed = batch.printed.values_list("customer_id", flat=True)
    return _count(Reach(how=Reach.How.BATCH, batch=batch), incident, addressed, by=by, at=at)


def reach_of_accounts(
    incident: Incident, *, customers: Iterable[Customer], by: User, at: datetime
) -> Reach:
    """Count customers that somebody listed. For what the record cannot compute."""
    listed = [customer.pk for customer in customers]
    return _count(Reach(how=Reach.How.ACCOUNTS), incident, listed, by=by, at=at)


def _span(first_at: datetime, last_at: datetime) -> tuple[datetime, datetime]:
    if first_at > last_at:
        raise Refused(_("The first moment lies after the last."))
    return first_at, last_at


@transaction.atomic
def _count(
    reach: Reach,
    incident: Incident,
    customers: Iterable[UUID],
    *,
    by: User,
    at: datetime,
) -> Reach:
    if incident.closed_at:
        raise Refused(_("This incident is closed (CPUC rule 8b)."))
    found = sorted(set(customers))
    reach.incident = incident
    reach.customers, reach.counted_at, reach.counted_by = len(found), at, by
    reach.members_sha256 = sha256("\n".join(map(str, found)).encode()).digest()
    reach.save(force_insert=True)
    Reached.objects.bulk_create(
        (Reached(reach=reach, customer_id=who) for who in found), batch_size=AT_ONCE
    )
    return reach


def affected(incident: Incident) -> int:
    """How many customers it touches, each counted once."""
    members = Reached.objects.filter(reach__incident=incident)
    return members.values("customer_id").distinct().count()


def clocks_of(incident: Incident) -> list[Clock]:
    """What it obliges to, by when, and what of it is done."""
    done = dict(incident.done.values_list("duty", "done_at"))
    facts = Facts(incident.found_at, incident.told_at, affected(incident))
    if incident.told_at:
        done["third_party"] = incident.told_at
    return clocks.clocks(facts, done)


def overdue(*, on: date) -> list[tuple[Incident, Clock]]:
    """Duties of open incidents whose last day has passed."""
    return [(incident, clock) for incident, clock in undone() if clock.overdue(on=on)]


def undone() -> list[tuple[Incident, Clock]]:
    """Every duty of an open incident that is still to be done, soonest first."""
    found = [
        (incident, clock)
        for incident in Incident.objects.filter(closed_at=None)
        for clock in clocks_of(incident)
        if clock.done_at is None
    ]
    return sorted(found, key=lambda one: one[1].due_on)


def write(
    incident: Incident, texts: Mapping[str, Mapping[str, str]], *, by: User, at: datetime
) -> BreachWords:
    """Write what the letters say: under each set heading, in both languages."""
    missing = [
        f"{words} ({name})"
        for heading, words in HEADINGS.items()
        for language, name in settings.LANGUAGES
        if not texts.get(heading, {}).get(language, "").strip()
    ]
    if missing:
        no = _(
            "A breach letter says something under each of its five headings, in English and in "
            "Spanish. Missing: %(missing)s (Civ. Code 1798.29)."
        )
        raise Refused(no % {"missing": ", ".join(missing)})
    if incident.letters_at:
        raise Refused(_("The letters are on their way already (Civ. Code 1798.29)."))
    return BreachWords.objects.create(
        incident=incident,
        texts={
            heading: {language: texts[heading][language].strip() for language in ("en", "es")}
            for heading in HEADINGS
        },
        written_at=at,
        written_by=by,
    )


@transaction.atomic
def send(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Let the letters go out. The worker owes them; whoever is counted later gets one too."""
    locked: Incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if not locked.words.exists():
        raise Refused(_("Write what the letters say first (Civ. Code 1798.29)."))
    if not affected(locked):
        raise Refused(_("Count first whom it touches (Civ. Code 1798.29)."))
    if locked.letters_at is None:
        locked.letters_at, locked.letters_by = at, by
        locked.save(update_fields=["letters_at", "letters_by"])
    return locked


def owe(*, at: datetime, most: int = 500) -> int:
    """Owe letters that were let go and not owed yet, at most so many. How many are new."""
    owed = 0
    for incident in Incident.objects.filter(letters_at__isnull=False):
        told = Delivery.objects.filter(kind=Delivery.Kind.BREACH, key=str(incident.pk))
        untold = Customer.objects.filter(
            pk__in=Reached.objects.filter(reach__incident=incident).values("customer_id")
        ).exclude(pk__in=told.values("customer_id"))
        for customer in untold.order_by("pk")[: most - owed]:
            _owe(incident, customer, at=at)
            owed += 1
    return owed


def _owe(incident: Incident, customer: Customer, *, at: datetime) -> Delivery:
    words = incident.words.latest("written_at")
    return deliveries.owe(
        customer,
        kind=Delivery.Kind.BREACH,
        key=str(incident.pk),
        name="breach",
        context={"title_en": TITLE, "sections": sections(words, customer.language)},
        at=at,
        due_on=at.astimezone(clocks.PACIFIC).date() + LETTERS_WITHIN,
    )


def sections(words: BreachWords, language: str) -> list[tuple[object, str]]:
    """The headings and what stands under each, in one language."""
    return [(heading, words.texts[key][language]) for key, heading in HEADINGS.items()]


def done(
    incident: Incident, *, duty: str, done_at: datetime, reference: str, by: User, at: datetime
) -> DutyDone:
    """Write down that a duty was done, and where the proof lies. Once is enough."""
    if duty not in {clock.duty.key for clock in clocks_of(incident)}:
        raise Refused(_("This incident brings no such duty (CPUC rule 8b)."))
    if not reference.strip() or done_at > at:
        raise Refused(_("Say when it was done and where the proof lies (CPUC rule 8b)."))
    made, _new = DutyDone.objects.get_or_create(
        incident=incident,
        duty=duty,
        defaults={
            "done_at": done_at,
            "reference": reference.strip(),
            "recorded_at": at,
            "recorded_by": by,
        },
    )
    return made


@transaction.atomic
def close(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Close an incident of which nothing but the annual report is still to be done."""
    locked: Incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    open_ones = [
        str(clock.duty.what)
        for clock in clocks_of(locked)
        if clock.done_at is None and clock.duty.key != "annual_report"
    ]
    if open_ones:
        raise Refused(_("Still to be done: %(duties)s.") % {"duties": "; ".join(open_ones)})
    if locked.closed_at is None:
        locked.closed_at, locked.closed_by = at, by
        locked.save(update_fields=["closed_at", "closed_by"])
    return locked


def find_non_compliance(
    *,
    clause: str,
    description: str,
    customers: int,
    found_at: datetime,
    third_party: ThirdParty | None = None,
    incident: Incident | None = None,
    by: User,
    at: datetime,
) -> NonCompliance:
    """Write down that the rules were not kept, for the annual report (CPUC rule 9e)."""
    if not description.strip() or found_at > at:
        raise Refused(_("Describe what was not kept, and when it was found (CPUC rule 9e)."))
    return NonCompliance.objects.create(
        clause=clause,
        description=description.strip(),
        customers=customers,
        third_party=third_party,
        incident=incident,
        found_at=found_at,
        recorded_at=at,
        recorded_by=by,
    )


@transaction.atomic
def mend(found: NonCompliance, *, mending: str, by: User, at: datetime) -> NonCompliance:
    """Write down how it was mended."""
    locked: NonCompliance = NonCompliance.objects.select_for_update(no_key=True).get(pk=found.pk)
    if not mending.strip():
        raise Refused(_("Say how it was mended (CPUC rule 9e)."))
    if locked.mended_at is None:
        locked.mended_at, locked.mended_by, locked.mending = at, by, mending.strip()
        locked.save(update_fields=["mended_at", "mended_by", "mending"])
    return locked
