"""A crash between handing a key over and stamping it: whoever asks is told that it may have gone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent import (
    authorizations,
    doubts,
    incidents,
    kept_copies,
    legal,
    packages,
    proposals,
    recalls,
    telling,
)
from consent.models import (
    Authorization,
    Disclosure,
    DisclosureMember,
    Package,
)
from prime_portal.board.clauses import CLAUSES
from prime_portal.reports import annual, binder, past
from prime_portal.roles import Role
from tests import builders
from tests.consent.killed import released_and_killed
from tests.consent.test_demands import demand
from tests.consent.test_doubts import gone
from usage.models import Removal, Via

MAYBE = "sent, or may have been"
DAY = timedelta(days=1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def granted(committed_db: None) -> Authorization:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    return builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))


@pytest.fixture
def crashed(granted: Authorization) -> Disclosure:
    """The key was handed over and the process killed: neither stamp is there."""
    released_and_killed(granted, delay=0)
    row = Disclosure.objects.get()
    assert (row.allowed, row.handed_over_at, row.not_handed_over_at) == (True, None, None)
    return row


def test_she_reads_everywhere_that_it_may_have_gone(
    client: Client, granted: Authorization, crashed: Disclosure
) -> None:
    client.force_login(granted.granted_by, backend=BACKEND)
    asked = {
        "/en/my/information/privacy_records/?all": MAYBE,
        "/en/my/information/interval_usage/": f"({MAYBE}): Size a solar roof",
        reverse("consent:disclosures"): MAYBE,
        reverse("consent:cancel", args=[granted.pk]): MAYBE,
        reverse("overview"): "Who received my data (1)",
    }
    missing = [page for page, words in asked.items() if words not in client.get(page).text]
    assert missing == []
    assert "allowed, not sent" not in client.get("/en/my/information/privacy_records/?all").text
    spanish = client.get("/es/my/information/interval_usage/").text
    assert "(enviado, o quizás enviado)" in spanish


def test_the_copy_of_it_stays_and_nothing_of_it_is_thrown_away_as_not_gone(
    granted: Authorization, crashed: Disclosure
) -> None:
    package = Package.objects.get()
    assert kept_copies.left_the_house() == {package.pk}
    taken_back = Removal(
        customer_id=granted.customer_id,
        agreement_id=granted.customer.agreements.get().pk,
        category="interval_usage",
        first_day=crashed.first_day,
        last_day=crashed.last_day,
    )
    since, now = timezone.now() - DAY, timezone.now()
    [went] = recalls.went([taken_back], since=since, until=now)
    assert (went.third_party, went.disclosures, went.customers) == (granted.third_party, 1, 1)
    assert recalls.waiting([taken_back], since=since) == []
    waits = packages.prepare(
        proposals.gather(granted, first_day=crashed.first_day, last_day=crashed.last_day), at=now
    )
    assert recalls.waiting([taken_back], since=since) == [waits]
    assert kept_copies.left_the_house() == {package.pk}, "what waits to be fetched has not gone"
    assert DisclosureMember.objects.gone().count() == 1


def test_an_incident_reaches_her_and_she_is_told_of_a_stop(
    granted: Authorization, crashed: Disclosure
) -> None:
    by, party, at = builders.alma(), granted.third_party, crashed.at
    held = incidents.open_(
        title="Lost tray",
        summary="It was open.",
        found_at=at,
        third_party=party,
        told_at=at,
        by=by,
        at=at,
    )
    span = {"first_at": at - DAY, "last_at": at + DAY}
    reach = incidents.reach_of_disclosures(held, third_party=party, **span, by=by, at=at)
    assert reach.customers == 1
    late = {"first_at": at + DAY, "last_at": at + 2 * DAY}
    reach = incidents.reach_of_disclosures(held, third_party=party, **late, by=by, at=at)
    assert reach.customers == 0
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=timezone.now())
    stop = builders.stop(party, at=timezone.now())
    assert list(telling.touched(stop)) == [granted.customer]


def test_the_commission_reads_that_it_may_have_gone(crashed: Disclosure) -> None:
    on = timezone.localdate(crashed.at)
    upto = past.newest()
    made = {section.title: section for section in binder.sections(on, on, upto=upto)}
    [received] = made["Who received what"].rows
    assert received[0] == f"{past.local(crashed.at.isoformat())}, or may have been"
    assert str(crashed.pk) in received
    assert len(made["Each customer something was disclosed of"].rows) == 1
    figures = dict(annual.sections(date(on.year, 1, 1), date(on.year, 12, 31), upto=upto)[0].rows)
    assert figures["Third parties that received customers’ information by authorization"] == "1"
    # The stamp comes later, after a look into the tray: the report up to then stays as it was.
    Disclosure.objects.filter(pk=crashed.pk).update(not_handed_over_at=timezone.now())
    again = binder.sections(on, on, upto=upto)
    assert [section.rows for section in again] == [section.rows for section in made.values()]
    newer = {section.title: section for section in binder.sections(on, on, upto=past.newest())}
    assert newer["Who received what"].rows == []


@transaction.atomic
def made_up(held: Authorization, **change: Any) -> Disclosure:
    """A row as a crash leaves it, that nobody decided."""
    return gone(held, **{"at": timezone.now(), "handed_over_at": None} | change)


def test_what_ought_not_to_be_is_found_without_the_stamp(granted: Authorization) -> None:
    at = timezone.now()
    contract = builders.contract(granted.third_party)
    row = made_up(granted, at=at, first_day=granted.history_from - DAY)
    by_contract = made_up(granted, at=at, clause="6.5", contract=contract)
    bare = made_up(granted, at=at, clause="6.5")
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=at - 2 * DAY)
    builders.stop(granted.third_party, at=at - DAY)
    found = {key: set(rows()) for key, (_title, rows) in doubts.QUESTIONS.items()}
    assert found == {
        "wider": {row},
        "finer": set(),
        "without_contract": {bare},
        "secondary_by_contract": {by_contract},
        "while_stopped": {row, by_contract, bare},
        "without_basis": {row},
        "after_cancel": {row, by_contract, bare},
    }
    Disclosure.objects.update(not_handed_over_at=timezone.now())
    assert not any(rows().exists() for _title, rows in doubts.QUESTIONS.values())


def test_what_left_under_a_demand_is_counted_and_shown_without_the_stamp(
    granted: Authorization, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = demand(granted.customer)
    year = timezone.localdate().year
    assert legal.counts(year).customers == 0
    row = made_up(granted, clause="4.4", demand=held, third_party=held.third_party)
    assert legal.counts(year).customers == 1
    assert legal.counts(year - 1).customers == 0
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.staff("official@prime.example", Role.OFFICIAL), backend=BACKEND)
    page = client.get(reverse("party_desk:demand", args=[held.pk])).text
    assert MAYBE in page
    assert str(row.pk) in page


def test_the_desk_says_of_its_package_that_the_key_may_have_been_fetched(
    crashed: Disclosure, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.staff("official@prime.example", Role.OFFICIAL), backend=BACKEND)
    said = "<td>it may have been</td>"
    assert said in client.get(reverse("recipient_desk:desk")).text
    Disclosure.objects.filter(pk=crashed.pk).update(not_handed_over_at=timezone.now())
    assert said not in client.get(reverse("recipient_desk:desk")).text


def test_the_board_counts_it_and_its_list_shows_it(
    crashed: Disclosure, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up(Authorization.objects.get(), not_handed_over_at=timezone.now())
    said = {
        str(figure.says): figure.value(timezone.now())
        for clause in CLAUSES
        for figure in clause.figures
    }
    assert said["Disclosures this year by authorization"] == 1
    assert said["Disclosures this year for a secondary purpose"] == 1
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.staff("official@prime.example", Role.OFFICIAL), backend=BACKEND)
    rows = client.get(reverse("admin:consent_disclosure_changelist"), {"gone": "yes"})
    assert [row.pk for row in rows.context["cl"].result_list] == [crashed.pk]
