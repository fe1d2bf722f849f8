"""The made-up meters every job works on: the same for everybody, and drawn from one seed."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.db import connection, connections

from prime_portal.city.loads import CURVES, Flaw, Load, Loads, dice, flawed
from usage import intake
from usage.day_rows import DayRow
from usage.feeds.roster import Line
from usage.intervals import MISSING, ZONE, Block, little
from usage.models import Channel, ServiceAgreement

SEED = "benchmark"
LAST_DAY = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 12, tzinfo=ZONE)
ESTIMATED = 8
HOUR = 3600


class Size(NamedTuple):
    """How much: meters, days each, readings of one naive write, rounds of each alternative."""

    meters: int
    days: int
    naive: int
    rounds: int


FULL = Size(200, 400, 100_000, 5)
SMALL = Size(20, 400, 20_000, 5)


class Meter(NamedTuple):
    """A quarter-hourly meter: `number` is the naive model's key of it, the rest the portal's."""

    number: int
    agreement: ServiceAgreement
    channel_id: UUID
    blocks: list[Block]

    def __repr__(self) -> str:
        return f"meter {self.number}"


MeterDay = tuple[Meter, Block]


@dataclass
class World:
    size: Size
    meters: list[Meter]

    @cached_property
    def readings(self) -> int:
        """How many readings are held; gaps do not count."""
        return sum(block.held for block in self.in_order())

    @property
    def year(self) -> tuple[date, date]:
        """First and last day of a meter-year, or of all there is in a smaller world."""
        return LAST_DAY - timedelta(days=min(365, self.size.days) - 1), LAST_DAY

    def in_order(self) -> Iterator[Block]:
        return (block for _meter, block in self.arrivals())

    def arrivals(self) -> Iterator[MeterDay]:
        """Each day of each meter in the order a utility sends them: day by day, all meters."""
        for day in range(self.size.days):
            for meter in self.meters:
                yield meter, meter.blocks[day]

    def rows(self) -> list[DayRow]:
        return [
            DayRow(meter.agreement.customer_id, meter.agreement.pk, meter.channel_id, block)
            for meter, block in self.arrivals()
        ]


def build(size: Size) -> World:
    """Take in the people and make up their days; the readings are not in the database yet."""
    names = [name_of(number) for number in range(1, size.meters + 1)]
    first = LAST_DAY - timedelta(days=size.days - 1)
    agreements = enroll(names, first=first)
    loads = Loads(SEED)
    kinds = list(CURVES)
    meters = []
    for number, name in enumerate(names, start=1):
        agreement = agreements[name]
        load = Load(kinds[number % len(kinds)], 0.5 + number % 7 / 5)
        days = loads.days(load, name=name, first=first, last=LAST_DAY)
        blocks = [_with_flaws(block, name) for _flow, block in days]
        meters.append(Meter(number, agreement, channel_of(agreement), blocks))
    return World(size, meters)


def _with_flaws(block: Block, name: str) -> Block:
    """One day in a hundred has some estimated hours, one in two hundred a gap."""
    chance = dice(f"{SEED} flaws {name} {block.day}")
    dealt, first = chance.random(), chance.randrange(60)
    if dealt < 0.01:
        return flawed(block, Flaw(first, first + 12, ESTIMATED))
    if dealt < 0.015:
        return flawed(block, Flaw(first, first + 8))
    return block


def hourly(block: Block) -> Block:
    """The same day in hours; an hour with a gap is one."""
    parts = zip(*[iter(block.values)] * 4, strict=True)
    hours = [MISSING if MISSING in quarters else sum(quarters) for quarters in parts]
    return Block(
        block.day, HOUR, little(array("i", hours)), block.quality and block.quality[::4], block.net
    )


def enroll(names: Iterable[str], *, first: date) -> dict[str, ServiceAgreement]:
    """Take in a customer with one place and one meter for each name, served from `first` on."""
    lines = [_line(name, first) for name in names]
    taken = intake.take_lines(lines, name="benchmark", source="benchmark", by=None, at=NOW)
    if taken.problems:
        raise ValueError(taken.problems)
    held = ServiceAgreement.objects.filter(
        number__in=[line.service_account_number for line in lines]
    )
    return {row.number: row for row in held.select_related("customer", "service_point")}


def meter(number: int) -> Meter:
    """Find a meter of the world in the database, without its days."""
    agreements = ServiceAgreement.objects.select_related("customer", "service_point")
    agreement = agreements.get(number=name_of(number))
    return Meter(number, agreement, channel_of(agreement), [])


def channel_of(agreement: ServiceAgreement) -> UUID:
    return Channel.objects.get(
        service_point=agreement.service_point, flow=Channel.Flow.DELIVERED
    ).pk


def name_of(number: int) -> str:
    return f"B-{number:05d}"


def _line(name: str, first: date) -> Line:
    return Line(
        line=1,
        account_number=f"7{name}",
        service_account_number=name,
        customer_name=f"Muestra {name}",
        kind="residential",
        language="en",
        service_point=f"SP-{name}",
        meter_number=f"M-{name}",
        rate_schedule="TOU-D-4-9PM",
        service_address=f"{name} Example Street\nPico Rivera, CA 90660",
        service_zip="90660",
        mailing_address=f"{name} Example Street\nPico Rivera, CA 90660",
        mailing_zip="90660",
        email="",
        telephone="",
        start_date=first,
        end_date=None,
        enrolled_on=first,
        opted_out_on=None,
        programs=(),
    )


def as_owner(*statements: str) -> None:
    """Run statements the portal's own role may not: emptying tables between rounds."""
    with connections["owner"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def forget_readings() -> None:
    """Empty the portal's tables of readings, as if none had ever come."""
    as_owner(
        "TRUNCATE usage_intervalday, usage_intervaldayrevision, usage_repeateddays,"
        " usage_monthtotal"
    )


def server_version() -> str:
    return str(connection.pg_version // 10000)
