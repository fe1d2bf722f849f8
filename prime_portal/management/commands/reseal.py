"""manage.py reseal"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prime_portal import resealing


class Command(BaseCommand):
    help = "Seal with FIELD_KEY what FIELD_KEYS_BEFORE sealed; fails while anything stays behind."

    def handle(self, *_args: Any, **_options: Any) -> None:
        closed = 0
        for found in resealing.reseal():
            name = found.place.model._meta.verbose_name_plural
            self.stdout.write(f"{name}: {found.held:,} held, {found.done:,} sealed anew")
            closed += found.closed
        if closed:
            raise CommandError(
                f"{closed:,} were opened by none of the keys. Keep FIELD_KEYS_BEFORE, and add the "
                "key they were sealed with."
            )
        self.stdout.write("FIELD_KEYS_BEFORE can go once web, worker and beat were restarted.")
