"""The made-up people notices are sent to, and the obvious way to send them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection

from benchmarks.world import NOW
from consent import third_parties
from notices import deliveries, mail, messages
from notices.models import Delivery, Document, EDeliveryConsent, Notice
from notices.writing import drafts, publishing
from prime_portal.celery import app
from prime_portal.city import parties, words
from prime_portal.compliance import facts_for_notice
from prime_portal.models import User
from usage import purposes
from usage.models import Category, Customer, Enrollment, Via

AT_ONCE = 5000
_numbers = count(1)


def neighbors(many: int, *, by_email: int = 0) -> list[UUID]:
    """Take in so many customers, the first of them with e-mail, served for more than a year."""
    writer = _user("writer")
    _publish(writer, _user("approver"))
    made: list[UUID] = []
    while len(made) < many:
        some = [_customer(next(_numbers)) for _ in range(min(AT_ONCE, many - len(made)))]
        Customer.objects.bulk_create(some)
        Enrollment.objects.bulk_create(
            Enrollment(customer=one, starts_on=date(2025, 1, 1)) for one in some
        )
        EDeliveryConsent.objects.bulk_create(
            EDeliveryConsent(
                customer=one,
                email=f"{one.account_number}@example.com",
                language=one.language,
                via=Via.COUNTER,
                granted_at=NOW,
                granted_by=writer,
            )
            for one in some[: max(0, by_email - len(made))]
        )
        made += [one.pk for one in some]
    return made


def owed(many: int, *, by_email: bool) -> list[Delivery]:
    """Plan the yearly notice of so many new neighbors."""
    people = neighbors(many, by_email=many if by_email else 0)
    deliveries.plan_annual(at=NOW)
    rows = Delivery.objects.filter(customer__in=people).order_by("pk")
    return list(rows.select_related("customer", "notice", "policy", "claim"))


def rendered(delivery: Delivery) -> mail.Message:
    """Render one e-mail for one customer, as everybody does who has one customer at hand."""
    notice = delivery.notice
    if notice is None:
        raise ValueError("A yearly notice names its version.")
    language = delivery.language
    return mail.render(
        delivery.kind,
        messages.version_context(notice, language=language)
        | messages.claim_context(None, language=language),
        language=language,
    )


def send_one(key: UUID) -> None:
    """Send one e-mail with a connection of its own, then note that it went."""
    delivery = Delivery.objects.select_related("notice").get(pk=key)
    email = mail.email(rendered(delivery), to=delivery.recipient, key=delivery.pk)
    with get_connection() as smtp:
        smtp.send_messages([email])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE benchmarks_mail SET sent_at = now() WHERE id = %s", [key])


@app.task(name="benchmarks.send_one")
def send_one_task(key: str) -> None:
    send_one(UUID(key))


def _customer(number: int) -> Customer:
    return Customer(
        account_number=f"79{number:08}",
        name=f"Vecina Muestra {number}",
        mailing_address=f"{number} Calle Ficticia\nPico Rivera, CA 90660",
        mailing_zip="90660",
        language=settings.LANGUAGES[number % 2][0],
    )


def _publish(writer: User, approver: User) -> None:
    if Notice.objects.exists():
        return
    keys = list(Category.objects.values_list("key", flat=True))
    at = NOW - timedelta(days=500)
    _somebody_to_share_with(by=writer, at=at)
    draft = drafts.begin(
        Document.NOTICE,
        title="benchmark",
        content=words.notice(keys, first=True),
        by=writer,
        at=at,
    )
    publishing.publish(
        draft,
        facts=facts_for_notice(),
        effective_on=at.date(),
        changes_en="",
        changes_es="",
        by=approver,
        at=at,
    )


def _somebody_to_share_with(*, by: User, at: datetime) -> None:
    """A third party and what it asks for, before the notice that must name them."""
    third_parties.state_use(
        parties.party("recorded", "Recorded (made up)", "Plans.", "Planea.", by=by, at=at),
        purpose=purposes.record(
            key="recorded",
            categories=["interval_usage"],
            name_en="Plan a roof",
            name_es="Planear un techo",
            text_en="To plan a roof.",
            text_es="Para planear un techo.",
            at=at,
        ),
        categories=["interval_usage"],
        history_months=12,
        by=by,
        at=at,
    )


def _user(name: str) -> User:
    email = f"{name}@benchmark.example"
    return User.objects.filter(email=email).first() or User.objects.create_user(email)
