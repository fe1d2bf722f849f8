"""The one door for e-mail: no message leaves without the link to the Notice (6.2)."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import forbid_multi_line_headers
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from uuid_utils.compat import uuid7

from notices.context import who_we_are
from notices.smtp import Pipelined
from notices.writing.publishing import LABEL
from usage.frozen import frozen

ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class MailRefused(Exception):
    """The message was not sent: it breaks a rule for every e-mail to customers (6.2)."""


@dataclass(frozen=True)
class Message:
    """What is said, without saying to whom. `html` is a whole document in plain tags."""

    subject: str
    text: str
    html: str


def render(name: str, context: Mapping[str, Any], *, language: str) -> Message:
    """Render templates/mail/<name>/{subject.txt,body.txt,body.html} in a customer's language.

    Beside `context` the templates find what notices.context says of PRIME. MailRefused if
    they lack the link to the Notice.
    """
    with translation.override(language):
        parts = {
            part: render_to_string(f"mail/{name}/{part}", {**who_we_are(), **context})
            for part in ("subject.txt", "body.txt", "body.html")
        }
    message = Message(
        subject=" ".join(parts["subject.txt"].split()),
        text=parts["body.txt"].strip() + "\n",
        html=parts["body.html"].strip() + "\n",
    )
    check(text=message.text, html=message.html)
    return message


def message_id(key: UUID) -> str:
    """Return the Message-ID of a delivery: the same however often it is sent, and impersonal."""
    return f"<{key}@{urlsplit(settings.PORTAL_ORIGIN).hostname}>"


def key_in(text: str) -> UUID | None:
    """Return the id of the delivery whose Message-ID stands in a text, or None."""
    host = re.escape(urlsplit(settings.PORTAL_ORIGIN).hostname or "")
    found = re.search(rf"([0-9a-f-]{{36}})@{host}", text)
    try:
        return UUID(found.group(1)) if found else None
    except ValueError:
        return None


class Copy(EmailMultiAlternatives):
    """A message to one person. What all its copies share is put into MIME once."""

    def message(self) -> Any:  # type: ignore[override]  # the types are those of Django 6
        if self.attachments or self.cc:
            return super().message()
        ((html, _kind),) = self.alternatives
        mine = {"To": ", ".join(self.to), "Date": formatdate(), **self.extra_headers}
        lines = [forbid_multi_line_headers(name, mine[name], "utf-8") for name in mine]
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        sender, answers = str(self.from_email), tuple(self.reply_to)
        return Written(
            head.encode("ascii")
            + _letterhead(str(self.subject), str(self.body), str(html), sender, answers)
        )


@dataclass(frozen=True)
class Written:
    """A mail as it goes over the wire."""

    content: bytes

    def as_bytes(self, *, linesep: str = "\r\n") -> bytes:
        return self.content


@lru_cache(maxsize=8)
def _letterhead(subject: str, text: str, html: str, sender: str, answers: tuple[str, ...]) -> bytes:
    """A mail but for whom it goes to, when, and which it is."""
    whole = EmailMultiAlternatives(subject, text, sender, reply_to=answers)
    whole.attach_alternative(html, "text/html")
    made: Any = whole.message()
    del made["Date"], made["Message-ID"]
    return bytes(made.as_bytes(linesep="\r\n"))


def email(message: Message, *, to: str, key: UUID) -> Copy:
    """Address a message to one person. key: the id of the delivery it carries out."""
    made = Copy(
        message.subject,
        message.text,
        to=[to],
        headers={"Message-ID": message_id(key)},
    )
    if settings.MAIL_PROVIDER == "postmark":  # it gives mails an id of its own, but hands this back
        made.extra_headers["X-PM-Metadata-Message"] = message_id(key)
    made.attach_alternative(message.html, "text/html")
    return made


def check(*, text: str | None, html: str | None) -> None:
    """Refuse a message whose text or HTML lacks the full label of the Notice with its address.

    Links must lead to our own origin, whatever host the request named that caused the mail.
    """
    _check(text, html, settings.PORTAL_ORIGIN)


@lru_cache(maxsize=8)  # many copies say the same
def _check(text: str | None, html: str | None, _origin: str) -> None:
    addresses = notice_addresses()
    if text is not None:
        plain = " ".join(text.split())
        if LABEL not in plain or not any(address in plain for address in addresses):
            raise MailRefused("The text of this e-mail lacks the link to the notice (6.2).")
    links = _links(html) if html is not None else [(found, "") for found in _written(text or "")]
    for href, _label in links:
        if href.startswith(("http:", "https:", "//")) and not _ours(href):
            raise MailRefused("A link in this e-mail leads away from the portal (5.1).")
    if html is not None and not any(href in addresses and LABEL in label for href, label in links):
        raise MailRefused("The HTML of this e-mail lacks the link to the notice (6.2).")


def notice_addresses() -> list[str]:
    """The lasting address of the version in force, in each language."""
    addresses = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            addresses.append(settings.PORTAL_ORIGIN + reverse("notices:current"))
    return addresses


class Door(EmailBackend):
    """Django's SMTP backend behind a check that every message passes, whoever sends it.

    Answers go to the privacy official; the mail says that a machine sent it. A required
    notice is nothing to unsubscribe from, so a List-Unsubscribe header is refused.
    """

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return smtplib.SMTP_SSL if self.use_ssl else Pipelined

    def open(self) -> bool | None:
        if self.connection is None and frozen():
            raise MailRefused(
                "No e-mail leaves a portal that was restored and not set right (5.1)."
            )
        return super().open()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            self.admit(message)
        return super().send_messages(email_messages) or 0

    def admit(self, message: EmailMessage) -> None:
        is_html = message.content_subtype == "html"
        html = str(message.body) if is_html else None
        for content, kind in getattr(message, "alternatives", []):
            if kind == "text/html":
                html = str(content)
        check(text=None if is_html else str(message.body), html=html)
        headers = message.extra_headers
        if any(name.lower().startswith("list-unsubscribe") for name in headers):
            raise MailRefused("A required e-mail cannot be unsubscribed from (6.2).")
        headers.setdefault("Message-ID", message_id(uuid7()))
        headers.setdefault("Auto-Submitted", "auto-generated")
        if not message.reply_to:
            message.reply_to = [settings.OFFICIAL["email"]]


def _ours(address: str) -> bool:
    return address == settings.PORTAL_ORIGIN or address.startswith(f"{settings.PORTAL_ORIGIN}/")


def _written(text: str) -> list[str]:
    return [found.rstrip(".,;:!?)]") for found in ADDRESS.findall(text)]


def _links(html: str) -> list[tuple[str, str]]:
    """Return (address, text) of each link, blanks in the text made single."""
    reader = _Links()
    reader.feed(html)
    reader.close()
    return [(href, " ".join(text.split())) for href, text in reader.found]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append((dict(attrs).get("href") or "", ""))
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            href, text = self.found[-1]
            self.found[-1] = (href, text + data)
