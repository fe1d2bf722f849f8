"""manage.py import_usage FILE [--agreement NUMBER] [--sender KEY] [--by E-MAIL]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from usage import intake
from usage.management import report, taking


class Command(BaseCommand):
    help = "Take in a file of readings: Green Button XML, SCE's CSV or CMEP (docs/feeds.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        taking.ask_for_readings(parser)
        taking.ask_how(parser)

    def handle(self, *_args: Any, file: Path, **options: Any) -> None:
        taken = taking.take(
            file,
            among=intake.OF_READINGS,
            agreement=options["agreement"],
            sender=options["sender"],
            by=options["by"],
            dry_run=options["dry_run"],
        )
        report.tell(taken, to=self.stdout)
