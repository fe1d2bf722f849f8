"""The tripwires themselves: each of them can be tripped."""

from __future__ import annotations

import base64
import json
import logging
import time
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import redis
from django.core.mail import EmailMultiAlternatives
from django.http import HttpResponse
from django.test import Client, RequestFactory

from prime_portal.celery import app
from tests import tripwires

NAME = "Rosa Ejemplo"
EACH = [
    NAME,
    "luis.muestra@example.org",
    "alma@prime.example",
    "700000000001",
    "3000000001",
    "M-0001",
    "Omar Placeholder",
    "7000000001",
    "101 Sample Avenue",
    "562-555-0117",
    "1 Calle Ficticia",
    "23456-ABCDE",
    '{"wh": 250}',
    "2026-07-01T00:00,0.250,kwh",
    "otpauth://totp/x",
]


@pytest.mark.parametrize("personal", EACH)
def test_each_kind_is_known_in_clear_and_in_an_address(personal: str) -> None:
    assert tripwires.trips(f"something {personal} something")
    assert tripwires.trips(f"/en/x/?q={quote_plus(personal)}&page=2")


@pytest.mark.parametrize(
    "harmless",
    [
        "/en/sharing/01a21847-14c8-7520-9d70-700000000001/",
        "Delivery 01a21847-14c8-7520-9d70-71234567890a: OSError.",
        "privacy@prime.example",
        "1732650000123 3,000 rows in 0.25 s",
        "PRIME-07 6.10",
        "Solar Sample (fictitious)",
        "562-555-0100",
        "batch-0012.pdf",
    ],
)
def test_numbers_that_name_nobody_are_let_through(harmless: str) -> None:
    assert tripwires.trips(harmless) is None


def test_a_log_that_names_somebody_is_caught() -> None:
    logging.getLogger("notices.outbox").warning("Could not send to %s", "rosa@example.org")
    logging.getLogger("django.server").error(NAME)
    assert len(tripwires.taken()) == 2


def test_the_words_of_an_error_are_not_logged_so_they_trip_nothing() -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("notices").exception("Something failed.")
    assert not tripwires.taken()


def test_an_address_a_redirect_a_link_and_an_error_page_are_caught(rf: RequestFactory) -> None:
    tripwires._read(rf.get("/en/", {"q": NAME}), HttpResponse())
    tripwires._read(rf.get("/en/"), HttpResponse(headers={"Location": f"/?q={quote_plus(NAME)}"}))
    tripwires._read(rf.get("/en/"), HttpResponse('<a href="/x?account=700000000001">'))
    tripwires._read(rf.get("/en/"), HttpResponse(f"<p>{NAME}", status=404))
    assert len(tripwires.taken()) == 4
    tripwires._read(rf.get("/en/"), HttpResponse(f'<p>{NAME} <a href="mailto:a@example.org">'))
    assert not tripwires.taken(), "her own page names her"


@pytest.mark.django_db
def test_the_portals_own_answers_are_read(client: Client) -> None:
    client.get("/nowhere/", {"q": NAME})
    assert tripwires.taken()


def test_a_subject_that_names_somebody_is_caught() -> None:
    EmailMultiAlternatives(f"For {NAME}", "x", to=["rosa@example.org"]).send()
    assert any("header Subject" in found for found in tripwires.taken())


def test_a_name_in_an_attachments_file_name_is_caught(tmp_path: Path) -> None:
    message = EmailMessage()
    message["To"] = "rosa@example.org"
    message.set_content("x")
    message.add_attachment(b"x", "text", "plain", filename=f"{NAME}.txt")
    tripwires.read_headers(message, "a mail")
    assert len(tripwires.taken()) == 1


def caught_in_redis() -> list[str]:
    until = time.monotonic() + 5
    while not (found := tripwires.taken()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_what_is_put_into_redis_is_caught(_redis: redis.Redis) -> None:
    _redis.set("key", NAME)
    assert caught_in_redis()


def test_a_tasks_arguments_are_caught() -> None:
    app.send_task("notices.plan", args=["rosa@example.org"], ignore_result=True)
    assert caught_in_redis()


def test_a_tasks_arguments_are_read_as_celery_packs_them() -> None:
    body = base64.b64encode(json.dumps([[NAME], {}, {}]).encode()).decode()
    assert NAME in tripwires._opened(json.dumps({"body": body}))


def test_logs_of_other_processes_are_read_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "web.log").write_text(f"started\nHello {NAME}\n")
    (tmp_path / "letters.csv").write_text(NAME)
    (found,) = tripwires.in_files(tmp_path)
    assert found.startswith("web/web.log, line 2: a name")
    (tmp_path / "web" / "web.log").unlink()  # else the run itself would fail
