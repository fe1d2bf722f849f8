"""Signed checkpoints: how large the record was at a moment, and its root, in a few lines of text.

A checkpoint is a signed note (C2SP signed-note and tlog-checkpoint), so that tools that others
wrote can read it:

    portal.prime.example/ledger        who keeps this record
    1234                               entries
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB…   the root over all of them, base64
    2026-11-26T11:00:00Z               when it was signed

    — portal.prime.example/ledger base64(key hash, Ed25519 signature)
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from usage import signing

ED25519 = b"\1"


class NotOurs(ValueError):
    """A text is no checkpoint of this record; the sentence says why."""


@dataclass(frozen=True)
class PublicKey:
    """One key checkpoints are checked with: written as name+hash+key, see `from_text`."""

    name: str
    raw: bytes

    @property
    def hash(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(ED25519 + self.raw).decode()}"

    @classmethod
    def from_text(cls, text: str) -> PublicKey:
        """Read NAME+HASH+KEY. NotOurs if it is anything else, or its hash is not its own."""
        try:
            name, hashed, encoded = text.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NotOurs("A public key is written as name+hash+key.") from None
        key = cls(name, raw[1:])
        if not name or raw[:1] != ED25519 or len(raw) != 33 or key.hash.hex() != hashed:
            raise NotOurs("This is no Ed25519 public key with its hash.")
        return key


@dataclass(frozen=True)
class SigningKey:
    """The secret half; the web process never has it."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def from_text(cls, text: str, *, name: str) -> SigningKey:
        """Read the base64 of 32 bytes."""
        try:
            seed = base64.b64decode(text, validate=True)
        except binascii.Error:
            seed = b""
        if len(seed) != 32:
            raise NotOurs("A signing key is the base64 of 32 random bytes.")
        return cls(name, seed)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.name, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def sign(self, size: int, root: bytes, *, at: datetime) -> str:
        """Return the signed note for a tree."""
        text = (
            f"{self.name}\n{size}\n{base64.b64encode(root).decode()}\n"
            f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        )
        signature = self.public.hash + self._private.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """What a note says, once its signature was found good."""

    size: int
    root: bytes
    signed_at: datetime
    key: PublicKey


def read(note: str, keys: list[PublicKey]) -> Checkpoint:
    """Check a note's signature and read it. NotOurs if none of these keys signed it."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        for key in keys:
            if _signed_by(key, line, text):
                return _parse(text, key)
    raise NotOurs("No known key signed this checkpoint.")


def _signed_by(key: PublicKey, line: str, text: str) -> bool:
    start = f"— {key.name} "
    if not line.startswith(start):
        return False
    try:
        blob = base64.b64decode(line.removeprefix(start), validate=True)
    except binascii.Error:
        return False
    if line != start + base64.b64encode(blob).decode():
        return False  # its last sign has bits that say nothing
    return blob[:4] == key.hash and signing.verify(text.encode(), blob[4:], key=key.raw)


def _parse(text: str, key: PublicKey) -> Checkpoint:
    try:
        origin, size, root, at = text.splitlines()
        if origin != key.name:
            raise NotOurs(f"This checkpoint is of another record: {origin}.")
        return Checkpoint(
            int(size), base64.b64decode(root, validate=True), datetime.fromisoformat(at), key
        )
    except (ValueError, binascii.Error) as error:
        if isinstance(error, NotOurs):
            raise
        raise NotOurs("This signed text is no checkpoint.") from None
