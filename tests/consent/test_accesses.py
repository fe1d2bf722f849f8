"""Household members and representatives: a sign-in of their own, a scope, a proof, an end."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from consent import accesses, authorizations
from consent.models import Authorization, Invitation
from notices import edelivery
from notices.models import Delivery, EDeliveryConsent
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage.models import Access, Customer, Via

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


def invite(rosa: Customer, by: User, **change: object) -> Invitation:
    told: dict[str, object] = {
        "email": "Pablo@example.org",
        "capacity": Access.Capacity.HOUSEHOLD,
        "scope": Access.Scope.EVERYTHING,
        "proof": "lives with me",
        "ends_on": None,
        "language": "es",
        "by": by,
        "via": Via.PORTAL,
        "at": NOW,
    }
    return accesses.invite(rosa, **(told | change))  # type: ignore[arg-type]


def joined(rosa: Customer, by: User, email: str = "pablo@example.org", **change: object) -> Access:
    user = User.objects.create_user(email, language="es")
    invitation = invite(rosa, by, email=email, **change)
    access = accesses.accept(invitation, by=user, addresses=[email], at=NOW)
    assert access is not None
    return access


def told(email: str) -> list[str]:
    held = Delivery.objects.filter(kind=Delivery.Kind.ALERT, recipient__iexact=email)
    return sorted(key.split(":")[0] for key in held.values_list("key", flat=True))


def test_only_the_address_it_was_sent_to_can_accept_and_only_once(
    rosa: Customer, her: User
) -> None:
    invitation = invite(rosa, her)
    assert told("pablo@example.org") == ["invited"]
    luis = User.objects.create_user("luis@example.org")
    pablo = User.objects.create_user("pablo@example.org")
    mine = ["pablo@example.org"]
    assert accesses.accept(invitation, by=luis, addresses=["luis@example.org"], at=NOW) is None
    late = NOW + timedelta(days=15)
    assert accesses.accept(invitation, by=pablo, addresses=mine, at=late) is None
    access = accesses.accept(invitation, by=pablo, addresses=mine, at=NOW)
    assert access is not None
    assert (access.capacity, access.scope) == ("household", "everything")
    assert access.proof == f"invitation {invitation.pk}"
    assert accesses.accept(invitation, by=luis, addresses=mine, at=NOW) is None
    assert told("rosa@example.org") == ["access_began"]


def test_an_invitation_taken_back_opens_nothing(rosa: Customer, her: User) -> None:
    invitation = invite(rosa, her)
    accesses.withdraw(invitation, by=her, at=NOW)
    pablo = User.objects.create_user("pablo@example.org")
    mine = ["pablo@example.org"]
    assert accesses.accept(invitation, by=pablo, addresses=mine, at=NOW) is None
    assert not Access.objects.of(rosa).of_user(pablo).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"capacity": Access.Capacity.HOLDER}, "code from a letter"),
        ({"capacity": Access.Capacity.REPRESENTATIVE}, "Choose a last day"),
        ({"ends_on": TODAY}, "from today on"),
        ({"ends_on": TODAY + timedelta(days=2000)}, "within three years"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_in_a_sentence(
    rosa: Customer, her: User, change: dict[str, object], sentence: str
) -> None:
    with translation.override("en"), pytest.raises(accesses.Refused, match=sentence):
        invite(rosa, her, **change)


def test_a_representative_acts_until_the_end_and_no_longer(rosa: Customer, her: User) -> None:
    access = joined(
        rosa, her, capacity=Access.Capacity.REPRESENTATIVE, ends_on=TODAY + timedelta(days=10)
    )
    running = Access.objects.of(rosa).of_user(access.user)
    assert running.in_force(at=NOW + timedelta(days=9)).exists()
    assert not running.in_force(at=NOW + timedelta(days=10)).exists()


def test_any_of_them_cancels_what_another_granted_and_both_names_stand(
    rosa: Customer, her: User
) -> None:
    pablo = joined(rosa, her).user
    held = builders.authorization(rosa, her)
    assert "began" in told("pablo@example.org")
    done = authorizations.cancel(held, by=pablo, via=Via.PORTAL, at=NOW)
    assert (done.granted_by, done.canceled_by) == (her, pablo)
    assert "canceled" in told("rosa@example.org")
    receipt = Delivery.objects.get(key=f"authorization_canceled:{held.pk}")
    assert receipt.recipient == "pablo@example.org"


def test_whoever_is_removed_sees_nothing_hears_nothing_and_gets_no_mail_any_more(
    rosa: Customer, her: User, client: Client
) -> None:
    """A new address must never reach somebody a customer is afraid of."""
    access = joined(rosa, her)
    edelivery.agree(
        rosa, email="pablo@example.org", language="es", by=access.user, via=Via.PORTAL, at=NOW
    )
    before = Delivery.objects.filter(recipient__iexact="pablo@example.org").count()
    accesses.end(access, by=her, at=NOW)
    Customer.objects.filter(pk=rosa.pk).update(mailing_address="99 New Hidden Street")
    rosa.refresh_from_db()
    held = builders.authorization(rosa, her, at=NOW + timedelta(days=1))
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW + timedelta(days=2))
    assert Delivery.objects.filter(recipient__iexact="pablo@example.org").count() == before
    assert EDeliveryConsent.objects.address_of(rosa) is None
    client.force_login(access.user)
    assert client.get("/en/sharing/").status_code == 302
    assert client.get(f"/en/sharing/{held.pk}/").status_code == 302


def test_a_holder_ends_what_she_gave_but_not_another_holder(rosa: Customer, her: User) -> None:
    ex = builders.holder(rosa, "ex@example.org")
    mine, his = (Access.objects.of(rosa).of_user(user).get() for user in (her, ex))
    pablo = joined(rosa, her)
    assert accesses.may_end(mine, pablo)
    assert accesses.may_end(mine, mine)
    assert not accesses.may_end(mine, his)
    assert not accesses.may_end(pablo, mine)
    assert accesses.may_end(pablo, pablo)


# -- Pages -------------------------------------------------------------------------------------


def test_she_invites_on_the_page_and_he_makes_a_sign_in_of_his_own(
    rosa: Customer, her: User, client: Client
) -> None:
    asked = {
        "customer": rosa.pk,
        "email": "pablo@example.org",
        "capacity": "household",
        "scope": "see",
        "proof": "lives with me",
    }
    assert client.post("/en/sharing/people/invite/", asked | {"email": "x"}).status_code == 422
    client.post("/en/sharing/people/invite/", asked)
    invitation = Invitation.objects.get()
    assert "pablo@example.org" in client.get("/en/sharing/people/").content.decode()
    client.logout()
    address = f"/es/invited/{invitation.pk}/"
    page = client.get(address).content.decode()
    assert "rosa" not in page.lower()
    assert client.get("/es/account/signup/").status_code == 200
    assert "claim" in client.get("/es/account/signup/").content.decode()
    assert client.post(address)["Location"] == "/es/account/signup/"
    page = client.get("/es/account/signup/").content.decode()
    assert 'name="password1"' in page
    pablo = User.objects.create_user("pablo@example.org")
    pablo.emailaddress_set.create(email="pablo@example.org", verified=True, primary=True)
    client.force_login(pablo)
    assert client.post(address)["Location"] == "/es/my/"
    assert Access.objects.of(rosa).of_user(pablo).get().scope == "see"
    use = builders.use(at=timezone.now())
    assert client.get(f"/es/sharing/new/{use.pk}/").status_code == 403, "to see, not to grant"


def test_somebody_else_signed_in_is_told_to_use_the_right_address(
    rosa: Customer, her: User, client: Client
) -> None:
    invitation = invite(rosa, her, at=timezone.now())
    luis = builders.holder(builders.customer(builders.LUIS), "luis@example.org")
    client.force_login(luis)
    page = client.post(f"/en/invited/{invitation.pk}/").content.decode()
    assert "another address" in page
    assert not Access.objects.of(rosa).of_user(luis).exists()


def test_ending_asks_first_and_strangers_find_nothing(
    rosa: Customer, her: User, client: Client
) -> None:
    access = joined(rosa, her)
    address = f"/en/sharing/people/{access.pk}/end/"
    assert client.get(address).status_code == 200
    assert Access.objects.get(pk=access.pk).ended_at is None
    client.force_login(builders.holder(builders.customer(builders.LUIS), "luis@example.org"))
    assert client.get(address).status_code == 404
    client.force_login(her)
    client.post(address, {"customer": rosa.pk})
    ended = Access.objects.get(pk=access.pk)
    assert (ended.ended_by, ended.ended_at is not None) == (her, True)


def test_staff_end_another_holder_and_the_removed_one_hears_nothing(
    rosa: Customer, her: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ex = builders.holder(rosa, "ex@example.org")
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.alma())
    builders.case(rosa, by=builders.alma())
    his = Access.objects.of(rosa).of_user(ex).get()
    address = f"/admin/consent/authorization/desk/{rosa.pk}/people/"
    assert "ex@example.org" in client.get(address).content.decode()
    asked = {"invite": "1", "email": "neu@example.org", "capacity": "household"}
    asked |= {"scope": "see", "proof": "Lives there"}
    assert client.post(address, asked).status_code == 422, "how did the wish reach PRIME?"
    assert client.post(address, asked | {"via": "phone"}).status_code == 302
    assert Invitation.objects.of(rosa).get().via == "phone"
    client.post(address, {"end": his.pk})
    assert Access.objects.get(pk=his.pk).ended_at is not None
    assert told("ex@example.org") == []
    assert told("rosa@example.org") == ["access_ended"]
    assert client.post(address, {"end": "x"}).status_code == 404
    assert Authorization.objects.count() == 0


def test_no_page_leads_whoever_may_only_see_to_one_that_turns_her_away(
    rosa: Customer, her: User, client: Client
) -> None:
    authorization = builders.authorization(rosa, her)
    pablo = joined(rosa, her, scope=Access.Scope.SEE).user
    client.force_login(pablo)
    ahead, seen, refused = ["/es/my/"], set[str](), []
    while ahead:
        address = ahead.pop()
        page = client.get(address)
        if page.status_code == 403:
            refused.append(address)
        if page.streaming or "html" not in page["Content-Type"]:
            continue
        links = re.findall(r'<a [^>]*href="(/es/[^"#]+)', page.content.decode())
        new = {html.unescape(link) for link in links if "/account/" not in link} - seen
        seen |= new
        ahead += sorted(new)
    assert f"/es/sharing/{authorization.pk}/receipt/granted/" in seen
    assert refused == []
