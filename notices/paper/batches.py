"""Letters on their way to the print house: each in exactly one sealed batch (6.2).

A batch's letters are fixed and committed first; then its file is made, which may be interrupted
and begun anew and gives the same bytes; then it is sealed. Two people hand it over, once. Only
then are its letters sent.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.utils.translation import gettext as _

from notices import failures, pauses
from notices.models import Delivery, PrintBatch, PrintedLetter
from notices.paper.press import Laid, Press
from usage import pdf
from usage.frozen import frozen

if TYPE_CHECKING:
    from prime_portal.models import User

logger = logging.getLogger(__name__)

AT_MOST = 1000  # letters in one batch
AN_ADDRESS = r"\S\s*\n\s*\S"  # a name, and something to go with it
HEAD = ("position", "letter", "language", "first_page", "pages", "sheets", "sha256")


class Refused(Exception):
    """Nothing was changed; the sentence says why."""


def work(*, clock: Callable[[], datetime]) -> int:
    """Make and seal the next batch, or finish one left half-made. How many letters are in it.

    0 means that there is nothing to do now, that this machine cannot print, or that the portal
    is frozen.
    """
    if frozen() or pauses.holds(Delivery.Medium.LETTER):
        return 0
    if sentence := pdf.why_not():
        logger.error("%s", sentence)
        return 0
    batch = seal_next(clock=clock)
    if batch is None and make(at=clock()):
        batch = seal_next(clock=clock)
    return batch.letters if batch else 0


def waiting() -> QuerySet[Delivery]:
    """Letters that are owed and in no batch yet."""
    return Delivery.objects.owed().filter(
        ~Exists(PrintedLetter.objects.filter(delivery=OuterRef("pk"))),
        medium=Delivery.Medium.LETTER,
    )


@transaction.atomic
def make(*, at: datetime, limit: int = AT_MOST) -> PrintBatch | None:
    """Fix which letters make the next batch, once enough wait or one has waited long enough.

    A letter without an address is in none: it failed.
    """
    with connection.cursor() as cursor:  # one at a time: batches are counted without a gap
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('notices.paper.batches'))")
        if not cursor.fetchone()[0]:
            return None
    for nowhere in waiting().exclude(recipient__regex=AN_ADDRESS):
        failures.fail(
            nowhere, failure=Delivery.Failure.VALIDATION, detail="no postal address", at=at
        )
    oldest = waiting().aggregate(oldest=Min("owed_at"))["oldest"]
    patience = timedelta(minutes=settings.LETTERS_WAIT_MINUTES)
    if oldest is None or (oldest > at - patience and waiting().count() < limit):
        return None
    chosen = waiting().order_by("language", "kind", "pk").select_for_update(skip_locked=True)
    taken = list(chosen.values_list("pk", "customer_id")[:limit])
    if not taken:
        return None
    last = PrintBatch.objects.aggregate(last=Max("number"))["last"] or 0
    batch = PrintBatch.objects.create(number=last + 1, letters=len(taken), made_at=at)
    PrintedLetter.objects.bulk_create(
        PrintedLetter(batch=batch, delivery_id=pk, customer_id=customer, position=position)
        for position, (pk, customer) in enumerate(taken, start=1)
    )
    return batch


@transaction.atomic
def seal_next(*, clock: Callable[[], datetime]) -> PrintBatch | None:
    """Make the file of the oldest batch that has none, put it in its place and seal the batch.

    The batch's row is held meanwhile: a worker that dies lets go of it at once, and the next
    one makes the same file.
    """
    open_ones = PrintBatch.objects.filter(sealed_at=None).order_by("number")
    batch = open_ones.select_for_update(skip_locked=True).first()
    if batch is None:
        return None
    folder = _folder()
    for left_behind in folder.glob(f".{place(batch).stem}-*"):
        left_behind.unlink()
    printed = list(
        batch.printed.select_related("batch", "delivery__customer", "delivery__notice")
        .select_related("delivery__policy", "delivery__claim")
        .order_by("position")
    )
    with Press(f"PRIME {batch}") as press:
        laid = _lay(press, printed, at=clock())
        file = _unfinished(b"", place(batch))
        press.save(file)
        pages = press.pages
    with file.open("rb") as made:
        pdf_sha256 = hashlib.file_digest(made, "sha256").digest()
    manifest = _manifest(printed, laid)
    manifest_sha256 = hashlib.sha256(manifest).digest()
    _into_place(file, place(batch))
    _write(manifest, place(batch, ".csv"))
    sums = f"{pdf_sha256.hex()}  {place(batch).name}\n{manifest_sha256.hex()}  "
    _write(f"{sums}{place(batch, '.csv').name}\n".encode(), place(batch, ".sha256"))
    for one, where in zip(printed, laid, strict=True):
        if where:
            one.first_page, one.pages, one.sha256 = where.first_page, where.pages, where.sha256
    PrintedLetter.objects.bulk_update(
        [one for one in printed if one.sha256], ["first_page", "pages", "sha256"], batch_size=500
    )
    batch.sealed_at, batch.pages, batch.sheets = clock(), pages, pages // 2
    batch.pdf_sha256, batch.manifest_sha256 = pdf_sha256, manifest_sha256
    batch.save(update_fields=["sealed_at", "pages", "sheets", "pdf_sha256", "manifest_sha256"])
    return batch


def place(batch: PrintBatch, suffix: str = ".pdf") -> Path:
    """Where a batch lies for the print house; complete once its `.sha256` is there."""
    return Path(settings.LETTERS_DIR) / f"{batch.name}{suffix}"


def to_take_out(batch: PrintBatch) -> QuerySet[PrintedLetter]:
    """Letters of a sealed batch that were called off since: they are not to be mailed."""
    laid = PrintedLetter.objects.filter(batch=batch, sha256__isnull=False)
    off = laid.filter(delivery__failure=Delivery.Failure.CALLED_OFF)
    return off.select_related("batch").order_by("position")


@transaction.atomic
def hand_over(
    batch: PrintBatch, *, by: User, at: datetime, left_out: Collection[int] = ()
) -> PrintBatch:
    """Record that one person gave a sealed batch to the print house: once, and the sealed bytes.

    left_out: the places of the letters they told it to leave out; all that were called off.
    """
    held = PrintBatch.objects.select_for_update().get(pk=batch.pk)
    if held.sealed_at is None:
        raise Refused(_("Batch %(batch)s is not sealed yet.") % {"batch": held})
    if held.handed_at:
        said = _("Batch %(batch)s was handed over already; nobody may print it twice.")
        raise Refused(said % {"batch": held})
    # Whoever is calling a letter off has done so, or waits and then finds it gone.
    letters = Delivery.objects.filter(printed__batch=held).order_by("pk")
    list(letters.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    off = set(to_take_out(held).values_list("position", flat=True))
    if not off <= set(left_out):
        said = _("Letters in batch %(batch)s were called off: have them left out, and say so.")
        raise Refused(said % {"batch": held})
    for suffix, sealed in ((".pdf", held.pdf_sha256), (".csv", held.manifest_sha256)):
        file = place(held, suffix)
        if not file.exists():
            said = _("%(file)s is not in the folder for letters.")
            raise Refused(said % {"file": file.name})
        if hashlib.sha256(file.read_bytes()).digest() != bytes(sealed or b""):
            said = _("%(file)s is not the file that was sealed.")
            raise Refused(said % {"file": file.name})
    held.handed_at, held.handed_by = at, by
    held.save(update_fields=["handed_at", "handed_by"])
    return held


@transaction.atomic
def confirm(batch: PrintBatch, *, by: User, at: datetime) -> PrintBatch:
    """Let a second person confirm that the print house has it. Its letters are sent by that."""
    held = PrintBatch.objects.select_for_update().get(pk=batch.pk)
    if held.handed_at is None:
        raise Refused(_("Batch %(batch)s was not handed over yet.") % {"batch": held})
    if held.confirmed_at:
        raise Refused(_("Batch %(batch)s was confirmed already.") % {"batch": held})
    if held.handed_by_id == by.pk:
        raise Refused(_("Who handed it over does not confirm it: ask somebody else."))
    held.confirmed_at, held.confirmed_by = at, by
    held.save(update_fields=["confirmed_at", "confirmed_by"])
    printed = PrintedLetter.objects.filter(batch=held, sha256__isnull=False)
    Delivery.objects.owed().filter(pk__in=printed.values("delivery")).update(sent_at=held.handed_at)
    return held


def _lay(press: Press, printed: list[PrintedLetter], *, at: datetime) -> list[Laid | None]:
    """Lay every letter; one that cannot be rendered must not stop the others, and fails aloud.

    If none can, the fault is ours and no letter's: that is raised, and tried again.
    """
    laid: list[Laid | None] = []
    faults: list[Exception] = []
    for one in printed:
        try:
            laid.append(press.lay(one.delivery, mark=one.mark))
        except (pdf.CannotBePrinted, OSError, DatabaseError):
            raise
        except Exception as error:
            # The kind of error only: its words may quote what was to be printed.
            logger.error("Letter %s: %s.", one.delivery_id, type(error).__name__)
            faults.append(error)
            laid.append(None)
    if len(faults) == len(printed):
        raise faults[0]
    for one, where in zip(printed, laid, strict=True):
        if where is None:
            failures.fail(
                one.delivery, failure=Delivery.Failure.TECHNICAL, detail="not printed", at=at
            )
    return laid


def _manifest(printed: list[PrintedLetter], laid: list[Laid | None]) -> bytes:
    """List the letters of a batch: no names, only numbers and hashes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for one, where in zip(printed, laid, strict=True):
        if where:
            sheets = (where.pages + 1) // 2
            writer.writerow(
                [
                    *(one.position, one.delivery_id, one.delivery.language),
                    *(where.first_page, where.pages, sheets, where.sha256.hex()),
                ]
            )
    return out.getvalue().encode("ascii")


def _folder() -> Path:
    folder = Path(settings.LETTERS_DIR)
    folder.mkdir(mode=0o770, parents=True, exist_ok=True)
    return folder


def _write(content: bytes, to: Path) -> None:
    _into_place(_unfinished(content, to), to)


def _unfinished(content: bytes, to: Path) -> Path:
    """Write beside its place. What a worker leaves behind goes when the batch is made anew."""
    with tempfile.NamedTemporaryFile(dir=to.parent, prefix=f".{to.stem}-", delete=False) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o640)  # the web, of the worker's group, compares the hashes
    return Path(file.name)


def _into_place(file: Path, to: Path) -> None:
    """Let a file appear whole or not at all, also after a power cut."""
    for path in (file, to.parent):
        if path == to.parent:
            file.rename(to)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
