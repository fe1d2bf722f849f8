"""Send a third party what one authorization lets it have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from consent import disclosures, proposals
from consent.models import Authorization


class Command(BaseCommand):
    help = "Disclose what an authorization permits; refused and recorded when nothing permits it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("authorization", help="The authorization's id.")
        parser.add_argument("--days", type=int, default=400, help="How many days back (400).")
        parser.add_argument("--green-button", action="store_true", help="Pack XML, not CSV.")

    def handle(
        self, *args: Any, authorization: str, days: int, green_button: bool, **options: Any
    ) -> None:
        try:
            held = Authorization.objects.get(pk=authorization)
        except (Authorization.DoesNotExist, ValidationError):
            raise CommandError(f"There is no authorization {authorization}.") from None
        yesterday = timezone.localdate() - timedelta(days=1)
        proposal = proposals.gather(
            held, first_day=yesterday - timedelta(days=days), last_day=yesterday
        )
        try:
            disclosure = disclosures.disclose(
                proposal,
                by=None,
                at=timezone.now,
                kind="green_button" if green_button else "csv",
            )
        except disclosures.Refused as refused:
            raise CommandError(f"Nothing left: {refused}") from None
        self.stdout.write(
            f"{disclosure.rows} readings went to {disclosure.third_party} "
            f"on clause {disclosure.clause}; disclosure {disclosure.pk}."
        )
