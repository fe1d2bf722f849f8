"""By telephone, on paper, at the counter: whatever way can grant can cancel, and any cancels any."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from consent import authorizations, signed_receipts, wishes
from consent.authorizations import NotGranted
from consent.models import Authorization, StatedUse, Wish
from consent.wishes import Heard
from prime_portal.models import User
from tests import builders
from tests.builders import NOW
from usage import purposes
from usage.models import Customer, Via

pytestmark = pytest.mark.django_db
MINUTE = "%Y-%m-%dT%H:%M"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


@pytest.fixture
def staff(client: Client, monkeypatch: pytest.MonkeyPatch, rosa: Customer) -> Client:
    """Alma at the admin, her second factor checked, in a case of Rosa's."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.alma())
    builders.case(rosa, by=builders.alma())
    return client


def heard(via: Via, *, at: datetime = NOW) -> Heard | None:
    if via == Via.PORTAL:
        return None
    return Heard(speaker="Rosa Ejemplo", identity="called back", received_at=at, reference="17")


def granted_via(rosa: Customer, her: User, via: Via, at: datetime = NOW) -> Authorization:
    chosen = builders.terms(rosa, builders.use())
    shown = authorizations.read_back(rosa, chosen, language="es", at=NOW)
    return authorizations.grant(
        rosa,
        chosen,
        shown_sha256=shown.sha256,
        request_key=uuid4(),
        language="es",
        by=her if via == Via.PORTAL else builders.alma(),
        via=via,
        at=NOW,
        heard=heard(via, at=at),
    )


@pytest.mark.parametrize("granting", Via)
@pytest.mark.parametrize("canceling", Via)
def test_any_way_cancels_what_any_way_granted(
    rosa: Customer, her: User, granting: Via, canceling: Via
) -> None:
    held = granted_via(rosa, her, granting)
    by = her if canceling == Via.PORTAL else builders.alma()
    done = authorizations.cancel(held, by=by, via=canceling, at=NOW, heard=heard(canceling))
    assert (done.via, done.canceled_via) == (granting, canceling)
    assert not Authorization.objects.in_force(at=NOW).exists()
    assert (done.canceled_wish is None) == (canceling == Via.PORTAL)
    assert done.receipts.count() == 2


@pytest.mark.parametrize("via", [Via.PHONE, Via.PAPER, Via.COUNTER])
def test_staff_grant_nothing_without_saying_how_they_heard_it(
    rosa: Customer, her: User, via: Via, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.consent.test_wishes.heard", lambda *_args, **_more: None)
    with translation.override("en"), pytest.raises(NotGranted, match=r"6\.10"):
        granted_via(rosa, her, via)


def test_it_counts_from_when_it_reached_prime_not_from_when_it_was_entered(
    rosa: Customer, her: User
) -> None:
    early, late = NOW - timedelta(days=2), NOW + timedelta(days=3)
    held = granted_via(rosa, her, Via.PAPER, at=early)
    assert held.granted_at == early
    done = authorizations.cancel(
        held, by=builders.alma(), via=Via.PAPER, at=late, heard=heard(Via.PAPER, at=NOW)
    )
    assert (done.canceled_at, done.canceled_wish.entered_at) == (NOW, late)
    receipt = signed_receipts.read(bytes(done.receipts.get(event="canceled").content))
    given, withdrawn = receipt["event"]
    assert (given["asked_by"], given["by"]) == ("Rosa Ejemplo", "alma@prime.example")
    assert withdrawn["event_time"] == "2026-07-01T19:00:00Z"


def test_a_cancel_is_never_refused_for_what_became_of_the_third_party(
    rosa: Customer, her: User
) -> None:
    held = granted_via(rosa, her, Via.PHONE)
    builders.stop(held.third_party)
    type(held.third_party).objects.filter(pk=held.third_party_id).update(closed_at=NOW)
    rosa.enrollments.update(ends_on=NOW.date())
    assert authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW).canceled_at == NOW


# -- At the desk -------------------------------------------------------------------------------


def said(rosa: Customer, **change: object) -> dict[str, object]:
    """What a clerk fills in while the customer is on the telephone."""
    return {
        "via": "phone",
        "received_at": timezone.localtime().strftime(MINUTE),
        "speaker": "Rosa Ejemplo",
        "capacity": "holder",
        "identity": "called back at the number on file",
        "reference": "call 4711",
        "language": "es",
        "agreements": [agreement.pk for agreement in rosa.agreements.all()],
        "categories": ["interval_usage"],
        "granularity": "hourly",
        "history": "asked",
        "until": "canceled",
        "request_key": uuid4(),
    } | change


def answers(page: Any) -> dict[str, object]:
    fields = {field.html_name: field.value() for field in page.context["form"]}
    return {name: value for name, value in fields.items() if value is not None and name != "scan"}


@pytest.fixture
def use() -> StatedUse:
    return builders.use(at=timezone.now())


def test_a_clerk_reads_out_her_language_word_for_word_and_grants_on_her_yes(
    staff: Client, rosa: Customer, use: StatedUse
) -> None:
    desk = f"/admin/consent/authorization/desk/{rosa.pk}/"
    address = f"{desk}grant/{use.pk}/"
    assert address in staff.get(desk).content.decode()
    assert " checked" not in staff.get(address).content.decode(), "nothing is ticked beforehand"
    page = staff.post(address, said(rosa))
    assert not Authorization.objects.exists()
    script = page.content.decode()
    for words in ("¿Está de acuerdo con esto?", "El total de cada hora", "1 Calle Ficticia"):
        assert words in script
    scan = SimpleUploadedFile("form.pdf", b"%PDF-1.7 signed")
    staff.post(address, answers(page) | {"confirm": "yes", "scan": scan})
    held = Authorization.objects.get()
    assert (held.via, held.language, held.granularity) == ("phone", "es", "hourly")
    assert held.granted_by == builders.alma()
    assert held.shown.text in script
    wish = Wish.objects.get()
    assert (wish.speaker, wish.reference) == ("Rosa Ejemplo", "call 4711")
    assert b"".join(wishes.scan_of(wish)) == b"%PDF-1.7 signed"
    shown = staff.get(f"/admin/consent/authorization/desk/scan/{wish.pk}/")
    assert (shown.getvalue(), shown["Content-Type"]) == (b"%PDF-1.7 signed", "application/pdf")


def test_her_no_on_the_telephone_is_recorded(staff: Client, rosa: Customer, use: StatedUse) -> None:
    address = f"/admin/consent/authorization/desk/{rosa.pk}/grant/{use.pk}/"
    staff.post(address, {"via": "phone", "request_key": uuid4(), "decline": "yes"})
    assert rosa.declined.get().via == "phone"
    assert not Authorization.objects.exists()


def test_a_paper_signed_under_old_words_is_not_entered_under_new_ones(
    staff: Client, rosa: Customer, use: StatedUse
) -> None:
    address = f"/admin/consent/authorization/desk/{rosa.pk}/grant/{use.pk}/"
    code = authorizations.form_code(use, at=timezone.now())
    assert staff.post(address, said(rosa, via="paper")).status_code == 422, "a paper has a code"
    assert staff.post(address, said(rosa, via="paper", form_code=code.lower())).status_code == 200
    purposes.reword(
        use.purpose, name_en="x", name_es="x", text_en="x", text_es="x", at=timezone.now()
    )
    refused = staff.post(address, said(rosa, via="paper", form_code=code))
    assert refused.status_code == 409
    assert "changed since this form was printed" in refused.content.decode()


@pytest.mark.parametrize("via", ["phone", "paper", "counter"])
def test_a_clerk_cancels_on_one_page_with_fewer_fields_than_granting(
    staff: Client, rosa: Customer, her: User, via: str
) -> None:
    held = builders.authorization(rosa, her, at=timezone.now() - timedelta(days=1))
    address = f"/admin/consent/authorization/desk/{rosa.pk}/cancel/{held.pk}/"
    form = staff.get(address).context["form"]
    grant = f"/admin/consent/authorization/desk/{rosa.pk}/grant/{builders.use('other').pk}/"
    assert set(form.fields) < set(staff.get(grant).context["form"].fields)
    wish = {name: value for name, value in said(rosa, via=via).items() if name in form.fields}
    done = staff.post(address, wish, follow=True)
    assert "Canceled." in done.content.decode()
    canceled = Authorization.objects.get()
    assert canceled.canceled_via == via
    assert canceled.canceled_wish.identity.startswith("called back")


def test_a_wish_lies_in_the_past_but_not_long_ago(staff: Client, rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her)
    address = f"/admin/consent/authorization/desk/{rosa.pk}/cancel/{held.pk}/"
    for days in (1, -91):
        moment = (timezone.localtime() + timedelta(days=days)).strftime(MINUTE)
        assert staff.post(address, said(rosa, received_at=moment)).status_code == 422
    assert (
        staff.post(address, said(rosa, scan=SimpleUploadedFile("x.exe", b"MZ"))).status_code == 422
    )
    assert Authorization.objects.get().canceled_at is None


def test_the_desk_is_for_who_may(staff: Client, rosa: Customer, her: User, use: StatedUse) -> None:
    held = builders.authorization(rosa, her)
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    staff.force_login(clerk)
    desk = f"/admin/consent/authorization/desk/{rosa.pk}/"
    for end in ("", f"grant/{use.pk}/", f"cancel/{held.pk}/", f"form/{use.pk}/en/"):
        assert staff.get(desk + end).status_code == 403


def test_another_customers_authorization_is_not_found_at_this_desk(
    staff: Client, rosa: Customer, her: User
) -> None:
    held = builders.authorization(rosa, her)
    luis = builders.customer(builders.LUIS)
    builders.case(luis, by=builders.alma())
    address = f"/admin/consent/authorization/desk/{luis.pk}/cancel/{held.pk}/"
    assert staff.post(address, said(rosa)).status_code == 404


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_forms_are_printed_in_both_languages(
    client: Client, rosa: Customer, her: User, use: StatedUse, language: str
) -> None:
    builders.authorization(rosa, her, at=timezone.now())
    client.force_login(her)
    other = builders.use("other-sample", at=timezone.now())
    for address in (f"new/{other.pk}/paper/", "cancel/paper/"):
        answer = client.get(f"/{language}/sharing/{address}")
        assert answer["Content-Type"] == "application/pdf"
        with pikepdf.open(BytesIO(answer.content)) as made:
            assert str(made.Root.Lang) == language
            assert made.Root.MarkInfo.Marked
