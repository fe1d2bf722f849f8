"""CMEP coming in: what times and units mean, gaps, counts, and what is no interval reading."""

import time
import tracemalloc
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.usage import cmep_files
from usage.feeds import BadFile
from usage.feeds.cmep import Reader, Sender
from usage.intervals import ADJUSTED, ESTIMATED, MISSING, Days, day_epoch, day_length

PLAIN, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
FIRST = day_epoch(PLAIN)


@pytest.fixture
def read(tmp_path):
    def reading(*lines, sender=None):
        path = cmep_files.file(tmp_path / "feed.cmep", *lines)
        reader = Reader(path, sender or Sender())
        return reader, list(reader)

    return reading


def triplets(run):
    return [(start, wh) for start, wh, _ in run if wh != MISSING]


def test_a_line_is_the_readings_of_one_meter(read):
    reader, (run,) = read(cmep_files.line(FIRST, ["0.250", "1.000", "0.001", "12.345"]))
    assert (run.meter, run.flow, run.sec, run.net, run.line) == ("M-0001", 1, 900, False, 1)
    assert run.starts == range(FIRST, FIRST + 3600, 900)
    assert list(run.wh) == [250, 1000, 1, 12345]
    assert run.quality == bytes([14] * 4)
    assert (reader.skipped, reader.rejected, reader.rounded) == ([], [], 0)


@given(
    day=st.sampled_from([PLAIN, MARCH, NOVEMBER]),
    sec=st.sampled_from([300, 900, 3600]),
    ends=st.booleans(),
    utc=st.booleans(),
    stamps=st.sampled_from(["all", "first"]),
    late=st.integers(0, 30),
    data=st.data(),
)
def test_every_meaning_of_a_time_gives_the_same_readings(
    tmp_path_factory, day, sec, ends, utc, stamps, late, data
):
    """Whole days and parts, by UTC and by the clock on the wall, on the days it changes too."""
    length = day_length(day) // sec
    first = day_epoch(day) + sec * data.draw(st.integers(0, length - 1))
    count = data.draw(st.integers(1, length + late))
    wh = data.draw(st.lists(st.integers(0, 99_999), min_size=count, max_size=count))
    text = cmep_files.line(
        first, [f"{value / 1000:.3f}" for value in wh], sec=sec, ends=ends, utc=utc, stamps=stamps
    )
    path = cmep_files.file(tmp_path_factory.mktemp("cmep") / "feed.cmep", text)
    (run,) = Reader(path, Sender(ends=ends, utc=utc))
    marked = range(first, first + count * sec, sec)[: count if stamps == "all" else 1]
    if not utc and all(twice(start + sec * ends) for start in marked):
        assert run.starts[0] in {first, first - 3600}, "nothing says which of the two hours it is"
        first = run.starts[0]
    assert triplets(run) == [(first + index * sec, value) for index, value in enumerate(wh)]
    days = Days(sec)
    days.lay(run.starts.start, run.wh, run.quality)
    assert sum(block.held for block in days.blocks()) == count


def twice(epoch):
    """Whether the clock on the wall shows the time of this moment twice."""
    shown = [cmep_files.stamp(at, utc=False) for at in (epoch - 3600, epoch, epoch + 3600)]
    return len(set(shown)) < 3


def test_the_repeated_hour_of_november_is_two_hours_by_order(read):
    first = day_epoch(NOVEMBER)
    _reader, (run,) = read(
        cmep_files.line(first, ["0.100"] * 25, sec=3600, utc=False, ends=False),
        sender=Sender(utc=False, ends=False),
    )
    assert run.starts == range(first, first + 25 * 3600, 3600)


def test_a_hole_in_the_times_is_a_gap(read):
    text = cmep_files.line(FIRST, ["1", "2", "3", "4"]).split(",")
    del text[17:20]
    text[13] = "3"
    _reader, (run,) = read(",".join(text))
    assert triplets(run) == [(FIRST, 1000), (FIRST + 1800, 3000), (FIRST + 2700, 4000)]


@pytest.mark.parametrize(
    ("values", "multiplier", "wh"),
    [
        (["0.25", "1", ".5", "2."], "1", [250, 1000, 500, 2000]),
        (["0.2500", "1.0000"], "1", [250, 1000]),
        (["0.1", "0.2"], "40", [4000, 8000]),
        (["1", "2"], "", [1000, 2000]),
        (["0.004", "0.006"], "0.5", [2, 3]),
        (["-0.250", "0.100"], "1", [-250, 100]),
        (["4", "0.0625"], "1", [4000, 63]),
        (["2147483.647", "0.000"], "1", [2**31 - 1, 0]),
    ],
)
def test_values_are_whole_watt_hours_however_they_are_written(read, values, multiplier, wh):
    _reader, (run,) = read(cmep_files.line(FIRST, values, multiplier=multiplier))
    assert list(run.wh) == wh


@given(st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=96))
def test_three_decimals_are_never_rounded(tmp_path_factory, values):
    text = [f"{value:.3f}" for value in values]
    path = cmep_files.file(tmp_path_factory.mktemp("cmep") / "f", cmep_files.line(FIRST, text))
    reader = Reader(path)
    (run,) = reader
    assert list(run.wh) == [int(value * 1000) for value in values]
    assert reader.rounded == 0


def test_finer_values_are_rounded_half_up_and_counted(read):
    reader, (run,) = read(cmep_files.line(FIRST, ["0.0004", "0.0005", "0.0015", "1.0"]))
    assert list(run.wh) == [0, 1, 2, 1000]
    assert reader.rounded == 3


def test_no_read_and_no_value_are_gaps_whatever_stands_there(read):
    quality = ["R0", "N0", "N", "V0", "R0"]
    _reader, (run,) = read(cmep_files.line(FIRST, ["1", "0", "", "", "5"], quality=quality))
    assert triplets(run) == [(FIRST, 1000), (FIRST + 3600, 5000)]
    assert run.held == 2


def test_quality_is_a_code_where_there_is_one_and_else_stays_a_word(read):
    said = ["R0", "V0", "E0", "A", "R00", "E32", "X9", "", "x9"]
    reader, (run,) = read(cmep_files.line(FIRST, ["1"] * 9, quality=said))
    assert list(run.quality) == [14, 17, ESTIMATED, ADJUSTED, 14, 202, 203, 0, 203]
    assert reader.words.texts == ["E32", "X9"]


def test_where_there_are_too_many_kinds_of_quality_their_letters_stay(read):
    said = [f"E{number}" for number in range(1, 31)]
    reader, (run,) = read(cmep_files.line(FIRST, ["1"] * 30, quality=said))
    assert list(run.quality[-10:]) == [ESTIMATED] * 10
    assert "their letters are" in reader.skipped[0].what
    with pytest.raises(BadFile, match="line 1: has more kinds of quality"):
        read(cmep_files.line(FIRST, ["1"] * 30, quality=[f"X{n}" for n in range(30)]))


def test_the_sender_says_which_unit_means_which_direction(read):
    lines = [cmep_files.line(FIRST, ["1"], unit=unit) for unit in ("KWH", "KWHR", "KWHN", "WH")]
    reader, runs = read(*lines)
    assert [run.flow for run in runs] == [1]
    assert [problem.what for problem in reader.skipped] == [
        f"the unit {unit} is not among those of this sender" for unit in ("KWHR", "KWHN", "WH")
    ]
    sender = Sender(delivered=("KWH", "WH"), received=("KWHR",), net=("KWHN",))
    reader, runs = read(*lines, sender=sender)
    assert [(run.flow, run.net, run.wh[0]) for run in runs] == [
        (1, False, 1000),
        (19, False, 1000),
        (1, True, 1000),
        (1, False, 1),
    ]
    assert not reader.skipped


def test_a_negative_delivery_is_marked_as_net(read):
    _reader, runs = read(
        cmep_files.line(FIRST, ["1.0", "-0.5"]),
        cmep_files.line(FIRST, ["1.0", "", "-0.5"]),
        cmep_files.line(FIRST, ["1.0", "", "0.5"]),
    )
    assert [run.net for run in runs] == [True, True, False]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"purpose": "SUMMARY"}, "SUMMARY records are no interval readings; only OK are"),
        ({"purpose": "HISTORY"}, "HISTORY records"),
        ({"commodity": "G"}, "commodity G is not kept; only electricity (E) is"),
        ({"unit": "KWHREG"}, "register reads (KWHREG) are not intervals"),
        ({"unit": "KVARH"}, "the unit KVARH is not among those of this sender"),
    ],
)
def test_what_is_no_interval_reading_is_set_aside_by_name_once(read, change, what):
    other = cmep_files.line(FIRST, ["1", "2"], **change)
    reader, runs = read(other, cmep_files.line(FIRST, ["3"]), other)
    assert [list(run.wh) for run in runs] == [[3000]]
    assert len(reader.skipped) == 1
    assert what in reader.skipped[0].what
    assert reader.skipped[0].line == 1


def test_other_record_types_are_set_aside_by_name(read):
    reader, runs = read("MEPAD01,19970819,x", cmep_files.line(FIRST, ["1"]), "MEPLF01,1")
    assert len(runs) == 1
    assert [problem.what[:7] for problem in reader.skipped] == ["MEPAD01", "MEPLF01"]


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (
            cmep_files.line(FIRST, ["1", "2"], count=3),
            "says that it has 3 readings and has 2",
        ),
        (cmep_files.line(FIRST, ["1", "2"]) + ",", "says that it has 2 readings and has 2.3"),
        (cmep_files.line(FIRST, ["1"], count=0), "says that it has 0 readings and has 1"),
        (cmep_files.line(FIRST, ["1", "many"]), "has 'many', which is not a number"),
        (cmep_files.line(FIRST, ["1", "nan"]), "has 'nan', which is not a number"),
        (cmep_files.line(FIRST, ["1", "1_0"]), "has '1_0', which is not a number"),
        (cmep_files.line(FIRST, ["1", "1-2"]), "has '1-2', which is not a number"),
        (cmep_files.line(FIRST, ["1", "9999999"]), "has '9999999', more than one interval"),
        (cmep_files.line(FIRST, ["1"], multiplier="x"), "has 'x', which is not a number"),
        (cmep_files.line(FIRST, ["1"], multiplier="-1"), "has '-1' as its multiplier"),
        (cmep_files.line(FIRST, ["1"], sec=86400), "has intervals of '00010000'"),
        (cmep_files.line(FIRST, ["1"], meter=""), "names no meter"),
        ("MEPMD01,19970819,x", "has 3 fields; a record has at least 14"),
        (
            cmep_files.line(FIRST, ["1"]).replace("202601150815", "202613150815"),
            "has no such time as 202613150815",
        ),
        (
            cmep_files.line(FIRST, ["1"]).replace("202601150815", "noon"),
            "has 'noon' as its first time",
        ),
        ("hello", "begins with no record type"),
    ],
)
def test_a_broken_line_is_rejected_whole_and_the_rest_is_taken(read, broken, what):
    good = cmep_files.line(FIRST, ["3"])
    reader, runs = read(good, broken, good)
    assert [run.line for run in runs] == [1, 3]
    (problem,) = reader.rejected
    assert problem.line == 2
    assert what in problem.what
    assert reader.rejects == 1


def test_an_hour_that_march_skips_is_rejected(read):
    at_two = cmep_files.line(FIRST, ["1"], sec=3600, ends=False).replace(
        cmep_files.stamp(FIRST, utc=True), "202603080200"
    )
    reader, runs = read(at_two, sender=Sender(utc=False, ends=False))
    assert runs == []
    assert "202603080200, which no clock showed" in reader.rejected[0].what


def test_quotes_are_read(read):
    quoted = cmep_files.line(FIRST, ["1"]).replace("SENDER", '"SENDER, INC"')
    _reader, (run,) = read(quoted)
    assert list(run.wh) == [1000]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "holds no records"),
        (b"\r\n\r\n", "holds no records"),
        (b"<feed/>", "line 1: is not CMEP"),
        (b"MEPMD01," + b"x" * (9 * 2**20), "line 1: is longer than 8 MB"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, text, what):
    path = tmp_path / "feed.cmep"
    path.write_bytes(text)
    with pytest.raises(BadFile) as refused:
        list(Reader(path))
    assert what in str(refused.value)


@pytest.fixture(scope="module")
def bulk(tmp_path_factory):
    """A hundred thousand readings: some thousand meters' day."""
    values = [f"{index / 1000:.3f}" for index in range(96)]
    lines = (cmep_files.line(FIRST, values, meter=f"M-{number:06}") for number in range(1050))
    return cmep_files.file(tmp_path_factory.mktemp("cmep") / "bulk.cmep", *lines)


def test_memory_stays_flat(bulk, tmp_path):
    longer = tmp_path / "longer.cmep"
    longer.write_bytes(bulk.read_bytes() * 4)
    peaks = []
    for path in (bulk, longer):
        tracemalloc.start()
        assert sum(len(run) for run in Reader(path)) >= 100_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


def test_a_line_is_read_in_columns_and_not_value_by_value(bulk):
    """Reading the file takes a fraction of what touching each value once in Python takes."""

    def seconds(work):
        began = time.process_time()
        work()
        return time.process_time() - began

    def naively():
        for text in bulk.read_text().splitlines():
            fields = text.split(",")
            for index in range(14, len(fields), 3):
                time.strptime(fields[index], "%Y%m%d%H%M")
                round(float(fields[index + 2]) * 1000)

    fast = min(seconds(lambda: list(Reader(bulk))) for _ in range(3))
    assert fast * 5 < seconds(naively)
