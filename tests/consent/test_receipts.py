"""What a customer has in hand after a grant, a cancel and an end: signed, and hers to check."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from consent import authorizations, receipts, signed_receipts
from consent.models import Authorization, Receipt
from notices.models import Delivery
from prime_portal.models import LedgerEntry, User
from tests import builders
from tests.builders import NOW, TODAY
from usage import pdf, signing
from usage.models import Customer, Via

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer, client: Client) -> User:
    user = builders.holder(rosa, "rosa@example.org")
    client.force_login(user)
    return user


@pytest.fixture
def granted(rosa: Customer, her: User) -> Authorization:
    return builders.authorization(rosa, her)


def facts(held: Authorization, event: str) -> dict[str, Any]:
    content = bytes(held.receipts.get(event=event).content)
    return signed_receipts.check(content, keys=signing.known_keys()).receipt


def test_a_grant_has_its_receipt_at_once_and_it_says_all_of_it(granted: Authorization) -> None:
    told = facts(granted, "granted")
    assert told["record_id"] == str(granted.pk)
    assert told["language"] == "es"
    assert told["pii_processing"]["purpose"] == "Calcular un techo solar"
    assert [kind["pii_type"] for kind in told["pii_processing"]["pii_information"]] == [
        "interval_usage"
    ]
    assert told["pii_processing"]["services"][0]["place"].startswith("1 Calle Ficticia")
    assert told["shown_sha256"] == bytes(granted.shown.sha256).hex()
    (event,) = told["event"]
    assert event["event_type"] == "given"
    assert event["by"] == "rosa@example.org"
    assert event["capacity"] == "holder"
    assert "no conformance" in told["about"].lower()


def test_it_names_the_ledger_entry_of_what_it_confirms(granted: Authorization) -> None:
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PHONE, at=NOW)
    for event, kind in (("granted", "written"), ("canceled", "stamped")):
        receipt = granted.receipts.get(event=event)
        entry = LedgerEntry.objects.get(row_id=granted.pk, kind=f"consent_authorization:{kind}")
        assert (receipt.entry_id, bytes(receipt.leaf)) == (entry.pk, bytes(entry.leaf))
        assert facts(granted, event)["ledger"] == {
            "entry_id": entry.pk,
            "leaf": bytes(entry.leaf).hex(),
        }


def test_a_cancel_has_one_with_both_names_in_it(rosa: Customer, granted: Authorization) -> None:
    authorizations.cancel(granted, by=builders.alma(), via=Via.PHONE, at=NOW)
    authorizations.cancel(granted, by=builders.alma(), via=Via.PHONE, at=NOW)
    given, withdrawn = facts(granted, "canceled")["event"]
    assert given["by"] == "rosa@example.org"
    assert (withdrawn["by"], withdrawn["capacity"]) == ("alma@prime.example", "staff")
    assert withdrawn["method"] == "phone"
    assert granted.receipts.count() == 2


def test_an_end_has_one_and_only_one(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=30))
    assert receipts.give_ended(at=NOW + timedelta(days=29)) == 0
    assert receipts.give_ended(at=NOW + timedelta(days=30)) == 1
    assert receipts.give_ended(at=NOW + timedelta(days=31)) == 0
    assert [event["event_type"] for event in facts(held, "ended")["event"]] == ["given", "ended"]
    owed = Delivery.objects.of(rosa).get(key=f"authorization_ended:{held.pk}")
    assert "terminó" in owed.subject


def test_what_was_for_one_time_ends_when_it_was_used(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, once=True)
    assert receipts.give_ended(at=NOW) == 0
    Authorization.objects.filter(pk=held.pk).update(used_at=NOW)
    assert receipts.give_ended(at=NOW) == 1
    assert [event["event_type"] for event in facts(held, "ended")["event"]] == [
        "given",
        "used",
        "ended",
    ]


def test_what_was_canceled_does_not_end_a_second_time(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, ends_on=TODAY + timedelta(days=1))
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW)
    assert receipts.give_ended(at=NOW + timedelta(days=9)) == 0


# -- Genuine or not ---------------------------------------------------------------------------


@pytest.fixture
def content(granted: Authorization) -> bytes:
    return bytes(granted.receipts.get().content)


def is_genuine(content: bytes) -> bool:
    try:
        signed_receipts.check(content, keys=signing.known_keys())
    except signed_receipts.NotGenuine:
        return False
    return True


def test_no_byte_of_it_can_be_changed_dropped_or_added(content: bytes) -> None:
    assert is_genuine(content)
    chance = random.Random(1)
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << chance.randrange(8)
        assert not is_genuine(bytes(changed)), f"byte {at} may be changed"
    for at in range(0, len(content), 7):
        assert not is_genuine(content[:at] + content[at + 1 :])
        assert not is_genuine(content[:at] + b" " + content[at:])


def test_a_file_that_says_more_or_is_no_receipt_is_not_genuine(content: bytes) -> None:
    whole = json.loads(content)
    whole["signature"]["note"] = "unsigned"
    more = json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    assert not is_genuine(more.encode())
    for other in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 50_000, b'{"receipt": 1}'):
        assert not is_genuine(other)


def test_the_same_words_signed_by_another_key_are_not_ours(content: bytes, settings: Any) -> None:
    ours = signing.known_keys()
    settings.SIGNING_KEY = "another-key-another-key-another-key-9"
    forged = signed_receipts.write(signed_receipts.read(content))
    assert is_genuine(forged)
    with pytest.raises(signed_receipts.NotGenuine):
        signed_receipts.check(forged, keys=ours)


def test_the_command_says_the_same_with_neither_database_nor_network(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    out = StringIO()
    with connection.execute_wrapper(forbidden):
        call_command("verify_receipt", str(file), stdout=out)
        call_command("verify_receipt", str(file), key=signing.public_key().hex(), stdout=out)
    assert out.getvalue().count("Genuine, signed with key") == 2
    file.write_bytes(content.replace(b"Solar", b"Lunar", 1))
    with pytest.raises(CommandError, match="Not genuine"):
        call_command("verify_receipt", str(file))
    with pytest.raises(CommandError, match="64 hex digits"):
        call_command("verify_receipt", str(file), key="abc")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_receipt", str(tmp_path / "none"))


def forbidden(*_args: object) -> None:
    raise AssertionError("the command asked the database")


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [("en", "Genuine: PRIME signed it", "Not genuine"), ("es", "Auténtico", "No es auténtico")],
)
def test_anyone_may_ask_whether_one_is_genuine(
    client: Client, content: bytes, language: str, yes: str, no: str
) -> None:
    client.logout()
    address = f"/{language}/receipts/"
    assert yes not in client.get(address).content.decode()
    file = BytesIO(content)
    file.name = "receipt.json"
    page = client.post(address, {"file": file}).content.decode()
    assert yes in page
    assert "Calcular un techo solar" in page
    pasted = content.decode().replace("\n", "\r\n") + "\r\n"
    assert yes in client.post(address, {"text": pasted}).content.decode()
    changed = pasted.replace("solar", "lunar")
    assert no in client.post(address, {"text": changed}).content.decode()
    assert client.post(address, {}).status_code == 422


# -- Pages -------------------------------------------------------------------------------------


def test_she_sees_prints_and_takes_each_of_hers(client: Client, granted: Authorization) -> None:
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=timezone.now())
    detail = client.get(f"/es/sharing/{granted.pk}/").content.decode()
    for event in ("granted", "canceled"):
        address = f"/es/sharing/{granted.pk}/receipt/{event}/"
        assert address in detail
        receipt = Receipt.objects.get(event=event)
        assert str(receipt.pk) in client.get(address).content.decode()
        taken = client.get(f"{address}file/")
        assert taken.content == bytes(receipt.content)
        assert "attachment" in taken["Content-Disposition"]
    assert client.get(f"/es/sharing/{granted.pk}/receipt/ended/").status_code == 404


def test_the_pdf_is_tagged_and_says_whose_receipt_it_is(
    client: Client, granted: Authorization
) -> None:
    answer = client.get(f"/es/sharing/{granted.pk}/receipt/granted/paper/")
    with pikepdf.open(BytesIO(answer.content)) as made:
        assert made.Root.MarkInfo.Marked
        assert str(made.Root.Lang) == "es"
        assert "Comprobante" in str(made.docinfo["/Title"])


def test_without_a_printer_there_is_still_the_page_and_the_file(
    client: Client, rosa: Customer, granted: Authorization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that lost its PDF library cancels all the same, with a receipt (6.10)."""
    monkeypatch.setattr(pdf, "_weasy", lambda: None)
    client.post(f"/en/sharing/{granted.pk}/cancel/", {"customer": rosa.pk})
    assert Authorization.objects.get().canceled_at
    address = f"/en/sharing/{granted.pk}/receipt/canceled/"
    assert client.get(address).status_code == 200
    assert is_genuine(client.get(f"{address}file/").content)
    assert client.get(f"{address}paper/").status_code == 503


def test_it_leads_to_the_cancel_while_it_is_in_force(
    client: Client, rosa: Customer, her: User
) -> None:
    held = builders.authorization(rosa, her, at=timezone.now())
    address = f"/en/sharing/{held.pk}/receipt/granted/"
    cancel = f'href="/en/sharing/{held.pk}/cancel/"'
    assert cancel in client.get(address).content.decode()
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=timezone.now())
    assert cancel not in client.get(address).content.decode()


def test_a_stranger_gets_none_of_it(client: Client, granted: Authorization) -> None:
    luis = builders.customer(builders.LUIS)
    client.force_login(builders.holder(luis, "luis@example.org"))
    for pk in (granted.pk, uuid4()):
        for end in ("", "paper/", "file/"):
            address = f"/en/sharing/{pk}/receipt/granted/{end}"
            assert client.get(address).status_code == 404


def test_the_mail_carries_the_number_and_leads_to_the_page(granted: Authorization) -> None:
    receipt = granted.receipts.get()
    owed = Delivery.objects.get(key=f"authorization_granted:{granted.pk}")
    text = json.loads(bytes(owed.content))["text"]
    assert str(receipt.pk) in text
    assert bytes(receipt.leaf).hex() in text
    assert f"/es/sharing/{granted.pk}/receipt/granted/" in text
