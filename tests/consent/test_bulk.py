"""Many customers at once: what one person proposed, another approves, and the database insists."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, connections, transaction

from consent import approvals, disclosures, kept_copies, packages, proposals
from consent.approvals import Refused
from consent.models import (
    BulkApproval,
    BulkProposal,
    Contract,
    Disclosure,
    DisclosureMember,
    Package,
    PackageMember,
)
from prime_portal.models import User
from prime_portal.retention import MORE
from tests import builders
from tests.builders import NOW, TODAY
from usage import holds, retention
from usage.models import Customer
from usage.sealed_files import Damaged

WEEK: dict[str, Any] = {
    "first_day": TODAY - timedelta(days=7),
    "last_day": TODAY - timedelta(days=1),
}

THIRD = builders.LUIS | {
    "account_number": "700000000003",
    "service_account_number": "3000000003",
    "service_point": "SP-0003",
    "meter_number": "M-0003",
}


@pytest.fixture
def both(db: None) -> tuple[Customer, Customer]:
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    builders.readings(rosa.agreements.get())
    builders.readings(luis.agreements.get(), wh=990, days=2)
    return rosa, luis


@pytest.fixture
def contract(both: tuple[Customer, Customer]) -> Contract:
    return builders.contract(builders.third_party("back-office"))


@pytest.fixture
def bulk(contract: Contract, both: tuple[Customer, Customer]) -> BulkProposal:
    return approvals.propose(contract, both, **WEEK, by=builders.alma(), at=NOW)


def shown(bulk: BulkProposal) -> str:
    return bytes(bulk.proposal_sha256).hex()


def clerk(email: str, **more: Any) -> User:
    return User.objects.create_user(email, is_staff=True, **more)


def test_two_people_agree_and_it_is_packed(bulk: BulkProposal) -> None:
    with pytest.raises(Refused, match="has not approved"):
        approvals.pack(bulk, at=NOW)
    approver = clerk("carla@prime.example")
    approver.user_permissions.add(Permission.objects.get(codename="approve_bulkproposal"))
    approvals.approve(bulk, shown=shown(bulk), by=approver, at=NOW)
    package = approvals.pack(bulk, at=NOW)
    assert (package.rows, package.members.count()) == ((3 + 2) * 96, 2)
    assert proposals.of(package).digest == bytes(bulk.proposal_sha256)


def test_if_it_cannot_be_seen_who_approved_nothing_leaves(
    committed_db: None, bulk: BulkProposal
) -> None:
    approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)
    package = approvals.pack(bulk, at=NOW)
    release = partial(disclosures.release, proposals.of(package), package, by=None, at=lambda: NOW)
    with connections["owner"].cursor() as owner:
        owner.execute("REVOKE SELECT ON consent_bulkapproval FROM prime_app")
        with pytest.raises(DatabaseError, match="consent_bulkapproval"):
            release()
        owner.execute("GRANT SELECT ON consent_bulkapproval TO prime_app")
    assert not Disclosure.objects.exists()
    assert release().handed_over_at


@pytest.mark.parametrize("who", ["proposer", "without the right", "inactive", "customer"])
def test_whoever_may_not_approve_is_refused_by_the_database(bulk: BulkProposal, who: str) -> None:
    person = {
        "proposer": builders.alma,
        "without the right": lambda: clerk("carla@prime.example"),
        "inactive": lambda: clerk("dora@prime.example", is_superuser=True, is_active=False),
        "customer": lambda: User.objects.create_user("rosa@example.org", is_superuser=True),
    }[who]()
    with pytest.raises(Refused, match=r"approve it \(PRIME-07 5\.1\)\.$"):
        approvals.approve(bulk, shown=shown(bulk), by=person, at=NOW)
    assert not BulkApproval.objects.exists()


def test_an_approval_of_anything_else_is_refused(
    bulk: BulkProposal, contract: Contract, both: tuple[Customer, Customer]
) -> None:
    with pytest.raises(Refused, match="not what was proposed"):
        approvals.approve(bulk, shown="00" * 32, by=builders.bruno(), at=NOW)
    with pytest.raises(DatabaseError, match="not what was proposed"), transaction.atomic():
        BulkApproval.objects.create(
            proposal=bulk, proposal_sha256=b"0" * 32, approved_at=NOW, approved_by=builders.bruno()
        )
    approvals.withdraw(bulk, by=builders.alma(), at=NOW)
    with pytest.raises(Refused, match="withdrawn"):
        approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)


def test_what_changed_after_the_approval_is_not_approved(
    bulk: BulkProposal, both: tuple[Customer, Customer]
) -> None:
    approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)
    agreement = both[0].agreements.get()
    builders.roster(
        {"end_date": str(TODAY - timedelta(days=2))},
        {"service_account_number": "3000000099", "start_date": str(TODAY - timedelta(days=2))},
    )
    assert both[0].agreements.exclude(pk=agreement.pk).exists()
    with pytest.raises(Refused, match="has not approved this very"):
        approvals.pack(bulk, at=NOW)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_bulkproposal SET last_day = last_day + 1",
        "UPDATE consent_bulkproposal SET proposed_by_id = NULL",
        "UPDATE consent_bulkapproval SET approved_by_id = NULL",
        "DELETE FROM consent_bulkmember",
    ],
)
def test_nothing_of_it_can_be_edited(bulk: BulkProposal, change: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"evidence|permission denied"),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_the_database_refuses_many_without_an_approval_of_just_them(
    bulk: BulkProposal, both: tuple[Customer, Customer]
) -> None:
    """Whatever code comes to it: the header says allowed, the members are many."""
    approval = approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)

    def write(*members: Customer, **change: Any) -> None:
        contract = bulk.contract
        said: dict[str, Any] = {
            "third_party": contract.third_party,
            "third_party_words": contract.third_party.words,
            "purpose": contract.purpose,
            "purpose_words": contract.purpose.versions.get(),
            "contract": contract,
            "allowed": True,
            "clause": "6.5",
            "categories": bulk.categories,
            "granularity": "as_measured",
            **WEEK,
            "members_sha256": b"0" * 32,
            "proposal_sha256": bulk.proposal_sha256,
            "approval": approval,
            "at": NOW,
        }
        with transaction.atomic():
            header = Disclosure.objects.create(**(said | change))
            DisclosureMember.objects.bulk_create(
                DisclosureMember(customer=member, disclosure=header, rows=0) for member in members
            )

    stranger = builders.customer(THIRD)
    with pytest.raises(DatabaseError, match="second person"):
        write(*both, approval=None)
    with pytest.raises(DatabaseError, match="No approval stands"):
        write(*both, proposal_sha256=b"0" * 32)
    with pytest.raises(DatabaseError, match="No approval stands"):
        write(*both, last_day=TODAY)
    with pytest.raises(DatabaseError, match="not in what was approved"):
        write(both[0], stranger)
    write(*both)
    approvals.withdraw(bulk, by=builders.alma(), at=NOW)
    with pytest.raises(DatabaseError, match="No approval stands"):
        write(*both)


def test_what_a_contract_does_not_cover_is_not_even_proposed(
    both: tuple[Customer, Customer],
) -> None:
    unsound = builders.contract(builders.third_party("back-office"), clauses=["access"])
    with pytest.raises(Refused, match=r"6\.5"):
        approvals.propose(unsound, both, **WEEK, by=builders.alma(), at=NOW)
    with pytest.raises(Refused, match="no customer"):
        approvals.propose(unsound, [], **WEEK, by=builders.alma(), at=NOW)


# -- Each sees the lines about her ----------------------------------------------------------


def lines(customer: Customer, package: Package) -> str:
    return b"".join(kept_copies.lines_about(customer, package)).decode()


def test_each_can_open_the_lines_about_her_and_no_others(
    bulk: BulkProposal, both: tuple[Customer, Customer]
) -> None:
    approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)
    package = approvals.pack(bulk, at=NOW)
    rosa, luis = both
    hers, his = lines(rosa, package), lines(luis, package)
    assert hers.count("\n") == 1 + 3 * 96
    assert his.count("\n") == 1 + 2 * 96
    assert hers.splitlines()[0] == his.splitlines()[0]
    assert str(rosa.agreements.get().pk) in hers
    assert str(luis.agreements.get().pk) not in hers
    assert "0.990" not in hers
    assert "0.250" not in his
    stranger = builders.customer(THIRD)
    with pytest.raises(PackageMember.DoesNotExist):
        lines(stranger, package)


def test_copies_go_when_the_time_of_what_they_hold_is_over_but_not_on_hold(
    bulk: BulkProposal, both: tuple[Customer, Customer]
) -> None:
    approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)
    package = approvals.pack(bulk, at=NOW)
    hold = holds.place(
        customer=both[1], categories=[], reason="a lawsuit", by=builders.alma(), at=NOW
    )
    Package.objects.update(prepared_at=NOW - timedelta(days=366 * 12))

    def let_go() -> bool:
        retention.run(schedule="made up", by=None, at=NOW, more=MORE)
        package.refresh_from_db()
        return package.sealed_key is None

    assert not let_go(), "one in it is on hold"
    holds.lift(hold, by=builders.alma(), at=NOW)
    assert let_go()
    with pytest.raises(packages.NoKey, match="no longer kept"):
        lines(both[0], package)


def test_a_package_about_several_is_csv(bulk: BulkProposal) -> None:
    with pytest.raises(packages.NotPrepared, match="own lines"):
        packages.prepare(approvals.gathered(bulk), at=NOW, kind="green_button")


def test_nothing_of_a_changed_file_is_shown(
    bulk: BulkProposal, both: tuple[Customer, Customer], settings: Any
) -> None:
    approvals.approve(bulk, shown=shown(bulk), by=builders.bruno(), at=NOW)
    package = approvals.pack(bulk, at=NOW)
    file = Path(settings.MEDIA_ROOT) / package.path
    sealed = bytearray(file.read_bytes())
    sealed[-40] ^= 1
    file.write_bytes(sealed)
    with pytest.raises(Damaged):
        lines(both[0], package)
