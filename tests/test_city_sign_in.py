"""Staff come by the city's own sign-in: they alone, and the second factor is asked all the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test import Client

from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders, openid
from tests.conftest import ROOT
from tests.consent.served import Served
from tests.test_settings import start
from tests.walk import code


@pytest.fixture
def city() -> Iterator[openid.City]:
    with openid.City().open() as city:
        yield city


@pytest.fixture
def portal_of_the_city(
    committed_db: None, city: openid.City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The portal with the city's sign-in switched on, its tables migrated; returns its address."""
    monkeypatch.setenv("OIDC_SERVER_URL", city.address)
    monkeypatch.setenv("OIDC_NAME", "the City of Pico Rivera")
    monkeypatch.setenv("OIDC_CLIENT_ID", openid.CLIENT)
    monkeypatch.setenv("OIDC_CLIENT_SECRET", openid.SECRET)
    migrate = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
    subprocess.run(migrate, cwd=ROOT, check=True, env=os.environ)
    with Served(tmp_path) as served:
        yield f"http://127.0.0.1:{served.port}"


class Visitor:
    """A browser without scripts: it keeps cookies and follows where it is led."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open

    def get(self, path: str) -> tuple[str, str, Any]:
        with self._open(f"{self.address}{path}", timeout=30) as answer:
            return answer.url, answer.read().decode(), answer.headers

    def post(self, path: str, page: str, **fields: str) -> tuple[str, str]:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": found.group(1), **fields}).encode()
        asked = urllib.request.Request(f"{self.address}{path}", form, {"Referer": self.address})
        with self._open(asked, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def come_by_the_city(self) -> tuple[str, str]:
        _url, page, _headers = self.get("/en/account/login/")
        return self.post("/sign-in/city/", page)


def staff(email: str, *roles: Role) -> User:
    made = builders.staff(email, *roles)
    made.emailaddress_set.create(email=email, verified=True, primary=True)
    return made


def claims(email: str, *, sub: str = "1001", verified: bool = True) -> dict[str, Any]:
    return {"sub": sub, "email": email, "email_verified": verified, "name": "Somebody"}


def linked() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT uid FROM socialaccount_socialaccount ORDER BY uid")
        return [uid for (uid,) in cursor.fetchall()]


@pytest.mark.long
def test_staff_come_by_it_with_their_second_factor_and_nobody_else_does(
    portal_of_the_city: str, city: openid.City
) -> None:
    alma = staff("alma@prime.example", Role.AUDITOR)
    nobody_else_comes_by_it_and_nobody_is_made_by_it(portal_of_the_city, city, alma)
    staff_come_by_it_and_still_show_their_second_factor(portal_of_the_city, city, alma)


def nobody_else_comes_by_it_and_nobody_is_made_by_it(
    portal_of_the_city: str, city: openid.City, alma: User
) -> None:
    her = builders.holder(builders.customer(), "rosa@example.org")
    gone = staff("gone@prime.example", Role.AUDITOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    people = User.objects.count()

    def refused(**change: Any) -> bool:
        city.person, city.changes = claims(alma.email), {}
        city.signs_with = change.pop("signs_with", openid.KEY)
        city.changes = change
        visitor = Visitor(portal_of_the_city)
        url, page = visitor.come_by_the_city()
        said = "sign-in did not let you in" in page
        return said and "/account/login/" in url and "login" in visitor.get("/en/my/")[0]

    assert refused(email=her.email, sub="7"), "a customer"
    assert refused(email=gone.email), "who left"
    assert refused(email="nobody@prime.example"), "a stranger"
    assert refused(email=""), "no address"
    assert refused(email_verified=False), "an address the provider does not vouch for"
    assert refused(email_verified="true"), "nearly"
    assert refused(signs_with=openid.ANOTHER_KEY), "not signed by the city"
    assert refused(aud="another-portal"), "meant for another"
    assert refused(iss="https://elsewhere.example"), "from elsewhere"
    assert refused(exp=int(time.time()) - 3600), "long over"
    assert User.objects.count() == people
    assert linked() == []
    assert not refused(), "and she herself is let in"
    assert refused(sub="1003"), "her address, given to somebody else"
    assert linked() == ["1001"]

    # Nor can a foreign page send a browser there.
    with pytest.raises(urllib.error.HTTPError, match="405"):
        Visitor(portal_of_the_city).get("/sign-in/city/")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{portal_of_the_city}/sign-in/city/", b"", timeout=30)
    url, page, _headers = Visitor(portal_of_the_city).get("/sign-in/city/back/?code=x&state=y")
    assert "/account/login/" in url
    assert "did not let you in" in page


def staff_come_by_it_and_still_show_their_second_factor(
    portal_of_the_city: str, city: openid.City, alma: User
) -> None:
    city.asked, city.changes, city.signs_with = [], {}, openid.KEY
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(alma, secret)
    city.person = claims("Alma@prime.example")
    visitor = Visitor(portal_of_the_city)
    _url, page, headers = visitor.get("/en/account/login/")
    assert "the City of Pico Rivera" in page
    assert city.address in headers["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    url, page = visitor.come_by_the_city()
    assert "/2fa/authenticate/" in url
    assert not visitor.get("/admin/")[0].endswith("/admin/")
    visitor.post("/en/account/2fa/authenticate/", page, code=code(secret))
    assert visitor.get("/admin/")[0].endswith("/admin/")
    assert linked() == ["1001"]
    (asked,) = city.asked
    assert asked["redirect_uri"] == f"{portal_of_the_city}/sign-in/city/back/"
    assert asked["code_challenge_method"] == "S256"

    # From then on the provider's number counts, not the address.
    city.person = claims("another.name@prime.example")
    assert "/2fa/authenticate/" in Visitor(portal_of_the_city).come_by_the_city()[0]

    no_factor = staff("bruno@prime.example", Role.AUDITOR)
    city.person = claims(no_factor.email, sub="1002")
    visitor = Visitor(portal_of_the_city)
    visitor.come_by_the_city()
    assert visitor.get("/admin/")[0].endswith("/my/second-factor/")
    assert no_factor.sign_ins.get().outcome == "signed_in"
    assert alma.sign_ins.count() == 2, "before she had a second step, and with it"


@pytest.mark.django_db
def test_without_the_setting_there_is_no_such_way(client: Client) -> None:
    assert client.post("/sign-in/city/").status_code == 404
    assert client.get("/en/account/3rdparty/").status_code == 404
    assert "/sign-in/" not in client.get("/en/account/login/").content.decode()


GOOD = {
    "OIDC_SERVER_URL": "https://login.city.example/v2.0",
    "OIDC_CLIENT_ID": "prime",
    "OIDC_CLIENT_SECRET": openid.SECRET,
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"OIDC_SERVER_URL": "http://login.city.example"}, "must start with https://"),
        ({"OIDC_SERVER_URL": "login.city.example"}, "must be an address such as"),
        ({"OIDC_CLIENT_ID": None}, "OIDC_CLIENT_ID is not set."),
        ({"OIDC_CLIENT_SECRET": None}, "OIDC_CLIENT_SECRET is not set."),
        ({"OIDC_CLIENT_SECRET": "secret"}, "OIDC_CLIENT_SECRET is too weak"),
    ],
)
def test_half_a_setting_stops_the_start(change: dict[str, str | None], sentence: str) -> None:
    stopped = start(**GOOD | change)  # type: ignore[arg-type]
    assert stopped.returncode == 1
    assert sentence in stopped.stderr
    assert len(stopped.stderr.strip().splitlines()) == 1


def test_a_whole_one_starts() -> None:
    assert start(**GOOD).returncode == 0
    assert json.dumps(openid.SECRET) not in start(**GOOD).stdout
