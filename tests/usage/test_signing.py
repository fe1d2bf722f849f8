"""What PRIME signs anyone can check, and nobody can change."""

from __future__ import annotations

from typing import Any

import pytest

from usage import signing

MESSAGE = b"prime receipt v1\nsome words"


@pytest.mark.parametrize("at", range(len(MESSAGE)))
def test_a_changed_byte_is_not_what_was_signed(at: int) -> None:
    signature = signing.sign(MESSAGE)
    assert signing.verify(MESSAGE, signature, key=signing.public_key())
    changed = bytearray(MESSAGE)
    changed[at] ^= 1
    assert not signing.verify(bytes(changed), signature, key=signing.public_key())


@pytest.mark.parametrize("at", range(64))
def test_a_changed_signature_is_none(at: int) -> None:
    signature = bytearray(signing.sign(MESSAGE))
    signature[at] ^= 1
    assert not signing.verify(MESSAGE, bytes(signature), key=signing.public_key())


def test_a_signature_cut_short_or_a_key_that_is_none_is_no() -> None:
    assert not signing.verify(MESSAGE, signing.sign(MESSAGE)[:-1], key=signing.public_key())
    assert not signing.verify(MESSAGE, signing.sign(MESSAGE), key=b"short")


def test_what_an_earlier_key_signed_is_still_known_as_ours(settings: Any) -> None:
    earlier, signature = signing.public_key(), signing.sign(MESSAGE)
    settings.SIGNING_KEY = "another-key-another-key-another-key-9"
    assert earlier not in signing.known_keys().values()
    settings.SIGNED_BEFORE = [earlier.hex()]
    assert list(signing.known_keys().values()) == [signing.public_key(), earlier]
    key = signing.known_keys()[signing.key_id(earlier)]
    assert signing.verify(MESSAGE, signature, key=key)
    assert not signing.verify(MESSAGE, signature, key=signing.public_key())


def test_it_is_plain_ed25519_that_any_library_checks() -> None:
    """RFC 8032, 7.1, test 2."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signing.verify(b"\x72", signature, key=public)
