"""manage.py import_file FILE... [--format F] [--agreement NUMBER] [--sender KEY] [--by E-MAIL]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from usage import intake
from usage.management import report, taking


class Command(BaseCommand):
    help = "Take in files of any format the portal knows; it is found out (docs/feeds.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
        parser.add_argument("--format", choices=intake.FORMATS, help="where it is not found out")
        taking.ask_for_readings(parser)
        taking.ask_how(parser)

    def handle(self, *_args: Any, files: list[Path], **options: Any) -> None:
        for file in files:
            self.stdout.write(f"{file.name}:")
            taken = taking.take(
                file,
                among=intake.FORMATS,
                format=options["format"],
                agreement=options["agreement"],
                sender=options["sender"],
                by=options["by"],
                dry_run=options["dry_run"],
            )
            report.tell(taken, to=self.stdout)
