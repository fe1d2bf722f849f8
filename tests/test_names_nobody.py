"""No page of staff names a customer before a case of hers is open (5.1, 5.2).

A world in which every desk has something about Rosa is walked as each role: lists, rows, desks
and the page that asks why. Her name, address, telephone, e-mail addresses and account number may
stand in none of the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent import (
    accesses,
    authorizations,
    disclosures,
    incidents,
    legal,
    packages,
    proposals,
    schedules,
    third_parties,
    wishes,
    withdrawals,
)
from consent.models import Demand, Schedule
from notices import contacts, deliveries, edelivery, failures
from notices.models import Delivery
from prime_portal import erasing, roles
from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders
from tests.test_roles import PAGES
from tests.test_whole_portal import address_of
from usage import cases, disputes, finding, holds, preparing
from usage.disputes import About
from usage.evidence import Evidence
from usage.models import Access, Case, Category, Customer, Dispute, Look, Search, Via

HER_LINE = {
    "customer_name": "Rosa Inconfundible",
    "service_address_1": "1 Calle Inconfundible",
    "email": "rosa.reached@inconfundible.example",
    "telephone": "562-555-0177",
    "account_number": "700000009191",
}
SIGNS_IN, SIGNS_AS = "rosa.signs.in@inconfundible.example", "Rosalinda Inconfundible"
PERSONAL = re.compile(
    r"inconfundible|rosa\b|rosalinda|562\D*555\D*0177|700000009191", re.IGNORECASE
)

DECLARED: dict[str, str] = {}
"""Pages that may name a customer outside a case, each with its reason. What *Find a customer*
answers to a POST is the one there is: it takes as much to find somebody, and the search is written
down first (test_finding_names_her_and_is_on_record)."""

ROWS = {
    "admin:usage_case_close": "usage.Case",
    "admin:usage_import_confirm": "usage.Upload",
    "admin:usage_import_problems": "usage.Import",
    "admin:usage_import_take_back": "usage.Import",
    "aggregates:released": "usage.AggregateRelease",
    "aggregates:table": "usage.AggregateRelease",
    "incidents:act": "consent.Incident",
    "incidents:incident": "consent.Incident",
    "incidents:mend": "consent.NonCompliance",
    "notice_desk:approve": "notices.NoticeDraft",
    "notice_desk:draft": "notices.NoticeDraft",
    "notice_desk:preview": "notices.NoticeDraft",
    "notice_desk:words": "notices.NoticeDraft",
    "party_desk:act_on": "consent.Finding",
    "party_desk:amend": "consent.Contract",
    "party_desk:check": "consent.Demand",
    "party_desk:close": "consent.Demand",
    "party_desk:confirm": "consent.Stop",
    "party_desk:confirm_purpose": "usage.PurposeProposal",
    "party_desk:contest": "consent.DemandedCustomer",
    "party_desk:contract": "consent.ThirdParty",
    "party_desk:decline_purpose": "usage.PurposeProposal",
    "party_desk:demand": "consent.Demand",
    "party_desk:drop": "consent.Finding",
    "party_desk:end_contract": "consent.Contract",
    "party_desk:end_flow": "consent.StandingFlow",
    "party_desk:end_gag": "consent.Demand",
    "party_desk:end_use": "consent.StatedUse",
    "party_desk:find": "consent.ThirdParty",
    "party_desk:flow": "consent.ThirdParty",
    "party_desk:for_customer": "consent.ThirdParty",
    "party_desk:letter": "consent.ThirdParty",
    "party_desk:lift": "consent.Stop",
    "party_desk:party": "consent.ThirdParty",
    "party_desk:purpose_words": "usage.Purpose",
    "party_desk:release": "consent.Demand",
    "party_desk:review": "consent.Demand",
    "party_desk:use": "consent.ThirdParty",
    "party_desk:words": "consent.ThirdParty",
    "recipient_desk:bulk": "consent.BulkProposal",
    "recipient_desk:chase": "consent.Withdrawal",
    "recipient_desk:end": "consent.RecipientCredential",
    "reports:file": "prime_portal.IssuedReport",
    "reports:report": "prime_portal.IssuedReport",
    "run_desk:again": "notices.Delivery",
    "run_desk:hand_over": "notices.PrintBatch",
}
"""Of each desk page with an id, about nobody in particular: whose id it is."""


WHO, MOST, AGAIN = (Role.OFFICIAL, Role.AUDITOR), 1, False
"""Who walks, how many rows of one model are opened, and whether a page that one role has read is
opened by the next again. All roles, more rows and each page again: make chaos
(chaos/test_more_rows.py)."""


@pytest.fixture
def rosa(committed_db: None, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Customer:
    """Rosa, and something about her at every desk."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    now, day = timezone.now(), timedelta(days=1)
    today = timezone.localdate(now)
    alma, bruno = builders.alma(), builders.bruno()
    builders.notice(at=now - 400 * day)
    rosa = builders.customer(HER_LINE, at=now - 30 * day)
    with pytest.raises(AssertionError, match="telephone"):
        builders.roster(HER_LINE | {"telephone": HER_LINE["telephone"] * 9}, at=now)
    her = builders.holder(rosa, SIGNS_IN, at=now - 20 * day)
    User.objects.filter(pk=her.pk).update(name=SIGNS_AS)
    her.refresh_from_db()
    builders.readings(rosa.agreements.get(), first=today - 3 * day)
    _what_she_said(rosa, her, alma)
    _what_left(rosa, her, alma, bruno)
    party = builders.third_party()
    builders.contract(party, at=now)
    third_parties.find(party, evidence="A pattern.", sign_off="Counsel.", by=alma, at=now)
    builders.stop(builders.third_party("other-sample"), whose=rosa, at=now)
    builders.stop(builders.third_party("third-sample"), at=now)
    withdrawals.tell(at=now)
    deliveries.plan(at=now)
    for letter in Delivery.objects.filter(medium=Delivery.Medium.LETTER)[:2]:
        failures.fail(letter, failure=Delivery.Failure.RETURNED, detail="moved", at=now)
    held = incidents.open_(
        title="Lost tray", summary="A tray was open.", found_at=now - day, by=alma, at=now
    )
    incidents.reach_of_sign_in(held, user=her, first_at=now - day, last_at=now, by=alma, at=now)
    finding.find("Rosa Inconfundible", by=alma, at=now)
    return rosa


def _what_she_said(rosa: Customer, her: User, alma: User) -> None:
    now = timezone.now()
    raised = disputes.raise_(
        rosa,
        About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text="Rosa Inconfundible was not at home.",
        request_key=uuid4(),
        by=her,
        via=Via.PORTAL,
        at=now,
    )
    disputes.reply(raised, text="Rosa again.", by=her, via=Via.PORTAL, at=now)
    erasing.mark(raised, reason="Typed for another.", by=alma, at=now)
    edelivery.agree(rosa, email=SIGNS_IN, language="es", by=her, via=Via.PORTAL, at=now)
    accesses.invite(
        rosa,
        email="invited@inconfundible.example",
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="",
        ends_on=None,
        language="es",
        by=her,
        via=Via.PORTAL,
        at=now,
    )
    heard = wishes.Heard(speaker="Rosa Inconfundible", identity="called back", received_at=now)
    wishes.record(rosa, heard, by=alma, via=Via.PHONE, at=now)
    preparing.ask_for_everything(
        rosa,
        kind="record_pdf",
        by=alma,
        via=Via.PHONE,
        reason="Rosa asked.",
        language="es",
        for_post=False,
        at=now,
    )
    contacts.change(
        rosa,
        {"mailing_address": "Rosa Inconfundible\n2 Calle Inconfundible"},
        checked="Rosa said her number.",
        by=alma,
        via=Via.PHONE,
        at=now,
    )
    holds.place(customer=rosa, categories=[], reason="A lawsuit.", by=alma, at=now)
    cases.open_(
        rosa,
        reason=Case.Reason.CALL,
        words="She called.",
        by=builders.staff("gone@prime.example", Role.MAIL),
        at=now - timedelta(days=1),
        broke_glass=True,
    )


def _what_left(rosa: Customer, her: User, alma: User, bruno: User) -> None:
    now, day = timezone.now(), timedelta(days=1)
    today = timezone.localdate(now)
    asked = builders.use(at=now)
    held = builders.authorization(rosa, her, at=now, history_from=today - 300 * day)
    proposal = proposals.gather(held, first_day=today - 3 * day, last_day=today - day)
    disclosures.disclose(proposal, by=alma, at=timezone.now)
    packages.prepare(proposal, at=now)
    schedules.begin(held, every=Schedule.Every.DAY, by=alma, at=now)
    authorizations.decline(rosa, asked, request_key=uuid4(), by=her, via=Via.PORTAL, at=now)
    demand = legal.record(
        process=Demand.Process.CONTACT_ONLY,
        third_party=builders.third_party("superior-court"),
        reference="26-SP-1",
        customers=[rosa],
        categories=["account_identity", "contact"],
        first_day=today,
        last_day=today,
        received_at=now,
        by=alma,
        at=now,
    )
    legal.review(demand, note="Lawful.", by=bruno, at=now)
    disclosures.tell(legal.gather(demand), by=bruno, at=timezone.now)


def rows_of(page: str) -> type[Model] | None:
    """The model whose ids stand in a page's address; None where no id does."""
    label = roles.about(page) or ROWS.get(page, "")
    if label == roles.ASKED:
        return None
    if label:
        return apps.get_model(label)
    model, _deed = roles.by_rule(page)
    return model if page.endswith(("_change", "_history", "_delete")) else None


def addresses(page: str, rosa: Customer) -> Iterator[str]:
    """Every address of a page in this world: one for each row of its model, or the only one."""
    made_up = address_of(page)
    if made_up is None:
        return
    if page == "evidence_desk:row":
        for model in apps.get_models():
            if isinstance(getattr(model, "kept", None), Evidence):
                for row in model._default_manager.all()[:1]:
                    yield reverse(page, kwargs={"label": model._meta.label_lower, "pk": row.pk})
        return
    model = rows_of(page)
    if model is None:
        asks = roles.about(page) == roles.ASKED or page == "admin:usage_case_open"
        yield f"{made_up}?customer={rosa.pk}" if asks else made_up
        return
    for pk in model._default_manager.values_list("pk", flat=True)[:MOST]:
        yield re.sub(r"[0-9a-f-]{36}|(?<=/)1(?=/)", str(pk), made_up, count=1)


def test_every_desk_page_with_an_id_says_here_whose_id_it_is() -> None:
    unsaid = [
        page
        for page, about in roles.ABOUT.items()
        if not about and page not in ROWS and roles.by_rule(page)[0] is None
    ]
    assert unsaid == ["evidence_desk:row"], "else the walk below does not open them"


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The default scheme will be changed")  # of a read-only field
def test_no_page_names_a_customer_before_a_case_is_open(client: Client, rosa: Customer) -> None:
    looks, opened = Look.objects.count(), Case.objects.count()
    named, read = [], set()
    for role in WHO:
        somebody = builders.staff(f"{role.name.lower()}@prime.example", role)
        client.force_login(somebody)
        opening = set()
        for page in set(PAGES) - {"admin:logout"}:
            if page in read and not AGAIN:
                continue
            if not roles.may(somebody, roles.permission_for(page) or ""):
                continue
            for address in addresses(page, rosa):
                answer = client.get(address)
                if answer.status_code == 302 and "/case/open/" in answer["Location"]:
                    opening.add(answer["Location"].partition("&")[0])
                    read.add(page)
                if answer.status_code != 200:
                    continue
                read.add(page)
                body = unescape(b"".join(answer).decode(errors="replace"))
                if (found := PERSONAL.search(body)) and page not in DECLARED:
                    named.append(f"{page} says “{found[0]}” to the {role}: {address}")
        for address in opening:
            body = unescape(client.get(address).content.decode())
            if found := PERSONAL.search(body):
                said = f"it says “{found[0]}” to the {role} before she says why: {address}"
                named.append(said)
    assert not named, "\n".join(sorted(set(named)))
    assert (Look.objects.count(), Case.objects.count()) == (looks, opened)
    for page in (
        "admin:usage_dispute_changelist",
        "admin:usage_dispute_change",
        "admin:usage_case_change",
        "admin:usage_search_change",
        "admin:usage_import_change",
        "admin:notices_delivery_changelist",
        "admin:consent_disclosure_change",
        "admin:consent_wish_changelist",
        "admin:prime_portal_user_changelist",
        "admin:prime_portal_user_change",
        "party_desk:demand",
        "party_desk:details",
        "party_desk:party",
        "incidents:incident",
        "recipient_desk:desk",
        "evidence_desk:row",
        "run_desk:failed",
        "work",
    ):
        assert page in read, f"the walk did not see {page}"
    assert len(read) > 120


def test_finding_names_her_and_is_on_record(client: Client, rosa: Customer) -> None:
    client.force_login(builders.alma())
    searched = Search.objects.count()
    assert not PERSONAL.search(client.get("/admin/usage/customer/?q=Rosa").content.decode())
    page = client.post("/admin/usage/customer/", {"text": "Calle Inconfundible"}).content.decode()
    assert "Rosa Inconfundible" in page
    assert Search.objects.count() == searched + 1


@pytest.mark.parametrize("said", ["Rosa", "Inconfundible", SIGNS_IN])
def test_no_list_finds_her_by_words_in_its_address(
    client: Client, rosa: Customer, said: str
) -> None:
    client.force_login(builders.alma())
    dispute, user = reverse("admin:usage_dispute_changelist"), "/admin/prime_portal/user/"
    reference = Dispute.objects.get().reference
    assert reference not in client.get(dispute, {"q": said}).content.decode()
    assert reference in client.get(dispute, {"q": reference}).content.decode()
    assert SIGNS_IN not in client.get(user).content.decode()
    her = User.objects.get(email=SIGNS_IN)
    assert client.get(f"{user}{her.pk}/change/").status_code == 302
