"""manage.py import_roster FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from usage import intake
from usage.management import report


class Command(BaseCommand):
    help = "Take in a roster: who is served where (docs/feeds.md). Whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        taken = intake.import_roster(file, source="command line", by=None, at=timezone.now())
        report.tell(taken, to=self.stdout)
