"""manage.py erase_about CUSTOMER --reason TEXT --clause TEXT --by EMAIL"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from prime_portal import erasing
from prime_portal.models import User
from usage.models import Customer


class Command(BaseCommand):
    help = "Take every private text about a customer out of evidence, for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", type=UUID, help="her id, as the address of her page has it")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--clause", required=True, help="by what right, such as 5.2")
        parser.add_argument("--by", required=True, help="the e-mail of whoever decided it")

    def handle(
        self, *_args: Any, customer: UUID, reason: str, clause: str, by: str, **_options: Any
    ) -> None:
        who = User.objects.filter(email__iexact=by, is_staff=True, is_active=True).first()
        about = Customer.objects.filter(pk=customer).first()
        if who is None or not who.has_perm("prime_portal.add_erasure"):
            raise CommandError("--by must be somebody of the staff who may erase.")
        if about is None:
            raise CommandError("There is no such customer.")
        swept = erasing.erase_about(about, reason=reason, clause=clause, by=who, at=timezone.now())
        self.stdout.write(
            f"Texts of {swept.erased:,} rows erased; {swept.refused:,} on hold or still in use."
        )
        if swept.others:
            self.stdout.write("About others too, so somebody has to look at them (Mark or erase):")
            for one in swept.others:
                self.stdout.write(f"    {one}")
