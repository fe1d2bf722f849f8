"""The roster file: text stays text, every wrong line is named, nothing is half-read."""

import csv
import io
from datetime import date

import pytest

from usage.feeds import BadFile, roster

ROW = {
    "account_number": "0012345678",
    "service_account_number": "8001234567",
    "customer_name": "Rosa Ejemplo",
    "kind": "residential",
    "language": "es",
    "service_point": "SP-1001",
    "meter_number": "M-1001",
    "rate_schedule": "TOU-D-4-9PM",
    "service_address_1": "12 Example Street",
    "service_address_2": "",
    "service_city": "Pico Rivera",
    "service_state": "CA",
    "service_zip": "90660",
    "email": "rosa@example.com",
    "telephone": "(562) 555-0100",
    "start_date": "2024-05-01",
    "end_date": "",
    "enrolled_on": "2024-05-01",
    "opted_out_on": "",
    "programs": "CARE; Medical Baseline",
}
MAILING = {
    "mailing_address_1": "PO Box 7",
    "mailing_city": "Whittier",
    "mailing_state": "CA",
    "mailing_zip": "90601",
}


@pytest.fixture
def roster_of(tmp_path):
    def written(*rows, encoding="utf-8", newline="\n"):
        text = io.StringIO()
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, names, lineterminator=newline)
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "roster.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return written


def problems(path):
    with pytest.raises(BadFile) as refused:
        list(roster.read(path))
    return [(problem.line, problem.what) for problem in refused.value.problems]


def test_a_line_becomes_an_agreement(roster_of):
    (line,) = roster.read(roster_of(ROW))
    assert line.account_number == "0012345678"
    assert line.service_address == "12 Example Street\nPico Rivera, CA 90660"
    assert (line.mailing_address, line.mailing_zip) == (line.service_address, "90660")
    assert (line.start_date, line.end_date) == (date(2024, 5, 1), None)
    assert line.programs == ("CARE", "Medical Baseline")


def test_a_mailing_address_of_its_own_is_taken(roster_of):
    (line,) = roster.read(roster_of(ROW | MAILING))
    assert (line.mailing_address, line.mailing_zip) == ("PO Box 7\nWhittier, CA 90601", "90601")


@pytest.mark.parametrize(
    ("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-8", "\r\n")]
)
def test_byte_order_marks_and_line_ends_do_not_matter(roster_of, encoding, newline):
    (line,) = roster.read(
        roster_of(ROW | {"customer_name": "Íñigo Ejemplo"}, encoding=encoding, newline=newline)
    )
    assert line.customer_name == "Íñigo Ejemplo"


def test_names_are_kept_in_one_form(roster_of):
    (line,) = roster.read(roster_of(ROW | {"customer_name": "I\u0301nigo"}))
    assert line.customer_name == "Ínigo"


def test_a_column_the_portal_has_no_need_for_is_refused_by_name(roster_of):
    assert problems(
        roster_of(ROW | {"social_security_number": "000-00-0000", "password": "x"})
    ) == [
        (
            1,
            "has the column 'social_security_number', which the portal does not take (docs/feeds.md)",
        ),
        (1, "has the column 'password', which the portal does not take (docs/feeds.md)"),
    ]


def test_a_missing_column_is_named(roster_of):
    row = {name: cell for name, cell in ROW.items() if name != "meter_number"}
    assert problems(roster_of(row)) == [(1, "lacks the column 'meter_number'")]


@pytest.mark.parametrize("damaged", ["1.23E+11", "1,23E+11", "1e11", "8001234567.0", "8.0012E11"])
@pytest.mark.parametrize(
    "column", ["account_number", "service_account_number", "service_point", "meter_number"]
)
def test_a_number_a_spreadsheet_has_damaged_is_refused(roster_of, column, damaged):
    ((line, what),) = problems(roster_of(ROW | {column: damaged}))
    assert line == 2
    assert f"{column} is {damaged!r}: a spreadsheet has turned the number into another" in what


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"customer_name": ""}, "customer_name is empty"),
        ({"customer_name": "x" * 201}, "customer_name is longer than 200 characters"),
        (
            {"customer_name": "Rosa\u202eEjemplo"},
            "customer_name holds characters that cannot be printed",
        ),
        ({"customer_name": "Rosa\x00"}, "customer_name holds characters that cannot be printed"),
        (
            {"service_address_1": "12 Example\nStreet"},
            "service_address_1 holds characters that cannot be printed",
        ),
        ({"rate_schedule": "x" * 41}, "rate_schedule is longer than 40 characters"),
        ({"kind": "industrial"}, "kind is 'industrial'; it must be non_residential or residential"),
        ({"language": "fr"}, "language is 'fr'; it must be en or es"),
        ({"service_zip": "9066"}, "service_zip is '9066', which is not a ZIP code"),
        ({"service_state": "Calif."}, "service_state is 'Calif.', which is not a two-letter state"),
        (
            {"email": "rosa at example"},
            "email is not an e-mail address",
        ),
        (
            {"email": "a@example.com\r\nBcc: b@example.com"},
            "email holds characters that cannot be printed",
        ),
        ({"telephone": "call me"}, "telephone is not a telephone number"),
        ({"start_date": ""}, "start_date is empty"),
        ({"start_date": "5/1/2024"}, "start_date is '5/1/2024'; write dates as 2026-01-31"),
        ({"start_date": "2024-02-30"}, "start_date is '2024-02-30'; write dates as 2026-01-31"),
        (
            {"end_date": "2024-05-01"},
            (
                "end_date (2024-05-01) must come after start_date (2024-05-01): "
                "it is the first day no longer served"
            ),
        ),
        (
            {"enrolled_on": "", "opted_out_on": "2025-01-01"},
            "opted_out_on is given without enrolled_on",
        ),
        ({"programs": "CARE, FERA"}, "programs has 'CARE, FERA'; part them with semicolons"),
        ({"account_number": ""}, "account_number is empty"),
        (
            {"account_number": "12 34"},
            "account_number is '12 34', which is not up to 30 letters, digits and dashes",
        ),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(roster_of, cells, what):
    good = ROW | {"service_account_number": "8009999999", "service_point": "SP-2"}
    assert (3, what) in problems(roster_of(good, ROW | cells))


def test_every_wrong_line_is_listed_in_order(roster_of):
    path = roster_of(
        ROW | {"service_zip": "x"}, ROW, ROW | {"kind": "x", "service_account_number": "8002"}
    )
    assert [line for line, _ in problems(path)] == [2, 4]


def test_half_an_address_is_not_an_address(roster_of):
    found = problems(roster_of(ROW | {"mailing_address_1": "PO Box 7"}))
    assert [what for _, what in found] == [
        "mailing_city is empty",
        "mailing_state is empty",
        "mailing_zip is empty",
    ]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({}, "has the service account of line 2 once more"),
        (
            {"service_account_number": "8002", "customer_name": "Luis Ejemplo"},
            "has the account of line 2 with another name",
        ),
        (
            {"service_account_number": "8002", "service_address_1": "13 Example Street"},
            "has the service point of line 2 at another address",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_refused(roster_of, cells, what):
    found = problems(roster_of(ROW, ROW | cells))
    assert any(line == 3 and sentence.startswith(what) for line, sentence in found)


def test_a_short_line_is_refused(roster_of):
    path = roster_of(ROW)
    path.write_text(path.read_text() + "0012345678,8002\n")
    assert problems(path) == [(3, f"has 2 cells where the heading has {len(ROW)}")]


def test_blank_lines_are_passed_over(roster_of):
    path = roster_of(ROW)
    path.write_text(path.read_text() + "\n,,\n")
    assert len(list(roster.read(path))) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "has no heading"),
        (b"\n", "has no heading"),
        (",".join(roster.REQUIRED).encode(), "holds no service agreement"),
        (",".join(roster.REQUIRED).encode() + b"\n\xff\xfe", "line 2: is not UTF-8 text"),
        (b'account_number\n"unfinished', "lacks the column"),
        (b"account_number;kind\n1;2\n", "is not a roster"),
        (b"<?xml version='1.0'?>\n<feed/>", "is not a roster"),
        (b"PK\x03\x04\x00\x00", "is not a roster"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_a_sentence(tmp_path, text, what):
    path = tmp_path / "roster.csv"
    path.write_bytes(text)
    with pytest.raises(BadFile) as refused:
        list(roster.read(path))
    assert what in str(refused.value)
    assert str(refused.value).startswith("roster.csv")


def test_an_endless_list_of_problems_ends(roster_of, monkeypatch):
    monkeypatch.setattr(roster, "MOST_PROBLEMS", 100)
    path = roster_of(
        *[ROW | {"service_account_number": f"80{n:08}", "kind": "x"} for n in range(300)]
    )
    assert len(problems(path)) == 100


def test_more_lines_of_one_account_or_place_than_fit_together_are_refused(roster_of, monkeypatch):
    monkeypatch.setattr(roster, "MOST_TOGETHER", 2)
    three = [
        ROW | {"service_account_number": f"80{n:08}", "service_point": f"SP-{n}"} for n in range(3)
    ]
    what = "is one of more than 2 lines of one account or one service point"
    assert problems(roster_of(*three)) == [(2, what)]
    there = [
        ROW
        | {
            "service_account_number": f"80{n:08}",
            "account_number": f"70{n:08}",
            "start_date": f"201{n}-01-01",
            "end_date": f"201{n}-12-31",
        }
        for n in range(3)
    ]
    assert problems(roster_of(*[one | {"enrolled_on": ""} for one in there])) == [(2, what)]
