"""PRIME's signature under what it hands out: anyone can check it, nobody else can make it.

Ed25519 (RFC 8032). The key is made from the SIGNING_KEY setting, which no database holds. A new
SIGNING_KEY signs from then on; the public keys before it stay in SIGNED_BEFORE, so that what
was signed with them is still known as ours.

Whoever signs puts its own name in front of the message, so that a signature under one kind of
paper is never one under another.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def sign(message: bytes) -> bytes:
    """Return the signature, 64 bytes. The same message always gets the same."""
    return _private(settings.SIGNING_KEY).sign(message)


def public_key() -> bytes:
    """Return the public half of the key that signs now, 32 bytes."""
    return _private(settings.SIGNING_KEY).public_key().public_bytes_raw()


def known_keys() -> dict[str, bytes]:
    """Return every public key of ours by its id, the one that signs now first."""
    keys = [public_key(), *(bytes.fromhex(key) for key in settings.SIGNED_BEFORE)]
    return {key_id(key): key for key in keys}


def key_id(public: bytes) -> str:
    """Return the short name of a public key: the first 16 hex digits of its SHA-256."""
    return sha256(public).hexdigest()[:16]


def verify(message: bytes, signature: bytes, *, key: bytes) -> bool:
    """Say whether this signature was made under this very message with the key's other half."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=4)
def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(secret.encode()).digest())
