"""manage.py import_usage FILE [--agreement NUMBER]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from usage import intake
from usage.management import report


class Command(BaseCommand):
    help = "Take in a file of readings (Green Button XML; docs/feeds.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--agreement",
            metavar="NUMBER",
            help="service account number whose readings these are, whatever its dates",
        )

    def handle(self, *_args: Any, file: Path, agreement: str | None, **_options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        named = None
        if agreement is not None:
            named = intake.find_agreement(agreement)
            if named is None:
                raise CommandError("No agreement has that service account number.")
        with tqdm(unit=" readings", unit_scale=True, disable=None, leave=False) as bar:
            taken = intake.import_readings(
                file,
                agreement=named,
                source="command line",
                by=None,
                at=timezone.now(),
                progress=bar.update,
            )
        report.tell(taken, to=self.stdout)
