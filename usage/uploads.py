"""Files staff send from their browser: tried out first, taken in when somebody confirms.

Between the two the file lies encrypted beside the other files of the portal, its key in the row.
What nobody confirms within a day is removed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from usage import intake, sealed_files, sealing
from usage.changes import Change
from usage.feeds.text import MB
from usage.models import Import, ServiceAgreement, Source, Upload

if TYPE_CHECKING:
    from prime_portal.models import User

SOURCE = "staff pages"
KEPT_FOR = timedelta(days=1)
ENVELOPE = MB
"""What a form may weigh beside its file."""


class Gone(Exception):
    """The upload was confirmed, discarded or removed already."""


class NotTooLarge(FileUploadHandler):
    """Stops reading a form whose files are larger than staff may send; says so on the request."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.too_large = content_length > intake.BY_HAND.size + ENVELOPE
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count all files together. A form that says it is too large is believed at once."""
        self.received += len(raw_data)
        if self.too_large or self.received > intake.BY_HAND.size:
            if self.request is not None:
                self.request.META["prime.too_large"] = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers behind."""


def try_out(
    pieces: Iterable[bytes],
    *,
    name: str,
    format: str | None,  # noqa: A002  what it is called everywhere
    agreement: ServiceAgreement | None,
    source: Source | None,
    by: User,
    at: datetime,
) -> Upload:
    """Say what would come of this file and keep it, encrypted, until somebody decides.

    `name` is what the sender's machine calls it; it is shown and never used as a path.
    """
    name = PurePath(name.replace("\\", "/")).name[:255] or "file"
    hashed = sha256()
    with tempfile.NamedTemporaryFile(prefix="upload-") as file:
        for piece in pieces:
            hashed.update(piece)
            file.write(piece)
        file.flush()
        tried = intake.try_out(
            Path(file.name),
            name=name,
            format=format,
            agreement=agreement,
            sender=source,
            source=SOURCE,
            by=by,
            at=at,
            cap=intake.BY_HAND,
        )
        changes = [asdict(change) for change in tried.changes]
        key = sealed_files.new_key()
        upload = Upload(
            by=by,
            at=at,
            file_name=name,
            sha256=hashed.digest(),
            format=tried.format,
            agreement=agreement,
            source=source,
            key=sealing.seal(key.hex()),
            result=asdict(tried) | {"changes": sealing.seal(json.dumps(changes))},
        )
        if upload.can_be_taken:
            file.seek(0)
            sealed_files.write(_path(upload), iter(lambda: file.read(MB), b""), key=key)
    upload.save(force_insert=True)
    return upload


def changes_of(upload: Upload) -> list[Change]:
    """The first changes it would make. They name what is held of customers: they lie sealed."""
    return [Change(**one) for one in json.loads(sealing.unseal(upload.result["changes"]))]


def confirm(upload: Upload, *, by: User, at: datetime) -> Import:
    """Take the file in, once: of two who confirm at the same time one is told that it is gone."""
    if not upload.can_be_taken:
        raise Gone
    with _opened(upload) as path:
        deleted, _rows = Upload.objects.filter(pk=upload.pk).delete()
        if not deleted:
            raise Gone
        taken = intake.take_in(
            path,
            name=upload.file_name,
            format=upload.format,
            agreement=upload.agreement,
            sender=upload.source,
            source=SOURCE,
            by=by,
            at=at,
            cap=intake.BY_HAND,
        )
    _path(upload).unlink(missing_ok=True)
    return taken


def discard(upload: Upload) -> None:
    """Remove the file and what was found out about it."""
    Upload.objects.filter(pk=upload.pk).delete()
    _path(upload).unlink(missing_ok=True)


def remove_old(*, at: datetime) -> int:
    """Remove what nobody confirmed within a day."""
    old = list(Upload.objects.filter(at__lt=at - KEPT_FOR))
    for upload in old:
        discard(upload)
    return len(old)


@contextmanager
def _opened(upload: Upload) -> Iterator[Path]:
    """The file in clear, for as long as it is needed, with the bytes that were tried out."""
    hashed = sha256()
    key = bytes.fromhex(sealing.unseal(upload.key))
    with tempfile.NamedTemporaryFile(prefix="upload-") as file:
        try:
            for piece in sealed_files.read(_path(upload), key=key):
                hashed.update(piece)
                file.write(piece)
        except FileNotFoundError:
            raise Gone from None
        file.flush()
        if hashed.digest() != bytes(upload.sha256):
            raise sealed_files.Damaged("The file is not the one that was tried out.")
        yield Path(file.name)


def _path(upload: Upload) -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads" / str(upload.pk)
