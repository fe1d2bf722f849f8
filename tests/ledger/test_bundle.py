"""What an auditor takes home can be checked offline, and every change to it is found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from prime_portal import erasing
from prime_portal.ledger.bundle import ed25519, verify, verify_receipt
from prime_portal.ledger.checkpoints import SigningKey
from prime_portal.models import Checkpoint, LedgerEntry
from tests.builders import NOW
from tests.ledger.cast import a_private_row, a_row, seal
from usage.models import Access

Lines = list[str]


@pytest.fixture
def bundle(db: None, tmp_path: Path) -> Path:
    """Six entries and more, two of them with a private text; two checkpoints."""
    a_private_row("by letter of Rosa Ejemplo")
    a_private_row("at the counter")
    seal()
    for _ in range(4):
        a_row()
    seal()
    call_command("export_ledger", tmp_path / "bundle", "--with-private")
    return tmp_path / "bundle"


def test_it_checks_itself_with_the_standard_library_alone_and_with_the_faster_one(
    bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text(Checkpoint.objects.last().note)
    for site in ("-S", "-B"):
        ran = subprocess.run(
            [sys.executable, site, bundle / "verify.py", tmp_path / "kept"],
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"{LedgerEntry.objects.count()} entries, 0 private values unopenable." in ran.stdout
        assert "Nothing was changed." in ran.stdout


def test_a_file_that_is_no_checkpoint_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    for name in ("nowhere", ".", "picture"):
        for program in (verify, verify_receipt):
            ran = subprocess.run(
                [sys.executable, program.__file__, tmp_path / name, tmp_path / name, "key"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 1
            assert len((ran.stdout + ran.stderr).splitlines()) <= 2


def test_each_line_is_plain_json_with_the_content_as_it_was_written(bundle: Path) -> None:
    lines = (bundle / "entries.ndjson").read_text().splitlines()
    assert len(lines) == LedgerEntry.objects.count()
    for line in lines:
        told = json.loads(line)
        entry = LedgerEntry.objects.get(pk=told["id"])
        assert (told["at"], told["kind"], told["body"]) == (
            entry.at,
            entry.kind,
            json.loads(entry.body),
        )


@pytest.mark.parametrize("site", ["-S", "-B"])
@pytest.mark.parametrize("which", [0, -1])
def test_a_signature_spoiled_is_found_and_without_the_faster_library_that_of_the_newest(
    bundle: Path, which: int, site: str
) -> None:
    file = bundle / "checkpoints.ndjson"
    notes = [json.loads(line)["note"] for line in file.read_text().splitlines()]
    assert len(notes) == 2
    note = notes[which].rstrip()
    other = "B" if note[-11] == "A" else "A"
    notes[which] = f"{note[:-11]}{other}{note[-10:]}\n"
    file.write_text("".join(json.dumps({"note": note}) + "\n" for note in notes))
    ran = subprocess.run(
        [sys.executable, site, bundle / "verify.py"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    found = "A checkpoint is signed by none of the keys" in ran.stdout
    assert found is (site == "-B" or which == -1), ran.stdout + ran.stderr


def test_private_texts_are_left_out_unless_asked_for(bundle: Path, tmp_path: Path, capsys) -> None:
    call_command("export_ledger", tmp_path / "without")
    assert not any(b"Rosa" in path.read_bytes() for path in (tmp_path / "without").iterdir()), (
        "only salted hashes leave"
    )
    assert list(verify.check(tmp_path / "without", [])) == []
    assert "2 private values unopenable." in capsys.readouterr().out
    assert "Rosa" in (bundle / "private.ndjson").read_text()


def test_a_bundle_with_private_texts_has_none_that_was_erased(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "letter of Rosa" in (bundle / "private.ndjson").read_text()
    row = Access.objects.get(proof__contains="Rosa")
    said = {"reason": "She asked for it.", "clause": "5.2", "by": None, "at": timezone.now()}
    erasing.erase(row, columns=["proof"], **said)
    seal()
    call_command("export_ledger", tmp_path / "after", "--with-private")
    private = (tmp_path / "after" / "private.ndjson").read_text()
    assert "letter of Rosa" not in private
    assert "(erased)" not in private
    assert "at the counter" in private
    assert list(verify.check(tmp_path / "after", [])) == []
    assert " 1 private values unopenable." in capsys.readouterr().out


def placed(line: str, place: int) -> str:
    return re.sub(r'^{"place":\d+', f'{{"place":{place}', line)


def edit(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace('"id": ', '"di": '), *lines[3:]]


def edit_its_kind(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace(":written", ":stamped"), *lines[3:]]


def remove(lines: Lines) -> Lines:
    return [*lines[:2], *lines[3:]]


def remove_and_renumber(lines: Lines) -> Lines:
    return [placed(line, place) for place, line in enumerate(remove(lines))]


def swap(lines: Lines) -> Lines:
    return [*lines[:2], placed(lines[3], 2), placed(lines[2], 3), *lines[4:]]


def write_otherwise(lines: Lines) -> Lines:
    return [*lines[:2], json.dumps(json.loads(lines[2])), *lines[3:]]


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (edit, "does not fit the first"),
        (edit_its_kind, "does not fit the first"),
        (remove, "is empty, or entry"),
        (remove_and_renumber, "does not fit the first"),
        (swap, "does not fit the first"),
        (lambda lines: lines[:-1], "the record was cut back"),
        (lambda lines: [*lines, lines[-1]], "No checkpoint covers the last 1 entries"),
        (write_otherwise, "Line 3 of entries.ndjson is not as the portal writes it."),
    ],
    ids=[
        "edit",
        "edited kind",
        "removal",
        "removal, renumbered",
        "swap",
        "cut",
        "addition",
        "other form",
    ],
)
def test_a_changed_line_is_found(
    bundle: Path, tamper: Callable[[Lines], Lines], sentence: str
) -> None:
    file = bundle / "entries.ndjson"
    file.write_text("\n".join(tamper(file.read_text().splitlines())) + "\n")
    assert any(sentence in fault for fault in verify.check(bundle, []))


def test_a_private_text_exchanged_is_found(bundle: Path) -> None:
    file = bundle / "private.ndjson"
    file.write_text(file.read_text().replace("at the counter", "over the phone"))
    (fault,) = verify.check(bundle, [])
    assert fault.endswith("proof is not what was written.")


def test_a_cut_and_a_fork_with_the_stolen_key_show_beside_an_older_checkpoint(bundle: Path) -> None:
    kept = Checkpoint.objects.first()
    for name, end in (("entries", Checkpoint.objects.last().size), ("checkpoints", 1)):
        file = bundle / f"{name}.ndjson"
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:end]))
    assert list(verify.check(bundle, [])) == [], "from inside it looks whole"
    (fault,) = verify.check(bundle, [kept.note])
    assert fault == f"Your checkpoint is of {kept.size} entries: the record was cut back."
    stolen: SigningKey = settings.LEDGER_SIGNING_KEY
    forked = stolen.sign(Checkpoint.objects.last().size, bytes(kept.root), at=NOW)
    assert any("Your checkpoint does not fit" in fault for fault in verify.check(bundle, [forked]))
    thief = SigningKey(stolen.name, b"\7" * 32).sign(3, bytes(kept.root), at=NOW)
    assert any("by none of the keys" in fault for fault in verify.check(bundle, [thief]))


def test_it_is_written_into_an_empty_folder_only(bundle: Path) -> None:
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_ledger", bundle)


# RFC 8032, 7.1: secret key unused here; public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("key", "text", "signature"), RFC_8032)
def test_the_plain_check_of_signatures_is_that_of_rfc_8032(
    key: str, text: str, signature: str
) -> None:
    made = bytes.fromhex(key), bytes.fromhex(text), bytes.fromhex(signature)
    assert ed25519.is_signed(*made)
    assert verify.is_signed(*made)
    for spoiled in (
        (made[0], made[1] + b"x", made[2]),
        (made[0], made[1], made[2][:-1] + b"\1"),
        (bytes(32), made[1], made[2]),
        (made[0], made[1], b""),
    ):
        assert not ed25519.is_signed(*spoiled)
        assert not verify.is_signed(*spoiled)


def test_the_verifier_can_be_read_in_one_sitting() -> None:
    lines = (Path(verify.__file__)).read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 100
