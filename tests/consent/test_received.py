"""Who received her data: every disclosure, and the very lines about her (6.3, 6.4 to 6.9)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from consent import disclosures, kept_copies, proposals
from consent.models import BulkProposal, Disclosure, Package, RecipientCredential, Withdrawal
from tests import builders
from tests.builders import NOW, TODAY
from usage.models import Customer

WEEK: dict[str, Any] = {
    "first_day": TODAY - timedelta(days=7),
    "last_day": TODAY - timedelta(days=1),
}


@pytest.fixture
def both(committed_db: None) -> tuple[Customer, Customer]:
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    builders.readings(rosa.agreements.get())
    builders.readings(luis.agreements.get(), wh=990, days=2)
    return rosa, luis


@pytest.fixture
def sent(both: tuple[Customer, Customer]) -> Disclosure:
    """Sent about both on a contract, without asking either of them (6.5)."""
    contract = builders.contract(builders.third_party("back-office"))
    builders.approved(contract, *both, **WEEK)
    asked = proposals.gather_for_contract(contract, both, **WEEK)
    return disclosures.disclose(asked, by=None, at=lambda: NOW)


def page_of(customer: Customer) -> Client:
    client = Client()
    client.force_login(
        builders.holder(customer, f"{customer.account_number}@example.org"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def test_she_opens_the_lines_about_her_of_what_went_without_her_consent(
    both: tuple[Customer, Customer], sent: Disclosure
) -> None:
    rosa, luis = both
    hers = page_of(rosa)
    assert f"/en/sharing/received/{sent.pk}/" in hers.get("/en/sharing/received/").content.decode()
    page = hers.get(f"/en/sharing/received/{sent.pk}/").content.decode()
    assert "clause 6.5" in page
    assert page.count("0.250") == 2, "the first line and the last"
    answer = hers.get(f"/en/sharing/received/{sent.pk}/file/")
    assert "attachment" in answer["Content-Disposition"]
    file = answer.getvalue().decode()
    assert file.count("\n") == 1 + 3 * 96
    assert str(luis.agreements.get().pk) not in file
    assert "Lo que recibieron" in hers.get(f"/es/sharing/received/{sent.pk}/").content.decode()


def test_a_stranger_finds_neither_page_nor_file(
    both: tuple[Customer, Customer],
) -> None:
    rosa, luis = both
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    gone = disclosures.disclose(proposals.gather(held, **WEEK), by=None, at=lambda: NOW)
    his = page_of(luis)
    for address in (f"/en/sharing/received/{gone.pk}/", f"/en/sharing/received/{gone.pk}/file/"):
        assert his.get(address).status_code == 404


def test_what_was_refused_or_is_no_longer_kept_says_so(
    both: tuple[Customer, Customer], sent: Disclosure
) -> None:
    hers = page_of(both[0])
    Package.objects.update(sealed_key=None, removed_at=NOW)
    page = hers.get(f"/en/sharing/received/{sent.pk}/").content.decode()
    assert "no longer keeps a copy" in page
    assert "288 rows about you" in page, "the manifest stays"
    assert hers.get(f"/en/sharing/received/{sent.pk}/file/").status_code == 410
    assert kept_copies.remove_expired(at=timezone.now() + timedelta(days=2)) == 0
    assert not list((Path(settings.MEDIA_ROOT) / "recipients/back-office").glob("*.package"))
    builders.stop(sent.third_party)
    contract = sent.contract
    assert contract is not None
    with pytest.raises(disclosures.Refused):
        disclosures.disclose(
            proposals.gather_for_contract(contract, [both[0]], **WEEK), by=None, at=lambda: NOW
        )
    refused = Disclosure.objects.get(allowed=False)
    page = hers.get(f"/en/sharing/received/{refused.pk}/").content.decode()
    assert "Nothing: it was refused." in page


# -- The desk of staff ----------------------------------------------------------------------


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Who sits at the desk, second factor checked: desk(user)."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )

    def sit(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sit


def test_the_desk_leads_from_a_proposal_to_a_package_by_two_people(
    both: tuple[Customer, Customer], desk: Any
) -> None:
    contract = builders.contract(builders.third_party("back-office"))
    alma, bruno = desk(builders.alma()), desk(builders.bruno())
    asked = {"contract": contract.pk, "accounts": "700000000009", **WEEK}
    wrong = alma.post("/admin/recipients/bulk/", asked)
    assert wrong.status_code == 422
    assert "700000000009" in wrong.content.decode()
    alma.post("/admin/recipients/bulk/", asked | {"accounts": ""})
    bulk = BulkProposal.objects.get()
    assert bulk.customers == 2
    page = f"/admin/recipients/bulk/{bulk.pk}/"
    assert "Another person must approve it" in alma.get(page).content.decode()
    shown = {"shown": bytes(bulk.proposal_sha256).hex()}
    assert (
        "cannot approve it"
        in alma.post(page, shown | {"approve": "1"}, follow=True).content.decode()
    )
    assert 'name="approve"' in bruno.get(page).content.decode()
    bruno.post(page, shown | {"approve": "1"})
    alma.post(page, {"pack": "1"})
    assert Package.objects.get().members.count() == 2
    assert "back-office" in alma.get("/admin/recipients/").content.decode()


def test_proposals_say_when_there_are_more_and_are_all_shown(
    both: tuple[Customer, Customer], desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.recipient_desk.PROPOSALS", 1)
    contract = builders.contract(builders.third_party("back-office"))
    alma = desk(builders.alma())
    for _time in range(2):
        alma.post("/admin/recipients/bulk/", {"contract": contract.pk, "accounts": "", **WEEK})
    pages = [f"/admin/recipients/bulk/{bulk.pk}/" for bulk in BulkProposal.objects.all()]
    few = alma.get("/admin/recipients/").text
    assert "These are the newest of 2." in few
    assert sum(page in few for page in pages) == 1
    everything = alma.get("/admin/recipients/?all=yes").text
    assert "These are the newest of" not in everything
    assert sum(page in everything for page in pages) == 2


def test_a_credential_is_shown_once_and_a_chase_is_recorded(
    both: tuple[Customer, Customer], desk: Any
) -> None:
    party = builders.third_party("back-office")
    alma = desk(builders.alma())
    made = alma.post(
        "/admin/recipients/credentials/", {"third_party": party.pk, "label": "its server"}
    )
    assert "prime_" in made.content.decode()
    credential = RecipientCredential.objects.get()
    assert "prime_" not in alma.get("/admin/recipients/").content.decode().replace(
        "prime_portal", ""
    )
    alma.post(f"/admin/recipients/credentials/{credential.pk}/end/")
    credential.refresh_from_db()
    assert credential.ended_by == builders.alma()
    told = Withdrawal.objects.create(
        third_party=party,
        why="stopped",
        stop=builders.stop(party),
        text="{}",
        signature=b"0" * 64,
        told_at=timezone.now() - timedelta(days=9),
    )
    assert "not answered" in alma.get("/admin/recipients/").content.decode()
    alma.post(f"/admin/recipients/withdrawals/{told.pk}/", {"how": "called Sam"})
    told.refresh_from_db()
    assert told.chased_how == "called Sam"


def test_staff_without_the_right_do_not_reach_the_desk(committed_db: None, desk: Any) -> None:
    nobody = desk(builders.User.objects.create_user("clerk@prime.example", is_staff=True))
    for address in ("/admin/recipients/", "/admin/recipients/bulk/"):
        assert nobody.get(address).status_code == 403
