"""SCE's own CSV coming in: two generations, clock changes by order, nothing dropped in silence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.usage import sce_files
from usage.feeds import BadFile
from usage.feeds.sce_csv import Reader
from usage.intervals import Block, day_wh, group, intervals_in, pack, unpack

PLAIN, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)


def day(when=PLAIN, *, sec=900, wh=100):
    return pack(when, sec=sec, wh=[wh + index for index in range(intervals_in(when, sec=sec))])


def read(path):
    reader = Reader(path)
    return reader, list(reader)


def blocks(runs, flow=1):
    readings = [reading for run in runs if run.flow == flow for reading in run]
    return group(readings, sec=runs[0].sec)


@pytest.mark.parametrize("sec", [900, 3600])
def test_a_consumption_file_is_read_whole(tmp_path, sec):
    held = [day(when, sec=sec) for when in sce_files.days(PLAIN, 3)]
    reader, runs = read(sce_files.consumption(tmp_path / "sce.csv", held))
    assert blocks(runs) == held
    assert {(run.meter, run.flow, run.sec, run.net) for run in runs} == {("", 1, sec, False)}
    assert (reader.skipped, reader.rejected, reader.rounded) == ([], [], 0)


def test_delivered_and_received_are_told_apart_by_their_heading(tmp_path):
    held = [(day(when), day(when, wh=7)) for when in sce_files.days(PLAIN, 3)]
    path = sce_files.both_ways(tmp_path / "sce.csv", held)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    reader, runs = read(path)
    assert blocks(runs, 1) == [delivered for delivered, _ in held]
    assert blocks(runs, 19) == [received for _, received in held]
    assert (reader.skipped, reader.rejected) == ([], [])


@given(
    when=st.sampled_from([PLAIN, MARCH, NOVEMBER, MARCH - timedelta(1), NOVEMBER + timedelta(1)]),
    sec=st.sampled_from([900, 1800, 3600]),
    data=st.data(),
)
def test_order_alone_tells_the_two_hours_of_november_apart(tmp_path_factory, when, sec, data):
    count = intervals_in(when, sec=sec)
    wh = data.draw(st.lists(st.integers(0, 9999), min_size=count, max_size=count))
    held = pack(when, sec=sec, wh=wh)
    path = tmp_path_factory.mktemp("sce") / "sce.csv"
    for file in (
        sce_files.consumption(path, [held]),
        sce_files.both_ways(path, [(held, held)]),
    ):
        reader, runs = read(file)
        assert unpack(blocks(runs)[0]) == unpack(held)
        assert not reader.rejected


def without(path, *texts):
    kept = [line for line in path.read_text().splitlines() if not any(t in line for t in texts)]
    path.write_text("\n".join(kept) + "\n")
    return path


def test_a_november_row_without_a_value_still_counts_in_the_order(tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [day(NOVEMBER, sec=3600)])
    text = path.read_text().replace('"0.101"', '""')
    path.write_text(text)
    _reader, (run,) = read(path)
    (block,) = blocks([run])
    assert (block.missing, block.values[1], block.values[2]) == (1, -(2**31), 102)


def test_what_is_not_there_is_missing_and_never_zero(tmp_path):
    path = without(
        sce_files.consumption(tmp_path / "sce.csv", [day()]), "04:15:00 to", "04:30:00 to"
    )
    _reader, runs = read(path)
    assert blocks(runs)[0].missing == 2
    assert day_wh(blocks(runs)[0]) == day_wh(day()) - 117 - 118


def test_an_hour_that_march_skips_is_rejected_by_line(tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [day(MARCH, sec=3600)])
    text = path.read_text().replace(
        '"2026-03-08 03:00:00',
        '"2026-03-08 02:00:00 to 2026-03-08 03:00:00","9",""\n"2026-03-08 03:00:00',
        1,
    )
    path.write_text(text)
    reader, runs = read(path)
    assert blocks(runs) == [day(MARCH, sec=3600)]
    (problem,) = reader.rejected
    assert problem.line == 17
    assert "02:00:00, which no clock showed" in problem.what


def test_negative_values_keep_their_sign_and_mark_the_whole_file_as_net(tmp_path):
    sunny = pack(PLAIN, sec=3600, wh=[500] * 8 + [-1250] * 8 + [300] * 8)
    night = day(PLAIN - timedelta(1), sec=3600)
    _reader, runs = read(sce_files.consumption(tmp_path / "sce.csv", [night, sunny]))
    assert [run.net for run in runs] == [True, True]
    assert blocks(runs)[1] == sunny
    assert {run.flow for run in runs} == {1}


def test_a_received_value_below_zero_is_not_called_net(tmp_path):
    odd = pack(PLAIN, sec=3600, wh=[-1] * 24)
    _reader, runs = read(sce_files.both_ways(tmp_path / "sce.csv", [(day(sec=3600), odd)]))
    assert [run.net for run in runs] == [False, False]


def test_words_for_quality_stay_words(tmp_path):
    words = ["", "Estimated", "Actual", "actual?", "valid"] * 4 + ["VEE override"] * 4
    path = sce_files.consumption(tmp_path / "sce.csv", [day(sec=3600)], words=words)
    reader, (run,) = read(path)
    assert reader.words.texts == ["Actual", "actual?", "VEE override"]
    assert list(run.quality[:5]) == [0, 200, 202, 203, 0]
    assert set(run.quality[20:]) == {204}


def test_a_column_full_of_other_things_is_no_quality(tmp_path):
    path = sce_files.consumption(
        tmp_path / "sce.csv", [day(sec=3600)], words=[f"word {n}" for n in range(24)]
    )
    with pytest.raises(BadFile, match="line 35: has more words for quality than can be kept"):
        read(path)


def test_the_date_of_a_row_stands_whatever_its_day_is_called(tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [day(sec=3600)])
    path.write_text(path.read_text().replace("starting: 2026-01-15", "starting: 2026-01-14"))
    _reader, runs = read(path)
    assert blocks(runs) == [day(sec=3600)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('","0.1",', '","much",', "has 'much' as energy, which is not a number"),
        ('","0.1",', '","1e9",', "has '1e9' as energy"),
        ('","0.1",', '","99999999",', "more than one interval can hold"),
        ('"2026-01-15 00:00:00 to', '"2026-01-32 00:00:00 to', "has no such time"),
        (
            "00:00:00 to 2026-01-15 01:00:00",
            "00:00:00 to 2026-01-15 02:00:00",
            "is not a reading of 3600 seconds",
        ),
        (
            '"2026-01-15 01:00:00 to 2026-01-15 02',
            '"2026-01-15 00:00:00 to 2026-01-15 01',
            "has the interval from 2026-01-15 00:00:00 once more",
        ),
        ('"2026-01-15 00:00:00 to', '"about midnight to', "neither a day, nor a heading"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_rest_is_taken(tmp_path, old, new, what):
    path = sce_files.consumption(tmp_path / "sce.csv", [day(sec=3600)])
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    reader, runs = read(path)
    assert sum(map(len, runs)) == 23
    assert [what in str(problem) for problem in reader.rejected] == [True]
    assert reader.rejected[0].line in {15, 16}
    assert reader.rejects == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"heading": "Energy mystery time period"}, "“mystery” readings are not kept"),
        ({"unit": "Usage(Reactive energy in kVARh)"}, "readings of 'Usage(Reactive"),
    ],
)
def test_readings_of_something_else_are_set_aside_by_name(tmp_path, change, what):
    reader, runs = read(sce_files.consumption(tmp_path / "sce.csv", [day(), day(MARCH)], **change))
    assert runs == []
    assert len(reader.skipped) == 1
    assert what in reader.skipped[0].what
    assert reader.rejects == 0


def test_values_finer_than_a_watt_hour_are_rounded_and_counted(tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [day(sec=3600)])
    path.write_text(path.read_text().replace('"0.1"', '"0.1005"'))
    reader, runs = read(path)
    assert runs[0].wh[0] == 101
    assert reader.rounded == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Name,Address\n", "line 1: does not begin with 'Energy Usage Information'"),
        ("Energy Usage Information\n", "holds no readings"),
        ("", "holds no readings"),
        ("Energy Usage Information\n" + "x" * 70_000, "line 2: is longer than 64 kB"),
        ("Energy Usage Information\n\xff", "line 2: is not UTF-8"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, text, what):
    path = tmp_path / "sce.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadFile) as refused:
        read(path)
    assert what in str(refused.value)


def test_nothing_of_the_preamble_is_taken(tmp_path):
    """The start date there is an hour early, and the location is nobody's business (5.3)."""
    reader, runs = read(sce_files.consumption(tmp_path / "sce.csv", [day()]))
    assert "EXAMPLE ST" not in repr([runs, reader.skipped, reader.rejected])
    assert isinstance(blocks(runs)[0], Block)
    assert [block.day for block in blocks(runs)] == [PLAIN]


@pytest.mark.parametrize("newer", [False, True])
def test_a_column_nobody_needs_is_refused_by_name(tmp_path, newer):
    path = tmp_path / "sce.csv"
    if newer:
        sce_files.both_ways(path, [(day(), day(wh=7))])
    else:
        sce_files.consumption(path, [day()])
    whole = path.read_text(encoding="utf-8")
    assert read(path)[1]
    padded = whole.replace("Reading quality", "Reading quality,,")
    path.write_text(padded, encoding="utf-8")
    assert read(path)[1], "padding has no name"
    for heading, named in (
        ("Reading quality,Social security number", "Social security number"),
        ("Social security number", "Social security number"),
        ("Reading quality,,Name of the customer", "Name of the customer"),
    ):
        path.write_text(whole.replace("Reading quality", heading), encoding="utf-8")
        with pytest.raises(BadFile) as refused:
            list(Reader(path))
        (problem,) = refused.value.problems
        assert problem.what.startswith(f"has the column {named!r}, which the portal does not take")
        assert whole.splitlines()[problem.line - 1].rstrip(",").endswith("Reading quality")


def test_a_line_with_more_cells_than_have_a_name_is_rejected(tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [day()])
    path.write_text(path.read_text().replace('"0.1",""', '"0.1","","078-05-1120"', 1))
    reader, _runs = read(path)
    (problem,) = reader.rejected
    assert problem.what == "has 4 cells where the heading has 3"
