"""manage.py make_city --customers N --days D: a made-up city of any size, for measurements."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from prime_portal.city import building, people


class Command(BaseCommand):
    help = "Make up a city: so many customers, and readings of so many days ending yesterday."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, required=True)
        parser.add_argument("--days", type=int, required=True)
        parser.add_argument("--seed", default="city", help="another seed draws other readings")
        parser.add_argument(
            "--start", type=int, default=1_000_000, help="number of the first customer made up"
        )

    def handle(
        self, *_args: Any, customers: int, days: int, seed: str, start: int, **_options: Any
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up people do not belong into a production database.")
        if customers < 1 or days < 1:
            raise CommandError("A city has at least one customer and one day.")
        began, now = monotonic(), timezone.now()
        last = timezone.localdate(now) - timedelta(days=1)
        first = last - timedelta(days=days - 1)
        loads, lines = {}, []
        for number in range(start, start + customers):
            load = people.load(number)
            lines.append(people.line(number, start_date=first, load_kind=load.kind))
            loads[lines[-1].service_point] = load
        with tqdm(
            total=customers * days, unit=" days", unit_scale=True, disable=None, leave=False
        ) as bar:
            building.build(
                lines, loads, seed=seed, first=first, last=last, at=now, progress=bar.update
            )
        seconds = monotonic() - began
        self.stdout.write(
            f"{customers:,} customers, {first} to {last}, in {seconds:.1f} s"
            f" ({customers * days / seconds:,.0f} days a second)."
        )
