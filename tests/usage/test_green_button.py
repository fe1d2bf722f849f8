"""Green Button XML coming in: links or order, units, flows, quality, hostile files."""

from datetime import date

import pytest

from tests.usage import cmep_files, sce_files
from usage.feeds import DELIVERED, RECEIVED, BadFile, cmep, sce_csv
from usage.feeds.espi_outline import Outline
from usage.feeds.green_button import Reader
from usage.intervals import day_epoch, pack

ATOM, ESPI = "http://www.w3.org/2005/Atom", "http://naesb.org/espi"
FIRST = day_epoch(date(2026, 1, 15))


def reading_type(**codes):
    codes = {
        "flowDirection": 1,
        "intervalLength": 900,
        "powerOfTenMultiplier": 0,
        "uom": 72,
    } | codes
    inner = "".join(f"<e:{name}>{code}</e:{name}>" for name, code in codes.items() if code != "")
    return f"<e:ReadingType>{inner}</e:ReadingType>"


def reading(value, start=None, *, sec=900, quality=()):
    period = (
        ""
        if start is None
        else (
            f"<e:timePeriod><e:duration>{sec}</e:duration><e:start>{start}</e:start></e:timePeriod>"
        )
    )
    codes = "".join(
        f"<e:ReadingQuality><e:quality>{code}</e:quality></e:ReadingQuality>" for code in quality
    )
    held = "" if value is None else f"<e:value>{value}</e:value>"
    return f"<e:IntervalReading>{codes}{period}{held}</e:IntervalReading>"


def block(*readings, start=FIRST, duration=86400):
    interval = (
        f"<e:interval><e:duration>{duration}</e:duration><e:start>{start}</e:start></e:interval>"
    )
    return f"<e:IntervalBlock>{interval}{''.join(readings)}</e:IntervalBlock>"


def entry(content, *, own="", up="", related=()):
    links = "".join(
        f'<a:link rel="{rel}" href="{href}"/>'
        for rel, href in [("self", own), ("up", up), *(("related", r) for r in related)]
        if href
    )
    return f"<a:entry>{links}<a:content>{content}</a:content></a:entry>\n"


POINT, METER = entry("<e:UsagePoint/>"), entry("<e:MeterReading/>")


@pytest.fixture
def feed(tmp_path):
    def written(*entries, head=""):
        path = tmp_path / "feed.xml"
        path.write_text(
            f'{head}<a:feed xmlns:a="{ATOM}" xmlns:e="{ESPI}">\n{"".join(entries)}</a:feed>'
        )
        return path

    return written


def read(path):
    return [(run.meter, run.flow, run.sec, list(run)) for run in Reader(path)]


def problem(path):
    with pytest.raises(BadFile) as refused:
        list(Reader(path))
    (only,) = refused.value.problems
    return only


def test_links_decide_even_against_the_order(feed):
    path = feed(
        entry("<e:UsagePoint/>", own="/U/1", related=["/U/1/M"]),
        entry("<e:UsagePoint/>", own="/U/2", related=["/U/2/M"]),
        entry("<e:MeterReading/>", own="/U/2/M/1", up="/U/2/M", related=["/R/2", "/U/2/M/1/B"]),
        entry("<e:MeterReading/>", own="/U/1/M/1", up="/U/1/M", related=["/R/1", "/U/1/M/1/B"]),
        entry(block(reading(1, FIRST)), own="/U/2/M/1/B/1", up="/U/2/M/1/B"),
        entry(block(reading(2, FIRST)), own="/U/1/M/1/B/1", up="/U/1/M/1/B"),
        entry(reading_type(flowDirection=19), own="/R/2", up="/R"),
        entry(reading_type(powerOfTenMultiplier=3), own="/R/1", up="/R"),
    )
    assert read(path) == [
        ("/U/2", RECEIVED, 900, [(FIRST, 1, 0)]),
        ("/U/1", DELIVERED, 900, [(FIRST, 2000, 0)]),
    ]


def test_without_links_the_order_decides(feed):
    path = feed(
        POINT,
        METER,
        entry(reading_type()),
        entry(block(reading(1, FIRST))),
        METER,
        entry(reading_type(flowDirection=19, intervalLength=3600)),
        entry(block(reading(2, FIRST, sec=3600)) + block(reading(3, FIRST + 3600, sec=3600))),
    )
    assert [run[1:] for run in read(path)] == [
        (DELIVERED, 900, [(FIRST, 1, 0)]),
        (RECEIVED, 3600, [(FIRST, 2, 0)]),
        (RECEIVED, 3600, [(FIRST + 3600, 3, 0)]),
    ]


def test_a_block_linked_only_by_its_path_is_found(feed):
    path = feed(
        entry("<e:MeterReading/>", own="/M/1", related=["/R/1"]),
        entry("<e:MeterReading/>", own="/M/2", related=["/R/2"]),
        entry(reading_type(), own="/R/1"),
        entry(reading_type(flowDirection=19), own="/R/2"),
        entry(block(reading(1, FIRST)), own="/M/1/IntervalBlock/9"),
    )
    assert read(path) == [("/M/1", DELIVERED, 900, [(FIRST, 1, 0)])]


def test_a_reading_type_inside_its_meter_reading_is_taken(feed):
    path = feed(
        POINT,
        entry(f"<e:MeterReading>{reading_type(powerOfTenMultiplier=3)}</e:MeterReading>"),
        entry(block(reading(2, FIRST))),
    )
    assert read(path)[0][3] == [(FIRST, 2000, 0)]


def test_a_single_entry_is_read_whatever_its_prefixes(tmp_path):
    path = tmp_path / "entry.xml"
    path.write_text(
        f'<x:feed xmlns:x="{ATOM}"><x:entry><x:content>'
        f'<MeterReading xmlns="{ESPI}">{reading_type().replace("e:", "")}</MeterReading>'
        "</x:content></x:entry><x:entry><x:content>"
        f'<o:IntervalBlock xmlns:o="{ESPI}">{reading(7, FIRST).replace("e:", "o:")}'
        f"</o:IntervalBlock></x:content></x:entry></x:feed>"
    )
    assert read(path)[0][3] == [(FIRST, 7, 0)]


def test_readings_without_periods_follow_one_another(feed):
    path = feed(METER, entry(reading_type()), entry(block(reading(1), reading(None), reading(3))))
    assert read(path)[0][3] == [(FIRST, 1, 0), (FIRST + 1800, 3, 0)]


def test_the_length_may_come_from_the_readings_or_from_the_block(feed):
    lengthless = entry(reading_type(intervalLength=""))
    path = feed(METER, lengthless, entry(block(reading(1, FIRST, sec=1800))))
    assert read(path)[0][2] == 1800
    bare = "<e:IntervalReading><e:timePeriod><e:start>{}</e:start></e:timePeriod><e:value>1</e:value></e:IntervalReading>"
    path = feed(
        METER,
        lengthless,
        entry(block(bare.format(FIRST), bare.format(FIRST + 300), duration=600)),
    )
    assert read(path)[0][2] == 300


@pytest.mark.parametrize(
    ("power", "value", "wh", "rounded"),
    [
        (0, 450, 450, 0),
        (3, 2, 2000, 0),
        (-3, 448000, 448, 0),
        (-3, 448500, 449, 1),
        (-3, -1500, -1, 1),
    ],
)
def test_the_multiplier_makes_watt_hours(feed, power, value, wh, rounded):
    reader = Reader(
        feed(
            METER,
            entry(reading_type(powerOfTenMultiplier=power)),
            entry(block(reading(value, FIRST))),
        )
    )
    (run,) = reader
    assert (list(run.wh), reader.rounded) == ([wh], rounded)


def test_net_readings_keep_their_sign_and_are_marked(feed):
    (run,) = Reader(
        feed(METER, entry(reading_type(flowDirection=4)), entry(block(reading(-250, FIRST))))
    )
    assert (run.flow, run.net, list(run.wh)) == (DELIVERED, True, [-250])


def test_a_delivery_below_zero_marks_its_whole_meter_reading_as_net(feed):
    path = feed(
        POINT,
        METER,
        entry(reading_type()),
        entry(block(reading(250, FIRST))),
        entry(block(reading(-250, FIRST + 86400), start=FIRST + 86400)),
        POINT,
        METER,
        entry(reading_type()),
        entry(block(reading(7, FIRST), reading("-0", FIRST + 900))),
    )
    assert [(run.flow, run.net, run.wh[0]) for run in Reader(path)] == [
        (DELIVERED, True, 250),
        (DELIVERED, True, -250),
        (DELIVERED, False, 7),
    ]


def test_below_zero_is_not_net_where_energy_received_is_told_apart(feed):
    path = feed(
        POINT,
        METER,
        entry(reading_type()),
        entry(block(reading(-1, FIRST))),
        METER,
        entry(reading_type(flowDirection=19)),
        entry(block(reading(-2, FIRST))),
    )
    assert [(run.flow, run.net) for run in Reader(path)] == [(DELIVERED, False), (RECEIVED, False)]


def test_a_day_below_zero_comes_as_net_whatever_its_file_is(tmp_path):
    """The same made-up day as SCE's CSV, as CMEP and as Green Button XML."""
    sunny = pack(date(2026, 1, 15), sec=3600, wh=[500] * 8 + [-1250] * 8 + [300] * 8)
    start, values = day_epoch(sunny.day), [f"{wh / 1000:.3f}" for wh in sunny.values]
    readings = (reading(wh, start + 3600 * n, sec=3600) for n, wh in enumerate(sunny.values))
    kind = entry(reading_type(intervalLength=3600))
    (tmp_path / "day.xml").write_text(
        f'<a:feed xmlns:a="{ATOM}" xmlns:e="{ESPI}">{METER}{kind}{entry(block(*readings))}</a:feed>'
    )
    line = cmep_files.line(start, values, sec=3600)
    for reader in (
        sce_csv.Reader(sce_files.consumption(tmp_path / "day.csv", [sunny])),
        cmep.Reader(cmep_files.file(tmp_path / "day.mep", line)),
        Reader(tmp_path / "day.xml"),
    ):
        (run,) = reader
        assert (run.flow, run.net, list(run.wh)) == (DELIVERED, True, list(sunny.values))


def test_what_stands_in_other_entries_is_no_reading(feed):
    summary = (
        "<e:UsageSummary><e:overallConsumptionLastPeriod><e:value>12.5</e:value>"
        "</e:overallConsumptionLastPeriod><e:interval><e:start>soon</e:start></e:interval>"
        "<e:timePeriod><e:start>then</e:start></e:timePeriod></e:UsageSummary>"
    )
    path = feed(METER, entry(reading_type()), entry(summary), entry(block(reading(1, FIRST))))
    assert read(path)[0][3] == [(FIRST, 1, 0)]


def test_what_is_not_kept_is_named_once_each_and_is_no_reject(feed):
    summary, customer = "<e:UsageSummary/>", "<e:Customer><e:name>Rosa</e:name></e:Customer>"
    clock = "<e:LocalTimeParameters/>"
    others = [entry(one) for one in (summary, clock, summary, customer)]
    path = feed(METER, entry(reading_type()), *others, entry(block(reading(1, FIRST))))
    reader = Reader(path)
    assert len(list(reader)) == 1
    assert [one.what for one in reader.skipped] == [
        "UsageSummary is not kept; send bills as CSV (docs/feeds.md)",
        "Customer is not kept (docs/feeds.md)",
    ]
    assert (reader.rejects, reader.skips) == (0, 0)


def test_a_file_without_interval_readings_says_what_it_holds_instead(feed):
    with pytest.raises(BadFile) as refused:
        list(Reader(feed(METER, entry("<e:ElectricPowerUsageSummary/>"))))
    assert [one.what for one in refused.value.problems] == [
        "holds no interval readings",
        "ElectricPowerUsageSummary is not kept; send bills as CSV (docs/feeds.md)",
    ]


def test_a_number_with_a_text_behind_it_is_no_number(feed):
    path = feed(METER, entry(reading_type()), entry(block(reading("1" + " " * 5000 + "2", FIRST))))
    assert "which is not a whole number" in problem(path).what
    path = feed(METER, entry(reading_type()), entry(block(reading("1" * 4000, FIRST))))
    assert len(problem(path).what) <= 200


def test_a_text_is_whole_wherever_the_file_is_cut_to_be_read(feed):
    names = [f"urn:uuid:{number:032}" for number in range(3000)]
    entries = (
        f"<a:entry><a:id>{name}</a:id><a:content><e:UsagePoint/></a:content></a:entry>"
        for name in names
    )
    path = feed(*entries, METER, entry(reading_type()), entry(block(reading(1, FIRST))))
    outline = Outline(path)
    assert sum(1 for _ in outline.walk()) > 3
    assert [one.name for one in outline.entries[:3000]] == names


def test_a_block_that_never_tells_a_length_is_not_gathered_for_ever(feed, monkeypatch):
    monkeypatch.setattr("usage.feeds.green_button.MOST_UNMEASURED", 10)
    lengthless = entry(reading_type(intervalLength=""))
    bare = "<e:IntervalReading><e:timePeriod><e:start>{}</e:start></e:timePeriod><e:value>1</e:value></e:IntervalReading>"
    path = feed(METER, lengthless, entry(block(*(bare.format(FIRST + n) for n in range(20)))))
    assert "more than 10 readings whose interval length is not given" in problem(path).what


@pytest.mark.parametrize("encoding", ["no-such", "base64", "utf-7", "shift_jis", "idna"])
def test_an_encoding_that_is_not_read_is_refused_in_a_sentence(tmp_path, encoding):
    path = tmp_path / "strange.xml"
    path.write_bytes(f"<?xml version='1.0' encoding='{encoding}'?><feed/>".encode())
    assert "is not well-formed XML" in problem(path).what


def test_quality_is_kept_as_it_stands(feed):
    path = feed(
        METER,
        entry(reading_type(defaultQuality=17)),
        entry(
            block(
                reading(1, FIRST),
                reading(2, FIRST + 900, quality=[8]),
                reading(3, FIRST + 1800, quality=[99]),
                reading(4, FIRST + 2700, quality=[8, 17]),
            )
        ),
    )
    assert [code for _, _, code in read(path)[0][3]] == [17, 8, 99, 8]


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        ({"uom": 38}, "readings in watts (uom 38) are not kept"),
        ({"uom": 169, "commodity": 7}, "readings in therms (uom 169) are not kept"),
        ({"uom": 7200}, "readings in another unit (uom 7200) are not kept"),
        ({"commodity": 7}, "readings of natural gas (commodity 7) are not kept"),
        ({"kind": 37}, "readings of kind 37 are not kept"),
        ({"accumulationBehaviour": 3}, "register readings (accumulationBehaviour 3)"),
        ({"flowDirection": 2}, "readings with flowDirection 2 are not kept"),
        ({"intervalLength": 86400}, "readings of 86400 seconds are not kept"),
    ],
)
def test_what_is_not_energy_in_intervals_is_named_and_left_out(feed, codes, name):
    path = feed(
        METER,
        entry(reading_type(**codes)),
        entry(block(reading(1, FIRST, sec=codes.get("intervalLength", 900)))),
        entry(block(reading(1, FIRST, sec=codes.get("intervalLength", 900)))),
        METER,
        entry(reading_type()),
        entry(block(reading(5, FIRST))),
    )
    reader = Reader(path)
    assert [list(run.wh) for run in reader] == [[5]]
    (skipped,) = reader.skipped
    assert name in skipped.what
    assert skipped.line == 3


@pytest.mark.parametrize(
    ("entries", "line", "what"),
    [
        ([POINT, METER, entry(reading_type())], None, "holds no interval readings"),
        ([entry(block(reading(1, FIRST)))], 2, "belong to no meter reading"),
        ([METER, entry(block(reading(1, FIRST)))], 3, "without a ReadingType"),
        (
            [METER, entry(reading_type(uom="")), entry(block(reading(1, FIRST)))],
            3,
            "without a unit",
        ),
        (
            [METER, entry(reading_type(intervalLength="")), entry(block(reading(1), duration=0))],
            4,
            "readings of 0 seconds",
        ),
        (
            [METER, entry(reading_type()), entry(block(reading(1, FIRST, sec=3600)))],
            4,
            "a reading of 3600 seconds among readings of 900",
        ),
        (
            [METER, entry(reading_type()), entry(block(reading("x", FIRST)))],
            4,
            "has 'x' as value, which is not a whole number",
        ),
        (
            [METER, entry(reading_type()), entry(block(reading("1_0", FIRST)))],
            4,
            "not a whole number",
        ),
        ([METER, entry(reading_type()), entry(block(reading(2**31, FIRST)))], 4, "out of range"),
        (
            [METER, entry(reading_type(powerOfTenMultiplier=9)), entry(block(reading(9, FIRST)))],
            4,
            "out of range",
        ),
        ([METER, entry(reading_type()), entry(block(reading(1, 10**12)))], 4, "out of range"),
        (
            [METER, entry(reading_type()), entry(block(reading(1, FIRST, quality=[-1])))],
            4,
            "out of range",
        ),
        ([METER, entry(reading_type()), "<e:broken>"], 4, "is not well-formed XML"),
    ],
)
def test_a_broken_file_says_where_and_what(feed, entries, line, what):
    found = problem(feed(*entries))
    assert (found.file, found.line) == ("feed.xml", line)
    assert what in found.what


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE feed>",
        '<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!-- so -->\n<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_document_types_are_refused_before_anything_is_read(feed, head):
    path = feed(METER, entry(reading_type()), entry(block(reading(1, FIRST))), head=head)
    assert "document type declaration" in problem(path).what
    path.write_bytes(path.read_text().encode("utf-16"))
    assert "document type declaration" in problem(path).what


@pytest.mark.parametrize(
    "text", [b"", b"   ", b"Name,Address\n", b"\x1f\x8b\x08\x00", b"\xff\xfe\x00"]
)
def test_a_file_that_is_not_xml_is_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "strange.xml"
    path.write_bytes(text)
    assert "is not well-formed XML" in problem(path).what


def test_a_file_cut_off_is_refused_and_says_so(feed):
    path = feed(
        METER,
        entry(reading_type()),
        entry(block(*[reading(1, FIRST + 900 * n) for n in range(90)])),
    )
    path.write_bytes(path.read_bytes()[:-200])
    assert "is not well-formed XML" in problem(path).what


def test_one_endless_block_is_handed_over_in_parts(feed, monkeypatch):
    monkeypatch.setattr("usage.feeds.green_button.MOST_AT_ONCE", 10)
    path = feed(
        METER,
        entry(reading_type()),
        entry(block(*[reading(n, FIRST + 900 * n) for n in range(35)])),
    )
    runs = list(Reader(path))
    assert [len(run) for run in runs] == [10, 10, 10, 5]
    assert [wh for run in runs for wh in run.wh] == list(range(35))
