"""How a third party receives: its credential, what waits, the package, and the key at last."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

from consent import (
    authorizations,
    contracting,
    disclosures,
    kept_copies,
    packages,
    recipients,
    third_parties,
    withdrawals,
)
from consent.models import (
    Authorization,
    Disclosure,
    DisclosureMember,
    Package,
    RecipientCredential,
    Withdrawal,
)
from consent.proposals import gather, gather_for_contract
from prime_portal.models import User
from tests import builders
from tests.builders import TODAY
from usage import sealing, signing
from usage.granularity import Granularity
from usage.models import Via

WEEK = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY - timedelta(days=1)}


@pytest.fixture
def granted(committed_db: None) -> Authorization:
    now = timezone.now()
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    her = builders.holder(rosa, "rosa@example.org", at=now - timedelta(days=2))
    return builders.authorization(rosa, her, at=now - timedelta(days=1))


@pytest.fixture
def her(granted: Authorization) -> User:
    return granted.granted_by


@pytest.fixture
def package(granted: Authorization) -> Package:
    return packages.prepare(gather(granted, **WEEK), at=timezone.now())


class Machine:
    """A third party's machine: it knows its secret and nothing else."""

    def __init__(self, of: Authorization, label: str = "its server") -> None:
        self.credential, secret = recipients.issue(
            of.third_party, label=label, by=builders.alma(), at=timezone.now()
        )
        self.headers = {"authorization": f"Bearer {secret}"}
        self.client = Client()

    def get(self, address: str) -> Any:
        return self.client.get(address, headers=self.headers)

    def post(self, address: str) -> Any:
        return self.client.post(address, headers=self.headers)

    def waiting(self) -> dict[str, Any]:
        listed: dict[str, Any] = self.get("/recipient/").json()
        return listed

    def key_of(self, package: Package) -> Any:
        return self.post(f"/recipient/packages/{package.pk}/key/")


@pytest.fixture
def machine(granted: Authorization) -> Machine:
    return Machine(granted)


def told(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer.getvalue()))


def test_what_waits_is_listed_fetched_and_opened_with_its_key(
    machine: Machine, package: Package
) -> None:
    (waits,) = machine.waiting()["packages"]
    assert waits["id"] == str(package.pk)
    sealed = machine.get(waits["file"]).getvalue()
    assert not Disclosure.objects.exists(), "the bytes alone disclose nothing"
    answer = machine.post(waits["key"])
    assert answer.status_code == 200
    said = told(answer)
    clear = AESGCM(bytes.fromhex(said["key"])).decrypt(sealed[:12], sealed[12:], None)
    assert clear.decode().count("\n") == 1 + 3 * 96
    assert (said["rows"], said["clause"]) == (3 * 96, "6.9")
    assert said["granularity"] == waits["granularity"] == "as_measured"
    gone = Disclosure.objects.get()
    assert (str(gone.pk), gone.credential, gone.by) == (
        said["disclosure"],
        machine.credential,
        None,
    )
    assert gone.handed_over_at


def test_what_was_packed_finer_than_the_contract_now_says_is_refused(
    machine: Machine, granted: Authorization
) -> None:
    contract = builders.contract(granted.third_party)
    packed = packages.prepare(
        gather_for_contract(contract, [granted.customer], **WEEK), at=timezone.now()
    )
    says = contracting.Wording(
        **{one.name: getattr(contract.words, one.name) for one in fields(contracting.Wording)}
    )
    daily = replace(says, granularity=Granularity.DAILY)
    contracting.amend(contract, says=daily, by=builders.alma(), at=timezone.now())
    answer = machine.key_of(packed)
    assert (answer.status_code, told(answer)["clause"]) == (403, "6.5")


def test_the_disclosure_is_recorded_before_the_first_byte_and_held_until_the_last(
    machine: Machine, package: Package, her: User, granted: Authorization
) -> None:
    answer = machine.key_of(package)
    went = Disclosure.objects.using("record").get()
    assert went.allowed
    assert went.handed_over_at is None
    canceled = threading.Event()

    def cancel() -> None:
        try:
            authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
            canceled.set()
        finally:
            connections.close_all()

    canceling = threading.Thread(target=cancel)
    canceling.start()
    assert not canceled.wait(0.3), "her cancel waits for the bytes on their way"
    assert told(answer)["key"]
    canceling.join(5)
    assert canceled.is_set()
    assert Disclosure.objects.get().handed_over_at


def test_each_fetch_is_decided_anew_and_the_refusal_names_the_clause(
    machine: Machine, package: Package, granted: Authorization, her: User
) -> None:
    assert told(machine.key_of(package))["key"]
    stopped = builders.stop(granted.third_party, at=timezone.now())
    refused = machine.key_of(package)
    assert (refused.status_code, refused.json()["clause"]) == (403, "6.8")
    third_parties.lift(stopped, reason="test", by=builders.bruno(), at=timezone.now())
    assert told(machine.key_of(package))["key"]
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
    refused = machine.key_of(package)
    assert (refused.status_code, refused.json()["clause"]) == (403, "6.10")
    assert "key" not in refused.json()
    assert machine.waiting()["packages"] == []
    assert [row.allowed for row in Disclosure.objects.order_by("at")] == [True, False, True, False]


def test_just_once_gives_the_key_once(granted: Authorization, her: User) -> None:
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
    held = builders.authorization(granted.customer, her, once=True, at=timezone.now())
    package, machine = packages.prepare(gather(held, **WEEK), at=timezone.now()), Machine(held)
    assert told(machine.key_of(package))["key"]
    assert machine.key_of(package).json()["clause"] == "6.10"


def test_an_ended_credential_and_another_ones_open_nothing(
    machine: Machine, package: Package, granted: Authorization
) -> None:
    stranger = RecipientCredential.objects.exclude(pk=machine.credential.pk)
    assert not stranger.exists()
    party = builders.third_party("meter-madeup")
    _theirs, secret = recipients.issue(party, label="x", by=builders.alma(), at=timezone.now())
    headers, client = {"authorization": f"Bearer {secret}"}, Client()
    assert client.get("/recipient/", headers=headers).json()["packages"] == []
    for address in (f"/recipient/packages/{package.pk}/", f"/recipient/packages/{uuid4()}/"):
        assert client.get(address, headers=headers).status_code == 404
        assert client.post(f"{address}key/", headers=headers).status_code == 404
    recipients.end(machine.credential, by=builders.bruno(), at=timezone.now())
    assert machine.key_of(package).status_code == 401
    assert machine.get("/recipient/").status_code == 401
    assert not Disclosure.objects.exists()


def test_a_credential_ended_while_its_key_is_asked_for_opens_nothing(
    machine: Machine, package: Package
) -> None:
    """It was known a moment ago; what counts is whether it still is under the locks."""
    recipients.end(machine.credential, by=builders.bruno(), at=timezone.now())
    with (
        pytest.raises(recipients.Unknown),
        disclosures.releasing(
            gather(package.members.get().authorization, **WEEK),
            package,
            credential=machine.credential,
            at=timezone.now,
        ),
    ):
        pytest.fail("the key was handed out")
    assert not Disclosure.objects.exists()


def test_a_secret_is_kept_only_as_a_hash_and_no_cookie_is_set(
    machine: Machine, package: Package
) -> None:
    secret = machine.headers["authorization"].removeprefix("Bearer ")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM consent_recipientcredential c")
        assert secret not in str(cursor.fetchall())
        cursor.execute("SELECT body FROM ledger.entry WHERE kind LIKE 'consent_recipientcred%%'")
        assert bytes(machine.credential.secret_sha256).hex() not in str(cursor.fetchall())
    answers = [machine.get("/recipient/"), machine.get(f"/recipient/packages/{package.pk}/")]
    assert b"Rosa" not in answers[1].getvalue()
    assert not any(answer.cookies for answer in answers)
    assert "no-store" in answers[0]["Cache-Control"]
    for personal in ("Rosa", "700000000001", "3000000001", str(package.members.get().customer_id)):
        assert personal not in answers[0].content.decode()


def test_whoever_asks_too_often_waits_for_the_next_hour(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "HOURLY", 2)
    monkeypatch.setattr(recipients, "GUESSES_HOURLY", 2)
    assert [machine.get("/recipient/").status_code for _ in range(3)] == [200, 200, 429]
    guesses = [
        Client().get("/recipient/", headers={"authorization": f"Bearer {guess}"}).status_code
        for guess in range(3)
    ]
    assert guesses == [401, 401, 429]


def test_a_package_that_waited_too_long_goes_key_and_file(
    machine: Machine, package: Package
) -> None:
    file = Path(settings.MEDIA_ROOT) / package.path
    later = package.expires_at + timedelta(hours=2)
    assert kept_copies.remove_expired(at=package.expires_at - timedelta(minutes=1)) == 0
    assert file.exists()
    assert kept_copies.remove_expired(at=later) == 1
    assert not file.exists()
    package.refresh_from_db()
    assert package.sealed_key is None
    assert machine.key_of(package).status_code == 404


def test_what_left_stays_for_her_and_the_open_key_beside_it_goes(granted: Authorization) -> None:
    gone = disclosures.disclose(gather(granted, **WEEK), by=None, at=timezone.now)
    package = Package.objects.get(pk=gone.package_id)
    file = Path(settings.MEDIA_ROOT) / package.path
    assert file.with_suffix(".key").exists()
    assert kept_copies.remove_expired(at=package.expires_at + timedelta(hours=2)) == 0
    assert not file.with_suffix(".key").exists()
    lines = b"".join(kept_copies.lines_about(granted.customer, package))
    assert lines.count(b"\n") == 1 + 3 * 96


def test_the_recipe_in_the_docs_fetches_opens_and_acknowledges(
    machine: Machine, package: Package, granted: Authorization, live_server: Any, tmp_path: Path
) -> None:
    """docs/recipients.md as somebody would run it, against a real server."""
    luis = builders.customer(builders.LUIS)
    his = builders.authorization(
        luis, builders.holder(luis, "luis@example.org", at=timezone.now()), at=timezone.now()
    )
    authorizations.cancel(his, by=his.granted_by, via=Via.PORTAL, at=timezone.now())
    withdrawals.tell(at=timezone.now())
    docs = (Path(settings.BASE_DIR) / "docs" / "recipients.md").read_text()
    recipe = tmp_path / "fetch.py"
    recipe.write_text(docs.split("```python\n")[1].split("```")[0])
    secret = tmp_path / "credential"
    secret.write_text(machine.headers["authorization"].removeprefix("Bearer "))
    run = partial(
        subprocess.run,
        [sys.executable, recipe, live_server.url, secret, tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    first = run()
    assert first.returncode == 0, first.stderr
    assert f"{package.pk} 288 readings on clause 6.9" in first.stdout
    assert "canceled this authorization" in first.stdout
    assert (tmp_path / f"{package.pk}.csv").read_text().count("\n") == 1 + 288
    assert Withdrawal.objects.get().acknowledged_at
    builders.stop(granted.third_party, at=timezone.now())
    again = run()
    assert "403" in again.stdout
    assert "6.8" in again.stdout


# -- Fails closed: whatever breaks, nothing leaves, and she can still cancel ---------------


def _no_record(monkeypatch: pytest.MonkeyPatch, _package: Package) -> None:
    def down() -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(connections["record"], "ensure_connection", down)


def _record_fails(monkeypatch: pytest.MonkeyPatch, _package: Package) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(DisclosureMember.objects.__class__, "bulk_create", full)
    monkeypatch.setattr("django.db.models.query.QuerySet.bulk_create", full)


def _other_field_key(monkeypatch: pytest.MonkeyPatch, package: Package) -> None:
    monkeypatch.setattr(settings, "FIELD_KEY", "another key than the one it was sealed with")


def _no_key(_monkeypatch: pytest.MonkeyPatch, package: Package) -> None:
    Package.objects.filter(pk=package.pk).update(sealed_key=sealing.seal("")[:-8].encode())


BREAKS: list[Callable[[pytest.MonkeyPatch, Package], None]] = [
    _no_record,
    _record_fails,
    _other_field_key,
    _no_key,
]


@pytest.mark.parametrize("broken", BREAKS)
def test_whatever_breaks_nothing_leaves_and_she_can_cancel(
    broken: Callable[[pytest.MonkeyPatch, Package], None],
    machine: Machine,
    package: Package,
    granted: Authorization,
    her: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as breaking:
        broken(breaking, package)
        answer = machine.key_of(package)
        assert answer.status_code == 503
        assert set(answer.json()) == {"error"}
        assert answer.json()["error"].endswith(".")
    assert not Disclosure.objects.filter(allowed=True).exists()
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
    assert machine.key_of(package).status_code in {403, 503}


# What each decision rests on, taken away in the database itself; and put back.
TAKEN: dict[str, tuple[str, str]] = {
    **{
        name: (f"REVOKE SELECT ON {table} FROM prime_app", f"GRANT SELECT ON {table} TO prime_app")
        for name, table in {
            "who asks": "consent_recipientcredential",
            "how often it asked": "usage_attemptcount",
            "whether it was stopped": "consent_stop",
            "what she authorized": "consent_authorization",
            "what the notice in force says": "notices_notice",
        }.items()
    },
    "whether the portal is frozen": (
        "REVOKE EXECUTE ON FUNCTION ledger.frozen FROM prime_app",
        "GRANT EXECUTE ON FUNCTION ledger.frozen TO prime_app",
    ),
    "the record": (
        "ALTER TABLE ledger.entry ADD CONSTRAINT no_more CHECK (kind NOT LIKE '%disclosure%') NOT VALID",
        "ALTER TABLE ledger.entry DROP CONSTRAINT no_more",
    ),
}
NEEDED_TO_CANCEL = {"what she authorized", "what the notice in force says"}
SEEN_BEFORE_ALL = "whether the portal is frozen"


@pytest.mark.parametrize("what", TAKEN)
def test_without_what_a_decision_rests_on_nothing_leaves_and_she_can_cancel(
    what: str, machine: Machine, package: Package, granted: Authorization, her: User
) -> None:
    assert told(machine.key_of(package))["key"], "until then it goes"
    machine.client.raise_request_exception = False
    take_away, put_back = TAKEN[what]
    with connections["owner"].cursor() as owner:
        owner.execute(take_away)
        answer = machine.key_of(package)
        assert answer.status_code == (500 if what == SEEN_BEFORE_ALL else 503)
        assert b'"key"' not in answer.getvalue()
        if what not in NEEDED_TO_CANCEL:
            authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
        owner.execute(put_back)
    assert Disclosure.objects.count() == 1, "nothing left but what went before"
    if what in NEEDED_TO_CANCEL:
        authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
    assert machine.key_of(package).status_code == 403


def test_a_full_disk_leaves_no_half_package(
    granted: Authorization, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(Path(settings.MEDIA_ROOT).rglob("*.package"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("consent.packages.os.fsync", full)
    with pytest.raises(packages.NotPrepared, match="No space left"):
        packages.prepare(gather(granted, **WEEK), at=timezone.now())
    assert not Package.objects.exists()
    assert sorted(Path(settings.MEDIA_ROOT).rglob("*.package")) == before


# -- Withdrawals ---------------------------------------------------------------------------


def test_a_withdrawal_is_told_signed_and_acknowledged(
    machine: Machine, granted: Authorization, her: User
) -> None:
    assert withdrawals.tell(at=timezone.now()) == 0
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=timezone.now())
    assert withdrawals.tell(at=timezone.now()) == 1
    assert withdrawals.tell(at=timezone.now()) == 0, "told once"
    listed = machine.waiting()
    (told_of,) = listed["withdrawals"]
    signed = withdrawals.SIGNED_AS + told_of["text"].encode()
    keys = [bytes.fromhex(key) for key in listed["signing_keys"].values()]
    assert signing.verify(signed, bytes.fromhex(told_of["signature"]), key=keys[0])
    assert not signing.verify(signed + b" ", bytes.fromhex(told_of["signature"]), key=keys[0])
    assert str(granted.pk) in told_of["text"]
    assert str(granted.agreements.get().pk) in told_of["text"]
    assert "Rosa" not in told_of["text"]
    late = timezone.now() + withdrawals.ANSWER_WITHIN + timedelta(minutes=1)
    assert withdrawals.to_chase(at=timezone.now()).count() == 0
    assert withdrawals.to_chase(at=late).count() == 1
    assert machine.post(told_of["acknowledge"]).status_code == 200
    assert machine.waiting()["withdrawals"] == []
    assert withdrawals.to_chase(at=late).count() == 0
    assert Withdrawal.objects.get().acknowledged_with == machine.credential
    hers = Client()
    hers.force_login(her, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = hers.get(f"/es/sharing/{granted.pk}/").content.decode()
    assert "PRIME les avisó" in page
    assert "Lo confirmaron" in page


def test_a_stop_and_an_end_are_told_too_and_chased(granted: Authorization, her: User) -> None:
    luis = builders.customer(builders.LUIS)
    his = builders.holder(luis, "luis@example.org", at=timezone.now())
    over = timezone.localdate() + timedelta(days=2)
    ending = builders.authorization(luis, his, ends_on=over, at=timezone.now())
    builders.stop(granted.third_party, at=timezone.now())
    builders.stop(granted.third_party, whose=granted.customer, at=timezone.now())
    later = timezone.now() + timedelta(days=3)
    assert withdrawals.tell(at=later) == 3
    texts = {told.why: told.text for told in Withdrawal.objects.order_by("customer")}
    assert set(texts) == {"ended", "stopped"}
    assert str(ending.pk) in texts["ended"]
    told_of = Withdrawal.objects.filter(why="stopped", customer=None).get()
    assert '"all"' in told_of.text
    withdrawals.chase(told_of, how="telephone", by=builders.alma(), at=later)
    left = withdrawals.to_chase(at=later + timedelta(days=4))
    assert told_of not in left
    assert left.count() == 2
