"""manage.py fields"""

from __future__ import annotations

import csv
from typing import Any

from django.core.management.base import BaseCommand

from prime_portal import field_register


class Command(BaseCommand):
    help = "Print the field register as CSV: whose, what for, how long, and what may be logged."

    def handle(self, *_args: Any, **_options: Any) -> None:
        out = csv.writer(self.stdout)
        out.writerow(["table", "column", "category", "purpose", "kept", "in logs"])
        for entry in field_register.entries():
            out.writerow(
                [entry.table, entry.column, entry.category, entry.purpose, entry.kept, entry.log]
            )
