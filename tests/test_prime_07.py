"""PRIME-07, clause by clause: which tests guard it. A clause without a test fails."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from prime_portal.board.clauses import CLAUSES, Clause, Figure
from prime_portal.board.desk import shown
from prime_portal.models import User

TESTS = Path(__file__).resolve().parent
NUMBERS = (
    *("4.2", "4.3", "4.4", "4.5", "5.1", "5.2", "5.3"),
    *(f"6.{number}" for number in range(1, 12)),
)

# What the portal does not do yet, and so has nothing to test. Whoever builds it, empties this.
NOT_BUILT: set[str] = set()


def test_every_clause_is_in_the_registry_once_and_in_order() -> None:
    assert tuple(clause.number for clause in CLAUSES) == NUMBERS


@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_each_clause_is_guarded_by_tests_that_exist(clause: Clause) -> None:
    assert bool(clause.tests) != (clause.number in NOT_BUILT)
    assert bool(clause.figures) != (clause.number in NOT_BUILT)
    for test in clause.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names if name else any(found.startswith("test_") for found in names), test


def test_a_figure_out_of_bounds_is_red() -> None:
    most = Figure("", lambda _at: 0, "board", most=0)
    least = Figure("", lambda _at: 0, "board", least=15)
    assert [most.bad(value) for value in (0, 1, "never")] == [False, True, True]
    assert [least.bad(value) for value in (14, 15, "nothing released")] == [True, False, False]


@pytest.mark.django_db
@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_each_figure_is_counted_and_leads_to_its_rows(clause: Clause) -> None:
    """In an empty portal nothing is out of bounds but what nobody has done yet."""
    figures = shown(clause, at=datetime(2026, 7, 1, tzinfo=UTC))
    assert len(figures) == len(clause.figures)
    for figure in figures:
        assert re.match(r"/admin/", figure.address)


@pytest.fixture
def official(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    user = User.objects.create_user("olga@prime.example", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_board"))
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_board_shows_every_clause_its_figures_and_its_tests(official: Client) -> None:
    page = official.get("/admin/board/").content.decode()
    for clause in CLAUSES:
        assert f"{clause.number} {clause.title}" in page
        assert all(test in page for test in clause.tests)
        assert all(figure.says in page.replace("&#x27;", "'") for figure in clause.figures)


def test_the_board_is_for_whoever_may_see_it(official: Client) -> None:
    User.objects.get(email="olga@prime.example").user_permissions.clear()
    assert official.get("/admin/board/").status_code == 403
