"""What waits for staff: one page, each line leading to where it is settled."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone, translation

from consent import third_parties
from consent.models import Contract
from notices import deliveries, failures
from notices.models import Delivery
from prime_portal.desks import worklist
from prime_portal.roles import MATRIX, Role
from tests import builders
from usage import cases, disputes
from usage.disputes import About
from usage.models import Case, Category, Customer, Dispute, Via

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


def test_whatever_waits_stands_there_once_and_leads_to_where_it_is_settled(alma, rosa) -> None:
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
    found = counts(alma)
    for key in ("answers", "failed", "glass", "stops", "clauses", "attestations", "trainings"):
        assert found[key] == 1, key
    page = alma.get("/admin/work/").content.decode()
    for where in (f"dispute/{raised.pk}/change/", f"run/{letter.pk}/", f"case/{case.pk}/change/"):
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
    assert shown[Role.MAIL] == {"failed", "overdue"}
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
