"""manage.py freeze"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from usage.frozen import freeze


class Command(BaseCommand):
    help = "Let nothing leave any more; looking, canceling and stopping go on. Two people end it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        freeze()
        self.stdout.write("Frozen. `manage.py reconcile`, then two people at *Restores*, end it.")
