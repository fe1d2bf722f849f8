"""What a customer sees of a year, a month and a day (6.3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.usage.rosters import served, take_readings
from usage import history
from usage.intervals import intervals_in, pack
from usage.models import Access, Download, ServiceAgreement

pytestmark = pytest.mark.django_db

DELIVERED, RECEIVED = 1, 19
SPRING, FALL = date(2026, 3, 8), date(2025, 11, 2)
CORRECTED = datetime(2026, 7, 5, 19, tzinfo=UTC)


def whole(day, *, wh=100, sec=900, gaps=(), guessed=(), plain=0):
    count = intervals_in(day, sec=sec)
    return pack(
        day,
        sec=sec,
        wh=[None if n in gaps else wh for n in range(count)],
        quality=[8 if n in guessed else plain for n in range(count)],
    )


def read(agreement, *days, flow=DELIVERED, **how):
    take_readings((flow, [whole(day, **how) for day in days]), agreement=agreement)
    return ServiceAgreement.objects.get(pk=agreement.pk)


@pytest.fixture
def rosa():
    return served(start_date="2025-01-01")


def signed_in(agreement) -> Client:
    user = get_user_model().objects.create_user(f"u{agreement.number}@example.com")
    Access.objects.create(
        user=user,
        customer=agreement.customer,
        capacity=Access.Capacity.HOLDER,
        proof="test",
        starts_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("day", "sec", "count"),
    [
        (SPRING, 900, 92),
        (FALL, 900, 100),
        (date(2026, 7, 1), 900, 96),
        (SPRING, 3600, 23),
        (FALL, 3600, 25),
    ],
)
def test_a_day_has_as_many_intervals_as_it_really_has(rosa, day, sec, count):
    agreement = read(rosa, day, sec=sec)
    periods = history.intervals(agreement, day)
    assert len(periods) == count
    assert len({period.start.timestamp() for period in periods}) == count
    assert sum(period.delivered for period in periods) == count * 100


def test_the_hour_that_comes_twice_is_told_apart(rosa):
    agreement = read(rosa, FALL, sec=3600)
    names = [f"{period.start:%H %Z}" for period in history.intervals(agreement, FALL)]
    assert names[:4] == ["00 PDT", "01 PDT", "01 PST", "02 PST"]


def test_a_gap_is_no_zero_and_an_estimate_is_marked(rosa):
    day = date(2026, 7, 1)
    agreement = read(rosa, day, gaps={4}, guessed={9})
    periods = history.intervals(agreement, day)
    assert (periods[4].delivered, periods[4].held) == (None, False)
    assert periods[9].codes == {8}
    (summed,) = history.days(agreement, day)
    assert (summed.delivered, summed.missing, summed.codes) == (9500, 1, {8})


def test_delivered_and_received_stand_apart(rosa):
    day = date(2026, 7, 1)
    read(rosa, day, wh=10)
    agreement = read(rosa, day, wh=3, flow=RECEIVED)
    (summed,) = history.days(agreement, day)
    assert (summed.delivered, summed.received) == (960, 288)


def test_a_month_runs_from_the_first_day_of_the_agreement_to_the_last_reading():
    agreement = served(start_date="2026-07-10", end_date="2026-07-20")
    agreement = read(agreement, *(date(2026, 7, 8) + timedelta(days=n) for n in range(6)))
    days = history.days(agreement, date(2026, 7, 1))
    assert [period.start.day for period in days] == [10, 11, 12, 13]


def test_a_day_without_readings_between_others_is_empty(rosa):
    agreement = read(rosa, date(2026, 7, 1), date(2026, 7, 3))
    assert [day.held for day in history.days(agreement, date(2026, 7, 1))] == [True, False, True]


def test_thirteen_months_end_with_the_newest(rosa):
    days = [date(2025, 3, 5), *(date(2026, month, 5) for month in (1, 5))]
    agreement = read(rosa, *days)
    months = history.months(agreement)
    assert [f"{month.start:%Y-%m}" for month in (months[0], months[-1])] == ["2025-05", "2026-05"]
    assert len(months) == 13
    assert [month.start.month for month in months if month.held] == [1, 5]


def test_a_past_month_goes_to_its_end_and_a_month_that_runs_to_its_last_reading(rosa):
    agreement = read(rosa, date(2026, 5, 1), date(2026, 5, 3))
    may = date(2026, 5, 1)
    for on, count in ((date(2026, 6, 1), 31), (date(2026, 5, 31), 3)):
        days = history.days(agreement, may, on=on)
        assert len(days) == count
        assert [day.start.day for day in days if day.held] == [1, 3]


def test_a_month_counts_its_days_without_readings_inside_the_agreement():
    agreement = served(start_date="2026-05-11", end_date="2026-07-10")
    agreement = read(agreement, date(2026, 5, 11), date(2026, 6, 2), date(2026, 7, 9))
    months = history.months(agreement, on=date(2026, 7, 31))
    assert [month.absent for month in months] == [20, 29, 0]
    assert [m.absent for m in history.months(agreement, on=date(2026, 8, 1))] == [20, 29, 8]


def test_the_year_says_in_words_which_months_have_gaps_and_estimates(rosa):
    days = [date(2026, 5, 1) + timedelta(days=n) for n in range(20) if n != 4]
    read(rosa, *days)
    read(rosa, date(2026, 5, 3), guessed=(40,), plain=17)
    read(rosa, date(2026, 5, 6), plain=19)
    page = signed_in(rosa).get("/en/usage/").content.decode()
    assert "no reading on 12 days" in page
    assert "estimated or marked readings on 1 day" in page


def test_a_gap_in_both_directions_is_one_in_the_year_as_in_the_month(rosa):
    day = date(2026, 5, 1)
    read(rosa, day, gaps={4, 5})
    agreement = read(rosa, day, gaps={4, 5}, flow=RECEIVED)
    (month,), (of_day,) = history.months(agreement), history.days(agreement, day)
    assert month.missing == of_day.missing == 2


def year_and_days(agreement, month):
    """The gaps the year says of a month, and those the month says of its days."""
    on = date(2026, 12, 31)
    (of_year,) = [
        period
        for period in history.laid_over(agreement, history.months(agreement, on=on), on=on)
        if period.start == month
    ]
    of_days = history.days(agreement, month, on=on)
    return (of_year.missing, of_year.absent), (
        sum(day.missing for day in of_days),
        sum(not day.held for day in of_days),
    )


def may(*leave_out):
    return [date(2026, 5, 1) + timedelta(days=n) for n in range(31) if n + 1 not in leave_out]


def test_a_time_for_which_one_direction_is_missing_is_a_gap_on_every_page(rosa):
    first = date(2026, 5, 1)
    read(rosa, *may(1, 2))
    read(rosa, first, gaps={4, 5, 6})
    read(rosa, first + timedelta(days=1), gaps={8})
    read(rosa, *may(1, 2), flow=RECEIVED)
    read(rosa, first, gaps={6, 7}, flow=RECEIVED)
    agreement = read(rosa, first + timedelta(days=1), gaps={10, 11}, flow=RECEIVED)
    assert year_and_days(agreement, first) == ((4 + 3, 0), (4 + 3, 0))
    of_day = history.intervals(agreement, first)
    assert [n for n, period in enumerate(of_day) if period.missing] == [4, 5, 6, 7]
    client = signed_in(agreement)
    for language, one, seven in (
        ("en", "1 reading is missing", "7 readings are missing"),
        ("es", "falta 1 lectura", "faltan 7 lecturas"),
    ):
        assert client.get(f"/{language}/usage/2026/5/1/").content.decode().count(one) >= 4
        assert seven in client.get(f"/{language}/usage/").content.decode()


def test_a_direction_missing_for_a_whole_day_is_a_gap_of_that_day_on_every_page(rosa):
    """In both languages; and a day of which nothing is held is counted apart."""
    read(rosa, *may(20))
    agreement = read(rosa, *may(12, 20), flow=RECEIVED)
    assert year_and_days(agreement, date(2026, 5, 1)) == ((96, 1), (96, 1))
    assert all(period.missing for period in history.intervals(agreement, date(2026, 5, 12)))
    client = signed_in(agreement)
    for language, said in (("en", "96 readings are missing"), ("es", "faltan 96 lecturas")):
        for address in ("", "2026/5/"):
            assert said in client.get(f"/{language}/usage/{address}").content.decode()


def test_panels_put_up_in_the_middle_of_a_month_leave_no_gap_before(rosa):
    read(rosa, date(2026, 4, 30), *may(), date(2026, 6, 1))
    agreement = read(rosa, *may(*range(1, 15)), date(2026, 6, 1), flow=RECEIVED)
    assert year_and_days(agreement, date(2026, 5, 1)) == ((0, 0), (0, 0))


def test_a_month_without_one_direction_between_others_has_gaps(rosa):
    read(rosa, date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 1))
    agreement = read(rosa, date(2026, 4, 30), date(2026, 6, 1), flow=RECEIVED)
    assert year_and_days(agreement, date(2026, 5, 1)) == ((96, 30), (96, 30))


def test_months_older_than_thirteen_stand_under_their_year(rosa):
    read(rosa, date(2025, 2, 3), date(2025, 3, 3), date(2026, 5, 1))
    client = signed_in(rosa)
    newest = client.get("/en/usage/").content.decode()
    assert 'href="/en/usage/2025/"' in newest
    assert "February 2025" not in newest
    earlier = client.get("/en/usage/2025/").content.decode()
    assert "February 2025" in earlier
    assert "May 2026" not in earlier
    assert client.get("/en/usage/2024/").status_code == 404


def test_a_page_asks_few_questions_for_its_readings_however_long_they_are(
    rosa, django_assert_max_num_queries
):
    read(rosa, *(date(2026, 5, 1) + timedelta(days=n) for n in range(31)))
    client = signed_in(rosa)
    for address, questions in (
        ("/en/usage/", 1),
        ("/en/usage/2026/5/", 2),
        ("/en/usage/2026/5/5/", 2),
    ):
        with django_assert_max_num_queries(16) as asked:
            assert client.get(address).status_code == 200
        readings = [
            q
            for q in asked.captured_queries
            if '"usage_intervalday"' in q["sql"] or '"usage_monthtotal"' in q["sql"]
        ]
        assert len(readings) == questions


def test_chart_and_table_say_the_same(rosa):
    read(rosa, date(2026, 7, 1), wh=125)
    page = signed_in(rosa).get("/en/usage/2026/7/").content.decode()
    assert "Wednesday 1: 12.0 kWh delivered" in page
    assert 'data-label="Delivered, kWh">12.0</td>' in page


def test_nothing_outside_her_agreement_has_an_address():
    agreement = read(served(start_date="2026-07-10", end_date="2026-07-20"), date(2026, 7, 12))
    client = signed_in(agreement)
    assert client.get("/en/usage/2026/7/12/").status_code == 200
    for address in ("2026/7/9/", "2026/7/20/", "2026/6/", "2026/8/", "2026/2/31/", "2026/13/"):
        assert client.get(f"/en/usage/{address}").status_code == 404


def test_somebody_elses_place_is_a_404_like_one_that_does_not_exist(rosa):
    luis = read(served(start_date="2025-01-01"), date(2026, 7, 1))
    client = signed_in(rosa)
    for place in (luis.pk, "01970000-0000-7000-8000-000000000001", "x"):
        assert client.get(f"/en/usage/?place={place}").status_code == 404
        assert client.get(f"/en/usage/2026/7/1/?place={place}").status_code == 404


def test_she_downloads_what_she_asks_for_and_it_is_written_down(rosa):
    agreement = read(rosa, date(2026, 7, 1), date(2026, 7, 2))
    client = signed_in(agreement)
    asked = {
        "customer": str(agreement.customer_id),
        "kind": "csv",
        "agreements": [str(agreement.pk)],
        "first_day": "2026-07-01",
        "last_day": "2026-07-01",
    }
    response = client.post("/en/usage/download/", asked)
    body = b"".join(response.streaming_content).decode()
    assert response["Content-Disposition"].startswith(
        'attachment; filename="prime-usage-2026-07-01'
    )
    assert body.count("\n") == 97
    taken = Download.objects.get()
    assert (taken.rows, taken.finished_at is not None) == (96, True)
    assert "96 readings" in client.get("/en/usage/downloads/").content.decode()


def test_a_download_for_somebody_elses_place_or_with_days_reversed_is_refused_with_a_sentence(rosa):
    luis = served(start_date="2025-01-01")
    asked = {
        "customer": str(rosa.customer_id),
        "kind": "csv",
        "agreements": [str(luis.pk)],
        "first_day": "2026-07-02",
        "last_day": "2026-07-01",
    }
    response = signed_in(rosa).post("/en/usage/download/", asked)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose only places of this account." in page
    assert "The last day comes before the first." in page
    assert not Download.objects.exists()


def test_a_month_stands_beside_the_same_month_a_year_before(rosa):
    july = [date(2026, 7, 1) + timedelta(days=n) for n in range(31)]
    take_readings(
        (DELIVERED, [whole(day.replace(year=2025), wh=100) for day in july]), agreement=rosa
    )
    take_readings((DELIVERED, [whole(day, wh=110) for day in july]), agreement=rosa)
    page = signed_in(rosa).get("/en/usage/").content.decode()
    assert '>297.6</td><td role="cell" class="number" data-label="Change">+10%</td>' in page
    page = signed_in_again(rosa).get("/en/usage/2026/7/").content.decode()
    assert "on the 31 days we can compare, you were delivered 297.6 kWh" in page
    assert "this year 327.4 kWh (+10%)" in page


def signed_in_again(agreement) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(email=f"u{agreement.number}@example.com"))
    return client


def test_only_whole_months_stand_beside_each_other(rosa):
    read(rosa, date(2025, 7, 1), date(2026, 7, 1))
    page = signed_in(rosa).get("/en/usage/").content.decode()
    assert "A year before, kWh" not in page
    assert "%</td>" not in page


def test_a_month_that_still_runs_has_no_empty_column_for_its_change(rosa):
    july = [date(2025, 7, 1) + timedelta(days=n) for n in range(31)]
    read(rosa, *july, date(2026, 7, 1))
    page = signed_in(rosa).get("/en/usage/").content.decode()
    assert "A year before, kWh" in page
    assert "Change</th>" not in page


def test_only_days_held_in_both_years_are_compared(rosa):
    read(rosa, date(2025, 7, 1), date(2025, 7, 2), date(2026, 7, 2), date(2026, 7, 3))
    page = signed_in(rosa).get("/en/usage/2026/7/").content.decode()
    assert "on the 1 day we can compare, you were delivered 9.6 kWh" in page


def test_february_29_has_no_day_a_year_before():
    agreement = read(served(start_date="2023-01-01"), date(2024, 2, 29), date(2023, 2, 28))
    page = signed_in(agreement).get("/en/usage/2024/2/").content.decode()
    assert "we can compare" not in page


def test_a_corrected_day_says_when_and_what_stood_there_before(rosa):
    day = date(2026, 7, 1)
    read(rosa, day, wh=100)
    take_readings((DELIVERED, [whole(day, wh=125)]), agreement=rosa, at=CORRECTED)
    client = signed_in(rosa)
    assert "corrected on July 5, 2026" in client.get("/en/usage/2026/7/").content.decode()
    page = client.get("/en/usage/2026/7/1/").content.decode()
    assert "Corrected on July 5, 2026. Before, it said 9.6 kWh delivered." in page
    _before, earlier = page.split("What stood here before July 5, 2026, reading by reading")
    earlier, now = earlier.split("</details>")
    old, new = (f'data-label="Delivered, kWh">{kwh}<' for kwh in ("0.100", "0.125"))
    assert (earlier.count(old), earlier.count(new)) == (96, 0)
    assert (now.count(old), now.count(new)) == (0, 96)
    spanish = client.get("/es/usage/2026/7/1/").content.decode()
    assert "Lo que decía antes del 5 de julio de 2026, lectura por lectura" in spanish
    assert "1 day changed later" in client.get("/en/usage/").content.decode()


def test_a_gap_that_was_filled_is_completed_and_not_corrected(rosa):
    day = date(2026, 7, 1)
    read(rosa, day, gaps={4, 5})
    take_readings((DELIVERED, [whole(day)]), agreement=rosa, at=CORRECTED)
    client = signed_in(rosa)
    assert "completed on July 5, 2026" in client.get("/en/usage/2026/7/").content.decode()
    page = client.get("/en/usage/2026/7/1/").content.decode()
    assert "readings were missing; the others came to 9.4 kWh delivered." in page


def test_missing_readings_are_counted_in_words(rosa):
    read(rosa, date(2026, 7, 1), gaps={3})
    read(rosa, date(2026, 7, 2), gaps={3, 4})
    page = signed_in(rosa).get("/en/usage/2026/7/").content.decode()
    assert "1 reading is missing" in page
    assert "2 readings are missing" in page
