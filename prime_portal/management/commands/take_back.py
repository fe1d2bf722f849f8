"""manage.py take_back IMPORT --dry-run | --why TEXT [--by E-MAIL]"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from tqdm import tqdm

from prime_portal import taking_back
from usage import import_desk
from usage.imports import Refused, TakenBack
from usage.management import acting
from usage.models import Import


class Command(BaseCommand):
    help = "Take back a file that was taken in (docs/operations.md). IMPORT is its row's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("imported", type=UUID, metavar="IMPORT")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--dry-run", action="store_true", help="say what would change, only")
        how.add_argument("--why", help="stays on record; name no customer")
        acting.ask_who(parser)

    def handle(
        self, *_args: Any, imported: UUID, why: str | None, by: str | None, **_options: Any
    ) -> None:
        person = acting.who(by)
        row = Import.objects.filter(pk=imported).first()
        if row is None:
            raise CommandError("There is no such import. Its id stands in its page's address.")
        now = timezone.now()
        try:
            if why is None:
                look = taking_back.look(row, at=now)
                self._tell(look.done)
                for one in look.reach.went:
                    name = one.third_party.words.legal_name
                    self.stdout.write(f"went to {name}: {one.disclosures:,} disclosures")
                self.stdout.write("Nothing was changed.")
                return
            if why.strip() and person is None:
                why = f"{why.strip()} ({acting.where(None)})"
            with tqdm(unit=" days", disable=None, leave=False) as bar:
                done = taking_back.take_back(row, by=person, why=why, at=now, progress=bar.update)
        except Refused as refused:
            raise CommandError(f"Nothing was taken back. {refused}") from refused
        self._tell(done)
        self.stdout.write("Taken back.")

    def _tell(self, done: TakenBack) -> None:
        with translation.override("en"):
            for words, count in import_desk.told_back(done.counts):
                self.stdout.write(f"{words}: {count:,}")
