"""Who lives in the made-up city, as lines of a roster. Every name and address is fictitious."""

from __future__ import annotations

from datetime import date
from typing import Any

from prime_portal.city.loads import Load, dice
from usage.feeds.roster import Line


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Alma Andrés Beatriz Bruno Carla Celia Daniel Diana Elena Emilio Esther Fabián Felipe Gloria "
    "Héctor Inés Irma Jaime Julia Leo Lidia Lorenzo Mara Marco Mateo Mónica Nadia Noé Olga Omar "
    "Paola Pedro Quino Raquel Rita Saúl Sofía Tomás Úrsula Vera Víctor Ximena Yolanda Zoe Alex "
    "Blair Casey Dana Emery Frankie Gray Harper Jordan Kai Logan Morgan Parker Quinn Riley Sam"
)
LAST = _words("Ejemplo Example Muestra Sample Prueba Testing Ficticio Madeup Inventada Placeholder")
SHOPS = _words("Bakery Barber Books Cafe Cleaners Florist Garage Grocery Hardware Laundry")
STREETS = (
    "Example Street",
    "Sample Avenue",
    "Madeup Drive",
    "Calle Ejemplo",
    "Placeholder Road",
    "Fiction Boulevard",
    "Pretend Lane",
    "Specimen Court",
)
RATES = {
    "home": "TOU-D-4-9PM",
    "apartment": "TOU-D-4-9PM",
    "car": "TOU-D-PRIME",
    "shop": "TOU-GS-1",
}
CITY, STATE, ZIPS = "Pico Rivera", "CA", ("90660", "90661")


def line(number: int, *, start_date: date, **facts: Any) -> Line:
    """The roster line of the number-th customer; say what is to be different."""
    random = dice(f"who {number}")
    kind = facts.pop("load_kind", "home")
    name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
    if kind == "shop":
        name = f"{LAST[number % len(LAST)]} {SHOPS[number // 7 % len(SHOPS)]} {number}"
    zip_ = ZIPS[number % len(ZIPS)]
    street = f"{100 + number} {STREETS[number % len(STREETS)]}"
    second = f"Apt {number % 40 + 1}\n" if kind == "apartment" else ""
    address = f"{street}\n{second}{CITY}, {STATE} {zip_}"
    whole: dict[str, Any] = {
        "line": number,
        "account_number": f"70{number:08}",
        "service_account_number": f"80{number:08}",
        "customer_name": name,
        "kind": "non_residential" if kind == "shop" else "residential",
        "language": "es" if random.random() < 0.3 else "en",
        "service_point": f"SP-{number:08}",
        "meter_number": f"MTR-{number:08}",
        "rate_schedule": RATES[kind],
        "service_address": address,
        "service_zip": zip_,
        "mailing_address": address,
        "mailing_zip": zip_,
        "email": f"customer-{number}@example.com" if random.random() < 0.8 else "",
        "telephone": f"562-555-01{number % 100:02}",
        "start_date": start_date,
        "end_date": None,
        "enrolled_on": start_date,
        "opted_out_on": None,
        "programs": ("CARE",) if random.random() < 0.2 and kind != "shop" else (),
    }
    return Line(**whole | facts)


def load(number: int) -> Load:
    """What the number-th place draws: most are homes, one in six has panels, some are hourly."""
    random = dice(f"draws {number}")
    kind = random.choice(["home"] * 5 + ["apartment"] * 4 + ["car"] + ["shop"])
    panels = random.randrange(3000, 8000, 500) if kind in {"home", "car"} else 0
    return Load(
        kind=kind,
        size=round(random.uniform(0.5, 1.8), 2),
        panels=panels if random.random() < 0.2 else 0,
        sec=3600 if random.random() < 0.1 else 900,
    )
