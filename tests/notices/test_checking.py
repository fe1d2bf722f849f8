"""A notice is refused for each of the fifteen things it must have, by name (6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.utils import timezone

from notices.models import Document, NoticeDraft, PublishedPdf
from notices.writing import checking, drafts, publishing
from notices.writing.checking import check_page
from notices.writing.content import Content, Facts, FlowFact, Words
from notices.writing.documents import NOTICE, PRIME
from prime_portal.city import policy
from prime_portal.city import words as city
from prime_portal.compliance import facts_for_notice
from tests import builders
from tests.builders import NOW, TODAY
from usage.models import Category

pytestmark = pytest.mark.django_db

Change = Callable[[dict[str, Any], Facts], Facts | None]


def sentences(draft: NoticeDraft, facts: Facts | None = None) -> str:
    found = publishing.check(draft, facts=facts or facts_for_notice())
    return " ".join(finding.sentence for finding in found)


def say(part: str, en: str, es: str = "Algo.") -> Change:
    def change(content: dict[str, Any], facts: Facts) -> None:
        content[part] = {"en": en, "es": es}

    return change


def say_of_demand(part: str, en: str) -> Change:
    def change(content: dict[str, Any], facts: Facts) -> None:
        row = content["categories"]["demand"]
        content["categories"]["demand"] = row | {part: {"en": en, "es": "Algo."}}

    return change


def facts_without(part: str) -> Change:
    def change(content: dict[str, Any], facts: Facts) -> Facts:
        if part == "categories":
            return replace(facts, categories=())
        if part == "purposes":
            return replace(facts, purposes=())
        if part == "retention":
            first, *rest = facts.categories
            return replace(facts, categories=(replace(first, retention_months=0), *rest))
        if part == "recipient":
            nameless = replace(facts.recipients[0], name=" ")
            return replace(facts, recipients=(nameless,))
        return replace(facts, official=replace(facts.official, **{part: ""}))

    return change


HARD = (
    "Notwithstanding the foregoing, information may be disseminated to governmental entities "
    "pursuant to applicable regulatory authorizations, provided that confidentiality obligations "
    "are contractually established."
)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(say("identity", ""), "Missing in English: who PRIME is", id="2-no-identity"),
        pytest.param(say("identity", "We."), f"Say its full name, {PRIME}", id="2-vague-identity"),
        pytest.param(say("changes", ""), "how the notice is changed", id="4-changes"),
        pytest.param(say("earlier_versions", ""), "where earlier versions are", id="4-earlier"),
        pytest.param(facts_without("title"), "the title of the privacy official", id="5-title"),
        pytest.param(facts_without("email"), "the official’s e-mail address", id="5-email"),
        pytest.param(facts_without("postal"), "the official’s postal address", id="5-postal"),
        pytest.param(facts_without("telephone"), "telephone number", id="5-telephone"),
        pytest.param(facts_without("categories"), "every category of Covered", id="6-categories"),
        pytest.param(facts_without("purposes"), "the purposes “Demand”", id="7-purposes"),
        pytest.param(say_of_demand("recipients", ""), "who gets it and why", id="8-recipients"),
        pytest.param(
            say_of_demand("recipients", "Firms, for business purposes."),
            "“business purposes” says nothing",
            id="8-vague",
        ),
        pytest.param(facts_without("recipient"), "the name of a recipient", id="9-names"),
        pytest.param(facts_without("retention"), "how long “Who you are” is kept", id="10-keeping"),
        pytest.param(say_of_demand("retention", ""), "from when the time", id="10-from-when"),
        pytest.param(say_of_demand("view", ""), "how to see it", id="11-view"),
        pytest.param(say_of_demand("ask", ""), "how to ask about it", id="11-ask"),
        pytest.param(say_of_demand("dispute", ""), "how to dispute it", id="11-dispute"),
        pytest.param(say_of_demand("limit", ""), "how to limit it", id="12-limit"),
        pytest.param(say_of_demand("consequence", ""), "what follows for", id="13-consequence"),
        pytest.param(say("introduction", HARD), "Too hard in English", id="14-hard"),
        pytest.param(say("introduction", "x", ""), "Missing in Spanish: what", id="14-no-spanish"),
        pytest.param(say("introduction", "So it is. " * 1200), "Too long in English", id="14-long"),
        pytest.param(say("marketing", ""), "sales calls", id="15-marketing"),
        pytest.param(say("totals", ""), "totals of many customers", id="15-totals"),
        pytest.param(say("legal", ""), "courts, orders or emergencies", id="15-legal"),
        pytest.param(say("sce", ""), "SCE reads the meter", id="15-sce"),
        pytest.param(say("contractors", ""), "under contract must keep to", id="15-contractors"),
    ],
)
def test_each_element_that_is_missing_or_vague_is_named(change: Change, named: str) -> None:
    builders.use()
    draft = builders.draft()
    facts = facts_for_notice()
    assert sentences(draft, facts) == ""
    changed = change(draft.content, facts) or facts
    assert named.replace("Demand”", "Highest power use”") in sentences(draft, changed)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        # PRIME's own site writes another comma: the policy's label is to the letter (element 1).
        (("Using and Disclosing", "Using, and Disclosing"), "lacks the label"),
        (("July 1, 2026", ""), "lacks the day it takes effect"),  # element 3
        (("privacy@", "elsewhere@"), "lacks the official’s e-mail address"),
    ],
)
def test_the_page_itself_is_looked_at_before_it_is_frozen(
    broken: tuple[str, str], named: str
) -> None:
    content = publishing.content_of(builders.draft(), facts_for_notice())
    html = publishing.page(content, "en", number=1, effective_on=TODAY)

    def found(page: str) -> str:
        return " ".join(
            finding.sentence
            for finding in check_page(page, "en", kind=NOTICE, content=content, effective_on=TODAY)
        )

    assert found(html) == ""
    assert broken[0] in html
    assert named in found(html.replace(*broken))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We use it for legitimate business purposes."),
        ("en", "For billing, planning and so on."),
        ("en", "Shared with our partners."),
        ("es", "La usamos para fines comerciales."),
        ("es", "Para cobrar, entre otras cosas."),
        ("es", "La damos según sea necesario."),
    ],
)
def test_what_says_nothing_is_refused_in_both_languages(language: str, text: str) -> None:
    draft = builders.draft()
    draft.content["legal"] = {"en": "By order.", "es": "Por orden."} | {language: text}
    assert "says nothing; say exactly what" in sentences(draft)


SAID = Words("Your address, on letters.", "Su dirección, en las cartas.")
RHYTHM = Words("every month", "cada mes")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": " "}, "Missing: the name of who gets data regularly"),
        ({"what": replace(SAID, en="")}, "Missing in English: what goes to “Mail House” regularly"),
        ({"what": replace(SAID, es="")}, "Missing in Spanish: what goes to “Mail House” regularly"),
        ({"rhythm": replace(RHYTHM, en="")}, "Missing in English: how often data goes to “Mail"),
        ({"rhythm": replace(RHYTHM, es="")}, "Missing in Spanish: how often data goes to “Mail"),
        (
            {"what": replace(SAID, en="Letters, for various purposes and the like.")},
            "Vague in English: what goes to “Mail House” regularly (6.1). “various purposes”",
        ),
        (
            {"what": replace(SAID, es="Cartas, entre otras cosas.")},
            "Vague in Spanish: what goes to “Mail House” regularly",
        ),
        ({"rhythm": replace(RHYTHM, en="from time to time")}, "Vague in English: how often data"),
        (
            {"what": replace(SAID, en=HARD)},
            "Too hard in English: what goes to “Mail House” regularly",
        ),
    ],
)
def test_what_goes_out_regularly_is_checked_like_every_other_text(
    change: dict[str, Any], named: str
) -> None:
    draft, facts = builders.draft(), facts_for_notice()
    plain = FlowFact("Mail House", "bill_power", SAID, RHYTHM, ("contact",))
    assert sentences(draft, replace(facts, flows=(plain,))) == ""
    assert named in sentences(draft, replace(facts, flows=(replace(plain, **change),)))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            Words("Various reasons, and so on.", "Algo."),
            "Vague in English: what changed (6.2). “Various reasons”",
        ),
        (Words("Something.", "Varios motivos."), "Vague in Spanish: what changed (6.2)"),
        (Words(HARD, "Algo."), "Too hard in English: what changed (6.2)"),
        (Words("So it is. " * 1200, "Algo."), "Too long in English"),
    ],
)
def test_what_every_customer_is_told_is_new_is_checked_at_the_desk_and_when_it_is_published(
    said: Words, named: str
) -> None:
    draft = builders.draft()
    draft.changes_en, draft.changes_es = "How to limit it.", "Cómo limitarla."
    assert sentences(draft) == ""
    with pytest.raises(publishing.PublishingRefused) as refused:
        publishing.publish(
            draft,
            facts=facts_for_notice(),
            effective_on=TODAY,
            changes_en=said.en,
            changes_es=said.es,
            by=builders.bruno(),
            at=NOW,
        )
    assert named in str(refused.value)
    draft.changes_en, draft.changes_es = said.en, said.es
    assert named in sentences(draft)


def test_plain_talk_of_business_is_not_vague() -> None:
    draft = builders.draft()
    said = {"en": "Your business name, as needed by law.", "es": "El nombre de su negocio."}
    draft.content["legal"] = said
    assert sentences(draft) == ""


def test_spanish_older_than_its_english_is_refused_until_somebody_went_over_it() -> None:
    alma, later = builders.alma(), NOW + timedelta(hours=1)
    draft = drafts.begin(
        Document.NOTICE, title="x", content=builders.draft().content, by=alma, at=NOW
    )
    assert sentences(draft) == ""
    words = Words("In other words.", "En palabras sencillas.")
    drafts.write(draft, {"legal": words}, by=alma, at=later)
    assert "The Spanish is older than the English: when courts" in sentences(draft)
    drafts.write(draft, {"legal": words}, by=alma, at=later, gone_over=["legal"])
    assert sentences(draft) == ""
    drafts.write(draft, {"sce": Words("SCE reads it.", "SCE lo lee.")}, by=alma, at=later)
    assert sentences(draft) == ""


def test_how_plain_is_plain_enough_is_a_setting(settings) -> None:
    draft = builders.draft()
    settings.NOTICE_GRADE_EN, settings.NOTICE_EASE_ES = 1, 99
    said = sentences(draft)
    assert "Too hard in English (6.2)" in said
    assert "Too hard in Spanish (6.2)" in said


@pytest.mark.parametrize("first", [True, False])
def test_the_words_of_the_demo_pass_with_room_to_spare(settings, first: bool) -> None:
    settings.NOTICE_GRADE_EN, settings.NOTICE_EASE_ES = 7, 65
    builders.use()
    keys = list(Category.objects.values_list("key", flat=True))
    made = [
        drafts.begin(Document.NOTICE, title="x", content=said, by=builders.alma(), at=NOW)
        for said in (city.notice(keys, first=first), city.notice(keys))
    ]
    made.append(
        drafts.begin(
            Document.POLICY, title="x", content=policy.policy(), by=builders.alma(), at=NOW
        )
    )
    assert [sentences(draft) for draft in made] == ["", "", ""]


def test_what_is_printed_is_kept_tagged_and_the_same_for_ever() -> None:
    notice = builders.notice(at=timezone.now())
    for pdf in PublishedPdf.objects.filter(notice=notice):
        with pikepdf.open(BytesIO(bytes(pdf.content))) as opened:
            assert str(opened.Root.Lang) == pdf.language
            assert opened.Root.MarkInfo.Marked
            tags = str(opened.open_metadata())
        assert "pdfuaid" in tags
        html = notice.html_es if pdf.language == "es" else notice.html_en
        assert publishing.on_paper.afresh(html, pdf.language, NOTICE) == bytes(pdf.content)


def test_a_day_in_another_language_is_looked_for_in_that_language() -> None:
    content = publishing.content_of(builders.draft(), facts_for_notice())
    html = publishing.page(content, "es", number=1, effective_on=date(2026, 7, 1))
    found = check_page(html, "es", kind=NOTICE, content=content, effective_on=date(2026, 7, 1))
    assert found == []
    assert checking.LANGUAGES == {"en": "English", "es": "Spanish"}
    assert isinstance(content, Content)
