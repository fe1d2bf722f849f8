"""Pages of use: as many queries for three years of readings as for a month."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from benchmarks import world
from benchmarks.goals import AtMost, Measured
from benchmarks.timing import Differs, milliseconds
from benchmarks.world import LAST_DAY, NOW, SEED, World
from prime_portal.city.loads import Load, Loads
from prime_portal.models import User
from usage import claims, intake
from usage.day_rows import DayRow
from usage.models import ServiceAgreement, Via

MONTHS = (1, 13, 36)
PAGES = {
    "year": ("usage:year", ()),
    "month": ("usage:month", (LAST_DAY.year, LAST_DAY.month)),
    "day": ("usage:day", (LAST_DAY.year, LAST_DAY.month, LAST_DAY.day)),
}


def run(of: World) -> list[Measured]:
    clients = {months: _customer(months) for months in MONTHS}
    short, *_, long = MONTHS
    lines = []
    for page, (name, args) in PAGES.items():
        with override("en"):
            address = reverse(name, args=args)
        queries = {months: _queries(client, address) for months, client in clients.items()}
        seconds: dict[int, list[float]] = {months: [] for months in MONTHS}
        for _ in range(4 * of.size.rounds):
            for months, client in clients.items():
                began = perf_counter()
                client.get(address)
                seconds[months].append(perf_counter() - began)
        lines += [
            Measured(
                f"queries of the {page} page, {long} months held",
                f"{short} month held ({MONTHS[1]}: {queries[MONTHS[1]]})",
                max(queries.values()) / min(queries.values()),
                f"{queries[long]}",
                f"{queries[short]}",
                AtMost(1, exact=True),
            ),
            Measured(
                "its time",
                "",
                median(seconds[long]) / median(seconds[short]),
                milliseconds(median(seconds[long])),
                milliseconds(median(seconds[short])),
            ),
        ]
    return lines


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    if answer.status_code != 200:
        raise Differs(f"{address} answers {answer.status_code}")
    return len(captured)


def _customer(months: int) -> Client:
    """Somebody with so many months of readings, signed in."""
    name = f"M-{months:02d}"
    first = LAST_DAY - timedelta(days=round(months * 30.4) - 1)
    agreement = world.enroll([name], first=first)[name]
    channel = world.channel_of(agreement)
    rows = [
        DayRow(agreement.customer_id, agreement.pk, channel, block)
        for _flow, block in Loads(SEED).days(
            Load("home", 1.0), name=name, first=first, last=LAST_DAY
        )
    ]
    intake.take_days(rows, name=name, source="benchmark", by=None, at=NOW)
    client = Client()
    client.force_login(_holder(agreement), "allauth.account.auth_backends.AuthenticationBackend")
    return client


def _holder(agreement: ServiceAgreement) -> User:
    user = User.objects.create_user(f"{agreement.number.lower()}@customer.example")
    claims.redeem(claims.issue(agreement.customer, via=Via.PAPER, at=NOW), by=user, at=NOW)
    return user
