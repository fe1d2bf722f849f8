"""Taking an import back: what it brought is gone, and all else is as if it had never come."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prime_portal import reconciling
from prime_portal.ledger import journal
from prime_portal.models import LedgerEntry
from tests import builders
from tests.usage.rosters import AT, row, served, take_readings, take_roster
from tests.usage.test_intake import DAY, DELIVERED, held, whole
from usage import holds, imports, intake, retelling
from usage.day_rows import DayRow
from usage.feeds.billing import Line
from usage.intervals import intervals_in, pack
from usage.models import (
    Bill,
    Channel,
    Import,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    Removal,
    RepeatedDays,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(days=30)


def back(imported, *, at=LATER, **said):
    return imports.take_back(imported, by=None, why="The wrong file.", at=at, **said)


# -- As if it had never come ---------------------------------------------------------------

MONTHS_END = date(2026, 1, 30)


@st.composite
def a_day(draw):
    """One day of hours: few values, many gaps, so that files say the same of many intervals."""
    day = MONTHS_END + timedelta(days=draw(st.integers(0, 3)))
    some = draw(st.lists(st.sampled_from([None, 0, 1]), min_size=4, max_size=4))
    codes = draw(st.sampled_from([0, 8]))
    wh = (some * 6)[: intervals_in(day, sec=3600)]
    block = pack(day, sec=3600, wh=wh, quality=[codes] * len(wh))
    return block if draw(st.booleans()) else type(block)(day, 3600, block.wh, block.quality, True)


FILES = st.lists(
    st.lists(a_day(), min_size=1, max_size=4, unique_by=lambda block: block.day),
    min_size=2,
    max_size=5,
)


def lay(agreement, channel, blocks, name):
    rows = [
        DayRow(agreement.customer_id, agreement.pk, channel.pk, block)
        for block in blocks
        if not block.empty
    ]
    return intake.take_days(rows, name=name, source="test", by=None, at=AT)


def told(agreement):
    """Everything that is held of an agreement's readings, files by their names."""
    what = ("day", "revision", "sec", "wh", "quality", "net", "said", "taken_in__file_name")
    days = IntervalDay.objects.filter(agreement=agreement).order_by("day")
    earlier = IntervalDayRevision.objects.filter(agreement=agreement).order_by("day", "revision")
    again = RepeatedDays.objects.filter(agreement=agreement)
    months = MonthTotal.objects.filter(agreement=agreement).order_by("month")
    return (
        [*days.values_list(*what)],
        [*earlier.values_list(*what, "replaced_by__file_name", "replaced_at")],
        {
            (day, row.revision, row.said and bytes(row.said), row.taken_in.file_name)
            for row in again.select_related("taken_in")
            for day in retelling.each_day(row.first_day, row.last_day)
        },
        [*months.values_list("month", "wh", "days", "missing", "net_days", "marked_days")],
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=FILES, data=st.data())
def test_what_stands_is_what_would_stand_had_the_file_never_come(files, data):
    with transaction.atomic():
        rosa, luis = served(), served()
        channels = [
            Channel.objects.get(service_point=one.service_point, flow="delivered")
            for one in (rosa, luis)
        ]
        taken = [lay(rosa, channels[0], blocks, str(n)) for n, blocks in enumerate(files)]
        gone = data.draw(st.permutations(range(len(files))))
        gone = gone[: data.draw(st.integers(1, len(files)))]
        for number in gone:
            if taken[number].outcome != Import.Outcome.REFUSED:
                back(taken[number])
        for number, blocks in enumerate(files):
            if number not in gone:
                lay(luis, channels[1], blocks, str(number))
        assert told(rosa) == told(luis)
        transaction.set_rollback(True)


BILLS = st.lists(
    st.tuples(st.sampled_from([("01-05", "02-04"), ("02-04", "03-06")]), st.integers(1, 3)),
    min_size=1,
    max_size=2,
    unique_by=lambda one: one[0],
)


def lay_bills(agreement, periods, name):
    lines = [
        Line(
            1000 * int(name) + number,  # the same file again would be another case
            agreement.number,
            date.fromisoformat(f"2026-{first}"),
            date.fromisoformat(f"2026-{after}"),
            (),
            {
                "issued_on": DAY,
                "wh": wh,
                "charges_cents": 1,
                "paid_cents": None,
                "past_due_cents": None,
            },
        )
        for number, ((first, after), wh) in enumerate(periods)
    ]
    return intake.take_billing(lines, "bills", name=name, source="test", by=None, at=AT)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=st.lists(BILLS, min_size=2, max_size=5), data=st.data())
def test_bills_stand_as_they_would_had_the_file_never_come(files, data):
    with transaction.atomic():
        rosa, luis = served(), served()
        taken = [lay_bills(rosa, periods, str(n)) for n, periods in enumerate(files)]
        gone = data.draw(st.sets(st.integers(0, len(files) - 1), min_size=1))
        for number in sorted(gone, reverse=data.draw(st.booleans())):
            back(taken[number])
        for number, periods in enumerate(files):
            if number not in gone:
                lay_bills(luis, periods, str(number))
        what = ("starts_on", "wh", "taken_in__file_name", "replaced_by__file_name", "replaced_at")
        hers, his = (
            [
                [*row[:-1], [Import.objects.get(pk=pk).file_name for pk in row[-1]]]
                for row in Bill.objects.filter(agreement=one)
                .order_by("taken_in_id", "starts_on")
                .values_list(*what, "repeated_by")
            ]
            for one in (rosa, luis)
        )
        assert hers == his
        transaction.set_rollback(True)


# -- What it does, and does not ------------------------------------------------------------


def test_a_file_on_the_wrong_account_is_taken_back_and_may_come_again():
    rosa, luis = served(), served()
    first = take_readings((DELIVERED, [whole(wh=1)]), agreement=rosa)
    file = (DELIVERED, [whole(wh=2), whole(DAY + timedelta(days=1), wh=2)])
    wrong = take_readings(file, agreement=rosa)
    tried = imports.try_out(wrong, at=LATER)
    assert held(rosa)[0] == whole(wh=2), "trying it out changes nothing"

    done = back(wrong)
    assert (tried.counts, tried.first) == (done.counts, done.first)
    assert done.counts == {"days_removed": 1, "days_put_back": 1, "customers": 1}
    assert [(one.first_day, one.what) for one in done.first] == [
        (DAY, "put_back"),
        (DAY + timedelta(days=1), "removed"),
    ]
    assert held(rosa) == [whole(wh=1)]
    assert not IntervalDayRevision.objects.exists(), "of what went nothing is kept"
    removal = Removal.objects.get()
    assert (removal.customer, removal.first_day, removal.last_day, removal.at) == (
        rosa.customer,
        DAY,
        DAY + timedelta(days=1),
        LATER,
    )
    wrong.refresh_from_db()
    assert (wrong.outcome, wrong.taken_back_at) == ("taken", LATER)
    assert wrong.taken_back_why == "The wrong file."
    with pytest.raises(imports.Refused, match="taken back already"):
        back(wrong)

    again = take_readings(file, agreement=rosa)
    assert (again.outcome, held(rosa)[0]) == ("taken", whole(wh=2))
    back(again)
    back(first)
    assert held(rosa) == []
    assert not MonthTotal.objects.exists()
    assert luis.days.count() == 0


def test_it_is_all_or_nothing(monkeypatch):
    rosa = served()
    wrong = take_readings((DELIVERED, [whole()]), agreement=rosa)
    monkeypatch.setattr("usage.month_totals.start_over", lambda _agreements: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        back(wrong)
    wrong.refresh_from_db()
    assert (held(rosa), wrong.taken_back_at) == ([whole()], None)


def test_what_is_on_hold_is_not_taken_back_and_a_roster_never_is():
    taken = take_roster(row())
    with pytest.raises(imports.Refused, match="A roster is not taken back"):
        back(taken)
    rosa = served()
    wrong = take_readings((DELIVERED, [whole()]), agreement=rosa)
    hold = holds.place(
        customer=None, categories=["interval_usage"], reason="test", by=builders.alma(), at=AT
    )
    with pytest.raises(imports.Refused, match="nothing of it may go") as refused:
        back(wrong)
    assert (refused.value.hold, held(rosa)) == (hold, [whole()])
    holds.lift(hold, by=builders.alma(), at=LATER)
    back(wrong)
    assert held(rosa) == []


def test_readings_go_with_their_import_also_when_a_roster_moved_them():
    before = row(service_point="SP-X", meter_number="M-X")
    take_roster(before)
    wrong = take_readings((DELIVERED, [whole()]), meter="M-X")
    twin = take_readings((DELIVERED, [whole(), whole(DAY + timedelta(days=1))]), meter="M-X")
    moved_in = row(service_point="SP-X", meter_number="M-X", start_date="2026-01-10")
    moved_in["service_address_1"] = before["service_address_1"]
    take_roster(before | {"end_date": "2026-01-10"}, moved_in)
    back(wrong)
    assert IntervalDay.objects.count() == 2, "another file said the same"
    back(twin)
    assert not IntervalDay.objects.exists()
    assert not RepeatedDays.objects.exclude(taken_in__taken_back_at=None).exists()


def test_what_could_not_be_laid_because_of_it_comes_when_it_is_sent_again():
    rosa = served()
    coarse, finer = whole(wh=8, sec=3600), whole(wh=2)
    first = take_readings((DELIVERED, [coarse]), agreement=rosa)
    second = take_readings((DELIVERED, [finer]), agreement=rosa)
    third = take_readings((DELIVERED, [whole(wh=9, sec=3600)]), agreement=rosa)
    assert third.outcome == "unusable"
    back(second)
    assert held(rosa) == [coarse]
    take_readings((DELIVERED, [whole(wh=9, sec=3600)]), agreement=rosa)
    assert held(rosa) == [whole(wh=9, sec=3600)]
    back(first)
    assert not IntervalDayRevision.objects.exists()


def test_after_a_restore_it_is_not_called_taken_back_while_its_readings_stand():
    rosa = served()
    wrong = take_readings((DELIVERED, [whole()]), agreement=rosa)
    with transaction.atomic():
        back(wrong)
        entry = LedgerEntry.objects.latest("id")
        transaction.set_rollback(True)
    assert "taken_back_at" in entry.body
    line = journal.Line(None, entry.id, entry.at, entry.kind, str(wrong.pk), entry.body, {})
    found = reconciling.Found()
    assert not reconciling._stamped_again(line, found, by=builders.alma()), "left to people"
    wrong.refresh_from_db()
    assert wrong.taken_back_at is None
    back(wrong)
    assert held(rosa) == []
