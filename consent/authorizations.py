"""Granting and canceling (6.9, 6.10): as easy to cancel as to grant, and exact about both."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from consent import accesses, gate, receipts, wishes
from consent.asks import noticed_for
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    Declined,
    Receipt,
    Shown,
    StatedUse,
    Stop,
    ThirdParty,
)
from consent.wishes import Heard
from notices.models import Notice
from usage.frozen import frozen
from usage.granularity import Granularity
from usage.models import Category, Customer, PurposeVersion, ServiceAgreement, Via
from usage.purposes import words_of

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")


class NotGranted(Exception):
    """The authorization was not made. The sentence says why and names the clause."""


class WordsChanged(NotGranted):
    """What she was shown is no longer what it says: show the new words and ask again."""


@dataclass(frozen=True)
class Terms:
    """What a customer chose, before it is granted. `ends_on` is the first day it ends."""

    use: StatedUse
    agreements: tuple[ServiceAgreement, ...]
    categories: tuple[str, ...]
    history_from: date
    granularity: Granularity
    ends_on: date | None = None
    once: bool = False

    def problems(self, customer: Customer, *, at: datetime) -> list[str]:
        """Say what is wrong with these terms, each as a sentence. Empty when nothing is."""
        wrong = []
        if frozen():
            wrong.append(_("PRIME is setting its records right. Nothing can be granted now (5.1)."))
        if not self.agreements:
            wrong.append(_("Choose at least one service agreement."))
        if any(agreement.customer_id != customer.pk for agreement in self.agreements):
            wrong.append(_("That service agreement is not yours (PRIME-07 6.9)."))
        if not self.categories:
            wrong.append(_("Choose at least one kind of information."))
        if not set(self.categories) <= set(self.use.categories):
            wrong.append(_("This organization did not ask for that (PRIME-07 5.3)."))
        if not self.granularity.is_within(self.use.granularity):
            wrong.append(_("This organization did not ask for such detail (PRIME-07 5.3)."))
        if self.ends_on and self.ends_on <= at.astimezone(PACIFIC).date():
            wrong.append(_("Choose an end date after today."))
        if self.use.ended_at or self.use.third_party.closed_at:
            wrong.append(_("This organization no longer asks for this."))
        noticed = noticed_for(self.use.purpose, on=at.astimezone(PACIFIC).date())
        if noticed is not None and not set(self.categories) <= noticed:
            wrong.append(
                _("The notice in force does not name this for that purpose (PRIME-07 6.1).")
            )
        if self.use.purpose.kind != "secondary":
            wrong.append(_("This purpose needs no permission of yours (PRIME-07 4.4)."))
        if Stop.objects.in_force().against(self.use.third_party, customer=customer).exists():
            wrong.append(_("Sharing with this organization is stopped (PRIME-07 6.8)."))
        same = Authorization.objects.of(customer).for_the_same(self.use, at=at)
        if any(not held.ends_soon(on=at.astimezone(PACIFIC).date()) for held in same):
            wrong.append(_("You share this already. Cancel that first to change it."))
        return wrong


@dataclass(frozen=True)
class Signed:
    """With what she said yes in the portal: her address on the internet and her browser's name."""

    address: str
    browser: str


@dataclass(frozen=True)
class ReadBack:
    """The terms in plain words, as shown before confirming (HTML), and their hash."""

    text: str
    sha256: str
    purpose_words: PurposeVersion
    notice: Notice


def offers(customer: Customer) -> list[StatedUse]:
    """Return what third parties ask customers for, but not from those that are stopped."""
    uses = (
        StatedUse.objects.filter(
            ended_at=None, third_party__closed_at=None, purpose__kind="secondary"
        )
        .select_related("third_party", "purpose")
        .order_by("third_party__key", "purpose__key")
    )
    stopped = set(
        Stop.objects.in_force().filter(customer=None).values_list("third_party_id", flat=True)
    ) | set(
        Stop.objects.in_force().filter(customer=customer).values_list("third_party_id", flat=True)
    )
    return [use for use in uses if use.third_party_id not in stopped]


def read_back(customer: Customer, terms: Terms, *, language: str, at: datetime) -> ReadBack:
    """Say the terms in plain words, in her language: who, what, why, how long, what then.

    The same terms always give the same text, so its hash tells whether anything it rests on
    (the purpose's words, the third party's name, the notice) changed before she confirmed.
    """
    notice = Notice.objects.in_force(on=at.astimezone(PACIFIC).date())
    if notice is None:
        raise NotGranted(_("No notice is in force, so nothing may be granted (PRIME-07 6.1)."))
    purpose_words = words_of(terms.use.purpose)
    facts = {
        "third_party": terms.use.third_party.words,
        "purpose": purpose_words,
        "categories": list(Category.objects.filter(key__in=terms.categories)),
        "agreements": terms.agreements,
        "history_from": terms.history_from,
        "granularity": terms.granularity,
        "ends_on": terms.ends_on,
        "once": terms.once,
        "replaces": Authorization.objects.of(customer)
        .for_the_same(terms.use, at=at)
        .exclude(ends_on=None)
        .first(),
    }
    with translation.override(language):
        text = render_to_string("consent/_shown.html", {"facts": facts, "notice": notice}).strip()
    return ReadBack(text, sha256(text.encode()).hexdigest(), purpose_words, notice)


def form_code(use: StatedUse, *, at: datetime) -> str:
    """Return the code printed on a paper form: another one whenever any of its words change."""
    notice = Notice.objects.in_force(on=at.astimezone(PACIFIC).date())
    parts = (use.pk, use.third_party.words.pk, words_of(use.purpose).pk, notice and notice.pk)
    return sha256(" ".join(str(part) for part in parts).encode()).hexdigest()[:8].upper()


@transaction.atomic
def grant(
    customer: Customer,
    terms: Terms,
    *,
    shown_sha256: str,
    request_key: UUID,
    language: str,
    by: User,
    via: Via,
    at: datetime,
    heard: Heard | None = None,
    signed: Signed | None = None,
) -> Authorization:
    """Let one third party have what she ticked, for one purpose (6.9). Sent twice, grants once.

    heard: how the wish reached staff, unless it was in the portal. It holds from the moment it
    was received, and stands in the words that are in force `at` the moment it is entered.
    Raises NotGranted with the sentence, WordsChanged when the words are no longer those whose
    hash was shown.
    """
    if (heard is None) != (via == Via.PORTAL):
        raise NotGranted(_("Say how the wish reached PRIME, and how you know it is hers (6.10)."))
    same = Authorization.objects.of(customer).for_the_same(terms.use, at=at)
    if same.exists():
        gate.close(terms.use.third_party_id)  # before its row, as everybody takes them
    ThirdParty.objects.select_for_update(no_key=True).get(pk=terms.use.third_party_id)
    earlier: Authorization | None = (
        Authorization.objects.of(customer).filter(request_key=request_key).first()
    )
    if earlier:
        return earlier
    if wrong := terms.problems(customer, at=at):
        raise NotGranted(" ".join(wrong))
    renewed = list(same.all())
    back = read_back(customer, terms, language=language, at=at)
    if back.sha256 != shown_sha256:
        raise WordsChanged(_("The words changed since you read them. Please read them again."))
    wish = wishes.record(customer, heard, by=by, via=via, at=at) if heard else None
    shown = Shown.objects.create(
        customer=customer,
        language=language,
        text=back.text,
        sha256=bytes.fromhex(back.sha256),
        shown_at=at,
    )
    authorization = Authorization.objects.create(
        customer=customer,
        third_party=terms.use.third_party,
        third_party_words=terms.use.third_party.words,
        purpose=terms.use.purpose,
        purpose_words=back.purpose_words,
        categories=sorted(terms.categories),
        history_from=terms.history_from,
        granularity=terms.granularity,
        ends_on=terms.ends_on,
        once=terms.once,
        notice=back.notice,
        shown=shown,
        language=language,
        granted_at=heard.received_at if heard else at,
        granted_by=by,
        via=via,
        wish=wish,
        signed_from=signed.address if signed else "",
        signed_with=signed.browser[:300] if signed else "",
        request_key=request_key,
    )
    AuthorizedAgreement.objects.bulk_create(
        AuthorizedAgreement(customer=customer, authorization=authorization, agreement=agreement)
        for agreement in terms.agreements
    )
    for before in renewed:
        cancel(before, by=by, via=via, at=at, heard=heard)
    receipts.give(authorization, Receipt.Event.GRANTED, at=at)
    _tell_others(authorization, "sharing_began", by=by, at=at)
    return authorization


def decline(
    customer: Customer, use: StatedUse, *, request_key: UUID, by: User, via: Via, at: datetime
) -> Declined:
    """Record that she said no to this. Sent twice, it is recorded once; it binds her to nothing."""
    declined, _new = Declined.objects.get_or_create(
        customer=customer,
        request_key=request_key,
        defaults={
            "third_party_words": use.third_party.words,
            "purpose_words": words_of(use.purpose),
            "notice": Notice.objects.in_force(on=at.astimezone(PACIFIC).date()),
            "declined_at": at,
            "declined_by": by,
            "via": via,
        },
    )
    return declined


@transaction.atomic
def cancel(
    authorization: Authorization,
    *,
    by: User,
    via: Via,
    at: datetime,
    heard: Heard | None = None,
) -> Authorization:
    """Stop sharing now (6.10). Canceling again is harmless and changes nothing.

    heard: how the wish reached staff; it counts from the moment it reached PRIME, not from when
    it was entered. A cancel is never refused for want of it.

    The gate waits for a key being handed over this instant, and lets no release in before
    this one is done: when this returns and commits, nothing more leaves.
    """
    gate.close(authorization.third_party_id)
    locked: Authorization = Authorization.objects.select_for_update(no_key=True).get(
        pk=authorization.pk
    )
    if locked.canceled_at is None:
        since = max(heard.received_at, locked.granted_at) if heard else at
        locked.canceled_at, locked.canceled_by, locked.canceled_via = since, by, via
        if heard:
            locked.canceled_wish = wishes.record(locked.customer, heard, by=by, via=via, at=at)
        locked.save(update_fields=["canceled_at", "canceled_by", "canceled_via", "canceled_wish"])
        receipts.give(locked, Receipt.Event.CANCELED, at=at)
        _tell_others(locked, "sharing_canceled", by=by, at=at)
    return locked


def _tell_others(held: Authorization, name: str, *, by: User, at: datetime) -> None:
    """The others who act for this customer hear of it: one holder's word binds them all."""
    accesses.tell_others(
        held.customer,
        name,
        about=f"{name[8:]}:{held.pk.hex}",
        by=by,
        context={"third_party": held.third_party_words, "purpose": held.purpose_words},
        at=at,
    )


def record_of(customer: Customer) -> Collection[Authorization]:
    """Return every authorization of this customer, for the whole record (6.3)."""
    return Authorization.objects.of(customer).with_words()
