"""The walk of tests/test_names_nobody.py, as each role and over more rows of each model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from prime_portal.roles import Role
from tests import test_names_nobody
from tests.test_names_nobody import rosa  # noqa: F401 - the fixture
from usage.models import Customer


@pytest.mark.filterwarnings("ignore:The default scheme will be changed")  # of a read-only field
def test_no_row_names_a_customer_before_a_case_is_open(
    client: Client,
    rosa: Customer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    rounds: Callable[[int, int], int],
) -> None:
    monkeypatch.setattr(test_names_nobody, "WHO", tuple(Role))
    monkeypatch.setattr(test_names_nobody, "MOST", rounds(10, 3))
    monkeypatch.setattr(test_names_nobody, "AGAIN", True)
    test_names_nobody.test_no_page_names_a_customer_before_a_case_is_open(client, rosa)
