"""The Notice is open to everyone, each version at its lasting address in each language (6.2)."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from notices import context
from notices.models import Notice, PostedPolicy, PublishedPdf
from notices.writing.publishing import LABEL
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def three() -> list[Notice]:
    """A past version, the one in force, and one to come."""
    now = timezone.now()
    past = builders.notice(at=now - timedelta(days=400))
    present = builders.notice(at=now - timedelta(days=30))
    coming = builders.publishing.publish(
        builders.draft(),
        facts=builders.facts_for_notice(),
        effective_on=timezone.localdate(now) + timedelta(days=30),
        changes_en="What is coming.",
        changes_es="Lo que viene.",
        by=builders.bruno(),
        at=now,
    )
    return [past, present, coming]


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_version_in_force_today_is_shown_not_the_newest(client, three, language) -> None:
    html = page(client, f"/{language}/notice/")
    shown = three[1].html_es if language == "es" else three[1].html_en
    assert shown in html
    heading = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert heading
    assert LABEL in heading[1]
    assert title
    assert LABEL in title[1]
    if language == "en":
        assert heading[1] == LABEL
    else:
        assert heading[1].startswith("Aviso sobre")


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_version_keeps_its_address_and_its_bytes(client, three, language) -> None:
    for notice in three:
        html = page(client, f"/{language}/notice/{notice.number}/")
        assert (notice.html_es if language == "es" else notice.html_en) in html
        not_in_force = {"en": "not the version in effect", "es": "no es la versión vigente"}
        assert (not_in_force[language] in html) == (notice != three[1])


def test_the_list_shows_every_version_and_what_changed(client, three) -> None:
    html = page(client, "/en/notice/versions/")
    for notice in three:
        assert f"/en/notice/{notice.number}/" in html
    assert "What is coming." in html
    assert "Lo que viene." in page(client, "/es/notice/versions/")


def test_before_the_first_version_the_page_says_whom_to_ask(client) -> None:
    html = page(client, "/en/notice/")
    assert LABEL in html
    assert settings.OFFICIAL["telephone"] in html
    assert page(client, "/en/notice/versions/")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_version_is_handed_out_on_paper_as_it_was_published(client, three, language) -> None:
    for notice in three:
        got = client.get(f"/{language}/notice/{notice.number}/pdf/")
        assert got["Content-Type"] == "application/pdf"
        assert f"prime-notice-{notice.number}-{language}.pdf" in got["Content-Disposition"]
        assert "public" in got["Cache-Control"]
        held = PublishedPdf.objects.get(notice=notice, language=language)
        assert got.content == bytes(held.content)
        assert hashlib.sha256(got.content).digest() == bytes(held.sha256)
        assert f"/{language}/notice/{notice.number}/pdf/" in page(
            client, f"/{language}/notice/{notice.number}/"
        )


def test_what_changed_is_shown_word_by_word_in_both_languages(client) -> None:
    now = timezone.now()
    builders.notice(at=now - timedelta(days=40))
    draft = builders.draft()
    draft.content["marketing"] = {"en": "In very plain words.", "es": "En palabras muy claras."}
    builders.publishing.publish(
        draft,
        facts=builders.facts_for_notice(),
        effective_on=timezone.localdate(now),
        changes_en="Clearer.",
        changes_es="Más claro.",
        by=builders.bruno(),
        at=now,
    )
    english = page(client, "/en/notice/2/changes/")
    assert re.search(r"In <ins><span [^>]*>\[put in: </span>very<span", english)
    assert "No selling, no sales calls" in english
    spanish = page(client, "/es/notice/2/changes/")
    assert re.search(r"<del><span [^>]*>\[se quitó: </span>sencillas\.<span", spanish)
    assert re.search(r"<ins><span [^>]*>\[se agregó: </span>muy claras\.<span", spanish)
    assert "Más claro." in spanish
    assert client.get("/en/notice/1/changes/").status_code == 404


@pytest.mark.parametrize(
    ("days", "said"),
    [(500, "No version was in effect"), (200, ">Version 1</a>"), (30, ">Version 2</a>")],
)
def test_any_day_is_answered_with_the_version_in_force_on_it(client, three, days, said) -> None:
    day = timezone.localdate() - timedelta(days=days)
    html = page(client, f"/en/notice/on/?day={day}")
    answer = html[html.index('id="answer"') :]
    assert said in answer
    assert "The privacy policy" in answer


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "0000-00-00"])
def test_a_day_that_is_none_is_answered_in_a_sentence(client, three, day) -> None:
    html = page(client, f"/en/notice/on/?day={day}")
    assert 'id="answer"' not in html
    assert "Please check this form" in html


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_privacy_policy_is_published_versioned_and_linked_the_same_way(
    client, language
) -> None:
    heading = {"en": "Privacy Policy for Energy", "es": "Política de privacidad de la"}[language]
    assert heading in page(client, f"/{language}/policy/")
    now = timezone.now()
    for number in (1, 2):
        builders.publishing.publish(
            builders.policy_draft(),
            facts=builders.facts_for_notice(),
            effective_on=timezone.localdate(now) + timedelta(days=number - 1),
            changes_en="Something.",
            changes_es="Algo.",
            by=builders.bruno(),
            at=now,
        )
    html = page(client, f"/{language}/policy/")
    assert heading in html
    assert PostedPolicy.objects.get(number=1).pdfs.count() == 2
    for way in ("1/", "1/pdf/", "2/", "2/pdf/", "2/changes/", "versions/"):
        assert client.get(f"/{language}/policy/{way}").status_code == 200
    for fact in settings.OFFICIAL.values():
        assert fact in html
    assert f'href="/{language}/policy/"' in page(client, f"/{language}/")
    assert client.get(f"/{language}/notice/1/").status_code == 404


@pytest.mark.parametrize("number", ["7", "99999", "99999999999999999999"])
def test_a_version_that_never_was_is_not_found(client, three, number: str) -> None:
    assert client.get(f"/en/notice/{number}/").status_code == 404


def test_reading_the_notice_needs_no_sign_in_and_posting_to_it_is_refused(client, three) -> None:
    for address in ("/en/notice/", "/en/notice/1/", "/en/notice/versions/"):
        assert client.head(address).status_code == 200
        assert client.post(address).status_code == 405


def test_what_every_page_knows_of_prime_comes_from_our_own_origin(rf) -> None:
    request = rf.get("/", headers={"host": "evil.example"})
    known = context.who_we_are(request)
    assert known["notice_url"] == f"{settings.PORTAL_ORIGIN}/en/notice/"
    assert known["notice_label"] == LABEL
    assert known["official"] == settings.OFFICIAL
    assert known["counter"] == settings.COUNTER


def test_a_reset_mail_asked_for_through_another_host_leads_to_ours(client, mailbox) -> None:
    builders.staff("rosa@example.com")
    answer = client.post(
        "/en/account/password/reset/", {"email": "rosa@example.com"}, headers={"host": "localhost"}
    )
    assert answer.status_code == 302
    (got,) = mailbox.wait_for(1)
    assert "localhost" not in got.as_string()
    assert f"{settings.PORTAL_ORIGIN}/en/account/password/reset/key/" in got.as_string().replace(
        "=\n", ""
    )
