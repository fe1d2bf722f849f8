"""What waits for staff: one page, each line leading to where it is settled."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone, translation

from consent import approvals, incidents, legal, third_parties, withdrawals
from consent.models import Contract, Demand
from notices import deliveries, failures
from notices.models import Delivery, PrintBatch
from notices.paper import batches
from prime_portal.desks import worklist
from prime_portal.roles import MATRIX, Role
from tests import builders
from usage import cases, disputes, dropping, intake, preparing, purposes
from usage.disputes import About
from usage.models import Case, Category, Customer, Dispute, PreparedDownload, Purpose, Via

pytestmark = pytest.mark.django_db


@pytest.fixture
def alma(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.alma())
    return client


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


def counts(client: Client) -> dict[str, int]:
    lists = client.get("/admin/work/").context["lists"]
    return {one.key: one.count for one in lists if one.count}


def test_whatever_waits_stands_there_once_and_leads_to_where_it_is_settled(
    alma, rosa, tmp_path
) -> None:
    now, bruno = timezone.now(), builders.bruno()
    raised = disputes.raise_(
        rosa,
        About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text="It was dark at noon.",
        request_key=uuid4(),
        by=bruno,
        via=Via.PHONE,
        at=now - timedelta(days=40),
    )
    deliveries.plan(at=now)
    letter = Delivery.objects.get()
    failures.fail(letter, failure=Delivery.Failure.RETURNED, detail="moved", at=now)
    case = cases.open_(
        rosa, reason=Case.Reason.CALL, words="Smoke.", by=bruno, at=now, broke_glass=True
    )
    party = builders.third_party(at=now)
    builders.attested(party, until=timezone.localdate(now) + timedelta(days=20))
    builders.contract(party, clauses=[], standing=Contract.Standing.PRIMARY_PURPOSE, at=now)
    third_parties.stop(party, reason="A leak.", by=bruno, at=now)
    builders.trained(
        builders.User.objects.create_user("x@prime.example", is_staff=True),
        until=timezone.localdate(now) + timedelta(days=20),
    )
    file = tmp_path / "Rosa.csv"
    file.write_text("service_account_number,Rosa's column\n8000000001,\n")
    dropped = intake.take_in(file, source=dropping.SOURCE, format="bills", by=None, at=now)
    copy = preparing.ask_for_everything(
        rosa, by=bruno, via=Via.PHONE, reason="She called.", at=now, language="es"
    )
    PreparedDownload.objects.filter(pk=copy.pk).update(failed_at=now)
    found = counts(alma)
    for key in (
        "copies",
        "files",
        "answers",
        "failed",
        "glass",
        "stops",
        "clauses",
        "attestations",
        "trainings",
    ):
        assert found[key] == 1, key
    page = alma.get("/admin/work/").content.decode()
    for where in (
        f"import/{dropped.pk}/change/",
        f"download/{copy.pk}/change/",
        f"dispute/{raised.pk}/change/",
        f"run/{letter.pk}/",
        f"case/{case.pk}/change/",
    ):
        assert where in page
    assert "desk__late" in page
    assert "Rosa" not in page, "the list names no customer"
    index = alma.get("/admin/").content.decode()
    assert "#answers" in index


def test_each_sees_only_the_lists_she_can_settle(client, alma, rosa) -> None:
    shown = {}
    for role in Role:
        client.force_login(builders.staff(f"{role.name.lower()}@prime.example", role))
        shown[role] = {one.key for one in client.get("/admin/work/").context["lists"]}
    assert shown[Role.OPERATOR] == set()
    assert shown[Role.MAIL] == {"failed", "again", "overdue", "batches"}
    assert {"bulk", "duties"} <= shown[Role.OFFICIAL] - shown[Role.CONTRACTS]
    assert {"demands", "findings", "withdrawals"} <= shown[Role.CONTRACTS] - shown[Role.AUDITOR]
    assert "glass" in shown[Role.OFFICIAL] - shown[Role.SERVICE]
    assert {one.needs for one in worklist.LISTS} <= set(MATRIX)


def test_a_long_list_says_how_long_it_is(alma, rosa, monkeypatch) -> None:
    monkeypatch.setattr(worklist, "SHOWN", 1)
    deliveries.plan(at=builders.NOW)
    builders.customer(builders.LUIS)
    deliveries.plan(at=builders.NOW + timedelta(days=1))
    found = counts(alma)
    assert found["overdue"] == 2
    assert "The first 1 are shown." in alma.get("/admin/work/").content.decode()


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_every_table_of_the_staffs_menu_is_called_something_in_spanish(model):
    names = {}
    for language in ("en", "es"):
        with translation.override(language):
            names[language] = str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
    assert all(one != other for one, other in zip(*names.values(), strict=True))


def test_the_staffs_menu_is_spanish_in_spanish(alma):
    menu = alma.get("/admin/", headers={"accept-language": "es"}).content.decode()
    assert "Impugnaciones" in menu
    assert "Disputes" not in menu


def test_what_waits_for_a_second_person_stands_there_until_it_is_settled(alma, rosa) -> None:
    now, carla = timezone.now(), builders.staff("carla@prime.example", Role.CONTRACTS)
    official, today = builders.alma(), timezone.localdate(now)
    who = {"by": carla, "at": now}
    party = builders.third_party(at=now)
    contract = builders.contract(party, at=now)
    asked = {
        "third_party": party,
        "customers": [rosa],
        "categories": ["interval_usage"],
        "reason": "Smoke.",
        "received_at": now,
        "first_day": today,
        "last_day": today,
    }
    warrant = legal.record(process=Demand.Process.WARRANT, reference="26-1", **asked, **who)
    urgent = legal.record(process=Demand.Process.EMERGENCY, reference="26-2", **asked, **who)
    legal.record(process=Demand.Process.OWNER, reference="26-3", **asked, **who)
    bulk = approvals.propose(contract, [rosa], first_day=today, last_day=today, **who)
    named = dict.fromkeys(("name_en", "name_es", "text_en", "text_es"), "Bill peaks")
    proposed = purposes.propose(
        key="peaks",
        limb=Purpose.Limb.POWER,
        reference="",
        replaces=None,
        reason="To bill.",
        categories=["interval_usage"],
        **named,
        **who,
    )
    found = third_parties.find(party, evidence="A pattern.", **who)
    batch = PrintBatch.objects.create(
        number=7,
        letters=1,
        made_at=now,
        sealed_at=now,
        pages=1,
        sheets=1,
        pdf_sha256=bytes(32),
        manifest_sha256=bytes(32),
    )
    shown = counts(alma)
    keys = ("demands", "emergencies", "bulk", "purposes", "findings", "batches")
    assert {key: shown.get(key) for key in keys} == dict.fromkeys(keys, 1)
    page = alma.get("/admin/work/").content.decode()
    for where in (warrant.pk, urgent.pk, bulk.pk, party.pk):
        assert f"/{where}/" in page
    assert "Batch 0007: hand it over" in page
    assert "Rosa" not in page

    PrintBatch.objects.filter(pk=batch.pk).update(handed_at=now, handed_by=carla)
    assert "a second person confirms" in alma.get("/admin/work/").content.decode()
    batches.confirm(batch, by=official, at=now)
    legal.review(warrant, note="Lawful.", by=official, at=now)
    legal.check(urgent, note="Right.", by=official, at=now)
    approvals.approve(bulk, shown=bytes(bulk.proposal_sha256).hex(), by=official, at=now)
    purposes.decline(proposed, by=official, at=now)
    third_parties.drop(found, by=official, at=now)
    assert not set(keys) & counts(alma).keys()


def test_duties_of_incidents_stand_there_two_weeks_before_and_withdrawals_after_three_days(
    alma, rosa
) -> None:
    now, official = timezone.now(), builders.alma()
    held = incidents.open_(
        title="A leak", summary="x", found_at=now - timedelta(days=20), by=official, at=now
    )
    annual = incidents.clocks_of(held)[0]
    assert annual.due_on > timezone.localdate(now) + timedelta(days=worklist.DUTY_SOON)
    assert "duties" not in counts(alma)
    span = {"first_at": now - timedelta(days=25), "last_at": now + timedelta(days=1)}
    user = builders.holder(rosa, "rosa@example.org", at=now)
    incidents.reach_of_sign_in(held, user=user, **span, by=official, at=now)
    assert counts(alma)["duties"] == 1
    assert "desk__late" in alma.get("/admin/work/").content.decode()
    incidents.done(held, duty="customers", done_at=now, reference="batch 7", by=official, at=now)
    assert "duties" not in counts(alma)

    found = incidents.find_non_compliance(
        clause="6.2", description="Late.", customers=1, found_at=now, by=official, at=now
    )
    assert counts(alma)["register"] == 1
    incidents.mend(found, mending="Sent.", by=official, at=now)

    for key, days in (("solar-sample", 4), ("meter-sample", 2)):
        builders.stop(builders.third_party(key, at=now), at=now)
        withdrawals.tell(at=now - timedelta(days=days))
    assert counts(alma)["withdrawals"] == 1
    assert "register" not in counts(alma)
    late = withdrawals.to_chase(at=now).get()
    withdrawals.chase(late, how="called", by=official, at=now)
    assert "withdrawals" not in counts(alma)
