"""The seal of each day is public, goes to the auditor and stands in letters."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from notices.mail import Message
from notices.models import Delivery
from notices.models.sealed import PublishedSeal
from notices.paper import letters
from prime_portal import tasks
from prime_portal.board import section_5 as figures
from prime_portal.ledger import checkpoints, publishing
from prime_portal.models import Checkpoint, LedgerEntry
from tests.ledger.cast import a_row, seal

pytestmark = pytest.mark.django_db


def published() -> PublishedSeal:
    seal()
    made = publishing.publish(at=timezone.now())
    assert made is not None
    return made


def test_one_seal_is_published_a_day_and_is_itself_recorded() -> None:
    assert publishing.publish(at=timezone.now()) is None, "nothing is sealed yet"
    first = published()
    a_row()
    assert published() == first, "the day has its seal"
    assert LedgerEntry.objects.filter(row_id=first.pk).count() == 1
    seal()
    tomorrow = publishing.publish(at=timezone.now() + timedelta(days=1))
    assert tomorrow is not None
    assert tomorrow.size > first.size


def test_anyone_can_read_it_and_take_the_signed_text(client: Client) -> None:
    assert "No seal has been published yet" in client.get("/en/seal/").content.decode()
    made = published()
    for language, heading in (("en", "The newest seal"), ("es", "El sello más reciente")):
        page = client.get(f"/{language}/seal/").content.decode()
        assert heading in page
        assert made.short in page
        assert str(configured.LEDGER_PUBLIC_KEYS[0]) in page
        assert f"/{language}/seal/{made.day}.txt" in page
    note = client.get(f"/en/seal/{made.day}.txt").content.decode()
    assert checkpoints.read(note, configured.LEDGER_PUBLIC_KEYS).size == made.size
    for nothing in ("2020-01-01", "yesterday"):
        assert client.get(f"/en/seal/{nothing}.txt").status_code == 404


def test_the_auditor_gets_each_seal_once_by_mail(settings) -> None:
    made = published()
    settings.AUDITOR_EMAIL = ""
    assert publishing.mail_to_auditor(at=timezone.now()) == 0
    settings.AUDITOR_EMAIL = "auditor@audit.example"
    tasks.publish_seal()
    tasks.publish_seal()
    (sent,) = mail.outbox
    assert sent.to == ["auditor@audit.example"]
    assert made.short in sent.body
    (attached,) = sent.attachments
    assert attached.content == Checkpoint.objects.first().note
    made.refresh_from_db()
    assert made.mailed_at is not None


def test_the_board_counts_what_the_auditor_was_not_mailed_for_a_day_and_longer(settings) -> None:
    published()
    settings.AUDITOR_EMAIL = ""
    assert figures.unmailed_seals(timezone.now()) == "no address is set"
    settings.AUDITOR_EMAIL = "auditor@audit.example"
    later = timezone.now() + timedelta(days=1, minutes=1)
    assert figures.unmailed_seals(timezone.now()) == 0, "it has a day"
    assert figures.unmailed_seals(later) == 1
    given_up = timezone.now() + publishing.MAILED_WITHIN + timedelta(days=1)
    assert publishing.mail_to_auditor(at=given_up) == 0
    assert figures.unmailed_seals(given_up) == 1, "what is given up stays in the count"
    tasks.publish_seal()
    assert figures.unmailed_seals(later) == 0


def test_it_goes_by_smtp_with_the_signed_text_and_the_way_to_the_notice(
    mailbox: Any, settings: Any
) -> None:
    """The auditor has no account: the mail alone must say what it is (6.1)."""
    settings.AUDITOR_EMAIL = "auditor@audit.example"
    made = published()
    assert publishing.mail_to_auditor(at=timezone.now()) == 1
    (came,) = mailbox.wait_for(1)
    assert came["To"] == "auditor@audit.example"
    assert str(made.day) in came["Subject"]
    for kind in ("plain", "html"):
        body = came.get_body((kind,)).get_content()
        assert made.short in body
        assert "http://testserver/en/notice/" in body
    (attached,) = came.iter_attachments()
    assert attached.get_filename() == f"seal-{made.day}.txt"
    note = attached.get_content()
    assert checkpoints.read(note, configured.LEDGER_PUBLIC_KEYS).size == made.size


def test_two_workers_at_once_mail_each_seal_once(
    committed_db: None, mailbox: Any, settings: Any
) -> None:
    settings.AUDITOR_EMAIL = "auditor@audit.example"
    published()
    now = timezone.now()
    for days in (1, 2, 3):
        a_row()
        seal()
        publishing.publish(at=now + timedelta(days=days))
    both = Barrier(2)

    def work(_number: int) -> int:
        both.wait(10)
        try:
            return publishing.mail_to_auditor(at=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        sent = sum(workers.map(work, range(2)))
    sent += publishing.mail_to_auditor(at=now)
    assert sent == 4
    assert not PublishedSeal.objects.filter(mailed_at=None).exists()
    subjects = [came["Subject"] for came in mailbox.wait_for(4)]
    assert len(subjects) == len(set(subjects)) == 4


def test_a_letter_carries_the_seal_that_was_public_when_it_was_owed(monkeypatch) -> None:
    made = published()
    monkeypatch.setattr(letters.pdf, "write", lambda page, identifier: page)
    shown = [
        re.findall(r'class="seal">(.*?)</p>', page, re.DOTALL)
        for page in (
            letters.render(
                Delivery(
                    language=language,
                    recipient="Rosa Ejemplo\n1 Calle Ficticia",
                    owed_at=owed_at,
                ),
                Message("x", "x", "<body>x</body>"),
            )
            for language, owed_at in (
                ("en", made.published_at + timedelta(days=3)),
                ("es", made.published_at),
                ("es", made.published_at - timedelta(seconds=1)),
            )
        )
    ]
    assert "http://testserver/en/seal/" in shown[0][0]
    assert "http://testserver/es/seal/" in shown[1][0]
    assert all(made.short in part for part in (shown[0][0], shown[1][0]))
    assert shown[2] == [], "a letter printed again is the same to the byte"
