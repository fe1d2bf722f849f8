"""The notice in force is held against what the portal really does (6.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from notices.writing import drift
from notices.writing.content import Content, Facts, Written
from notices.writing.drift import Drift
from prime_portal.compliance import facts_for_notice, held_today, notice_drift
from tests import builders
from tests.builders import TODAY
from usage import categories, purposes

pytestmark = pytest.mark.django_db


@pytest.fixture
def live() -> Facts:
    builders.use()
    return facts_for_notice()


def unsaid(said: Facts, live: Facts, *holding: str) -> str:
    return " ".join(drift.between(Content(Written(), said), live, holding=holding).unsaid)


def without(facts: Facts, part: str, key: str) -> Facts:
    return replace(facts, **{part: tuple(x for x in getattr(facts, part) if x.key != key)})


def test_a_notice_that_says_what_is_done_has_not_drifted(live) -> None:
    assert drift.between(Content(Written(), live), live, holding=categories.ALL) == Drift()


def test_a_category_with_data_that_the_notice_does_not_name_is_said(live) -> None:
    said = without(live, "categories", "demand")
    assert "“Highest power use” is held" in unsaid(said, live, "demand")
    assert unsaid(said, live) == ""
    assert "“horoscope” is held, and is no category" in unsaid(live, live, "horoscope")


def test_another_time_of_keeping_is_said(live) -> None:
    first, *rest = live.categories
    longer = replace(live, categories=(replace(first, retention_months=999), *rest))
    assert "kept 999 months, and the notice says 84" in unsaid(live, longer)


def test_a_purpose_and_a_recipient_that_the_notice_does_not_name_are_said(live) -> None:
    said = replace(without(live, "purposes", "rooftop-solar"), recipients=())
    sentences = unsaid(said, live)
    assert "Purpose “Size a solar roof” is in use" in sentences
    assert "“Solar Sample (fictitious)” may be authorized" in sentences


def test_a_purpose_that_uses_more_than_the_notice_says_is_said(live) -> None:
    *rest, last = live.purposes
    wider = replace(last, categories=(*last.categories, "portal_security"))
    assert "uses “portal_security”" in unsaid(live, replace(live, purposes=(*rest, wider)))


def test_another_official_is_said(live) -> None:
    other = replace(live, official=replace(live.official, telephone="(000) 555-0199"))
    assert "The official or the counter" in unsaid(live, other)


def test_what_the_notice_names_and_nobody_does_any_more_is_outdated_not_red(live) -> None:
    quiet = replace(without(live, "purposes", "rooftop-solar"), recipients=())
    found = drift.between(Content(Written(), live), quiet, holding=())
    assert not found
    assert len(found.outdated) == 2


def test_data_without_any_notice_is_said() -> None:
    assert drift.between(None, facts_for_notice(), holding={"contact"})
    assert not drift.between(None, facts_for_notice(), holding=())


def test_the_portal_knows_what_it_holds() -> None:
    assert held_today() == set()
    rosa = builders.customer()
    assert held_today() >= {
        categories.ACCOUNT_IDENTITY,
        categories.CONTACT,
        categories.SERVICE_LOCATION,
        categories.RATE_SCHEDULE,
        categories.CCA_STATUS,
    }
    assert categories.INTERVAL_USAGE not in held_today()
    builders.readings(rosa.agreements.get())
    assert categories.INTERVAL_USAGE in held_today()
    builders.holder(rosa, "rosa@example.org")
    assert categories.PORTAL_SECURITY in held_today()


def test_a_third_party_that_comes_after_the_notice_is_found_and_gone_when_it_is_stopped() -> None:
    builders.notice()
    assert not notice_drift(on=TODAY)
    party = builders.use().third_party
    assert "Solar Sample" in " ".join(notice_drift(on=TODAY).unsaid)
    builders.stop(party)
    assert "Solar Sample" not in " ".join(notice_drift(on=TODAY).unsaid)


def test_the_command_says_whether_the_notice_is_true(capsys) -> None:
    builders.notice(at=timezone.now() - timedelta(days=5))
    call_command("check_notice")
    assert "says what PRIME does" in capsys.readouterr().out
    purposes.record(
        key="late",
        categories=["demand"],
        name_en="A late idea",
        name_es="Una idea tardía",
        text_en="To try something.",
        text_es="Para probar algo.",
        at=timezone.now(),
    )
    with pytest.raises(CommandError, match="A late idea"):
        call_command("check_notice")
