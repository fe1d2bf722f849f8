"""The tree is that of RFC 6962, as others compute it."""

from hashlib import sha256

import pytest

from prime_portal.ledger import tree

# The leaves and roots the reference implementations of RFC 6962 are tested with.
INPUTS = [
    b"",
    b"\0",
    b"\x10",
    bytes.fromhex("2021"),
    bytes.fromhex("3031"),
    bytes.fromhex("40414243"),
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PROOFS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}


def grown(leaves: list[bytes]) -> tuple[tree.Frontier, dict[tuple[int, int], bytes]]:
    """Return a tree of these leaf hashes, and every complete node of it."""
    frontier = tree.Frontier()
    rows = frontier.extend(leaves)
    return frontier, {
        (level, first + at): node for level, first, row in rows for at, node in enumerate(row)
    }


@pytest.mark.parametrize("size", range(9))
def test_its_roots_are_the_published_ones(size: int) -> None:
    frontier, _ = grown([tree.leaf_hash(data) for data in INPUTS[:size]])
    assert frontier.root().hex() == ROOTS[size]


@pytest.mark.parametrize(("position", "size"), PROOFS)
def test_its_proofs_are_the_published_ones(position: int, size: int) -> None:
    leaves = [tree.leaf_hash(data) for data in INPUTS[:size]]
    _, nodes = grown(leaves)
    path = tree.inclusion_proof(
        position,
        size,
        lambda level, first, count: [nodes[level, first + at] for at in range(count)],
    )
    assert [step.hex() for step in path] == PROOFS[position, size]
    assert tree.root_from(leaves[position], position, size, path) == bytes.fromhex(ROOTS[size])


def test_each_leaf_is_proved_in_trees_of_every_size_and_no_other_leaf_is() -> None:
    leaves = [sha256(bytes([number, 1])).digest() for number in range(70)]
    _, nodes = grown(leaves)

    def kept(level: int, first: int, count: int) -> list[bytes]:
        assert level % tree.KEPT_EVERY == 0
        return [nodes[level, first + at] for at in range(count)]

    for size in (1, 2, 3, 31, 32, 33, 64, 65, 70):
        root = grown(leaves[:size])[0].root()
        for position in range(size):
            path = tree.inclusion_proof(position, size, kept)
            assert tree.root_from(leaves[position], position, size, path) == root
            other = leaves[(position + 1) % size]
            assert size == 1 or tree.root_from(other, position, size, path) != root
            assert tree.root_from(leaves[position], position, size, [*path, root]) is None
            assert not path or tree.root_from(leaves[position], position, size, path[:-1]) != root


@pytest.mark.parametrize("pieces", [[40], [1] * 40, [21, 19], [16, 24], [3, 0, 4, 32, 1]])
def test_a_tree_grows_piece_by_piece_to_the_same_nodes(pieces: list[int]) -> None:
    leaves = [sha256(bytes([number])).digest() for number in range(40)]
    whole, nodes = grown(leaves)
    frontier, found = tree.Frontier(), {}
    for size in pieces:
        edge = tree.Frontier(frontier.size, frontier.peaks)
        for level, first, row in edge.extend(leaves[edge.size : edge.size + size]):
            found |= {(level, first + at): node for at, node in enumerate(row)}
        frontier = edge
    assert (frontier.size, frontier.peaks, frontier.root()) == (40, whole.peaks, whole.root())
    assert found == nodes
