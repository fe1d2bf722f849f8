"""The analysts' view unpacks the very readings that are packed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.usage.rosters import served, take_readings
from usage.day_rows import DayRow, take_blocks
from usage.intervals import MISSING, day_start, intervals_in, pack, unpack
from usage.models import Channel, Import, IntervalDay, ServiceAgreement

pytestmark = pytest.mark.django_db

PLAIN, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
COLUMNS = "starts_at, wh, quality"


def seen(where="true", columns=COLUMNS, order="starts_at"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM readings WHERE {where} ORDER BY {order}")
        return cursor.fetchall()


def packed(block):
    return [(datetime.fromtimestamp(start, UTC), wh, code) for start, wh, code in unpack(block)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    day=st.sampled_from([PLAIN, MARCH, NOVEMBER]),
    sec=st.sampled_from([900, 3600]),
    data=st.data(),
)
def test_the_view_says_what_the_blocks_say(db, day, sec, data):
    """Every byte of a reading counts, its sign too; gaps are left out."""
    count = intervals_in(day, sec=sec)
    one = st.one_of(st.none(), st.integers(MISSING + 1, 2**31 - 1), st.integers(-300, 70_000))
    wh = data.draw(st.lists(one, min_size=count, max_size=count).filter(any))
    quality = data.draw(st.one_of(st.none(), st.binary(min_size=count, max_size=count)))
    block = pack(day, sec=sec, wh=wh, quality=quality and list(quality))
    with transaction.atomic():
        agreement = served(start_date="2025-01-01")
        channel = Channel.objects.get(service_point=agreement.service_point)
        taken_in = Import.objects.filter(kind="roster").latest("started_at")
        take_blocks(
            [DayRow(agreement.customer_id, agreement.pk, channel.pk, block)], taken_in=taken_in
        )
        assert seen(f"agreement_id = '{agreement.pk}'") == packed(block)
        transaction.set_rollback(True)


def test_the_view_names_the_channel_the_day_and_the_word(db):
    rosa = served()
    block = pack(PLAIN, sec=3600, wh=[1] * 24, quality=[200, 8] + [0] * 22)
    take_readings((1, [block]), agreement=rosa)
    IntervalDay.objects.update(net=True, quality=block.quality)
    columns = "customer_id, agreement_id, flow, net, day, sec, quality_word"
    rows = seen(columns=columns)
    assert rows[0] == (rosa.customer_id, rosa.pk, "delivered", True, PLAIN, 3600, "estimated")
    assert [row[-1] for row in rows[1:3]] == [None, None]
    assert len(rows) == 24


def test_the_view_shows_only_what_lies_inside_the_agreement(db):
    rosa = served()
    take_readings((1, [pack(PLAIN, sec=3600, wh=[1] * 24)]), agreement=rosa)
    six, nine = (day_start(PLAIN) + timedelta(hours=hour) for hour in (6, 9))
    ServiceAgreement.objects.filter(pk=rosa.pk).update(
        starts_at=six, ends_at=nine - timedelta(minutes=1)
    )
    assert [row[0] for row in seen()] == [six, six + timedelta(hours=1)]


@pytest.mark.parametrize(
    "change",
    ["INSERT INTO readings (wh) VALUES (1)", "UPDATE readings SET wh = 0", "DELETE FROM readings"],
)
def test_the_view_is_read_only(db, change):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_view_names_nobody(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'readings'"
        )
        names = {name for (name,) in cursor.fetchall()}
    assert names == {
        *("customer_id", "agreement_id", "channel_id", "flow", "net", "day", "starts_at"),
        *("sec", "wh", "quality", "quality_word"),
    }
