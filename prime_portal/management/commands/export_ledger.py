"""manage.py export_ledger FOLDER [--with-private]"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from prime_portal.ledger import exporting
from prime_portal.models import LedgerEntry


class Command(BaseCommand):
    help = "Write the sealed record into a folder, with what an auditor needs to check it offline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--with-private",
            action="store_true",
            help="with the private texts and their salts: Covered Information, to be kept as such",
        )

    def handle(self, *_args: Any, folder: Path, with_private: bool, **_options: Any) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        with tqdm(
            total=LedgerEntry.objects.count(),
            unit=" entries",
            unit_scale=True,
            leave=False,
            disable=not sys.stderr.isatty(),
        ) as bar:
            size = exporting.export(
                folder,
                keys=settings.LEDGER_PUBLIC_KEYS,
                private=with_private,
                progress=bar.update,
            )
        self.stdout.write(f"{size:,} entries in {folder}; python3 {folder}/verify.py checks them.")
