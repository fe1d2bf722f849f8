"""Claiming an account in the browser's words: forms, answers, and the sign-in that follows."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone

from notices.models import Delivery
from notices.tasks import answer_code_requests
from prime_portal.claiming import network_of
from prime_portal.models import User
from tests import builders
from usage import claims
from usage.models import Access, Claim, Customer, Via

NUMBER = builders.COLUMNS["account_number"]
PASSWORD = "a long and honest pass phrase"


@pytest.fixture
def rosa(db: None) -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def claim(rosa: Customer) -> Claim:
    return claims.issue(rosa, via=Via.PAPER, at=timezone.now())


def filled(claim: Claim, **change: str) -> dict[str, str]:
    code = claims.readable(claims.code_of(claim.pk))
    return {"account_number": NUMBER, "zip_code": "90660", "code": code} | change


def signed_up(client: Client, claim: Claim, email: str = "rosa@example.org") -> None:
    assert client.post("/en/claim/", filled(claim))["Location"] == "/en/account/signup/"
    page = client.post(
        "/en/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    )
    assert page.status_code == 302, page.context["form"].errors
    (code,) = re.findall(r"^([A-Z0-9-]{6,10})$", str(mail.outbox[-1].body), re.MULTILINE)
    client.post("/en/account/confirm-email/", {"code": code})


def test_number_zip_and_code_lead_to_a_sign_in_of_ones_own(
    client: Client, claim: Claim, rosa: Customer
) -> None:
    signed_up(client, claim)
    access = Access.objects.get(customer=rosa)
    assert access.user.email == "rosa@example.org"
    assert client.get("/en/my/").context["request"].customer == rosa


def test_nobody_signs_up_without_a_code(client: Client, rosa: Customer) -> None:
    client.post(
        "/en/account/signup/",
        {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.filter(email="x@example.org").exists()


@pytest.mark.parametrize(
    "change", [{"account_number": "700000000099"}, {"zip_code": "90001"}, {"code": "AAAAA-AAAAA"}]
)
def test_whatever_is_wrong_the_answer_is_the_same_sentence(
    client: Client, claim: Claim, change: dict[str, str]
) -> None:
    page = client.post("/en/claim/", filled(claim, **change))
    sentence = page.context["form"].non_field_errors()[0]
    assert sentence.startswith("That did not work.")
    assert page.status_code == client.post("/en/claim/", filled(claim, code="x")).status_code


def test_a_second_person_cannot_use_the_same_code(claim: Claim, rosa: Customer) -> None:
    signed_up(Client(), claim)
    late = Client()
    assert late.post("/en/claim/", filled(claim)).status_code == 200
    assert Access.objects.filter(customer=rosa).count() == 1


def test_two_who_proved_the_same_code_at_once_get_one_access(claim: Claim, rosa: Customer) -> None:
    first, second = Client(), Client()
    second.post("/en/claim/", filled(claim))
    signed_up(first, claim)
    second.post(
        "/en/account/signup/",
        {"email": "b@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert Access.objects.filter(customer=rosa).count() == 1


def test_a_proof_left_in_a_browser_is_not_given_to_whoever_signs_in_next(
    client: Client, claim: Claim, rosa: Customer
) -> None:
    luis = builders.customer(builders.LUIS)
    user = builders.holder(luis, "luis@example.org")
    user.set_password(PASSWORD)
    user.save()
    client.post("/en/claim/", filled(claim))
    answer = client.post("/en/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == "/en/claim/confirm/"
    assert "0001" in client.get("/en/claim/confirm/").content.decode()
    assert not Access.objects.filter(customer=rosa).exists()
    client.post("/en/claim/confirm/", {"no": "no"})
    assert client.get("/en/claim/confirm/")["Location"] == "/en/my/"
    assert not Access.objects.filter(customer=rosa).exists()


def test_whose_it_is_says_yes_and_has_it(client: Client, claim: Claim, rosa: Customer) -> None:
    luis = builders.customer(builders.LUIS)
    user = builders.holder(luis, "luis@example.org")
    user.set_password(PASSWORD)
    user.save()
    client.post("/en/claim/", filled(claim))
    client.post("/en/account/login/", {"login": user.email, "password": PASSWORD})
    client.post("/en/claim/confirm/", {"yes": "yes"})
    assert Access.objects.get(customer=rosa).user == user


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ],
)
def test_tries_are_counted_for_an_address_or_an_ipv6_network(
    rf: RequestFactory, address: str, counted: str
) -> None:
    assert network_of(rf.get("/", REMOTE_ADDR=address)) == counted


def test_someone_signed_in_adds_another_account_with_its_code(
    client: Client, claim: Claim, rosa: Customer
) -> None:
    luis = builders.customer(builders.LUIS)
    user = builders.holder(luis, "luis@example.org")
    client.force_login(user)
    assert client.post("/en/claim/", filled(claim))["Location"] == "/en/my/"
    assert {access.customer for access in user.accesses.all()} == {rosa, luis}


def test_asking_for_a_new_code_always_answers_the_same_and_writes_to_the_address_on_file(
    client: Client, rosa: Customer
) -> None:
    right = client.post("/en/claim/new-code/", {"account_number": NUMBER, "zip_code": "90660"})
    wrong = client.post("/en/claim/new-code/", {"account_number": "1", "zip_code": "90660"})
    assert right.content == wrong.content
    answer_code_requests()
    (owed,) = Delivery.objects.filter(kind=Delivery.Kind.CLAIM_CODE)
    assert owed.medium == Delivery.Medium.LETTER
    assert "1 CALLE FICTICIA" in owed.recipient.upper()
    assert owed.claim is not None
    code = claims.code_of(owed.claim.pk)
    kept = bytes(owed.content or b"").decode()
    assert code not in kept
    assert claims.readable(code) not in kept


@pytest.mark.django_db
def test_the_pages_of_a_customer_lead_somebody_without_one_to_claiming(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody@example.org"))
    for address in ("/en/usage/", "/en/sharing/", "/en/my/"):
        assert client.get(address)["Location"] == "/en/claim/"
