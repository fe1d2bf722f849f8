"""The made-up city: the same for a seed, drawn by the clock, taken in by the portal's own path."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from prime_portal.city import people
from prime_portal.city.loads import DELIVERED, RECEIVED, Flaw, Load, Loads, flawed
from usage.intervals import clip, day_length, day_start, day_wh, unpack
from usage.models import Customer, Import, IntervalDay, MonthTotal, ServiceAgreement

MARCH, NOVEMBER, PLAIN = date(2026, 3, 8), date(2025, 11, 2), date(2026, 1, 15)


def days(load, *, name="1", seed="city", first=PLAIN, last=PLAIN):
    return list(Loads(seed).days(load, name=name, first=first, last=last))


def test_the_same_seed_draws_the_same_days_and_another_does_not():
    home = Load("home", 1.0)
    assert days(home) == days(home)
    assert days(home) != days(home, seed="another")
    assert days(home) != days(home, name="2")


@pytest.mark.parametrize("day", [MARCH, NOVEMBER, PLAIN])
@pytest.mark.parametrize("sec", [900, 3600])
def test_days_are_as_long_as_the_clock_makes_them(day, sec):
    ((flow, block),) = days(Load("home", 1.0, sec=sec), first=day, last=day)
    assert (flow, block.count) == (DELIVERED, day_length(day) // sec)
    assert block.missing == 0


def test_panels_send_power_back_by_day_and_never_by_night():
    found = dict(
        days(Load("home", 0.8, panels=6000), first=date(2026, 6, 1), last=date(2026, 6, 1))
    )
    assert day_wh(found[RECEIVED]) > 5000
    night = clip(found[RECEIVED], ends_at=day_start(date(2026, 6, 1)) + timedelta(hours=6))
    assert night is not None
    assert day_wh(night) == 0
    assert all(
        not (sent and taken)
        for sent, taken in zip(found[RECEIVED].values, found[DELIVERED].values, strict=True)
    )


def test_a_flaw_is_a_gap_or_a_lesser_quality():
    ((_, block),) = days(Load("home", 1.0))
    gap, guess = flawed(block, Flaw(4, 8)), flawed(block, Flaw(4, 8, quality=8))
    assert gap.missing == 4
    assert [code for _, _, code in unpack(guess)][3:9] == [0, 8, 8, 8, 8, 0]
    assert day_wh(guess) == day_wh(block) > day_wh(gap)


def test_everybody_is_plainly_made_up():
    for number in range(1, 400):
        line = people.line(number, start_date=PLAIN, load_kind=people.load(number).kind)
        assert line.telephone.startswith("562-555-01")
        assert line.email == "" or line.email.endswith("@example.com")
        assert set(line.customer_name.split()) & set(people.LAST)


@pytest.mark.django_db
def test_make_city_makes_so_many_customers_and_days(capsys):
    call_command("make_city", customers=7, days=40)
    yesterday = timezone.localdate() - timedelta(days=1)
    assert Customer.objects.count() == ServiceAgreement.objects.count() == 7
    delivered = IntervalDay.objects.filter(channel__flow="delivered")
    assert delivered.count() == 7 * 40
    assert delivered.order_by("-day")[0].day == yesterday
    assert set(Import.objects.values_list("outcome", flat=True)) == {"taken"}
    assert sum(MonthTotal.objects.values_list("days", flat=True)) == IntervalDay.objects.count()
    assert "7 customers" in capsys.readouterr().out


@pytest.mark.django_db
def test_making_the_same_city_twice_changes_nothing():
    call_command("make_city", customers=2, days=5)
    before = list(IntervalDay.objects.order_by("agreement", "day").values())
    call_command("make_city", customers=2, days=5)
    assert list(IntervalDay.objects.order_by("agreement", "day").values()) == before


def test_made_up_people_stay_out_of_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="do not belong into a production database"):
        call_command("make_city", customers=1, days=1)
