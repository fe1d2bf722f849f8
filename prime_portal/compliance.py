"""What the portal really does, gathered from every app for whoever must state it (6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from consent import flows
from consent.models import Authorization, Disclosure, StatedUse, Stop
from notices.models import Delivery, Notice
from notices.writing import drift
from notices.writing.content import (
    CategoryFact,
    Facts,
    FlowFact,
    OfficialFact,
    PurposeFact,
    RecipientFact,
    Words,
    content_from,
)
from prime_portal.models import User
from usage import categories, purposes
from usage.models import (
    Category,
    Channel,
    Customer,
    Dispute,
    Download,
    Enrollment,
    IntervalDay,
    ProgramEnrollment,
    Purpose,
    ServiceAgreement,
)
from usage.models.bills import Bill, DemandPeak, TimeOfUse


def facts_for_notice() -> Facts:
    """Return the categories, purposes and named recipients in use today, and the official.

    Named are third parties that state a secondary purpose and are not stopped, and whoever gets
    data regularly outside the portal; who else acts under contract for a primary purpose is
    described by its kind, in the written part (6.2).
    """
    return Facts(
        categories=tuple(
            CategoryFact(
                key=category.key,
                name=Words(category.name_en, category.name_es),
                elements=Words(category.elements_en, category.elements_es),
                retention_months=category.retention_months,
                sensitive=category.sensitive,
            )
            for category in Category.objects.order_by("position")
        ),
        purposes=tuple(
            _purpose(purpose)
            for purpose in Purpose.objects.filter(ended_at=None)
            .prefetch_related("versions")
            .order_by("kind", "limb", "key")
        ),
        recipients=tuple(_recipients()),
        official=OfficialFact(**settings.OFFICIAL, counter=settings.COUNTER),
        flows=tuple(_flows()),
    )


def held_today() -> set[str]:
    """Return the categories of Covered Information of which the portal holds anything."""
    rows: dict[str, list[QuerySet[Any, Any]]] = {
        categories.ACCOUNT_IDENTITY: [Customer.objects.all()],
        categories.CONTACT: [Customer.objects.exclude(mailing_address="")],
        categories.SERVICE_LOCATION: [ServiceAgreement.objects.all()],
        categories.INTERVAL_USAGE: [IntervalDay.objects.all()],
        categories.TOU_USAGE: [TimeOfUse.objects.all()],
        categories.DEMAND: [DemandPeak.objects.all()],
        categories.BILLING_HISTORY: [Bill.objects.all()],
        categories.RATE_SCHEDULE: [ServiceAgreement.objects.exclude(rate_schedule="")],
        categories.PROGRAM_ENROLLMENT: [ProgramEnrollment.objects.all()],
        categories.GENERATION_EXPORT: [
            IntervalDay.objects.filter(channel__flow=Channel.Flow.RECEIVED)
        ],
        categories.CCA_STATUS: [Enrollment.objects.all()],
        categories.PRIVACY_RECORDS: [
            model.objects.all()
            for model in (Authorization, Disclosure, Delivery, Download, Dispute)
        ],
        categories.PORTAL_SECURITY: [User.objects.all()],
    }
    return {key for key, held in rows.items() if any(found.exists() for found in held)}


def notice_drift(*, on: date) -> drift.Drift:
    """Compare the notice in force on a day with what the portal really does (6.1)."""
    notice = Notice.objects.in_force(on=on)
    content = content_from(notice.content) if notice else None
    return drift.between(content, facts_for_notice(), holding=held_today())


def _purpose(purpose: Purpose) -> PurposeFact:
    words = purposes.words_of(purpose)
    return PurposeFact(
        key=purpose.key,
        primary=purpose.kind == Purpose.Kind.PRIMARY,
        name=Words(words.name_en, words.name_es),
        text=Words(words.text_en, words.text_es),
        categories=tuple(purpose.categories),
    )


def _flows() -> Iterator[FlowFact]:
    for flow, words in flows.going():
        rhythm = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                rhythm[language] = str(flow.get_rhythm_display())
        yield FlowFact(
            name=words.legal_name,
            purpose=flow.contract.purpose.key,
            what=Words(flow.what_en, flow.what_es),
            rhythm=Words(**rhythm),
            categories=tuple(flow.categories),
        )


def _recipients() -> list[RecipientFact]:
    stopped = Stop.objects.in_force().filter(customer=None).values("third_party")
    uses = (
        StatedUse.objects.filter(
            ended_at=None,
            third_party__closed_at=None,
            purpose__ended_at=None,
            purpose__kind=Purpose.Kind.SECONDARY,
        )
        .exclude(third_party__in=stopped)
        .select_related("third_party", "purpose")
        .order_by("third_party__key", "purpose__key")
    )
    return [
        RecipientFact(
            name=use.third_party.words.legal_name,
            purpose=use.purpose.key,
            does=Words(use.third_party.words.does_en, use.third_party.words.does_es),
        )
        for use in uses
    ]
