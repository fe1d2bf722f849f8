"""My information: every kind of Covered Information, and all PRIME holds of it (6.3)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent import disclosures, proposals
from prime_portal import record
from prime_portal.models import SignIn, User
from tests import builders
from tests.builders import LUIS, NOW, readings
from tests.consent.test_doubts import gone
from usage.models import Category, Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    held = builders.customer({"programs": "CARE; Medical Baseline", "email": "rosa@example.org"})
    readings(held.agreements.get())
    return held


@pytest.fixture
def her(rosa: Customer, client: Client) -> User:
    user = builders.holder(rosa, "rosa@example.org")
    client.force_login(user)
    return user


def said(client: Client, key: str = "", language: str = "en") -> str:
    page = client.get(f"/{language}/my/information/{key}")
    assert page.status_code == 200
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", page.content.decode())


def keys() -> list[str]:
    return [f"{key}/" for key in Category.objects.values_list("key", flat=True)]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_the_notice_names_is_on_the_list_and_has_a_page(
    client: Client, her: User, language: str
) -> None:
    page = said(client, language=language)
    assert len(keys()) == 13
    for category in Category.objects.all():
        name = category.name_es if language == "es" else category.name_en
        assert name in page
        assert f"/{language}/my/information/{category.key}/" in page
        assert name in said(client, f"{category.key}/", language)


def test_every_section_of_her_record_stands_on_the_page_of_its_kind(
    client: Client, rosa: Customer, her: User
) -> None:
    pages = {key: said(client, key) for key in keys()}
    sections = record.record_of(rosa)
    assert len(sections) > 15
    for section in sections:
        page = pages[f"{section.category}/"]
        assert f'id="section-{section.key}"' in page
        if not section.rows:
            assert section.nothing in page


def test_what_she_is_in_this_world_is_all_there(client: Client, her: User) -> None:
    held = "".join(said(client, key) for key in keys())
    for fact in (
        "700000000001", "Rosa Ejemplo", "3000000001", "1 Calle Ficticia", "M-0001",
        "rosa@example.org", "TOU-D-4-9PM", "CARE", "Medical Baseline", "account holder",
    ):  # fmt: skip
        assert fact in held, fact


def test_what_is_sensitive_stands_one_click_further_and_is_not_told_in_passing(
    client: Client, rosa: Customer, her: User
) -> None:
    listed = said(client)
    assert "Medical Baseline" not in listed.replace(
        Category.objects.get(key="program_enrollment").elements_en, ""
    )
    assert "It stands on a page of its own" in listed
    assert "Medical Baseline" in said(client, "program_enrollment/")
    rosa.programs.all().delete()
    assert said(client) == listed


def test_what_prime_does_not_hold_it_says(client: Client, her: User) -> None:
    page = said(client, "billing_history/")
    assert "We hold no bill of yours." in page
    assert "We hold no readings of power you sent back." in said(client, "generation_export/")


@pytest.mark.parametrize(
    ("key", "english", "spanish"),
    [
        ("rate_schedule", "the PRIME product you have.", "el producto de PRIME que usted tiene."),
        ("service_location", "your climate region.", "su región climática."),
        ("generation_export", "and its yearly settlement.", "su liquidación anual."),
    ],
)
def test_an_element_of_a_kind_that_prime_does_not_hold_is_named(
    client: Client, her: User, key: str, english: str, spanish: str
) -> None:
    page = said(client, f"{key}/")
    assert page.count("PRIME does not hold:") == 1
    assert english in page
    assert spanish in said(client, f"{key}/", "es")
    assert "PRIME does not hold:" not in said(client, "interval_usage/")


def test_the_list_does_not_promise_what_a_court_forbids(client: Client, her: User) -> None:
    assert "except what a court or the law forbids us to tell you now" in said(client)
    assert "salvo lo que un tribunal o la ley nos prohíbe decirle por ahora" in said(
        client, language="es"
    )


def test_it_tells_the_number_of_the_place_and_whether_the_account_is_open(
    client: Client, rosa: Customer, her: User
) -> None:
    assert "SP-0001" in said(client, "service_location/")
    open_ = re.compile(r"<dt>Account open</dt><dd>\s*yes")
    assert open_.search(said(client, "account_identity/"))
    rosa.agreements.update(ends_at=timezone.now() - timedelta(days=1))
    assert not open_.search(said(client, "account_identity/"))
    assert re.search(r"<dt>Cuenta abierta</dt><dd>\s*no", said(client, "account_identity/", "es"))


def test_sign_ins_stand_newest_first_and_the_newest_are_those_shown(
    client: Client, her: User
) -> None:
    for day in range(1, 121):
        SignIn.objects.create(
            user=her, outcome="signed_in", at=NOW - timedelta(days=day), ip=f"192.0.2.{day}"
        )
    page = said(client, "portal_security/")
    assert page.index("192.0.2.1<") < page.index("192.0.2.2<") < page.index("192.0.2.100<")
    assert "192.0.2.101<" not in page
    assert "192.0.2.120<" in said(client, "portal_security/?all=yes")
    assert "Todas las veces que se inició sesión" in said(client, "portal_security/", "es")


def test_each_kind_says_why_who_gets_it_how_long_and_how_to_limit_it(
    client: Client, her: User
) -> None:
    for key in keys():
        page = said(client, key)
        for heading in ("Why PRIME has it", "Who can get it", "Who received it", "How long"):
            assert heading in page, key
        assert "In plain words." in page, key  # what the notice in force says of it
        assert f"/en/usage/wrong/?category={key.strip('/')}" in page


def test_who_received_it_is_named(
    committed_db: None, client: Client, rosa: Customer, her: User
) -> None:
    granted = builders.authorization(rosa, her)
    asked = proposals.gather(
        granted, first_day=builders.TODAY.replace(day=1), last_day=builders.TODAY
    )
    name = granted.third_party_words.legal_name
    assert name not in said(client, "interval_usage/")
    sent = disclosures.disclose(asked, by=None, at=lambda: NOW)
    assert sent.handed_over_at
    page = said(client, "interval_usage/")
    assert name in page.split("Who received it")[1]
    assert name not in said(client, "contact/")


def test_a_long_section_shows_its_newest_lines_and_the_rest_on_request(
    client: Client, rosa: Customer, her: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr("prime_portal.information.NEWEST", 1)
    rows = next(part for part in record.record_of(rosa) if part.key == "programs").rows
    assert [row[1] for row in rows] == ["CARE", "Medical Baseline"]
    page = said(client, "program_enrollment/")
    assert "These are the newest of 2." in page
    assert "<dd>CARE</dd>" not in page
    assert "<dd>CARE</dd>" in said(client, "program_enrollment/?all=yes")


def test_who_received_it_says_when_there_are_more_and_shows_them_all(
    client: Client, rosa: Customer, her: User, monkeypatch: Any
) -> None:
    granted = builders.authorization(rosa, her)
    for n in range(3):
        gone(granted, at=NOW + timedelta(days=n))
    name = granted.third_party_words.legal_name
    part = 'id="received"'
    assert "These are the newest of" not in said(client, "interval_usage/").split(part)[1]
    monkeypatch.setattr("prime_portal.information.NEWEST", 2)
    few = said(client, "interval_usage/").split(part)[1]
    assert "These are the newest of 3." in few
    assert '<a href="?all=yes#received">Show them all</a>' in few
    assert few.count(f"<li>{name}") == 2
    spanish = said(client, "interval_usage/", "es").split(part)[1]
    assert "Estas son las líneas más recientes de 3." in spanish
    everything = said(client, "interval_usage/?all=yes").split(part)[1]
    assert "These are the newest of" not in everything
    assert everything.count(f"<li>{name}") == 3


def test_a_stranger_sees_nothing_of_hers(client: Client, her: User) -> None:
    luis = builders.customer(LUIS)
    client.force_login(builders.holder(luis, "luis@example.org"))
    held = "".join(said(client, key) for key in ["", *keys()])
    for fact in ("Rosa", "700000000001", "3000000001", "Medical Baseline</dd>"):
        assert fact not in held


def test_who_claimed_no_account_is_led_to_claiming_one(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody@example.org"))
    for key in ("", "contact/"):
        assert client.get(f"/en/my/information/{key}")["Location"] == "/en/claim/"


def test_an_unknown_kind_is_a_404(client: Client, her: User) -> None:
    assert client.get("/en/my/information/nonsense/").status_code == 404
