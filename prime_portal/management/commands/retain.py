"""manage.py retain [--dry-run] [--schedule TEXT]"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from prime_portal import heartbeats, retention
from usage.models import Hold
from usage.retention import Counts, NoSchedule, disputed


class Command(BaseCommand):
    help = "Let go of what is older than its period in the notice (usage/retention.py)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument(
            "--schedule",
            default=settings.RETENTION_SCHEDULE,
            help="the records schedule the City Council approved, such as a resolution's number",
        )

    def handle(self, *_args: Any, dry_run: bool, schedule: str, **_options: Any) -> None:
        now = timezone.now()
        today = timezone.localdate(now)
        longer = retention.shortened(on=today)
        for category, day in retention.cutoffs(on=today).items():
            self.stdout.write(f"{category}: kept from {day}")
            if category in longer:
                shown, ours = longer[category]
                self.stdout.write(f"  as the notice in force says {shown} months, not {ours}")
        self.stdout.write(f"holds in force: {Hold.objects.in_force().count()}")
        self.stdout.write(f"disputes and complaints open: {len(disputed())}")
        self.stdout.write(f"demands open: {len(retention.demanded())}")
        if dry_run:
            self._tell(retention.look(at=now), "would go")
            self._list(retention.kept_back(at=now), "kept back by them")
            return
        try:
            done = retention.run(schedule=schedule, by=None, at=now)
        except NoSchedule as error:
            raise CommandError(f"{error} (--schedule, or RETENTION_SCHEDULE)") from None
        heartbeats.worked("prime_portal.retain")
        self._tell(done.counts or {}, "gone")

    def _tell(self, counts: Counts, how: str) -> None:
        self._list(counts, how)
        if not counts:
            self.stdout.write("Nothing is older than its period.")

    def _list(self, counts: Counts, how: str) -> None:
        for category, rows in counts.items():
            for what, number in rows.items():
                self.stdout.write(f"{category}, {what}: {number:,} {how}")
