"""The permission matrix, executed: every role against every staff page, model and action (5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import translation

from prime_portal import roles
from prime_portal.desks import columns
from prime_portal.middleware import declared_audience
from prime_portal.models import IssuedReport, LedgerEntry, RoleChange, User
from prime_portal.reports import issuing
from prime_portal.roles import EVERYBODY, MATRIX, Role
from tests import builders
from tests.test_whole_portal import address_of

# Ways in and out, and addresses of the admin's own that only lead elsewhere.
BEFORE_SIGNING_IN = {"admin:login", "admin:logout"}


def staff_pages(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[str]:
    """The name of every page below /admin/, as the resolver would report it."""
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from staff_pages(pattern, path, inner)
        elif isinstance(pattern, URLPattern) and path.startswith("admin/"):
            yield f"{space}{pattern.name or pattern.lookup_str}"


PAGES = sorted(set(staff_pages(get_resolver())) - BEFORE_SIGNING_IN)


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def test_every_staff_page_says_whom_it_is_for() -> None:
    undeclared = [page for page in PAGES if roles.permission_for(page) is None]
    assert not undeclared, "say in prime_portal/roles.py which permission each of these asks for"
    assert len(PAGES) > 60


def test_every_permission_a_page_or_an_action_asks_for_is_in_the_matrix() -> None:
    pages = [roles.permission_for(page) or "" for page in [*PAGES, *roles.PAGES]]
    asked = {one for needed in pages for one in needed.split("|")} | set(roles.ACTIONS.values())
    unheld = {
        permission
        for permission in asked - {EVERYBODY}
        if permission not in MATRIX and permission.split(".")[1].startswith("view_")
    }
    assert not unheld, "say in prime_portal/roles.py who may see these"
    assert all(set(letters) <= set(roles.LETTERS) for letters in MATRIX.values())


def test_every_page_with_an_id_says_which_customer_it_is_about() -> None:
    """Else it would open without a case."""
    takes_an_id = {page for page in PAGES if re.search(r"[0-9a-f-]{36}", address_of(page) or "")}
    unsaid = [page for page in takes_an_id & set(roles.PAGES) if page not in roles.ABOUT]
    assert not unsaid, "say in prime_portal/roles.py (ABOUT) whose customer each of these shows"
    assert len(takes_an_id) > 8
    for about in set(roles.ABOUT.values()) - {"", roles.ASKED}:
        assert about == "usage.Customer" or apps.get_model(about)._meta.get_field("customer")


def test_lists_show_nothing_personal_but_who_works_for_prime() -> None:
    for model, desk in builders.admin_desks():
        private = set(getattr(getattr(model, "kept", None), "private", ()))
        shown = {*desk.list_display, *map(str, desk.list_filter)}
        assert not shown & private or model is User, model


def test_each_column_of_a_list_has_its_name_in_both_languages() -> None:
    named, shown = {str(name) for name in columns.NAMES}, set()
    for model, desk in builders.admin_desks():
        fields = {field.name: field for field in model._meta.fields}
        for one in {*desk.list_display, *map(str, desk.list_filter)} & set(fields):
            shown.add(str(fields[one].verbose_name))
    assert shown - named <= {"active", "last login", "staff"}, (
        "name them in prime_portal/desks/columns.py"
    )
    with translation.override("es"):
        assert str(IssuedReport._meta.get_field("issued_at").verbose_name) == "emitido el"


def test_each_field_of_a_page_and_each_table_has_its_name_in_both_languages() -> None:
    """The rows below another row as well: what Django makes of a name in the code is English."""

    def names(language: str) -> dict[str, str]:
        with translation.override(language):
            found = {}
            for model, desk in builders.admin_desks():
                for one, page in [(model, desk), *((under.model, under) for under in desk.inlines)]:
                    options = one._meta
                    found[options.label] = str(options.verbose_name)
                    found[f"{options.label}s"] = str(options.verbose_name_plural)
                    for field in options.fields:
                        if field.editable and field.name not in (page.exclude or ()):
                            found[str(field)] = str(field.verbose_name)
            return found

    english, spanish = names("en"), names("es")
    alike = {english[part] for part in english if english[part] == spanish[part]}
    assert alike == set(), "name them in prime_portal/desks/columns.py"


def test_no_list_is_searched_by_personal_words() -> None:
    """They would stand in the address, and in logs of it; finding a customer is a POST of its own.

    By a reference or an id, whole, a list may be searched.
    """
    searched = {
        (model._meta.label, *desk.search_fields)
        for model, desk in builders.admin_desks()
        if desk.search_fields
    }
    assert searched == {
        ("usage.Dispute", "=reference"),
        ("prime_portal.LedgerEntry", "row_id", "customer_id"),
    }
    for model, desk in builders.admin_desks():
        private = set(getattr(getattr(model, "kept", None), "private", ()))
        assert not private & {name.lstrip("=^@") for name in desk.search_fields}, model


def test_no_list_is_narrowed_by_personal_words_in_its_address(rf: RequestFactory) -> None:
    """A column of the list's own, and one of the customer a row belongs to."""
    asked = 0
    for model, desk in builders.admin_desks():
        request = rf.get("/admin/")
        for column in getattr(getattr(model, "kept", None), "private", ()):
            for lookup in (column, f"{column}__contains", f"{column}__startswith"):
                assert not desk.lookup_allowed(lookup, "Rosa", request), (model, lookup)
                asked += 1
        if any(field.name == "customer" for field in model._meta.fields):
            assert not desk.lookup_allowed("customer__name__contains", "Rosa", request), model
    assert asked > 60


@pytest.mark.django_db
def test_each_role_is_a_group_that_holds_what_the_matrix_says() -> None:
    for role in Role:
        held = {
            f"{label}.{name}"
            for label, name in Group.objects.get(name=role).permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        assert held == roles.permissions_of(role)
    Group.objects.get(name=Role.AUDITOR).permissions.set(Permission.objects.all())
    roles.lay(using="default")
    assert Group.objects.get(name=Role.AUDITOR).permissions.count() == len(
        roles.permissions_of(Role.AUDITOR)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_role_is_let_in_where_the_matrix_says_so_and_nowhere_else(
    rf: RequestFactory, role: Role
) -> None:
    user = builders.staff("somebody@prime.example", role)
    door = declared_audience(lambda _request: HttpResponse())
    for page in PAGES:
        address = address_of(page)
        if address is None:
            continue
        request = rf.get(address)
        request.user = user
        request.resolver_match = resolve(address)
        needed = roles.permission_for(page)
        held = roles.permissions_of(role)
        may = needed == EVERYBODY or bool(held & set(str(needed).split("|")))
        may |= page in roles.WITH_BROKEN_GLASS and "usage.break_glass" in held  # case_door asks on
        with nullcontext() if may else pytest.raises(PermissionDenied):
            assert door.process_view(request, None, (), {}) is None, page


@pytest.mark.django_db
def test_a_page_opens_with_the_permission_it_declares(client: Client) -> None:
    """What the matrix grants, the page itself grants too. The first role that may tries it.

    Lists and pages of our own; the admin's pages of one row ask as its list does.
    """
    shut = []
    for role in sorted(Role, key=lambda r: r.name):
        client.force_login(builders.staff(f"{role.name.lower()}@prime.example", role))
        earlier = {held for r in Role if r.name < role.name for held in roles.permissions_of(r)}
        for page in PAGES:
            needed = roles.permission_for(page)
            address = address_of(page)
            ours = page in roles.PAGES or page.endswith("_changelist")
            if ours and address and needed in roles.permissions_of(role) - earlier:
                status = client.get(address).status_code
                if status not in {200, 302, 404, 405}:
                    shut.append(f"{page} answers {status} to the {role}")
    assert not shut, "\n".join(shut)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_role_is_offered_the_actions_of_the_matrix_and_no_others(
    rf: RequestFactory, role: Role
) -> None:
    request = rf.get("/admin/")
    request.user = builders.staff("somebody@prime.example", role)
    for model, desk in builders.admin_desks():
        offered = set(desk.get_actions(request))
        label = f"{model._meta.app_label}.{model._meta.object_name}"
        assert offered == {
            name.rsplit(".", 1)[1]
            for name, needed in roles.ACTIONS.items()
            if name.rsplit(".", 1)[0] == label and needed in roles.permissions_of(role)
        }


def test_no_action_takes_ticked_rows_away_as_a_file() -> None:
    """Every action is declared, and asks for a permission before it is even offered."""
    found = {
        f"{model._meta.app_label}.{model._meta.object_name}.{name}": function
        for model, desk in builders.admin_desks()
        for function, name, _words in desk._get_base_actions()
    }
    assert set(found) == set(roles.ACTIONS)
    assert all(getattr(function, "allowed_permissions", ()) for function in found.values())
    assert not [name for name in found if "export" in name or "csv" in name]


def test_the_auditor_reads_and_the_operator_sees_nobody() -> None:
    assert all(".view_" in held for held in roles.permissions_of(Role.AUDITOR))
    assert roles.permissions_of(Role.OPERATOR) == {
        "usage.view_source",
        "usage.add_source",
        "usage.change_source",
        "usage.view_qualityword",
        "usage.view_retentionrun",
        "prime_portal.view_heartbeat",
        "prime_portal.view_restore",
        "prime_portal.end_freeze",
    }
    assert MATRIX["prime_portal.change_user"] == "P"


@pytest.mark.django_db
def test_a_page_that_nobody_declared_is_shut_even_to_a_superuser(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.create_user("root@prime.example", is_staff=True))
    User.objects.update(is_superuser=True)
    assert client.get("/admin/notice/").status_code == 200
    monkeypatch.delitem(roles.PAGES, "notice_desk:desk")
    assert client.get("/admin/notice/").status_code == 403


@pytest.mark.django_db
def test_a_role_taken_away_shuts_the_page_at_the_next_request(client: Client) -> None:
    user = builders.staff("clerk@prime.example", Role.SERVICE)
    client.force_login(user)
    assert client.get("/admin/usage/dispute/").status_code == 200
    user.groups.clear()
    assert client.get("/admin/usage/dispute/").status_code == 403
    User.objects.filter(pk=user.pk).update(is_staff=False)
    assert client.get("/admin/usage/dispute/").status_code == 404


@pytest.mark.django_db
def test_nobody_gives_herself_a_role(client: Client) -> None:
    alma = builders.alma()
    bruno = builders.bruno()
    client.force_login(alma)
    auditor = Group.objects.get(name=Role.AUDITOR)
    for user, status in ((alma, 403), (bruno, 302)):
        page = f"/admin/prime_portal/user/{user.pk}/change/"
        sent = {"name": "x", "language": "en", "is_active": "on", "is_staff": "on"}
        sent |= {"groups": str(auditor.pk), "is_superuser": "on", "user_permissions": "1"}
        assert client.post(page, sent).status_code == status
    assert not User.objects.filter(is_superuser=True).exists()
    assert not bruno.user_permissions.exists()
    assert list(bruno.groups.all()) == [auditor]
    assert list(alma.groups.values_list("name", flat=True)) == [Role.OFFICIAL]
    (change,) = RoleChange.objects.all()
    assert (change.user, change.by, change.let_in) == (bruno, alma, True)
    assert (change.before, change.roles) == ([Role.OFFICIAL], [Role.AUDITOR])
    assert LedgerEntry.objects.filter(row_id=change.pk).count() == 1


@pytest.mark.django_db
def test_letting_somebody_out_is_recorded_and_a_new_name_is_not(client: Client) -> None:
    client.force_login(builders.alma())
    bruno = builders.bruno()
    page = f"/admin/prime_portal/user/{bruno.pk}/change/"
    sent = {"name": "Bruno", "language": "en", "is_active": "on", "is_staff": "on"}
    sent |= {"groups": str(Group.objects.get(name=Role.OFFICIAL).pk)}
    assert client.post(page, sent).status_code == 302
    assert not RoleChange.objects.exists()
    del sent["is_staff"]
    assert client.post(page, sent).status_code == 302
    change = RoleChange.objects.get()
    assert (change.before, change.roles, change.let_in) == ([Role.OFFICIAL], [Role.OFFICIAL], False)
    client.force_login(builders.staff("aurora@prime.example", Role.AUDITOR))
    assert "bruno" in client.get("/admin/prime_portal/rolechange/").content.decode().lower()


@pytest.mark.django_db
def test_the_first_of_the_staff_is_made_on_the_command_line() -> None:
    facts = {"name": "Alma Official", "role": ["privacy official"]}
    call_command("make_staff", "alma@prime.example", **facts)
    alma = User.objects.get()
    assert alma.has_perm("usage.add_hold")
    change = RoleChange.objects.get()
    assert (change.user, change.by, change.before) == (alma, None, [])
    assert change.roles == [Role.OFFICIAL]
    assert not alma.has_usable_password()
    assert not alma.is_superuser
    with pytest.raises(CommandError, match="signs in somebody already"):
        call_command("make_staff", "Alma@prime.example", **facts)
    with pytest.raises(CommandError, match="choose from 'service representative', 'mail clerk'"):
        call_command("make_staff", "omar@prime.example", "--name=Omar", "--role=nobody")


# -- The auditor's way from a list to a customer's entries ---------------------------------------


@pytest.mark.django_db
def test_the_auditor_goes_from_a_list_to_all_entries_of_a_customer_and_reads_no_name(
    client: Client,
) -> None:
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    her = builders.holder(rosa, "rosa@example.org")
    held = builders.authorization(rosa, her)
    builders.authorization(luis, builders.holder(luis, "luis@example.org"))
    client.force_login(builders.staff("aurora@prime.example", Role.AUDITOR))
    for shown in ("consent/authorization", "usage/claim", "consent/receipt", "usage/download"):
        answer = client.get(f"/admin/{shown}/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Rosa" not in page
        assert "rosa@" not in page
        assert f"/admin/{shown}/{held.pk}/change/" not in page, "it would be shut to her"
    entries = "/admin/prime_portal/ledgerentry/?q="
    page = client.get("/admin/consent/authorization/").content.decode()
    assert f"{entries}{held.pk}" in page
    page = client.get(f"{entries}{held.pk}").content.decode()
    assert f"?q={rosa.pk}" in page
    found = client.get(f"{entries}{rosa.pk}").context["cl"].result_list
    assert {entry.customer_id for entry in found} == {rosa.pk}
    assert {"consent_authorization:written", "usage_claim:written"} <= {one.kind for one in found}
    entry = client.get(f"/admin/prime_portal/ledgerentry/{found[0].pk}/change/")
    assert entry.status_code == 200
    assert "Rosa" not in entry.content.decode()
    assert not client.get(f"{entries}Rosa").context["cl"].result_list
    case = builders.case(rosa, builders.alma())
    page = f"/admin/usage/case/{case.pk}/change/"
    hers = client.get(page).content.decode()
    assert str(rosa.pk) in hers
    assert "Rosa Ejemplo" not in hers
    client.force_login(builders.alma())
    for shown in (page, "/admin/usage/claim/"):
        hers = client.get(shown).content.decode()
        assert f">{rosa}<" in hers, "the end of her account number"
        assert "Rosa Ejemplo" not in hers


@pytest.mark.django_db
def test_the_auditor_follows_a_row_to_what_the_record_holds_of_it_and_writes_nothing(
    client: Client,
) -> None:
    """Where only a case opens the page, she is led to the row: its facts, and no private words."""
    builders.notice()
    rosa = builders.customer()
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    receipt = held.receipts.get()
    report = issuing.issue(
        IssuedReport.Kind.BINDER,
        first_day=builders.TODAY,
        last_day=builders.TODAY,
        by=builders.alma(),
        at=builders.NOW + timedelta(days=1),
    )
    client.force_login(builders.staff("aurora@prime.example", Role.AUDITOR))
    for row in (held, receipt):
        label = row._meta.label_lower
        page = f"/admin/evidence/{label}/{row.pk}/"
        answer = client.get(f"/admin/{label.replace('.', '/')}/{row.pk}/change/")
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        answer = client.get(page)
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert f"?q={rosa.pk}" in shown
        assert f"?q={row.pk}" in shown
        assert "Rosa" not in shown
        assert 'method="post" class="desk__form"' not in shown
        assert client.post(page, {"act": "mark", "mark-reason": "x"}).status_code == 403
    assert f"/admin/evidence/consent.authorization/{held.pk}/" in shown, "the receipt's grant"
    assert (
        f"/admin/evidence/consent.receipt/{receipt.pk}/"
        in client.get(f"/admin/prime_portal/ledgerentry/?q={receipt.pk}").content.decode()
    )
    gone = client.get(f"/admin/usage/customer/{rosa.pk}/kind/billing_history/")
    assert gone.status_code == 403, "no page of a customer herself"
    for page in (
        "/admin/reports/",
        f"/admin/reports/{report.pk}/",
        f"/admin/reports/{report.pk}/csv/",
    ):
        assert client.get(page).status_code == 200
    asked = {"kind": "binder", "first_day": "2026-01-01", "last_day": "2026-01-02"}
    assert client.post("/admin/reports/", asked).status_code == 403
    client.force_login(builders.staff("serena@prime.example", Role.SERVICE))
    page = f"/admin/evidence/consent.authorization/{held.pk}/"
    assert str(rosa.pk) not in client.get(page).content.decode(), "clerks mark, and read in a case"


@pytest.mark.django_db
def test_entries_are_found_along_an_index_by_row_and_by_customer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT * FROM ledger.entry WHERE row_id = %s OR customer_id = %s",
            [uuid4(), uuid4()],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "entries_of_a_row" in plan
    assert "entries_of_a_customer" in plan
