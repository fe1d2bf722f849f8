"""How a wish to grant or cancel reaches staff: by telephone, on paper, at the counter (6.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from uuid_utils.compat import uuid7

from consent.models import ScannedForm, Wish
from usage import sealed_files, sealing
from usage.models import Access, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

SCANS = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
AT_MOST = 10 * 1024 * 1024


@dataclass(frozen=True)
class Heard:
    """What staff say of a wish: who spoke or signed, how they know, when it reached PRIME."""

    speaker: str
    identity: str
    received_at: datetime
    capacity: Access.Capacity = Access.Capacity.HOLDER
    reference: str = ""
    scan: bytes = b""


def record(customer: Customer, heard: Heard, *, by: User, via: Via, at: datetime) -> Wish:
    """Keep how a wish reached PRIME, with its scanned form encrypted."""
    wish = Wish(
        id=uuid7(),
        customer=customer,
        via=via,
        speaker=heard.speaker,
        capacity=heard.capacity,
        identity=heard.identity,
        reference=heard.reference,
        received_at=heard.received_at,
        entered_at=at,
        entered_by=by,
    )
    if heard.scan:
        wish.scan_sha256 = sha256(heard.scan).digest()
    wish.save(force_insert=True)
    if heard.scan:
        key = sealed_files.new_key()
        sealed_files.write(_path(wish), [heard.scan], key=key)
        ScannedForm.objects.create(wish=wish, customer=customer, sealed_key=sealing.seal(key.hex()))
    return wish


def scan_of(wish: Wish) -> Iterator[bytes]:
    """Open the scanned form. Raises FileNotFoundError or sealed_files.Damaged."""
    return sealed_files.read(_path(wish), key=bytes.fromhex(sealing.unseal(wish.scan.sealed_key)))


def forget_scan(wish: Wish) -> None:
    """Remove the file of a form whose key was erased. Harmless where there is none."""
    _path(wish).unlink(missing_ok=True)


def kind_of(scan: bytes) -> str:
    """Return the content type of a scan by its first bytes; empty when it is none we keep."""
    return next((kind for begins, kind in SCANS.items() if scan.startswith(begins)), "")


def _path(wish: Wish) -> Path:
    return Path(settings.MEDIA_ROOT) / "wishes" / str(wish.pk)
