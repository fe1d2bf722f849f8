"""python -m prime_portal.ledger.keys NAME: make the pair of keys checkpoints are signed with.

NAME says whose record it is, such as portal.prime.example/ledger. Needs no settings.
"""

from __future__ import annotations

import base64
import re
import secrets
import sys

from prime_portal.ledger.checkpoints import SigningKey


def new(name: str) -> dict[str, str]:
    """Return LEDGER_SIGNING_KEY, for the worker alone, and LEDGER_PUBLIC_KEYS, for everybody."""
    seed = secrets.token_bytes(32)
    return {
        "LEDGER_SIGNING_KEY": base64.b64encode(seed).decode(),
        "LEDGER_PUBLIC_KEYS": str(SigningKey(name, seed).public),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"[^\s+]+", sys.argv[1]):
        raise SystemExit(__doc__)
    for variable, value in new(sys.argv[1]).items():
        print(f"{variable}={value}")
