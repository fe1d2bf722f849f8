"""The cast of the tests, built by the portal's own verbs: no state the portal could not reach.

Rosa reads Spanish and lives alone; Luis lives elsewhere and must never see anything of hers.
Alma and Bruno are staff: the privacy official and her deputy. Solar Sample asks for readings to size a roof.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone

from consent import approvals, authorizations, contracting, third_parties
from consent.authorizations import Terms
from consent.models import (
    Authorization,
    BulkProposal,
    Contract,
    ContractVersion,
    StatedUse,
    Stop,
    ThirdParty,
)
from notices.models import Document, Notice, NoticeDraft, PublishedPdf
from notices.writing import publishing
from notices.writing.content import Written, WrittenRow
from notices.writing.documents import PRIME
from prime_portal.compliance import facts_for_notice
from prime_portal.models import User
from prime_portal.roles import Role
from usage import cases, claims, intake, purposes, training
from usage.day_rows import DayRow, take_blocks
from usage.granularity import Granularity
from usage.intervals import Block, day_start, group
from usage.models import (
    Case,
    Category,
    Channel,
    Customer,
    Import,
    Purpose,
    ServiceAgreement,
    TrainingRecord,
    Via,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=PACIFIC)
TODAY = NOW.date()

COLUMNS = {
    "account_number": "700000000001",
    "service_account_number": "3000000001",
    "customer_name": "Rosa Ejemplo",
    "kind": "residential",
    "language": "es",
    "service_point": "SP-0001",
    "meter_number": "M-0001",
    "service_address_1": "1 Calle Ficticia",
    "service_city": "Pico Rivera",
    "service_state": "CA",
    "service_zip": "90660",
    "email": "",
    "telephone": "",
    "rate_schedule": "TOU-D-4-9PM",
    "start_date": "2024-01-01",
    "end_date": "",
    "enrolled_on": "2024-01-01",
    "opted_out_on": "",
    "programs": "",
}
ROSA: dict[str, str] = {}
LUIS = {
    "account_number": "700000000002",
    "service_account_number": "3000000002",
    "customer_name": "Luis Muestra",
    "language": "en",
    "service_point": "SP-0002",
    "meter_number": "M-0002",
    "service_address_1": "2 Example Street",
}


def roster(*lines: dict[str, str], at: datetime = NOW) -> Import:
    """Take in a roster with these lines; what a line leaves out is Rosa's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roster.csv"
        with file.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(COLUMNS))
            writer.writeheader()
            writer.writerows(COLUMNS | line for line in lines)
        taken = intake.import_roster(file, source="test", by=None, at=at)
    assert taken.outcome != Import.Outcome.REFUSED, taken.problems
    return taken


def customer(line: dict[str, str] | None = None, at: datetime = NOW) -> Customer:
    """Return the customer of one roster line, taken in now."""
    line = COLUMNS | (line or ROSA)
    roster(line, at=at)
    return Customer.objects.get(account_number=line["account_number"])


def holder(of: Customer, email: str, at: datetime = NOW) -> User:
    """Return a user who claimed this customer's account."""
    user = User.objects.create_user(email, language=of.language)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    access = claims.redeem(claims.issue(of, via=Via.PAPER, at=at), by=user, at=at)
    assert access is not None
    return user


def staff(email: str, *roles: Role) -> User:
    """Return somebody of PRIME's staff, in these roles."""
    user = User.objects.create_user(email, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles or [Role.OFFICIAL]))
    trained(user)
    return user


def trained(user: User, *, until: date = date(2099, 1, 1)) -> TrainingRecord:
    """Record, by somebody else, that this person was trained."""
    trainer, _ = User.objects.get_or_create(email="trainer@prime.example")
    return training.attest(
        person=user,
        course="Handling Covered Information",
        trained_on=date(2026, 1, 5),
        expires_on=until,
        by=trainer,
        at=NOW,
    )


def attested(party: ThirdParty, *, until: date = date(2099, 1, 1)) -> TrainingRecord:
    """Record what a third party attests of its people's training."""
    return training.attest(
        third_party=party.key,
        employer=party.words.legal_name,
        course="Handling Covered Information",
        trained_on=date(2026, 1, 5),
        expires_on=until,
        by=alma(),
        at=NOW,
    )


def case(of: Customer, by: User, at: datetime | None = None) -> Case:
    """Return a case in which this person may look at this customer: now, unless told otherwise."""
    return cases.open_(
        of,
        reason=Case.Reason.CALL,
        words="Called about her bill.",
        by=by,
        at=at or timezone.now(),
    )


def alma() -> User:
    return User.objects.filter(email="alma@prime.example").first() or staff("alma@prime.example")


def bruno() -> User:
    return User.objects.filter(email="bruno@prime.example").first() or staff("bruno@prime.example")


def draft() -> NoticeDraft:
    """Return a complete draft by Alma."""
    said = {"en": "In plain words.", "es": "En palabras sencillas."}
    row = dict.fromkeys((field.name for field in fields(WrittenRow)), said)
    return NoticeDraft.objects.create(
        title="test",
        drafted_by=alma(),
        content={
            **dict.fromkeys((field.name for field in fields(Written)), said),
            "identity": dict.fromkeys(("en", "es"), f"{PRIME}. We buy power. You use it."),
            "categories": {category.key: row for category in Category.objects.all()},
        },
    )


def policy_draft() -> NoticeDraft:
    """Return a complete draft of the posted privacy policy by Alma."""
    made = draft()
    made.content.pop("categories")
    made.document = Document.POLICY
    made.save()
    return made


_SET: dict[object, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
"""What `notice` published before: the texts and the prints, by all they are made from."""


def notice(at: datetime = NOW - timedelta(days=365)) -> Notice:
    """Publish the next version, in force from the day of `at`. It names Solar Sample's purpose.

    Hundreds of tests need one. What was published of the same facts before is laid down again,
    row for row as the verb made it.
    """
    purpose(at=at)
    facts, day = facts_for_notice(), at.astimezone(PACIFIC).date()
    before = Notice.objects.order_by("-number").values_list("number", "effective_on").first()
    same = (facts, day, before)
    if same in _SET:
        texts, prints = _SET[same]
        made = Notice.objects.create(
            drafted_by=alma(), approved_by=bruno(), published_at=at, **texts
        )
        PublishedPdf.objects.bulk_create(PublishedPdf(notice=made, **one) for one in prints)
        return made
    made = publishing.publish(
        draft(),
        facts=facts,
        effective_on=day,
        changes_en="Something changed.",
        changes_es="Algo cambió.",
        by=bruno(),
        at=at,
    )
    own = {"id", "drafted_by_id", "approved_by_id", "published_at"}
    (texts,) = Notice.objects.filter(pk=made.pk).values()
    _SET[same] = (
        {name: text for name, text in texts.items() if name not in own},
        [*made.pdfs.values("language", "sha256", "content")],
    )
    return made


def purpose(key: str = "rooftop-solar", at: datetime = NOW) -> Purpose:
    """Return a secondary purpose that needs readings and bills."""
    held = Purpose.objects.filter(key=key).first()
    return held or purposes.record(
        key=key,
        categories=["interval_usage", "generation_export", "billing_history"],
        name_en="Size a solar roof",
        name_es="Calcular un techo solar",
        text_en="To say how large a solar roof should be.",
        text_es="Para decir de qué tamaño debe ser un techo solar.",
        at=at,
    )


def third_party(key: str = "solar-sample", at: datetime = NOW) -> ThirdParty:
    held = ThirdParty.objects.filter(key=key).first()
    return held or third_parties.register(
        key=key,
        legal_name=f"{key.replace('-', ' ').title()} (fictitious)",
        does_en="Plans solar roofs.",
        does_es="Planea techos solares.",
        contact="privacy@solar.example",
        by=alma(),
        at=at,
    )


def use(
    key: str = "solar-sample",
    *,
    categories: list[str] | None = None,
    granularity: Granularity = Granularity.AS_MEASURED,
    at: datetime = NOW,
) -> StatedUse:
    """Return what Solar Sample asks of customers: readings, twelve months back."""
    party, reason = third_party(key, at=at), purpose(at=at)
    held = StatedUse.objects.filter(third_party=party, purpose=reason, ended_at=None).first()
    return held or third_parties.state_use(
        party,
        purpose=reason,
        categories=categories or ["interval_usage"],
        history_months=12,
        granularity=granularity,
        by=alma(),
        at=at,
    )


def contract(
    party: ThirdParty,
    *,
    standing: Contract.Standing = Contract.Standing.PRIMARY_PURPOSE,
    clauses: list[str] | None = None,
    source: Contract | None = None,
    at: datetime = NOW,
) -> Contract:
    """Return a contract for a primary purpose, with every clause unless told otherwise.

    Who it is with attests that its people were trained (5.2).
    """
    if training.of_third_party(party.key) is None:
        attested(party)
    primary = Purpose.objects.filter(
        kind=Purpose.Kind.PRIMARY, categories__contains=["interval_usage"]
    )[0]
    return contracting.record(
        party,
        standing=standing,
        purpose=primary,
        says=contracting.Wording(
            reference="PRIME-C-001",
            order="D.99-99-999",
            document="made up for a test",
            clauses=list(ContractVersion.Clause.values) if clauses is None else clauses,
            categories=["interval_usage"],
            starts_on=at.astimezone(PACIFIC).date(),
        ),
        source=source,
        by=alma(),
        at=at,
    )


def approved(
    under: Contract, *about: Customer, first_day: date, last_day: date, at: datetime = NOW
) -> BulkProposal:
    """Return what Alma proposed to send about these customers, and Bruno approved."""
    bulk = approvals.propose(under, about, first_day=first_day, last_day=last_day, by=alma(), at=at)
    approvals.approve(bulk, shown=bytes(bulk.proposal_sha256).hex(), by=bruno(), at=at)
    return bulk


def stop(party: ThirdParty, *, whose: Customer | None = None, at: datetime = NOW) -> Stop:
    """Stop a third party as Alma does in an emergency, on legal advice; or for one customer."""
    return third_parties.stop(
        party, customer=whose, reason="test", sign_off="test", by=alma(), at=at
    )


def terms(whose: Customer, asked: StatedUse, **change: object) -> Terms:
    chosen: dict[str, object] = {
        "use": asked,
        "agreements": tuple(whose.agreements.all()),
        "categories": ("interval_usage",),
        "history_from": date(2025, 7, 1),
        "granularity": Granularity.AS_MEASURED,
    }
    return Terms(**(chosen | change))  # type: ignore[arg-type]


def authorization(
    whose: Customer,
    by: User,
    *,
    asked: StatedUse | None = None,
    key: UUID | None = None,
    at: datetime = NOW,
    **change: object,
) -> Authorization:
    """Grant as the page does: read the terms back, then confirm them by their hash."""
    chosen = terms(whose, asked or use(at=at), **change)
    shown = authorizations.read_back(whose, chosen, language=whose.language, at=at)
    return authorizations.grant(
        whose,
        chosen,
        shown_sha256=shown.sha256,
        request_key=key or uuid4(),
        language=whose.language,
        by=by,
        via=Via.PORTAL,
        at=at,
    )


def quarters(first: date, *, days: int) -> int:
    """How many quarter-hours these local days have: 92, 96 or 100 each."""
    return int((day_start(first + timedelta(days=days)) - day_start(first)).total_seconds()) // 900


def readings(
    agreement: ServiceAgreement,
    *,
    first: date = TODAY - timedelta(days=3),
    days: int = 3,
    sec: int = 900,
    wh: int = 250,
    flow: Channel.Flow = Channel.Flow.DELIVERED,
) -> None:
    """Give an agreement's meter whole days of readings, each interval `wh` watt-hours."""
    meter = Channel.objects.filter(service_point=agreement.service_point)[0].meter_number
    channel, _ = Channel.objects.get_or_create(
        service_point=agreement.service_point, meter_number=meter, flow=flow
    )
    taken_in = Import.objects.create(
        kind="readings",
        file_name="test",
        sha256=uuid4().bytes * 2,
        source="test",
        started_at=NOW,
    )
    start = int(day_start(first).timestamp())
    end = int(day_start(first + timedelta(days=days)).timestamp())
    loose = ((moment, wh, 0) for moment in range(start, end, sec))
    blocks: list[Block] = list(group(loose, sec=sec, rejected=[]))
    take_blocks(
        [DayRow(agreement.customer_id, agreement.pk, channel.pk, block) for block in blocks],
        taken_in=taken_in,
    )


def admin_desks() -> list[tuple[type[Model], admin.ModelAdmin[Any]]]:
    """Every model that has a page in the admin, and that page."""
    return [
        (model, admin.site.get_model_admin(model))
        for model in apps.get_models()
        if admin.site.is_registered(model)
    ]
