"""How a month's energy spreads over the hours of the day, from the packed days (6.11).

The only path by which a packed day becomes part of an aggregate. Hours are those on the clock
in Los Angeles: the hour that November repeats counts twice in one, the one March leaves out is
nowhere. Energy is what was delivered, Wh; a missing reading adds nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection

from usage.aggregates.counting import Key
from usage.history import next_month
from usage.intervals import MISSING, ZONE, Block, day_epoch, day_length

HOURS = 24

DAYS = """
SELECT customer.kind, agreement.rate_schedule, point.zip, day.customer_id, day.sec, min(day.day),
       string_agg(day.wh, ''::bytea ORDER BY day.day)
FROM usage_intervalday AS day
JOIN usage_serviceagreement AS agreement ON agreement.id = day.agreement_id
JOIN usage_servicepoint AS point ON point.id = agreement.service_point_id
JOIN usage_customer AS customer ON customer.id = day.customer_id
JOIN usage_channel AS channel ON channel.id = day.channel_id AND channel.flow = 'delivered'
WHERE day.day >= %(first)s AND day.day < %(after)s
  AND day.start < coalesce(agreement.ends_at, 'infinity')
  AND day.start + day.sec * (length(day.wh) / 4) * interval '1 second' > agreement.starts_at
{only}GROUP BY customer.kind, agreement.rate_schedule, point.zip, day.customer_id, day.agreement_id,
         day.channel_id, day.sec, length(day.wh)
"""

ONLY = "AND day.customer_id = ANY(%(only)s::uuid[])\n"


def of_customers(
    month: date, only: Collection[UUID] | None = None
) -> Iterator[tuple[str, Key, UUID, list[int]]]:
    """Kind, group and customer, each with the energy of the 24 hours over the whole month.

    only: the customers asked for; all of them without.
    """
    query = DAYS.format(only="" if only is None else ONLY)
    with connection.cursor() as cursor:
        cursor.execute(
            query, {"first": month, "after": next_month(month), "only": list(only or ())}
        )
        for kind, rate, zip_, customer, sec, day, packed in cursor:
            yield kind, (rate, zip_), customer, _hours(bytes(packed), sec, day)


def _hours(packed: bytes, sec: int, day: date) -> list[int]:
    """Add up days of one length laid end to end; `day` is one of them."""
    values = Block(day, sec, packed).values
    if MISSING in values:
        values = array("i", (0 if wh == MISSING else wh for wh in values))
    clock = _clock(day, sec)
    hours = [0] * HOURS
    for place, hour in enumerate(clock):
        hours[hour] += sum(values[place :: len(clock)])
    return hours


@lru_cache(maxsize=512)
def _clock(day: date, sec: int) -> tuple[int, ...]:
    """The hour on the clock at which each interval of a day starts."""
    first = day_epoch(day)
    starts = range(first, first + day_length(day), sec)
    return tuple(datetime.fromtimestamp(start, ZONE).hour for start in starts)
