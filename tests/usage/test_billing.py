"""Bills, demand and times of use: small strict files, corrected without losing what was said."""

import csv
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from tests.usage.rosters import AT, served
from usage import intake
from usage.feeds import BadFile, billing
from usage.models import Bill, DemandPeak, Import, TimeOfUse

JANUARY = {"start_date": "2026-01-05", "end_date": "2026-02-04"}
FEBRUARY = {"start_date": "2026-02-04", "end_date": "2026-03-06"}


def bill(account="8000000001", **cells):
    return {
        "service_account_number": account,
        **JANUARY,
        "issued_on": "2026-02-06",
        "usage_kwh": "412.5",
        "charges_usd": "48.20",
    } | cells


def peak(account="8000000001", **cells):
    line = {"service_account_number": account, **JANUARY, "kind": "maximum", "peak_kw": "31.25"}
    return line | cells


def hours(account="8000000001", **cells):
    return {
        "service_account_number": account,
        **JANUARY,
        "season": "winter",
        "hours": "mid_peak",
        "usage_kwh": "100",
    } | cells


@pytest.fixture
def write(tmp_path):
    def writing(*lines, name="file.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        return path

    return writing


# -- Reading -------------------------------------------------------------------------------


def test_a_bill_is_whole_watt_hours_and_cents(write):
    (line,) = billing.read(write(bill(paid_usd="-0.05", past_due_usd="")), billing.BILLS)
    assert (line.account, line.starts_on, line.ends_on) == (
        "8000000001",
        date(2026, 1, 5),
        date(2026, 2, 4),
    )
    assert line.facts == {
        "issued_on": date(2026, 2, 6),
        "wh": 412_500,
        "charges_cents": 4820,
        "paid_cents": -5,
        "past_due_cents": None,
    }


def test_a_peak_has_watts_and_its_moment(write):
    (line,) = billing.read(write(peak(peaked_at="2026-01-20T17:15-08:00")), billing.DEMAND)
    assert line.facts == {
        "kind": "maximum",
        "watts": 31_250,
        "peaked_at": datetime(2026, 1, 21, 1, 15, tzinfo=UTC),
    }


def test_times_of_use_are_named_by_season_and_hours(write):
    path = write(hours(), hours(hours="Super Off-Peak", usage_kwh="7.001"))
    assert [(line.kind, line.facts["wh"]) for line in billing.read(path, billing.TIME_OF_USE)] == [
        (("winter", "mid_peak"), 100_000),
        (("winter", "super_off_peak"), 7001),
    ]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"service_account_number": "8E+10"}, "a spreadsheet has turned the number into another"),
        ({"service_account_number": ""}, "service_account_number is not up to 30 letters"),
        ({"start_date": "1/5/2026"}, "start_date is '1/5/2026', not a day like 2026-01-31"),
        ({"start_date": "2026-02-30"}, "start_date is '2026-02-30', which no calendar has"),
        ({"end_date": "2026-01-05"}, "end_date is not after start_date"),
        ({"issued_on": ""}, "issued_on is empty"),
        ({"usage_kwh": "412.5001"}, "usage_kwh is '412.5001', not a number with at most three"),
        ({"usage_kwh": "1e3"}, "usage_kwh is '1e3'"),
        ({"charges_usd": "$48.20"}, "charges_usd is '$48.20', not dollars and cents like 12.50"),
        ({"charges_usd": "48.2"}, "charges_usd is '48.2'"),
        ({"charges_usd": "4,820.00"}, "charges_usd is '4,820.00'"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(write, cells, what):
    with pytest.raises(BadFile) as refused:
        list(billing.read(write(bill(), bill(**(FEBRUARY | cells))), billing.BILLS))
    (problem,) = refused.value.problems
    assert problem.line == 3
    assert what in problem.what


@pytest.mark.parametrize(
    ("format_", "line", "what"),
    [
        (billing.DEMAND, peak(kind="average"), "kind is 'average'; it must be maximum or"),
        (billing.DEMAND, peak(peaked_at="2026-01-20T17:15"), "not a time like 2026-07-09T17:15-07"),
        (billing.DEMAND, peak(peaked_at="five"), "peaked_at is 'five'"),
        (billing.TIME_OF_USE, hours(season="spring"), "season is 'spring'; it must be summer"),
    ],
)
def test_a_word_that_is_not_known_is_refused(write, format_, line, what):
    with pytest.raises(BadFile) as refused:
        list(billing.read(write(line), format_))
    assert what in str(refused.value)


def test_a_column_nobody_needs_is_refused_by_name(write):
    with pytest.raises(BadFile) as refused:
        list(
            billing.read(write(bill(customer_name="Rosa Ejemplo", card_number="4")), billing.BILLS)
        )
    assert [problem.what.split("'")[1] for problem in refused.value.problems] == [
        "customer_name",
        "card_number",
    ]
    assert "Rosa" not in str(refused.value)


def test_two_lines_for_the_same_days_cannot_both_be_true(write):
    two = write(bill(), bill(start_date="2026-02-03", end_date="2026-03-06"))
    with pytest.raises(BadFile, match="line 3: has days that line 2 has too"):
        list(billing.read(two, billing.BILLS))
    with pytest.raises(BadFile, match="line 4: has days that line 2 has too"):
        list(billing.read(write(hours(), hours(hours="on_peak"), hours()), billing.TIME_OF_USE))


# -- Keeping -------------------------------------------------------------------------------


@pytest.fixture
def account(db):
    return served(service_account_number="8000000001").number


def take(path, at=AT, **how):
    return intake.take_in(path, source="test", by=None, at=at, **how)


def standing(model=Bill):
    return list(model.objects.standing().order_by("starts_on", "pk"))


def test_bills_demand_and_times_of_use_are_taken_in(account, write):
    for lines, model, kind in (
        ([bill(), bill(**FEBRUARY)], Bill, "bills"),
        ([peak(), peak(kind="time-related")], DemandPeak, "demand"),
        ([hours(), hours(hours="off_peak")], TimeOfUse, "time_of_use"),
    ):
        taken = take(write(*lines))
        assert (taken.outcome, taken.kind) == (Import.Outcome.TAKEN, kind), taken.problems
        assert taken.counts == {"lines": 2, "new": 2, "replaced": 0, "unchanged": 0}
        rows = model.objects.all()
        assert {row.agreement.number for row in rows} == {account}
        assert {row.customer_id for row in rows} == {rows[0].agreement.customer_id}
        assert {row.taken_in_id for row in rows} == {taken.pk}


def test_the_same_file_twice_changes_nothing(account, write):
    path = write(bill(), bill(**FEBRUARY))
    take(path)
    again = take(path)
    assert again.outcome == Import.Outcome.UNCHANGED
    assert again.counts == {"lines": 2, "new": 0, "replaced": 0, "unchanged": 2}
    assert Bill.objects.count() == 2


def test_a_correction_replaces_and_what_it_replaces_stays(account, write):
    first = take(write(bill()))
    later = AT + timedelta(days=9)
    second = take(write(bill(charges_usd="40.00")), at=later)
    assert second.counts == {"lines": 1, "new": 1, "replaced": 1, "unchanged": 0}
    (now,) = standing()
    assert (now.charges_cents, now.taken_in_id) == (4000, second.pk)
    (before,) = Bill.objects.exclude(replaced_at=None)
    assert (before.charges_cents, before.taken_in_id) == (4820, first.pk)
    assert (before.replaced_by_id, before.replaced_at) == (second.pk, later)


def test_a_file_says_all_of_a_period(account, write):
    """A kind of hours a correction no longer mentions is gone from what stands."""
    take(write(hours(), hours(hours="off_peak"), hours(**FEBRUARY)))
    take(write(hours(usage_kwh="120")))
    assert [(row.starts_on.month, row.hours, row.wh) for row in standing(TimeOfUse)] == [
        (1, "mid_peak", 120_000),
        (2, "mid_peak", 100_000),
    ]


def test_two_bills_may_be_replaced_by_one_and_one_by_two(account, write):
    take(write(bill(), bill(**FEBRUARY)))
    whole = {"start_date": "2026-01-05", "end_date": "2026-03-06"}
    assert take(write(bill(**whole))).counts["replaced"] == 2
    assert [row.ends_on for row in standing()] == [date(2026, 3, 6)]
    assert take(write(bill(usage_kwh="1"), bill(**FEBRUARY))).counts["replaced"] == 1
    assert len(standing()) == 2


def test_a_part_of_a_period_cannot_be_replaced(account, write):
    take(write(bill()))
    taken = take(write(bill(end_date="2026-01-20")))
    assert taken.outcome == Import.Outcome.REFUSED
    assert (
        "replaces only a part of what is held from 2026-01-05 to 2026-02-04"
        in (taken.problems[0]["what"])
    )
    assert len(standing()) == 1


def test_an_old_file_sent_again_does_not_undo_a_correction(account, write):
    old = write(bill(), bill(**FEBRUARY), name="old.csv")
    take(old)
    take(write(bill(charges_usd="1.00"), name="new.csv"))
    again = take(old)
    assert again.outcome == Import.Outcome.UNCHANGED
    assert [row.charges_cents for row in standing()] == [100, 4820]


def test_a_file_is_taken_whole_or_not_at_all(account, write):
    taken = take(write(bill(), bill(account="8999999999"), bill(**FEBRUARY)))
    assert taken.outcome == Import.Outcome.REFUSED
    assert [(one["line"], one["what"]) for one in taken.problems] == [
        (3, "has a service account that is not in the roster")
    ]
    assert not Bill.objects.exists()


def test_the_database_itself_holds_a_bill_to_its_agreements_customer(account, write):
    take(write(bill()))
    stranger = served()
    refused = pytest.raises(IntegrityError, match="a_bill_belongs_to_an_agreement_of_its_customer")
    with refused, transaction.atomic():
        Bill.objects.update(customer=stranger.customer)
    twin = Bill.objects.get()
    twin.pk, twin._state.adding = uuid4(), True
    refused = pytest.raises(IntegrityError, match="a_bill_stands_once_for_its_period")
    with refused, transaction.atomic():
        twin.save()
