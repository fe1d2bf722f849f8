"""Sharing, page by page: Rosa's own, and nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from consent import authorizations
from consent.models import Authorization, StatedUse
from prime_portal.models import User
from tests import builders
from usage import purposes
from usage.granularity import Granularity
from usage.models import Category, Customer, Via

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer, client: Client) -> User:
    user = builders.holder(rosa, "rosa@example.org")
    client.force_login(user)
    return user


@pytest.fixture
def use() -> StatedUse:
    return builders.use(at=timezone.now())


@pytest.fixture
def granted(rosa: Customer, her: User) -> Authorization:
    return builders.authorization(rosa, her, at=timezone.now())


def choices(rosa: Customer, **change: object) -> dict[str, object]:
    return {
        "customer": rosa.pk,
        "agreements": [agreement.pk for agreement in rosa.agreements.all()],
        "categories": ["interval_usage"],
        "granularity": "as_measured",
        "history": "asked",
        "until": "canceled",
        "request_key": uuid4(),
    } | change


def answers(page: HttpResponse) -> dict[str, object]:
    """Return what the read-back page posts, as a browser would."""
    fields = {field.html_name: field.value() for field in page.context["form"]}
    return {name: value for name, value in fields.items() if value is not None}


def plain(page: HttpResponse) -> str:
    """Return a page without the random token of its forms."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", page.content.decode())


def test_nothing_is_ticked_beforehand(client: Client, her: User, use: StatedUse) -> None:
    page = client.get(f"/en/sharing/new/{use.pk}/").content.decode()
    assert 'type="checkbox"' in page
    assert " checked" not in page
    assert " selected" not in page


def test_choose_read_back_confirm(
    client: Client, rosa: Customer, her: User, use: StatedUse
) -> None:
    address = f"/en/sharing/new/{use.pk}/"
    assert use.third_party.words.legal_name in client.get("/en/sharing/new/").content.decode()
    back = client.post(address, choices(rosa))
    assert not Authorization.objects.exists(), "reading back grants nothing"
    assert "Size a solar roof" in back.content.decode()
    done = client.post(
        address,
        answers(back) | {"customer": rosa.pk, "confirm": "yes"},
        headers={"user-agent": "Her Browser/1.0"},
    )
    held = Authorization.objects.get()
    assert (held.signed_from, held.signed_with) == ("127.0.0.1", "Her Browser/1.0")
    assert "Her Browser/1.0" in client.get(done["Location"]).content.decode()
    assert done["Location"] == f"/en/sharing/{held.pk}/"
    assert str(back.context["shown"]) == held.shown.text


def test_she_sees_the_first_and_last_lines_that_would_go(
    client: Client, rosa: Customer, her: User, use: StatedUse
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    builders.readings(rosa.agreements.get(), first=yesterday - timedelta(days=1), days=2, wh=310)
    address = f"/en/sharing/new/{use.pk}/"
    page = client.post(address, choices(rosa))
    shown = page.context["preview"]
    assert shown.rows == builders.quarters(yesterday - timedelta(days=1), days=2)
    assert [line[4] for line in shown.lines] == ["0.310", "0.310"]
    assert shown.lines[0][2].startswith(str(yesterday - timedelta(days=1)))
    assert shown.lines[1][2].startswith(str(yesterday))
    hers = client.post(address.replace("/en/", "/es/"), choices(rosa)).context["preview"]
    assert hers.columns[4] == "Energía (kWh)"
    assert [(line[1], line[5]) for line in hers.lines] == [("entregado", "válida")] * 2
    assert hers.size == shown.size, "what goes is in English, whoever looks at it"
    nothing = client.post(address, choices(rosa, history="today")).context["preview"]
    assert (nothing.rows, nothing.lines) == (0, [])


def test_confirming_without_having_read_grants_nothing(
    client: Client, rosa: Customer, her: User, use: StatedUse
) -> None:
    answer = client.post(f"/en/sharing/new/{use.pk}/", choices(rosa, confirm="yes"))
    assert answer.status_code == 409
    assert not Authorization.objects.exists()


def test_words_changed_in_between_are_shown_anew_with_409(
    client: Client, rosa: Customer, her: User, use: StatedUse
) -> None:
    address = f"/en/sharing/new/{use.pk}/"
    back = client.post(address, choices(rosa))
    purposes.reword(
        use.purpose,
        name_en="Something else",
        name_es="Otra cosa",
        text_en="x",
        text_es="y",
        at=timezone.now(),
    )
    answer = client.post(address, answers(back) | {"customer": rosa.pk, "confirm": "yes"})
    assert answer.status_code == 409
    assert "Something else" in answer.content.decode()
    assert not Authorization.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"agreements": []},
        {"categories": []},
        {"categories": ["program_enrollment"]},
        {"until": ""},
        {"history": ""},
        {"granularity": ""},
        {"granularity": "each second"},
        {"until": "date"},
        {"until": "date", "last_day": "2020-01-01"},
        {"agreements": [uuid4()]},
    ],
)
def test_a_choice_that_is_missing_or_impossible_is_named(
    client: Client, rosa: Customer, her: User, use: StatedUse, change: dict[str, object]
) -> None:
    page = client.post(f"/en/sharing/new/{use.pk}/", choices(rosa, **change))
    assert page.status_code == 422
    assert page.context["form"].errors


def test_saying_no_is_recorded_once_and_shares_nothing(
    client: Client, rosa: Customer, her: User, use: StatedUse
) -> None:
    address, key = f"/en/sharing/new/{use.pk}/", uuid4()
    assert 'name="decline"' in client.get(address).content.decode()
    no = {"customer": rosa.pk, "request_key": key, "decline": "yes"}
    for _twice in range(2):
        assert client.post(address, no)["Location"] == "/en/sharing/"
    back = client.post(address, choices(rosa))
    client.post(address, answers(back) | {"customer": rosa.pk, "decline": "yes"})
    assert not Authorization.objects.exists()
    first, _second = rosa.declined.order_by("declined_at")
    assert (first.declined_by, first.via, first.request_key) == (her, Via.PORTAL, key)
    assert first.purpose_words.name_en == "Size a solar roof"
    assert client.post(address, no | {"request_key": ""}).status_code == 422


def test_sensitive_kinds_are_ticked_apart(client: Client, rosa: Customer, her: User) -> None:
    use = builders.use(
        "program-sample", categories=["interval_usage", "generation_export"], at=timezone.now()
    )
    Category.objects.filter(pk="generation_export").update(sensitive=True)
    address = f"/en/sharing/new/{use.pk}/"
    in_the_wrong_box = choices(rosa, categories=["interval_usage", "generation_export"])
    assert client.post(address, in_the_wrong_box).status_code == 422
    back = client.post(address, choices(rosa, sensitive=["generation_export"]))
    assert "(sensitive)" in str(back.context["shown"])
    client.post(address, answers(back) | {"customer": rosa.pk, "confirm": "yes"})
    assert Authorization.objects.get().categories == ["generation_export", "interval_usage"]


def test_no_finer_than_they_ask_is_offered(client: Client, rosa: Customer, her: User) -> None:
    use = builders.use(at=timezone.now(), granularity=Granularity.HOURLY)
    address = f"/en/sharing/new/{use.pk}/"
    assert "as_measured" not in client.get(address).content.decode()
    assert client.post(address, choices(rosa)).status_code == 422
    back = client.post(address, choices(rosa, granularity="daily"))
    assert "nothing finer" in str(back.context["shown"])


def test_a_form_shown_for_another_customer_is_409(
    client: Client, her: User, use: StatedUse
) -> None:
    luis = builders.customer(builders.LUIS)
    answer = client.post(f"/en/sharing/new/{use.pk}/", choices(luis))
    assert answer.status_code == 409
    answer = client.post(f"/en/sharing/new/{use.pk}/", {})
    assert answer.status_code == 409


def test_get_asks_and_post_cancels(client: Client, rosa: Customer, granted: Authorization) -> None:
    address = f"/en/sharing/{granted.pk}/cancel/"
    client.get(address)
    client.head(address)
    assert Authorization.objects.get().canceled_at is None
    client.post(address, {"customer": rosa.pk})
    assert Authorization.objects.get().canceled_at is not None
    assert Authorization.objects.get().canceled_via == Via.PORTAL


def test_canceling_takes_no_more_steps_than_granting(
    client: Client, rosa: Customer, granted: Authorization
) -> None:
    """Granting is list, choose, choices, read back, confirm. Canceling: list, ask, confirm."""
    page = client.get("/en/sharing/").content.decode()
    assert f'href="/en/sharing/{granted.pk}/cancel/"' in page
    ask = client.get(f"/en/sharing/{granted.pk}/cancel/").content.decode()
    form = ask[ask.index('<form method="post"') :]
    form = form[: form.index("</form>")]
    assert form.count("<input") == form.count('type="hidden"'), "no field to fill in"
    assert form.count("<button") == 1


def test_a_stranger_can_neither_see_nor_cancel_it(client: Client, granted: Authorization) -> None:
    luis = builders.customer(builders.LUIS)
    client.force_login(builders.holder(luis, "luis@example.org"))
    for address in (f"/en/sharing/{granted.pk}/", f"/en/sharing/{granted.pk}/cancel/"):
        there = client.get(address)
        other = str(uuid4())
        nowhere = client.get(address.replace(str(granted.pk), other))
        assert there.status_code == nowhere.status_code == 404
        assert plain(there).replace(str(granted.pk), other) == plain(nowhere)
    answer = client.post(f"/en/sharing/{granted.pk}/cancel/", {"customer": luis.pk})
    assert answer.status_code == 404
    assert Authorization.objects.get().canceled_at is None


def test_the_list_tells_what_is_in_force_from_what_has_ended(
    client: Client, rosa: Customer, granted: Authorization
) -> None:
    assert client.get("/es/sharing/").context["active"] == [granted]
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PHONE, at=timezone.now())
    page = client.get("/es/sharing/")
    assert page.context["active"] == []
    assert list(page.context["ended"]) == [granted]


def test_signing_in_and_canceling_work_while_redis_and_mail_are_down(
    client: Client, rosa: Customer, granted: Authorization, settings: Any
) -> None:
    """Sessions and sign-in limits are in PostgreSQL; the queue is rows there, too (6.10)."""
    assert "redis" not in str(settings.CACHES).lower()
    assert "db" in settings.SESSION_ENGINE
    settings.EMAIL_BACKEND = "notices.mail.Door"
    settings.EMAIL_PORT = 1
    her = granted.granted_by
    her.set_password("a long and honest pass phrase")
    her.save()
    client.logout()
    answers = {"login": her.email, "password": "a long and honest pass phrase"}
    assert client.post("/en/account/login/", answers)["Location"] == "/en/my/"
    done = client.post(f"/en/sharing/{granted.pk}/cancel/", {"customer": rosa.pk})
    assert client.get(done["Location"]).status_code == 200
    assert Authorization.objects.get().canceled_at is not None
