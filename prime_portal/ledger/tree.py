"""The Merkle tree of RFC 6962 (2.1): a few pure functions over SHA-256.

Leaves are numbered from 0. A *node* (level, number) is the root of the complete subtree over
the leaves from number·2^level on; level 0 is the leaves. Hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
Nodes = Callable[[int, int, int], Sequence[bytes]]


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """A growing tree, of which only the right edge is held: one hash for each 1 bit of its size."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """peaks: the roots of its complete subtrees, largest first."""
        if len(peaks) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} complete subtrees.")
        self.size = size
        self.peaks = list(peaks)

    def extend(self, leaves: Sequence[bytes]) -> list[tuple[int, int, Sequence[bytes]]]:
        """Add leaf hashes. Returns what they completed, a row a level from 0 up: the level, the
        number of its first node, the nodes."""
        ones = (level for level in reversed(range(64)) if self.size >> level & 1)
        edge = dict(zip(ones, self.peaks, strict=True))
        level, first, row = 0, self.size, leaves
        self.size, self.peaks = self.size + len(leaves), []
        completed = []
        while row or edge:
            completed.append((level, first, row))
            if left := edge.pop(level, None):
                first, row = first - 1, [left, *row]
            if len(row) % 2:
                self.peaks.insert(0, row[-1])
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [sha256(b"\1" + one + two).digest() for one, two in pairs]
            level, first = level + 1, first >> 1
        return completed

    def root(self) -> bytes:
        return fold(self.peaks)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, largest first."""
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = join(peak, root)
    return root


def inclusion_proof(position: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from one leaf to the root of the first `size` leaves.

    nodes(level, first, count) reads that many nodes of one level, in order.
    """
    if not 0 <= position < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {position}.")
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if position < middle:
            path.append(_root_between(middle, last, nodes))
            last = middle
        else:
            path.append(_root_between(first, middle, nodes))
            first = middle
    return path[::-1]


def root_from(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root a proof leads to, None if it has the wrong length for this leaf.

    The leaf is in the tree if this is the root that was signed.
    """
    if not 0 <= position < size:
        return None
    last, root, rest = size - 1, leaf, list(path)
    while last:
        if position & 1 or position < last:
            if not rest:
                return None
            step = rest.pop(0)
            root = join(step, root) if position & 1 else join(root, step)
        position, last = position >> 1, last >> 1
    return None if rest else root


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _root_between(first: int, last: int, nodes: Nodes) -> bytes:
    """Return the root over the leaves from `first` to before `last`; `first` is where RFC 6962
    splits, so each complete part of it is a node."""
    return fold([_node(level, number, nodes) for level, number in _parts(first, last)])


def _parts(first: int, last: int) -> Iterator[tuple[int, int]]:
    while first < last:
        level = (last - first).bit_length() - 1
        yield level, first >> level
        first += 1 << level


def _node(level: int, number: int, nodes: Nodes) -> bytes:
    """Return one node, made from the nearest level below it that is kept (every eighth)."""
    up = level % KEPT_EVERY
    row = list(nodes(level - up, number << up, 1 << up))
    while len(row) > 1:
        row = [join(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


# The levels whose nodes are kept: with every eighth, a proof in a tree of a million leaves
# reads a few hundred hashes, and what is kept is a 255th of the leaves.
KEPT_EVERY = 8
