"""Claim codes: how a letter in the right hands opens an account to a sign-in (6.3, 5.1).

A code is derived from the claim's id with a key that no database holds, so nothing that leaks
from the database opens an account, and a letter printed twice carries the same code.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Left

from usage import limits
from usage.models import Access, Claim, CodeRequest, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 letters, none mistaken for another
LENGTH = 10
LIVES = timedelta(days=21)
LIMITS = {"account and day": 5, "address and hour": 100, "everybody and day": 2000}
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Proof:
    """What someone types in to claim an account."""

    account_number: str
    zip_code: str
    code: str


def code_of(claim_id: UUID) -> str:
    """Return the ten letters printed in the letter of this claim (49.5 bits)."""
    digest = hmac.digest(settings.CLAIM_CODE_KEY.encode(), claim_id.bytes, "sha256")
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def readable(code: str) -> str:
    """Return the code as printed: two groups of five."""
    return f"{code[:5]}-{code[5:]}"


def tidy(text: str) -> str:
    """Return what was typed without dashes and blanks, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def issue(customer: Customer, *, via: Via, at: datetime) -> Claim:
    """Make a claim for a customer; whoever owes the letter asks `code_of` when printing."""
    return Claim.objects.create(customer=customer, issued_at=at, expires_at=at + LIVES, via=via)


def may_issue_again(customer: Customer, *, at: datetime) -> bool:
    """At most one new code a day and three in thirty days: letters cost money and patience."""
    issued = Claim.objects.of(customer).filter(issued_at__gt=at - timedelta(days=30))
    return issued.count() < 3 and not issued.filter(issued_at__gt=at - timedelta(days=1)).exists()


def issue_again(asked: CodeRequest, *, at: datetime) -> Claim | None:
    """Issue the claim that was asked for, if it may be, and forget what was typed.

    Two requests for one customer wait for each other at her row: they bring one letter.
    """
    asked.delete()
    found = find_customer(asked.account_number, asked.zip_code)
    if found is None:
        return None
    customer = Customer.objects.select_for_update(no_key=True).get(pk=found.pk)
    if not may_issue_again(customer, at=at):
        return None
    return issue(customer, via=Via.PORTAL, at=at)


def find_customer(account_number: str, zip_code: str) -> Customer | None:
    """Return the customer of this account number whose mail or power goes to this ZIP."""
    typed = zip_code.strip()[:5]
    return (
        Customer.objects.alias(
            mail=Left("mailing_zip", 5), place=Left("agreements__service_point__zip", 5)
        )
        .filter(Q(mail=typed) | Q(place=typed), account_number=tidy(account_number))
        .first()
    )


def check(proof: Proof, *, address: str, at: datetime) -> Claim | None:
    """Return the open claim this proof belongs to, or None, whatever is wrong with it.

    Counted before compared, in PostgreSQL: five tries an account a day, a hundred an address
    an hour, two thousand wrong ones a day for everybody together. The work is the same for
    an unknown account as for a known one.
    """
    number = tidy(proof.account_number)
    hour, day = at.strftime("%Y-%m-%dT%H"), at.strftime("%Y-%m-%d")
    tries = {
        "account and day": limits.count("claim", "account", number, day, at=at),
        "address and hour": limits.count("claim", "address", address, hour, at=at),
        "everybody and day": limits.count("claim", "everybody", day, at=at),
    }
    customer = find_customer(number, proof.zip_code)
    open_claims: list[Claim] = list(
        Claim.objects.filter(
            customer_id=customer.pk if customer else NOBODY,
            redeemed_at=None,
            expires_at__gt=at,
        ).order_by("-issued_at")[:3]
    )
    typed = tidy(proof.code).encode()
    ids = [claim.pk for claim in open_claims] + [NOBODY] * (3 - len(open_claims))
    right = [hmac.compare_digest(code_of(claim_id).encode(), typed) for claim_id in ids]
    if any(tries[what] > most for what, most in LIMITS.items()):
        return None
    for claim, is_right in zip(open_claims, right, strict=False):
        if is_right:
            limits.uncount("claim", "everybody", day)
            return claim
    return None


def redeem(claim: Claim, *, by: User, at: datetime) -> Access | None:
    """Let this user act for the customer. One winner: None if it was redeemed already."""
    with transaction.atomic():
        won = Claim.objects.filter(pk=claim.pk, redeemed_at=None, expires_at__gt=at).update(
            redeemed_at=at, redeemed_by=by
        )
        if not won:
            return None
        held = Access.objects.of(claim.customer).of_user(by).filter(ended_at=None).first()
        return held or Access.objects.create(
            user=by,
            customer=claim.customer,
            capacity=Access.Capacity.HOLDER,
            proof=f"claim {claim.pk}",
            starts_at=at,
        )
