"""Somebody with every right, and bad intentions."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

ALL = """
    DO $$ DECLARE t regclass; BEGIN
        FOR t IN SELECT DISTINCT tgrelid FROM pg_trigger WHERE NOT tgisinternal LOOP
            EXECUTE format('ALTER TABLE %s {} TRIGGER ALL', t);
        END LOOP;
    END $$
"""
# Switching them all on again would make them ordinary triggers, and so be found.
AGAIN = """
    DO $$ DECLARE t record; BEGIN
        FOR t IN SELECT tgrelid::regclass AS evidence, tgname FROM pg_trigger WHERE NOT tgisinternal LOOP
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.evidence, t.tgname);
        END LOOP;
    END $$
"""


@pytest.fixture
def past_the_triggers() -> Callable[..., None]:
    """Run a statement as a superuser who switches the triggers off, and on again afterwards."""
    if "PRIME_TEST_SUPERUSER_URL" not in os.environ:
        pytest.skip("The database given by DATABASE_URL lends no superuser.")

    def run(*statements: str, parameters: dict[str, Any] | None = None) -> None:
        with psycopg.connect(os.environ["PRIME_TEST_SUPERUSER_URL"]) as superuser:
            superuser.execute(ALL.format("DISABLE"))
            for statement in statements:
                superuser.execute(statement, parameters)
            superuser.execute(AGAIN)

    return run
