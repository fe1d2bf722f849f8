"""No day lies with somebody who has no such agreement: the database itself sees to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction

from tests.usage.rosters import served, take_readings
from usage.intervals import pack
from usage.models import IntervalDay, MonthTotal, ServiceAgreement

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 15)
NO_SUCH = "a day of readings names no agreement of its customer"
HAS_DAYS = "days of readings name this agreement of its customer"


@pytest.fixture
def rosa() -> ServiceAgreement:
    agreement = served()
    take_readings((1, [pack(DAY, sec=3600, wh=[10] * 24)]), agreement=agreement)
    return agreement


@pytest.fixture
def luis() -> ServiceAgreement:
    """A customer without readings."""
    return served()


def lay(day: date, **whose: object) -> IntervalDay:
    """Insert a twin of the one day there is, of another day and with another owner."""
    twin = IntervalDay.objects.get()
    for name, value in {"day": day, **whose}.items():
        setattr(twin, name, value)
    return IntervalDay.objects.bulk_create([twin])[0]


@contextmanager
def refused(why: str, kind: type[DatabaseError] = IntegrityError) -> Iterator[None]:
    with pytest.raises(kind, match=why), transaction.atomic():
        yield


def ask(sql: str, *values: object, using: str = "default") -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)


def test_a_day_is_refused_whose_agreement_is_nobodys_or_somebody_elses(rosa, luis):
    with refused(NO_SUCH):
        lay(DAY, agreement_id=uuid4())
    with refused(NO_SUCH):
        lay(DAY, agreement_id=luis.pk)
    lay(DAY, agreement_id=luis.pk, customer_id=luis.customer_id)
    assert IntervalDay.objects.count() == 2


def test_one_wrong_day_among_right_ones_refuses_them_all(rosa):
    days = [IntervalDay.objects.get() for _ in range(3)]
    for number, row in enumerate(days):
        row.day = date(2026, 1, 20 + number)
    days[1].agreement_id = uuid4()
    with refused(NO_SUCH):
        IntervalDay.objects.bulk_create(days)
    assert IntervalDay.objects.count() == 1


def test_a_day_goes_over_only_to_an_agreement_of_the_new_customer(rosa, luis):
    with refused(NO_SUCH):
        IntervalDay.objects.update(customer=luis.customer)
    with refused(NO_SUCH):
        IntervalDay.objects.update(agreement=luis)
    IntervalDay.objects.update(customer=luis.customer, agreement=luis)
    assert IntervalDay.objects.of(luis.customer).count() == 1


def test_an_agreement_with_days_is_not_removed_nor_given_another_customer(rosa, luis):
    MonthTotal.objects.all().delete()  # whose foreign key would refuse it too
    with refused(HAS_DAYS):
        ask("DELETE FROM usage_serviceagreement WHERE id = %s", rosa.pk)
    with refused(HAS_DAYS):
        ServiceAgreement.objects.filter(pk=rosa.pk).update(customer=luis.customer)
    rosa.rate_schedule = "TOU-D-PRIME"
    rosa.save()
    IntervalDay.objects.all().delete()
    ask("DELETE FROM usage_serviceagreement WHERE id = %s", rosa.pk)
    assert not ServiceAgreement.objects.filter(pk=rosa.pk).exists()


def test_no_day_comes_or_changes_past_the_whole_table(rosa):
    closed = "permission denied for table usage_intervalday_2026_01"
    with refused(closed, DatabaseError):
        ask("INSERT INTO usage_intervalday_2026_01 SELECT * FROM usage_intervalday")
    with refused(closed, DatabaseError):
        ask("UPDATE usage_intervalday_2026_01 SET agreement_id = %s", uuid4())


def test_no_agreement_goes_while_a_day_of_it_comes(committed_db, rosa, luis):
    remove = "DELETE FROM usage_serviceagreement WHERE id = %s"
    with transaction.atomic():
        lay(DAY, agreement_id=luis.pk, customer_id=luis.customer_id)
        waits = pytest.raises(OperationalError, match="lock timeout")
        with waits, transaction.atomic(using="record"):
            ask("SET LOCAL lock_timeout = '100ms'", using="record")
            ask(remove, luis.pk, using="record")
    with refused(HAS_DAYS):
        ask(remove, luis.pk)


def test_no_day_comes_while_its_agreement_goes(committed_db, rosa, luis):
    with transaction.atomic(using="record"):
        ask("DELETE FROM usage_serviceagreement WHERE id = %s", luis.pk, using="record")
        with refused("lock timeout", OperationalError):
            ask("SET LOCAL lock_timeout = '100ms'")
            lay(DAY, agreement_id=luis.pk, customer_id=luis.customer_id)
    with refused(NO_SUCH):
        lay(DAY, agreement_id=luis.pk, customer_id=luis.customer_id)
