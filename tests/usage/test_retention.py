"""What is older than its period goes, never before two years, never on hold; evidence stays."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from consent import legal
from consent.models import Demand
from prime_portal import retention as whole_portal
from prime_portal.models import LedgerEntry, SignIn, User
from prime_portal.retention import MORE
from prime_portal.tasks import retain
from tests import builders
from tests.usage.rosters import served, take_readings
from usage import disputes, limits, retention
from usage.disputes import About
from usage.intervals import intervals_in, pack
from usage.models import (
    Access,
    AttemptCount,
    Bill,
    Category,
    Channel,
    Customer,
    DemandPeak,
    Dispute,
    DisputeEvent,
    Enrollment,
    Hold,
    Import,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    ProgramEnrollment,
    RetentionRun,
    ServiceAgreement,
    TimeOfUse,
    Via,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 15, 12, tzinfo=ZoneInfo("America/Los_Angeles"))
CUT = date(2021, 7, 1)
"""Sixty months before, from the first of the month."""

SCHEDULE = "Resolution 7000 (made up)"


def whole(day, wh=100):
    return pack(day, sec=3600, wh=[wh] * intervals_in(day, sec=3600))


def days_from(first, count):
    return [whole(first + timedelta(days=number)) for number in range(count)]


@pytest.fixture
def rosa():
    """Served for years; readings on both sides of the cutoff, of both directions."""
    agreement = served(start_date="2019-01-01", enrolled_on="2019-01-01")
    take_readings(
        (1, days_from(date(2021, 5, 30), 40)),
        (19, days_from(date(2021, 5, 30), 40)),
        agreement=agreement,
    )
    take_readings(
        (1, [whole(date(2021, 6, 1), 7), whole(date(2021, 7, 1), 7)]), agreement=agreement
    )
    return agreement


def ask(sql, *facts):
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return cursor.fetchall()


def refused(sql, why):
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        ask(sql)


def partitions():
    rows = ask(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'usage_intervalday'::regclass ORDER BY 1"
    )
    return [name.removeprefix("usage_intervalday_") for (name,) in rows]


def go(**change):
    return retention.run(**({"schedule": SCHEDULE, "by": None, "at": NOW, "more": MORE} | change))


def billing_of(agreement, model, starts_on, **facts):
    taken_in = Import.objects.filter(kind="roster").latest("started_at")
    return model.objects.create(
        customer=agreement.customer,
        agreement=agreement,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=30),
        taken_in=taken_in,
        **facts,
    )


# -- Readings ------------------------------------------------------------------------------


def test_months_older_than_the_period_are_dropped_whole(rosa):
    assert {"2021_05", "2021_06", "2021_07"} <= set(partitions())
    run = go()
    assert not {"2021_05", "2021_06"} & set(partitions())
    assert "2021_07" in partitions()
    assert set(IntervalDay.objects.values_list("day", flat=True)) == {
        CUT + timedelta(days=number) for number in range(8)
    }
    assert not MonthTotal.objects.filter(month__lt=CUT).exists()
    assert list(IntervalDayRevision.objects.values_list("day", flat=True)) == [CUT]
    assert run.counts["interval_usage"] == {
        "interval days": 32,
        "interval day revisions": 1,
        "month totals": 2,
    }
    assert run.counts["generation_export"] == {"interval days": 32, "month totals": 2}


def test_a_dry_run_counts_the_same_and_changes_nothing(rosa):
    before = partitions(), IntervalDay.objects.count(), LedgerEntry.objects.count()
    counts = retention.look(at=NOW, more=MORE)
    assert (partitions(), IntervalDay.objects.count(), LedgerEntry.objects.count()) == before
    assert not RetentionRun.objects.exists()
    assert go().counts == counts


def test_a_second_run_finds_nothing(rosa):
    go()
    assert go().counts == {}


def test_nobody_on_hold_loses_a_reading(rosa):
    luis = served(start_date="2019-01-01")
    take_readings((1, days_from(date(2021, 6, 1), 3)), agreement=luis)
    official = User.objects.create_user("official@example.com")
    hold = Hold.objects.create(
        customer=luis.customer, reason="a lawsuit", placed_at=NOW, placed_by=official
    )
    run = go()
    held = IntervalDay.objects.filter(day__lt=CUT)
    assert {row.customer_id for row in held} == {luis.customer_id}
    assert held.count() == 3
    assert "2021_06" in partitions()
    assert "2021_05" not in partitions()
    assert run.holds == [str(hold.pk)]
    Hold.objects.filter(pk=hold.pk).update(lifted_at=NOW, lifted_by=official)
    go()
    assert not IntervalDay.objects.filter(day__lt=CUT).exists()


def test_who_disputes_something_or_is_named_in_a_demand_loses_nothing_while_it_is_open(
    rosa, capsys
):
    """What she says is wrong stays until it is settled; a question alone keeps nothing back."""
    alma, luis = builders.alma(), served(start_date="2019-01-01")
    take_readings((1, days_from(date(2021, 6, 1), 3)), agreement=luis)
    bills = About(Category.objects.get(key="billing_history"))
    raised = {
        kind: disputes.raise_(
            rosa.customer,
            bills,
            kind=kind,
            text="My bill is wrong.",
            request_key=uuid4(),
            by=alma,
            via=Via.PHONE,
            at=NOW,
        )
        for kind in (Dispute.Kind.QUESTION, Dispute.Kind.COMPLAINT)
    }
    demand = legal.record(
        process=Demand.Process.SUBPOENA,
        third_party=builders.third_party("superior-court"),
        customers=[luis.customer],
        reference="26-CV-0001",
        categories=["interval_usage"],
        first_day=CUT,
        last_day=CUT,
        received_at=NOW,
        by=alma,
        at=NOW,
    )
    old = IntervalDay.objects.filter(day__lt=CUT)
    before = old.count()
    assert whole_portal.look(at=NOW) == {}
    assert whole_portal.kept_back(at=NOW)["interval_usage"]["interval days"] == 35
    refused("SELECT usage_drop_month('2021-06-01')", "is disputed")
    call_command("retain", dry_run=True)
    said = capsys.readouterr().out
    for line in (
        "complaints open: 1",
        "demands open: 1",
        "43 kept back by them",
        "Nothing is older",
    ):
        assert line in said
    run = whole_portal.run(schedule=SCHEDULE, by=None, at=NOW)
    complaint = raised[Dispute.Kind.COMPLAINT]
    assert run.still_open == [str(complaint.pk), str(demand.pk)]
    assert (run.counts, old.count()) == ({}, before)

    corrected = DisputeEvent.Outcome.CORRECTED
    disputes.close(complaint, outcome=corrected, text="Mended.", by=alma, via=Via.PHONE, at=NOW)
    whole_portal.run(schedule=SCHEDULE, by=None, at=NOW)
    assert {row.customer_id for row in old} == {luis.customer_id}
    disputes.reply(complaint, text="It is not.", by=alma, via=Via.PHONE, at=NOW)
    legal.close(demand, outcome="Withdrawn.", by=alma, at=NOW)
    run = whole_portal.run(schedule=SCHEDULE, by=None, at=NOW)
    assert run.still_open == [str(complaint.pk)], "taken up again"
    assert not old.all().exists()


@pytest.mark.parametrize(
    ("categories", "left"),
    [
        ([], {"delivered": 32, "received": 32}),
        (["interval_usage"], {"delivered": 32, "received": 0}),
    ],
)
def test_a_hold_may_be_on_everybody_and_on_some_kinds(rosa, categories, left):
    official = User.objects.create_user("official@example.com")
    Hold.objects.create(categories=categories, reason="an audit", placed_at=NOW, placed_by=official)
    assert retention.look(at=NOW) == go(more=()).counts
    old = IntervalDay.objects.filter(day__lt=CUT)
    assert {flow: old.filter(channel__flow=flow).count() for flow in left} == left


def test_never_before_two_years_whatever_the_notice_says(rosa):
    too_short = pytest.raises(DatabaseError, match="a_city_keeps_its_records_two_years")
    with too_short, transaction.atomic():
        Category.objects.update(retention_months=23)
    Category.objects.update(retention_months=24)
    # Even if the constraint were gone, the floor stands in the verb and in the function.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention.Category, "retention_months", 6)
        assert set(retention.cutoffs(on=NOW.date()).values()) == {date(2024, 7, 1)}
    young = (datetime.now(NOW.tzinfo).date() - timedelta(days=740)).replace(day=1)
    ask("SELECT usage_make_months(%s, %s)", young, young)
    refused(f"SELECT usage_drop_month('{young}')", "younger than two years")
    refused("SELECT usage_drop_month('2021-06-02')", "not the first day of a month")
    assert ask("SELECT usage_drop_month('1999-01-01')") == [(0,)]


def test_the_database_itself_refuses_to_drop_a_month_on_hold(rosa):
    official = User.objects.create_user("official@example.com")
    Hold.objects.create(customer=rosa.customer, reason="x", placed_at=NOW, placed_by=official)
    refused("SELECT usage_drop_month('2021-06-01')", "is on hold")
    assert "2021_06" in partitions()


def test_the_web_may_not_drop_a_month_by_itself(rosa):
    refused("DROP TABLE usage_intervalday_2021_06", "must be owner")


# -- Everything else -----------------------------------------------------------------------


def test_bills_demand_and_times_of_use_go_when_their_period_ended_before(rosa):
    old, edge = date(2021, 5, 15), date(2021, 6, 15)
    for starts_on in (old, edge):
        billing_of(rosa, Bill, starts_on, issued_on=starts_on, wh=1, charges_cents=1)
        billing_of(rosa, DemandPeak, starts_on, kind="maximum", watts=1)
        billing_of(rosa, TimeOfUse, starts_on, season="summer", hours="on_peak", wh=1)
    run = go()
    for model in (Bill, DemandPeak, TimeOfUse):
        assert list(model.objects.values_list("starts_on", flat=True)) == [edge]
    assert run.counts["billing_history"] == {"bills": 1}
    assert run.counts["demand"] == {"demand peaks": 1}
    assert run.counts["tou_usage"] == {"times of use": 1}


def moved_out(on: str, **cells) -> ServiceAgreement:
    return served(
        start_date="2012-01-01",
        enrolled_on="2012-01-01",
        end_date=on,
        rate_schedule="TOU-D-4-9PM",
        email="gone@example.com",
        telephone="562-555-0100",
        **cells,
    )


def test_of_customers_long_gone_nothing_personal_stays(rosa):
    gone, here = moved_out("2018-03-01"), rosa
    ProgramEnrollment.objects.create(
        customer=gone.customer,
        agreement=gone,
        program="CARE",
        starts_on=date(2012, 1, 1),
        ends_on=date(2018, 3, 1),
    )
    private = [
        *(gone.customer.name, gone.customer.account_number, gone.customer.mailing_zip),
        *(gone.number, gone.service_point.number, gone.service_point.address, "gone@example.com"),
        *("562-555-0100", Channel.objects.get(service_point=gone.service_point).meter_number),
        "TOU-D-4-9PM",
    ]
    before = Customer.objects.filter(pk=here.customer_id).values().get()
    counts = retention.look(at=NOW)
    run = go(more=())
    assert run.counts == counts

    gone.refresh_from_db()
    gone.customer.refresh_from_db()
    gone.service_point.refresh_from_db()
    channel = Channel.objects.get(service_point=gone.service_point)
    left = repr([vars(gone), vars(gone.customer), vars(gone.service_point), vars(channel)])
    assert [text for text in private if text in left and text != "90660"] == []
    assert (gone.customer.name, gone.customer.mailing_zip, gone.service_point.zip) == ("", "", "")
    assert not Enrollment.objects.filter(customer=gone.customer).exists()
    assert not ProgramEnrollment.objects.filter(customer=gone.customer).exists()
    assert Customer.objects.filter(pk=here.customer_id).values().get() == before
    assert go(more=()).counts == {}, "what was overwritten is not overwritten again"


def test_a_customer_is_not_gone_while_one_agreement_runs(rosa):
    gone = moved_out("2012-06-01")
    second = served(account_number=gone.customer.account_number, customer_name=gone.customer.name)
    assert second.customer_id == gone.customer_id
    go()
    gone.refresh_from_db()
    second.refresh_from_db()
    assert second.customer.name != ""
    assert second.number.startswith("8")
    assert gone.number.startswith("gone-")


def test_a_place_where_somebody_is_served_keeps_its_address():
    gone = moved_out("2012-06-01", service_point="SP-X", meter_number="M-X")
    address = gone.service_point.address
    street = address.split("\n")[0]
    next_ = served(
        service_point="SP-X", meter_number="M-X", service_address_1=street, start_date="2012-06-01"
    )
    go()
    next_.service_point.refresh_from_db()
    assert (next_.service_point.number, next_.service_point.address) == ("SP-X", address)
    assert Channel.objects.get(service_point=next_.service_point).meter_number == "M-X"


def test_a_hold_keeps_a_former_customer_whole():
    gone = moved_out("2012-06-01")
    official = User.objects.create_user("official@example.com")
    Hold.objects.create(customer=gone.customer, reason="x", placed_at=NOW, placed_by=official)
    before = Customer.objects.filter(pk=gone.customer_id).values().get()
    assert go().counts == {}
    assert Customer.objects.filter(pk=gone.customer_id).values().get() == before


def test_old_sign_ins_and_counts_of_guesses_go(rosa):
    user = User.objects.create_user("rosa@example.com")
    for key, at in (("old", NOW - timedelta(days=800)), ("new", NOW - timedelta(days=10))):
        UserSession.objects.create(
            user=user, ip="192.0.2.1", session_key=key, user_agent="x", last_seen_at=at
        )
        SignIn.objects.create(user=user, outcome="signed_in", at=at, ip="192.0.2.1")
        limits.count(key, at=at)
    assert go().counts["portal_security"] == {
        "counts of guesses": 1,
        "sign-ins": 1,
        "records of sign-ins": 1,
    }
    assert SignIn.objects.get().at == NOW - timedelta(days=10)
    assert UserSession.objects.get().session_key == "new"
    assert AttemptCount.objects.count() == 1


def person(email: str, *, since: datetime, **more) -> User:
    made = User.objects.create_user(email, "a long and honest pass phrase", name="Somebody", **more)
    User.objects.filter(pk=made.pk).update(date_joined=since, last_login=since)
    made.emailaddress_set.create(email=email, verified=True, primary=True)
    Authenticator.objects.create(user=made, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return made


def test_who_has_acted_for_nobody_for_two_years_is_forgotten(rosa):
    """Evidence goes on pointing at them, and they say nothing any more."""
    ago, lately = NOW - timedelta(days=800), NOW - timedelta(days=100)
    customer = Customer.objects.first()
    gone = person("gone@example.com", since=ago)
    person("new@example.com", since=lately)
    person("alma@prime.example", since=ago, is_staff=True)
    for email, ended_at in (("acts@example.com", None), ("acted@example.com", lately)):
        acting = person(email, since=ago)
        Access.objects.create(
            user=acting,
            customer=customer,
            capacity="household",
            proof="made up",
            starts_at=ago,
            ended_at=ended_at,
            ended_by=acting if ended_at else None,
        )
    counts = go().counts["portal_security"]
    assert {what: rows for what, rows in counts.items() if "nobody" in what} == {
        "addresses of who acts for nobody": 1,
        "second factors of who acts for nobody": 1,
        "people who act for nobody": 1,
    }
    gone.refresh_from_db()
    assert (gone.email, gone.name, gone.is_active) == (f"gone-{gone.pk}@gone.invalid", "", False)
    assert not gone.check_password("a long and honest pass phrase")
    assert User.objects.filter(email__endswith="@example.com").count() == 3
    assert "portal_security" not in go(at=NOW + timedelta(days=1)).counts


def test_what_the_admin_noted_and_sessions_that_are_over_go(rosa):
    alma = User.objects.create_user("alma@prime.example", is_staff=True)
    for ago in (800, 10):
        moment = NOW - timedelta(days=ago)
        Session.objects.create(session_key=f"{ago}", session_data="x", expire_date=moment)
        LogEntry.objects.create(
            user=alma, action_time=moment, object_repr="Rosa Ejemplo", action_flag=2
        )
    counts = go().counts["portal_security"]
    assert (counts["sessions that are over"], counts["what the admin noted of staff"]) == (1, 1)


# -- The run itself ------------------------------------------------------------------------


def test_a_run_is_evidence_of_what_went_on_whose_schedule(rosa):
    alma = User.objects.create_user("alma@prime.example")
    run = go(by=alma)
    assert (run.schedule, run.by, run.started_at) == (SCHEDULE, alma, NOW)
    assert run.cutoffs["interval_usage"] == "2021-07-01"
    assert run.cutoffs["privacy_records"] == "2016-07-01"
    assert run.finished_at >= run.started_at
    kinds = LedgerEntry.objects.filter(row_id=run.pk).values_list("kind", flat=True)
    assert sorted(kinds) == ["usage_retentionrun:stamped", "usage_retentionrun:written"]


def test_without_a_schedule_of_the_council_nothing_goes(rosa):
    for schedule in ("", "  "):
        with pytest.raises(retention.NoSchedule):
            go(schedule=schedule)
    assert "2021_06" in partitions()
    with pytest.raises(CommandError, match="on a schedule the City Council approved"):
        call_command("retain")
    retain()
    assert not RetentionRun.objects.exists()


def test_the_command_says_what_would_go_and_what_went(rosa, capsys, settings):
    call_command("retain", dry_run=True)
    said = capsys.readouterr().out
    assert "holds in force: 0" in said
    assert "interval_usage, interval days: 40 would go" in said
    settings.RETENTION_SCHEDULE = SCHEDULE
    retain()
    assert RetentionRun.objects.get().schedule == SCHEDULE
    call_command("retain", dry_run=True)
    assert "Nothing is older than its period." in capsys.readouterr().out


def shorten(category, *, said, now):
    """A notice that says so many months is in force, and the category was shortened since."""
    Category.objects.filter(key=category).update(retention_months=said)
    builders.notice(at=NOW - timedelta(days=365))
    Category.objects.filter(key=category).update(retention_months=now)


def test_nothing_goes_before_the_period_the_notice_in_force_shows(rosa):
    shorten("interval_usage", said=84, now=60)
    on = NOW.date()
    assert retention.cutoffs(on=on)["interval_usage"] == CUT
    assert whole_portal.cutoffs(on=on)["interval_usage"] == date(2019, 7, 1)
    assert whole_portal.cutoffs(on=on)["generation_export"] == CUT
    assert whole_portal.look(at=NOW)["generation_export"]["interval days"] == 32
    run = whole_portal.run(schedule=SCHEDULE, by=None, at=NOW)
    assert run.cutoffs["interval_usage"] == "2019-07-01"
    assert "interval_usage" not in run.counts
    old = IntervalDay.objects.filter(day__lt=CUT)
    assert set(old.values_list("channel__flow", flat=True)) == {"delivered"}
    assert old.count() == 32


def test_a_period_longer_than_the_notice_says_is_kept_too(rosa):
    shorten("interval_usage", said=36, now=60)
    assert whole_portal.cutoffs(on=NOW.date())["interval_usage"] == CUT
    assert whole_portal.shortened(on=NOW.date()) == {}


def test_without_a_notice_in_force_the_category_alone_counts(rosa):
    builders.notice(at=NOW + timedelta(days=5))
    on = NOW.date()
    assert whole_portal.said(on=on) == {}
    assert whole_portal.cutoffs(on=on) == retention.cutoffs(on=on)


def test_the_command_says_where_the_notice_keeps_longer(rosa, capsys):
    shorten("demand", said=120, now=60)
    call_command("retain", dry_run=True)
    lines = capsys.readouterr().out.splitlines()
    (demand,) = (number for number, line in enumerate(lines) if line.startswith("demand: kept"))
    assert lines[demand + 1] == "  as the notice in force says 120 months, not 60"
    assert sum("notice in force" in line for line in lines) == 1


def test_the_worker_keeps_what_the_notice_in_force_keeps(rosa, settings):
    shorten("interval_usage", said=240, now=24)
    settings.RETENTION_SCHEDULE = SCHEDULE
    retain()
    assert "interval_usage" not in RetentionRun.objects.get().counts


def test_evidence_is_not_touched(rosa):
    gone = moved_out("2012-06-01")
    imports = list(Import.objects.order_by("pk").values())
    entries = LedgerEntry.objects.count()
    go()
    assert list(Import.objects.order_by("pk").values()) == imports
    assert LedgerEntry.objects.count() == entries + 2, "the run's own row and its stamp"
    assert ServiceAgreement.objects.filter(pk=gone.pk).exists()
