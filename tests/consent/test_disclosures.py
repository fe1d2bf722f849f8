"""The one door: decided anew under locks, recorded first, and only then the key goes."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.urls import reverse
from django.utils.translation import override

from consent import authorizations, disclosures, packages, third_parties
from consent import record as consent_record
from consent.disclosures import Refused
from consent.models import Authorization, Disclosure, DisclosureMember, Package
from consent.proposals import gather, gather_for_contract
from prime_portal.models import LedgerEntry, User
from tests import builders
from tests.builders import NOW, TODAY
from tests.consent.crowd import granted_and_canceled_at_once
from tests.consent.killed import released_and_killed
from usage.formats import conformance
from usage.granularity import Granularity
from usage.models import Channel, Customer, Via

pytestmark = pytest.mark.usefixtures("committed_db")
WEEK = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY - timedelta(days=1)}


@pytest.fixture
def rosa(committed_db: None) -> Customer:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    return rosa


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


@pytest.fixture
def granted(rosa: Customer, her: User) -> Authorization:
    return builders.authorization(rosa, her)


def disclose(held: Authorization, **options: object) -> Disclosure:
    return disclosures.disclose(gather(held, **WEEK), by=None, at=lambda: NOW, **options)


def opened(disclosure: Disclosure) -> str:
    """Open a package as its recipient does: nonce, ciphertext, tag; and the key beside it."""
    package = Package.objects.get(pk=disclosure.package_id)
    tray = Path(settings.MEDIA_ROOT) / package.path
    key = bytes.fromhex(tray.with_suffix(".key").read_text())
    sealed = tray.read_bytes()
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], None).decode()


def keys() -> list[Path]:
    return sorted((Path(settings.MEDIA_ROOT) / "recipients").rglob("*.key"))


def test_what_she_authorized_goes_and_leaves_a_row(granted: Authorization) -> None:
    disclosure = disclose(granted)
    assert (disclosure.allowed, disclosure.clause) == (True, "6.9")
    assert disclosure.handed_over_at
    assert disclosure.rows == 3 * 96
    member = DisclosureMember.objects.get(disclosure=disclosure)
    assert (member.customer_id, member.authorization_id) == (granted.customer_id, granted.pk)
    lines = opened(disclosure).splitlines()
    assert len(lines) == 1 + 3 * 96
    assert ",0.250," in lines[1]


@pytest.mark.parametrize(("granularity", "rows"), [("hourly", 3 * 24), ("daily", 3)])
def test_no_finer_goes_than_she_allowed_and_the_energy_is_the_same(
    rosa: Customer, her: User, granularity: str, rows: int
) -> None:
    held = builders.authorization(rosa, her, granularity=Granularity(granularity))
    finest = replace(gather(held, **WEEK), granularity=Granularity.AS_MEASURED)
    with pytest.raises(Refused, match=r"more than the customer authorized.*6\.9"):
        disclosures.disclose(finest, by=None, at=lambda: NOW)
    disclosure = disclose(held)
    lines = opened(disclosure).splitlines()[1:]
    assert len(lines) == disclosure.rows == rows
    assert sum(Decimal(line.split(",")[4]) for line in lines) == 3 * 96 * Decimal("0.250")
    # How fine it was stays on record, also of what was asked and refused.
    recorded = dict(Disclosure.objects.values_list("allowed", "granularity"))
    assert recorded == {True: granularity, False: "as_measured"}
    assert Package.objects.get().granularity == granularity
    body = LedgerEntry.objects.get(row_id=disclosure.pk, kind="consent_disclosure:written").body
    assert json.loads(body)["granularity"] == granularity


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Each hour’s total."), ("es", "El total de cada hora.")]
)
def test_she_reads_how_fine_it_was(
    rosa: Customer, her: User, client: Any, language: str, words: str
) -> None:
    went = disclose(builders.authorization(rosa, her, granularity=Granularity.HOURLY))
    client.force_login(her, backend="allauth.account.auth_backends.AuthenticationBackend")
    with override(language):
        pages = reverse("consent:disclosure", args=[went.pk]), reverse("consent:disclosures")
    shown, listed = (client.get(address).content.decode() for address in pages)
    assert words in shown
    assert f"({words[0].lower()}{words[1:-1]})" in listed
    with override(language):
        told = consent_record.record_of(rosa)
        (row,) = next(part for part in told if part.key == "disclosures").rows
    assert f"{words[0].lower()}{words[1:-1]}" in row


def test_a_package_can_be_green_button_for_who_reads_that(granted: Authorization) -> None:
    disclosure = disclose(granted, kind="green_button")
    feed = opened(disclosure)
    assert conformance.check([feed.encode()]).passed
    assert feed.count("<IntervalReading>") == 3 * 96 == disclosure.rows
    for personal in ("Rosa", "700000000001", "3000000001", "Calle"):
        assert personal not in feed
    assert Package.objects.get().format == "green_button"
    with pytest.raises(ValueError, match="CSV"):
        packages.prepare(gather(granted, **WEEK), at=NOW, kind="pdf")


def test_the_package_names_nobody(granted: Authorization) -> None:
    text = opened(disclose(granted))
    for personal in ("Rosa", "700000000001", "3000000001", "Calle"):
        assert personal not in text


def test_without_its_key_a_package_says_nothing(granted: Authorization) -> None:
    package = packages.prepare(gather(granted, **WEEK), at=NOW)
    sealed = (Path(settings.MEDIA_ROOT) / package.path).read_bytes()
    assert b"0.250" not in sealed
    assert not (Path(settings.MEDIA_ROOT) / package.path).with_suffix(".key").exists()


def test_web_and_worker_reach_a_package_the_other_made_and_nobody_else_does(
    granted: Authorization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path))
    before = os.umask(0o007)  # as in docs/systemd: two accounts, one group
    try:
        package = packages.prepare(gather(granted, **WEEK), at=NOW)
    finally:
        os.umask(before)
    path = Path(settings.MEDIA_ROOT) / package.path
    assert path.stat().st_mode & 0o777 == 0o660
    assert path.parent.stat().st_mode & 0o777 == 0o770


def test_after_cancel_nothing_goes_and_the_refusal_is_recorded(
    granted: Authorization, her: User
) -> None:
    before = keys()
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=NOW)
    with pytest.raises(Refused) as refused:
        disclose(granted)
    assert refused.value.decision.clause == "6.10"
    row = Disclosure.objects.get()
    assert (row.allowed, row.clause, row.rows, row.handed_over_at) == (False, "6.10", 0, None)
    assert keys() == before


def test_a_package_prepared_before_the_cancel_does_not_go_after_it(
    granted: Authorization, her: User
) -> None:
    before = keys()
    proposal = gather(granted, **WEEK)
    package = packages.prepare(proposal, at=NOW)
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=NOW)
    with pytest.raises(Refused):
        disclosures.release(proposal, package, by=None, at=lambda: NOW)
    assert keys() == before


def test_a_stopped_third_party_gets_nothing(granted: Authorization) -> None:
    builders.stop(granted.third_party)
    with pytest.raises(Refused, match=r"6\.8"):
        disclose(granted)


def test_a_stop_for_one_customer_stops_only_hers(granted: Authorization) -> None:
    luis = builders.customer(builders.LUIS)
    his = builders.authorization(luis, builders.holder(luis, "luis@example.org"))
    builders.stop(granted.third_party, whose=granted.customer)
    with pytest.raises(Refused, match=r"6\.8"):
        disclose(granted)
    assert disclose(his).allowed


def test_a_lifted_stop_lets_what_is_authorized_go_again(granted: Authorization) -> None:
    stopped = builders.stop(granted.third_party)
    with pytest.raises(third_parties.Refused):
        third_parties.lift(stopped, reason="test", by=builders.alma(), at=NOW)
    third_parties.lift(stopped, reason="test", by=builders.bruno(), at=NOW)
    assert disclose(granted).allowed


def test_once_means_once(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, once=True)
    assert disclose(held).allowed
    with pytest.raises(Refused, match=r"6\.10"):
        disclose(held)


def test_a_crash_while_the_key_goes_never_lets_once_go_twice(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her, once=True)
    proposal = gather(held, **WEEK)
    package = packages.prepare(proposal, at=NOW)

    def crash(package: Package, key: bytes) -> None:
        disclosures.leave_key(package, key)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        disclosures.release(proposal, package, by=None, at=lambda: NOW, hand_over=crash)
    with pytest.raises(Refused, match=r"6\.10"):
        disclose(held)


def test_a_package_goes_only_with_what_it_was_packed_for(granted: Authorization) -> None:
    luis = builders.customer(builders.LUIS)
    his = builders.authorization(luis, builders.holder(luis, "luis@example.org"))
    package = packages.prepare(gather(his, **WEEK), at=NOW)
    with pytest.raises(ValueError, match="another proposal"):
        disclosures.release(gather(granted, **WEEK), package, by=None, at=lambda: NOW)
    assert not Disclosure.objects.exists()


def test_what_she_sends_to_the_grid_goes_only_if_she_ticked_it(rosa: Customer, her: User) -> None:
    agreement = rosa.agreements.get()
    builders.readings(agreement, wh=990, flow=Channel.Flow.RECEIVED)
    asked = builders.use(categories=["interval_usage", "generation_export"])
    held = builders.authorization(rosa, her, asked=asked)
    gone = disclose(held)
    assert (gone.rows, gone.categories) == (3 * 96, ["interval_usage"])
    assert "0.990" not in opened(gone)
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW)
    both = builders.authorization(
        rosa, her, asked=asked, categories=("interval_usage", "generation_export")
    )
    gone = disclose(both)
    assert (gone.rows, len(gone.categories)) == (2 * 3 * 96, 2)
    assert "0.990" in opened(gone)


@pytest.mark.parametrize("table", ["consent_authorizedagreement", "consent_disclosuremember"])
def test_nothing_is_slipped_under_an_earlier_grant_or_disclosure(
    granted: Authorization, table: str
) -> None:
    disclosure = disclose(granted)
    luis = builders.customer(builders.LUIS)
    columns, values = {
        "consent_authorizedagreement": (
            "id, customer_id, authorization_id, agreement_id",
            [uuid4(), granted.customer_id, granted.pk, luis.agreements.get().pk],
        ),
        "consent_disclosuremember": (
            "id, customer_id, disclosure_id, rows",
            [uuid4(), luis.pk, disclosure.pk, 0],
        ),
    }[table]
    marks = ", ".join(["%s"] * len(values))
    with pytest.raises(DatabaseError, match="with its header"), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def test_a_contract_for_a_primary_purpose_lets_several_customers_go_on_6_5(
    rosa: Customer,
) -> None:
    luis = builders.customer(builders.LUIS)
    contract = builders.contract(builders.third_party("back-office"))
    asked = gather_for_contract(contract, [rosa, luis], **WEEK)
    with pytest.raises(Refused, match=r"second person.*5\.1"):
        disclosures.disclose(asked, by=None, at=lambda: NOW)
    builders.approved(contract, rosa, luis, **WEEK)
    gone = disclosures.disclose(asked, by=None, at=lambda: NOW)
    assert (gone.clause, gone.members.count()) == ("6.5", 2)


def test_a_contract_that_lacks_a_clause_lets_nothing_go(rosa: Customer) -> None:
    contract = builders.contract(builders.third_party("back-office"), clauses=["access"])
    with pytest.raises(Refused, match=r"6\.5"):
        disclosures.disclose(gather_for_contract(contract, [rosa], **WEEK), by=None, at=lambda: NOW)


def test_a_key_that_could_not_be_handed_over_is_recorded_as_not_gone(
    granted: Authorization,
) -> None:
    proposal = gather(granted, **WEEK)
    package = packages.prepare(proposal, at=NOW)

    def refuse(*_: object) -> None:
        raise ConnectionError("nobody there")

    with pytest.raises(ConnectionError):
        disclosures.release(proposal, package, by=None, at=lambda: NOW, hand_over=refuse)
    row = Disclosure.objects.get()
    assert row.allowed
    assert row.not_handed_over_at
    assert not row.handed_over_at


def test_the_row_is_committed_before_the_key_goes(granted: Authorization) -> None:
    proposal = gather(granted, **WEEK)
    package = packages.prepare(proposal, at=NOW)
    seen: list[int] = []

    def look(*_: object) -> None:
        facts = connections["default"].settings_dict
        with psycopg.connect(
            host=facts["HOST"],
            port=facts["PORT"],
            dbname=facts["NAME"],
            user=facts["USER"],
            password=facts["PASSWORD"],
        ) as outsider:
            (count,) = outsider.execute(
                "SELECT count(*) FROM consent_disclosure d JOIN consent_disclosuremember m "
                "ON m.disclosure_id = d.id WHERE d.allowed"
            ).fetchone() or (0,)
            seen.append(count)

    disclosures.release(proposal, package, by=None, at=lambda: NOW, hand_over=look)
    assert seen == [1]


def test_cancel_waits_for_a_key_on_its_way_and_none_goes_after_it(
    granted: Authorization, her: User
) -> None:
    proposal = gather(granted, **WEEK)
    package = packages.prepare(proposal, at=NOW)
    handing, gone = threading.Event(), []

    def slowly(*_: object) -> None:
        handing.set()
        time.sleep(0.4)
        gone.append(time.monotonic())

    def release() -> None:
        try:
            disclosures.release(proposal, package, by=None, at=lambda: NOW, hand_over=slowly)
        finally:
            connections.close_all()

    releasing = threading.Thread(target=release)
    releasing.start()
    assert handing.wait(5)
    asked = time.monotonic()
    authorizations.cancel(granted, by=her, via=Via.PORTAL, at=NOW)
    acknowledged = time.monotonic()
    releasing.join()
    assert gone[0] <= acknowledged
    assert acknowledged - asked < 2
    with pytest.raises(Refused):
        disclosures.release(proposal, package, by=None, at=lambda: NOW)


def test_killed_while_handing_over_the_row_is_there(granted: Authorization) -> None:
    key, recorded = released_and_killed(granted, delay=0)
    assert key
    assert recorded


def test_she_sees_who_received_her_data_and_why(granted: Authorization) -> None:
    disclose(granted)
    seen = Disclosure.objects.of(granted.customer)
    assert [row.clause for row in seen] == ["6.9"]
    luis = builders.customer(builders.LUIS)
    assert not Disclosure.objects.of(luis).exists()


def test_thirty_at_once_grant_once_and_cancel_once(rosa: Customer, her: User) -> None:
    granted_and_canceled_at_once(rosa, her, count=30)
