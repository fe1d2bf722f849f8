"""Groups of customers by month, rate class and ZIP, with the share of the largest (6.11).

The portal asks the months' sums; the naive table adds up every reading. First on 340 meters,
those of the world and more whose readings are copies of theirs; then the portal alone on a
city of 18,000 meters and a year, whose months' sums are made up in the database.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import TruncMonth

from benchmarks import world
from benchmarks.goals import AtLeast, AtMost, Measured
from benchmarks.naive import NaiveReading
from benchmarks.timing import Race, milliseconds
from benchmarks.world import LAST_DAY, World
from usage.aggregates import counting
from usage.intervals import ZONE

METERS, CITY = 340, 18_000

Counted = dict[date, tuple[int, int, int]]
"""Of each month: customers, Wh, and the Wh of the largest."""


def run(of: World) -> list[Measured]:
    small = of.size.meters < METERS // 2
    _more_meters(of, of.size.meters * 2 if small else METERS)
    first = of.year[0].replace(day=1)
    race = Race[None](
        runners={
            "naive": lambda _none: _naive(first),
            "portal": lambda _none: counting.groups(first, LAST_DAY),
            "scan": lambda _none: _scan(),
        },
        facts={"naive": dict, "portal": _by_month},
    )
    turns = race.run([None], rounds=of.size.rounds)
    return [
        Measured(
            f"15/15 by month, {of.size.meters * 2 if small else METERS} meters",
            "a row a reading, through the ORM",
            turns.ratio("naive", "portal"),
            milliseconds(turns.of("portal")),
            milliseconds(turns.of("naive")),
            AtLeast(400),
        ),
        Measured(
            "",
            "one scan of the months’ sums (share of its time)",
            turns.ratio("portal", "scan"),
            "",
            milliseconds(turns.of("scan")),
            AtMost(6),
        ),
        *_city(CITY if not small else 300, rounds=of.size.rounds),
    ]


def _naive(first: date) -> Counted:
    """One query sums the readings of each meter and month; the rest is a loop."""
    sums = (
        NaiveReading.objects.annotate(month=TruncMonth("start", tzinfo=ZONE))
        .values("meter_id", "month")
        .annotate(kwh=Sum("kwh"))
    )
    months: dict[date, list[int]] = defaultdict(list)
    for row in sums:
        if (month := row["month"].date()) >= first:
            months[month].append(int(row["kwh"] * 1000))
    return {month: (len(wh), sum(wh), max(wh)) for month, wh in months.items()}


def _by_month(groups: list[counting.Group]) -> Counted:
    return {group.month: (group.customers, group.wh, group.largest) for group in groups}


def _scan() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(wh), max(wh) FROM usage_monthtotal")
        return cursor.fetchone()


def _more_meters(of: World, count: int) -> None:
    """Take in customers up to `count`; each new one used what one of the world's did."""
    numbers = range(of.size.meters + 1, count + 1)
    made = world.enroll(
        [world.name_of(number) for number in numbers], first=of.meters[0].blocks[0].day
    )
    for number in numbers:
        like = of.meters[number % of.size.meters]
        new = made[world.name_of(number)]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO usage_monthtotal (customer_id, agreement_id, channel_id, month, wh,"
                " days, missing, net_days) SELECT %s, %s, %s, month, wh, days, missing, net_days"
                " FROM usage_monthtotal WHERE agreement_id = %s",
                [new.customer_id, new.pk, world.channel_of(new), like.agreement.pk],
            )
            cursor.execute(
                "INSERT INTO benchmarks_meter (id, name) VALUES (%s, %s)", [number, f"M-{number}"]
            )
            cursor.execute(
                "INSERT INTO benchmarks_reading (meter_id, start, kwh, quality, created_at)"
                " SELECT %s, start, kwh, quality, created_at FROM benchmarks_reading"
                " WHERE meter_id = %s",
                [number, like.number],
            )
    world.as_owner("VACUUM ANALYZE benchmarks_reading", "VACUUM ANALYZE usage_monthtotal")
    world.as_owner("ANALYZE usage_serviceagreement", "ANALYZE usage_customer")


FILL = """
CREATE TEMPORARY TABLE city AS
SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS point,
       gen_random_uuid() AS agreement, gen_random_uuid() AS channel
FROM generate_series(1, %(count)s) AS n;
INSERT INTO usage_customer (id, account_number, name, kind, language, mailing_address,
                            mailing_zip, email, telephone)
SELECT customer, 'city ' || n, 'Muestra ' || n,
       CASE WHEN n %% 6 < 4 THEN 'residential' ELSE 'non_residential' END, 'en', '', '90660', '', ''
FROM city;
INSERT INTO usage_servicepoint (id, number, address, zip)
SELECT point, 'city ' || n, '', '9066' || n %% 5 FROM city;
INSERT INTO usage_serviceagreement (id, customer_id, service_point_id, number, rate_schedule,
                                    starts_at)
SELECT agreement, customer, point, 'city ' || n, 'RATE-' || n %% 6, '2020-01-01' FROM city;
INSERT INTO usage_channel (id, service_point_id, meter_number, flow)
SELECT channel, point, 'city ' || n, 'delivered' FROM city;
INSERT INTO usage_monthtotal (customer_id, agreement_id, channel_id, month, wh, days, missing,
                              net_days)
SELECT customer, agreement, channel, (date '2019-01-01' + month * interval '1 month')::date,
       200000 + (n * 7919 + month * 104729) %% 800000, 30, 0, 0
FROM city, generate_series(0, 11) AS month;
DROP TABLE city;
"""


def _city(count: int, *, rounds: int) -> list[Measured]:
    with connection.cursor() as cursor:
        cursor.execute(cursor.mogrify(FILL, {"count": count}))
    for table in ("monthtotal", "serviceagreement", "customer", "servicepoint", "channel"):
        world.as_owner(f"VACUUM ANALYZE usage_{table}")
    first, last = date(2019, 1, 1), date(2019, 12, 1)
    race = Race[None](
        runners={"portal": lambda _none: counting.groups(first, last), "scan": lambda _n: _scan()},
        facts={"portal": len},
    )
    turns = race.run([None], rounds=rounds)
    return [
        Measured(
            f"15/15 by month, {count:,} meters, a year",
            "one scan of the months’ sums (share of its time)",
            turns.ratio("portal", "scan"),
            milliseconds(turns.of("portal")),
            milliseconds(turns.of("scan")),
        )
    ]
