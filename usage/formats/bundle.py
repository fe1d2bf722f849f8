"""Several files as one ZIP, streamed, with a manifest of what is in it.

The last two files tell of all others: `manifest.json` (names, sizes, SHA-256, and whatever the
maker wants to add) and `SHA256SUMS`, which `sha256sum --check` reads. Nothing is ever held
whole: a file may be as long as it likes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import RawIOBase
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from usage.intervals import ZONE

MIME = "application/zip"
SUFFIX = "zip"

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
OWNER_ONLY = 0o100600 << 16


@dataclass(frozen=True, slots=True)
class File:
    """One file to be packed. `about` is a guess of its size in bytes, high rather than low."""

    name: str
    pieces: Iterable[bytes]
    about: int = 0


def write(
    files: Iterable[File], *, at: datetime, more: Callable[[], dict[str, Any]] = dict
) -> Iterator[bytes]:
    """Yield the ZIP in pieces. `more` is asked last: what the manifest says beside the files."""
    out, listed = _Waiting(), []
    local = at.astimezone(ZONE)
    dated = (local.year, local.month, local.day, local.hour, local.minute, local.second)
    # Two GiB and more need another kind of entry, and it must be known before the first byte.
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for file in files:
            hashed, size = sha256(), 0
            with packed.open(_named(file.name, dated, file.about), "w") as entry:
                for piece in file.pieces:
                    hashed.update(piece)
                    size += len(piece)
                    entry.write(piece)
                    if out.waiting:
                        yield out.taken()
            listed.append({"name": file.name, "size": size, "sha256": hashed.hexdigest()})
            yield out.taken()
        manifest = {"made_at": at.isoformat(), "files": listed} | more()
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        packed.writestr(_named(MANIFEST, dated), text)
        sums = "".join(f"{told['sha256']}  {told['name']}\n" for told in listed)
        packed.writestr(_named(SUMS, dated), sums)
    yield out.taken()


def _named(name: str, dated: tuple[int, int, int, int, int, int], about: int = 0) -> ZipInfo:
    entry = ZipInfo(name, dated)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = OWNER_ONLY
    entry.file_size = about
    return entry


class _Waiting(RawIOBase):
    """What was written and not yet handed on. It cannot be wound back, so nothing is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def taken(self) -> bytes:
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken
