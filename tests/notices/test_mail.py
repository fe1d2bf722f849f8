"""No e-mail leaves without the link to the Notice, in its text and in its HTML (6.2)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.core.mail import (
    BadHeaderError,
    EmailMessage,
    EmailMultiAlternatives,
    get_connection,
    send_mail,
)
from django.test import RequestFactory
from django.utils import translation
from uuid_utils.compat import uuid7

from consent import authorizations
from notices import deliveries, mail, messages
from notices.mail import Door, MailRefused
from notices.models import Delivery
from notices.writing.publishing import LABEL
from tests import builders
from tests.builders import NOW
from tests.notices.cast import by_email, neighbor, owed, send_all
from usage import claims
from usage.models import Via

pytestmark = pytest.mark.django_db
SIGN_IN_MAILS = sorted(
    f"{path.parent.parent.name}/email/{path.name.removesuffix('_subject.txt')}"
    for folder in ("account", "mfa")
    for path in (Path(settings.BASE_DIR) / "templates" / folder / "email").glob("*_subject.txt")
)


def link(language: str = "en") -> str:
    return f"{settings.PORTAL_ORIGIN}/{language}/notice/"


def text(language: str = "en") -> str:
    return f"Hello.\n\n{LABEL}:\n{link(language)}\n"


def html(language: str = "en") -> str:
    return f'<p>Hello.</p><p><a href="{link(language)}">{LABEL}</a></p>'


def made(text_part: str = "", html_part: str = "", **more: Any) -> EmailMultiAlternatives:
    email = EmailMultiAlternatives("Hello", text_part or text(), to=["a@example.com"], **more)
    email.attach_alternative(html_part or html(), "text/html")
    return email


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_door_lets_a_mail_with_the_link_pass(mailbox, language: str) -> None:
    made(text(language), html(language)).send()
    (got,) = mailbox.wait_for(1)
    assert got["Subject"] == "Hello"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Reply-To"] == settings.OFFICIAL["email"]
    assert got["List-Unsubscribe"] is None
    assert got["Message-ID"].endswith("@testserver>")


@pytest.mark.parametrize(
    ("text_part", "html_part"),
    [
        ("Hello.", html()),
        (f"{LABEL}: ask us.", html()),
        (f"See {link()}", html()),
        (text().replace("Storing, Using", "Storing and Using"), html()),
        (text(), "<p>Hello.</p>"),
        (text(), f'<p><a href="{link()}">Notice</a></p>'),
        (text(), f"<p>{LABEL} {link()}</p>"),
        (text(), f'<p><a href="https://evil.example/en/notice/">{LABEL}</a></p>'),
        (text(), html() + '<a href="https://evil.example/">Sign in</a>'),
        (text(), html() + f'<a href="{settings.PORTAL_ORIGIN}.evil.example/">Sign in</a>'),
        (text(), html() + '<a href="//evil.example/">Sign in</a>'),
    ],
)
def test_the_door_refuses_a_mail_without_it(mailbox, text_part: str, html_part: str) -> None:
    with pytest.raises(MailRefused, match=r"6\.2|5\.1"):
        made(text_part, html_part).send()
    with pytest.raises(MailRefused):
        made(text_part, html_part).send(fail_silently=True)
    assert mailbox.messages() == []


def test_the_door_refuses_a_plain_text_mail_without_it_and_with_a_foreign_link(mailbox) -> None:
    with pytest.raises(MailRefused):
        send_mail("Hello", "Hello.", None, ["a@example.com"])
    with pytest.raises(MailRefused):
        send_mail("Hello", text() + "https://evil.example/", None, ["a@example.com"])
    assert send_mail("Hello", text(), None, ["a@example.com"]) == 1
    mailbox.wait_for(1)


def test_one_bad_mail_stops_the_whole_batch_before_anything_goes(mailbox) -> None:
    with pytest.raises(MailRefused):
        get_connection().send_messages([made(), EmailMessage("Hi", "Hi.", to=["b@example.com"])])
    assert mailbox.messages() == []


def test_a_required_mail_cannot_offer_to_unsubscribe(mailbox) -> None:
    with pytest.raises(MailRefused, match="unsubscribed"):
        made(headers={"List-Unsubscribe": "<mailto:a@example.com>"}).send()


def test_the_portal_sends_through_the_door() -> None:
    from prime_portal import settings as file

    assert file.EMAIL_BACKEND == "notices.mail.Door"
    assert f"{Door.__module__}.{Door.__name__}" == file.EMAIL_BACKEND
    assert file.ADMINS == []


def test_a_copy_is_to_the_letter_what_it_would_be_if_it_were_made_alone(mailbox) -> None:
    key = uuid7()
    said = mail.Message("Su notificación — año", text("es") + "\n.\nAñadido", html("es"))
    copies = [mail.email(said, to=f"{name}@example.com", key=key) for name in ("rosa", "luis")]
    assert get_connection().send_messages(copies) == 2
    alone = EmailMultiAlternatives(said.subject, said.text, to=["rosa@example.com"])
    alone.attach_alternative(said.html, "text/html")
    alone.extra_headers["Message-ID"] = mail.message_id(key)
    alone.send()
    first, second, other = mailbox.wait_for(3)
    assert {name for name in first.keys() if not name.startswith("X-")} == {  # noqa: SIM118
        name
        for name in other.keys()  # noqa: SIM118
        if not name.startswith("X-")
    }
    for name in ("Subject", "From", "To", "Reply-To", "Message-ID", "Auto-Submitted"):
        assert first.get_all(name) == other.get_all(name), name
    for kind in ("plain", "html"):
        contents = {got.get_body((kind,)).get_content() for got in (first, second, other)}
        assert len(contents) == 1
    assert second["To"] == "luis@example.com"
    assert abs(first["Date"].datetime - other["Date"].datetime) < timedelta(minutes=1)


def test_a_copy_with_something_attached_keeps_it(mailbox) -> None:
    copied = mail.email(mail.Message("Hi", text(), html()), to="a@example.com", key=uuid7())
    copied.attach("seal.txt", "the seal", "text/plain")
    copied.send()
    (got,) = mailbox.wait_for(1)
    assert [part.get_content().strip() for part in got.iter_attachments()] == ["the seal"]
    assert got.get_body(("html",)).get_content().strip() == html()


def test_an_address_cannot_slip_a_header_in(mailbox) -> None:
    said = mail.Message("Hi", text(), html())
    slipped = mail.email(said, to="a@example.com\r\nBcc: eve@example.com", key=uuid7())
    with pytest.raises(BadHeaderError):
        slipped.message()
    with pytest.raises(ValueError, match="Invalid address"):
        slipped.send()
    assert mailbox.messages() == []


# -- Every mail there is -------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("prefix", SIGN_IN_MAILS)
def test_every_sign_in_mail_passes_the_door_in_both_languages(
    db: None, mailbox, prefix: str, language: str
) -> None:
    user = builders.staff("rosa@example.com")
    request = RequestFactory().get("/", headers={"host": "localhost"})
    request.user = user
    elsewhere = "http://localhost/en/account/"
    with allauth_context.request_context(request), translation.override(language):
        get_adapter(request).send_mail(
            prefix,
            "rosa@example.com",
            {
                "user": user,
                "code": "ABCDEF",
                "key": "ABCDEF",
                "username": "",
                "from_email": "old@example.com",
                "to_email": "new@example.com",
                "deleted_email": "old@example.com",
                "ip": "192.0.2.1",
                "user_agent": "A browser",
                "timestamp": NOW,
                "activate_url": elsewhere,
                "password_reset_url": elsewhere,
                "signup_url": elsewhere,
            },
        )
    (got,) = mailbox.wait_for(1)
    assert "localhost" not in got.as_string()
    assert_it_leads_to_the_notice(got, language)


def test_no_mail_of_the_sign_in_library_is_left_in_its_own_words() -> None:
    """Its own templates know nothing of the Notice, so each is replaced by one of ours."""
    library = Path(allauth.__file__).parent / "templates"
    theirs = {
        f"{folder}/email/{path.name.removesuffix('_subject.txt')}"
        for folder in ("account", "mfa")
        for path in (library / folder / "email").glob("*_subject.txt")
    }
    assert len(theirs) > 15
    assert theirs <= set(SIGN_IN_MAILS)


def assert_it_leads_to_the_notice(got: Any, language: str) -> None:
    plain, rich = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    mail.check(text=plain, html=rich)
    assert link(language) in plain
    assert link(language) in rich
    assert LABEL in " ".join(plain.split())
    assert not any("http://testserver" not in word for word in plain.split() if "://" in word)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_mail_to_a_customer_passes_the_door_in_her_language(
    db: None, mailbox, language: str
) -> None:
    """Notices of each kind and receipts, as the outbox sends them."""
    builders.notice(at=NOW - timedelta(days=400))
    rosa = builders.customer(builders.COLUMNS | {"language": language})
    by_email(rosa, "rosa@example.com", at=NOW - timedelta(days=399))
    deliveries.plan(at=NOW - timedelta(days=390))
    send_all(NOW - timedelta(days=390))
    deliveries.plan(at=NOW - timedelta(days=40))
    send_all(NOW - timedelta(days=40))
    builders.notice(at=NOW - timedelta(days=20))
    deliveries.plan(at=NOW - timedelta(days=20))
    her = builders.holder(rosa, "rosa@example.com")
    granted = builders.authorization(rosa, her)
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=NOW)
    send_all(NOW)
    kinds = {row.kind for row in owed(rosa)}
    assert kinds == {Delivery.Kind.NEW_ACCOUNT, "annual", "change", "receipt"}
    for got in mailbox.wait_for(5):
        assert_it_leads_to_the_notice(got, language)
        assert got["Reply-To"] == settings.OFFICIAL["email"]
        foreign = {"en": "Preguntas", "es": "Questions"}[language]
        assert foreign not in got.as_string()
    for row in owed(rosa):
        assert row.sent_at, row


def test_the_short_notice_says_how_to_get_the_full_one_in_four_ways(db: None) -> None:
    builders.notice(at=NOW)
    for language in ("en", "es"):
        rosa = neighbor({"en": 1, "es": 2}[language], language=language)
        deliveries.plan(at=NOW)
        message = messages.of(owed(rosa)[0])
        address = f"{settings.PORTAL_ORIGIN}/{language}/notice/1/"
        other = f"{settings.PORTAL_ORIGIN}/{'es' if language == 'en' else 'en'}/notice/1/"
        for part in (message.text, message.html):
            for way in (
                address,
                settings.OFFICIAL["telephone"],
                settings.OFFICIAL["postal"],
                settings.OFFICIAL["email"],
                settings.OFFICIAL["title"],
                settings.COUNTER,
                "Pico Rivera Innovative Municipal Energy",
                other,
            ):
                assert way in part, way
        invitation = {
            "en": "¿Prefiere leer esto en español?",
            "es": "Would you rather read this in English?",
        }[language]
        assert invitation in message.text


def test_a_change_says_what_changes_in_the_customers_language(db: None) -> None:
    builders.notice(at=NOW - timedelta(days=30))
    rosa, luis = neighbor(1, language="es"), neighbor(2, language="en")
    deliveries.plan(at=NOW - timedelta(days=29))
    builders.notice(at=NOW)
    deliveries.plan(at=NOW)
    said = messages.of(owed(rosa)[1])
    assert "Algo cambió." in said.text
    assert said.subject == "PRIME tiene una nueva versión de su aviso de privacidad"
    assert "1 de julio de 2026" in said.text
    assert "Something changed." in messages.of(owed(luis)[1]).text


# -- Claim codes ------------------------------------------------------------------------------


def test_nothing_stored_holds_a_claim_code(db: None) -> None:
    builders.notice(at=NOW)
    rosa = neighbor(1)
    deliveries.plan(at=NOW)
    deliveries.owe_claim_code(claims.issue(rosa, via=Via.PORTAL, at=NOW), at=NOW)
    for letter in owed(rosa):
        assert letter.claim is not None
        code = claims.code_of(letter.claim_id)
        kept = b"" if letter.content is None else bytes(letter.content)
        for shown in (code, claims.readable(code)):
            assert shown.encode() not in kept
            assert shown not in messages.of(letter).text
        printed = messages.with_code(messages.of(letter), letter.claim_id)
        assert claims.readable(code) in printed.text
        assert claims.readable(code) in printed.html


def test_what_was_owed_stays_as_it_was_rendered(db: None) -> None:
    rosa = neighbor(1, language="es")
    letter = deliveries.owe_claim_code(claims.issue(rosa, via=Via.PORTAL, at=NOW), at=NOW)
    with translation.override("en"):
        message = messages.of(letter)
    assert message == messages.read(bytes(letter.content or b""))
    assert message.subject == letter.subject == "Su código para abrir su cuenta de PRIME en línea"
    assert messages.stored(message) == bytes(letter.content or b"")
