"""A roster laid over what is held: new, corrected, ended, returned, moved."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from tests import builders
from tests.usage.rosters import (
    AT,
    customer_of,
    roster_file,
    row,
    served,
    take_readings,
    take_roster,
)
from usage.intervals import day_start, pack
from usage.models import (
    Channel,
    Customer,
    Enrollment,
    Import,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    ProgramEnrollment,
    ServiceAgreement,
    ServicePoint,
)

pytestmark = pytest.mark.django_db


def agreement_of(line):
    return ServiceAgreement.objects.get(number=line["service_account_number"])


def enrollments_of(line):
    rows = Enrollment.objects.of(customer_of(line)).order_by("starts_on")
    return [(one.starts_on, one.ends_on) for one in rows]


def programs_of(line):
    rows = ProgramEnrollment.objects.filter(agreement=agreement_of(line)).order_by("program")
    return [(one.program, one.starts_on, one.ends_on) for one in rows]


def test_a_line_makes_a_customer_a_place_a_meter_and_an_agreement():
    line = row(
        customer_name="Rosa Ejemplo",
        language="es",
        email="rosa@example.com",
        end_date="2026-01-15",
        rate_schedule="TOU-D-PRIME",
        account_number="00-1234567",
    )
    taken = take_roster(line)
    assert (taken.outcome, taken.problems) == (Import.Outcome.TAKEN, [])
    agreement = agreement_of(line)
    assert agreement.starts_at == datetime(2025, 1, 1, 8, tzinfo=UTC)
    assert agreement.ends_at == datetime(2026, 1, 15, 8, tzinfo=UTC)
    assert (agreement.customer.account_number, agreement.customer.language) == ("001234567", "es")
    assert agreement.customer.mailing_address.endswith("Example Street\nPico Rivera, CA 90660")
    assert agreement.service_point.zip == "90660"
    assert [channel.flow for channel in agreement.service_point.channels.all()] == ["delivered"]
    assert taken.counts["new customers"] == taken.counts["new service agreements"] == 1


def test_the_same_roster_twice_changes_nothing_and_says_so():
    lines = [row(programs="CARE"), row()]
    take_roster(*lines)
    again = take_roster(*lines, at=AT + timedelta(days=9))
    assert again.outcome == Import.Outcome.UNCHANGED
    assert again.counts == {"lines": 2}


def test_a_correction_is_taken_over():
    line = row()
    take_roster(line)
    taken = take_roster(line | {"email": "new@example.com", "service_zip": "90661"})
    assert customer_of(line).email == "new@example.com"
    assert ServicePoint.objects.get().zip == "90661"
    assert taken.counts["changed customers"] == 1
    assert Customer.objects.count() == 1


def test_two_lines_of_one_account_are_two_agreements_of_one_customer():
    home = row()
    shop = (
        row()
        | {name: home[name] for name in ("account_number", "customer_name")}
        | {
            "mailing_address_1": "1 Example Street",
            "mailing_city": "Pico Rivera",
            "mailing_state": "CA",
            "mailing_zip": "90660",
        }
    )
    home |= {name: shop[name] for name in shop if name.startswith("mailing")}
    take_roster(home, shop)
    assert ServiceAgreement.objects.of(customer_of(home)).count() == 2
    assert enrollments_of(home) == [(date(2025, 1, 1), None)]


def test_a_new_meter_at_a_place_is_a_new_channel():
    line = row(meter_number="M-OLD")
    take_roster(line)
    take_roster(line | {"meter_number": "M-NEW"})
    meters = Channel.objects.order_by("pk").values_list("meter_number", flat=True)
    assert list(meters) == ["M-OLD", "M-NEW"]


def test_a_program_lasts_from_the_first_roster_that_names_it_to_the_first_that_does_not():
    line = row(programs="CARE; Medical Baseline")
    take_roster(line, at=AT)
    take_roster(line | {"programs": "CARE"}, at=AT + timedelta(days=10))
    assert programs_of(line) == [
        ("CARE", date(2026, 2, 1), None),
        ("Medical Baseline", date(2026, 2, 1), date(2026, 2, 11)),
    ]
    take_roster(line | {"programs": "CARE; Medical Baseline"}, at=AT + timedelta(days=20))
    assert programs_of(line)[2] == ("Medical Baseline", date(2026, 2, 21), None)


def test_opting_out_ends_the_enrollment_and_returning_is_a_new_one():
    line = row()
    take_roster(line)
    assert enrollments_of(line) == [(date(2025, 1, 1), None)]
    take_roster(line | {"opted_out_on": "2025-06-01"})
    assert enrollments_of(line) == [(date(2025, 1, 1), date(2025, 6, 1))]
    take_roster(line | {"enrolled_on": "2025-09-01"})
    assert enrollments_of(line) == [
        (date(2025, 1, 1), date(2025, 6, 1)),
        (date(2025, 9, 1), None),
    ]


def test_moving_out_of_the_last_place_ends_the_enrollment():
    line = row()
    take_roster(line)
    take_roster(line | {"end_date": "2025-06-01"})
    assert enrollments_of(line) == [(date(2025, 1, 1), date(2025, 6, 1))]


def test_moving_out_of_one_place_of_two_does_not_end_it():
    one = row()
    two = row() | {name: one[name] for name in ("account_number", "customer_name")}
    mailing = {
        "mailing_address_1": "PO Box 1",
        "mailing_city": "Whittier",
        "mailing_state": "CA",
        "mailing_zip": "90601",
    }
    take_roster(one | mailing, two | mailing)
    take_roster(one | mailing | {"end_date": "2025-06-01"})
    assert enrollments_of(one) == [(date(2025, 1, 1), None)]


def test_somebody_never_enrolled_has_no_enrollment():
    line = row(enrolled_on="")
    take_roster(line)
    assert enrollments_of(line) == []


def refused(*lines):
    before = list(Customer.objects.order_by("pk").values())
    taken = take_roster(*lines)
    assert taken.outcome == Import.Outcome.REFUSED
    assert list(Customer.objects.order_by("pk").values()) == before, "nothing is half-imported"
    return [(problem["line"], problem["what"]) for problem in taken.problems]


def test_two_agreements_at_one_place_at_one_time_are_refused_with_the_line():
    line = row()
    take_roster(line)
    place = {name: line[name] for name in ("service_point", "meter_number", "service_address_1")}
    ((number, what),) = refused(row(), row(**place, start_date="2025-12-01"))
    assert number == 3
    assert "has a place and time that another agreement covers too" in what


def test_a_change_over_in_one_file_is_taken_in():
    line = row()
    take_roster(line)
    place = {name: line[name] for name in ("service_point", "meter_number", "service_address_1")}
    taken = take_roster(row(**place, start_date="2025-12-01"), line | {"end_date": "2025-12-01"})
    assert taken.outcome == Import.Outcome.TAKEN, taken.problems


def test_a_service_account_cannot_change_hands_or_places():
    line = row()
    take_roster(line)
    other = row(service_account_number=line["service_account_number"])
    assert refused(other) == [
        (2, "has a service account that is held under another account number")
    ]
    elsewhere = line | {"service_point": "SP-ELSEWHERE"}
    assert refused(elsewhere) == [
        (2, "has a service account that is held at another service point")
    ]


def test_readings_go_with_the_dates_when_a_move_is_reported_late():
    rosa = row()
    take_roster(rosa)
    days = [date(2025, 12, 30) + timedelta(days=n) for n in range(4)]
    blocks = [pack(day, sec=3600, wh=[100] * 24) for day in days]
    take_readings((1, blocks), meter=rosa["meter_number"])
    take_readings((1, [pack(days[3], sec=3600, wh=[200] * 24)]), meter=rosa["meter_number"])

    place = {name: rosa[name] for name in ("service_point", "meter_number", "service_address_1")}
    luis = row(**place, start_date="2026-01-01")
    take_roster(rosa | {"end_date": "2026-01-01"}, luis)
    hers, his = agreement_of(rosa), agreement_of(luis)
    assert (
        sorted(IntervalDay.objects.filter(agreement=hers).values_list("day", flat=True)) == days[:2]
    )
    assert (
        sorted(IntervalDay.objects.filter(agreement=his).values_list("day", flat=True)) == days[2:]
    )
    assert IntervalDay.objects.of(hers.customer).count() == 2
    assert IntervalDayRevision.objects.get().agreement_id == his.pk
    months = MonthTotal.objects.order_by("month").values_list("agreement_id", "month", "wh")
    assert list(months) == [
        (hers.pk, date(2025, 12, 1), 4800),
        (his.pk, date(2026, 1, 1), 7200),
    ]


def test_an_end_that_was_a_mistake_can_be_taken_back():
    line = row(end_date="2025-06-01")
    take_roster(line)
    take_roster(line | {"end_date": ""})
    assert agreement_of(line).ends_at is None
    assert enrollments_of(line) == [(date(2025, 1, 1), None)]


def test_the_command_takes_in_or_refuses_in_sentences(capsys, tmp_path):
    path = roster_file([row()])
    call_command("import_roster", str(path))
    assert "lines: 1, new customers: 1" in capsys.readouterr().out
    bad = roster_file([row(account_number="1.23E+11")])
    with pytest.raises(CommandError, match=r"line 2: account_number is '1\.23E"):
        call_command("import_roster", str(bad))
    with pytest.raises(CommandError, match="is not a file"):
        call_command("import_roster", str(tmp_path))
    assert Customer.objects.count() == 1
    assert Import.objects.filter(outcome=Import.Outcome.REFUSED).count() == 1


def test_a_late_start_leaves_out_what_came_before():
    agreement = served(start_date="2025-01-01")
    assert agreement.starts_at == day_start(date(2025, 1, 1))


def test_what_an_import_counted_is_kept_in_english_whoever_sent_it(db):
    with translation.override("es"):
        taken = builders.roster({})
    assert taken.counts["new customers"] == 1
