"""The notice in force is held against what the portal really does (6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from notices.writing import drift
from notices.writing.content import Content, Facts, FlowFact, Words, Written
from notices.writing.drift import Drift
from prime_portal.compliance import facts_for_notice, held_today, notice_drift
from tests import builders
from tests.builders import TODAY
from usage import categories, purposes
from usage.models import Category

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


def with_flow(facts: Facts) -> Facts:
    what = Words("Your address, on letters.", "Su dirección, en las cartas.")
    monthly = Words("every month", "cada mes")
    flow = FlowFact("Mail House (fictitious)", "bill_power", what, monthly, ("contact",))
    return replace(facts, flows=(flow,))


def other(value: Any) -> Iterator[Any]:
    """Return the same thing said otherwise, in each way it can be; of a pair, each language."""
    if isinstance(value, Words):
        yield replace(value, en=f"{value.en} Or not.")
        yield replace(value, es=f"{value.es} O no.")
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, tuple):
        yield (*value, "portal_security")
        yield value[1:]
    else:
        yield f"{value} or not"


def every_change(live: Facts) -> Iterator[tuple[str, Facts]]:
    """Return facts that differ from these in one thing, each with what it is."""
    for part in ("categories", "purposes", "recipients", "flows"):
        first, *rest = getattr(live, part)
        for field in fields(first):
            for value in other(getattr(first, field.name)):
                changed = replace(first, **{field.name: value})
                yield f"{part}.{field.name}", replace(live, **{part: (changed, *rest)})
    for field in fields(live.official):
        changed = replace(live.official, **{field.name: "another"})
        yield f"official.{field.name}", replace(live, official=changed)


def test_there_is_nothing_a_notice_printed_that_can_change_unseen(live) -> None:
    said = with_flow(live)
    changes = list(every_change(said))
    names = {name for name, _changed in changes}
    assert {"purposes.text", "recipients.does", "categories.name", "flows.rhythm"} <= names
    unseen = [
        name
        for name, changed in changes
        if drift.between(Content(Written(), said), changed, holding=categories.ALL) == Drift()
    ]
    assert unseen == []


@pytest.mark.parametrize(
    ("part", "field", "sentence"),
    [
        ("purposes", "text", "means something else than the notice says (6.2)"),
        ("purposes", "name", "The notice calls the purpose "),
        ("categories", "name", "The notice calls the category “Who you are” (“Quién es usted”)"),
        ("categories", "sensitive", "is sensitive in the portal or in the notice, not in both"),
        ("recipients", "does", "“Solar Sample (fictitious)” does something else"),
        ("flows", "rhythm", "“Mail House (fictitious)” in another rhythm than the notice says"),
    ],
)
def test_words_that_are_others_than_the_notice_printed_are_said(
    live, part: str, field: str, sentence: str
) -> None:
    said = with_flow(live)
    first, *rest = getattr(said, part)
    for value in other(getattr(first, field)):
        changed = replace(said, **{part: (replace(first, **{field: value}), *rest)})
        assert sentence in unsaid(said, changed)


def test_a_purpose_that_is_reworded_after_the_notice_turns_it_red_at_once() -> None:
    builders.notice()
    assert not notice_drift(on=TODAY)
    purposes.reword(
        builders.purpose(),
        name_en="Size a solar roof",
        name_es="Calcular un techo solar",
        text_en="To sell you a solar roof.",
        text_es="Para venderle un techo solar.",
        at=timezone.now(),
    )
    assert "“Size a solar roof” means something else" in " ".join(notice_drift(on=TODAY).unsaid)


def test_a_category_that_is_renamed_after_the_notice_turns_it_red_at_once() -> None:
    builders.notice()
    Category.objects.filter(key="demand").update(name_es="Otra cosa")
    (sentence,) = notice_drift(on=TODAY).unsaid
    assert "its name is “Highest power use” (“Otra cosa”) today" in sentence


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
