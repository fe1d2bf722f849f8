"""Letters reach the print house in sealed batches: each in exactly one, handed over once."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from django.db import DatabaseError, connection, transaction

from notices import deliveries, pauses
from notices.models import Delivery, Notice, PrintBatch, PrintedLetter, ReturnFile
from notices.paper import batches, letters, press, returns
from notices.paper.faces import face
from tests import builders
from tests.builders import NOW
from tests.notices.cast import (
    LETTER,
    batch_files,
    by_email,
    hand_over,
    ledger_of,
    mark_sent,
    neighbor,
    owed,
    print_all,
)
from usage import claims
from usage.models import Customer, Via

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=340)
MARKS = r"(\d{4}-\d{5}|\d/\d|–)$"
DEMANDING = ["Nguyễn Thị Ví Dụ", "Łukasz Żółć", "Δοκιμή Παράδειγμα", "Пример Пробный", "例 示範"]


def annual(*names: str, language: str = "en", start: int = 10) -> list[Customer]:
    """Neighbors whose yearly letter waits: it says the same to all of them."""
    made = [neighbor(start + n, name=name, language=language) for n, name in enumerate(names)]
    deliveries.plan(at=NOW)
    mark_sent(NOW)
    deliveries.plan(at=LATER)
    return made


def text_of(number: int) -> str:
    pdf = batch_files(number)[0]
    read = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True, text=True
    )
    return read.stdout


def manifest(number: int) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(batch_files(number)[1].read_text())))


def test_every_letter_is_in_one_sealed_batch_with_its_pages_and_hash(notice: Notice) -> None:
    annual("Rosa Ejemplo", "Luis Muestra", "Ana Prueba")
    assert print_all(LATER) == 3
    assert print_all(LATER) == 0
    batch = PrintBatch.objects.get()
    pdf, table, sums = (path.read_bytes() for path in batch_files(1))
    assert hashlib.sha256(pdf).digest() == bytes(batch.pdf_sha256 or b"")
    assert hashlib.sha256(table).digest() == bytes(batch.manifest_sha256 or b"")
    assert hashlib.sha256(pdf).hexdigest() in sums.decode()
    assert {path.name for path in batch_files(1)[0].parent.iterdir()} == {
        "batch-0001.pdf",
        "batch-0001.csv",
        "batch-0001.sha256",
    }
    assert {path.stat().st_mode & 0o777 for path in batch_files(1)} == {0o640}
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == batch.pages
        for row, one in zip(manifest(1), batch.printed.order_by("position"), strict=True):
            assert int(row["first_page"]) % 2 == 1, "each letter begins on a new sheet"
            pages = range(int(row["first_page"]) - 1, int(row["first_page"]) - 1 + one.pages)
            drawn = b"".join(
                part.read_bytes()
                for number in pages
                for part in opened.pages[number].Contents  # type: ignore[attr-defined]
            )
            assert hashlib.sha256(drawn).hexdigest() == row["sha256"] == bytes(one.sha256).hex()
            assert row["letter"] == str(one.delivery_id)
    assert "Rosa" not in table.decode()
    assert ledger_of(batch.pk) == ["notices_printbatch:written", "notices_printbatch:stamped"]
    assert Delivery.objects.owed().count() == 3, "made is not sent"


def test_a_body_that_says_the_same_is_rendered_once(notice: Notice, monkeypatch) -> None:
    rendered: list[Any] = []
    body_of = letters.body_of
    monkeypatch.setattr(letters, "body_of", lambda row: rendered.append(row) or body_of(row))
    monkeypatch.setattr(letters, "of", None)  # no letter is rendered on its own
    annual("Rosa Ejemplo", "Luis Muestra", "Ana Prueba")
    annual("Eva Modelo", language="es", start=50)
    assert print_all(LATER) == 4
    assert sorted(row.language for row in rendered) == ["en", "es"]


def test_names_in_any_script_lose_no_letter(notice: Notice) -> None:
    annual(*DEMANDING, "Rosa\u0301 Descompuesta", "W" * 120)
    print_all(LATER)
    read = text_of(1)
    for name in DEMANDING:
        assert name in read, name
    assert "Rosá Descompuesta" in read
    assert "".join(read.split()).count("W" * 120) == 1


def test_a_name_our_font_lacks_is_not_written_with_it() -> None:
    assert press.window("Rosa Nuñez\n1 Calle Ficticia\nPico Rivera, CA")
    assert press.window("Nguyễn Thị\n1 Calle Ficticia")
    assert press.window("Δοκιμή\n1 Calle Ficticia") is None
    assert press.window("مثال\n1 Calle Ficticia") is None
    assert press.window("W" * 120 + "\n1 Calle Ficticia") is None
    assert press.window("\n".join("ABCDEFGHI")) is None
    assert b" 7.5 Tf" in (press.window("\n".join("ABCDEF")) or b"")
    assert face().covers("Rosa\u0301")
    assert not face().covers("x\u0301")


def test_each_page_says_which_letter_page_and_sheet_it_is(notice: Notice) -> None:
    annual("Rosa Ejemplo", "Luis Muestra")
    print_all(LATER)
    pages = text_of(1).split("\f")[:-1]
    for row in manifest(1):
        first, count = int(row["first_page"]), int(row["pages"])
        for page in range(1, count + 1):
            said = " ".join(pages[first - 2 + page].split())
            mark = (
                f"0001-{int(row['position']):05} {page}/{count} {(page + 1) // 2}/{row['sheets']}"
            )
            assert mark in said
    assert len(pages) % 2 == 0


def test_a_personal_letter_has_its_own_body(luis: Customer) -> None:
    other = neighbor(3, name="Ana Prueba")
    deliveries.plan(at=NOW)
    deliveries.owe_claim_code(claims.issue(other, via=Via.PHONE, at=NOW), at=NOW)
    assert print_all() == 3
    read = text_of(1)
    for row in Delivery.objects.filter(medium=LETTER):
        assert row.claim_id
        assert read.count(claims.readable(claims.code_of(row.claim_id))) == 1


def test_a_letter_a_customer_prints_later_says_what_the_batch_said(notice: Notice) -> None:
    (rosa,) = annual("Rosa Ejemplo")
    print_all(LATER)
    batched = text_of(1)
    alone = subprocess.run(
        ["pdftotext", "-layout", "-", "-"],
        input=letters.of(owed(rosa)[-1]),
        capture_output=True,
        check=True,
    ).stdout.decode()
    # All but what stands at the foot of the pages, and on pages that are left blank.
    both = [
        [word for word in read.replace("\f", " ").split() if not re.match(MARKS, word)]
        for read in (batched, alone)
    ]
    assert both[0] == both[1]


def test_a_batch_is_for_paper_and_the_same_letter_on_a_screen_is_tagged(notice: Notice) -> None:
    """What is opened to be read is never taken from a batch (decision 13)."""
    (rosa,) = annual("Rosa Ejemplo")
    print_all(LATER)
    with pikepdf.open(batch_files(1)[0]) as batch:
        assert "/StructTreeRoot" not in batch.Root
        assert not any("/Annots" in page.obj for page in batch.pages)
    with pikepdf.open(io.BytesIO(letters.of(owed(rosa)[-1]))) as alone:
        assert alone.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in alone.Root


# -- When a batch is made ----------------------------------------------------------------------


def test_letters_are_gathered_until_one_has_waited_long_enough(luis, settings) -> None:
    settings.LETTERS_WAIT_MINUTES = 60
    deliveries.plan(at=NOW)
    assert print_all(NOW + timedelta(minutes=59)) == 0
    assert batches.make(at=NOW, limit=1) is not None, "or until the batch is full"


def test_a_letter_without_an_address_is_in_no_batch_and_stays_on_the_staffs_list(luis) -> None:
    nowhere = neighbor(9, mailing_address="")
    deliveries.plan(at=NOW)
    assert print_all() == 1
    assert owed(nowhere)[0].failure == "validation"
    assert list(Delivery.objects.failed_for_good()) == owed(nowhere)


def test_paused_letters_wait_and_go_on_after(luis) -> None:
    deliveries.plan(at=NOW)
    pauses.pause(LETTER, reason="the printer is down", by=builders.alma(), at=NOW)
    assert print_all() == 0
    pauses.resume(LETTER, by=builders.bruno(), at=NOW)
    assert print_all() == 1


# -- Killed half-way ----------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, nothing catches it."""


@pytest.mark.parametrize("where", ["_lay", "_manifest", "_into_place", "_write"])
def test_a_kill_at_any_moment_is_harmless(notice: Notice, monkeypatch, where: str) -> None:
    annual("Rosa Ejemplo", "Luis Muestra")

    def kill(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(batches, where, kill)
        with pytest.raises(Killed), transaction.atomic():
            print_all(LATER)
    # The rollback of this test stands for the lost connection.
    newcomer = annual("Ana Prueba", start=60)
    assert print_all(LATER) == 3
    marks = PrintedLetter.objects.values_list("delivery", flat=True)
    assert len(set(marks)) == 3
    assert owed(newcomer[0])[-1].pk in set(marks)
    assert all(path.exists() for path in batch_files(1))
    assert not [path for path in batch_files(1)[0].parent.iterdir() if path.name[0] == "."]


def test_made_again_a_batch_is_the_same_file_byte_for_byte(notice: Notice) -> None:
    annual("Rosa Ejemplo", "Δοκιμή", language="es")
    assert batches.make(at=LATER)
    printed = list(PrintedLetter.objects.select_related("batch", "delivery").order_by("position"))

    def made() -> bytes:
        with press.Press("PRIME 0001") as again:
            for one in printed:
                again.lay(one.delivery, mark=one.mark)
            out = batch_files(1)[0].with_name("again.pdf")
            out.parent.mkdir(parents=True, exist_ok=True)
            again.save(out)
        return out.read_bytes()

    assert made() == made()
    print_all(LATER)
    assert batch_files(1)[0].read_bytes() == made()


def test_the_database_lets_nobody_change_a_batch_that_is_made(luis) -> None:
    deliveries.plan(at=NOW)
    print_all()
    for change in (
        "UPDATE notices_printedletter SET batch_id = gen_random_uuid()",
        "UPDATE notices_printedletter SET position = 5",
        "DELETE FROM notices_printedletter",
        "UPDATE notices_printbatch SET letters = 5",
        "UPDATE notices_printbatch SET pdf_sha256 = NULL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


# -- To the print house, and back ------------------------------------------------------------------


def test_two_people_hand_a_batch_over_once_and_only_then_it_is_sent(luis) -> None:
    deliveries.plan(at=NOW)
    print_all()
    batch = PrintBatch.objects.get()
    alma, bruno, at = builders.alma(), builders.bruno(), NOW + timedelta(hours=2)
    with pytest.raises(batches.Refused, match="not handed over yet"):
        batches.confirm(batch, by=bruno, at=at)
    batches.hand_over(batch, by=alma, at=at)
    assert owed(luis)[0].sent_at is None
    with pytest.raises(batches.Refused, match="handed over already"):
        batches.hand_over(batch, by=bruno, at=at)
    with pytest.raises(batches.Refused, match="somebody else"):
        batches.confirm(batch, by=alma, at=at)
    batches.confirm(batch, by=bruno, at=at + timedelta(hours=1))
    assert owed(luis)[0].sent_at == at
    with pytest.raises(batches.Refused, match="confirmed already"):
        batches.confirm(batch, by=bruno, at=at)
    assert ledger_of(batch.pk)[1:] == ["notices_printbatch:stamped"] * 3


@pytest.mark.parametrize("file", [0, 1])
def test_only_the_very_bytes_that_were_sealed_are_handed_over(luis, file: int) -> None:
    deliveries.plan(at=NOW)
    print_all()
    path = batch_files(1)[file]
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(batches.Refused, match="not the file that was sealed"):
        batches.hand_over(PrintBatch.objects.get(), by=builders.alma(), at=NOW)
    path.unlink()
    with pytest.raises(batches.Refused, match="not in the folder"):
        batches.hand_over(PrintBatch.objects.get(), by=builders.alma(), at=NOW)


@pytest.fixture
def posted(luis: Customer) -> Delivery:
    deliveries.plan(at=NOW)
    print_all()
    hand_over(PrintBatch.objects.get())
    return owed(luis)[0]


def take(text: str) -> int:
    return returns.take(text.encode(), by=builders.alma(), at=NOW + timedelta(days=9))


@pytest.mark.parametrize("by_mark", [True, False])
def test_a_letter_that_came_back_is_on_the_staffs_list(posted: Delivery, by_mark: bool) -> None:
    number = "0001-00001" if by_mark else str(posted.pk)
    assert take(f"letter,reason\n{number},moved left no address\n0001-00001,twice\n") == 1
    assert ReturnFile.objects.get().letters == 1
    posted.refresh_from_db()
    assert (posted.failure, posted.failure_detail) == ("returned", "moved left no address")
    assert list(Delivery.objects.failed_for_good()) == [posted]
    with pytest.raises(returns.Refused, match="taken in already"):
        take(f"letter,reason\n{number},moved left no address\n0001-00001,twice\n")
    assert take(f"Letter\n{number}\n") == 0, "another list may name it again"
    assert ReturnFile.objects.count() == 2


def test_a_letter_that_came_back_goes_by_email_where_that_is_agreed(posted: Delivery) -> None:
    by_email(posted.customer, "luis@example.com")
    take("letter\n0001-00001\n")
    assert [row.medium for row in owed(posted.customer)] == ["letter", "email"]
    assert not Delivery.objects.failed_for_good().exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("letter\n0001-00002\n", "Line 2: no letter has the number 0001-00002."),
        ("letter\n\n,\n", "no letter has the number"),
        ("letter\nx' OR 1=1\n", "no letter has the number"),
        ("number\n0001-00001\n", "must name the columns"),
        ("", "must name the columns"),
        ('letter\n"0001', "not CSV"),
    ],
)
def test_a_list_that_names_what_there_is_not_changes_nothing(
    posted: Delivery, text: str, sentence: str
) -> None:
    with pytest.raises(returns.Refused, match=sentence):
        take(text.replace("letter\n", "letter\n0001-00001\n") if sentence[0] == "n" else text)
    posted.refresh_from_db()
    assert posted.failed_at is None


def test_a_letter_that_never_left_cannot_come_back(luis) -> None:
    deliveries.plan(at=NOW)
    print_all()
    with pytest.raises(returns.Refused, match="not handed over yet"):
        take("letter\n0001-00001\n")
