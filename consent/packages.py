"""Packages: readings packed and encrypted for one third party. Making one discloses nothing."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from consent.models import Package, PackageMember
from consent.proposals import Proposal, packable
from usage import release as readings
from usage import sealing
from usage.granularity import Granularity
from usage.models import Customer, ServiceAgreement

CSV, FORMATS = readings.CSV, readings.FORMATS
FOLDER = Path("recipients")
NONCE = 12


class NotPrepared(Exception):
    """No package was made, and nothing of it is left. The sentence says why."""


class NoKey(Exception):
    """The package's key cannot be had, so it can neither leave nor be read.

    A machine reads the sentence: it is English, as all a recipient's machine is told.
    """


def prepare(proposal: Proposal, *, at: datetime, kind: str = CSV) -> Package:
    """Pack the readings of a proposal and encrypt them (AES-256-GCM). Nothing has left yet.

    kind: what is in the package, CSV or Green Button (usage.release.FORMATS).

    The file is nonce (12 bytes), ciphertext, tag (16 bytes). Raises NotPrepared.
    """
    if len(proposal.about) > 1 and kind != CSV:
        raise NotPrepared(
            _("A package about several customers is CSV, so that each can be shown her own lines.")
        )
    key, number = os.urandom(32), uuid7()
    path = FOLDER / proposal.third_party.key / f"{number}.package"
    try:
        packed = _pack(Path(settings.MEDIA_ROOT) / path, proposal, key=key, kind=kind, at=at)
    except OSError as error:
        said = _("The package could not be written: %(why)s.")
        raise NotPrepared(said % {"why": error.strerror}) from error
    with transaction.atomic():
        package = Package.objects.create(
            id=number,
            third_party=proposal.third_party,
            purpose=proposal.purpose,
            contract=proposal.contract,
            demand=proposal.demand,
            categories=list(proposal.categories),
            granularity=proposal.granularity,
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            proposal_sha256=proposal.digest,
            format=kind,
            path=str(path),
            sha256=packed.sha256,
            size=packed.size,
            rows=packed.counted.rows,
            heading=packed.heading,
            sealed_key=sealing.seal(key.hex()).encode(),
            prepared_at=at,
            expires_at=at + timedelta(days=settings.PACKAGE_DAYS),
        )
        PackageMember.objects.bulk_create(
            PackageMember(
                customer=about.customer,
                package=package,
                authorization=about.authorization,
                agreements=[agreement.pk for agreement in about.agreements],
                rows=packed.counted.by_customer.get(about.customer.pk, 0),
                starts=starts,
                ends=ends,
            )
            for about, (starts, ends) in zip(proposal.about, packed.slices, strict=True)
        )
    return package


@dataclass(frozen=True)
class _Packed:
    """What was written; sizes and places in bytes, places in the file in clear."""

    sha256: bytes
    size: int
    heading: int
    slices: Sequence[tuple[int, int]]
    counted: readings.Counted


def _pack(whole: Path, proposal: Proposal, *, key: bytes, kind: str, at: datetime) -> _Packed:
    nonce = os.urandom(NONCE)
    cipher, hashed = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor(), sha256()
    counted, clear, marks = readings.Counted(), 0, []

    def members() -> Iterator[tuple[Customer, Sequence[ServiceAgreement]]]:
        for about in proposal.about:
            marks.append(clear)  # asked for her once all before her is written
            yield about.customer, about.agreements

    whole.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
    try:
        with whole.open("xb") as file:
            file.write(nonce)
            for piece in readings.stream(
                members(),
                holding=proposal.categories,
                first_day=proposal.first_day,
                last_day=proposal.last_day,
                counted=counted,
                kind=kind,
                granularity=proposal.granularity,
                at=at,
            ):
                hashed.update(piece)
                file.write(cipher.update(piece))
                clear += len(piece)
            file.write(cipher.finalize() + cipher.tag)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except BaseException:
        whole.unlink(missing_ok=True)
        raise
    if len(proposal.about) == 1:
        marks = [0]  # the whole file is about her
    return _Packed(hashed.digest(), size, marks[0], list(pairwise([*marks, clear])), counted)


def key_of(package: Package) -> bytes:
    """Return the 32 bytes that open it. Raises NoKey with a sentence."""
    if package.sealed_key is None:
        raise NoKey("The package is no longer kept.")
    try:
        return bytes.fromhex(sealing.unseal(bytes(package.sealed_key).decode()))
    except InvalidToken:
        raise NoKey(
            "The package's key was sealed with another FIELD_KEY. Prepare the package anew."
        ) from None


def discard(package: Package) -> None:
    """Throw away a package that was never released."""
    (Path(settings.MEDIA_ROOT) / package.path).unlink(missing_ok=True)
    package.delete()


@dataclass(frozen=True)
class Look:
    """The first and the last line of a file, cell by cell; no lines where it has no columns."""

    columns: list[str]
    lines: list[list[str]]

    @property
    def named(self) -> list[list[tuple[str, str]]]:
        """Each line, every cell with its column's name."""
        return [list(zip(self.columns, line, strict=True)) for line in self.lines]


@dataclass(frozen=True)
class Preview(Look):
    """What would go today: how much, and its first and last lines."""

    rows: int
    size: int


def preview(
    customer: Customer,
    agreements: Iterable[ServiceAgreement],
    *,
    categories: Iterable[str],
    first_day: date,
    last_day: date,
    granularity: Granularity,
) -> Preview:
    """Show a customer the very lines a third party would get, before she says yes (6.9).

    Nothing leaves: the lines are made as for a package and shown to her alone. Size in bytes.
    """
    counted, size = readings.Counted(), 0
    columns, first, last = b"", b"", b""
    holding = packable(categories)
    if not holding:
        return Preview([], [], 0, 0)
    for piece in readings.stream(
        [(customer, tuple(agreements))],
        holding=holding,
        first_day=first_day,
        last_day=last_day,
        counted=counted,
        granularity=granularity,
    ):
        size += len(piece)
        lines = piece.splitlines()
        if not columns and lines:
            columns, lines = lines[0], lines[1:]
        if lines:
            first, last = first or lines[0], lines[-1]
    shown = [line for line in (first, last) if line]
    cells = readings.in_words(
        list(csv.reader(line.decode("utf-8-sig") for line in (columns, *shown)))
    )
    return Preview(cells[0] if cells else [], cells[1:], counted.rows, size)
