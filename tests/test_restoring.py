"""A portal put back to a backup: frozen by itself, set right, let go on by two people (5.1, 6.10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from consent import authorizations, receipts
from consent.models import Authorization, Declined, Receipt
from notices import deliveries, outbox, watchdog
from notices.models import Delivery, DeliveryAttempt
from prime_portal import drilling, erasing, reconciling, restores
from prime_portal.ledger import journal
from prime_portal.models import Restore, RestoreDrill, User
from prime_portal.restores import Refused
from prime_portal.roles import Role
from tests import builders, restoring
from tests.ledger.cast import a_row, seal
from tests.notices.cast import by_email, neighbor, send_all
from tests.restoring import forgotten
from usage import claims, holds
from usage.evidence import ERASED
from usage.frozen import freeze, frozen
from usage.models import Customer, Via

NOTICES = 3


# -- A real backup, really restored ---------------------------------------------------------


@pytest.fixture
def lost(committed_db: None, tmp_path: Path, settings: Any) -> restoring.Lost:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return restoring.lived_and_lost(tmp_path, cancels=2, notices=NOTICES)


@pytest.mark.long
def test_a_restore_revives_no_consent_and_sends_no_notice_again(lost: restoring.Lost) -> None:
    """The drill as it is held each month; and what it finds where nothing was set right."""
    row, held = restoring.drill(lost)
    assert not held.faults
    assert row.passed
    assert held.facts["after"] == vars(drilling.Held())
    assert held.facts["stamped"]["consent_authorization"] == 2, "one of them was not sealed yet"
    assert held.facts["again"]["notices_delivery"] >= NOTICES
    assert held.facts["again"]["consent_disclosure"] == 1
    assert held.facts["again"]["consent_stop"] == 1
    assert held.facts["people"]["consent_authorization"] == 1, "granted after the backup: ask again"

    row, held = restoring.drill(lost, journal=None)
    assert not row.passed
    assert held.facts["after"] == {
        "revived": 2,
        "sent_again": Delivery.objects.filter(sent_at__isnull=False).count(),
        "unrecorded": 1,
        "unstopped": 1,
        "newcomers": 0,
    }
    assert RestoreDrill.objects.count() == 2


# -- What is set right, kind by kind -----------------------------------------------------------


@pytest.fixture
def away(db: None, tmp_path: Path, settings: Any) -> Callable[[], None]:
    """Seal the record and copy it away."""
    settings.JOURNAL_DIR, settings.MEDIA_ROOT = str(tmp_path / "journal"), str(tmp_path / "files")

    def copy() -> None:
        seal()
        journal.write(Path(settings.JOURNAL_DIR), at=timezone.now())

    return copy


@pytest.fixture
def rosa(away: Callable[[], None]) -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


@pytest.fixture
def held(rosa: Customer, her: User) -> Authorization:
    return builders.authorization(rosa, her)


def reconcile(settings: Any, **known: Any) -> tuple[Restore, reconciling.Found]:
    freeze()
    return reconciling.reconcile(
        Path(settings.JOURNAL_DIR), by=builders.alma(), at=timezone.now(), **known
    )


def cancel(held: Authorization, her: User) -> Authorization:
    return authorizations.cancel(held, by=her, via=Via.PORTAL, at=timezone.now())


def test_a_cancel_the_database_forgot_holds_again(
    away: Any, held: Authorization, her: User, settings: Any
) -> None:
    away()
    with forgotten():
        canceled_at = cancel(held, her).canceled_at
        away()
    assert Authorization.objects.get().canceled_at is None
    _restore, found = reconcile(settings)
    again = Authorization.objects.get()
    assert (again.canceled_at, again.canceled_by, again.canceled_via) == (
        canceled_at,
        her,
        "portal",
    )
    assert found.stamped == {"consent_authorization": 1}
    assert found.people["consent_receipt"], "its words are lost: she holds it, PRIME does not"


def test_setting_right_twice_changes_nothing_more(
    away: Any, held: Authorization, her: User, settings: Any
) -> None:
    away()
    with forgotten():
        cancel(held, her)
        away()
    reconcile(settings)
    _restore, found = reconcile(settings)
    assert not found.stamped
    assert not found.again


def test_a_cancel_by_somebody_the_backup_does_not_know_holds_all_the_same(
    away: Any, held: Authorization, settings: Any
) -> None:
    away()
    with forgotten():
        cancel(held, builders.staff("new@prime.example"))
        away()
    reconcile(settings)
    assert Authorization.objects.get().canceled_by == builders.alma()


def test_a_receipt_a_customer_holds_cancels_where_the_journal_ends(
    away: Any, held: Authorization, her: User, settings: Any
) -> None:
    away()
    with forgotten():
        cancel(held, her)
        kept = bytes(Receipt.objects.get(event=Receipt.Event.CANCELED).content)
    granted = bytes(Receipt.objects.get(event=Receipt.Event.GRANTED).content)
    _restore, found = reconcile(settings, receipts=[granted, kept])
    assert found.receipts == 1
    assert Authorization.objects.get().canceled_at


def test_a_receipt_that_is_not_genuine_stops_it_all(
    away: Any, held: Authorization, settings: Any, tmp_path: Path
) -> None:
    away()
    (tmp_path / "forged").write_bytes(
        bytes(Receipt.objects.get().content).replace(b"2026", b"2027")
    )
    freeze()
    with pytest.raises(CommandError, match="not genuine"):
        call_command("reconcile", by="alma@prime.example", receipt=[tmp_path / "forged"])
    assert not Restore.objects.exists()


def test_what_was_sent_is_known_as_sent_and_not_owed_again(
    away: Any, rosa: Customer, settings: Any
) -> None:
    now = timezone.now()
    nora = neighbor(1, since=timezone.localdate(now))
    by_email(nora)
    away()
    with forgotten():
        deliveries.plan(at=now)
        while outbox.drain(holder="test", clock=timezone.now):
            pass
        sent = Delivery.objects.get(customer=nora)
        away()
    assert not Delivery.objects.filter(customer=nora).exists()
    restore, _found = reconcile(settings)
    let_go(restore)
    deliveries.plan(at=now)
    again = Delivery.objects.get(customer=nora)
    assert (again.pk, again.key, again.sent_at) == (sent.pk, sent.key, sent.sent_at)
    assert again.recipient == ""


def test_what_was_planned_and_had_not_begun_to_leave_is_planned_anew(
    away: Any, rosa: Customer, settings: Any
) -> None:
    now = timezone.now()
    by_email(neighbor(1, since=timezone.localdate(now)))
    away()
    with forgotten():
        deliveries.plan(at=now)
        away()
    restore, _found = reconcile(settings)
    assert not Delivery.objects.exists()
    let_go(restore)
    deliveries.plan(at=now)
    assert "@" in Delivery.objects.get(medium="email").recipient


# -- Who enrolled after the backup --------------------------------------------------------------


NORA = {
    "account_number": "700000000003",
    "service_account_number": "3000000003",
    "service_point": "SP-0003",
    "meter_number": "M-0003",
}


@pytest.fixture
def welcomed(away: Callable[[], None], rosa: Customer) -> Delivery:
    """Nora enrolls and gets her letter after the backup; then the portal is lost."""
    _people = builders.alma(), builders.bruno()
    deliveries.plan(at=timezone.now())
    send_all(timezone.now())
    away()
    with forgotten():
        nora = builders.customer(NORA)
        deliveries.plan(at=timezone.now())
        send_all(timezone.now())
        letter: Delivery = Delivery.objects.get(customer=nora)
        away()
    assert not Customer.objects.filter(pk=nora.pk).exists()
    assert letter.sent_at
    assert letter.claim_id
    return letter


def rostered_again() -> Customer:
    """The next roster brings her, under another id."""
    nora = builders.customer(NORA)
    deliveries.plan(at=timezone.now())
    return nora


def test_who_enrolled_after_the_backup_is_not_welcomed_twice(
    welcomed: Delivery, settings: Any
) -> None:
    restore, found = reconcile(settings)
    assert found.welcomed == 1
    assert "notices_delivery" not in found.people
    assert "usage_claim" not in found.people
    let_go(restore)
    nora = rostered_again()
    assert nora.pk != welcomed.customer_id
    (again,) = Delivery.objects.of(nora)
    assert (again.pk, again.sent_at, again.notice_id) == (
        welcomed.pk,
        welcomed.sent_at,
        welcomed.notice_id,
    )
    assert again.key == str(nora.enrollments.get().pk)
    assert again.recipient == ""
    assert deliveries.plan(at=timezone.now()) == 0
    assert not watchdog.forgotten(at=timezone.now() + timedelta(hours=2))


def test_the_code_in_her_letter_goes_on_opening_her_account(
    welcomed: Delivery, settings: Any
) -> None:
    let_go(reconcile(settings)[0])
    nora = rostered_again()
    proof = claims.Proof(nora.account_number, "90660", claims.code_of(welcomed.claim_id))
    found = claims.check(proof, address="192.0.2.1", at=timezone.now())
    assert found is not None
    assert (found.pk, found.customer) == (welcomed.claim_id, nora)


def test_another_newcomer_is_welcomed_all_the_same(welcomed: Delivery, settings: Any) -> None:
    let_go(reconcile(settings)[0])
    luis = builders.customer(builders.LUIS)
    deliveries.plan(at=timezone.now())
    (owed,) = Delivery.objects.of(luis)
    assert owed.sent_at is None
    assert not Delivery.objects.filter(pk=welcomed.pk).exists()


def test_her_return_after_leaving_is_another_enrollment(welcomed: Delivery, settings: Any) -> None:
    let_go(reconcile(settings)[0])
    nora = builders.customer(NORA | {"enrolled_on": "2025-01-01"})
    deliveries.plan(at=timezone.now())
    (owed,) = Delivery.objects.of(nora)
    assert owed.sent_at is None


def test_who_had_used_her_code_is_sent_another(
    away: Callable[[], None], rosa: Customer, settings: Any
) -> None:
    """Her account is claimed by nobody now, and a code is used once."""
    _people = builders.alma(), builders.bruno()
    away()
    with forgotten():
        nora = builders.customer(NORA)
        deliveries.plan(at=timezone.now())
        send_all(timezone.now())
        used = nora.claims.get()
        her = User.objects.create_user("nora@example.org")
        assert claims.redeem(used, by=her, at=timezone.now())
        away()
    restore, found = reconcile(settings)
    assert found.welcomed == 0
    let_go(restore)
    (owed,) = Delivery.objects.of(rostered_again())
    assert owed.sent_at is None
    assert owed.claim_id != used.pk


def test_done_twice_it_keeps_the_same(welcomed: Delivery, settings: Any) -> None:
    reconcile(settings)
    restore, found = reconcile(settings)
    assert found.welcomed == 0
    assert "notices_delivery" not in found.people
    let_go(restore)
    assert Delivery.objects.of(rostered_again()).get().pk == welcomed.pk


def test_the_journal_does_not_tell_whose_account_it_was(welcomed: Delivery, settings: Any) -> None:
    """With its own key each database hashes otherwise; the key is in no journal."""
    told = [one for one in journal.read(Path(settings.JOURNAL_DIR)) if not one.stamped]
    (line,) = (one for one in told if one.row_id == str(welcomed.pk))
    assert len(line.tag) == 64
    plain = f"{NORA['account_number']} 2024-01-01".encode()
    assert line.tag != sha256(plain).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.account_tag(%s, '2024-01-01')", [NORA["account_number"]])
        assert cursor.fetchone() == (line.tag,)
        with pytest.raises(DatabaseError, match="permission"), transaction.atomic():
            cursor.execute("SELECT key FROM ledger.tag_key")


def test_what_was_leaving_that_very_instant_waits_for_people(
    away: Any, rosa: Customer, settings: Any
) -> None:
    """Whether it arrived is not known, and to whom it was addressed is lost."""
    now = timezone.now()
    nora = neighbor(1, since=timezone.localdate(now))
    by_email(nora)
    away()
    with forgotten():
        deliveries.plan(at=now)
        (taken,) = outbox.lease(limit=5, holder="test", at=now)
        assert outbox.open_attempt(Delivery.objects.get(pk=taken), holder="test", at=now)
        away()
    _restore, found = reconcile(settings)
    assert found.people["notices_delivery"] == [str(taken)]
    assert Delivery.objects.failed_for_good().get().pk == taken
    assert DeliveryAttempt.objects.get().outcome == DeliveryAttempt.Outcome.UNKNOWN


def test_what_the_relays_log_says_it_took_is_sent(
    away: Any, rosa: Customer, settings: Any, tmp_path: Path
) -> None:
    now = timezone.now()
    by_email(neighbor(1, since=timezone.localdate(now)))
    deliveries.plan(at=now)
    owed = Delivery.objects.get(medium="email")
    away()
    log = tmp_path / "relay.log"
    log.write_text(f"Nov 26 relay: message-id=<{owed.pk}@testserver>\nstatus=sent\n")
    freeze()
    call_command("reconcile", by="alma@prime.example", accepted=[log])
    assert Delivery.objects.get(pk=owed.pk).sent_at


def test_what_protects_comes_again_though_its_words_are_lost(
    away: Any, rosa: Customer, settings: Any
) -> None:
    party = builders.third_party()
    away()
    with forgotten():
        builders.stop(party)
        away()
    reconcile(settings)
    stop = party.stops.in_force().get()
    assert stop.reason == stop.sign_off == reconciling.NOT_KNOWN


def test_what_would_open_something_does_not_come_again(
    away: Any, rosa: Customer, settings: Any
) -> None:
    """An account that was claimed, an authorization: people are asked again."""
    away()
    with forgotten():
        builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
        away()
    _restore, found = reconcile(settings)
    assert not Authorization.objects.exists()
    assert not rosa.accesses.exists()
    assert {"usage_access", "consent_authorization", "consent_shown"} <= set(found.people)


def test_what_was_erased_is_erased_again(away: Any, rosa: Customer, settings: Any) -> None:
    """Else a backup would bring back what she had a right to see gone."""
    stop = builders.stop(builders.third_party(), whose=rosa)
    away()
    with forgotten():
        erasing.erase(
            stop, columns=["reason"], reason="x", clause="5.2", by=None, at=timezone.now()
        )
        away()
    stop.refresh_from_db()
    assert stop.reason == "test"
    _restore, found = reconcile(settings)
    stop.refresh_from_db()
    assert stop.reason == ERASED
    assert found.again["prime_portal_erasure"] == 1


def test_what_was_erased_after_a_hold_was_lifted_is_erased_again(
    away: Any, rosa: Customer, settings: Any
) -> None:
    """The backup knows the hold alone, which forbids it until its lifting is known."""
    stop = builders.stop(builders.third_party(), whose=rosa)
    said: dict[str, Any] = {"by": builders.bruno(), "at": timezone.now()}
    hold = holds.place(customer=rosa, categories=[], reason="a lawsuit", **said)
    away()
    with forgotten():
        holds.lift(hold, **said)
        erasing.erase(
            stop, columns=["reason"], reason="x", clause="5.2", by=None, at=timezone.now()
        )
        away()
    _restore, found = reconcile(settings)
    stop.refresh_from_db()
    assert stop.reason == ERASED
    assert not found.people
    assert found.stamped["usage_hold"] == 1


def test_a_no_she_said_is_on_record_again(
    away: Any, rosa: Customer, her: User, settings: Any
) -> None:
    use = builders.use()
    away()
    with forgotten():
        authorizations.decline(
            rosa, use, request_key=rosa.pk, by=her, via=Via.PORTAL, at=timezone.now()
        )
        away()
    reconcile(settings)
    assert Declined.objects.get().customer == rosa


def test_everybody_is_signed_out(
    away: Any, rosa: Customer, her: User, settings: Any, client: Client
) -> None:
    client.force_login(her)
    away()
    _restore, found = reconcile(settings)
    assert found.signed_out == 1
    assert not Session.objects.exists()


def test_the_journal_of_another_record_is_refused(away: Any, rosa: Customer, settings: Any) -> None:
    with forgotten():
        a_row()
        away()
    a_row()
    seal()
    with pytest.raises(Refused, match="another record's"):
        reconcile(settings)


def test_a_portal_that_works_is_not_reconciled(away: Any, rosa: Customer, settings: Any) -> None:
    away()
    with pytest.raises(CommandError, match="not frozen"):
        call_command("reconcile", by=builders.alma().email)


@pytest.mark.parametrize("lost", [True, False])
def test_the_command_says_whether_anything_was_lost(
    away: Any, rosa: Customer, settings: Any, capsys: pytest.CaptureFixture[str], lost: bool
) -> None:
    """Also where nothing was restored at all: somebody froze a portal that worked."""
    away()
    if lost:
        with forgotten():
            a_row()
            away()
    freeze()
    call_command("reconcile", by=builders.alma().email)
    said = capsys.readouterr().out
    assert ("more are known, up to 20" in said) == lost
    assert ("none was lost" in said) != lost


# -- Two people ---------------------------------------------------------------------------------


def let_go(restore: Restore) -> None:
    restores.look(restore, by=builders.alma(), at=timezone.now())
    restores.confirm(restore, by=builders.bruno(), at=timezone.now())


def test_two_people_let_it_work_again(away: Any, rosa: Customer, settings: Any) -> None:
    away()
    restore, _found = reconcile(settings)
    with pytest.raises(Refused, match="first"):
        restores.confirm(restore, by=builders.bruno(), at=timezone.now())
    restores.look(restore, by=builders.alma(), at=timezone.now())
    with pytest.raises(Refused, match="somebody else"):
        restores.confirm(restore, by=builders.alma(), at=timezone.now())
    assert frozen()
    restores.confirm(restore, by=builders.bruno(), at=timezone.now())
    assert not frozen()
    with pytest.raises(Refused, match="not frozen"):
        restores.look(restore, by=builders.alma(), at=timezone.now())


def test_the_database_itself_wants_two_people_and_this_very_restore(
    away: Any, rosa: Customer, settings: Any
) -> None:
    away()
    restore, _found = reconcile(settings)
    now, alma, bruno = timezone.now(), builders.alma(), builders.bruno()
    row = Restore.objects.filter(pk=restore.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(looked_at=now, looked_by=alma, confirmed_at=now, confirmed_by=alma)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(confirmed_at=now, confirmed_by=alma)
    elsewhere = Restore.objects.create(
        home="elsewhere", backup_size=0, facts={}, at=now, by=alma, looked_at=now, looked_by=alma
    )
    with pytest.raises(DatabaseError, match="set right elsewhere"), transaction.atomic():
        Restore.objects.filter(pk=elsewhere.pk).update(confirmed_at=now, confirmed_by=bruno)
    assert frozen()


def test_the_desk_shows_what_was_left_and_takes_one_word_from_each(
    away: Any,
    held: Authorization,
    her: User,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    away()
    with forgotten():
        cancel(held, her)
        away()
    alma, operator = Client(), Client()
    alma.force_login(builders.alma())
    operator.force_login(builders.staff("operator@prime.example", Role.OPERATOR))
    assert "Nothing waits here" in alma.get("/admin/restores/").content.decode()
    restore, _found = reconcile(settings)
    alma.force_login(builders.alma())
    operator.force_login(User.objects.get(email="operator@prime.example"))

    page = alma.get("/admin/restores/").content.decode()
    assert "Frozen after a restore" in page
    assert "receipts" in page
    say = {"restore": restore.pk}
    assert alma.post("/admin/restores/", say).status_code == 302
    alma.post("/admin/restores/", say)
    assert frozen(), "she said it twice"
    assert "Let the portal work again" in operator.get("/admin/restores/").content.decode()
    operator.post("/admin/restores/", {"restore": her.pk})
    assert frozen(), "of another restore"
    operator.post("/admin/restores/", say)
    assert not frozen()
    assert "let go on by" in alma.get("/admin/restores/").content.decode()


def test_an_auditor_looks_and_ends_nothing(
    away: Any, rosa: Customer, settings: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    away()
    restore, _found = reconcile(settings)
    client.force_login(builders.staff("auditor@prime.example", Role.AUDITOR))
    assert client.get("/admin/restores/").status_code == 200
    assert client.post("/admin/restores/", {"restore": restore.pk}).status_code == 403
    assert frozen()


def test_receipts_are_given_as_before_once_it_works_again(
    away: Any, held: Authorization, her: User, settings: Any
) -> None:
    away()
    let_go(reconcile(settings)[0])
    cancel(held, her)
    assert receipts.entry_of(held)[0]


# -- A receipt of what was lost -----------------------------------------------------------------


def checked(receipt: Receipt, language: str) -> str:
    file = SimpleUploadedFile("receipt.json", bytes(receipt.content))
    return Client().post(f"/{language}/receipts/", {"file": file}).content.decode()


@pytest.mark.parametrize(
    ("language", "genuine", "lost", "alarm"),
    [
        ("en", "Genuine", "Our record of that moment was lost", "That must not be"),
        ("es", "Auténtico", "Nuestro registro de ese momento se perdió", "Eso no debe ser"),
    ],
)
def test_a_receipt_of_what_a_restore_lost_is_told_from_one_that_ought_to_be_there(
    away: Any,
    held: Authorization,
    her: User,
    settings: Any,
    language: str,
    genuine: str,
    lost: str,
    alarm: str,
) -> None:
    away()
    with forgotten():
        canceled = cancel(held, her).receipts.get(event="canceled")
        away()
    assert alarm in checked(canceled, language), "nobody knows of a restore yet"
    let_go(reconcile(settings)[0])
    page = checked(canceled, language)
    assert genuine in page
    assert lost in page
    assert alarm not in page
    with forgotten():
        now = timezone.now() + timedelta(seconds=2)  # a receipt says whole seconds
        another = builders.authorization(
            held.customer, her, asked=builders.use("second-sample", at=now), at=now
        )
        later = another.receipts.get()
    assert alarm in checked(later, language), "a restore before it explains nothing"
