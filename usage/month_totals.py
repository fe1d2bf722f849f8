"""A row for each month, summed anew from its days whenever one of them changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from usage.intervals import PLAIN

SUM = """
INSERT INTO usage_monthtotal AS held
    (customer_id, agreement_id, channel_id, month, wh, days, missing, net_days,
     marked_days)
SELECT days.customer_id, agreement_id, channel_id,
       date_trunc('month', day::timestamp)::date AS month,
       sum(day_wh), count(*), sum(missing), count(*) FILTER (WHERE net),
       count(*) FILTER (WHERE btrim(quality, %(plain)s) <> '')
FROM usage_serviceagreement AS agreement
JOIN usage_intervalday AS days
    ON days.customer_id = agreement.customer_id AND days.agreement_id = agreement.id
WHERE agreement.id = ANY(%(agreements)s)
  AND day >= date_trunc('month', %(first)s::timestamp)
  AND day < date_trunc('month', %(last)s::timestamp) + interval '1 month'
  AND days.start < coalesce(agreement.ends_at, 'infinity')
  AND days.start + sec * (length(days.wh) / 4) * interval '1 second' > agreement.starts_at
GROUP BY days.customer_id, agreement_id, channel_id, month
ON CONFLICT (customer_id, agreement_id, channel_id, month) DO UPDATE
SET wh = excluded.wh, days = excluded.days, missing = excluded.missing,
    net_days = excluded.net_days, marked_days = excluded.marked_days
WHERE (held.wh, held.days, held.missing, held.net_days, held.marked_days) IS DISTINCT FROM
    (excluded.wh, excluded.days, excluded.missing, excluded.net_days, excluded.marked_days)
"""


def add_up(cursor: Any, agreements: Iterable[UUID], *, first: date, last: date) -> None:
    """Sum the months these days lie in, after days of them came or changed."""
    facts = {"agreements": list(agreements), "first": first, "last": last}
    cursor.execute(SUM, facts | {"plain": bytes(sorted(PLAIN))})


@transaction.atomic
def start_over(agreements: Iterable[UUID]) -> None:
    """Sum all months of these agreements, after their dates or their days changed."""
    ids = list(agreements)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM usage_monthtotal WHERE agreement_id = ANY(%s)", [ids])
        add_up(cursor, ids, first=date.min, last=date.max)
