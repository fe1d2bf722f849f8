"""The people of the demo and their places: solar, hourly, moved out, moved in, hard to reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from prime_portal.city import building, people
from prime_portal.city.loads import Flaw, Load
from usage.feeds.roster import Line
from usage.intervals import ZONE

SEED = "demo city"
ROSA, LUIS, BAKERY, OMAR, VERA, HECTOR, BOUNCE, NEW, NUEVO = range(1, 10)
GARAGE = 10
"""Luis's second agreement; the number stands for a place, not for a person."""


@dataclass(frozen=True)
class Calendar:
    """When things happened, counted from now."""

    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    @property
    def first(self) -> date:
        """Thirteen months before: both clock changes are in between."""
        return self.yesterday - timedelta(days=395)

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


def lines_and_loads(size: int, when: Calendar) -> tuple[list[Line], dict[str, Load]]:
    """The roster of the city, and what each place draws."""
    lines, loads = {}, {}
    for number in range(1, size + 1):
        load = people.load(number)
        lines[number] = people.line(number, start_date=when.first, load_kind=load.kind)
        loads[lines[number].service_point] = load

    def cast(number: int, load: Load | None = None, **facts: Any) -> None:
        load = load or Load("home", 1.0)
        plain = {"programs": (), "email": "", "language": "en", "load_kind": load.kind}
        lines[number] = people.line(number, **{"start_date": when.first, **plain, **facts})
        loads[lines[number].service_point] = load

    moved = when.today - timedelta(days=120)
    cast(
        ROSA,
        Load("home", 0.9, panels=5000),
        customer_name="Rosa Ejemplo",
        language="es",
        email="rosa@example.com",
    )
    cast(LUIS, Load("home", 1.2, sec=3600), customer_name="Luis Muestra", email="luis@example.com")
    cast(
        BAKERY,
        Load("shop", 1.0),
        customer_name="Example Bakery",
        kind="non_residential",
        email="bakery@example.com",
    )
    cast(OMAR, customer_name="Omar Sample", email="omar@example.com", end_date=moved)
    cast(VERA, customer_name="Vera Testing", email="vera@example.com", start_date=moved)
    cast(HECTOR, Load("apartment", 0.8), customer_name="Héctor Inventada", language="es")
    recently = when.today - timedelta(days=6)
    cast(
        BOUNCE,
        customer_name="Bianca Placeholder",
        email="bounce-bianca@example.com",
        enrolled_on=recently,
    )
    cast(NEW, customer_name="Nora Example", email="nora@example.com", enrolled_on=recently)
    cast(NUEVO, customer_name="Nicolás Ficticio", language="es", enrolled_on=recently)

    vera, omar = lines[VERA], lines[OMAR]
    loads.pop(vera.service_point)
    lines[VERA] = replace(
        vera,
        service_point=omar.service_point,
        meter_number=omar.meter_number,
        service_address=omar.service_address,
        service_zip=omar.service_zip,
        mailing_address=omar.service_address,
        mailing_zip=omar.service_zip,
        enrolled_on=moved,
    )
    cast(GARAGE, Load("shop", 0.2), start_date=when.first + timedelta(days=60))
    luis = lines[LUIS]
    lines[GARAGE] = replace(
        lines[GARAGE],
        **{
            name: getattr(luis, name)
            for name in (
                *("account_number", "customer_name", "kind", "language", "email", "telephone"),
                *("mailing_address", "mailing_zip"),
            )
        },
    )
    return [lines[number] for number in sorted(lines)], loads


def flaws(when: Calendar, lines: list[Line]) -> building.Flaws:
    """Gaps and estimates: a few for everybody, some where the demo looks."""
    found: dict[tuple[str, date], list[Flaw]] = {}
    for line in lines[::9]:
        day = when.yesterday - timedelta(days=20 + line.line % 300)
        found[line.service_point, day] = [Flaw(30, 50)]
        found[line.service_point, day - timedelta(days=9)] = [Flaw(40, 60, quality=8)]
    rosa = f"SP-{ROSA:08}"
    found[rosa, when.yesterday - timedelta(days=3)] = [Flaw(52, 60), Flaw(60, 72, quality=9)]
    found[rosa, when.yesterday - timedelta(days=40)] = [Flaw(0, 100)]
    return found
