"""python3 verify.py [CHECKPOINT_FILE ...]: check this copy of the record. Needs no network.

Name checkpoints you kept from earlier (a mail, a letter, the public page): only they show a
record that was cut back, or written anew. What it needs and what it shows stands in README.txt.
"""

import json
import re
import sys
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    QUICK = True
except ImportError:
    QUICK = False

LINE = re.compile(rb'{"place":(\d+),"id":(\d+),"at":"([^"]*)","kind":"([^"]*)","body":({.*})}\n')


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    if not QUICK:
        import ed25519  # type: ignore[import-not-found]

        return bool(ed25519.is_signed(key, text, signature))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def read(note: str, keys: list[str], *, whole: bool) -> tuple[int, bytes] | None:
    """Return a checkpoint's size and root; None if, looked at as a whole, no key signed it."""
    text, _, signatures = note.rpartition("\n\n")
    for name, _, key in (line.split("+", 2) for line in keys):
        for line in signatures.splitlines():
            signature = b64decode(line.rpartition(" ")[2])[4:]
            signed = not whole or is_signed(b64decode(key)[1:], f"{text}\n".encode(), signature)
            if signed and text.startswith(f"{name}\n"):
                return int(text.split("\n")[1]), b64decode(text.split("\n")[2])
    return None


def root(peaks: list[bytes]) -> bytes:
    whole = peaks[-1]
    for peak in peaks[-2::-1]:
        whole = sha256(b"\1" + peak + whole).digest()
    return whole


def check(folder: Path, older: list[str]) -> Iterator[str]:
    """Say what was read, then each thing that is wrong."""
    held: dict[int, list[tuple[str, bytes]]] = {}
    peaks: list[bytes] = []
    private, size, closed, last = {}, 0, 0, 0
    keys = (folder / "keys.txt").read_text(encoding="utf-8").split()
    inside = [json.loads(line)["note"] for line in lines(folder, "checkpoints")]
    notes = [("A checkpoint", note, QUICK or note is inside[-1]) for note in inside]
    for name, note, whole in [*notes, *(("Your checkpoint", note, True) for note in older)]:
        if signed := read(note, keys, whole=whole):
            held.setdefault(signed[0], []).append((name, signed[1]))
            last = last if name[0] == "Y" else signed[0]
        else:
            yield f"{name} is signed by none of the keys: {note.split()[1:2]}"
    for part in map(json.loads, lines(folder, "private")):
        opened = bytes.fromhex(part["salt"]) + part["text"].encode()
        private[part["entry"], part["field"]] = sha256(opened).hexdigest()
    for line in lines(folder, "entries"):
        entry = LINE.fullmatch(line)
        if not entry:
            yield f"Line {size + 1} of entries.ndjson is not as the portal writes it."
            break
        place, number, _at, _kind, body = entry.groups()
        if int(place) != size:
            yield f"Place {size} is empty, or entry {int(number)} was moved."
        for before, after in pairwise(body.split(b'": "sha256:')):
            field, hashed = before.rpartition(b'"')[2].decode(), after[:64].decode()
            closed += (int(number), field) not in private
            if private.get((int(number), field), hashed) != hashed:
                yield f"Entry {int(number)}: {field} is not what was written."
        node = sha256(b"\0" + b"\n".join(entry.groups()[1:])).digest()
        level = size
        while level & 1:
            node, level = sha256(b"\1" + peaks.pop() + node).digest(), level >> 1
        peaks.append(node)
        size += 1
        for name, signed_root in held.pop(size, ()):
            if signed_root != root(peaks):
                yield f"{name} does not fit the first {size} entries: one was edited or moved."
    for number, rest in held.items():
        yield from (f"{name} is of {number} entries: the record was cut back." for name, _ in rest)
    if size > last:
        yield f"No checkpoint covers the last {size - last} entries."
    print(f"{size:,} entries, {closed:,} private values unopenable.")


def lines(folder: Path, name: str) -> Iterator[bytes]:
    if (folder / f"{name}.ndjson").exists():
        with (folder / f"{name}.ndjson").open("rb") as file:
            yield from file


if __name__ == "__main__":
    try:
        kept = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"A file you named is no checkpoint: {error}")
    found = list(check(Path(__file__).parent, kept))
    print("\n".join(found or ["Nothing was changed."]))
    sys.exit(bool(found))
