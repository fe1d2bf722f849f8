"""A town for the tests of aggregates: many customers, an hourly day of readings a month each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import uuid4

from tests import builders
from usage.day_rows import DayRow, take_blocks
from usage.intervals import intervals_in, pack
from usage.models import Channel, Import, ServiceAgreement


class Lives(NamedTuple):
    """One agreement: whose (customers with the same `who` are one), where, by which rate."""

    who: str
    kind: str = "non_residential"
    rate: str = "TOU-GS-1"
    zip: str = "90660"
    place: str = ""


def shops(count: int, *, first: int = 1, **facts: str) -> list[Lives]:
    return [Lives(f"{number:04}", **facts) for number in range(first, first + count)]


def homes(count: int, *, first: int = 5001, **facts: str) -> list[Lives]:
    facts = {"kind": "residential", "rate": "TOU-D-4-9PM"} | facts
    return [Lives(f"{number:04}", **facts) for number in range(first, first + count)]


def settle(lives: Iterable[Lives]) -> None:
    """Let them be customers, each place with a meter."""
    builders.roster(
        *(
            {
                "account_number": f"9{one.who}",
                "service_account_number": f"8{one.who}{one.place}",
                "customer_name": f"Somebody {one.who}",
                "kind": one.kind,
                "service_point": f"SP-{one.who}{one.place}",
                "meter_number": f"M-{one.who}{one.place}",
                "service_address_1": f"{one.who} Example Street",
                "rate_schedule": one.rate,
                "service_zip": one.zip,
            }
            for one in lives
        )
    )


def use(month: date, uses: dict[str, int | list[int]]) -> None:
    """Give agreements (who and place) a day of readings in a month: Wh in all, or of each hour."""
    day = month.replace(day=10)
    numbers = {f"8{name}": hours for name, hours in uses.items()}
    rows = []
    channels = {
        channel.service_point_id: channel.pk
        for channel in Channel.objects.filter(flow=Channel.Flow.DELIVERED)
    }
    for agreement in ServiceAgreement.objects.filter(number__in=numbers):
        wh = numbers[agreement.number]
        hours = wh if isinstance(wh, list) else [wh - wh // 24 * 23, *[wh // 24] * 23]
        assert len(hours) == intervals_in(day, sec=3600)
        block = pack(day, sec=3600, wh=hours)
        rows.append(
            DayRow(agreement.customer_id, agreement.pk, channels[agreement.service_point_id], block)
        )
    taken_in = Import.objects.create(
        kind="readings",
        file_name="town",
        sha256=uuid4().bytes * 2,
        source="test",
        started_at=builders.NOW,
    )
    take_blocks(rows, taken_in=taken_in)
