"""Staff keep third parties, contracts, stops, demands and purposes on pages (6.4 to 6.9)."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent import disclosures, flows, legal, telling
from consent.models import Contract, ContractVersion, Demand, Stop, ThirdParty
from notices.models import Delivery
from prime_portal.compliance import facts_for_notice, notice_drift
from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders
from tests.builders import NOW, TODAY
from tests.consent.test_demands import demand
from usage import purposes
from usage.models import Case, Look, Purpose, PurposeProposal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def as_(client: Any, who: User) -> Any:
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(name: str, held: Any = None) -> str:
    return reverse(f"party_desk:{name}", args=[held.pk] if held else [])


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return unescape(response.content.decode())


def send(client: Any, to: str, **fields: Any) -> str:
    """Post a form, follow to where it leads, and return that page."""
    return text(client.post(to, fields, follow=True))


WORDS = {
    "legal_name": "Roof Example (fictitious)",
    "does_en": "Plans roofs.",
    "does_es": "Planea techos.",
    "contact": "privacy@roof.example",
}
SAYS = {
    "standing": "primary_purpose",
    "reference": "PRIME-C-9",
    "categories": ["interval_usage"],
    "granularity": "hourly",
    "starts_on": "2024-01-01",
}


def test_from_registering_to_a_contract_with_every_clause(client) -> None:
    as_(client, builders.alma())
    assert "already" in send(client, address("register"), key=builders.third_party().key, **WORDS)
    assert "Roof Example" in send(client, address("register"), key="roof-example", **WORDS)
    party = ThirdParty.objects.get(key="roof-example")
    send(client, address("words", party), **WORDS | {"does_en": "Plans solar roofs."})
    assert [words.does_en for words in party.versions.order_by("number")] == [
        "Plans roofs.",
        "Plans solar roofs.",
    ]
    some = [c for c in ContractVersion.Clause.values if c not in {"store", "breach_report"}]
    billing = Purpose.objects.get(key=purposes.BILL_POWER)
    page = send(client, address("contract", party), **SAYS, purpose=billing.pk, clauses=some)
    assert "these clauses are missing" in page
    assert "stores it no less protectively (6.5) (missing)" in " ".join(
        page.replace('<strong class="desk__wrong">', "").replace("</strong>", "").split()
    )
    held = Contract.objects.get(third_party=party)
    assert "2 clauses missing" in text(client.get(address("desk")))
    every = list(ContractVersion.Clause.values)
    page = send(client, address("amend", held), **SAYS, clauses=every)
    assert "are missing" not in page
    assert "Only a primary purpose" in send(
        client, address("contract", party), **SAYS, purpose=builders.purpose().pk, clauses=every
    )
    send(client, address("end_contract", held))
    held.refresh_from_db()
    assert held.ended_at


def test_what_it_asks_for_is_stated_with_its_granularity_and_ended(client) -> None:
    as_(client, builders.alma())
    party, purpose = builders.third_party(), builders.purpose()
    said = {"purpose": purpose.pk, "granularity": "daily", "history_months": 6}
    assert "does not need" in send(client, address("use", party), **said, categories=["demand"])
    client.cookies["django_language"] = "es"
    refused = send(client, address("use", party), **said, categories=["demand"])
    assert "El propósito no necesita: Demanda máxima (PRIME-07 5.3)." in refused
    del client.cookies["django_language"]
    send(client, address("use", party), **said, categories=["interval_usage"])
    use = party.uses.get()
    assert (use.granularity, use.history_months) == ("daily", 6)
    assert "states this purpose already" in send(
        client, address("use", party), **said, categories=["interval_usage"]
    )
    assert "Not offered since" in send(client, address("end_use", use))


def test_one_finds_another_stops_customers_are_told_and_it_is_lifted(client) -> None:
    builders.notice()
    rosa = builders.customer()
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    party = held.third_party
    as_(client, builders.alma())
    page = send(client, address("find", party), evidence="It sold readings.")
    assert "D.13-09-025" in page
    page = send(client, address("find", party), evidence="It sold readings.", sign_off="Memo 1")
    assert "Emergency: stop it alone" in page
    assert "Drop the finding" not in page
    (found,) = party.findings.all()
    page = send(client, address("act_on", found))
    assert "two" not in page
    assert Stop.objects.get().emergency, "who found it and stops it is one person"
    as_(client, builders.bruno())
    assert "A second person must confirm it" in text(client.get(address("party", party)))
    send(client, address("confirm", Stop.objects.get()))
    assert Stop.objects.get().confirmed_by == builders.bruno()
    her = Client()
    as_(her, User.objects.get(email="rosa@example.org"))
    for shown in ("/en/sharing/", f"/en/sharing/{held.pk}/"):
        assert "PRIME stopped sending to this organization" in text(her.get(shown))
    assert telling.plan(at=timezone.now()) == 1
    assert Delivery.objects.filter(customer=rosa, kind=Delivery.Kind.ALERT).count() == 1
    assert "Lifted" in send(client, address("lift", Stop.objects.get()), reason="mended")
    assert not Stop.objects.in_force().exists()


def test_a_customers_complaint_stops_hers_alone(client) -> None:
    as_(client, builders.alma())
    rosa, party = builders.customer(), builders.third_party()
    said = {"via": "phone", "reason": "They call me every day."}
    assert "No customer has" in send(client, address("for_customer", party), account="1", **said)
    send(client, address("for_customer", party), account=rosa.account_number, **said)
    stop = Stop.objects.get()
    assert (stop.customer, stop.via, stop.emergency) == (rosa, "phone", False)


def test_a_demand_is_recorded_by_one_reviewed_by_another_and_held_for_seven_days(client) -> None:
    builders.notice(at=timezone.now() - timedelta(days=30))
    rosa, court = builders.customer(), builders.third_party("superior-court")
    as_(client, builders.alma())
    page = send(
        client,
        address("record_demand"),
        process="subpoena",
        third_party=court.pk,
        reference="26-CV-1",
        accounts=rosa.account_number,
        categories=["interval_usage"],
        first_day=TODAY - timedelta(days=30),
        last_day=TODAY,
        received_on=timezone.localdate(),
    )
    assert "Recorded" in page
    held = Demand.objects.get()
    assert "You recorded it" in text(client.get(address("demand", held)))
    assert "second person" in send(client, address("review", held), note="Lawful.")
    as_(client, builders.bruno())
    assert "Not told yet" in send(client, address("review", held), note="Lawful.")
    Delivery.objects.filter(key=held.told_key).update(
        sent_at=timezone.now() - timedelta(days=6, hours=23)
    )
    page = text(client.get(address("demand", held)))
    assert "The customer has seven days" in page
    assert "It cannot be released today" in page
    (named,) = held.customers.all()
    assert "contests the subpoena" in send(client, address("contest", named))
    assert "Recorded" in send(client, address("contest", named))
    assert "Withdrawn" in send(client, address("close", held), note="Withdrawn.")
    listed = text(client.get(address("demands")))
    assert "1 demand received" in listed
    assert "records of 0 customers disclosed" in listed


def test_closed_demands_say_when_there_are_more_and_are_all_shown(client, monkeypatch) -> None:
    monkeypatch.setattr("prime_portal.desks.demands.CLOSED", 1)
    builders.notice()
    rosa, alma = builders.customer(), builders.alma()
    for number in ("26-CV-0001", "26-CV-0002"):
        held = demand(rosa, reference=number)
        legal.close(held, outcome="withdrawn", by=alma, at=NOW)
    client = as_(client, alma)
    closed = [reverse("party_desk:demand", args=[one.pk]) for one in Demand.objects.all()]
    listed = text(client.get(address("demands")))
    assert "These are the newest of 2." in listed
    assert sum(one in listed for one in closed) == 1
    everything = text(client.get(address("demands") + "?all=yes"))
    assert "These are the newest of" not in everything
    assert sum(one in everything for one in closed) == 2


def test_a_secondary_purpose_becomes_primary_by_two_people_only(client) -> None:
    old = builders.use().purpose
    as_(client, builders.alma())
    said = {
        "key": "roof-program",
        "replaces": old.pk,
        "limb": 4,
        "reason": "PRIME runs it.",
        "categories": ["interval_usage"],
        "name_en": "Roof program",
        "name_es": "Programa de techos",
        "text_en": "To run it.",
        "text_es": "Para operarlo.",
    }
    assert "Name the contract or program" in send(client, address("propose"), **said)
    send(client, address("propose"), **said, reference="PRIME-P-1")
    proposal = PurposeProposal.objects.get()
    assert "Another person decides" in send(client, address("confirm_purpose", proposal))
    assert not Purpose.objects.filter(key="roof-program").exists()
    as_(client, builders.bruno())
    assert "Confirmed" in send(client, address("confirm_purpose", proposal))
    made = Purpose.objects.get(key="roof-program")
    assert (made.kind, made.limb, made.proposed_by, made.confirmed_by) == (
        "primary",
        4,
        builders.alma(),
        builders.bruno(),
    )
    old.refresh_from_db()
    assert old.ended_at
    assert not old.uses.filter(ended_at=None).exists()
    assert "decided already" in send(client, address("decline_purpose", proposal))


@pytest.mark.parametrize("second", [None, "alma"])
def test_the_database_refuses_a_primary_purpose_of_one_person(second) -> None:
    alma = builders.alma()
    with pytest.raises(DatabaseError, match="two_people"), transaction.atomic():
        Purpose.objects.create(
            key="mine",
            kind="primary",
            limb=1,
            recorded_at=NOW,
            proposed_by=alma,
            confirmed_by=alma if second else None,
        )
    assert Purpose(key="new").kind == "secondary"


def test_a_flow_outside_the_portal_is_shown_to_customers_and_in_the_notice(client) -> None:
    builders.notice(at=timezone.now() - timedelta(days=30))
    rosa = builders.customer(at=timezone.now())
    held = builders.contract(builders.third_party("mail-house"))
    as_(client, builders.alma())
    send(
        client,
        address("flow", held.third_party),
        contract=held.pk,
        what_en="Your address, on letters.",
        what_es="Su dirección, en las cartas.",
        categories=["interval_usage"],
        rhythm="monthly",
    )
    assert [flow.name for flow in facts_for_notice().flows] == ["Mail House (fictitious)"]
    assert "regularly" in " ".join(notice_drift(on=timezone.localdate()).unsaid)
    as_(client, builders.holder(rosa, "rosa@example.org", at=timezone.now()))
    page = text(client.get("/es/sharing/received/"))
    assert "Su dirección, en las cartas." in page
    assert "PRIME-07, cláusula 6.5" in page
    assert "Mail House" in text(client.get("/en/my/information/interval_usage/"))
    builders.stop(held.third_party)
    assert "PRIME is having it stopped" in text(client.get("/en/sharing/received/"))
    as_(client, builders.alma())
    assert "outside the portal, and may not" in text(client.get("/admin/"))
    (going,) = flows.going()
    send(client, address("end_flow", going[0]))
    assert not facts_for_notice().flows


def test_a_customer_stops_and_lifts_on_a_page_of_her_own(client) -> None:
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    her, him = (
        builders.holder(rosa, "rosa@example.org"),
        builders.holder(luis, "luis@example.org"),
    )
    held = builders.authorization(rosa, her)
    page = f"/en/sharing/stop/{held.third_party_id}/"
    as_(client, him)
    assert client.get(page).status_code == 404
    assert client.post(page, {"customer": luis.pk}).status_code == 404
    as_(client, her)
    assert page in text(client.get(f"/en/sharing/{held.pk}/"))
    assert page in text(client.get("/en/sharing/received/"))
    text(client.get(page))
    assert not Stop.objects.exists()
    assert "nothing about you is sent" in send(client, page, customer=rosa.pk)
    assert Stop.objects.get().customer == rosa
    for shown in ("/en/sharing/", f"/en/sharing/{held.pk}/"):
        assert "everything about you to this organization is stopped" in text(client.get(shown))
    send(client, page, customer=rosa.pk)
    assert Stop.objects.count() == 1
    assert "Lifted" in send(client, page, customer=rosa.pk, lift="yes")
    assert not Stop.objects.in_force().exists()


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("register", "add_contract"),
        ("record_demand", "add_demand"),
        ("propose", "add_purpose"),
    ],
)
def test_who_may_only_look_changes_nothing(client, name, permission) -> None:
    looker = User.objects.create_user("looker@prime.example", is_staff=True)
    looks = ("view_thirdparty", "view_demand", "view_purpose")
    looker.user_permissions.set(Permission.objects.filter(codename__in=looks))
    as_(client, looker)
    for seen in ("desk", "demands", "purposes"):
        assert text(client.get(address(seen)))
    assert client.get(address(name)).status_code == 403
    looker.user_permissions.add(*Permission.objects.filter(codename=permission))
    assert text(client.get(address(name)))


def test_a_contact_demand_is_released_on_paper(client, committed_db) -> None:
    builders.notice(at=timezone.now() - timedelta(days=30))
    rosa, court = builders.customer(), builders.third_party("superior-court")
    as_(client, builders.alma())
    send(
        client,
        address("record_demand"),
        process="contact_only",
        third_party=court.pk,
        reference="26-SP-1",
        accounts=rosa.account_number,
        categories=["contact"],
        first_day=TODAY,
        last_day=TODAY,
        received_on=timezone.localdate(),
    )
    held = Demand.objects.get()
    as_(client, builders.bruno())
    assert "1 Calle Ficticia" not in send(client, address("review", held), note="Lawful.")
    bare = address("details", held.customers.get())
    builders.case(rosa, builders.bruno())
    assert client.get(bare).status_code == 404, "nothing left yet"
    released = send(client, address("release", held))
    assert bare in released
    assert "1 Calle Ficticia" not in released
    assert "1 Calle Ficticia" in text(client.get(bare))
    carla = builders.staff("carla@prime.example", Role.CONTRACTS)
    door = as_(client, carla).get(bare)["Location"]
    assert door.startswith("/admin/usage/case/open/")
    said = {"reason": "law", "words": "To write to you."}
    assert "1 Calle Ficticia" in text(client.post(door, said, follow=True))
    assert Look.objects.filter(by=carla).get().page == "party_desk:details"
    assert not Case.objects.filter(opened_by=carla).get().broke_glass
    left = held.disclosures.get()
    assert (left.allowed, left.clause, left.by) == (True, "4.4", builders.bruno())
    assert disclosures.Disclosure.objects.of(rosa).get() == left
