"""What a customer gets in hand after a grant, a cancel or an end: signed, and on its way at once.

A receipt is made in the very transaction of what it confirms: the database has just recorded
that, so its ledger entry can be read back, and signing takes no server. Neither Redis nor mail
nor the PDF printer is needed for it (6.10).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from consent import signed_receipts
from consent.models import Authorization, Receipt, Wish
from notices import deliveries
from notices.models import Delivery
from notices.writing.documents import PRIME
from usage.models import Access, Category, Via

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
WITHIN = timedelta(days=3)
AFTER = (
    "Fields named after ISO/IEC TS 27560:2023 and the Kantara Consent Receipt 1.1. "
    "No conformance is claimed."
)
MAIL = {
    Receipt.Event.GRANTED: "authorization_granted",
    Receipt.Event.CANCELED: "authorization_canceled",
    Receipt.Event.ENDED: "authorization_ended",
}


def give(authorization: Authorization, event: Receipt.Event, *, at: datetime) -> Receipt:
    """Make the receipt of what was just recorded, and owe it by e-mail or letter.

    Whoever asked in the portal, signed in with a verified address, gets it there.
    """
    receipt = _make(authorization, event, at=at)
    by: User | None = None
    if event == Receipt.Event.GRANTED and authorization.via == Via.PORTAL:
        by = authorization.granted_by
    if event == Receipt.Event.CANCELED and authorization.canceled_via == Via.PORTAL:
        by = authorization.canceled_by
    _owe(receipt, to=by.email if by else None, at=at)
    return receipt


@transaction.atomic
def give_ended(*, at: datetime) -> int:
    """Give the receipt of every authorization that ended by itself and has none yet. How many.

    "Which have ended?", never "whose day is it?": asking late or twice gives none twice.
    """
    ended = (
        Authorization.objects.ended(at=at)
        .exclude(receipts__event=Receipt.Event.ENDED)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
    )
    return len([give(held, Receipt.Event.ENDED, at=at) for held in ended.order_by("pk")[:500]])


def _make(authorization: Authorization, event: Receipt.Event, *, at: datetime) -> Receipt:
    entry_id, leaf = entry_of(authorization)
    receipt = Receipt(
        id=uuid7(),
        customer=authorization.customer,
        authorization=authorization,
        event=event,
        language=authorization.language,
        entry_id=entry_id,
        leaf=leaf,
        made_at=at,
    )
    with translation.override(authorization.language):
        receipt.content = signed_receipts.write(facts_of(receipt))
    receipt.sha256 = sha256(receipt.content).digest()
    receipt.save(force_insert=True)
    return receipt


def entry_of(authorization: Authorization) -> tuple[int, bytes]:
    """Return number and leaf of the newest ledger entry about this authorization."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, leaf FROM ledger.entry WHERE row_id = %s ORDER BY id DESC LIMIT 1",
            [authorization.pk],
        )
        entry_id, leaf = cursor.fetchone()
    return int(entry_id), bytes(leaf)


def facts_of(receipt: Receipt) -> dict[str, Any]:
    """Say all of it in plain data: who, what, for what, how long, by whom, and where recorded."""
    held = receipt.authorization
    party, purpose, notice = held.third_party_words, held.purpose_words, held.notice
    agreements = held.agreements.select_related("service_point").order_by("pk")
    names = {
        category.key: category for category in Category.objects.filter(key__in=held.categories)
    }
    shown = bytes(held.shown.sha256)
    return {
        "about": AFTER,
        "schema_version": signed_receipts.KIND,
        "receipt_id": str(receipt.pk),
        "record_id": str(held.pk),
        "pii_principal_id": str(held.customer_id),
        "jurisdiction": "US-CA",
        "language": held.language,
        "privacy_notice": {
            "version": notice.number,
            "effective_on": str(notice.effective_on),
            "url": _address("notices:version", notice.number),
            "sha256": bytes(notice.sha256_es if held.language == "es" else notice.sha256_en).hex(),
        },
        "shown_sha256": shown.hex(),
        "pii_processing": {
            "purpose": purpose.name,
            "purpose_text": purpose.text,
            "purpose_version": purpose.number,
            "purpose_type": "secondary",
            "consent_type": "explicit",
            "pii_information": [
                {
                    "pii_type": key,
                    "name": names[key].name,
                    "sensitive": names[key].sensitive,
                }
                for key in held.categories
            ],
            "services": [
                {
                    "agreement": str(agreement.pk),
                    "ends_in": agreement.number[-4:],
                    "place": str(agreement.service_point),
                }
                for agreement in agreements
            ],
            "history_from": str(held.history_from),
            "granularity": held.granularity,
            "ends_on": str(held.ends_on) if held.ends_on else None,
            "once": held.once,
            "withdrawal_method": _(
                "At any time and without a reason: in the portal, by telephone, on paper or at "
                "the counter."
            ),
            "withdrawal_url": _address("consent:cancel", held.pk),
        },
        "party_identification": [
            {
                "party_role": "pii_controller",
                "party_name": PRIME,
                "party_contact": settings.OFFICIAL["title"],
                "party_address": settings.OFFICIAL["postal"],
                "party_email": settings.OFFICIAL["email"],
                "party_phone": settings.OFFICIAL["telephone"],
            },
            {
                "party_role": "third_party",
                "party_id": str(held.third_party_id),
                "party_name": party.legal_name,
                "party_contact": party.contact,
                "party_url": party.policy_url,
                "party_version": party.number,
            },
        ],
        "event": _events(receipt),
        "ledger": {"entry_id": receipt.entry_id, "leaf": bytes(receipt.leaf).hex()},
    }


def _events(receipt: Receipt) -> list[dict[str, Any]]:
    held = receipt.authorization
    events = [_event(held, "given", held.granted_at, held.granted_by, held.via, held.wish)]
    if held.used_at:
        events.append({"event_type": "used", "event_time": _moment(held.used_at)})
    if held.canceled_at and held.canceled_by and held.canceled_via:
        events.append(
            _event(
                held,
                "withdrawn",
                held.canceled_at,
                held.canceled_by,
                held.canceled_via,
                held.canceled_wish,
            )
        )
    if receipt.event == Receipt.Event.ENDED:
        events.append({"event_type": "ended", "event_time": _moment(_end_of(held))})
    return events


def _event(
    held: Authorization, kind: str, when: datetime, by: User, via: str, wish: Wish | None
) -> dict[str, Any]:
    heard = {"asked_by": wish.speaker, "asked_as": wish.capacity} if wish else {}
    return {
        **heard,
        "event_type": kind,
        "event_time": _moment(when),
        "method": via,
        "by": by.name or by.email,
        "capacity": capacity_of(held, by),
    }


def capacity_of(authorization: Authorization, user: User) -> str:
    """In what capacity this person acted for the customer; "staff" if in none of her own."""
    access = Access.objects.of(authorization.customer).of_user(user).order_by("starts_at").last()
    return access.capacity if access else "staff"


def _end_of(held: Authorization) -> datetime:
    if held.once and held.used_at:
        return held.used_at
    assert held.ends_on, "only what has an end ends"  # noqa: S101
    return datetime(held.ends_on.year, held.ends_on.month, held.ends_on.day, tzinfo=PACIFIC)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _address(name: str, *args: object) -> str:
    return settings.PORTAL_ORIGIN + reverse(name, args=args)


def _owe(receipt: Receipt, *, to: str | None, at: datetime) -> Delivery:
    """Owe the message. It carries what is needed to find the receipt again in the ledger."""
    held = receipt.authorization
    with translation.override(held.customer.language):
        context = {
            "authorization": held,
            "receipt": receipt,
            "leaf": bytes(receipt.leaf).hex(),
            "third_party": held.third_party_words,
            "purpose": held.purpose_words,
            "categories": [
                category.name for category in Category.objects.filter(key__in=held.categories)
            ],
            "address": _address("consent:receipt", held.pk, receipt.event),
        }
        return deliveries.owe(
            held.customer,
            kind=Delivery.Kind.RECEIPT,
            key=f"{MAIL[Receipt.Event(receipt.event)]}:{held.pk}",
            name=MAIL[Receipt.Event(receipt.event)],
            context=context,
            at=at,
            to=to,
            due_on=(at + WITHIN).astimezone(PACIFIC).date(),
        )
