"""Every column has a category, a purpose, a period and a rule for logs; or this fails (5.1 to 5.3)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from prime_portal import field_register as register
from prime_portal.field_register import REGISTER, Table
from prime_portal.retention import MORE
from usage import categories
from usage.retention import RULES, Scope

OURS = ("prime_portal", "usage", "notices", "consent")


def tables() -> Iterator[tuple[type[models.Model], Table]]:
    for label, table in REGISTER.items():
        yield apps.get_model(label), table


def test_every_table_is_in_the_register() -> None:
    missing = {model._meta.label for model in apps.get_models()} - set(REGISTER)
    assert not missing, "say in prime_portal/field_register.py what each of these holds"


@pytest.mark.django_db
def test_every_table_of_the_database_is_known_whether_or_not_a_model_stands_for_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname "
            "FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname IN ('public', 'ledger')"
        )
        there = {name for (name,) in cursor.fetchall()}
    links = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.auto_created
    }
    known = {entry.table for entry in register.entries()} | set(register.WITHOUT_MODEL)
    assert there - links == known


@pytest.mark.parametrize(
    ("model", "table"),
    [pair for pair in tables() if pair[0]._meta.app_label in OURS],
    ids=lambda held: held._meta.label if isinstance(held, type) else "",
)
def test_every_text_is_private_or_somebody_said_that_it_names_nobody(
    model: type[models.Model], table: Table
) -> None:
    texts = {column.name for column in model._meta.concrete_fields if register.text(column)}
    private, plain = register.private(model), set(table.plain.split())
    assert not private & plain, "private and plain at once"
    unsaid = texts - private - plain
    assert not unsaid, "add it to the model's `private`, or to `plain` in the field register"


@pytest.mark.parametrize(
    ("model", "table"), list(tables()), ids=lambda held: getattr(held, "__name__", "")
)
def test_the_register_names_nothing_that_is_gone(model: type[models.Model], table: Table) -> None:
    columns = {column.name for column in model._meta.concrete_fields}
    assert columns >= {*table.plain.split(), *table.other, *register.private(model)}
    assert len(table.plain.split()) == len(set(table.plain.split()))


def test_evidence_is_kept_as_evidence_and_nothing_else_is() -> None:
    for model, table in tables():
        if hasattr(model, "kept"):
            as_evidence = table.kept == register.AS_EVIDENCE
            assert register.is_evidence(model) == as_evidence, model


def test_what_is_kept_for_a_period_is_really_let_go() -> None:
    nobody = Scope(date(2020, 1, 1), frozenset())
    let_go = {rule.rows(nobody).model for rule in (*RULES, *MORE)}
    said = {model for model, table in tables() if table.kept == register.PERIOD}
    with_key = {model for model, table in tables() if table.kept == register.KEY_GOES}
    assert said <= let_go, "no rule of usage.retention or prime_portal.retention lets these go"
    assert let_go <= said | with_key


def test_every_category_is_one_of_the_notice_or_none_of_a_customers() -> None:
    known = {*categories.ALL, *register.NOBODYS, register.STAFF}
    assert {entry.category for entry in register.entries()} <= known
    assert {*categories.ALL} - {entry.category for entry in register.entries()} == {
        categories.GENERATION_EXPORT  # lies where the readings do, in a channel of its own
    }


def test_no_name_address_or_reading_may_stand_in_a_log() -> None:
    log = {(entry.table, entry.column): entry.log for entry in register.entries()}
    for never in (
        *(("usage_customer", name) for name in ("name", "account_number", "mailing_address")),
        ("usage_intervalday", "wh"),
        ("usage_bill", "charges_cents"),
        ("usage_serviceagreement", "number"),
        ("usage_channel", "meter_number"),
        ("notices_delivery", "recipient"),
        ("prime_portal_user", "email"),
        ("account_emailaddress", "email"),
        ("usersessions_usersession", "ip"),
        ("prime_portal_signin", "ip"),
        ("prime_portal_signin", "browser"),
        ("django_session", "session_data"),
        ("mfa_authenticator", "data"),
        ("django_admin_log", "object_repr"),
    ):
        assert log[never] == register.NEVER, never
    assert log["notices_delivery", "id"] == register.NUMBER
    assert log["notices_printbatch", "number"] == register.FREELY


def test_an_e_mail_address_is_always_private() -> None:
    for model, _table in tables():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.EmailField) and model._meta.app_label in OURS:
                assert column.name in register.private(model), f"{model._meta.label}.{column.name}"


def test_a_new_text_nobody_spoke_of_is_found() -> None:
    """The register can fail: take one word out of it, and the column is unsaid."""
    table = REGISTER["consent.ThirdPartyVersion"]
    bare = Table(table.category, table.purpose, plain="legal_name does_en does_es policy_url")
    with pytest.raises(AssertionError, match="contact"):
        test_every_text_is_private_or_somebody_said_that_it_names_nobody(
            apps.get_model("consent.ThirdPartyVersion"), bare
        )


def test_it_can_be_printed_whole() -> None:
    out = StringIO()
    call_command("fields", stdout=out)
    rows: list[dict[str, Any]] = list(csv.DictReader(StringIO(out.getvalue())))
    assert len(rows) == sum(1 for _entry in register.entries()) > 900
    assert all(all(row.values()) for row in rows)
