"""Checking an Ed25519 signature with the standard library alone (RFC 8032, 5.1).

Slow, some hundredths of a second each, and for checking only: secrets have no place here.
"""

from hashlib import sha512

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0])
    b = (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * D * one[3] * two[3], 2 * one[2] * two[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def point(raw: bytes) -> Point:
    """Read a point of the curve from 32 bytes. ValueError if it is none."""
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT % P
    sign = raw[31] >> 7
    if len(raw) != 32 or y >= P or (v * x * x - u) % P or (x == 0 and sign):
        raise ValueError("These bytes are no point of the curve.")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    """Say whether the holder of this 32-byte key signed this text."""
    try:
        mine, theirs = point(signature[:32]), point(key)
    except (ValueError, IndexError):
        return False
    number = int.from_bytes(signature[32:], "little")
    hashed = int.from_bytes(sha512(signature[:32] + key + text).digest(), "little") % L
    a, b = times(number, BASE), add(mine, times(hashed, theirs))
    same = all((a[axis] * b[2] - b[axis] * a[2]) % P == 0 for axis in (0, 1))
    return len(signature) == 64 and number < L and same
