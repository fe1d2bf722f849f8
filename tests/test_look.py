"""How the portal looks and reads, as far as it shows without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django import forms
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from notices.context import who_we_are
from notices.mail import check
from notices.writing.publishing import LABEL
from prime_portal.templatetags.portal import in_language
from tests.conftest import ROOT

PAGES = sorted((ROOT / "templates").rglob("*.html"))
MAILS = sorted(
    path.relative_to(ROOT / "templates").as_posix().removesuffix("_subject.txt")
    for path in (ROOT / "templates").rglob("email/*_subject.txt")
)
ERRORS = ("403", "404", "409", "429", "500")
SPANISH_LABEL = "Aviso sobre el acceso, la recopilación"


@pytest.fixture(params=["en", "es"])
def language(request: pytest.FixtureRequest):
    with translation.override(request.param):
        yield request.param


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_template_carries_a_style_or_a_script_inside(page: Path) -> None:
    source = page.read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", source)
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["home", "claim", "claim_new_code", "account_login", "notices:current"]
)
def test_a_public_page_has_its_language_its_landmarks_and_the_notice(
    client: Client, language: str, name: str
) -> None:
    page = client.get(reverse(name)).content.decode()
    header = page[page.index("<header") : page.index("</header>")]
    label = LABEL if language == "en" else SPANISH_LABEL
    assert f'<html lang="{language}">' in page
    assert re.search(rf'href="/{language}/notice/"[^>]*>{label}', header)
    assert page.index('href="#main"') < page.index('<main id="main"')
    assert page.count("<h1") == 1
    assert "<title>" in page


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_stands_without_any_context(language: str, name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1
    assert f'href="/{language}/"' in page


@pytest.mark.django_db
def test_a_wrong_address_is_answered_calmly_and_in_the_readers_language(
    client: Client, language: str
) -> None:
    response = client.get(f"/{language}/account/nowhere/")
    with translation.override(language):
        sorry = translation.gettext("There is nothing here")
    assert response.status_code == 404
    assert sorry in response.content.decode()


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/en/claim/", "/es/claim/"),
        ("/en/usage/2026/3/?place=7", "/es/usage/2026/3/?place=7"),
        ("/en/nowhere/", "/es/"),
        ("/admin/", "/es/"),
    ],
)
def test_the_language_switch_keeps_the_page(here: str, there: str) -> None:
    with translation.override("en"):
        assert in_language({"request": RequestFactory().get(here)}, "es") == there


def test_the_language_switch_works_both_ways() -> None:
    with translation.override("es"):
        assert in_language({"request": RequestFactory().get("/es/claim/")}, "en") == "/en/claim/"


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_about_signing_in_passes_the_door(language: str, name: str) -> None:
    context = who_we_are() | {
        "code": "ABC123",
        "email": "rosa@example.com",
        "password_reset_url": "http://testserver/",
        "timestamp": datetime(2026, 3, 1, tzinfo=UTC),
    }
    context |= dict.fromkeys(["password_reset_url", "signup_url"], context["portal_origin"] + "/x")
    text = render_to_string(f"{name}_message.txt", context)
    html = render_to_string(f"{name}_message.html", context)
    check(text=text, html=html)
    assert f'<html lang="{language}">' in html
    assert render_to_string(f"{name}_subject.txt", context).strip()
    assert "&#" not in text


class Survey(forms.Form):
    name = forms.CharField(label="Your name", help_text="As on the bill.")
    place = forms.ChoiceField(
        label="Your place", choices=[("a", "Here"), ("b", "There")], widget=forms.RadioSelect
    )
    paper = forms.BooleanField(label="On paper", required=False)


def test_a_field_ties_its_label_its_help_and_its_error_to_the_input() -> None:
    page = render_to_string("_fields.html", {"form": Survey({"name": ""})})
    assert '<label class="usa-label" for="id_name">Your name' in page
    field = re.search(r'<input[^>]*name="name"[^>]*>', page)
    assert field
    assert 'aria-describedby="id_name_helptext id_name_error"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert '<a href="#id_name">Your name</a>' in page


def test_a_choice_is_a_group_with_a_name_and_nothing_is_ticked_beforehand() -> None:
    page = render_to_string("_fields.html", {"form": Survey()})
    assert '<legend class="usa-legend">Your place</legend>' in page
    assert page.count('type="radio"') == 2
    assert "checked" not in page


def test_bare_text_in_a_template_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from bare_text import problems

    page = tmp_path / "page.html"
    page.write_text(
        '<p>PRIME {% translate "said" %} {{ name }}</p>\n'
        '<img alt="unsaid" src="x">\n'
        "{% blocktranslate %}said{% endblocktranslate %}\n<p>unsaid too</p>"
    )
    assert problems(page, root=tmp_path) == [
        "page.html:2: “unsaid” is outside any translate tag.",
        "page.html:4: “unsaid too” is outside any translate tag.",
    ]


def test_one_thing_has_one_name_in_spanish() -> None:
    """What one page calls an “impugnación” no other calls a “disputa”."""
    with (ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po").open("rb") as catalog:
        said = [str(message.string) for message in read_po(catalog, locale="es")]
    other = re.compile(r"\bdisput|lista de clientes no", re.IGNORECASE)
    assert [text for text in said if other.search(text)] == []
