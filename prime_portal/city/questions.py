"""What was wrong in the demo: a day corrected, a file taken back, a question, a dispute."""

from __future__ import annotations

from array import array
from datetime import timedelta
from uuid import uuid4

from prime_portal import taking_back
from prime_portal.city.building import SOURCE
from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage import disputes, intake
from usage.day_rows import DayRow
from usage.disputes import About
from usage.intervals import MISSING, Block, intervals_in, little
from usage.models import (
    Category,
    Channel,
    Customer,
    Dispute,
    DisputeEvent,
    IntervalDay,
    ServiceAgreement,
    Via,
)


def corrected(agreement: ServiceAgreement, when: Calendar) -> None:
    """SCE sent a better reading of one day: a tenth more than it said at first."""
    day = when.yesterday - timedelta(days=12)
    held = IntervalDay.objects.of(agreement.customer).get(
        agreement=agreement, day=day, channel__flow=Channel.Flow.DELIVERED
    )
    before = Block(day, held.sec, bytes(held.wh))
    more = array("i", (wh if wh == MISSING else wh + wh // 10 for wh in before.values))
    row = DayRow(
        agreement.customer_id, agreement.pk, held.channel_id, Block(day, held.sec, little(more))
    )
    name = f"{SOURCE} corrected {day}"
    intake.take_days([row], name=name, source=SOURCE, by=None, at=when.ago(4))


def taken_back(agreement: ServiceAgreement, when: Calendar, *, by: User) -> None:
    """A file for somebody else's account filled the day nothing was held of, and went again."""
    day = when.yesterday - timedelta(days=40)
    channel = Channel.objects.get(
        service_point=agreement.service_point, flow=Channel.Flow.DELIVERED
    )
    wh = array("i", [250] * intervals_in(day, sec=900))
    row = DayRow(agreement.customer_id, agreement.pk, channel.pk, Block(day, 900, little(wh)))
    name = f"{SOURCE} wrong account {day}"
    wrong = intake.take_days([row], name=name, source=SOURCE, by=None, at=when.ago(10))
    why = "The file was meant for another service account."
    taking_back.take_back(wrong, by=by, why=why, at=when.ago(8))


def raised(customer: Customer, when: Calendar, *, by: User, staff: User) -> None:
    """A question that was answered last month, and a dispute of three days that waits."""
    agreement = customer.agreements.order_by("starts_at")[0]
    kinds = Category.objects.in_bulk(["interval_usage", "rate_schedule"])
    asked = disputes.raise_(
        customer,
        About(kinds["rate_schedule"]),
        kind=Dispute.Kind.QUESTION,
        text="¿Desde cuándo tengo esta tarifa?",
        request_key=uuid4(),
        by=by,
        via=Via.PORTAL,
        at=when.ago(45),
    )
    answer = "La tiene desde que PRIME le da servicio. Gracias por preguntar."
    disputes.answer(asked, text=answer, by=staff, via=Via.PORTAL, at=when.ago(43))
    settled = DisputeEvent.Outcome.WITHDRAWN
    disputes.close(asked, outcome=settled, text="", by=by, via=Via.PORTAL, at=when.ago(42))
    last = when.yesterday - timedelta(days=2)
    disputes.raise_(
        customer,
        About(kinds["interval_usage"], agreement, last - timedelta(days=2), last),
        kind=Dispute.Kind.DISPUTE,
        text="No estuve en casa esos días y aun así aparece mucho consumo por la tarde.",
        request_key=uuid4(),
        by=by,
        via=Via.PORTAL,
        at=when.ago(1),
    )
