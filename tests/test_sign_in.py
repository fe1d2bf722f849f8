"""Signing in: staff with a second factor in this very session, secrets encrypted at rest."""

from __future__ import annotations

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

from prime_portal.models import User
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
