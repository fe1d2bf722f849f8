"""About the portal as a whole: every address, not one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import override

from notices.writing.publishing import LABEL
from tests import builders
from tests.conftest import ROOT

# Whoever adds a page that needs no sign-in adds it here, on purpose.
PUBLIC = {
    "healthz",
    "icon",
    "mail_events",  # the mail provider's, with its secret
    "home",
    "seal",
    "seal_note",
    "claim",
    "claim_new_code",
    "invited",
    "notices:current",
    "notices:version",
    "notices:versions",
    "notices:changes",
    "notices:pdf",
    "notices:in_force_on",
    "policy:current",
    "policy:version",
    "policy:versions",
    "policy:changes",
    "policy:pdf",
    "receipts:verify",
    "receipts:proof",
    "receipts:program",
    "account_login",
    "account_signup",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_inactive",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "account_logout",
    "admin:login",
    "admin:logout",
}


# Asked for by third parties' machines, which show a credential and have no sign-in.
BY_CREDENTIAL = {
    "recipient:waiting",
    "recipient:package",
    "recipient:key",
    "recipient:acknowledge",
}


def every_name(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from every_name(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{space}{pattern.name}"


def address_of(name: str) -> str | None:
    """Return some address of this name, with made-up ids."""
    made_up: list[dict[str, Any]] = [
        {},
        {"pk": uuid4()},
        {"pk": uuid4(), "event": "granted"},
        {"pk": uuid4(), "use": uuid4()},
        {"pk": uuid4(), "held": uuid4()},
        {"pk": uuid4(), "language": "en"},
        {"pk": uuid4(), "use": uuid4(), "language": "en"},
        {"pk": uuid4(), "key": "knew"},
        {"pk": uuid4(), "suffix": "csv"},
        {"number": 1},
        {"pk": uuid4(), "year": 2026},
        {"year": 2026, "month": 5},
        {"year": 2026, "month": 5, "day": 4},
        {"uidb36": "x", "key": "y"},
        {"key": "y"},
        {"number": "6.7", "key": "freed-by-order"},
        {"object_id": "1"},
        {"app_label": "usage"},
        {"content_type_id": 1, "object_id": 1},
        {"pk": 1},
        {"url": "x"},
        {"span": "year", "kind": "delivered"},
        {"pk": uuid4(), "key": "contact"},
        {"day": "2026-05-04"},
        {"name": "ed25519.py"},
        {"pk": uuid4(), "label": "usage.dispute"},
    ]
    for arguments in made_up:
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            continue
    return None


NAMES = sorted(set(every_name(get_resolver())))


def test_every_address_of_the_portal_is_known_here() -> None:
    ours = [name for name in NAMES if not name.startswith("admin:")]
    unknown = [name for name in ours if address_of(name) is None]
    assert not unknown
    assert len(ours) > 30


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in NAMES if name not in PUBLIC | BY_CREDENTIAL])
def test_a_page_shows_nothing_before_signing_in(client: Client, name: str) -> None:
    address = address_of(name)
    if address is None:
        assert name.startswith("admin:")
        return
    for method in (client.get, client.post):
        response = method(address)
        assert response.status_code in {302, 404, 405}, f"{name} answered {response.status_code}"
        if response.status_code == 302:
            assert (
                "/account/login/" in response["Location"] or "/admin/login/" in response["Location"]
            )


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(BY_CREDENTIAL))
def test_a_machine_without_its_credential_is_told_nothing(client: Client, name: str) -> None:
    address = address_of(name) or ""
    for method in (client.get, client.post):
        for headers in ({}, {"authorization": "Bearer guessed"}, {"authorization": "Basic eDp5"}):
            response = method(address, headers=headers)
            assert response.status_code == 401
            assert set(response.json()) == {"error"}
            assert not response.cookies


NOTICE_LINK = re.compile(r'<a [^>]*href="[^"]*/(?:en|es)/notice/"[^>]*>(.*?)</a>', re.DOTALL)


def leads_to_the_notice(page: str) -> bool:
    """Whether the header of a page holds the link to the Notice under its full label (6.2)."""
    header = page.partition("<header")[2].partition("</header>")[0]
    return any(LABEL in strip_tags(link) for link in NOTICE_LINK.findall(header))


# What a GET may leave behind: that somebody took or looked, how a form was worded that was handed
# out, and that a session is alive.
GET_MAY_WRITE = (
    *("django_session", "usersessions_usersession"),
    *("usage_download", "usage_look", "consent_paperform"),
)


def writes(queries: CaptureQueriesContext) -> list[str]:
    """What these questions to the database changed in it, but for what a GET may leave behind."""
    return [
        query["sql"]
        for query in queries
        if re.match(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|COPY)", query["sql"])
        and not any(table in query["sql"] for table in GET_MAY_WRITE)
    ]


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "language"),
    [
        ("visitor", "en"),
        ("visitor", "es"),
        ("customer", "es"),
        ("official", "es"),
    ],
)
def test_every_page_leads_to_the_notice_and_a_get_of_it_changes_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, who: str, language: str
) -> None:
    """The link stands in its header area, in the policy's own words to the letter, on the staff's
    pages too (6.2). Mail scanners and browsers that load ahead follow links: only a POST may act.
    """
    now = timezone.now()
    builders.notice(at=now - timedelta(days=30))
    rosa = builders.customer(at=now - timedelta(days=1))
    her = builders.holder(rosa, "rosa@example.org", at=now)
    held, use = builders.authorization(rosa, her, at=now), builders.use()
    official = builders.alma()
    EmailAddress.objects.create(user=official, email=official.email, verified=True)
    real: dict[str, UUID] = {
        "consent:": held.pk,
        "admin:usage_case": builders.case(rosa, by=official).pk,
        "admin:usage_customer": rosa.pk,
        "notice_desk:": builders.draft().pk,
        "party_desk:": use.third_party_id,
    }
    if who == "official":
        monkeypatch.setattr(
            "prime_portal.middleware.get_authentication_records",
            lambda *_arguments: [{"method": "mfa", "type": "totp"}],
        )
    opened, lacking, wrote = set(), set(), {}
    for name in NAMES:
        with override(language):
            address = address_of(name)
        if address is None:
            continue
        if who != "official" and name.startswith("admin:") and name != "admin:index":
            continue  # shut to all others, by one and the same page
        if who != "visitor" and "_auth_user_id" not in client.session:
            client.force_login(official if who == "official" else her)
        pk = next((one for start, one in real.items() if name.startswith(start)), rosa.pk)
        pk = use.pk if name.startswith("consent:") and "new" in address else pk
        address = re.sub(r"[0-9a-f-]{36}|(?<=/)1(?=/(?:change|history)/)", str(pk), address)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address, headers={"accept-language": language})
        if written := writes(queries):
            wrote[name] = written
        if answer.status_code in {302, 405} or "text/html" not in answer["Content-Type"]:
            continue
        opened.add(f"{name} {answer.status_code}")
        if not leads_to_the_notice(answer.content.decode()):
            lacking.add(f"{name} {answer.status_code}")
    assert lacking == set()
    assert wrote == {}
    shown = {name.removesuffix(" 200") for name in opened if name.endswith(" 200")}
    assert (
        shown
        > {
            "visitor": {"home", "seal", "notices:current", "account_login"},
            "customer": {"overview", "usage:year", "consent:authorizations", "information"},
            "official": {
                "admin:index",
                "notice_desk:draft",
                "run_desk:run",
                "admin:usage_customer_change",
                "party_desk:party",
            },
        }[who]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_that_says_what_went_wrong_leads_to_the_notice_too(
    client: Client, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Also where nothing is left to make it of but its template."""
    templates = sorted(path.name for path in (ROOT / "templates").glob("[0-9]*.html"))
    assert {"403.html", "404.html", "500.html"} <= set(templates)
    with override(language):
        pages = {name: render_to_string(name) for name in [*templates, "frozen.html"]}
    pages["not found"] = client.get(f"/{language}/nothing/").content.decode()
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    pages["old form"] = strict.post(f"/{language}/claim/").content.decode()

    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("notices.views._held", broken)
    answer = strict.get(f"/{language}/notice/")
    assert answer.status_code == 500
    pages["broken"] = answer.content.decode()
    assert [name for name, page in pages.items() if not leads_to_the_notice(page)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_home_page_leads_conspicuously_to_the_notice(client: Client, language: str) -> None:
    page = client.get(f"/{language}/").content.decode()
    assert f'href="/{language}/notice/"' in page
    assert LABEL in page


@pytest.mark.django_db
def test_the_bare_address_leads_to_a_language(client: Client) -> None:
    assert client.get("/", headers={"accept-language": "es-MX,es"})["Location"] == "/es/"
    assert client.get("/", headers={"accept-language": "fr"})["Location"] == "/en/"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/en/", "/en/account/login/", "/admin/login/", "/en/nothing/"])
def test_every_page_is_shut_to_foreign_content_and_to_caches(client: Client, address: str) -> None:
    response = client.get(address, follow=True)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_what_belongs_to_the_person_alone_is_not_in_the_admin() -> None:
    labels = {model._meta.label for model, _desk in builders.admin_desks()}
    assert "prime_portal.User" in labels
    assert not labels & {
        *("account.EmailAddress", "mfa.Authenticator"),
        *("usersessions.UserSession", "prime_portal.SignIn"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["9999/12/", "9999/12/31/", "1/1/1/", "99999999999/1/", "2026/13/", "2026/2/30/"]
)
def test_a_day_that_cannot_be_is_not_found(client: Client, address: str) -> None:
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    client.force_login(builders.holder(rosa, "rosa@example.org"))
    assert client.get(f"/en/usage/{address}").status_code == 404


@pytest.mark.django_db
def test_an_account_that_is_no_account_is_not_found(client: Client) -> None:
    client.force_login(builders.holder(builders.customer(), "rosa@example.org"))
    for access in ("abc", str(uuid4()), ""):
        assert client.post("/en/my/customers/", {"access": access}).status_code == 404
