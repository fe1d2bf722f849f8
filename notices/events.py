"""What becomes of an e-mail after the relay took it, as the mail provider tells it (6.2).

An event is matched by our own Message-ID, which the provider hands back, and by the address it
was sent to. Told twice, or out of order, it changes nothing more.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent
from django.db import transaction

from notices import edelivery, failures, mail
from notices.models import Delivery, DeliveryEvent

Event = DeliveryEvent.Event
FAILURES = {
    Event.BOUNCED: Delivery.Failure.PERMANENT,
    Event.REJECTED: Delivery.Failure.PERMANENT,
    Event.COMPLAINED: Delivery.Failure.PERMANENT,
    Event.FAILED: Delivery.Failure.TECHNICAL,
}
PAPER_FROM_NOW_ON = {Event.COMPLAINED, Event.UNSUBSCRIBED}


@transaction.atomic
def take(told: AnymailTrackingEvent, *, at: datetime) -> DeliveryEvent | None:
    """Record one event and act on it. None if it is not about an e-mail of ours, or tells nothing.

    Delivered is stamped. What came back, or was refused or called spam, goes out on paper; who
    calls a required notice spam gets paper from now on.
    """
    if told.event_type not in Event.values:  # opened, clicked: nobody is watched reading
        return None
    delivery = _delivery(told)
    if delivery is None:
        return None
    answers = (told.reject_reason, told.mta_response or told.description)
    event, new = DeliveryEvent.objects.get_or_create(
        delivery=delivery,
        event=Event(told.event_type),
        happened_at=told.timestamp or at,
        defaults={
            "customer_id": delivery.customer_id,
            "answer": ": ".join(str(said) for said in answers if said)[:1000],
            "received_at": at,
        },
    )
    if not new:
        return event
    if event.event == Event.DELIVERED:
        # It arrived, so it was sent: also where the worker was killed before it could say so.
        Delivery.objects.owed().filter(pk=delivery.pk).update(sent_at=at)
        Delivery.objects.sent().filter(pk=delivery.pk, delivered_at=None).update(delivered_at=at)
    if event.event in PAPER_FROM_NOW_ON:
        edelivery.end_for_complaint(event, at=at)
    if failure := FAILURES.get(Event(event.event)):
        detail = f"{event.event}: {event.answer}" if event.answer else event.event
        failures.fail(delivery, failure=failure, detail=detail, at=at)
    return event


def _delivery(told: AnymailTrackingEvent) -> Delivery | None:
    """Find the e-mail an event is about, and never one to another address."""
    raw = told.esp_event if isinstance(told.esp_event, dict) else {}
    for text in (told.message_id or "", json.dumps(raw, default=str)):
        key = mail.key_in(text)
        if key is None:
            continue
        emails: Any = Delivery.objects.filter(medium=Delivery.Medium.EMAIL, pk=key)
        if told.recipient:
            emails = emails.filter(recipient__iexact=told.recipient)
        found: Delivery | None = emails.select_related("customer").first()
        return found
    return None
