"""manage.py demo_city: the made-up city of the demo, the same every time but for today's date."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from prime_portal.city import building
from prime_portal.city.cast import SEED, Calendar, flaws, lines_and_loads
from prime_portal.city.story import Story
from prime_portal.devstack import folders
from usage.models import Customer


class Command(BaseCommand):
    help = "Load the demo city: people, readings, notices, authorizations; sign-ins to city.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=200)

    def handle(self, *_args: Any, customers: int, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up people do not belong into a production database.")
        if Customer.objects.exists():
            raise CommandError("There are customers in this database already.")
        when = Calendar(timezone.now())
        lines, loads = lines_and_loads(max(customers, 10), when)
        days = (when.yesterday - when.first).days + 1
        with self._progress(len(loads) * days) as bar:
            building.build(
                lines,
                loads,
                seed=SEED,
                first=when.first,
                last=when.yesterday,
                at=when.ago(420),
                flaws=flaws(when, lines),
                progress=bar.update,
            )
        self.stdout.write(f"{len(lines)} agreements, readings since {when.first}")
        story = Story(when)
        story.tell()
        facts = {
            "sign_ins": [sign_in.as_json() for sign_in in story.sign_ins],
            "claims": story.claims(),
            "recipients": story.recipients,
        }
        folder = Path(os.environ.get("DEMO_DIR") or settings.BASE_DIR / ".dev")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders.write_json(folder / "city.json", facts)
        self.stdout.write("notices, authorizations and disclosures of the past year")

    def _progress(self, days: int) -> tqdm[Any]:
        """A bar in a terminal; for the demo, which reads lines, a line every few seconds."""
        if sys.stderr.isatty():
            return tqdm(total=days, unit=" days", unit_scale=True, leave=False)
        return tqdm(
            total=days,
            unit=" days",
            unit_scale=True,
            file=_Lines(self.stdout.write),
            mininterval=2,
            bar_format="readings {percentage:3.0f} %",
            leave=False,
        )


class _Lines:
    """A place for a bar to write to, where each of its states is a line of its own."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def write(self, text: str) -> None:
        if line := text.strip():
            self._write(line)

    def flush(self) -> None:
        """Each line is out as it is written."""
