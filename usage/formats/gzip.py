"""Gzip around any of the formats, piece by piece, several times faster than zlib."""

from collections.abc import Iterable, Iterator

from isal import isal_zlib

MIME = "application/gzip"
SUFFIX = "gz"

_GZIP = 16 + 15
_ENOUGH = 64 * 1024


def compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces as one gzip stream; memory stays flat.

    The first piece goes out at once, so that the browser sees a beginning.
    """
    packer = isal_zlib.compressobj(level=1, wbits=_GZIP)
    waiting = packer.compress(b"")
    begun = False
    for piece in pieces:
        waiting += packer.compress(piece)
        if not begun:
            waiting += packer.flush(isal_zlib.Z_SYNC_FLUSH)
            begun = True
            yield waiting
            waiting = b""
        elif len(waiting) >= _ENOUGH:
            yield waiting
            waiting = b""
    yield waiting + packer.flush()
