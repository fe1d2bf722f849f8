"""A new code by post: neither the answer nor the work of asking tells whether one is coming."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from notices import codes
from notices.models import Delivery
from prime_portal.claiming import CODE_REQUESTS_AN_HOUR
from tests import builders
from usage import claims
from usage.models import Claim, CodeRequest, Customer, Via

NOW = datetime(2026, 7, 1, 19, 0, tzinfo=UTC)
NUMBER = builders.COLUMNS["account_number"]
STRANGER = "799999999999"


@pytest.fixture
def rosa(db: None) -> Customer:
    return builders.customer()


def sent(client: Client, address: str, **typed: str) -> tuple[bytes, list[str]]:
    """The answer to a form, and the statements the database was given meanwhile."""
    statements = []

    def note(execute: Any, sql: str, *more: Any) -> Any:
        statements.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(note):
        answer = client.post(address, typed)
    return answer.content, statements


def ask(client: Client, number: str = NUMBER, zip_code: str = "90660") -> tuple[bytes, list[str]]:
    return sent(client, "/en/claim/new-code/", account_number=number, zip_code=zip_code)


def asked_for(number: str = NUMBER, zip_code: str = "90660") -> CodeRequest:
    return CodeRequest.objects.create(account_number=number, zip_code=zip_code, at=NOW)


def letters() -> list[Delivery]:
    return list(Delivery.objects.filter(kind=Delivery.Kind.CLAIM_CODE))


def test_asking_is_the_same_answer_and_the_same_work_whoever_is_asked_for(
    client: Client, rosa: Customer
) -> None:
    known = ask(client)
    assert known == ask(client, STRANGER)
    assert known == ask(client, NUMBER, "90001")
    claims.issue(rosa, via=Via.PORTAL, at=NOW)
    assert known == ask(client)
    _page, statements = known
    assert sum(statement.startswith("INSERT") for statement in statements) == 1
    assert not any("usage_customer" in statement for statement in statements)


def test_trying_a_code_is_the_same_work_whatever_is_wrong(client: Client, rosa: Customer) -> None:
    claims.issue(rosa, via=Via.PAPER, at=NOW)
    page, statements = zip(
        *(
            sent(client, "/en/claim/", account_number=number, zip_code=zip_code, code="AAAAA-AAAAA")
            for number, zip_code in ((NUMBER, "90660"), (NUMBER, "90001"), (STRANGER, "90660"))
        ),
        strict=True,
    )
    assert statements[0] == statements[1] == statements[2]
    assert len({text.count(b"usa-error") for text in page}) == 1


def test_the_worker_owes_the_letter_and_forgets_what_was_typed(rosa: Customer) -> None:
    for request in ((NUMBER, "90660"), (NUMBER, "90001"), (STRANGER, "90660")):
        asked_for(*request)
    assert codes.plan(at=NOW) == 1
    (letter,) = letters()
    assert letter.customer == rosa
    assert letter.claim.via == Via.PORTAL
    assert not CodeRequest.objects.exists()
    assert codes.plan(at=NOW) == 0


def test_two_who_ask_at_once_bring_one_letter(rosa: Customer) -> None:
    asked_for()
    asked_for()
    assert codes.plan(at=NOW) == 1
    asked_for()
    assert codes.plan(at=NOW + timedelta(hours=23)) == 0
    asked_for()
    assert codes.plan(at=NOW + timedelta(hours=25)) == 1


def test_workers_at_once_bring_one_letter(committed_db: None) -> None:
    builders.customer()
    for _ in range(8):
        asked_for()
    barrier = threading.Barrier(4)

    def worker() -> None:
        barrier.wait()
        try:
            codes.plan(at=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters()) == Claim.objects.count() == 1


def test_the_place_of_a_meter_is_a_zip_code_too(rosa: Customer) -> None:
    rosa.mailing_zip = "10001-0001"
    rosa.save()
    for zip_code in ("10001", "10001-9999", "90660"):
        assert claims.find_customer("7000-0000-0001", zip_code) == rosa
    for zip_code in ("1", "1000", "%", "90661", ""):
        assert claims.find_customer(NUMBER, zip_code) is None


def test_one_network_does_not_fill_the_table(client: Client, rosa: Customer) -> None:
    for _ in range(CODE_REQUESTS_AN_HOUR + 2):
        answer, _statements = ask(client, STRANGER)
    assert CodeRequest.objects.count() == CODE_REQUESTS_AN_HOUR
    assert answer == ask(client)[0]
