"""Files made to do harm: refused quickly, in a sentence, and in little memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.usage.rosters import row
from tests.usage.test_billing import bill
from tests.usage.test_door import table
from usage.feeds import BadFile, billing, cmep, green_button, roster, sce_csv
from usage.feeds.detection import format_of

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "green_button": lambda path: list(green_button.Reader(path)),
    "sce_csv": lambda path: list(sce_csv.Reader(path)),
    "cmep": lambda path: list(cmep.Reader(path)),
    "roster": lambda path: list(roster.read(path)),
    "bills": lambda path: list(billing.read(path, billing.BILLS)),
}


def laughs():
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return f"<?xml version='1.0'?><!DOCTYPE feed [{''.join(lines)}]><feed>&a11;</feed>".encode()


HOSTILE = {
    "a billion laughs": laughs(),
    "a file of this machine": (
        b"<?xml version='1.0'?><!DOCTYPE f [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><f>&x;</f>"
    ),
    "a DTD in UTF-16": (
        "\ufeff<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE f [<!ENTITY x 'y'>]><f>&x;</f>"
    ).encode("utf-16-le"),
    "nothing but depth": b"<a>" * 200_000,
    "a line without end": b"Energy Usage Information," + b"x" * 5_000_000,
    "a cell without end": b'account_number,kind\n"' + b"x" * 60_000 + b"\n" * 100_000,
    "nothing but commas": b"account_number" + b"," * 60_000,
    "nothing but quotes": b"account_number\n" + b'""' * 30_000,
    "NULs": bytes(100_000),
    "a record of nothing": b"MEPMD01" + b"," * 3_000_000,
    "a number of digits": b"MEPMD01,1,S,,P,,2,M,OK,E,KWH,1,00000015,1,202601150815,R0,"
    + b"9" * 900_000,
    "a multiplier of digits": (
        b"MEPMD01,1,S,,P,,2,M,OK,E,KWH,1e999999999,00000015,1,202601150815,R0,1"
    ),
}


def answer(ask, path):
    """What was found, or the sentences with which the file was refused."""
    try:
        return ask(path), []
    except BadFile as refused:
        return None, [str(problem) for problem in refused.problems]


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_file_is_refused_or_read_as_nothing(tmp_path, what, reader):
    path = tmp_path / "file"
    path.write_bytes(HOSTILE[what])
    began = time.process_time()
    found, why = answer(READERS[reader], path)
    assert not found
    _format, why_not = answer(format_of, path)
    assert all(len(sentence) < 400 for sentence in [*why, *why_not])
    assert time.process_time() - began < 5


def test_more_than_fifty_columns_are_refused(tmp_path):
    wide = bill() | {f"column {number}": "x" for number in range(50)}
    with pytest.raises(
        BadFile, match="line 1: has 56 cells; no file of the portal has more than 50"
    ):
        list(billing.read(table(tmp_path / "f", wide), billing.BILLS))


def test_more_lines_than_the_cap_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(billing, "MOST_LINES", 10)
    lines = [
        bill(start_date=f"2026-01-{n:02}", end_date=f"2026-01-{n + 1:02}") for n in range(1, 20)
    ]
    with pytest.raises(BadFile, match="line 11: has more than 10 lines"):
        list(billing.read(table(tmp_path / "f", *lines), billing.BILLS))


READ = """
import re, sys
from pathlib import Path
from usage.feeds import BadFile, billing, cmep, green_button, roster, sce_csv
from usage.feeds.detection import format_of
path, readings, why = Path(sys.argv[1]), 0, ""
kind = format_of(path)
try:
    if kind in ("roster", "bills"):
        lines = roster.read(path) if kind == "roster" else billing.read(path, billing.BILLS)
        readings = sum(1 for line in lines)
    else:
        reader = {"cmep": cmep, "green_button": green_button, "sce_csv": sce_csv}[kind]
        readings = sum(len(run) for run in reader.Reader(path))
except BadFile as bad:
    why = str(bad)
most = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(readings, most, why)
"""


def read_apart(path):
    """Readings, the most memory (kB) a process of its own had while it read them, and why not.

    What getrusage says will not do: it begins with the memory of the process that forked it.
    """
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    readings, most, why = ran.stdout.strip("\n").split(" ", 2)
    return int(readings), int(most), why


def test_memory_is_flat_whatever_the_length_of_an_sce_file(tmp_path):
    row = '"2026-01-15 {0:02}:00:00 to 2026-01-15 {1:02}:00:00","0.25",""\n'
    day = (
        '"Data for period starting: 2026-01-15 00:00:00  for 24 hours"\n'
        "Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality\n"
        + "".join(row.format(hour, hour + 1) for hour in range(23))
    )
    found = {}
    for days in (50, 5000):
        path = tmp_path / f"{days}.csv"
        path.write_text("Energy Usage Information\n" + day * days)
        found[days] = read_apart(path)
    assert [readings for readings, _most, _why in found.values()] == [50 * 23, 5000 * 23]
    assert found[5000][1] < found[50][1] + 4096


READING = (
    "<IntervalReading><timePeriod><start>{}</start></timePeriod><value>1</value></IntervalReading>"
)
FEED = (
    "<feed><entry><content><MeterReading/></content></entry><entry><content><ReadingType>"
    "<uom>72</uom><intervalLength>900</intervalLength></ReadingType></content></entry>{}</feed>"
)
BLOCK = "<entry><content><IntervalBlock>{}</IntervalBlock></content></entry>"


def green_button_days(count):
    readings = (
        "".join(READING.format(1_768_464_000 + 86_400 * day + 900 * n) for n in range(96))
        for day in range(count)
    )
    return FEED.format("".join(map(BLOCK.format, readings)))


def test_memory_is_flat_whatever_the_length_of_a_green_button_file(tmp_path):
    found = {}
    for days in (20, 2000):
        path = tmp_path / f"{days}.xml"
        path.write_text(green_button_days(days))
        found[days] = read_apart(path)
    assert [readings for readings, _most, _why in found.values()] == [20 * 96, 2000 * 96]
    assert found[2000][1] < found[20][1] + 4096


def cmep_lines(count):
    line = "MEPMD01,19970819,S,,P,,202601160000,{},OK,E,KWH,1,00000015,96,202601150815"
    readings = ",R0,0.25," * 95 + ",R0,0.25"
    return "".join(f"{line.format(f'M-{n}')}{readings}\n" for n in range(count))


def roster_lines(count):
    """What waits for the end of a roster, to find what contradicts: 44 bytes a line."""
    known = row()
    facts = known | {name: "" for name in roster.COLUMNS if name not in known}
    lines = [",".join(facts)]
    for n in range(count):
        own = {"account_number": f"7{n:09}", "service_account_number": f"8{n:09}"}
        own |= {"service_point": f"SP-{n}", "meter_number": f"M-{n}"}
        lines.append(",".join((facts | own).values()))
    return "\n".join(lines)


def bill_lines(count):
    lines = [",".join(bill())]
    lines += [",".join((bill(service_account_number=f"8{n:09}")).values()) for n in range(count)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("write", "few", "many", "each"),
    [(cmep_lines, 20, 2000, 96), (roster_lines, 200, 20_000, 1), (bill_lines, 200, 20_000, 1)],
)
def test_memory_is_flat_whatever_the_length_of_a_bulk_file_a_roster_or_bills(
    tmp_path, write, few, many, each
):
    found = {}
    for count in (few, many):
        path = tmp_path / f"{count}.csv"
        path.write_text(write(count))
        found[count] = read_apart(path)
    assert [readings for readings, _most, _why in found.values()] == [few * each, many * each]
    assert found[many][1] < found[few][1] + 4096


TAKE = """
import re, sys
import django
django.setup()
from pathlib import Path
from django.core.management import call_command
from usage import staging
staging.AT_ONCE = 200
call_command("import_file", sys.argv[1])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def taken_apart(path):
    """The most memory (kB) a process of its own had while it took a file in, and what it told."""
    ran = subprocess.run(
        [sys.executable, "-c", TAKE, str(path)],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "prime_portal.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    told, _newline, most = ran.stdout.rstrip("\n").rpartition("\n")
    return int(most), told


def test_one_block_of_a_green_button_file_may_be_as_long_as_it_likes(tmp_path):
    found = {}
    for count in (2000, 200_000):
        path = tmp_path / f"{count}.xml"
        readings = (READING.format(1_768_464_000 + 900 * n) for n in range(count))
        path.write_text(FEED.format(BLOCK.format("".join(readings))))
        found[count] = read_apart(path)
    assert [readings for readings, _most, _why in found.values()] == [2000, 200_000]
    assert found[200_000][1] < found[2000][1] + 4096


BIG = 20 * 2**20
TIES = {"entries", "addresses", "facts"}
"""What has to be kept to tie entries together: it has caps, and stays below 96 MB."""

PILES = {
    "elements of a feed": ("<feed>", "<a/>", "10,000 elements in a row"),
    "elements of an entry": ("<feed><entry>", "<a/>", "10,000 elements in a row"),
    "elements of a block": (
        "<feed><entry><content><IntervalBlock>",
        "<a/>",
        "10,000 elements in a row",
    ),
    "elements of a reading": (
        "<feed><entry><content><IntervalBlock><IntervalReading>",
        "<value/>",
        "10,000 elements in a row",
    ),
    "entries": ("<feed>", "<entry/>", "more than 100,000 entries"),
    "intervals": (
        "<feed><entry><content><IntervalBlock>",
        "<interval/>",
        "10,000 elements in a row",
    ),
    "depth": ("<feed>", "<entry>", "more than 50 deep"),
    "names": ("<feed>", "<a{n}/>", "more than 1,000 names"),
    "attributes": ("<feed>", "<entry a{n}='' />", "more than 1,000 names"),
    "namespaces": ("<feed>", "<entry xmlns:a{n}='x' />", "more than 1,000 names"),
    "addresses": ("<feed><entry>", "<link rel='related' href='{n}'/>", "more than 64 MB"),
    "facts": (
        "<feed>",
        "<entry><content><ReadingType>"
        + "".join(f"<a{n}>1</a{n}>" for n in range(900))
        + "</ReadingType></content></entry>",
        "more than 64 MB",
    ),
    "a tag without end": ("<feed><entry><link href='", "x", "longer than 1 MB"),
    "a comment without end": ("<feed><!--", "x", "longer than 1 MB"),
    "a comment before all else": ("<!--", "x", "longer than 1 MB"),
    "a text without end": ("<feed><entry><id>", "x", "not well-formed"),
    "lines without end": ("<feed><entry><id>", "\n", "not well-formed"),
    "references": ("<feed><entry><id>", "&#65;", "not well-formed"),
}


@pytest.fixture(scope="module")
def most_for_a_plain_file(tmp_path_factory):
    """The most memory (kB) a process has that reads twenty plain days."""
    plain = tmp_path_factory.mktemp("plain") / "plain.xml"
    plain.write_text(green_button_days(20))
    return read_apart(plain)[1]


@pytest.mark.parametrize("what", PILES)
def test_nothing_piles_up_behind_the_reader_of_green_button_files(
    tmp_path, most_for_a_plain_file, what
):
    head, pile, said = PILES[what]
    numbered = "{n}" in pile
    times = (3 if what == "addresses" else 1) * BIG // (len(pile) + 3 * numbered)
    with (tmp_path / "piled.xml").open("w") as file:
        file.write(head)
        if numbered:
            file.writelines(pile.replace("{n}", str(n)) for n in range(times))
        else:
            file.write(pile * times)
    readings, most, why = read_apart(tmp_path / "piled.xml")
    assert said in why
    assert not readings
    more = 96 * 1024 if what in TIES else 4096
    assert most < most_for_a_plain_file + more
