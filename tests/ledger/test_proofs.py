"""A receipt can be followed into the sealed record, by anyone, on a machine of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.models import Receipt
from prime_portal.ledger import checkpoints, proofs, publishing, tree
from prime_portal.ledger.bundle import verify_receipt
from prime_portal.ledger.proofs import Proof
from prime_portal.models import Checkpoint, LedgerEntry
from tests import builders
from tests.browser import PHONE, barriers
from tests.ledger.cast import a_row, entry_of, seal
from usage import signing

pytestmark = pytest.mark.django_db
PROGRAM = Path(verify_receipt.__file__)


@pytest.fixture
def receipt(client: Client) -> Receipt:
    """Rosa's, of a grant, among a few other entries; nothing is sealed yet."""
    builders.notice()
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    client.force_login(her)
    for _ in range(3):
        a_row()
    held: Receipt = builders.authorization(rosa, her).receipts.get()
    a_row()
    return held


def proof_of(receipt: Receipt) -> Proof:
    found = proofs.of(receipt.entry_id, leaf=bytes(receipt.leaf))
    assert found is not None
    return found


def proves(receipt: Receipt, content: bytes) -> bool:
    """Ask the portal's own check and the program that stands alone, which must agree."""
    keys = settings.LEDGER_PUBLIC_KEYS
    try:
        proofs.check(content, entry_id=receipt.entry_id, leaf=bytes(receipt.leaf), keys=keys)
    except proofs.NotProven:
        ours = False
    else:
        ours = True
    wrong = list(verify_receipt.check(bytes(receipt.content), content, all_keys()))
    assert ours is not bool(wrong), f"they do not agree: {wrong}"
    return ours


def all_keys() -> list[str]:
    return [signing.public_key().hex(), *map(str, settings.LEDGER_PUBLIC_KEYS)]


def test_a_sealed_entry_is_proved_by_its_leaf_a_path_and_a_signed_root(receipt: Receipt) -> None:
    seal()
    found = proof_of(receipt)
    newest = Checkpoint.objects.first()
    assert newest is not None
    assert (found.size, found.root, found.checkpoint) == (
        newest.size,
        bytes(newest.root),
        newest.note,
    )
    assert tree.root_from(found.leaf, found.place, found.size, found.path) == bytes(newest.root)
    assert proves(receipt, proofs.write(found))


def test_what_is_not_sealed_yet_has_no_proof_yet(receipt: Receipt) -> None:
    assert proofs.of(receipt.entry_id, leaf=bytes(receipt.leaf)) is None
    seal()
    assert proof_of(receipt)


def test_every_entry_of_a_tree_of_hundreds_is_proved_at_every_seal_over_it() -> None:
    """Past the 256 leaves from which on inner nodes are kept and read."""
    rows = []
    for many in (200, 150, 170):
        rows += [a_row() for _ in range(many)]
        seal()
    for row in rows[::23]:
        entry = entry_of(row)
        found = proofs.of(entry.pk, leaf=bytes(entry.leaf))
        assert found is not None
        assert found.size >= 520


def test_it_leads_to_the_newest_seal_the_public_knows_of(receipt: Receipt) -> None:
    seal()
    published = publishing.publish(at=timezone.now())
    assert published is not None
    a_row()
    seal()
    assert proof_of(receipt).checkpoint == published.note
    late = a_row()
    seal()
    entry = entry_of(late)
    found = proofs.of(entry.pk, leaf=bytes(entry.leaf))
    newest = Checkpoint.objects.first()
    assert found is not None
    assert newest is not None
    assert found.checkpoint == newest.note, "no public seal covers it yet"


def test_no_byte_of_a_proof_can_be_changed_or_dropped(receipt: Receipt) -> None:
    seal()
    content = proofs.write(proof_of(receipt))
    assert proves(receipt, content)
    for at in range(len(content)):
        for bit in (1, 4, 32):
            changed = bytearray(content)
            changed[at] ^= bit
            assert not proves(receipt, bytes(changed)), f"byte {at} may be changed"
        assert not proves(receipt, content[:at] + content[at + 1 :]), f"byte {at} may be dropped"


def other_leaf(facts: dict[str, Any]) -> None:
    facts["leaf"] = "00" * 32


def other_entry(facts: dict[str, Any]) -> None:
    facts["entry_id"] += 1


def other_place(facts: dict[str, Any]) -> None:
    facts["place"] ^= 1


def other_path(facts: dict[str, Any]) -> None:
    facts["path"][0] = "00" * 32


def shorter_path(facts: dict[str, Any]) -> None:
    facts["path"].pop()


def other_root(facts: dict[str, Any]) -> None:
    facts["root"] = "00" * 32


def other_size(facts: dict[str, Any]) -> None:
    facts["size"] += 1


def signed_by_another(facts: dict[str, Any]) -> None:
    key = checkpoints.SigningKey("portal.prime.example/ledger", bytes(32))
    facts["checkpoint"] = key.sign(facts["size"], bytes.fromhex(facts["root"]), at=timezone.now())


def a_bit_that_says_nothing(facts: dict[str, Any]) -> None:
    """The last sign of a signature in base64 holds two bits of no byte."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    note = facts["checkpoint"]
    at = len(note.rstrip("=\n")) - 1
    facts["checkpoint"] = note[:at] + signs[signs.index(note[at]) ^ 1] + note[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        other_leaf,
        other_entry,
        other_place,
        other_path,
        shorter_path,
        other_root,
        other_size,
        signed_by_another,
        a_bit_that_says_nothing,
    ],
)
def test_each_part_of_it_is_looked_at(
    receipt: Receipt, change: Callable[[dict[str, Any]], None]
) -> None:
    seal()
    facts = json.loads(proofs.write(proof_of(receipt)))
    assert proves(receipt, verify_receipt.as_file(facts))
    change(facts)
    assert not proves(receipt, verify_receipt.as_file(facts))


def test_the_proof_of_another_entry_proves_nothing_of_hers(receipt: Receipt) -> None:
    seal()
    other = LedgerEntry.objects.exclude(pk=receipt.entry_id).latest("id")
    found = proofs.of(other.pk, leaf=bytes(other.leaf))
    assert found is not None
    assert not proves(receipt, proofs.write(found))
    for nothing in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 50_000):
        assert not proves(receipt, nothing)


def test_the_program_finds_a_changed_receipt_and_wants_both_kinds_of_keys(
    receipt: Receipt,
) -> None:
    seal()
    proof, content = proofs.write(proof_of(receipt)), bytes(receipt.content)
    assert list(verify_receipt.check(content, proof, all_keys())) == []
    assert list(verify_receipt.check(content, proof, all_keys()[:1]))
    assert list(verify_receipt.check(content, proof, all_keys()[1:]))
    for at in range(0, len(content), 5):
        changed = bytearray(content)
        changed[at] ^= 1
        assert list(verify_receipt.check(bytes(changed), proof, all_keys())), f"byte {at}"


@pytest.mark.parametrize("site", ["-S", "-B"])
def test_the_program_stands_alone_with_and_without_the_faster_library(
    receipt: Receipt, tmp_path: Path, client: Client, site: str
) -> None:
    seal()
    client.logout()
    for name in ("verify_receipt", "ed25519"):
        taken = client.get(f"/en/receipts/program/{name}.py")
        (tmp_path / f"{name}.py").write_bytes(taken.content)
    assert client.get("/en/receipts/program/settings.py").status_code == 404
    (tmp_path / "receipt.json").write_bytes(bytes(receipt.content))
    proof = proofs.write(proof_of(receipt))
    for content, code in ((proof, 0), (proof.replace(b'"size": ', b'"size": 1'), 1)):
        (tmp_path / "proof.json").write_bytes(content)
        ran = subprocess.run(
            [sys.executable, site, "verify_receipt.py", "receipt.json", "proof.json", *all_keys()],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert ("Genuine, and in the sealed record." in ran.stdout) is (code == 0)


def forbidden(*_args: object) -> None:
    raise AssertionError("the command asked the database")


def test_the_command_says_it_with_neither_database_nor_network(
    receipt: Receipt, tmp_path: Path
) -> None:
    seal()
    found = proof_of(receipt)
    file, proof, out = tmp_path / "receipt.json", tmp_path / "proof.json", StringIO()
    file.write_bytes(bytes(receipt.content))
    proof.write_bytes(proofs.write(found))
    with connection.execute_wrapper(forbidden):
        call_command("verify_receipt", str(file), proof=proof, stdout=out)
        key = str(settings.LEDGER_PUBLIC_KEYS[0])
        call_command("verify_receipt", str(file), proof=proof, seal_key=key, stdout=out)
    assert out.getvalue().count(f"place {found.place} of {found.size}") == 2
    other = str(checkpoints.SigningKey("other/ledger", bytes(32)).public)
    with pytest.raises(CommandError, match="does not prove"):
        call_command("verify_receipt", str(file), proof=proof, seal_key=other)
    with pytest.raises(CommandError, match="name\\+hash\\+key"):
        call_command("verify_receipt", str(file), proof=proof, seal_key="key")
    proof.write_bytes(proofs.write(found).replace(b'"place": ', b'"place": 1'))
    with pytest.raises(CommandError, match="does not prove"):
        call_command("verify_receipt", str(file), proof=proof)


# -- Pages -------------------------------------------------------------------------------------


def asked(client: Client, receipt: Receipt, language: str) -> str:
    file = BytesIO(bytes(receipt.content))
    file.name = "receipt.json"
    return client.post(f"/{language}/receipts/", {"file": file}).content.decode()


@pytest.mark.parametrize(
    ("language", "waits", "sealed", "published"),
    [
        ("en", "Not sealed yet", "The next seal we publish covers it", "That seal is public"),
        ("es", "Todavía sin sellar", "El próximo sello que publiquemos", "Ese sello es público"),
    ],
)
def test_anyone_is_told_whether_it_is_sealed_yet_and_shown_the_proof(
    client: Client, receipt: Receipt, language: str, waits: str, sealed: str, published: str
) -> None:
    client.logout()
    page = asked(client, receipt, language)
    assert waits in page
    assert "/receipts/proof/" not in page
    seal()
    page = asked(client, receipt, language)
    assert waits not in page
    assert sealed in page
    found = proof_of(receipt)
    for shown in (bytes(receipt.leaf), found.root, *found.path):
        assert shown.hex() in page
    assert "— portal.prime" in page or found.checkpoint.split("\n")[0] in page
    day = publishing.publish(at=timezone.now())
    assert day is not None
    page = asked(client, receipt, language)
    assert published in page
    assert f"/{language}/seal/{day.day}.txt" in page


def test_the_proof_is_taken_from_there_and_from_her_own_page(
    client: Client, receipt: Receipt
) -> None:
    asking = {"entry_id": receipt.entry_id, "leaf": bytes(receipt.leaf).hex()}
    early = client.post("/en/receipts/proof/", asking)
    assert early.status_code == 409
    assert "Not sealed yet" in early.content.decode()
    seal()
    page = client.get(f"/en/sharing/{receipt.authorization_id}/receipt/granted/").content.decode()
    assert 'action="/en/receipts/proof/"' in page
    assert f'value="{asking["leaf"]}"' in page
    assert f'value="{receipt.entry_id}"' in page
    taken = client.post("/en/receipts/proof/", asking)
    assert "attachment" in taken["Content-Disposition"]
    assert proves(receipt, taken.content)
    assert client.get("/en/receipts/proof/").status_code == 405
    for wrong in ({}, {**asking, "leaf": "xy"}, {**asking, "entry_id": 2**70}):
        assert client.post("/en/receipts/proof/", wrong).status_code == 404
    other = client.post("/en/receipts/proof/", {**asking, "leaf": "00" * 32})
    assert other.status_code == 409
    assert "does not show it" in other.content.decode()


LEAF = "UPDATE ledger.entry SET leaf = sha256('x') WHERE id = %(id)s"
GONE = "DELETE FROM ledger.entry WHERE id = %(id)s"
NEIGHBOR = "UPDATE ledger.entry SET leaf = sha256('x') WHERE id = %(id)s - 1"
SWAPPED = """
    UPDATE ledger.leaf SET position = -1 WHERE entry_id = %(id)s;
    UPDATE ledger.leaf SET position = position + 1 WHERE entry_id = %(id)s - 1;
    UPDATE ledger.leaf SET position = (
        SELECT position - 1 FROM ledger.leaf WHERE entry_id = %(id)s - 1) WHERE entry_id = %(id)s
"""


@pytest.mark.parametrize("change", [LEAF, GONE, NEIGHBOR, SWAPPED])
def test_a_record_that_was_changed_does_not_pass_for_a_sealed_one(
    committed_db: None,
    client: Client,
    receipt: Receipt,
    past_the_triggers: Callable[..., None],
    change: str,
) -> None:
    seal()
    assert "It is in our sealed record" in asked(client, receipt, "en")
    parts = [part for part in change.split(";") if part.strip()]
    past_the_triggers(*parts, parameters={"id": receipt.entry_id})
    page = asked(client, receipt, "en")
    assert "Genuine" in page, "her receipt is her proof all the same"
    assert "Our record does not show it as it was made" in page


def test_the_answer_can_be_read_on_a_phone_by_anybody(
    committed_db: None,
    client: Client,
    receipt: Receipt,
    new_page: Callable[..., Page],
    live_server: Any,
    tmp_path: Path,
) -> None:
    (tmp_path / "receipt.json").write_bytes(bytes(receipt.content))
    seal()
    phone = new_page(base_url=live_server.url, viewport=PHONE, language="es")
    phone.goto("/es/receipts/")
    phone.set_input_files("[name=file]", tmp_path / "receipt.json")
    phone.click("main form [type=submit]")
    phone.click("summary")
    expect(phone.get_by_role("heading", name="Está en nuestro registro sellado")).to_be_visible()
    expect(phone.get_by_text(proof_of(receipt).root.hex())).to_be_visible()
    assert barriers(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with phone.expect_download() as download:
        phone.get_by_role("button", name="Llevarse la prueba (JSON)").click()
    assert proves(receipt, download.value.path().read_bytes())
    session = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
    phone.context.add_cookies([session | {"value": client.session.session_key}])
    phone.goto(f"/es/sharing/{receipt.authorization_id}/receipt/granted/")
    taking = phone.get_by_role("button", name="Llevarse la prueba de que está")
    assert barriers(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with phone.expect_download() as download:
        taking.click()
    assert proves(receipt, download.value.path().read_bytes())
