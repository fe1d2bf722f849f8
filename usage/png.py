"""Pictures of few colors as PNG (RFC 2083), from the standard library alone.

One byte a pixel points into a palette; rows are stored without a filter, since neighboring
days are alike only in color and zlib finds that by itself. A year of hours is some 4 kB.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from zlib import compress, crc32

MIME = "image/png"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE_COLOR, EIGHT_BITS = 3, 8


def write(rows: Sequence[bytes], palette: Sequence[str]) -> bytes:
    """Return the file. `rows` hold one palette index a pixel; colors are written "#rrggbb"."""
    width = len(rows[0])
    if not 0 < len(palette) <= 256 or any(len(row) != width for row in rows):
        raise ValueError("A picture has rows of one length and at most 256 colors.")
    if max(max(row) for row in rows) >= len(palette):
        raise ValueError("A pixel points outside the palette.")
    header = pack(">IIBBBBB", width, len(rows), EIGHT_BITS, PALETTE_COLOR, 0, 0, 0)
    colors = b"".join(bytes.fromhex(color.removeprefix("#")) for color in palette)
    lines = b"".join(b"\0" + row for row in rows)
    return SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colors),
            _chunk(b"IDAT", compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))
