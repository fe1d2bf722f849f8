"""python3 verify_receipt.py RECEIPT PROOF KEY ...: check a receipt, and that the record holds it.

RECEIPT and PROOF are the files the portal hands out. Each KEY is a public key: 64 hexadecimal
digits for receipts, NAME+HASH+KEY for the seal on the record. Take them from where you trust them,
such as an old letter or the page you kept. Needs no network, Python 3.11 and nothing else; where
the package `cryptography` is not installed, ed25519.py must lie beside this file.

A receipt is signed: PRIME-RECEIPT-1, a line feed, and the receipt as JSON without blanks, its names
sorted. It names an entry of the record and its leaf. The proof leads from that leaf, hash by hash,
to the root of the record's Merkle tree (RFC 6962, 2.1.1), and that root is in a signed checkpoint.
"""

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    QUICK = True
except ImportError:
    QUICK = False

PARTS = ["checkpoint", "entry_id", "kind", "leaf", "path", "place", "root", "size"]


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    if not QUICK:
        import ed25519  # type: ignore[import-not-found]

        return bool(ed25519.is_signed(key, text, signature))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def as_file(facts: Any) -> bytes:
    """The one way the portal writes a file; one that is written otherwise was changed."""
    return (json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def is_genuine(receipt: Any, content: bytes, key: bytes) -> bool:
    alone = json.dumps(
        receipt["receipt"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    value = receipt["signature"]["value"]
    signature = {
        "algorithm": "Ed25519",
        "key": sha256(key).hexdigest()[:16],
        "signed": "PRIME-RECEIPT-1",
        "value": value,
    }
    whole = as_file({"receipt": receipt["receipt"], "signature": signature})
    return content == whole and is_signed(
        key, f"PRIME-RECEIPT-1\n{alone}".encode(), bytes.fromhex(value)
    )


def signed_tree(note: str, key: str) -> tuple[int, bytes] | None:
    """Return the size and root of a checkpoint that this key signed."""
    name, hashed, encoded = key.split("+", 2)
    text, _, line = note.partition("\n\n")
    blob = b64decode(line.rpartition(" ")[2])
    raw = b64decode(encoded)[1:]
    whole = f"{text}\n\n— {name} {b64encode(blob).decode()}\n"
    if note != whole or blob[:4].hex() != hashed or not text.startswith(f"{name}\n"):
        return None
    if not is_signed(raw, f"{text}\n".encode(), blob[4:]):
        return None
    return int(text.split("\n")[1]), b64decode(text.split("\n")[2])


def root_from(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path leads to from a leaf; None if it has the wrong length."""
    last, root, rest = size - 1, leaf, list(path)
    if not 0 <= place <= last:
        return None
    while last:
        if place & 1 or place < last:
            if not rest:
                return None
            step = rest.pop(0)
            root = sha256(b"\1" + (step + root if place & 1 else root + step)).digest()
        place, last = place >> 1, last >> 1
    return None if rest else root


def check(receipt: bytes, proof: bytes, keys: list[str]) -> Iterator[str]:
    """Say each thing that is wrong."""
    try:
        told, shown = json.loads(receipt), json.loads(proof)
        ours = [bytes.fromhex(key) for key in keys if "+" not in key]
        if not any(is_genuine(told, receipt, key) for key in ours):
            yield "The receipt is not genuine: none of these keys signed these very bytes."
        named = told["receipt"]["ledger"]
        path = [bytes.fromhex(step) for step in shown["path"]]
        known = sorted(shown) == PARTS and shown["kind"] == "PRIME-INCLUSION-1"
        if not known or proof != as_file({**shown, "path": [step.hex() for step in path]}):
            yield "The proof is not as the portal writes it."
        if (shown["entry_id"], shown["leaf"]) != (named["entry_id"], named["leaf"]):
            yield "The proof is of another entry than the receipt names."
        root = root_from(bytes.fromhex(shown["leaf"]), shown["place"], shown["size"], path)
        if root is None or root.hex() != shown["root"]:
            yield "The path does not lead from the leaf to the root."
        trees = [signed_tree(shown["checkpoint"], key) for key in keys if "+" in key]
        if (shown["size"], bytes.fromhex(shown["root"])) not in trees:
            yield "None of these keys signed this root."
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        yield "One of the files cannot be read."


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        files = [Path(name).read_bytes() for name in sys.argv[1:3]]
    except OSError as error:
        sys.exit(f"A file you named cannot be read: {error}")
    found = list(check(files[0], files[1], sys.argv[3:]))
    print("\n".join(found or ["Genuine, and in the sealed record."]))
    sys.exit(bool(found))
