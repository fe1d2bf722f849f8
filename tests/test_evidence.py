"""Evidence is written once. The database itself says so, to everyone."""

import json
import os
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from prime_portal.models import LedgerEntry, User
from tests.conftest import ROOT
from usage.evidence import Evidence, Member, Working
from usage.models import Access, Customer

OURS = ("prime_portal", "usage", "notices", "consent")
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def ours() -> list[type[models.Model]]:
    return [
        model
        for app in OURS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.auto_created
    ]


def columns(model: type[models.Model], fields: tuple[str, ...]) -> set[str]:
    return {model._meta.get_field(name).column for name in fields}  # type: ignore[union-attr]


@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_every_model_says_whether_it_is_evidence_or_working(model: Any) -> None:
    assert isinstance(model.kept, Evidence | Member | Working)
    columns(model, model.kept.private)


@pytest.mark.django_db
@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_the_database_watches_exactly_what_is_declared_evidence(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled, encode(tgargs, 'escape') FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [model._meta.db_table],
        )
        triggers = {name: (enabled, arguments) for name, enabled, arguments in cursor.fetchall()}
    assert all(enabled == "A" for enabled, _ in triggers.values())
    kept = model.kept
    if isinstance(kept, Working):
        assert set(triggers) == set(kept.guards)
        return
    expected = {"evidence_is_never_deleted", "evidence_is_never_emptied", *kept.guards}
    if kept.header:
        column = model._meta.get_field(kept.header).column
        assert triggers["it_comes_with_its_header"][1].split(r"\000")[0] == column
        expected |= {"it_comes_with_its_header"}
    if isinstance(kept, Member):
        assert set(triggers) == expected | {"members_are_never_changed"}
        return
    assert set(triggers) == expected | {"evidence_is_recorded"}
    private, stamps, _ = triggers["evidence_is_recorded"][1].split(r"\000")
    assert set(private.strip("{}").split(",")) - {""} == columns(model, kept.private)
    assert set(stamps.strip("{}").split(",")) - {""} == columns(model, kept.stamps)


def test_evidence_is_watched_from_the_migration_that_makes_its_table() -> None:
    """Else what is written in between would be missing from the record."""
    made = {
        f"{app}.{name}": text
        for app in OURS
        for path in (ROOT / app / "migrations").glob("0*.py")
        for text in [path.read_text()]
        for name in re.findall(r'CreateModel\(\s*name="(\w+)"', text)
    }
    for model in ours():
        table = model._meta.db_table
        watched = re.search(rf"ledger\.watch(_member)?\('{table}'", made[model._meta.label])
        assert bool(watched) is not isinstance(model.kept, Working), table  # type: ignore[attr-defined]


@pytest.fixture
def superuser_url() -> str:
    if "PRIME_TEST_SUPERUSER_URL" not in os.environ:
        pytest.skip("The database given by DATABASE_URL lends no superuser.")
    return os.environ["PRIME_TEST_SUPERUSER_URL"]


@pytest.fixture
def rosa(db: None) -> Customer:
    return Customer.objects.create(
        account_number="700000000001",
        name="Rosa Ejemplo",
        mailing_address="Rosa Ejemplo\n1 Calle Ficticia",
        mailing_zip="90660",
    )


@pytest.fixture
def access(rosa: Customer) -> Access:
    user = User.objects.create_user("rosa@example.org")
    return Access.objects.create(
        user=user, customer=rosa, capacity="holder", proof="letter of Rosa Ejemplo", starts_at=NOW
    )


def test_writing_evidence_leaves_an_entry_whose_leaf_anyone_can_recompute(access: Access) -> None:
    entry = LedgerEntry.objects.get(row_id=access.pk)
    assert entry.kind == "usage_access:written"
    assert entry.customer_id == access.customer_id
    hashed = f"{entry.id}\n{entry.at}\n{entry.kind}\n{entry.body}".encode()
    assert bytes(entry.leaf) == sha256(b"\0" + hashed).digest()


def test_private_text_is_in_the_ledger_only_as_a_salted_hash(access: Access) -> None:
    entry = LedgerEntry.objects.get(row_id=access.pk)
    assert "Rosa" not in entry.body
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT salt FROM ledger.salt WHERE entry_id = %s AND field = 'proof'", [entry.id]
        )
        (salt,) = cursor.fetchone()
    opened = sha256(bytes(salt) + access.proof.encode()).hexdigest()
    assert json.loads(entry.body)["proof"] == f"sha256:{opened}"


def test_a_stamp_is_filled_once_and_recorded(access: Access) -> None:
    stamp = Access.objects.filter(pk=access.pk)
    stamp.update(ended_at=NOW, ended_by=access.user)
    assert LedgerEntry.objects.filter(row_id=access.pk, kind="usage_access:stamped").count() == 1
    with pytest.raises(DatabaseError, match="stamped already"), transaction.atomic():
        stamp.update(ended_at=datetime(2026, 7, 2, tzinfo=UTC))
    with pytest.raises(DatabaseError, match="stamped already"), transaction.atomic():
        stamp.update(ended_at=None, ended_by=None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE usage_access SET proof = 'another'",
        "DELETE FROM usage_access",
        "TRUNCATE usage_access CASCADE",
        "UPDATE ledger.entry SET body = '{}'",
        "DELETE FROM ledger.entry",
        (
            "INSERT INTO ledger.entry (at, kind, row_id, body, leaf) "
            "VALUES ('', 'x', gen_random_uuid(), '', '')"
        ),
        "INSERT INTO ledger.leaf VALUES (0, 1)",
        "UPDATE ledger.checkpoint SET note = ''",
        "DELETE FROM ledger.checkpoint",
        "UPDATE ledger.mark SET placed = 0",
        "DROP TABLE usage_access",
        "ALTER TABLE usage_access DISABLE TRIGGER ALL",
        "CREATE TABLE mine (id int)",
        "SELECT ledger.hide(1, '{}', '{}')",
    ],
)
def test_web_and_worker_are_refused_every_other_change(access: Access, change: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize("role", ["owner", "superuser", "superuser as replica"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE usage_purpose SET kind = 'secondary', limb = NULL",
        "DELETE FROM usage_purpose",
        "TRUNCATE usage_purpose CASCADE",
        "UPDATE ledger.entry SET body = '{}'",
        "DELETE FROM ledger.entry",
        "TRUNCATE ledger.checkpoint",
    ],
)
def test_the_owner_and_a_superuser_are_refused_too(
    role: str, change: str, superuser_url: str
) -> None:
    url = os.environ["DATABASE_OWNER_URL"] if role == "owner" else superuser_url
    with psycopg.connect(url, options="-c lock_timeout=10s") as privileged:
        recorded = privileged.execute("SELECT count(*) FROM usage_purpose").fetchone()
        assert recorded != (0,), "the migrations record PRIME's primary purposes"
        if role.endswith("replica"):
            privileged.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="evidence"):
            privileged.execute(change)
        privileged.rollback()


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["entry", "leaf", "node", "checkpoint"])
def test_the_record_itself_is_guarded_like_what_it_records(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'",
            [f"ledger.{table}"],
        )
        assert {name for (name,) in cursor.fetchall()} == {
            "evidence_is_never_deleted",
            "evidence_is_never_emptied",
            "members_are_never_changed",
        }


def test_no_function_of_ours_that_borrows_rights_looks_into_temporary_tables_first(
    db: None,
) -> None:
    """Else web or worker could put a table of their own in the place of a real one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, array_to_string(proconfig, ' ') FROM pg_proc "
            "JOIN pg_namespace n ON n.oid = pronamespace "
            "WHERE prosecdef AND nspname IN ('public', 'ledger')"
        )
        functions = dict(cursor.fetchall())
    assert {"record", "with_header", "usage_make_months"} <= set(functions)
    for name, settings in functions.items():
        assert re.search(r"search_path=[^=]*, pg_temp(\s|$)", settings or ""), name
