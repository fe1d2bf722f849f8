"""PDF to read and print: tagged, titled, in her language, every reading of up to a month."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pikepdf
import pytest
from django.utils import translation

from tests.conftest import ROOT
from usage import copies
from usage.formats import Agreement, Channel
from usage.formats import pdf as out
from usage.intervals import day_start, intervals_in, pack
from usage.readings import window_of

DAY, MARCH, NOVEMBER = date(2026, 1, 15), date(2026, 3, 8), date(2025, 11, 2)
AT = datetime(2026, 7, 1, 19, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)

pytestmark = pytest.mark.django_db

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler's pdftotext is not here"
)


def whole(day, sec=900, *, wh=1000, gaps=(), code=0):
    count = intervals_in(day, sec=sec)
    values = [None if n in gaps else wh + n for n in range(count)]
    return pack(day, sec=sec, wh=values, quality=[code if n == 9 else 0 for n in range(count)])


def made(*channels, first=DAY, last=DAY, language="en", recipient="", name="Rosa Ejemplo", **more):
    held = Agreement(ONE, "No. 8001", day_start(date(2025, 1, 1)), None, channels, **more)
    about = out.About(TWO, name, "700000000001", {ONE: "1 Calle Ficticia"}, recipient)
    with translation.override(language):
        pieces = out.write(
            [held],
            window_of(first, last),
            about=about,
            first_day=first,
            last_day=last,
            words=copies.words(),
            at=AT,
        )
        return b"".join(pieces)


def text_of(pdf: bytes) -> str:
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return read.stdout.decode()


def tags(node: pikepdf.Object) -> list[str]:
    found = [str(node.S).removeprefix("/")] if "/S" in node else []
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            found += tags(kid)
    return found


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Electricity readings, January 15, 2026 – January 15, 2026"),
        ("es", "Lecturas de electricidad, 15 de enero de 2026 – 15 de enero de 2026"),
    ],
)
def test_it_is_tagged_titled_and_says_its_language(language, title):
    with pikepdf.open(io.BytesIO(made(Channel(ONE, 1, [whole(DAY)]), language=language))) as pdf:
        assert str(pdf.Root.Lang) == language
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo["/Title"]) == title
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        found = tags(pdf.Root.StructTreeRoot)
        assert {"H1", "H2", "H3", "Table", "TH", "TD", "Caption"} <= set(found)
        assert found.count("TD") == 96
        fonts = {str(f.BaseFont) for page in pdf.pages for f in page.Resources.Font.values()}
        assert all(name[7] == "+" for name in fonts), "each font is embedded"
        assert [float(side) for side in pdf.pages[0].MediaBox] == [0, 0, 612, 792]


@needs_poppler
@pytest.mark.parametrize(("day", "sec"), [(DAY, 900), (MARCH, 900), (NOVEMBER, 3600), (DAY, 300)])
def test_every_reading_of_a_short_time_stands_in_it(day, sec):
    block = whole(day, sec)
    read = text_of(made(Channel(ONE, 1, [block]), first=day, last=day))
    found = re.findall(r"(?<![\d.,])\d\.\d{3}(?![\d])(?! kWh)", read)
    assert sorted(found) == sorted(f"{wh / 1000:.3f}" for wh in block.values)


@needs_poppler
def test_the_hour_that_comes_twice_is_told_apart():
    read = text_of(made(Channel(ONE, 1, [whole(NOVEMBER, 3600)]), first=NOVEMBER, last=NOVEMBER))
    for clock in ("midnight PDT", "1 a.m. PDT", "1 a.m. PST", "2 a.m. PST"):
        assert len(re.findall(rf"(?m)^ *{clock} ", read)) == 1


@needs_poppler
def test_a_day_without_any_reading_between_others_is_not_left_out_in_silence():
    last = DAY + timedelta(days=2)
    channel = Channel(ONE, 1, [whole(DAY), whole(last)])
    for first in (DAY, DAY - timedelta(days=40)):
        assert re.search(r"Friday 16\W+missing", text_of(made(channel, first=first, last=last)))


@needs_poppler
@pytest.mark.parametrize(
    ("language", "said"), [("en", "received: missing"), ("es", "devuelto: falta")]
)
def test_a_day_of_which_one_direction_is_missing_says_which(language, said):
    days = [DAY + timedelta(days=n) for n in range(3)]
    delivered = Channel(ONE, 1, [whole(day) for day in days])
    sent_back = Channel(TWO, 19, [whole(days[0]), whole(days[2])])
    for last in (days[2], DAY + timedelta(days=99)):
        read = text_of(made(delivered, sent_back, last=last, language=language)).lower()
        assert read.count(said) == 1


@needs_poppler
def test_gaps_estimates_and_disputes_are_said_in_words():
    block = whole(DAY, gaps={0, 1}, code=8)
    read = text_of(made(Channel(ONE, 1, [block]), disputed=[(DAY, DAY)]))
    assert "1.009a" in read
    assert re.search(r"a\s+estimated from a reference day", read)
    assert "missing: 2 × 15 min" in read
    assert "disputed" in read.lower()
    assert "0.000" not in read, "a gap is no zero"


@needs_poppler
def test_a_longer_time_shows_each_day_and_each_month_and_says_where_the_rest_is():
    days = [DAY + timedelta(days=n) for n in range(40)]
    blocks = [whole(day, 3600) for day in days]
    read = text_of(made(Channel(ONE, 1, blocks), first=days[0], last=days[-1]))
    assert read.count("24.276") == 40
    assert "January 2026" in read
    assert "February 2026" in read
    assert f"{24.276 * 40:.3f} kWh delivered to you" in read
    assert "choose 31 days or fewer, or the spreadsheet" in " ".join(read.split())


@needs_poppler
@pytest.mark.parametrize(
    ("limit", "shown", "said"),
    [
        ("MOST_READINGS", 1, "choose 31 days or fewer, or the spreadsheet"),
        ("MOST_DAYS", 0, "The spreadsheet has every reading."),
    ],
)
def test_what_would_fill_hundreds_of_pages_is_told_shorter(monkeypatch, limit, shown, said):
    monkeypatch.setattr(out, "MOST_READINGS", 1)
    monkeypatch.setattr(out, limit, 1)
    blocks = [whole(DAY, 3600), whole(DAY + timedelta(days=1), 3600)]
    read = text_of(made(Channel(ONE, 1, blocks), last=DAY + timedelta(days=1)))
    assert said in " ".join(read.split())
    assert read.count("Thursday 15") == shown
    assert "48.552" in read


@needs_poppler
def test_both_directions_stand_apart():
    read = text_of(
        made(Channel(ONE, 1, [whole(DAY, 3600)]), Channel(TWO, 19, [whole(DAY, 3600, wh=2000)]))
    )
    assert "24.276 kWh delivered to you" in read
    assert "48.276 kWh sent back by you" in read


@needs_poppler
def test_days_without_readings_are_said_to_have_none():
    assert "We hold no readings of these days." in text_of(made())


@needs_poppler
def test_a_page_for_the_envelope_comes_first_when_it_is_posted():
    recipient = "Rosa Ejemplo\n1 Calle Ficticia\nPico Rivera, CA 90660"
    pdf = made(Channel(ONE, 1, [whole(DAY)]), recipient=recipient)
    pages = text_of(pdf).split("\f")
    for line in recipient.splitlines():
        assert line in pages[0]
    assert "Electricity readings" not in pages[0]
    assert "Electricity readings" in pages[1]


@needs_poppler
def test_a_name_brings_no_markup_and_fetches_nothing():
    name = '<img src="http://127.0.0.1:1/x.png"> & Co'
    assert name in text_of(made(Channel(ONE, 1, [whole(DAY)]), name=name))


def test_making_it_again_gives_the_same_bytes():
    assert made(Channel(ONE, 1, [whole(DAY)])) == made(Channel(ONE, 1, [whole(DAY)]))


WITHOUT_PANGO = """
import cffi
from django.conf import settings

def not_there(*_names, **_how):
    raise OSError("no such library")

cffi.FFI.dlopen = not_there
settings.configure(USE_I18N=False)
from usage import pdf
print(pdf.why_not())
"""


def test_a_machine_without_pango_says_so_in_one_sentence_and_no_more():
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_PANGO],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (sentence,) = ran.stdout.splitlines()
    assert sentence.startswith("Letters and PDF files need the system library Pango: install ")
    assert ran.stderr == ""
