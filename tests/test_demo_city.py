"""The demo city: everybody the walk through the portal needs, and nobody overdue."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from consent import recipients
from consent.models import (
    Authorization,
    BulkProposal,
    Declined,
    Disclosure,
    Package,
    Receipt,
    Stop,
    ThirdParty,
    Withdrawal,
)
from notices.models import Delivery, Notice, NoticeDraft
from prime_portal.compliance import notice_drift
from prime_portal.ledger import reading, rows
from prime_portal.models import User
from prime_portal.roles import Role
from usage import claims
from usage.claims import Proof
from usage.models import (
    Access,
    Bill,
    Channel,
    Customer,
    DemandPeak,
    Dispute,
    IntervalDay,
    IntervalDayRevision,
    Removal,
    ServiceAgreement,
    ServicePoint,
    TimeOfUse,
)


@pytest.fixture
def city(committed_db, tmp_path, monkeypatch):
    """A small city with the whole cast; its facts as written for people and scripts."""
    monkeypatch.setenv("DEMO_DIR", str(tmp_path))
    call_command("demo_city", customers=14)
    return json.loads((tmp_path / "city.json").read_text())


def test_the_demo_city_has_its_cast_and_its_past(city):
    now = timezone.now()
    assert len(city["sign_ins"]) == 14
    assert not User.objects.filter(is_superuser=True).exists()
    staff = User.objects.filter(is_staff=True)
    assert set(staff.values_list("groups__name", flat=True)) == set(Role)
    for person in city["sign_ins"]:
        user = User.objects.get(email=person["email"])
        assert user.check_password(person["password"])
        assert user.is_staff == bool(person.get("totp_secret"))
        assert user.is_staff or Access.objects.of_user(user).in_force(at=now).count() == 1

    # Every row of evidence is what the database recorded, in tables of all kinds.
    with transaction.atomic(), reading.helpers() as beside:
        compared = [found.result() for found in rows.compare(beside)]
    assert [fault for table in compared for fault in table.faults] == []
    assert sum(table.rows for table in compared) > 100

    # The meters: solar, hourly, a business, two places of one customer, no e-mail.
    rosa = Customer.objects.get(name="Rosa Ejemplo")
    assert rosa.language == "es"
    received = IntervalDay.objects.of(rosa).filter(channel__flow=Channel.Flow.RECEIVED)
    assert received.filter(day_wh__gt=0).count() > 300
    luis = Customer.objects.get(name="Luis Muestra")
    assert ServiceAgreement.objects.of(luis).count() == 2
    assert 3600 in IntervalDay.objects.of(luis).values_list("sec", flat=True)
    assert Customer.objects.get(name="Example Bakery").kind == Customer.Kind.NON_RESIDENTIAL
    assert Customer.objects.get(name="Héctor Inventada").email == ""

    # What she is told beside her readings: bills, a correction, a dispute that waits.
    assert sorted(Removal.objects.of(rosa).values_list("category", flat=True)) == [
        "billing_history",
        "interval_usage",
    ]
    assert Bill.objects.of(rosa).standing().count() == 12
    assert Bill.objects.of(rosa).filter(replaced_at__isnull=False).count() == 1
    assert IntervalDayRevision.objects.of(rosa).count() == 1
    assert Dispute.objects.of(rosa).count() == 2
    assert Dispute.objects.of(rosa).waiting().count() == 1
    assert DemandPeak.objects.filter(customer__name="Example Bakery").count() == 12
    assert TimeOfUse.objects.of(rosa).filter(season="summer", hours="on_peak").exists()

    # Omar moved out and Vera in, at one place on one day, and neither holds a day of the other.
    omar, vera = (Customer.objects.get(name=name) for name in ("Omar Sample", "Vera Testing"))
    out, moved_in = omar.agreements.get(), vera.agreements.get()
    assert out.service_point == moved_in.service_point
    assert out.ends_at == moved_in.starts_at
    last = IntervalDay.objects.of(omar).order_by("-day")[0].day
    first = IntervalDay.objects.of(vera).order_by("day")[0].day
    assert first - last == timedelta(days=1)

    # Thirteen months ending yesterday, both clock changes, gaps and estimates.
    days = IntervalDay.objects.of(rosa).filter(channel__flow=Channel.Flow.DELIVERED)
    assert days.order_by("-day")[0].day == timezone.localdate(now) - timedelta(days=1)
    assert {len(bytes(wh)) for wh in days.values_list("wh", flat=True)} == {368, 384, 400}
    assert days.filter(missing__gt=0).exists()
    assert days.filter(quality__isnull=False).exists()

    # Notices: two versions and a draft; whatever was owed has gone but for this week's.
    assert Notice.objects.count() == 2
    assert NoticeDraft.objects.count() == 1
    assert notice_drift(on=timezone.localdate(now)).unsaid == ()
    owed = Delivery.objects.filter(sent_at=None, failed_at=None)
    assert {one.customer.name for one in owed} == {
        "Bianca Placeholder",
        "Nora Example",
        "Nicolás Ficticio",
    }
    assert all(one.due_on > timezone.localdate(now) for one in owed)

    # Authorizations: in force, canceled, ended; a no, and who lives with Rosa. Third parties: unsound, stopped.
    held = Authorization.objects.all()
    assert sorted(held.in_force(at=now).values_list("via", "granularity")) == [
        ("phone", "hourly"),
        ("portal", "as_measured"),
    ]
    assert held.exclude(canceled_at=None).count() == 1
    assert held.filter(ends_on__lt=timezone.localdate(now)).count() == 1
    assert sorted(Receipt.objects.values_list("event", flat=True)) == [
        "canceled",
        "ended",
        *["granted"] * 4,
    ]
    assert Declined.objects.get().customer == rosa
    assert Access.objects.of(rosa).get(capacity="household").scope == "see"
    assert ThirdParty.objects.count() == 10
    assert Stop.objects.in_force().count() == 1
    assert sorted(Disclosure.objects.values_list("allowed", "clause")) == [
        (False, "6.10"),
        (False, "6.5"),
        (True, "4.4"),
        (True, "6.9"),
        (True, "6.9"),
        (True, "6.9"),
    ]

    # What third parties fetch: a package waits, a proposal waits for another person.
    for recipient in city["recipients"]:
        known = recipients.known(f"Bearer {recipient['credential']}", address="192.0.2.1", at=now)
        assert known.third_party.words.legal_name == recipient["who"]
    assert Package.objects.waiting(at=now).filter(released_at=None).count() == 1
    assert BulkProposal.objects.open().get().customers == 3
    assert Withdrawal.objects.unanswered().count() == 3

    # The codes work.
    for one in city["claims"]:
        proof = Proof(one["account_number"], one["zip"], one["code"])
        claim = claims.check(proof, address="192.0.2.1", at=now)
        assert claim is not None
        assert claim.customer.account_number == one["account_number"]

    # A second load is refused, and touches nothing.
    places = ServicePoint.objects.count()
    with pytest.raises(CommandError, match="There are customers in this database already"):
        call_command("demo_city")
    assert ServicePoint.objects.count() == places


def test_the_demo_city_stays_out_of_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="do not belong into a production database"):
        call_command("demo_city")
