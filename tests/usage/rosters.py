"""Builders for tests: they write files and take them in by the portal's own verbs."""

from __future__ import annotations

import csv
import hashlib
import itertools
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from usage import formats, intake
from usage.feeds import roster
from usage.formats import green_button
from usage.intervals import Block, day_start
from usage.models import Customer, Import, ServiceAgreement

AT = datetime(2026, 2, 1, 18, tzinfo=UTC)
_numbers = itertools.count(1)


def row(**cells: str) -> dict[str, str]:
    """One line of a roster, complete, about somebody made up; say what is to be different."""
    number = next(_numbers)
    whole = {
        "account_number": f"7000{number:06}",
        "service_account_number": f"8000{number:06}",
        "customer_name": f"Example Customer {number}",
        "kind": "residential",
        "language": "en",
        "service_point": f"SP-{number:06}",
        "meter_number": f"M-{number:06}",
        "service_address_1": f"{number} Example Street",
        "service_city": "Pico Rivera",
        "service_state": "CA",
        "service_zip": "90660",
        "start_date": "2025-01-01",
        "enrolled_on": "2025-01-01",
    }
    return whole | cells


def roster_file(rows: Sequence[dict[str, str]]) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", suffix=".csv", delete=False, newline="", encoding="utf-8"
    ) as file:
        writer = csv.DictWriter(file, roster.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return Path(file.name)


def take_roster(*rows: dict[str, str], at: datetime = AT) -> Import:
    path = roster_file(rows)
    try:
        return intake.import_roster(path, source="test", by=None, at=at)
    finally:
        path.unlink()


def served(*, at: datetime = AT, **cells: str) -> ServiceAgreement:
    """A customer with one agreement, by way of a roster."""
    line = row(**cells)
    taken = take_roster(line, at=at)
    assert taken.outcome == Import.Outcome.TAKEN, taken.problems
    return ServiceAgreement.objects.select_related("customer", "service_point").get(
        number=line["service_account_number"]
    )


def readings_file(
    *channels: tuple[int, Sequence[Block]], meter: str = "M", at: datetime = AT
) -> Path:
    """A Green Button file; `meter` becomes the last part of its usage point's address."""
    agreement = formats.Agreement(
        UUID(hashlib.md5(meter.encode()).hexdigest()),
        meter,
        day_start(date(1990, 1, 1)),
        None,
        [formats.Channel(UUID(int=flow), flow, blocks) for flow, blocks in channels],
    )
    text = b"".join(green_button.write([agreement], at=at)).decode()
    point = text.partition("/UsagePoint/")[2].partition('"')[0]
    with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as file:
        file.write(text.replace(point, meter))
    return Path(file.name)


def take_readings(
    *channels: tuple[int, Sequence[Block]],
    meter: str = "M",
    agreement: ServiceAgreement | None = None,
    at: datetime = AT,
) -> Import:
    path = readings_file(*channels, meter=meter)
    try:
        return intake.import_readings(path, agreement=agreement, source="test", by=None, at=at)
    finally:
        path.unlink()


def customer_of(line: dict[str, str]) -> Customer:
    return Customer.objects.get(account_number=line["account_number"])
