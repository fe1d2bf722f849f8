"""How a wish to grant or cancel reaches staff: by telephone, on paper, at the counter (6.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db.models import QuerySet
from uuid_utils.compat import uuid7

from consent.models import ScannedForm, Wish
from usage import sealed_files, sealing
from usage.models import Access, Customer, Via

if TYPE_CHECKING:
    from prime_portal.models import User

SCANS = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
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


def shown_to(customer: Customer, *, by: User | None) -> QuerySet[Wish]:
    """The wishes whose scanned form this person may see: what the account's holder signed.

    A form bears a signature, and says how to reach who signed it. Where more than one person has
    been the holder online, PRIME cannot tell whose it is, and shows it to neither; nor what
    somebody signed in another capacity. `by` is None for the copy PRIME makes and sends her.
    """
    holders = Access.objects.of(customer).filter(capacity=Access.Capacity.HOLDER)
    users = set(holders.values_list("user", flat=True))
    with_form = Wish.objects.of(customer).exclude(scan=None).select_related("scan")
    if len(users) > 1 or (by is not None and by.pk not in users):
        return with_form.none()
    return with_form.filter(capacity=Access.Capacity.HOLDER).order_by("received_at")


def open_scan(wish: Wish) -> bytes | None:
    """The scanned form whole; None where its file is gone or no key of ours opens it."""
    try:
        return b"".join(scan_of(wish))
    except (FileNotFoundError, sealed_files.Damaged, InvalidToken):
        return None


def forget_scan(wish: Wish) -> None:
    """Remove the file of a form whose key was erased. Harmless where there is none."""
    _path(wish).unlink(missing_ok=True)


def kind_of(scan: bytes) -> str:
    """Return the content type of a scan by its first bytes; empty when it is none we keep."""
    return next((kind for begins, kind in SCANS.items() if scan.startswith(begins)), "")


def name_of(scan: bytes, wish: Wish) -> str:
    """What its file is called: no person, no number."""
    return f"form-{wish.pk}.{SUFFIXES.get(kind_of(scan), 'bin')}"


def _path(wish: Wish) -> Path:
    return Path(settings.MEDIA_ROOT) / "wishes" / str(wish.pk)
