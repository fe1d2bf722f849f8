"""Say whether a receipt is genuine, on a machine with neither database nor network.

    manage.py verify_receipt FILE [--proof PROOF]
    manage.py verify_receipt FILE --key PUBLIC_KEY [--proof PROOF --seal-key NAME+HASH+KEY]

With the proof that the portal hands out it also says whether what the receipt confirms is in the
sealed record. Fails, with a sentence, when PRIME did not sign these very bytes.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from consent import receipt_words, signed_receipts
from prime_portal.ledger import checkpoints, proofs
from prime_portal.ledger.checkpoints import NotOurs, PublicKey
from usage import signing


class Command(BaseCommand):
    help = "Say whether a receipt is genuine and unchanged, and in the sealed record."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", help="A public key, 64 hex digits, instead of those in the settings."
        )
        parser.add_argument("--proof", type=Path, help="The proof that it is in the record.")
        parser.add_argument(
            "--seal-key", help="A key of the seal, NAME+HASH+KEY, instead of those in the settings."
        )

    def handle(
        self,
        *args: Any,
        file: Path,
        key: str | None,
        proof: Path | None,
        seal_key: str | None,
        **options: Any,
    ) -> None:
        keys = signing.known_keys()
        if key is not None:
            if not re.fullmatch(r"[0-9a-f]{64}", key):
                raise CommandError("A public key has 64 hex digits, in small letters.")
            keys = {signing.key_id(bytes.fromhex(key)): bytes.fromhex(key)}
        try:
            checked = signed_receipts.check(_bytes(file), keys=keys)
        except signed_receipts.NotGenuine:
            raise CommandError("Not genuine: PRIME did not sign these very bytes.") from None
        self.stdout.write(f"Genuine, signed with key {checked.key}.")
        if proof:
            self._prove(checked.receipt["ledger"], proof, seal_key)
        self.stdout.write(receipt_words.title_of(checked.receipt))
        for label, values in receipt_words.lines_of(checked.receipt):
            self.stdout.write(f"{label}: {'; '.join(values)}")

    def _prove(self, named: dict[str, Any], file: Path, seal_key: str | None) -> None:
        try:
            keys = [PublicKey.from_text(seal_key)] if seal_key else settings.LEDGER_PUBLIC_KEYS
            found = proofs.check(
                _bytes(file),
                entry_id=named["entry_id"],
                leaf=bytes.fromhex(named["leaf"]),
                keys=keys,
            )
            sealed = checkpoints.read(found.checkpoint, keys)
        except NotOurs as error:
            raise CommandError(str(error)) from None
        except proofs.NotProven:
            raise CommandError("This file does not prove that it is in the record.") from None
        self.stdout.write(
            f"In the sealed record: entry {found.entry_id}, place {found.place} of {found.size}, "
            f"sealed at {sealed.signed_at:%Y-%m-%d %H:%M} UTC, root {found.root.hex()}."
        )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
