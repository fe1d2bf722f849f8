"""Say whether a receipt is genuine, on a machine with neither database nor network.

    manage.py verify_receipt FILE
    manage.py verify_receipt FILE --key PUBLIC_KEY

Fails, with a sentence, when PRIME did not sign these very bytes.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent import receipt_words, signed_receipts
from usage import signing


class Command(BaseCommand):
    help = "Say whether a receipt is genuine and unchanged."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", help="A public key, 64 hex digits, instead of those in the settings."
        )

    def handle(self, *args: Any, file: Path, key: str | None, **options: Any) -> None:
        keys = signing.known_keys()
        if key is not None:
            if not re.fullmatch(r"[0-9a-f]{64}", key):
                raise CommandError("A public key has 64 hex digits, in small letters.")
            keys = {signing.key_id(bytes.fromhex(key)): bytes.fromhex(key)}
        try:
            checked = signed_receipts.check(file.read_bytes(), keys=keys)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except signed_receipts.NotGenuine:
            raise CommandError("Not genuine: PRIME did not sign these very bytes.") from None
        self.stdout.write(f"Genuine, signed with key {checked.key}.")
        self.stdout.write(receipt_words.title_of(checked.receipt))
        for label, values in receipt_words.lines_of(checked.receipt):
            self.stdout.write(f"{label}: {'; '.join(values)}")
