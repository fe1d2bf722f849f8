"""Files at rest that say nothing without their key (AES-256-GCM, piece by piece).

A piece is four bytes of length and its ciphertext. Pieces are numbered by their nonces and the
last one says that it is, so a file that was cut short, put together anew or changed is refused
before a byte of the damage comes out. A key is for one file only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 256 * 1024
MORE, LAST = b"more", b"last"
UNFINISHED = ".unfinished"


class Damaged(Exception):
    """The file is not as it was written, or this is not its key."""


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def write(path: Path, pieces: Iterable[bytes], *, key: bytes) -> None:
    """Write the pieces encrypted; the file is there whole or not at all.

    For its owner and the group web and worker are in (each is an account of its own, and what
    one writes the other hands out and removes); for nobody else.
    """
    path.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o660)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for sealed in _sealed(AESGCM(key), pieces):
                file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        unfinished.unlink()
        raise
    unfinished.rename(path)


def read(path: Path, *, key: bytes) -> Iterator[bytes]:
    """Yield the file's bytes, or raise Damaged. Raises FileNotFoundError at once."""
    return _opened(path.open("rb"), AESGCM(key))


def _opened(file: BinaryIO, box: AESGCM) -> Iterator[bytes]:
    number, about = 0, MORE
    with file:
        while about == MORE:
            length = int.from_bytes(file.read(4), "big")
            sealed = file.read(length)
            about = MORE if _follows(file) else LAST
            try:
                yield box.decrypt(_nonce(number), sealed, about)
            except InvalidTag:
                raise Damaged("The file was changed, or this is not its key.") from None
            number += 1


def _sealed(box: AESGCM, pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting, number = bytearray(), 0
    for piece in pieces:
        waiting += piece
        while len(waiting) > PIECE:
            yield _piece(box, number, bytes(waiting[:PIECE]), MORE)
            del waiting[:PIECE]
            number += 1
    yield _piece(box, number, bytes(waiting), LAST)


def _piece(box: AESGCM, number: int, clear: bytes, about: bytes) -> bytes:
    sealed = box.encrypt(_nonce(number), clear, about)
    return len(sealed).to_bytes(4, "big") + sealed


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _follows(file: BinaryIO) -> bool:
    here = file.tell()
    more = bool(file.read(1))
    file.seek(here)
    return more
