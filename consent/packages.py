"""Packages: readings packed and encrypted for one third party. Making one discloses nothing."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from uuid_utils.compat import uuid7

from consent.models import Package
from consent.proposals import Proposal, packable
from usage import release as readings
from usage import sealing
from usage.models import Customer, ServiceAgreement

CSV = readings.CSV


def prepare(proposal: Proposal, *, at: datetime, kind: str = readings.CSV) -> Package:
    """Pack the readings of a proposal and encrypt them (AES-256-GCM). Nothing has left yet.

    kind: what is in the package, CSV or Green Button (usage.release.FORMATS).

    The file is nonce (12 bytes), ciphertext, tag (16 bytes), in the third party's tray.
    """
    key, nonce, number = os.urandom(32), os.urandom(12), uuid7()
    path = Path("recipients") / proposal.third_party.key / f"{number}.package"
    whole = Path(settings.MEDIA_ROOT) / path
    whole.parent.mkdir(parents=True, exist_ok=True)
    cipher, hashed = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor(), sha256()
    counted = readings.Counted()
    with whole.open("xb") as file:
        file.write(nonce)
        for piece in readings.stream(
            [(about.customer, about.agreements) for about in proposal.about],
            holding=proposal.categories,
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            counted=counted,
            kind=kind,
            at=at,
        ):
            hashed.update(piece)
            file.write(cipher.update(piece))
        file.write(cipher.finalize() + cipher.tag)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    return Package.objects.create(
        id=number,
        third_party=proposal.third_party,
        proposal_sha256=proposal.digest,
        format=kind,
        path=str(path),
        sha256=hashed.digest(),
        size=size,
        rows=counted.rows,
        rows_by_customer={str(pk): rows for pk, rows in counted.by_customer.items()},
        sealed_key=sealing.seal(key.hex()).encode(),
        prepared_at=at,
    )


@dataclass(frozen=True)
class Preview:
    """What would go today: how much, and its first and last lines cell by cell."""

    rows: int
    size: int
    columns: list[str]
    lines: list[list[str]]


def preview(
    customer: Customer,
    agreements: Iterable[ServiceAgreement],
    *,
    categories: Iterable[str],
    first_day: date,
    last_day: date,
) -> Preview:
    """Show a customer the very lines a third party would get, before she says yes (6.9).

    Nothing leaves: the lines are made as for a package and shown to her alone. Size in bytes.
    """
    counted, size = readings.Counted(), 0
    columns, first, last = b"", b"", b""
    holding = packable(categories)
    if not holding:
        return Preview(0, 0, [], [])
    for piece in readings.stream(
        [(customer, tuple(agreements))],
        holding=holding,
        first_day=first_day,
        last_day=last_day,
        counted=counted,
    ):
        size += len(piece)
        lines = piece.splitlines()
        if not columns and lines:
            columns, lines = lines[0], lines[1:]
        if lines:
            first, last = first or lines[0], lines[-1]
    shown = [line for line in (first, last) if line]
    cells = list(csv.reader(line.decode("utf-8-sig") for line in (columns, *shown)))
    return Preview(counted.rows, size, cells[0] if cells else [], cells[1:])


def discard(package: Package) -> None:
    """Throw away a package that was never released."""
    with suppress(FileNotFoundError):
        (Path(settings.MEDIA_ROOT) / package.path).unlink()
    package.delete()
