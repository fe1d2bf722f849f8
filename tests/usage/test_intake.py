"""Readings coming in: to whom they belong, what is kept, and that twice is the same as once."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.usage import cmep_files, sce_files
from tests.usage.rosters import AT, readings_file, row, served, take_readings, take_roster
from usage import intake
from usage.intervals import ZONE, Block, day_epoch, day_start, intervals_in, pack, unpack
from usage.models import (
    Channel,
    Import,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    ServiceAgreement,
    Source,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 15)
DELIVERED, RECEIVED = 1, 19
RAW = 14


def whole(day=DAY, *, wh=100, sec=900, gaps=(), quality=None) -> Block:
    count = intervals_in(day, sec=sec)
    values = [None if index in gaps else wh + index for index in range(count)]
    return pack(day, sec=sec, wh=values, quality=quality and [quality] * count)


def held(agreement) -> list[Block]:
    rows = IntervalDay.objects.filter(agreement=agreement).order_by("channel__flow", "day")
    return [
        Block(row.day, row.sec, bytes(row.wh), row.quality and bytes(row.quality)) for row in rows
    ]


def test_readings_find_their_agreement_by_the_meter():
    rosa = served(meter_number="M-ROSA")
    served()
    taken = take_readings((DELIVERED, [whole()]), meter="M-ROSA")
    assert taken.outcome == Import.Outcome.TAKEN
    assert held(rosa) == [whole()]
    assert IntervalDay.objects.count() == 1
    row = IntervalDay.objects.get()
    assert (row.customer_id, row.channel.meter_number) == (rosa.customer_id, "M-ROSA")
    assert (row.day_wh, row.missing, row.start) == (sum(range(100, 196)), 0, day_start(DAY))


def test_readings_find_their_agreement_by_the_service_point():
    rosa = served(service_point="SP-ROSA", meter_number="M-7")
    take_readings((DELIVERED, [whole()]), meter="SP-ROSA")
    assert held(rosa) == [whole()]
    assert IntervalDay.objects.get().channel.meter_number == "M-7"


def test_delivered_and_received_are_two_channels_of_one_meter():
    rosa = served()
    take_readings((DELIVERED, [whole()]), (RECEIVED, [whole(wh=5)]), agreement=rosa)
    assert held(rosa) == [whole(), whole(wh=5)]
    channels = Channel.objects.filter(service_point=rosa.service_point)
    assert {channel.flow for channel in channels} == {"delivered", "received"}
    assert len({channel.meter_number for channel in channels}) == 1


def test_the_same_file_twice_changes_nothing_and_says_so():
    rosa = served()
    first = take_readings((DELIVERED, [whole()]), agreement=rosa)
    second = take_readings((DELIVERED, [whole()]), agreement=rosa)
    assert second.outcome == Import.Outcome.UNCHANGED
    assert bytes(first.sha256) == bytes(second.sha256)
    assert second.counts["days_unchanged"] == 1
    assert (IntervalDay.objects.get().revision, IntervalDay.objects.get().taken_in_id) == (
        0,
        first.pk,
    )
    assert not IntervalDayRevision.objects.exists()


def test_days_sent_again_with_others_are_counted_apart_and_stay_as_they_were():
    rosa = served()
    days = [DAY + timedelta(days=n) for n in range(5)]
    first = take_readings((DELIVERED, [whole(day) for day in days[:3]]), agreement=rosa)
    corrected = [whole(day, wh=7) if day == days[1] else whole(day) for day in days]
    second = take_readings((DELIVERED, corrected), agreement=rosa)
    counted = [second.counts[f"days_{what}"] for what in ("new", "changed", "unchanged")]
    assert counted == [2, 1, 2]
    assert held(rosa) == corrected
    by = IntervalDay.objects.order_by("day").values_list("taken_in_id", "revision")
    assert [*by[:3]] == [(first.pk, 0), (second.pk, 1), (first.pk, 0)]


def test_an_old_file_sent_again_does_not_undo_a_correction():
    rosa = served()
    take_readings((DELIVERED, [whole(wh=1, quality=8)]), agreement=rosa)
    take_readings((DELIVERED, [whole(wh=2)]), agreement=rosa)
    again = take_readings((DELIVERED, [whole(wh=1, quality=8)]), agreement=rosa)
    assert again.outcome == Import.Outcome.UNCHANGED
    assert held(rosa) == [whole(wh=2)]


def test_a_file_laid_on_the_wrong_agreement_is_new_to_the_right_one(tmp_path):
    rosa, luis = served(), served()
    take_readings((DELIVERED, [whole(wh=1, quality=8)]), agreement=luis)
    path = sce_files.consumption(tmp_path / "usage.csv", [whole(wh=2)])
    by_a_slip, right, once_more = (
        intake.import_readings(path, agreement=whose, source="test", by=None, at=AT)
        for whose in (rosa, luis, luis)
    )
    assert held(luis) == [whole(wh=2)]
    assert [one.counts["days_changed"] for one in (by_a_slip, right)] == [0, 1]
    assert once_more.outcome == Import.Outcome.UNCHANGED


def test_a_file_read_by_the_wrong_clock_is_new_by_the_right_one(tmp_path):
    rosa = served(meter_number="M-ROSA")
    wrong = Source.objects.create(key="utc", name="UTC", clock="utc", stamps="start")
    right = Source.objects.create(key="local", name="Pacific", clock="local", stamps="start")
    values = [f"{wh / 1000}" for wh in whole().values]
    line = cmep_files.line(day_epoch(DAY), values, meter="M-ROSA", ends=False, utc=False)
    path = cmep_files.file(tmp_path / "day.mep", line)
    found = []
    for sender in (wrong, right, wrong):
        intake.import_readings(path, sender=sender, source="test", by=None, at=AT)
        found.append(whole(quality=RAW) in held(rosa))
    assert found == [False, True, True]


def test_a_partial_file_fills_gaps_and_corrects_and_never_blanks():
    rosa = served()
    take_readings((DELIVERED, [whole(gaps={0, 1})]), agreement=rosa)
    some = pack(DAY, sec=900, wh=[1, None, 2] + [None] * 93)
    take_readings((DELIVERED, [some]), agreement=rosa)
    (block,) = held(rosa)
    assert list(block.values)[2:4] == [2, 103]
    assert (block.values[0], block.missing) == (1, 1)


def test_what_a_correction_replaces_is_kept_as_a_revision():
    rosa = served()
    first = take_readings((DELIVERED, [whole(wh=1, quality=8)]), agreement=rosa)
    second = take_readings((DELIVERED, [whole(wh=2)]), agreement=rosa)
    third = take_readings((DELIVERED, [whole(wh=3)]), agreement=rosa)
    assert (second.counts["days_changed"], third.counts["days_changed"]) == (1, 1)
    kept = IntervalDayRevision.objects.order_by("revision")
    assert [(one.revision, one.taken_in_id, one.replaced_by_id) for one in kept] == [
        (0, first.pk, second.pk),
        (1, second.pk, third.pk),
    ]
    assert bytes(kept[0].wh) == whole(wh=1).wh
    assert bytes(kept[0].quality) == bytes([8]) * 96
    assert IntervalDay.objects.get().revision == 2


def test_a_meter_that_becomes_finer_keeps_the_coarser_day_as_a_revision():
    rosa = served()
    take_readings((DELIVERED, [whole(sec=3600)]), agreement=rosa)
    take_readings((DELIVERED, [whole()]), agreement=rosa)
    assert held(rosa) == [whole()]
    assert IntervalDayRevision.objects.get().sec == 3600


def test_coarser_readings_never_replace_finer_ones():
    rosa = served()
    take_readings((DELIVERED, [whole()]), agreement=rosa)
    taken = take_readings((DELIVERED, [whole(sec=3600)]), agreement=rosa)
    assert held(rosa) == [whole()]
    assert taken.outcome == Import.Outcome.UNUSABLE
    assert "2026-01-15 is held in intervals of 900 seconds" in taken.problems[0]["what"]


def test_the_day_of_a_change_over_is_two_rows():
    out = row(service_point="SP-X", meter_number="M-X", end_date="2026-01-15")
    moved_in = row(service_point="SP-X", meter_number="M-X", start_date="2026-01-15")
    for cells in (out, moved_in):
        cells |= {"service_address_1": "9 Example Street"}
    take_roster(out, moved_in)
    # A roster gives whole days; the agreement itself can end at any instant.
    noon = day_start(DAY) + timedelta(hours=12)
    agreements = [
        ServiceAgreement.objects.filter(number=cells["service_account_number"])
        for cells in (moved_in, out)
    ]
    agreements[0].update(starts_at=noon)
    agreements[1].update(ends_at=noon)
    take_readings((DELIVERED, [whole()]), meter="M-X")
    evening, morning = (held(agreement.get()) for agreement in agreements)
    assert [block.missing for block in morning + evening] == [48, 48]
    assert unpack(morning[0]) + unpack(evening[0]) == unpack(whole())


def test_readings_nobody_holds_an_agreement_for_are_set_aside_and_counted():
    rosa = served(meter_number="M-ROSA", start_date="2026-01-15")
    taken = take_readings((DELIVERED, [whole(DAY - timedelta(days=1)), whole()]), meter="M-ROSA")
    assert [block.day for block in held(rosa)] == [DAY]
    assert taken.counts["set_aside"] == 96
    assert "nobody holds an agreement for readings of 2026-01-14" in taken.problems[0]["what"]


def test_a_meter_that_is_not_in_the_roster_is_set_aside():
    taken = take_readings((DELIVERED, [whole()]), meter="M-NOBODY")
    assert (taken.outcome, taken.counts["set_aside"]) == (Import.Outcome.UNUSABLE, 96)
    assert "M-NOBODY is not in the roster" in taken.problems[0]["what"]
    assert not IntervalDay.objects.exists()


def test_what_was_set_aside_finds_its_place_once_the_roster_knows_it():
    take_readings((DELIVERED, [whole()]), meter="M-LATER")
    rosa = served(meter_number="M-LATER")
    taken = take_readings((DELIVERED, [whole()]), meter="M-LATER")
    assert taken.outcome == Import.Outcome.TAKEN
    assert held(rosa) == [whole()]


def test_an_agreement_named_outright_takes_readings_of_any_date():
    rosa = served(start_date="2025-01-01")
    long_ago = date(2011, 3, 13)
    take_readings((DELIVERED, [whole(long_ago)]), agreement=rosa)
    assert held(rosa) == [whole(long_ago)]
    assert not MonthTotal.objects.exists(), "months outside the agreement are not shown"


def test_a_file_of_two_meters_cannot_be_one_agreements(tmp_path):
    rosa = served()
    one, two = (
        readings_file((DELIVERED, [whole()]), meter="M-1"),
        readings_file((DELIVERED, [whole()]), meter="M-2"),
    )
    head, tail = (
        one.read_text().rpartition("</feed>")[0],
        two.read_text().partition("</entry>\n")[2],
    )
    path = tmp_path / "two.xml"
    path.write_text(head + tail)
    taken = intake.import_readings(path, agreement=rosa, source="test", by=None, at=AT)
    assert taken.outcome == Import.Outcome.REFUSED
    assert "more than one meter" in taken.problems[0]["what"]
    assert not IntervalDay.objects.exists()


def test_a_file_broken_at_its_end_leaves_nothing_behind(tmp_path):
    rosa = served()
    path = readings_file((DELIVERED, [whole(DAY + timedelta(days=n)) for n in range(5)]))
    path.write_bytes(path.read_bytes()[:-30])
    taken = intake.import_readings(path, agreement=rosa, source="test", by=None, at=AT)
    assert taken.outcome == Import.Outcome.REFUSED
    assert "not well-formed" in taken.problems[0]["what"]
    assert taken.finished_at >= taken.started_at
    assert not IntervalDay.objects.exists()


def test_readings_are_written_in_rounds_without_a_difference(monkeypatch):
    monkeypatch.setattr("usage.sorting.AT_ONCE", 150)
    monkeypatch.setattr("usage.day_rows.AT_ONCE", 2)
    rosa = served()
    days = [whole(DAY + timedelta(days=n)) for n in range(7)]
    taken = take_readings((DELIVERED, days), agreement=rosa)
    assert held(rosa) == days
    assert taken.counts["days_new"] == 7


def test_months_are_summed_anew_on_every_change():
    rosa = served()
    days = [whole(date(2026, 1, 30) + timedelta(days=n), gaps={3}) for n in range(4)]
    take_readings((DELIVERED, days), agreement=rosa)
    one = sum(range(100, 196)) - 103
    months = MonthTotal.objects.order_by("month").values_list("month", "wh", "days", "missing")
    assert list(months) == [(date(2026, 1, 1), 2 * one, 2, 2), (date(2026, 2, 1), 2 * one, 2, 2)]
    take_readings((DELIVERED, [whole(date(2026, 2, 1))]), agreement=rosa)
    assert list(months.all())[1] == (date(2026, 2, 1), 2 * one + 103, 2, 1)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2025, 11, 2)])
def test_clock_change_days_are_kept_whole(day):
    rosa = served()
    take_readings((DELIVERED, [whole(day)]), agreement=rosa)
    assert held(rosa) == [whole(day)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(wh) / 4 * sec / 3600 FROM usage_intervalday")
        assert cursor.fetchone()[0] == (23 if day.month == 3 else 25)


def test_the_command_says_what_came_of_it(capsys):
    rosa = served()
    path = readings_file((DELIVERED, [whole()]))
    call_command("import_usage", str(path), agreement=rosa.number)
    assert "readings: 96, taken: 96, days new: 1" in capsys.readouterr().out
    call_command("import_usage", str(path), agreement=rosa.number)
    assert "There is nothing new in this file" in capsys.readouterr().out


def test_the_command_refuses_in_sentences(tmp_path):
    with pytest.raises(CommandError, match="is not a file"):
        call_command("import_usage", str(tmp_path / "none.xml"))
    path = tmp_path / "foreign.xml"
    path.write_text("Name,Address\n")
    with pytest.raises(
        CommandError, match=r"Nothing was taken in.\nforeign.xml, line 1: is no file the portal"
    ):
        call_command("import_usage", str(path))
    with pytest.raises(CommandError, match="No agreement has that service account number"):
        call_command("import_usage", str(path), agreement="800")


def test_an_import_says_when_it_began_and_ended():
    rosa = served()
    taken = take_readings((DELIVERED, [whole()]), agreement=rosa)
    assert taken.started_at == AT
    assert AT <= taken.finished_at < AT + timedelta(minutes=1)
    assert isinstance(taken.started_at.astimezone(ZONE), datetime)
    assert Path(taken.file_name).suffix == ".xml"
