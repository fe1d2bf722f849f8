"""manage.py check_notice: is the notice in force still true? For cron and for people."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from prime_portal.compliance import notice_drift


class Command(BaseCommand):
    help = "Compare the notice in force with what the portal does (6.1); fails on a difference."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = notice_drift(on=timezone.localdate())
        for sentence in found.outdated:
            self.stdout.write(f"outdated: {sentence}")
        if found.unsaid:
            raise CommandError(
                "The notice in force does not say what PRIME does:\n"
                + "\n".join(f"  {sentence}" for sentence in found.unsaid)
            )
        self.stdout.write("The notice in force says what PRIME does.")
