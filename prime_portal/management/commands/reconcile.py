"""manage.py reconcile --by EMAIL [--journal FOLDER] [--receipt FILE …] [--accepted FILE …]"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consent.signed_receipts import NotGenuine
from notices import mail
from prime_portal import reconciling
from prime_portal.ledger import verifying
from prime_portal.models import User
from prime_portal.restores import Refused


class Command(BaseCommand):
    help = "Set a restored database right with what was kept elsewhere; it stays frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="the e-mail of whoever does this")
        parser.add_argument(
            "--journal", type=Path, default=settings.JOURNAL_DIR or None, help="JOURNAL_DIR"
        )
        parser.add_argument("--no-journal", action="store_true", help="there is none any more")
        parser.add_argument(
            "--receipt",
            action="append",
            type=Path,
            default=[],
            help="a signed receipt a customer holds; a cancel in it is done again",
        )
        parser.add_argument(
            "--accepted",
            action="append",
            type=Path,
            default=[],
            help="a log of the mail relay, with the Message-IDs it took after the backup",
        )
        parser.add_argument("--json", action="store_true", help="one line, for a program")

    def handle(
        self,
        *_args: Any,
        by: str,
        journal: Path | None,
        no_journal: bool,
        receipt: list[Path],
        accepted: list[Path],
        json: bool,
        **_options: Any,
    ) -> None:
        who = User.objects.filter(email__iexact=by, is_staff=True, is_active=True).first()
        if who is None:
            raise CommandError("--by must be the e-mail of somebody of the staff.")
        if not no_journal and (journal is None or not journal.is_dir()):
            raise CommandError(f"There is no journal in {journal}. (--journal, --no-journal)")
        self._whole()
        try:
            restore, found = reconciling.reconcile(
                None if no_journal else journal,
                receipts=[path.read_bytes() for path in receipt],
                accepted=[key for path in accepted for key in _keys(path)],
                by=who,
                at=timezone.now(),
            )
        except (Refused, OSError) as error:
            raise CommandError(str(error)) from None
        except NotGenuine:
            raise CommandError("One of the receipts is not genuine; nothing was changed.") from None
        if json:
            self.stdout.write(_as_json({**restore.facts, "until": found.until}))
            return
        self._tell(restore, found)

    def _whole(self) -> None:
        """A record that was tampered with is no ground to set anything right on."""
        report = verifying.verify(keys=settings.LEDGER_PUBLIC_KEYS, at=timezone.now())
        if report.faults:
            raise CommandError("\n".join(["The restored record is damaged:", *report.faults[:20]]))

    def _tell(self, restore: Any, found: reconciling.Found) -> None:
        after = (restore.known_size or restore.backup_size) - restore.backup_size
        lost = (
            f"{after:,} more are known, up to {restore.known_until}" if after else "none was lost"
        )
        self.stdout.write(f"The record holds {restore.backup_size:,} sealed entries; {lost}.")
        for table, rows in sorted(found.again.items()):
            self.stdout.write(f"{table}: {rows:,} written again")
        for table, rows in sorted(found.stamped.items()):
            self.stdout.write(f"{table}: {rows:,} stamped again")
        self.stdout.write(
            f"{found.receipts} canceled by receipts, {found.relay} known as sent by the relay's "
            f"log, {found.welcomed} newcomers known as welcomed, {found.signed_out} signed out."
        )
        for table, ids in sorted(found.people.items()):
            self.stdout.write(f"{table}: {len(ids):,} left to people")
            for row in ids:
                self.stdout.write(f"  {row}")
        self.stdout.write("Still frozen: see to what is left, then two people at *Restores*.")


def _keys(path: Path) -> list[Any]:
    with path.open(encoding="utf-8", errors="replace") as file:
        return [key for key in map(mail.key_in, file) if key is not None]


def _as_json(facts: Any) -> str:
    return json.dumps(facts)
