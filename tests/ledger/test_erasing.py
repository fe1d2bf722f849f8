"""Personal text is taken out of evidence for good, and the record still verifies (5.1, 5.2)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from consent import accesses, authorizations, third_parties, wishes
from consent.models import Authorization, Receipt, ScannedForm, Shown, Stop, Wish
from notices import deliveries, failures, messages
from notices.models import Delivery, EDeliveryConsent
from prime_portal import erasing, record
from prime_portal.erasing import Refused, Swept
from prime_portal.ledger import verifying
from prime_portal.models import EnteredInError, Erasure, LedgerEntry
from prime_portal.retention import MORE
from prime_portal.roles import Role
from tests import builders
from tests.ledger.cast import a_private_row, entry_of, seal
from tests.notices.cast import by_email
from usage import disputes, holds, retention
from usage.evidence import ERASED
from usage.models import Access, Category, ClosedBlock, Dispute, DisputeEvent, Via

pytestmark = pytest.mark.django_db
TEXT = "letter of Rosa Ejemplo"


@pytest.fixture
def access() -> Access:
    return a_private_row(TEXT)


def erase(row: Any, *columns: str, **change: Any) -> Erasure:
    said = {"reason": "She asked for it.", "clause": "5.2", "by": builders.alma()}
    return erasing.erase(row, columns=columns, at=timezone.now(), **said | change)


def cancel(held: Authorization) -> None:
    authorizations.cancel(held, by=held.granted_by, via=Via.PORTAL, at=timezone.now())


def verified() -> verifying.Report:
    seal()  # what the migrations wrote has waited since the run began
    report = verifying.verify(keys=settings.LEDGER_PUBLIC_KEYS, at=timezone.now())
    assert not report.faults, report.faults
    return report


def salts_of(entry: LedgerEntry) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger.salt WHERE entry_id = %s", [entry.id])
        return int(cursor.fetchone()[0])


# -- What goes, and what stays ----------------------------------------------------------------


def test_the_text_and_its_salt_are_gone_and_the_proof_stays(access: Access) -> None:
    entry = entry_of(access)
    seal()
    assert verified().unopenable == 0
    erase(access, "proof")
    access.refresh_from_db()
    assert access.proof == ERASED
    assert salts_of(entry) == 0
    again = LedgerEntry.objects.get(pk=entry.pk)
    assert (again.body, bytes(again.leaf)) == (entry.body, bytes(entry.leaf))
    assert verified().unopenable == 1
    seal()
    assert verified().unopenable == 1


def test_who_why_and_by_what_right_are_evidence_themselves(access: Access) -> None:
    made = erase(access, "proof")
    entry = LedgerEntry.objects.get(row_id=made.pk)
    assert entry.kind == "prime_portal_erasure:written"
    assert entry.customer_id == access.customer_id
    for said in (str(access.pk), "proof", "usage_access", "5.2", str(builders.alma().pk)):
        assert said in entry.body
    assert "She asked" not in entry.body, "her reason is private, too"


def test_only_what_was_named_is_erased() -> None:
    rosa = builders.customer()
    held = by_email(rosa)
    EDeliveryConsent.objects.update(withdrawn_at=timezone.now(), withdrawn_by=builders.alma())
    wish = builders.stop(builders.third_party())
    erase(wish, "reason")
    wish.refresh_from_db()
    held.refresh_from_db()
    assert (wish.reason, wish.sign_off) == (ERASED, "test")
    assert held.email != ERASED
    assert verified().unopenable == 1


def test_a_text_that_was_empty_stays_empty() -> None:
    stop = builders.stop(builders.third_party())
    erase(stop, "reason", "lift_reason")
    stop.refresh_from_db()
    assert stop.lift_reason is None


def test_every_kind_of_evidence_can_be_erased_and_verified(tmp_path: Any, settings: Any) -> None:
    """Text, bytes, JSON: whatever is private in the rows of a whole story, in one sweep."""
    settings.MEDIA_ROOT = str(tmp_path)
    builders.notice()
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    cancel(builders.authorization(rosa, her))
    by_email(rosa)
    deliveries.plan(at=timezone.now())
    now = timezone.now()
    Delivery.objects.update(sent_at=now)
    EDeliveryConsent.objects.update(withdrawn_at=now, withdrawn_by=her)
    builders.case(rosa, by=builders.alma())
    seal()
    swept = erasing.erase_about(
        rosa, reason="She asked for it.", clause="5.2", by=builders.alma(), at=now
    )
    assert swept.erased > 5
    assert not swept.refused
    assert Shown.objects.get().text == ERASED
    assert {bytes(receipt.content) for receipt in Receipt.objects.all()} == {ERASED.encode()}
    assert {delivery.recipient for delivery in Delivery.objects.all()} == {ERASED}
    assert verified().unopenable > swept.erased
    done = erasing.erase_about(rosa, reason="x", clause="5.2", by=builders.alma(), at=now)
    assert done == Swept()


def test_what_was_erased_reads_as_erased(tmp_path: Any, settings: Any, client: Client) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    builders.notice()
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    held = builders.authorization(rosa, her)
    cancel(held)
    sent = Delivery.objects.filter(kind=Delivery.Kind.RECEIPT).earliest("owed_at")
    Delivery.objects.update(sent_at=timezone.now())
    erase(Delivery.objects.get(pk=sent.pk), "content", "recipient", "subject")
    erase(Receipt.objects.get(event="granted"), "content")
    erase(held.shown, "text")
    with translation.override("en"):
        assert "was erased" in messages.of(Delivery.objects.get(pk=sent.pk)).text
    client.force_login(her)
    assert client.get(f"/en/sharing/{held.pk}/").status_code == 200
    assert client.get(f"/en/sharing/{held.pk}/receipt/granted/").status_code == 404


def test_her_signed_form_goes_with_the_words_of_her_wish(
    tmp_path: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    wish = wishes.record(
        builders.customer(),
        wishes.Heard("Rosa", "called back", received_at=builders.NOW, scan=b"%PDF-1"),
        by=builders.alma(),
        via=Via.PAPER,
        at=builders.NOW,
    )
    (form,) = (path for path in tmp_path.rglob("*") if path.is_file())
    with django_capture_on_commit_callbacks(execute=True):
        erase(wish, "speaker")
    assert not form.exists()
    assert not ScannedForm.objects.exists(), "a copy of the file without its key is noise"
    assert Wish.objects.get().scan_sha256, "that there was one stays"
    erase(wish, "identity")


def test_what_was_said_after_an_erasure_is_erased_by_the_next() -> None:
    rosa = builders.customer()
    stop = builders.stop(builders.third_party(), whose=rosa)
    said: dict[str, Any] = {"reason": "She asked for it.", "clause": "5.2", "by": builders.alma()}
    assert erasing.erase_about(rosa, at=timezone.now(), **said) == Swept(1)
    third_parties.lift(stop, reason="Rosa called", by=builders.bruno(), at=timezone.now())
    assert erasing.erase_about(rosa, at=timezone.now(), **said) == Swept(1)
    stop.refresh_from_db()
    assert stop.lift_reason == ERASED
    assert Erasure.objects.first().columns == ["lift_reason"]
    verified()


def test_what_was_erased_is_not_sent_another_way(tmp_path: Any, settings: Any) -> None:
    """A bounce may come after it: a letter that says nothing helps nobody."""
    settings.MEDIA_ROOT = str(tmp_path)
    builders.notice()
    rosa = builders.customer()
    by_email(rosa)
    cancel(builders.authorization(rosa, builders.holder(rosa, "rosa@example.org")))
    now = timezone.now()
    Delivery.objects.update(sent_at=now)
    sent = Delivery.objects.filter(kind=Delivery.Kind.RECEIPT, medium="email").earliest("owed_at")
    erase(sent, "content", "recipient", "subject")
    bounced = {"failure": Delivery.Failure.PERMANENT, "detail": "550", "at": now}
    count = Delivery.objects.count()
    assert failures.fail(Delivery.objects.get(pk=sent.pk), **bounced) is None
    with pytest.raises(ValueError, match="was erased"):
        failures.send_again(Delivery.objects.get(pk=sent.pk), by=builders.alma(), at=now)
    assert Delivery.objects.count() == count


# -- What is not erased ---------------------------------------------------------------------------


def test_what_is_on_hold_is_not_erased(access: Access) -> None:
    hold = holds.place(
        customer=access.customer,
        categories=[],
        reason="a lawsuit",
        by=builders.bruno(),
        at=timezone.now(),
    )
    with pytest.raises(Refused, match="on hold"):
        erase(access, "proof")
    holds.lift(hold, by=builders.bruno(), at=timezone.now())
    erase(access, "proof")


def test_what_has_not_been_sent_keeps_its_address() -> None:
    builders.notice()
    rosa = builders.customer()
    by_email(rosa)
    deliveries.plan(at=builders.NOW)
    owed = Delivery.objects.get()
    with pytest.raises(Refused, match="in use"):
        erase(owed, "recipient")
    with pytest.raises(Refused, match="in use"):
        erase(EDeliveryConsent.objects.get(), "email")


def test_what_proves_an_authorization_stays_while_it_is_in_force(
    tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    builders.notice()
    rosa = builders.customer()
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    proof = {"text": held.shown, "content": Receipt.objects.get(), "signed_with": held}
    for column, row in proof.items():
        with pytest.raises(Refused, match="in use"):
            erase(row, column)
    cancel(held)
    for column, row in proof.items():
        erase(row, column)
    verified()


def test_a_dispute_keeps_its_words_until_it_is_closed(client: Client) -> None:
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    now = timezone.now()
    dispute = disputes.raise_(
        rosa,
        disputes.About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text="This is not mine.",
        request_key=uuid4(),
        by=her,
        via=Via.PORTAL,
        at=now,
    )
    with pytest.raises(Refused, match="in use"):
        erase(dispute, "text")
    outcome = DisputeEvent.Outcome.EXPLAINED
    disputes.close(
        dispute, text="Explained.", outcome=outcome, by=builders.alma(), via=Via.PHONE, at=now
    )
    erase(dispute, "text")
    erase(dispute.events.get(), "text")
    builders.notice()
    client.force_login(her)
    assert client.get(f"/en/usage/wrong/{dispute.pk}/").content.count(b"(erased)") == 2
    page = client.get(f"/es/usage/wrong/{dispute.pk}/").content
    assert (page.count(b"(borrado)"), page.count(b"(erased)")) == (2, 0)


def test_who_was_in_a_closed_block_stays_known() -> None:
    """Else the next month's figures could not be held against it (6.11)."""
    assert erasing.texts_of(ClosedBlock) == []


@pytest.mark.parametrize("column", ["user_id", "starts_at", "no_such_column"])
def test_what_is_not_private_is_not_erased(access: Access, column: str) -> None:
    with pytest.raises(Refused, match="private"):
        erase(access, column)


def test_it_needs_a_reason_and_a_right(access: Access) -> None:
    for missing in ({"reason": " "}, {"clause": ""}):
        with pytest.raises(Refused, match="right"):
            erase(access, "proof", **missing)


@pytest.mark.parametrize(
    "row",
    [
        ("usage_access", ["user_id"]),
        ("usage_access", ["starts_at"]),
        ("usage_customer", ["name"]),
        ("ledger.entry", ["body"]),
        ("usage_access; DROP TABLE usage_access", ["proof"]),
        ("usage_access", []),
    ],
)
def test_the_database_itself_erases_private_columns_of_evidence_alone(
    access: Access, row: tuple[str, list[str]]
) -> None:
    table, columns = row
    with pytest.raises(DatabaseError, match="Only private columns"), transaction.atomic():
        Erasure.objects.create(
            table=table, row=access.pk, columns=columns, clause="5.2", reason="x", at=timezone.now()
        )


def test_a_row_that_is_not_there_is_refused(access: Access) -> None:
    with pytest.raises(DatabaseError, match="no such row"), transaction.atomic():
        Erasure.objects.create(
            table="usage_access",
            row=access.user_id,
            columns=["proof"],
            clause="5.2",
            reason="x",
            at=timezone.now(),
        )


@pytest.mark.skipif("PRIME_TEST_SUPERUSER_URL" not in os.environ, reason="no superuser is lent")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE usage_access SET proof = '(erased)'",
        "UPDATE usage_access SET proof = 'something else'",
        "DELETE FROM ledger.salt",
        "SELECT ledger.erase()",
    ],
)
def test_nobody_erases_past_it(committed_db: None, statement: str) -> None:
    """Neither the portal's own role, nor a superuser while the salt is there."""
    access = a_private_row(TEXT)
    with pytest.raises(psycopg.Error), psycopg.connect(os.environ["DATABASE_URL"]) as session:
        session.execute(statement)
    if "ledger" not in statement:  # a superuser can delete a salt: then the value is unopenable
        with as_superuser() as session, pytest.raises(psycopg.Error):
            session.execute(statement)
    access.refresh_from_db()
    assert access.proof == TEXT
    erase(access, "proof")
    with as_superuser() as session, pytest.raises(psycopg.Error, match="may not be changed"):
        session.execute("UPDATE usage_access SET proof = 'something else'")


@contextmanager
def as_superuser() -> Iterator[psycopg.Connection[Any]]:
    """A superuser's session, really over at the end: the test's database is dropped after it."""
    with psycopg.connect(os.environ["PRIME_TEST_SUPERUSER_URL"], autocommit=True) as session:
        mine = session.info.backend_pid
        yield session
    with connection.cursor() as cursor:
        there = True
        while there:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", [mine])
            (there,) = cursor.fetchone()


# -- Entered in error -------------------------------------------------------------------------------


def test_what_was_entered_in_error_stays_and_says_so(access: Access) -> None:
    with pytest.raises(Refused, match="still lets somebody"):
        erasing.mark(access, reason="wrong person", by=builders.alma(), at=timezone.now())
    accesses.end(access, by=builders.alma(), at=timezone.now())
    marked = erasing.mark(access, reason="wrong person", by=builders.alma(), at=timezone.now())
    access.refresh_from_db()
    assert access.proof == TEXT
    assert LedgerEntry.objects.get(row_id=marked.pk).kind == "prime_portal_enteredinerror:written"
    with pytest.raises(Refused, match="already"):
        erasing.mark(access, reason="again", by=builders.alma(), at=timezone.now())
    with pytest.raises(Refused, match="wrong"):
        erasing.mark(
            builders.stop(builders.third_party()), reason="", by=builders.alma(), at=timezone.now()
        )
    with pytest.raises(Refused, match="Only evidence"):
        erasing.mark(access.customer, reason="x", by=builders.alma(), at=timezone.now())
    assert not verified().faults


def test_she_reads_what_was_entered_in_error_and_what_was_erased(
    client: Client, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    builders.notice()
    rosa = builders.customer()
    her = builders.holder(rosa, "rosa@example.org")
    held = builders.authorization(rosa, her)
    client.force_login(her)
    page = f"/en/sharing/{held.pk}/"
    assert "Entered in error" not in client.get(page).content.decode()
    with pytest.raises(Refused, match="Cancel or end it first"):
        erasing.mark(held, reason="Meant for a neighbor", by=builders.alma(), at=timezone.now())
    cancel(held)
    erasing.mark(held, reason="Meant for a neighbor", by=builders.alma(), at=timezone.now())
    shown = client.get(page).content.decode()
    assert "Entered in error" in shown
    assert "Meant for a neighbor" in shown
    erase(held.shown, "text")
    with translation.override("es"):
        (section,) = (part for part in record.record_of(rosa) if part.key == "marked")
    who = str(builders.alma())
    assert [row[1:] for row in section.rows] == [
        ("una autorización suya", "Registrado por error", "Meant for a neighbor", who),
        ("una autorización suya", "Se borraron palabras de ello", "She asked for it.", who),
    ]
    neighbor = builders.customer(builders.LUIS)
    (section,) = (part for part in record.record_of(neighbor) if part.key == "marked")
    assert section.rows == []


def test_what_is_wrong_with_a_row_about_many_is_told_to_none_of_them() -> None:
    stop = builders.stop(builders.third_party())
    erasing.mark(stop, reason="Rosa complained", by=builders.alma(), at=timezone.now())
    said = render_to_string("_in_error.html", {"row": stop})
    assert "Entered in error" in said
    assert "Rosa" not in said


# -- The page, and the command ---------------------------------------------------------------------


@pytest.fixture
def _second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def page_of(access: Access) -> str:
    return f"/admin/evidence/usage.access/{access.pk}/"


def test_staff_mark_and_the_privacy_official_erases(
    access: Access, client: Client, _second_factor: None
) -> None:
    client.force_login(builders.staff("clerk@prime.example", Role.SERVICE))
    shown = client.get(page_of(access)).content.decode()
    assert "Mark it" in shown
    assert "Erase" not in shown
    assert TEXT not in shown
    said = {"act": "mark", "mark-reason": "wrong person"}
    assert client.post(page_of(access), said).status_code == 422
    accesses.end(access, by=builders.alma(), at=timezone.now())
    marked = client.post(page_of(access), said)
    assert marked.status_code == 302
    assert EnteredInError.objects.get().row == access.pk
    form = {"act": "erase", "erase-columns": "proof", "erase-clause": "5.2", "erase-reason": "x"}
    assert client.post(page_of(access), form).status_code == 403

    client.force_login(builders.alma())
    assert "wrong person" in client.get(page_of(access)).content.decode()
    assert client.post(page_of(access), form | {"erase-columns": "user_id"}).status_code == 422
    look = client.post(page_of(access), form).content.decode()
    for words in ("Nothing has been erased yet", "Proof (", "5.2", "Erase it for good"):
        assert words in look, words
    assert TEXT not in look, "reading the words needs a case"
    assert not Erasure.objects.exists(), "one press erases nothing"
    (seen,) = re.findall(r'name="seen" value="(\w+)"', look)
    go = form | {"act": "erase for good"}
    assert "Nothing has been erased yet" in client.post(page_of(access), go).content.decode()
    assert client.post(page_of(access), go | {"seen": seen}).status_code == 302
    assert "Proof (5.2): x" in client.get(page_of(access)).content.decode()
    access.refresh_from_db()
    assert access.proof == ERASED
    assert client.get(f"/admin/evidence/usage.customer/{access.customer_id}/").status_code == 404
    assert client.get(f"/admin/evidence/no.such/{access.pk}/").status_code == 404


def test_the_second_look_speaks_spanish_and_what_may_not_be_erased_gets_none(
    access: Access, client: Client, _second_factor: None
) -> None:
    client.force_login(builders.alma())
    client.cookies["django_language"] = "es"
    form = {"act": "erase", "erase-columns": "proof", "erase-clause": "5.2", "erase-reason": "x"}
    look = client.post(page_of(access), form).content.decode()
    for words in ("Aún no se ha borrado nada", "Prueba (", "Borrar para siempre"):
        assert words in look, words
    held = {"customer": access.customer, "categories": [], "reason": "a lawsuit"}
    holds.place(**held, by=builders.bruno(), at=timezone.now())
    refused = client.post(page_of(access), form)
    assert refused.status_code == 422
    assert "Borrar para siempre" not in refused.content.decode()


def test_a_row_of_evidence_leads_to_it(client: Client, _second_factor: None) -> None:
    stop = builders.stop(builders.third_party())
    client.force_login(builders.alma())
    page = client.get(f"/admin/consent/stop/{stop.pk}/change/").content.decode()
    assert f"/admin/evidence/consent.stop/{stop.pk}/" in page


def test_the_command_erases_all_about_one_customer(
    access: Access, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"reason": "She asked for it.", "clause": "5.2"}
    with pytest.raises(CommandError, match="may erase"):
        call_command("erase_about", access.customer_id, by=access.user.email, **said)
    call_command("erase_about", access.customer_id, by=builders.alma().email, **said)
    assert "Texts of 1 rows erased; 0 on hold" in capsys.readouterr().out
    access.refresh_from_db()
    assert access.proof == ERASED


def test_a_former_customers_words_go_when_their_period_is_over() -> None:
    line = {"start_date": "2005-01-01", "end_date": "2006-01-01", "enrolled_on": "2005-01-01"}
    gone = builders.customer(line | {"opted_out_on": "2006-01-01"})
    stays = builders.customer(builders.LUIS)
    now = timezone.now()
    party = builders.third_party()
    for customer in (gone, stays):
        builders.stop(party, whose=customer)
    run = retention.run(schedule="Resolution 7000 (made up)", by=None, at=now, more=MORE)
    assert run.counts
    assert run.counts["privacy_records"] == {"texts in evidence of former customers": 1}
    words = dict(Stop.objects.values_list("customer", "reason"))
    assert words == {gone.pk: ERASED, stays.pk: "test"}
    erasure = Erasure.objects.get(customer=gone)
    assert (erasure.by, erasure.reason) == (None, "Resolution 7000 (made up)")
    assert retention.look(at=now, more=MORE).get("privacy_records") is None
    assert verified().unopenable
