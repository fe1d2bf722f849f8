"""Stop every disclosure to a third party, now (6.8), or lift that stop."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from consent import third_parties
from consent.models import Stop, ThirdParty


class Command(BaseCommand):
    help = "Stop disclosures to a third party in the next statement; --lift lets them resume."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="The third party's key, as the admin lists it.")
        parser.add_argument("--by", required=True, help="Your sign-in address.")
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--sign-off", default="", help="Legal advice, if PRIME has no contract with it."
        )
        parser.add_argument("--lift", action="store_true", help="Another person lifts a stop.")

    def handle(
        self,
        *args: Any,
        key: str,
        by: str,
        reason: str,
        sign_off: str,
        lift: bool,
        **options: Any,
    ) -> None:
        third_party = ThirdParty.objects.filter(key=key).first()
        if third_party is None:
            known = ", ".join(ThirdParty.objects.order_by("key").values_list("key", flat=True))
            raise CommandError(f"There is no third party {key}. There are: {known}.")
        staff = get_user_model().objects.filter(email=by.lower(), is_staff=True).first()
        if staff is None:
            raise CommandError(f"{by} is no staff member's sign-in.")
        if not lift:
            try:
                third_parties.stop(
                    third_party, reason=reason, sign_off=sign_off, by=staff, at=timezone.now()
                )
            except third_parties.Refused as refused:
                raise CommandError(f"{refused} Give --sign-off.") from None
            self.stdout.write(
                f"Stopped: nothing more goes to {third_party}. Another person confirms it within "
                "a day, in the admin."
            )
            return
        in_force = Stop.objects.in_force().filter(third_party=third_party, customer=None)
        try:
            for stopped in in_force:
                third_parties.lift(stopped, reason=reason, by=staff, at=timezone.now())
        except third_parties.Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Lifted: what else permits it may go to {third_party} again.")
