"""A customer takes her readings; a row stays; a third party never gets more (6.3)."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.usage.rosters import served, take_readings
from usage import downloads, release
from usage.day_rows import DayRow, take_blocks
from usage.feeds.green_button import Reader
from usage.intervals import intervals_in, pack, unpack
from usage.models import Channel, Download, Import, ServiceAgreement, Via

pytestmark = pytest.mark.django_db

BOTH = ("interval_usage", "generation_export")
DAY = date(2026, 1, 15)
AT = datetime(2026, 2, 1, 18, tzinfo=UTC)
DELIVERED, RECEIVED = 1, 19


def whole(day, *, wh=100, sec=900, gaps=()):
    count = intervals_in(day, sec=sec)
    return pack(day, sec=sec, wh=[None if n in gaps else wh + n for n in range(count)])


@pytest.fixture
def rosa():
    agreement = served(start_date="2026-01-10", end_date="2026-01-20")
    days = [date(2026, 1, 8) + timedelta(days=n) for n in range(14)]
    take_readings(
        (DELIVERED, [whole(day) for day in days]),
        (RECEIVED, [whole(day, wh=1, gaps={7}) for day in days]),
        agreement=agreement,
    )
    return agreement


@pytest.fixture
def user():
    return get_user_model().objects.create_user("rosa@example.com")


def take(agreement, user, *, kind="csv", first=date(2025, 1, 1), last=date(2026, 12, 31), also=()):
    return downloads.take(
        agreement.customer,
        kind=kind,
        agreements=[agreement.pk, *also],
        first_day=first,
        last_day=last,
        by=user,
        via=Via.PORTAL,
        at=AT,
    )


def lines(pieces):
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode(), newline="")))


def test_a_csv_holds_every_interval_of_her_agreement_and_none_beside_it(rosa, user):
    found = lines(take(rosa, user).pieces)
    starts = [line["Start (local time with UTC offset)"] for line in found]
    assert (min(starts)[:10], max(starts)[:10]) == ("2026-01-10", "2026-01-19")
    assert len(found) == 2 * 10 * 96
    assert {line["Channel"] for line in found} == {"delivered", "received"}
    assert {line["Service account"] for line in found} == {f"No. {rosa.number}"}
    assert sum(line["Quality"] == "missing" for line in found) == 10


@pytest.mark.parametrize(("language", "word"), [("en", "missing"), ("es", "falta")])
def test_a_day_of_which_nothing_is_held_stands_in_her_file_in_words(user, language, word):
    held = served(start_date="2026-01-10")
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=3)]
    take_readings((DELIVERED, [whole(day) for day in days]), agreement=held)
    with translation.override(language):
        taking = take(held, user)
        found = list(csv.reader(io.StringIO(b"".join(taking.pieces).decode(), newline="")))[1:]
    gap = [line for line in found if line[2].startswith("2026-01-17")]
    assert len(found) == 4 * 96
    assert {(line[4], line[5]) for line in gap} == {("", word)}
    taking.download.refresh_from_db()
    assert taking.download.rows == 3 * 96, "only readings are counted"


def test_a_day_told_as_net_is_no_gap_of_what_was_delivered(user):
    """An old meter told the middle day as delivered minus received: it is held, beside it."""
    held = served(start_date="2026-01-10")
    days = [whole(DAY + timedelta(days=n)) for n in range(3)]
    take_readings((DELIVERED, [days[0], days[2]]), agreement=held)
    channel, taken_in = Channel.objects.get(), Import.objects.filter(kind="readings").get()
    net = DayRow(held.customer_id, held.pk, channel.pk, replace(days[1], net=True))
    with transaction.atomic():
        take_blocks([net], taken_in=taken_in)
    found = lines(take(held, user).pieces)
    assert {line["Quality"] for line in found} == {"valid"}
    assert {line["Channel"] for line in found} == {"delivered", "net"}
    told = json.loads(b"".join(take(held, user, kind="json").pieces))
    (channels,) = [one["channels"] for one in told["agreements"]]
    assert [len(channel["days"]) for channel in channels] == [2, 1]


def test_green_button_reads_back_whole(rosa, user, tmp_path):
    taking = take(rosa, user, kind="green_button", first=DAY, last=DAY)
    assert (taking.name, taking.mime) == (
        "prime-usage-2026-01-15-to-2026-01-15.xml",
        "application/atom+xml; charset=utf-8",
    )
    path = tmp_path / taking.name
    path.write_bytes(b"".join(taking.pieces))
    found = {run.flow: list(run) for run in Reader(path)}
    assert found == {DELIVERED: unpack(whole(DAY)), RECEIVED: unpack(whole(DAY, wh=1, gaps={7}))}


def test_a_row_stays_and_says_what_went(rosa, user):
    taking = take(rosa, user, first=DAY, last=DAY + timedelta(days=1))
    row = Download.objects.get()
    assert (row.customer, row.by, row.via, row.at) == (rosa.customer, user, "portal", AT)
    assert (row.agreements, row.first_day, row.last_day) == (
        [rosa.pk],
        DAY,
        DAY + timedelta(days=1),
    )
    assert row.finished_at is None
    text = b"".join(taking.pieces)
    row.refresh_from_db()
    assert (row.rows, row.size) == (2 * 2 * 96 - 2, len(text))
    assert bytes(row.sha256) == sha256(text).digest()
    assert row.finished_at >= AT


def test_a_download_broken_off_stays_unfinished(rosa, user):
    taking = take(rosa, user)
    next(taking.pieces)
    taking.pieces.close()
    assert Download.objects.get().finished_at is None


def test_a_download_comes_in_pieces(rosa, user):
    pieces = list(take(rosa, user, kind="green_button").pieces)
    assert len(pieces) > 20
    assert max(map(len, pieces)) < 30_000


def test_a_strangers_agreement_is_passed_over(rosa, user):
    stranger = served()
    take_readings((DELIVERED, [whole(DAY)]), agreement=stranger)
    taking = take(rosa, user, also=[stranger.pk])
    assert {line["Service account"] for line in lines(taking.pieces)} == {f"No. {rosa.number}"}
    assert Download.objects.get().agreements == [rosa.pk]


def test_two_agreements_come_one_after_the_other(rosa, user):
    second = served()
    ServiceAgreement.objects.filter(pk=second.pk).update(customer=rosa.customer)
    take_readings((DELIVERED, [whole(DAY)]), agreement=ServiceAgreement.objects.get(pk=second.pk))
    found = [line["Service account"] for line in lines(take(rosa, user, also=[second.pk]).pieces)]
    assert set(found) == {f"No. {rosa.number}", f"No. {second.number}"}


def test_the_words_are_in_the_readers_language(rosa, user):
    with translation.override("es"):
        taking = take(rosa, user, first=DAY, last=DAY)
    first = b"".join(taking.pieces).decode().splitlines()[0]
    assert first.split(",")[4] == "Energía (kWh)"


def test_an_unknown_kind_leaves_no_row(rosa, user):
    with pytest.raises(KeyError):
        take(rosa, user, kind="xlsx")
    assert not Download.objects.exists()


def test_the_question_for_a_meters_days_is_prepared_once_a_connection(rosa, user):
    for _turn in range(2):
        b"".join(take(rosa, user).pieces)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%FROM usage_intervalday%'"
        )
        ((times,),) = cursor.fetchall()
    assert times >= 4, "each turn asks for two channels"


def test_what_a_third_party_gets_names_nobody_and_no_account(rosa):
    counted = release.Counted()
    text = b"".join(
        release.stream(
            [(rosa.customer, [rosa])], first_day=DAY, last_day=DAY, holding=BOTH, counted=counted
        )
    ).decode()
    assert rosa.number not in text
    assert rosa.customer.name not in text
    assert (counted.rows, counted.by_customer) == (191, {rosa.customer_id: 191})


def test_a_third_party_gets_nothing_of_an_agreement_that_is_not_the_customers(rosa):
    stranger = served()
    take_readings((DELIVERED, [whole(DAY)]), agreement=stranger)
    counted = release.Counted()
    members = [(rosa.customer, [stranger])]
    text = b"".join(
        release.stream(members, first_day=DAY, last_day=DAY, holding=BOTH, counted=counted)
    )
    assert (len(text.splitlines()), counted.rows) == (1, 0)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(-5, 20), st.integers(0, 20))
def test_a_third_party_never_gets_a_finer_or_longer_record_than_the_customer(
    rosa, user, first, length
):
    first_day = date(2026, 1, 8) + timedelta(days=first)
    last_day = first_day + timedelta(days=length)
    members = [(rosa.customer, [rosa])]
    theirs = lines(
        release.stream(
            members,
            first_day=first_day,
            last_day=last_day,
            holding=BOTH,
            counted=release.Counted(),
        )
    )
    hers = lines(take(rosa, user, first=first_day, last=last_day).pieces)

    def facts(found):
        return {tuple(line.values())[1:] for line in found}

    assert facts(theirs) <= facts(hers)
