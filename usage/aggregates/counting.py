"""Customers and their energy, grouped, from the months' sums (6.11).

Counted are customers, not meters: a customer with three agreements in a group is one, with the
energy of all three. City facilities are customers like others. Energy is what was delivered, Wh.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from psycopg import Cursor

HELD = """
WITH held AS MATERIALIZED (
    SELECT channel.id AS channel_id, agreement.id AS agreement_id, customer.kind,
           dense_rank() OVER (ORDER BY customer.kind, rate_schedule, zip) AS number,
           count(*) OVER (PARTITION BY customer.kind, rate_schedule, zip, customer.id) = 1
               AS alone,
           rate_schedule, zip
    FROM usage_serviceagreement AS agreement
    JOIN usage_servicepoint AS point ON point.id = agreement.service_point_id
    JOIN usage_customer AS customer ON customer.id = agreement.customer_id
    JOIN usage_channel AS channel
        ON channel.service_point_id = point.id AND channel.flow = 'delivered'
), named AS (SELECT DISTINCT number, kind, rate_schedule, zip FROM held)
"""

# Most customers have one meter in a group: what it measured is what they used. Only of the
# others are the months' sums added up, in a second reading that nobody pays for who has none.
# coalesce: PostgreSQL takes agreement and channel, as two keys, for unrelated, expects a
# handful of rows and sorts them all.
GROUPS = f"""{HELD}, used AS (
    SELECT month, number, wh
    FROM usage_monthtotal AS total JOIN held USING (agreement_id)
    WHERE month BETWEEN %(first)s AND %(last)s
      AND alone AND coalesce(total.channel_id = held.channel_id, false)
    UNION ALL
    SELECT month, number, sum(wh)::bigint
    FROM usage_monthtotal JOIN held USING (agreement_id, channel_id)
    WHERE month BETWEEN %(first)s AND %(last)s AND NOT alone
    GROUP BY month, number, customer_id
), counted AS (
    SELECT month, number, count(*) FILTER (WHERE wh <> 0) AS customers, sum(wh) AS wh,
           sum(abs(wh)) AS size, max(abs(wh)) AS largest
    FROM used GROUP BY month, number
)
SELECT month, kind, rate_schedule, zip, customers, wh::bigint, size::bigint, largest
FROM counted JOIN named USING (number) ORDER BY month, kind, rate_schedule, zip
"""  # noqa: S608 - composed of the constants above

CUSTOMERS = f"""{HELD}, used AS (
    SELECT number, customer_id, sum(wh) AS wh
    FROM usage_monthtotal JOIN held USING (agreement_id, channel_id)
    WHERE month = %(month)s
    GROUP BY number, customer_id
)
SELECT kind, rate_schedule, zip, customer_id, wh::bigint FROM used JOIN named USING (number)
ORDER BY kind, rate_schedule, zip, customer_id
"""  # noqa: S608 - composed of the constants above

Key = tuple[str, str]
"""A group inside a kind: rate class and ZIP."""


class Group(NamedTuple):
    """One kind, rate class and ZIP in one month, and how large its largest customer is."""

    month: date
    kind: str
    rate: str
    zip: str
    customers: int
    wh: int
    size: int
    largest: int


class Used(NamedTuple):
    """What one customer used in one group and month."""

    kind: str
    rate: str
    zip: str
    customer: UUID
    wh: int


def groups(first: date, last: date) -> list[Group]:
    """Count every group in the months from first to last (first days, both included).

    Prepared: a small city's answer takes hardly longer than PostgreSQL's plan for it.
    """
    with connection.cursor() as cursor, Cursor(cursor.connection) as prepared:
        prepared.execute(GROUPS, {"first": first, "last": last}, prepare=True)
        return [Group(*row) for row in prepared.fetchall()]


def customers(month: date) -> Iterator[Used]:
    """Each customer in each group of one month, in order."""
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, {"month": month})
        yield from (Used(*row) for row in cursor.fetchall())
