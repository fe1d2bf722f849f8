"""Signing in: staff with a second factor in this very session, secrets encrypted at rest."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from prime_portal import record
from prime_portal.models import SignIn, User
from prime_portal.sign_ins import kind_of
from tests import builders
from tests.walk import code

pytestmark = pytest.mark.django_db
PASSWORD = "a long and honest pass phrase"


def user(email: str, **fields: bool) -> User:
    made = User.objects.create_user(email, PASSWORD, **fields)
    made.emailaddress_set.create(email=email, verified=True, primary=True)
    return made


def with_totp(who: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(who, secret)
    return secret


def sign_in(client: Client, who: User) -> str:
    answer = client.post("/en/account/login/", {"login": who.email, "password": PASSWORD})
    return answer["Location"]


def test_staff_without_a_second_factor_do_not_reach_the_admin(client: Client) -> None:
    alma = user("alma@prime.example", is_staff=True, is_superuser=True)
    sign_in(client, alma)
    assert client.get("/admin/")["Location"] == "/en/my/second-factor/"
    assert client.get("/en/my/second-factor/").status_code == 200


def test_staff_reach_the_admin_with_the_second_factor_of_this_session(client: Client) -> None:
    alma = user("alma@prime.example", is_staff=True, is_superuser=True)
    secret = with_totp(alma)
    assert "2fa/authenticate" in sign_in(client, alma)
    assert client.get("/admin/").status_code == 302
    client.post("/en/account/2fa/authenticate/", {"code": code(secret)})
    assert client.get("/admin/").status_code == 200
    elsewhere = Client()
    elsewhere.force_login(alma)
    assert elsewhere.get("/admin/")["Location"] == "/en/my/second-factor/"


def test_a_recovery_code_opens_no_staff_page_but_lets_staff_replace_what_they_lost(
    client: Client,
) -> None:
    alma = user("alma@prime.example", is_staff=True, is_superuser=True)
    with_totp(alma)
    one = RecoveryCodes.activate(alma).get_unused_codes()[0]
    sign_in(client, alma)
    client.post("/en/account/2fa/authenticate/", {"code": one})
    assert client.get("/en/account/2fa/").status_code == 200
    assert client.get("/admin/")["Location"] == "/en/my/second-factor/"
    assert "recovery code is not enough" in client.get("/en/my/second-factor/").content.decode()
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    client.post("/en/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=alma).exists()
    secret = with_totp(alma)
    again = Client()
    sign_in(again, alma)
    again.post("/en/account/2fa/authenticate/", {"code": code(secret)})
    assert again.get("/admin/").status_code == 200


def test_a_customer_finds_no_admin(client: Client) -> None:
    client.force_login(user("rosa@example.org"))
    assert client.get("/admin/").status_code == 404


def test_staff_keep_at_least_one_second_factor(client: Client) -> None:
    alma, rosa = user("alma@prime.example", is_staff=True), user("rosa@example.org")
    with_totp(alma)
    with_totp(rosa)
    assert not get_adapter().can_delete_authenticator(Authenticator.objects.get(user=alma))
    assert get_adapter().can_delete_authenticator(Authenticator.objects.get(user=rosa))


def test_a_second_factors_secret_is_not_in_the_database_in_clear() -> None:
    secret = with_totp(user("rosa@example.org"))
    held = Authenticator.objects.get()
    assert secret not in str(held.data)
    assert totp.TOTP(held).validate_code(code(secret))


def test_known_and_unknown_addresses_are_answered_alike() -> None:
    user("rosa@example.org")
    answers = [
        Client().post("/en/account/login/code/", {"email": email})["Location"]
        for email in ("rosa@example.org", "nobody@example.org")
    ]
    assert answers[0] == answers[1]
    assert len(mail.outbox) == 2, "whoever owns the unknown address is told, too"


def test_her_other_sessions_are_listed_and_end_when_she_says_so(client: Client) -> None:
    rosa = builders.holder(builders.customer(), "rosa@example.org")
    rosa.set_password(PASSWORD)
    rosa.save()
    phone = Client()
    for browser in (client, phone):
        sign_in(browser, rosa)
        assert browser.get("/en/my/").status_code == 200
    assert client.get("/en/account/sessions/").status_code == 200
    client.post("/en/account/sessions/")
    assert phone.get("/en/my/").status_code == 302
    assert client.get("/en/my/").status_code == 200


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (FIREFOX, "Firefox, Windows"),
        (IPHONE, "Safari, iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0 Safari/537.36 Edg/138.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_of_a_browser_only_its_kind_is_kept(says: str, kind: str) -> None:
    assert kind_of(says) == kind


@pytest.mark.parametrize(
    ("language", "heading", "failed"),
    [
        ("en", "All sign-ins", "second step failed"),
        ("es", "Todas las veces que se inició sesión", "falló el segundo paso"),
    ],
)
def test_a_sign_in_is_still_told_when_it_is_over(language: str, heading: str, failed: str) -> None:
    """Somebody who knows her password cannot come and go unseen."""
    rosa = user("rosa@example.org")
    other = Client(headers={"user-agent": IPHONE}, REMOTE_ADDR="203.0.113.9")
    sign_in(other, rosa)
    other.post("/en/account/logout/")
    secret = with_totp(rosa)
    sign_in(other, rosa)
    other.post("/en/account/2fa/authenticate/", {"code": "000000"})
    hers = Client(headers={"user-agent": FIREFOX})
    sign_in(hers, rosa)
    hers.post("/en/account/2fa/authenticate/", {"code": code(secret)})
    luis = user("luis@example.org")
    sign_in(Client(REMOTE_ADDR="198.51.100.7"), luis)
    page = hers.get(f"/{language}/account/sessions/").content.decode()
    _open, told = page.split(f">{heading}<")
    assert told.count("203.0.113.9") == 2
    assert told.count("Safari, iPhone") == 2
    assert (
        told.index("Firefox, Windows") < told.index(f">{failed}<") < told.rindex("Safari, iPhone")
    )
    assert told.count(f">{failed}<") == 1
    assert "198.51.100.7" not in page
    assert "24 m" in told
    assert [one.outcome for one in rosa.sign_ins.all()] == [
        "signed_in",
        "step_failed",
        "signed_in",
    ]


def test_a_session_that_was_ended_is_not_called_open(client: Client) -> None:
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    her.set_password(PASSWORD)
    her.save()
    sign_in(client, her)

    def told() -> dict[str, int]:
        return {one.key: len(one.rows) for one in record.record_of(rosa) if "sign_ins" in one.key}

    assert told() == {"sign_ins": 1, "past_sign_ins": 1}
    client.post("/en/account/logout/")
    assert told() == {"sign_ins": 0, "past_sign_ins": 1}


def test_a_wrong_password_leaves_no_row() -> None:
    rosa = user("rosa@example.org")
    Client().post("/en/account/login/", {"login": rosa.email, "password": "wrong"})
    assert not rosa.sign_ins.exists()


def test_every_way_in_is_told(client: Client) -> None:
    rosa = user("rosa@example.org")
    client.post("/en/account/login/code/", {"email": rosa.email})
    (sent,) = mail.outbox
    found = re.search(r"^[A-Z0-9-]{6,9}$", str(sent.body), re.MULTILINE)
    assert found
    client.post("/en/account/login/code/confirm/", {"code": found.group()})
    assert "_auth_user_id" in client.session
    assert rosa.sign_ins.count() == 1


def test_many_sign_ins_are_shown_newest_first_and_all_on_request(client: Client) -> None:
    rosa = user("rosa@example.org")
    for day in range(1, 61):
        SignIn.objects.create(
            user=rosa, outcome="signed_in", at=builders.NOW - timedelta(days=day), ip="192.0.2.1"
        )
    client.force_login(rosa)
    page = client.get("/en/account/sessions/").content.decode()
    assert page.count("From 192.0.2.1") == 50
    assert "June 30, 2026" in page
    assert "May 2, 2026" not in page
    assert (
        client.get("/en/account/sessions/?all=yes").content.decode().count("From 192.0.2.1") == 60
    )


def test_the_session_key_changes_when_somebody_signs_in(client: Client) -> None:
    rosa = user("rosa@example.org")
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["x"] = 1
    store.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = store.session_key
    sign_in(client, rosa)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != store.session_key


@pytest.mark.parametrize("weak", ["fourteen chars", "1q2w3e4r5t6y7u8i9o0p"])
def test_short_and_common_passwords_are_refused(weak: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(weak)
    validate_password(PASSWORD)
