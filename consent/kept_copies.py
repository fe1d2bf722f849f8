"""What left stays for the customers in it: each can open the very lines about her, no others'.

Encrypted as it was packed, until the retention of what it holds is over; then its key goes and
the disclosure's row remains, which says what it was. What never left goes when it expires.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.db.models import QuerySet

from consent.models import Disclosure, Package, PackageMember
from consent.packages import FOLDER, NONCE, key_of
from usage.models import Customer
from usage.sealed_files import Damaged

TAG, PIECE = 16, 1024 * 1024
WRITTEN_WITHIN = timedelta(hours=1)


def lines_about(customer: Customer, package: Package) -> Iterator[bytes]:
    """What its third party can read about this customer: the heading, then her lines.

    Byte for byte as packed, and nothing about anybody else. Raises NoKey, FileNotFoundError,
    Damaged; PackageMember.DoesNotExist for somebody who is not in it.
    """
    hers = PackageMember.objects.of(customer).get(package=package)
    path, key = Path(settings.MEDIA_ROOT) / package.path, key_of(package)
    for _piece in _opened(path, key):
        """Once through, so that nothing of a damaged file is shown."""
    return _cut(_opened(path, key), (0, package.heading), (hers.starts, hers.ends))


def _opened(path: Path, key: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        left = path.stat().st_size - NONCE - TAG
        box = Cipher(algorithms.AES(key), modes.GCM(file.read(NONCE))).decryptor()
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield box.update(piece)
        try:
            yield box.finalize_with_tag(file.read(TAG))
        except (InvalidTag, ValueError):
            raise Damaged("The file was changed, or this is not its key.") from None


def _cut(pieces: Iterator[bytes], *spans: tuple[int, int]) -> Iterator[bytes]:
    here = 0
    for piece in pieces:
        for first, after in spans:
            if part := piece[max(first - here, 0) : max(after - here, 0)]:
                yield part
        here += len(piece)


def disclosed_before(
    moment: datetime, *, but_of: Collection[UUID], holding: str
) -> QuerySet[Package]:
    """Kept copies with this category from before then, of nobody among these."""
    old = Package.objects.filter(
        prepared_at__lt=moment, removed_at=None, categories__contains=[holding]
    )
    held = PackageMember.objects.filter(customer__in=but_of)
    return old.exclude(pk__in=held.values("package"))


def left_the_house() -> set[UUID]:
    """Packages whose key went, or may have gone."""
    gone = Disclosure.objects.gone().filter(package_id__isnull=False)
    return set(gone.values_list("package_id", flat=True))


def remove_expired(*, at: datetime) -> int:
    """Let go of what waits no longer and never left: first its key, then its file. How many.

    Of what left, the customers' copy stays; the open key in the recipient's tray goes.
    """
    over = Package.objects.filter(removed_at=None).exclude(
        pk__in=Package.objects.waiting(at=at).values("pk")
    )
    gone = over.exclude(pk__in=left_the_house()).update(sealed_key=None, removed_at=at)
    _sweep(
        {str(pk) for pk in Package.objects.filter(removed_at=None).values_list("pk", flat=True)},
        {str(pk) for pk in Package.objects.waiting(at=at).values_list("pk", flat=True)},
        at=at,
    )
    return gone


def _sweep(kept: set[str], waiting: set[str], *, at: datetime) -> None:
    """Remove files without a row that keeps them, unless somebody may be writing them now."""
    for file in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*/*"):
        keeps = waiting if file.suffix == ".key" else kept
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if file.stem not in keeps and at - written > WRITTEN_WITHIN:
            file.unlink(missing_ok=True)
