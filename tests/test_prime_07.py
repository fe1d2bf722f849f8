"""PRIME-07, clause by clause: which tests guard it. A clause without a test fails."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone, translation

from consent import authorizations, disclosures, flows, incidents, legal, third_parties
from consent.models import Demand, StandingFlow
from prime_portal import erasing, role_changes, roles
from prime_portal.board.clauses import CLAUSES
from prime_portal.board.desk import shown
from prime_portal.board.parts import Clause, Figure
from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders
from usage.models import Via

TESTS = Path(__file__).resolve().parent
NUMBERS = (
    *("4.1", "4.2", "4.3", "4.4", "4.5", "5.1", "5.2", "5.3"),
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
    at = timezone.now()
    most = Figure("", lambda _at: 0, "board", most=0)
    least = Figure("", lambda _at: 0, "board", least=15)
    late = Figure("", lambda _at: "never", "board", late=lambda _at: True)
    assert [most.bad(value, at=at) for value in (0, 1, "no address")] == [False, True, False]
    assert [least.bad(value, at=at) for value in (14, 15)] == [True, False]
    assert late.bad("never", at=at)


def test_a_figure_has_rows_or_says_why_it_has_none() -> None:
    """And the address of its rows is its own."""
    figures = [(clause.number, one) for clause in CLAUSES for one in clause.figures]
    assert [
        one.says for _number, one in figures if bool(one.rows or one.lines) == bool(one.why)
    ] == []
    assert [one.says for _number, one in figures if one.of is None and one.lines is None] == []
    bound = [one.says for _number, one in figures if one.least is not None or one.most is not None]
    assert [one for one in bound if str(one).startswith("Of ")] == [], "red ones are listed apart"
    pages = [(number, one.key) for number, one in figures if one.key]
    assert len(pages) == len(set(pages))


@pytest.mark.django_db
@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_each_figure_is_counted_and_leads_to_its_rows(clause: Clause) -> None:
    """In an empty portal nothing is out of bounds but what nobody has done yet."""
    figures = shown(clause, to=builders.alma(), at=datetime(2026, 7, 1, tzinfo=UTC))
    assert len(figures) == len(clause.figures)
    for figure in figures:
        assert re.match(r"/admin/", figure.address) or figure.why


@pytest.fixture
def _second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


WHO_SEES_IT = [role for role in Role if "prime_portal.view_board" in roles.permissions_of(role)]


@pytest.mark.django_db
@pytest.mark.parametrize("role", WHO_SEES_IT)
def test_every_link_on_the_board_opens_for_each_role_that_sees_it(
    client: Client, role: Role, _second_factor: None
) -> None:
    client.force_login(builders.staff("somebody@prime.example", role))
    answer = client.get("/admin/board/")
    assert answer.status_code == 200, answer.headers
    page = answer.content.decode()
    tables = "".join(re.findall(r'<table class="desk__figures">.*?</table>', page, re.DOTALL))
    links = [unescape(found) for found in re.findall(r'href="([^"]+)"', tables)]
    assert len(links) > 30
    shut = {link: status for link in links if (status := client.get(link).status_code) != 200}
    assert not shut


def test_a_figure_is_the_number_of_rows_it_leads_to(
    committed_db: None, client: Client, _second_factor: None
) -> None:
    """In a portal where some of each happened, this year, and some did not."""
    today = timezone.now()
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    builders.readings(rosa.agreements.get())
    for whose, name in ((rosa, "rosa"), (luis, "luis")):
        held = builders.authorization(whose, builders.holder(whose, f"{name}@example.org"))
    authorizations.cancel(held, by=held.granted_by, via=Via.PORTAL, at=today)
    demand = legal.record(
        process=Demand.Process.CONTACT_ONLY,
        third_party=builders.third_party("superior-court"),
        customers=[rosa],
        reference="26-CV-0001",
        categories=["contact"],
        first_day=builders.TODAY,
        last_day=builders.TODAY,
        received_at=today,
        by=builders.alma(),
        at=today,
    )
    legal.review(demand, note="Lawful.", by=builders.bruno(), at=today)
    disclosures.tell(legal.gather(demand), by=builders.bruno(), at=timezone.now)
    flows.register(
        contract=builders.contract(builders.third_party("stopped")),
        what_en="Readings.",
        what_es="Lecturas.",
        categories=["interval_usage"],
        rhythm=StandingFlow.Rhythm.DAILY,
        by=builders.alma(),
        at=today,
    )
    builders.stop(builders.third_party("stopped"))
    third_parties.find(
        builders.third_party("found"),
        evidence="It resold readings.",
        sign_off="Counsel",
        by=builders.alma(),
        at=today - timedelta(days=2),
    )
    role_changes.record(builders.alma(), before=[], by=None, at=today.replace(year=today.year - 1))
    for customers in (1, 2):
        found = incidents.find_non_compliance(
            clause="6.5",
            description="…",
            customers=customers,
            found_at=today,
            by=builders.alma(),
            at=today,
        )
    erasing.mark(found, reason="Typed twice.", by=builders.alma(), at=today)

    client.force_login(
        builders.staff("somebody@prime.example", Role.OFFICIAL, Role.AUDITOR, Role.OPERATOR)
    )
    compared, values = [], {}
    for clause in CLAUSES:
        for figure in shown(clause, to=builders.alma(), at=today):
            if not isinstance(figure.value, int) or figure.why:
                continue
            values[figure.says] = figure.value
            found = client.get(figure.address).context
            count = found["cl"].result_count if "cl" in found else found["count"]
            compared.append((figure.says, figure.value, count))
    assert [one for one in compared if one[1] != one[2]] == []
    assert {
        "Disclosures this year because the law demanded it": 1,
        "Non-compliances not mended yet": 1,
        "Authorizations in force": 1,
        "Authorizations canceled this year": 1,
        "Changes of staff’s roles this year": 0,
        "Registered flows without a ground today (PRIME must end them out there)": 1,
        "Third parties stopped": 1,
        "Disclosures this year for a secondary purpose": 0,
        "Patterns found over a day ago that nobody acted on": 1,
    }.items() <= values.items()
    assert len(compared) > 50


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
        assert all(str(figure.says) in page.replace("&#x27;", "'") for figure in clause.figures)


def test_whoever_reads_spanish_reads_the_whole_board_in_it(official: Client) -> None:
    page = unescape(
        official.get("/admin/board/", headers={"accept-language": "es"}).content.decode()
    )
    with translation.override("es"):
        in_spanish = [str(one) for clause in CLAUSES for one in (clause.title, clause.asks)]
        in_spanish += [str(figure.says) for clause in CLAUSES for figure in clause.figures]
    assert [one for one in in_spanish if one not in page] == []
    with translation.override("en"):
        assert not any(str(clause.asks) in page for clause in CLAUSES)


def test_the_board_is_for_whoever_may_see_it(official: Client) -> None:
    User.objects.get(email="olga@prime.example").user_permissions.clear()
    assert official.get("/admin/board/").status_code == 403
