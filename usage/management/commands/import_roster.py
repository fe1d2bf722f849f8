"""manage.py import_roster FILE [--by E-MAIL]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from usage.feeds.detection import ROSTER
from usage.management import report, taking


class Command(BaseCommand):
    help = "Take in a roster: who is served where (docs/feeds.md). Whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        taking.ask_how(parser)

    def handle(self, *_args: Any, file: Path, **options: Any) -> None:
        how = {name: options[name] for name in ("by", "dry_run")}
        report.tell(taking.take(file, among=[ROSTER], **how), to=self.stdout)
