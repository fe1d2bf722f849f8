"""manage.py restore_drill --by EMAIL [--backup FILE] [--journal FOLDER] [--programs FOLDER]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from prime_portal import drilling


class Command(BaseCommand):
    help = "Restore a backup into a database of its own, set it right, and compare; fails aloud."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="the e-mail of whoever holds the drill")
        parser.add_argument(
            "--backup", type=Path, help="a file of pg_dump --format=custom; else one is made"
        )
        parser.add_argument(
            "--journal", type=Path, default=settings.JOURNAL_DIR or None, help="JOURNAL_DIR"
        )
        parser.add_argument("--programs", type=Path, help="the folder of pg_dump and pg_restore")

    def handle(
        self,
        *_args: Any,
        by: str,
        backup: Path | None,
        journal: Path | None,
        programs: Path | None,
        **_options: Any,
    ) -> None:
        try:
            row, held = drilling.drill(
                backup=backup,
                journal=journal,
                by=by,
                at=timezone.now(),
                programs=programs,
                say=self.stdout.write,
            )
        except drilling.CannotBeDrilled as error:
            raise CommandError(str(error)) from None
        if held.faults:
            raise CommandError("\n".join(["The drill failed:", *held.faults]))
        self.stdout.write(
            f"Passed in {row.seconds} s: frozen, nothing revived, nothing sent again."
        )
