"""Staff see a customer's information only in a case of hers, trained, and on record (5.1, 5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notices import deliveries
from notices.models import StaffMail
from prime_portal import roles
from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders
from tests.test_roles import PAGES
from tests.test_whole_portal import address_of
from usage import cases, disputes, finding
from usage.disputes import About
from usage.models import (
    Case,
    Category,
    Customer,
    Dispute,
    Look,
    Search,
    TrainingRecord,
    Via,
)

pytestmark = pytest.mark.django_db
WHERE = "1 Calle Ficticia"
WHY = {"reason": "call", "words": "Called about her bill."}


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


@pytest.fixture
def rosa() -> Customer:
    return builders.customer({"programs": "CARE", "telephone": "(562) 555-0101"})


@pytest.fixture
def as_(client: Client) -> Callable[[Role], Client]:
    def sign_in(role: Role) -> Client:
        email = f"{role.name.lower()}@prime.example"
        client.force_login(User.objects.filter(email=email).first() or builders.staff(email, role))
        return client

    return sign_in


def her_page(rosa: Customer) -> str:
    return f"/admin/usage/customer/{rosa.pk}/change/"


def opening(rosa: Customer, there: str = "") -> str:
    return f"/admin/usage/case/open/?customer={rosa.pk}&next={there or her_page(rosa)}"


def dispute(rosa: Customer, by: User) -> Dispute:
    return disputes.raise_(
        rosa,
        About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text="It was dark at noon.",
        request_key=uuid4(),
        by=by,
        via=Via.PORTAL,
        at=timezone.now(),
    )


# -- The door --------------------------------------------------------------------------


def test_a_customers_page_opens_after_saying_why_and_each_look_is_on_record(as_, rosa) -> None:
    clerk = as_(Role.SERVICE)
    answer = clerk.get(her_page(rosa))
    assert answer.status_code == 302
    asked = clerk.get(answer["Location"]).content.decode()
    assert "She sees who looked" in asked
    assert WHERE not in asked
    assert not Look.objects.exists()

    assert clerk.post(answer["Location"], {"reason": "call", "words": " "}).status_code == 200
    assert not Case.objects.exists()
    opened = clerk.post(answer["Location"], WHY)
    assert opened["Location"] == her_page(rosa)
    page = clerk.get(her_page(rosa)).content.decode()
    assert WHERE in page
    assert "TOU-D-4-9PM" not in page, "rates are a page, and a look, of their own"
    kind = clerk.get(f"/admin/usage/customer/{rosa.pk}/kind/rate_schedule/").content.decode()
    assert "TOU-D-4-9PM" in kind
    assert list(Look.objects.values_list("page", "part")) == [
        ("admin:usage_customer_change", ""),
        ("admin:usage_customer_kind", "rate_schedule"),
    ]


def test_no_page_about_a_customer_opens_without_a_case(as_, rosa) -> None:
    """Every page that is about somebody, with a row of hers; the way leads to saying why."""
    her = builders.holder(rosa, "rosa@example.org")
    builders.notice()
    dispute(rosa, her)
    deliveries.plan(at=timezone.now())
    builders.authorization(rosa, her)
    official = as_(Role.OFFICIAL)
    alma = User.objects.get(email="official@prime.example")
    tried = set()
    for page in PAGES:
        about = roles.about(page)
        needed = roles.permission_for(page) or ""
        address = address_about(page, about, rosa) if about else None
        if address is None or not roles.may(alma, needed):
            continue
        tried.add(page)
        answer = official.get(address)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/admin/usage/case/open/"), page
        assert official.post(address)["Location"].startswith("/admin/usage/case/open/"), page
    assert {
        "admin:usage_customer_change",
        "admin:usage_customer_kind",
        "admin:usage_dispute_change",
        "admin:usage_dispute_add",
        "admin:usage_download_add",
        "admin:usage_contactchange_add",
        "admin:notices_delivery_change",
        "admin:consent_authorization_change",
    } <= tried
    assert not Look.objects.exists()


def test_half_an_hour_later_the_next_page_is_shut(as_, rosa) -> None:
    clerk = as_(Role.SERVICE)
    me = User.objects.get(email="service@prime.example")
    case = builders.case(rosa, by=me, at=timezone.now() - timedelta(minutes=29, seconds=50))
    assert clerk.get(her_page(rosa)).status_code == 200
    assert cases.live(rosa.pk, by=me, at=case.expires_at) is None
    assert cases.live(rosa.pk, by=me, at=case.expires_at - timedelta(seconds=1)) == case
    clerk.post(f"/admin/usage/case/{case.pk}/close/")
    assert clerk.get(her_page(rosa)).status_code == 302
    with pytest.raises(DatabaseError, match="stamped already"):
        Case.objects.filter(pk=case.pk).update(closed_at=None)


def test_a_case_opens_one_customer_to_one_person(as_, rosa) -> None:
    luis = builders.customer(builders.LUIS)
    clerk = as_(Role.SERVICE)
    builders.case(rosa, by=User.objects.get(email="service@prime.example"))
    assert clerk.get(her_page(luis)).status_code == 302
    assert as_(Role.OFFICIAL).get(her_page(rosa)).status_code == 302


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
def test_the_auditor_and_the_operator_open_nobody(as_, rosa, role) -> None:
    held = dispute(rosa, builders.holder(rosa, "rosa@example.org"))
    staff = as_(role)
    for address in (her_page(rosa), opening(rosa)):
        assert staff.get(address).status_code == 403
    answer = staff.get(f"/admin/usage/dispute/{held.pk}/change/", follow=True)
    if role == Role.AUDITOR:  # led to the row as the record holds it
        assert answer.redirect_chain == [(f"/admin/evidence/usage.dispute/{held.pk}/", 302)]
        assert held.reference in answer.content.decode()
        assert held.text not in answer.content.decode()
    else:
        assert answer.status_code == 403
    assert staff.post("/admin/usage/customer/", {"text": "Rosa"}).status_code == 403
    assert not Case.objects.exists()


def test_a_look_that_cannot_be_written_down_shows_nothing(as_, rosa, monkeypatch) -> None:
    clerk = as_(Role.SERVICE)
    builders.case(rosa, by=User.objects.get(email="service@prime.example"))

    def full(*_args: object, **_facts: object) -> None:
        raise DatabaseError("no room")

    clerk.raise_request_exception = False
    monkeypatch.setattr("usage.cases.Look.objects.create", full)
    answer = clerk.get(her_page(rosa))
    assert answer.status_code == 500
    assert WHERE not in answer.content.decode()


def test_a_look_is_on_record_even_when_the_page_breaks(as_, rosa, monkeypatch) -> None:
    clerk = as_(Role.SERVICE)
    builders.case(rosa, by=User.objects.get(email="service@prime.example"))
    monkeypatch.setattr("prime_portal.record.record_of", lambda _customer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        clerk.get(her_page(rosa))
    assert Look.objects.count() == 1


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "/en/my/", "/x"])
def test_opening_leads_to_staff_pages_only(as_, rosa, there) -> None:
    assert as_(Role.SERVICE).post(opening(rosa, there), WHY)["Location"] == her_page(rosa)


# -- Without the right to ----------------------------------------------------------------


def test_breaking_glass_opens_one_page_tells_a_second_person_and_waits_for_review(
    as_, rosa
) -> None:
    alma, bruno = builders.alma(), builders.bruno()
    clerk = as_(Role.MAIL)
    way = clerk.get(her_page(rosa))["Location"]
    assert "You have no right to see this" in clerk.get(way).content.decode()
    assert clerk.post(way, WHY).status_code == 200, "the box is not ticked"
    assert clerk.post(way, WHY | {"urgent": "on"})["Location"] == her_page(rosa)
    case = Case.objects.get()
    assert case.broke_glass
    assert WHERE in clerk.get(her_page(rosa)).content.decode()
    for shut in ("dispute", "download", "contactchange"):
        assert clerk.get(f"/admin/usage/{shut}/add/?customer={rosa.pk}").status_code == 403

    told = StaffMail.objects.select_related("to")
    assert {mail.to for mail in told} == {alma, bruno}
    assert not any(b"Rosa" in bytes(mail.content) for mail in told)
    assert list(Case.objects.to_review()) == [case]
    with pytest.raises(cases.Refused, match="Another person"):
        cases.review(case, text="Fine.", by=case.opened_by, at=timezone.now())
    page = f"/admin/usage/case/{case.pk}/change/"
    assert clerk.get(page).status_code == 403
    official = as_(Role.OFFICIAL)
    assert "not reviewed yet" in official.get(page).content.decode()
    assert official.post(page, {"text": "It was urgent indeed."}).status_code == 302
    assert not Case.objects.to_review().exists()
    with pytest.raises(cases.Refused, match="nothing to review"):
        cases.review(case, text="Again.", by=alma, at=timezone.now())


def test_whoever_has_the_right_breaks_no_glass_and_whoever_must_not_cannot(as_, rosa) -> None:
    as_(Role.SERVICE).post(opening(rosa), WHY | {"urgent": "on"})
    assert not Case.objects.get().broke_glass
    assert as_(Role.NOTICES).get(opening(rosa, "/admin/usage/hold/place/")).status_code == 200
    assert as_(Role.OPERATOR).get(opening(rosa)).status_code == 403


# -- Training ------------------------------------------------------------------------------


def test_training_that_ran_out_shuts_the_next_page(as_, rosa) -> None:
    clerk = as_(Role.SERVICE)
    me = User.objects.get(email="service@prime.example")
    builders.case(rosa, by=me)
    until = TrainingRecord.objects.get(person=me).expires_on
    last_day = builders.NOW.replace(year=until.year - 1, month=12, day=31)
    assert cases.open_(rosa, **reason(), by=me, at=last_day)
    with pytest.raises(cases.Refused, match=r"5\.2"):
        cases.open_(rosa, **reason(), by=me, at=last_day + timedelta(days=1))
    untrained = User.objects.create_user("new@prime.example", is_staff=True)
    untrained.groups.set(me.groups.all())
    clerk.force_login(untrained)
    for answer in (clerk.get(opening(rosa)), clerk.post(opening(rosa), WHY)):
        assert answer.status_code == 403
        assert "Your training does not count today" in answer.content.decode()
    builders.trained(untrained, until=date(2026, 7, 2))
    assert clerk.get(opening(rosa)).status_code == 403, "it is over"
    builders.trained(untrained)
    assert clerk.get(opening(rosa)).status_code == 200


def reason() -> dict[str, object]:
    return {"reason": Case.Reason.CALL, "words": "Called about her bill."}


# -- Finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        *("rosa  EJEMPLO", "Calle Ficticia", "562-555-0101", "5625550101"),
        *("0001", "7000-0000-0001", "3000 000 001"),
    ],
)
def test_she_is_found_by_what_she_can_say_and_little_is_shown(as_, rosa, said) -> None:
    builders.customer(builders.LUIS)
    page = as_(Role.SERVICE).post("/admin/usage/customer/", {"text": said}).content.decode()
    assert "Rosa Ejemplo" in page
    assert "Luis" not in page
    for hidden in (WHERE, "555-0101\n", rosa.account_number, "3000000001"):
        assert hidden not in page
    search = Search.objects.get()
    assert (search.text, search.found) == (" ".join(said.split()), 1)


@pytest.mark.parametrize("said", ["Nicolas", "NICOLÁS", "nunez nicolas", "O'Nunez", "O’Núñez"])
def test_accents_and_capitals_do_not_hide_her_neighbor(as_, rosa, said) -> None:
    builders.customer(builders.LUIS | {"customer_name": "Nicolás O’Núñez"})
    page = as_(Role.SERVICE).post("/admin/usage/customer/", {"text": said}).content.decode()
    assert "1 customer found" in page
    assert "Nicolás" in page


@pytest.mark.parametrize("said", ["Ejemplo Rosa", "Ejemplo, Rosa", "ejem ros", "Rosa, Ficticia"])
def test_each_word_of_a_search_must_fit_in_any_order(as_, rosa, said) -> None:
    builders.customer(builders.LUIS)
    clerk = as_(Role.SERVICE)
    page = clerk.post("/admin/usage/customer/", {"text": said}).content.decode()
    assert "Rosa Ejemplo" in page
    assert "Luis" not in page
    page = clerk.post("/admin/usage/customer/", {"text": f"{said} Muestra"}).content.decode()
    assert "0 customers found" in page


def test_a_place_is_found_by_its_address_as_pages_print_it(as_) -> None:
    for number, street in enumerate(("101", "1101", "1010", "10")):
        builders.customer(
            builders.LUIS
            | {
                "account_number": f"70000000002{number}",
                "service_account_number": f"300000002{number}",
                "service_point": f"SP-{number}",
                "customer_name": f"Person {street}",
                "service_address_1": f"{street} Sample Avenue",
            }
        )
    clerk = as_(Role.SERVICE)
    for said in ("101 Sample Avenue, Pico Rivera", "101 sample ave", "101 Sample Avenue\nPico"):
        page = clerk.post("/admin/usage/customer/", {"text": said}).content.decode()
        assert "1 customer found" in page, said
        assert "Person 101" in page
    assert (
        "0 customers found"
        in clerk.post("/admin/usage/customer/", {"text": ",,,"}).content.decode()
    )
    assert (
        "0 customers found"
        in clerk.post("/admin/usage/customer/", {"text": "%%%"}).content.decode()
    )


def test_who_is_not_trained_today_searches_for_nobody(as_, rosa) -> None:
    clerk = as_(Role.SERVICE)
    me = User.objects.get(email="service@prime.example")
    untrained = User.objects.create_user("new@prime.example", is_staff=True)
    untrained.groups.set(me.groups.all())
    clerk.force_login(untrained)
    where = "/admin/usage/customer/"
    for answer in (clerk.get(where), clerk.post(where, {"text": "Rosa Ejemplo"})):
        assert answer.status_code == 403
        said = answer.content.decode()
        assert "Your training does not count today" in said
        assert "Rosa" not in said
        assert 'name="text"' not in said
    with pytest.raises(cases.Refused, match=r"5\.2"):
        finding.find("Rosa Ejemplo", by=untrained, at=timezone.now())
    assert not Search.objects.exists()
    builders.trained(untrained, until=date(2026, 7, 2))
    assert clerk.post(where, {"text": "Rosa Ejemplo"}).status_code == 403, "it is over"
    builders.trained(untrained)
    assert "Rosa Ejemplo" in clerk.post(where, {"text": "Rosa Ejemplo"}).content.decode()


def test_a_search_for_too_little_finds_nobody(as_, rosa) -> None:
    clerk = as_(Role.SERVICE)
    assert "Rosa" not in clerk.get("/admin/usage/customer/").content.decode()
    assert "Rosa" not in clerk.post("/admin/usage/customer/", {"text": "Ro"}).content.decode()
    assert "Rosa" not in clerk.get("/admin/usage/customer/?q=Rosa").content.decode()


# -- Who looked --------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "title"), [("en", "Who looked"), ("es", "Quién miró")])
def test_she_reads_who_looked_at_what_and_why(client, as_, rosa, language, title) -> None:
    clerk = as_(Role.SERVICE)
    User.objects.filter(email="service@prime.example").update(name="Serena Service")
    clerk.post(opening(rosa), WHY)
    clerk.get(f"/admin/usage/customer/{rosa.pk}/kind/rate_schedule/")
    client.force_login(builders.holder(rosa, "rosa@example.org"))
    assert "/usage/looked/" in client.get(f"/{language}/my/information/").content.decode()
    page = client.get(f"/{language}/usage/looked/").content.decode()
    category = Category.objects.get(key="rate_schedule")
    kind = category.name_es if language == "es" else category.name_en
    for said in (title, "Serena Service", "Called about her bill.", kind):
        assert said in page
    luis = builders.customer(builders.LUIS)
    client.force_login(builders.holder(luis, "luis@example.org"))
    assert "Serena" not in client.get(f"/{language}/usage/looked/").content.decode()


def test_who_looked_says_when_there_are_more_and_shows_them_all(client, rosa) -> None:
    by = builders.alma()
    for n in range(101):
        builders.case(rosa, by, at=timezone.now() - timedelta(days=n + 1))
    client.force_login(builders.holder(rosa, "rosa@example.org"))
    page = client.get("/en/usage/looked/").text
    assert "These are the newest of 101." in page
    assert page.count("Called about her bill.") == 100
    everything = client.get("/en/usage/looked/?all=yes").text
    assert "These are the newest of" not in everything
    assert everything.count("Called about her bill.") == 101


def address_about(page: str, about: str, rosa: Customer) -> str | None:
    """The address of a page, with some row of hers; None where she has none of that kind."""
    if about == roles.ASKED:
        return f"{reverse(page)}?customer={rosa.pk}"
    model = apps.get_model(about)
    rows = model._default_manager.filter(
        **({"pk": rosa.pk} if model is Customer else {"customer": rosa})
    )
    row = rows.first()
    if row is None:
        return None
    made_up = address_of(page) or ""
    if "/1/" in made_up:
        return made_up.replace("/1/", f"/{row.pk}/", 1)
    return re.sub(r"[0-9a-f-]{36}", str(row.pk), made_up, count=1)
