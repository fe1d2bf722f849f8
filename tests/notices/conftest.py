"""The people of these tests: Rosa reads Spanish and gets e-mail, Luis gets letters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings

from notices.models import Notice
from tests import builders
from tests.builders import NOW
from tests.notices.cast import by_email, neighbor
from usage.models import Customer


@pytest.fixture
def notice(db: None) -> Notice:
    return builders.notice(at=NOW - timedelta(days=30))


@pytest.fixture
def rosa(notice: Notice) -> Customer:
    """Rosa reads Spanish and gets e-mail."""
    made = neighbor(1, name="Rosa Ejemplo", language="es")
    by_email(made, "rosa@example.com")
    return made


@pytest.fixture
def luis(notice: Notice) -> Customer:
    """Luis gets letters."""
    return neighbor(2, name="Luis Muestra")


@pytest.fixture(autouse=True)
def _no_letters_left() -> Iterator[None]:
    """Take away what was printed."""
    yield
    shutil.rmtree(settings.LETTERS_DIR, ignore_errors=True)
