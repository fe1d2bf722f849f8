"""All about one customer is reached, wherever it stands, and nothing on hold is erased (5.1, 5.2)."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import FieldDoesNotExist
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from consent import disclosures, incidents, legal, proposals, third_parties
from consent.models import Demand, Disclosure, DutyDone, Finding, Incident, Knowing
from prime_portal import erasing, record
from prime_portal.erasing import Refused, Swept
from prime_portal.ledger import rows
from prime_portal.models import Erasure
from prime_portal.retention import MORE
from tests import builders
from tests.builders import NOW, TODAY
from tests.consent.test_demands import demand
from tests.consent.test_incidents import incident
from tests.ledger.test_erasing import as_superuser, verified
from usage import finding, holds, intake, retention
from usage.evidence import ERASED, Member
from usage.models import Access, Customer, Import, Search, Via

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SUPERUSER = pytest.mark.skipif(
    "PRIME_TEST_SUPERUSER_URL" not in os.environ, reason="no superuser is lent"
)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer({"email": "rosa@example.org", "telephone": "562-555-0123"})


@pytest.fixture
def luis() -> Customer:
    return builders.customer(builders.LUIS)


def sweep(customer: Customer) -> Swept:
    return erasing.erase_about(
        customer, reason="She asked.", clause="5.2", by=builders.alma(), at=timezone.now()
    )


def closed(*named: Customer) -> Demand:
    """A demand that names these customers, and is over."""
    return legal.close(demand(*named), outcome="Withdrawn.", by=builders.bruno(), at=NOW)


# -- Wherever it stands -------------------------------------------------------------------------


def test_every_private_text_of_evidence_is_reached_or_is_said_why_it_stays() -> None:
    """A new table with private text fails here until somebody has decided."""
    ways = (
        lambda model: erasing._names_a_customer(model),
        lambda model: model in erasing.ABOUT,
        lambda model: model in erasing.NAMES,
        lambda model: model in erasing.STAYS,
    )
    texts = [model for model in rows.evidence() if model.kept.private]  # type: ignore[attr-defined]
    lost = [model.__name__ for model in texts if not any(way(model) for way in ways)]
    assert not lost, "nobody finds what these say of a customer"
    assert not [model for model in texts if isinstance(model.kept, Member)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", erasing.ABOUT, ids=lambda model: model.__name__)
def test_each_way_leads_to_a_customer(model: type[Model]) -> None:
    found = model
    for step in erasing.ABOUT[model].split("__"):
        related = found._meta.get_field(step).related_model
        assert isinstance(related, type)
        found = related
    assert found is Customer
    with pytest.raises(FieldDoesNotExist):
        model._meta.get_field("customer")


def test_a_demand_that_named_her_loses_its_words(rosa: Customer, luis: Customer) -> None:
    held, other = closed(rosa), closed(luis)
    assert sweep(rosa) == Swept(1)
    held.refresh_from_db()
    other.refresh_from_db()
    assert held.reason == held.outcome == ERASED
    assert held.reference == "26-CV-0001", "who and what stays"
    assert other.reason != ERASED
    verified()
    assert sweep(rosa) == Swept()


def test_one_she_may_not_be_told_of_is_not_told_by_its_erasure(rosa: Customer) -> None:
    held = demand(rosa, gag_order="26-GO-1")
    legal.close(held, outcome="Answered.", by=builders.bruno(), at=NOW)
    assert sweep(rosa).erased == 1
    (section,) = (part for part in record.record_of(rosa) if part.key == "marked")
    assert section.rows == []


def test_an_open_demand_keeps_them(rosa: Customer) -> None:
    demand(rosa)
    assert sweep(rosa) == Swept(refused=1)


def test_what_is_about_others_too_stays_and_is_listed(
    rosa: Customer, luis: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    held = closed(rosa, luis)
    swept = sweep(rosa)
    assert swept == Swept(others=[f"consent_demand, {held.pk}"])
    said = {"reason": "She asked.", "clause": "5.2", "by": builders.alma().email}
    call_command("erase_about", rosa.pk, **said)
    assert f"consent_demand, {held.pk}" in capsys.readouterr().out
    held.refresh_from_db()
    assert held.reason != ERASED
    erasing.erase(
        held, columns=["reason"], reason="x", clause="5.2", by=builders.alma(), at=timezone.now()
    )


def test_an_incident_that_touched_her_alone_loses_its_words(
    committed_db: None, rosa: Customer
) -> None:
    """With who knew of it and where the proof lies; and what was said of the disclosure."""
    builders.readings(rosa.agreements.get())
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    asked = proposals.gather(held, first_day=TODAY - 3 * DAY, last_day=TODAY)
    disclosures.disclose(asked, by=None, at=lambda: NOW)
    by, party = builders.alma(), held.third_party
    found = incident(third_party=party, told_at=NOW)
    incidents.knew(found, who="Rosa", knew_at=NOW, how="She called.", by=by, at=NOW)
    window = {"first_at": NOW - DAY, "last_at": NOW + DAY}
    incidents.reach_of_disclosures(found, third_party=party, **window, by=by, at=NOW)
    duty = {"duty": "customers", "done_at": NOW, "reference": "Letter to Rosa"}
    incidents.done(found, **duty, by=by, at=NOW)
    before = sweep(rosa)
    assert Incident.objects.get().summary != ERASED
    Incident.objects.update(closed_at=NOW, closed_by=by)
    assert sweep(rosa).erased >= 3
    assert before.refused >= 3, "while it was open they were needed"
    assert Incident.objects.get().summary == ERASED
    assert {(one.who, one.how) for one in Knowing.objects.all()} == {(ERASED, ERASED)}
    assert DutyDone.objects.get().reference == ERASED
    assert Disclosure.objects.get().reason in {ERASED, ""}
    verified()


@pytest.mark.parametrize("alone", [True, False])
def test_a_finding_loses_its_words_if_it_led_to_a_stop_for_her_alone(
    rosa: Customer, alone: bool
) -> None:
    """A finding on which everybody's data was stopped is about the third party."""
    said: dict[str, Any] = {"by": builders.alma(), "at": NOW}
    party = builders.third_party()
    found = third_parties.find(party, evidence="It wrote to Rosa.", sign_off="Counsel", **said)
    whose = rosa if alone else None
    stopped = third_parties.stop(party, finding=found, customer=whose, via=Via.PHONE, **said)
    assert sweep(rosa) == (Swept(1, refused=1) if alone else Swept())
    third_parties.lift(stopped, reason="Mended.", by=builders.bruno(), at=NOW)
    sweep(rosa)
    assert Finding.objects.get().evidence == (ERASED if alone else "It wrote to Rosa.")


@pytest.mark.parametrize(
    "typed", ["rosa ejemplo", "Éjemplo, Rosa", "700000000001", "ROSA@example.org"]
)
def test_what_staff_typed_to_find_her_is_reached(rosa: Customer, typed: str) -> None:
    finding.find(typed, by=builders.alma(), at=NOW)
    finding.find("Luis Muestra", by=builders.alma(), at=NOW)
    assert sweep(rosa) == Swept(1)
    assert sorted(Search.objects.values_list("text", flat=True)) == [ERASED, "Luis Muestra"]
    assert Erasure.objects.get().customer == rosa
    verified()


def test_a_file_that_names_her_is_reached_and_one_read_as_hers(
    rosa: Customer, luis: Customer, tmp_path: Path
) -> None:
    for name, whose in (("3000000001.xml", None), ("usage.xml", rosa), ("other.xml", luis)):
        file = tmp_path / name
        file.write_text("<feed/>")
        agreement = whose.agreements.get() if whose else None
        intake.take_in(
            file, format="green_button", agreement=agreement, source="x", by=None, at=NOW
        )
    assert sweep(rosa) == Swept(2)
    left = set(Import.objects.values_list("file_name", flat=True))
    assert {ERASED, "other.xml"} <= left
    assert not {"3000000001.xml", "usage.xml"} & left
    verified()


def test_when_a_former_customers_time_is_over_those_go_too(luis: Customer) -> None:
    line = {"start_date": "2005-01-01", "end_date": "2006-01-01", "enrolled_on": "2005-01-01"}
    gone = builders.customer(line | {"opted_out_on": "2006-01-01"})
    hers, both = closed(gone), closed(gone, luis)
    run = retention.run(schedule="Resolution 7000", by=None, at=timezone.now(), more=MORE)
    assert run.counts
    assert run.counts["privacy_records"] == {"texts in evidence of former customers": 1}
    hers.refresh_from_db()
    both.refresh_from_db()
    assert hers.reason == ERASED
    assert both.reason != ERASED
    assert retention.look(at=timezone.now(), more=MORE).get("privacy_records") is None


# -- What is on hold ------------------------------------------------------------------------------


def hold(customer: Customer | None) -> Any:
    said: dict[str, Any] = {"categories": [], "reason": "a lawsuit", "at": timezone.now()}
    return holds.place(customer=customer, by=builders.bruno(), **said)


def its_trace(row: Model, columns: list[str], customer: Customer | None = None) -> Erasure:
    """Write the row that erases, past every check in Python."""
    return Erasure.objects.create(
        table=row._meta.db_table,
        row=row.pk,
        columns=columns,
        customer=customer,
        clause="5.2",
        reason="x",
        at=timezone.now(),
    )


@pytest.mark.parametrize("whose", ["hers", "everybody's"])
def test_the_database_itself_erases_nothing_on_hold(
    rosa: Customer, luis: Customer, whose: str
) -> None:
    access = Access.objects.get(user=builders.holder(rosa, "rosa@example.org"))
    placed = hold(rosa if whose == "hers" else None)
    with pytest.raises(DatabaseError, match="on hold: a lawsuit"), transaction.atomic():
        its_trace(access, ["proof"])
    holds.lift(placed, by=builders.bruno(), at=timezone.now())
    hold(luis)
    its_trace(access, ["proof"])


def test_a_hold_on_one_of_those_a_row_is_about_holds_it(rosa: Customer, luis: Customer) -> None:
    held = closed(rosa, luis)
    placed = hold(luis)
    with pytest.raises(Refused, match="on hold"):
        erasing.erase(
            held, columns=["reason"], reason="x", clause="5.2", by=None, at=timezone.now()
        )
    with pytest.raises(DatabaseError, match="on hold"), transaction.atomic():
        its_trace(held, ["reason"])
    holds.lift(placed, by=builders.bruno(), at=timezone.now())
    its_trace(held, ["reason"])


def test_what_only_names_her_is_held_with_her(rosa: Customer) -> None:
    finding.find("Rosa Ejemplo", by=builders.alma(), at=NOW)
    placed = hold(rosa)
    assert sweep(rosa) == Swept(refused=1 + 1), "the search, and the hold's own reason"
    with pytest.raises(DatabaseError, match="on hold"), transaction.atomic():
        its_trace(Search.objects.get(), ["text"], rosa)
    holds.lift(placed, by=builders.bruno(), at=timezone.now())
    assert sweep(rosa).refused == 0


@SUPERUSER
def test_not_even_a_superuser_erases_what_is_on_hold(committed_db: None, rosa: Customer) -> None:
    access = Access.objects.get(user=builders.holder(rosa, "rosa@example.org"))
    placed = hold(rosa)
    erases = (
        'INSERT INTO prime_portal_erasure (id, "table", "row", columns, clause, reason, at)'
        " VALUES (gen_random_uuid(), 'usage_access', %s, '{proof}', '5.2', 'x', now())"
    )
    ours = connection.cursor()
    with pytest.raises(DatabaseError, match="on hold"):
        ours.execute(erases, [access.pk])
    with as_superuser() as session:
        with pytest.raises(psycopg.Error, match="on hold"):
            session.execute(erases, [access.pk])
        session.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.Error, match="on hold"):
            session.execute(erases, [access.pk])
    holds.lift(placed, by=builders.bruno(), at=timezone.now())
    with as_superuser() as session:
        session.execute(erases, [access.pk])
    assert Erasure.objects.count() == 1
