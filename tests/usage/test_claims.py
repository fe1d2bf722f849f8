"""Claim codes: the right letter opens an account once; guessing opens nothing."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from prime_portal.models import User
from usage import claims
from usage.claims import Proof
from usage.models import Access, AttemptCount, Claim, Customer, Via

NOW = datetime(2026, 7, 1, 19, 0, tzinfo=UTC)
ROSAS = "700000000001"


@pytest.fixture
def rosa(db: None) -> Customer:
    return Customer.objects.create(
        account_number=ROSAS,
        name="Rosa Ejemplo",
        mailing_address="Rosa Ejemplo\n1 Calle Ficticia",
        mailing_zip="90660",
    )


@pytest.fixture
def claim(rosa: Customer) -> Claim:
    return claims.issue(rosa, via=Via.PAPER, at=NOW)


def proof(claim: Claim, **change: str) -> Proof:
    right = {
        "account_number": ROSAS,
        "zip_code": "90660",
        "code": claims.readable(claims.code_of(claim.pk)),
    }
    return Proof(**(right | change))


def check(claim: Claim, at: datetime = NOW, address: str = "192.0.2.1", **change: str):
    return claims.check(proof(claim, **change), address=address, at=at)


def test_number_zip_and_code_together_open_the_claim(claim: Claim) -> None:
    assert check(claim) == claim


def test_a_code_may_be_typed_in_small_letters_and_without_the_dash(claim: Claim) -> None:
    assert check(claim, code=f" {claims.code_of(claim.pk).lower()} ") == claim


@pytest.mark.parametrize(
    "change",
    [
        {"account_number": "700000000002"},
        {"zip_code": "90661"},
        {"code": "AAAAA-AAAAA"},
        {"code": ""},
    ],
)
def test_anything_wrong_opens_nothing(claim: Claim, change: dict[str, str]) -> None:
    assert check(claim, **change) is None


def test_a_code_lives_21_days(claim: Claim) -> None:
    assert check(claim, at=NOW + timedelta(days=21) - timedelta(seconds=1)) == claim
    assert check(claim, at=NOW + timedelta(days=21)) is None


def test_a_code_opens_an_account_once(claim: Claim) -> None:
    first, second = (
        User.objects.create_user("a@example.org"),
        User.objects.create_user("b@example.org"),
    )
    access = claims.redeem(claim, by=first, at=NOW)
    assert access is not None
    assert access.capacity == Access.Capacity.HOLDER
    assert claims.redeem(claim, by=second, at=NOW) is None
    assert check(claim) is None


def test_five_tries_a_day_and_the_letter_still_works_tomorrow(claim: Claim) -> None:
    for _ in range(5):
        assert check(claim, code="AAAAAAAAAA") is None
    assert check(claim) is None
    assert check(claim, at=NOW + timedelta(days=1)) == claim


def test_an_address_has_a_hundred_tries_an_hour(claim: Claim) -> None:
    for number in range(100):
        check(claim, account_number=f"8000{number}")
    assert check(claim) is None
    assert check(claim, address="192.0.2.2") == claim


def test_what_is_counted_names_nobody(claim: Claim) -> None:
    check(claim)
    keys = " ".join(AttemptCount.objects.values_list("key", flat=True))
    assert ROSAS not in keys
    assert "192.0.2.1" not in keys


def test_codes_use_letters_nobody_mistakes_and_differ() -> None:
    from uuid_utils.compat import uuid7

    codes = {claims.code_of(uuid7()) for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 10 and set(code) <= set(claims.ALPHABET) for code in codes)
    assert not set("01IO") & set(claims.ALPHABET)
    assert len(set("".join(codes))) == len(claims.ALPHABET)


def test_a_new_code_goes_out_once_a_day_and_three_times_a_month(rosa: Customer) -> None:
    at = NOW
    for _ in range(3):
        assert claims.may_issue_again(rosa, at=at)
        claims.issue(rosa, via=Via.PORTAL, at=at)
        assert not claims.may_issue_again(rosa, at=at + timedelta(hours=23))
        at += timedelta(days=2)
    assert not claims.may_issue_again(rosa, at=at)
    assert claims.may_issue_again(rosa, at=NOW + timedelta(days=31))


def test_sixty_guesses_at_once_are_five_guesses(committed_db: None) -> None:
    rosa = Customer.objects.create(
        account_number=ROSAS, name="Rosa", mailing_address="1 Calle", mailing_zip="90660"
    )
    claim = claims.issue(rosa, via=Via.PAPER, at=NOW)
    opened: list[object] = []
    gate = threading.Barrier(60)

    def guess() -> None:
        gate.wait()
        try:
            opened.append(check(claim))
        finally:
            connection.close()

    guesses = [threading.Thread(target=guess) for _ in range(60)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join()
    assert sum(found == claim for found in opened) == 5
    assert len(opened) == 60
