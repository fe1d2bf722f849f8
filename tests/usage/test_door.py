"""One door for files: what they are is found out, and what they may not be is refused by name."""

import bz2
import csv
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.usage import cmep_files, sce_files
from tests.usage.rosters import AT, readings_file, roster_file, row, served
from tests.usage.test_billing import bill, hours, peak
from usage import intake, rosters
from usage.feeds import BadFile, refuse
from usage.feeds.detection import format_of
from usage.intervals import MISSING, Block, day_epoch, intervals_in, pack
from usage.models import (
    Channel,
    Customer,
    Import,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    QualityWord,
    Source,
)
from usage.sentences import say

DAY = date(2026, 1, 15)


def whole(day=DAY, *, wh=100, sec=900) -> Block:
    return pack(day, sec=sec, wh=[wh + index for index in range(intervals_in(day, sec=sec))])


def cmep_of(path, *blocks, meter="M-ROSA", **how):
    lines = [
        cmep_files.line(
            day_epoch(block.day),
            [f"{wh / 1000:.3f}" for wh in block.values],
            sec=block.sec,
            meter=meter,
            **how,
        )
        for block in blocks
    ]
    return cmep_files.file(path, *lines)


def table(path, *lines):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


# -- What it is ----------------------------------------------------------------------------


def test_every_format_is_known_by_its_first_bytes(tmp_path):
    path = tmp_path / "any"
    assert format_of(roster_file([row()])) == "roster"
    assert format_of(readings_file((1, [whole()]))) == "green_button"
    assert format_of(sce_files.consumption(path, [whole()])) == "sce_csv"
    assert format_of(sce_files.both_ways(path, [(whole(), whole())])) == "sce_csv"
    assert format_of(cmep_of(path, whole())) == "cmep"
    assert format_of(table(path, bill())) == "bills"
    assert format_of(table(path, peak())) == "demand"
    assert format_of(table(path, hours())) == "time_of_use"
    path.write_text("\ufeff\r\n <?xml version='1.0'?><feed/>")
    assert format_of(path) == "green_button"


def archives():
    text = b"account_number\n1\n" * 100
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", text)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("roster.csv"))
    return {
        "a ZIP archive or an Excel workbook": packed.getvalue(),
        "a gzip archive": gzip.compress(text),
        "a bzip2 archive": bz2.compress(text),
        "an xz archive": lzma.compress(text),
        "a tar archive": tarred.getvalue(),
        "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "a PDF": b"%PDF-1.7\n",
    }


@pytest.mark.parametrize(("what", "content"), archives().items(), ids=list(archives()))
def test_archives_and_workbooks_are_refused_by_name(tmp_path, what, content):
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile) as refused:
        format_of(path)
    assert str(refused.value) == f"roster.csv: is {what}; send the CSV or XML file itself"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"hello\n", "line 1: is no file the portal knows"),
        (b"\xff\xfeh\x00", "line 1: is no file the portal knows"),
        (b",,,\n,,\nname,address\n", "line 1: is no file the portal knows"),
        (b",,,\n", "line 1: is no file the portal knows"),
    ],
)
@pytest.mark.django_db
def test_whatever_else_is_refused_and_leaves_its_row(tmp_path, content, what):
    path = tmp_path / "file"
    path.write_bytes(content)
    taken = intake.take_in(path, source="test", by=None, at=AT)
    assert (taken.outcome, taken.kind) == (Import.Outcome.REFUSED, "unknown")
    assert what in f"line {taken.problems[0]['line']}: {taken.problems[0]['what']}"


@pytest.mark.django_db
def test_a_file_that_is_too_large_or_takes_too_long_is_refused(tmp_path):
    served(meter_number="M-ROSA")
    path = cmep_of(tmp_path / "f", *(whole(DAY + timedelta(days=n)) for n in range(3)))
    small = replace(intake.BULK, size=1000)
    slow = replace(intake.BULK, within=timedelta(0))
    for cap, what in ((small, "is larger than 0 MB"), (slow, "takes longer than 0 seconds")):
        taken = intake.take_in(path, source="test", by=None, at=AT, cap=cap)
        assert taken.outcome == Import.Outcome.REFUSED
        assert what in taken.problems[0]["what"]
    assert not IntervalDay.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("after", [0, 3, 6])
def test_a_roster_is_asked_whether_it_takes_too_long_between_its_parts(
    tmp_path, monkeypatch, after
):
    """And leaves nothing of the parts that were laid."""
    monkeypatch.setattr("usage.staging.AT_ONCE", 5)
    asked, laid = [], []

    def hurry(intake_):
        asked.append(len(laid))
        if len(asked) > after:
            raise refuse("f", None, say("takes longer than 0 seconds; send it in parts"))

    monkeypatch.setattr("usage.intake._Intake.hurry", hurry)
    monkeypatch.setattr(rosters, "_programs", lambda part, *a, **k: laid.append(part))
    held = Customer.objects.count()
    taken = take(table(tmp_path / "f.csv", *(row() for _n in range(20))))
    assert (taken.outcome, Customer.objects.count()) == (Import.Outcome.REFUSED, held)
    assert bool(laid) == (after == 6), "four times while it is read, then before each part"


# -- Readings ------------------------------------------------------------------------------


def take(path, **how):
    return intake.take_in(path, source="test", by=None, at=AT, **how)


def held(agreement, flow="delivered") -> list[Block]:
    rows = IntervalDay.objects.filter(agreement=agreement, channel__flow=flow).order_by("day")
    return [
        Block(one.day, one.sec, bytes(one.wh), one.quality and bytes(one.quality), one.net)
        for one in rows
    ]


@pytest.mark.django_db
def test_a_bulk_file_finds_everybody(tmp_path):
    people = [served(meter_number=f"M-{number}") for number in range(3)]
    lines = []
    for number in range(4):
        path = cmep_of(tmp_path / "one", whole(wh=number), meter=f"M-{number}", quality="V0")
        lines += path.read_text().splitlines()
    taken = take(cmep_files.file(tmp_path / "all", *lines))
    assert taken.outcome == Import.Outcome.TAKEN
    assert taken.read_as == {
        "format": "cmep",
        "sender": "",
        "stamps": "end",
        "clock": "utc",
        "delivered": ["KWH"],
        "received": [],
        "net": [],
    }
    for number, agreement in enumerate(people):
        (block,) = held(agreement)
        assert block.wh == whole(wh=number).wh
        assert set(block.codes) == {17}
    assert taken.counts["set_aside"] == 96
    assert "M-3 is not in the roster" in taken.problems[0]["what"]


@pytest.mark.django_db
def test_what_a_senders_times_and_units_mean_is_kept_with_the_import(tmp_path):
    rosa = served(meter_number="M-ROSA")
    sender = Source.objects.create(
        key="hourly", name="Hourly", stamps="start", clock="local", received_units=["KWHR"]
    )
    first = cmep_of(tmp_path / "a", whole(sec=3600), ends=False, utc=False).read_text()
    second = cmep_of(
        tmp_path / "b", whole(sec=3600, wh=1), ends=False, utc=False, unit="KWHR"
    ).read_text()
    (tmp_path / "c").write_text(first + second)
    taken = take(tmp_path / "c", sender=sender)
    assert [block.wh for block in held(rosa)] == [whole(sec=3600).wh]
    assert [block.wh for block in held(rosa, "received")] == [whole(sec=3600, wh=1).wh]
    assert (taken.read_as["sender"], taken.read_as["clock"]) == ("hourly", "local")
    assert (taken.read_as["stamps"], taken.read_as["received"]) == ("start", ["KWHR"])


@pytest.mark.django_db
def test_days_that_come_in_parts_are_put_together(tmp_path):
    """A day by UTC is two parts of days in Los Angeles."""
    rosa = served(meter_number="M-ROSA")
    first = day_epoch(DAY) - 8 * 3600
    values = [f"{index}.000" for index in range(3 * 96)]
    lines = [
        cmep_files.line(first + part * 86400, values[part * 96 : part * 96 + 96], meter="M-ROSA")
        for part in (2, 0, 1)
    ]
    taken = take(cmep_files.file(tmp_path / "f", *lines))
    blocks = held(rosa)
    assert [block.missing for block in blocks] == [64, 0, 0, 32]
    assert list(blocks[1].values) == [1000 * index for index in range(32, 128)]
    assert taken.counts["days_new"] == 4


@pytest.mark.django_db
def test_a_gap_in_a_bulk_file_blanks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("usage.sorting.AT_ONCE", 50)
    rosa = served(meter_number="M-ROSA")
    values = [f"{index}" for index in range(96)]
    gappy = ["" if index % 2 else value for index, value in enumerate(values)]
    start = day_epoch(DAY)
    lines = [cmep_files.line(start, text, meter="M-ROSA") for text in (values, gappy)]
    take(cmep_files.file(tmp_path / "f", *lines))
    assert [block.missing for block in held(rosa)] == [0]
    assert MISSING not in held(rosa)[0].values


@pytest.mark.django_db
def test_sces_own_file_needs_to_be_told_whose_it_is(tmp_path):
    rosa = served()
    path = sce_files.both_ways(tmp_path / "sce.csv", [(whole(), whole(wh=5))])
    refused = take(path)
    assert refused.outcome == Import.Outcome.REFUSED
    assert "names no meter; say whose agreement it is" in refused.problems[0]["what"]
    taken = take(path, agreement=rosa)
    assert held(rosa) == [whole()]
    assert held(rosa, "received") == [whole(wh=5)]
    assert taken.read_as == {"format": "sce_csv", "agreement": str(rosa.pk)}
    assert Channel.objects.filter(service_point=rosa.service_point).count() == 2


@pytest.mark.django_db
def test_a_word_for_quality_keeps_its_byte_over_files(tmp_path):
    rosa, vera = served(), served()
    words = ["Actual"] * 90 + ["Guess"] * 6
    path = sce_files.consumption(tmp_path / "a.csv", [whole()], words=words)
    take(path, agreement=rosa)
    sce_files.consumption(path, [whole()], words=["Guess", "Other"] * 48)
    take(path, agreement=vera)
    known = {word.text: word.code for word in QualityWord.objects.all()}
    assert known == {"estimated": 200, "adjusted": 201, "Actual": 202, "Guess": 203, "Other": 204}
    assert set(held(rosa)[0].codes[90:]) == {203}
    assert set(held(vera)[0].codes) == {203, 204}


@pytest.mark.django_db
def test_when_no_byte_is_left_for_a_word_the_file_is_refused(tmp_path):
    rosa = served()
    QualityWord.objects.bulk_create(
        QualityWord(code=code, text=f"word {code}") for code in range(202, 255)
    )
    path = sce_files.consumption(tmp_path / "a.csv", [whole()], words=["Actual"] * 96)
    taken = take(path, agreement=rosa)
    assert taken.outcome == Import.Outcome.REFUSED
    assert "there is no room for more such words" in taken.problems[0]["what"]
    assert not IntervalDay.objects.exists()


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_length_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("usage.sorting.AT_ONCE", 5_000)
    served(meter_number="M-ROSA", start_date="2020-01-01")
    peaks = []
    for first, days in ((date(2021, 2, 1), 100), (date(2021, 7, 1), 400)):
        blocks = [whole(first + timedelta(days=number)) for number in range(days)]
        path = cmep_of(tmp_path / "f", *blocks)
        tracemalloc.start()
        taken = take(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert taken.counts["days_new"] == days
    assert peaks[1] < peaks[0] + 500_000


# -- Net -----------------------------------------------------------------------------------

SUNNY = pack(DAY, sec=3600, wh=[500] * 8 + [-1250] * 8 + [300] * 8)


@pytest.mark.django_db
def test_net_days_are_kept_with_their_sign_and_their_mark(tmp_path):
    rosa = served()
    night = pack(DAY - timedelta(1), sec=3600, wh=[10] * 24)
    taken = take(sce_files.consumption(tmp_path / "a.csv", [night, SUNNY]), agreement=rosa)
    assert [block.net for block in held(rosa)] == [True, True]
    assert held(rosa)[1].values == SUNNY.values
    assert taken.counts["net"] == 48
    month = MonthTotal.objects.get()
    assert (month.wh, month.net_days) == (240 + sum(SUNNY.values), 2)
    assert not Channel.objects.filter(flow="received").exists()


@pytest.mark.django_db
def test_delivered_and_received_replace_net_and_never_the_other_way(tmp_path):
    rosa = served()
    net = sce_files.consumption(tmp_path / "net.csv", [SUNNY])
    split = (
        pack(DAY, sec=3600, wh=[500] * 8 + [0] * 8 + [300] * 8),
        pack(DAY, sec=3600, wh=[0] * 8 + [1250] * 8 + [0] * 8),
    )
    take(net, agreement=rosa)
    take(sce_files.both_ways(tmp_path / "split.csv", [split]), agreement=rosa)
    assert held(rosa) == [split[0]]
    assert MonthTotal.objects.get(channel__flow="delivered").net_days == 0
    assert [one.net for one in IntervalDayRevision.objects.all()] == [True]

    other = pack(DAY, sec=3600, wh=[-1] * 24)
    taken = take(sce_files.consumption(tmp_path / "late.csv", [other]), agreement=rosa)
    assert held(rosa) == [split[0]]
    assert taken.outcome == Import.Outcome.UNUSABLE
    assert "2026-01-15 is held as delivered and received" in taken.problems[0]["what"]


# -- Trying out ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_trying_a_file_out_says_what_would_come_of_it_and_leaves_nothing(tmp_path):
    rosa = served(meter_number="M-ROSA")
    before = Import.objects.count()
    path = cmep_of(tmp_path / "f", whole(), quality="X7")
    tried = intake.try_out(path, source="test", by=None, at=AT)
    assert (tried.format, tried.outcome, tried.counts["days_new"]) == ("cmep", "taken", 1)
    assert not IntervalDay.objects.exists()
    assert not QualityWord.objects.filter(text="X7").exists()
    assert Import.objects.count() == before
    take(path)
    assert len(held(rosa)) == 1
    assert intake.try_out(path, source="test", by=None, at=AT).outcome == "unchanged"


@pytest.mark.django_db
def test_the_command_takes_whatever_it_is_given(tmp_path, capsys):
    roster = roster_file([row(meter_number="M-ROSA", service_account_number="8000000001")])
    feed = cmep_of(tmp_path / "feed.cmep", whole())
    bills = table(tmp_path / "bills.csv", bill())
    call_command("import_file", str(roster), str(feed), str(bills))
    said = capsys.readouterr().out
    assert "readings: 96, taken: 96, days new: 1" in said
    assert "lines: 1, new: 1" in said
    call_command("import_file", str(feed))
    assert "There is nothing new in this file" in capsys.readouterr().out


@pytest.mark.django_db
def test_each_command_takes_its_own_kind_of_file(tmp_path):
    feed = cmep_of(tmp_path / "feed.cmep", whole())
    with pytest.raises(CommandError, match="looks like cmep, which is not asked for here"):
        call_command("import_roster", str(feed))
    with pytest.raises(CommandError, match="looks like roster, which is not asked for here"):
        call_command("import_usage", str(roster_file([row()])))
    with pytest.raises(CommandError, match="No sender has the key nobody; known: none yet"):
        call_command("import_usage", str(feed), sender="nobody")
