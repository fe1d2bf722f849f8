"""The receipt as a file: one way to write it, signed, and checked byte for byte.

    {"receipt": {…}, "signature": {"algorithm", "key", "signed", "value"}}

What is signed is the line PRIME-RECEIPT-1, a line feed, and the receipt alone as JSON in UTF-8
without blanks, its names sorted. The file around it is written in one way only, so a file that
was changed in any byte is no receipt of ours, even where the change says nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from usage import signing

KIND = "PRIME-RECEIPT-1"
AT_MOST = 64 * 1024


class NotGenuine(Exception):
    """PRIME did not sign this, or it was changed since."""


@dataclass(frozen=True)
class Checked:
    """A receipt that is genuine: what it says, and the id of the key that signed it."""

    receipt: dict[str, Any]
    key: str


def write(receipt: dict[str, Any]) -> bytes:
    """Return the signed file."""
    key = signing.key_id(signing.public_key())
    return _file(receipt, key, signing.sign(_signed(receipt)))


def check(content: bytes, *, keys: dict[str, bytes]) -> Checked:
    """Return what a genuine receipt says, or raise NotGenuine. keys: public keys by their id."""
    try:
        whole = json.loads(content[: AT_MOST + 1])
        receipt, key = whole["receipt"], str(whole["signature"]["key"])
        value = bytes.fromhex(whole["signature"]["value"])
        same = content == _file(receipt, key, value)
        genuine = same and signing.verify(_signed(receipt), value, key=keys[key])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotGenuine from None
    if not genuine:
        raise NotGenuine
    return Checked(receipt, key)


def read(content: bytes) -> dict[str, Any]:
    """Return what one of our own receipts says."""
    receipt: dict[str, Any] = json.loads(content)["receipt"]
    return receipt


def _signed(receipt: Any) -> bytes:
    alone = json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{KIND}\n{alone}".encode()


def _file(receipt: Any, key: str, value: bytes) -> bytes:
    signature = {"algorithm": "Ed25519", "key": key, "signed": KIND, "value": value.hex()}
    whole = {"receipt": receipt, "signature": signature}
    return (json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
