"""The Notice is published complete and in both languages, or not at all; then it never changes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from notices.models import Notice, NoticeDraft
from notices.writing import documents, publishing
from notices.writing.content import Content, Facts, OfficialFact, Words, content_from, written_from
from notices.writing.publishing import LABEL, PublishingRefused
from prime_portal.compliance import facts_for_notice
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage import categories
from usage.models import Category, Purpose

pytestmark = pytest.mark.django_db


def publish(draft: NoticeDraft, **change: Any) -> Notice:
    chosen: dict[str, Any] = {
        "facts": facts_for_notice(),
        "effective_on": TODAY,
        "changes_en": "Something.",
        "changes_es": "Algo.",
        "by": builders.bruno(),
        "at": NOW,
    }
    return publishing.publish(draft, **(chosen | change))


def refused(draft: NoticeDraft, **change: Any) -> str:
    with pytest.raises(PublishingRefused) as caught:
        publish(draft, **change)
    assert not Notice.objects.exists()
    return " ".join(caught.value.sentences)


def test_the_label_is_the_policys_own_to_the_letter() -> None:
    assert LABEL == (
        "Notice of Accessing, Collecting, Storing, Using and Disclosing Energy Usage Information"
    )


def test_all_thirteen_categories_are_laid_down_with_a_purpose_and_two_years_at_least() -> None:
    assert set(Category.objects.values_list("key", flat=True)) == set(categories.ALL)
    for category in Category.objects.all():
        assert category.retention_months >= 24
        assert Purpose.objects.filter(kind="primary", categories__contains=[category.key]).exists()
        assert category.name_en != category.name_es
    sensitive = Category.objects.filter(sensitive=True).values_list("key", flat=True)
    assert list(sensitive) == [categories.PROGRAM_ENROLLMENT]


def test_a_complete_draft_becomes_the_next_version_in_both_languages() -> None:
    first = publish(builders.draft())
    second = publish(builders.draft(), effective_on=TODAY + timedelta(days=14))
    assert (first.number, second.number) == (1, 2)
    for notice in (first, second):
        assert hashlib.sha256(notice.html_en.encode()).digest() == notice.sha256_en
        assert hashlib.sha256(notice.html_es.encode()).digest() == notice.sha256_es
        assert LABEL in notice.html_en
        assert LABEL in notice.html_es
        for category in Category.objects.all():
            assert category.name_en in notice.html_en.replace("&#x27;", "'")
            assert category.name_es in notice.html_es
    assert Notice.objects.in_force(on=TODAY + timedelta(days=13)) == first
    assert Notice.objects.in_force(on=TODAY + timedelta(days=14)) == second
    assert Notice.objects.in_force(on=TODAY - timedelta(days=1)) is None
    assert not NoticeDraft.objects.exists()


def test_a_notice_says_what_the_portal_really_does() -> None:
    builders.use()
    notice = publish(builders.draft())
    assert "Solar Sample (fictitious)" in notice.html_en
    assert "Calcular un techo solar" in notice.html_es
    assert "5 years" in notice.html_en
    assert "5 años" in notice.html_es
    assert content_from(notice.content) == Content(
        written_from(notice.content["written"]), facts_for_notice()
    )


def test_whoever_is_stopped_is_not_named_as_a_recipient() -> None:
    builders.stop(builders.use().third_party)
    assert "Solar Sample" not in publish(builders.draft()).html_en


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("introduction", "what this notice is about"),
        ("identity", "who PRIME is"),
        ("changes", "how the notice is changed"),
        ("earlier_versions", "where earlier versions are"),
    ],
)
def test_a_part_missing_in_one_language_is_named(part: str, named: str, language: str) -> None:
    draft = builders.draft()
    draft.content[part][language] = " "
    sentence = {"en": "Missing in English", "es": "Missing in Spanish"}[language]
    assert f"{sentence}: {named}" in refused(draft)


@pytest.mark.parametrize("part", list(documents.ROW))
def test_a_part_missing_of_one_category_is_named_with_the_category(part: str) -> None:
    draft = builders.draft()
    row = draft.content["categories"]["interval_usage"]
    draft.content["categories"]["interval_usage"] = row | {part: {"en": "Said.", "es": ""}}
    said = refused(draft)
    assert "Electricity use through the day" in said
    assert str(documents.ROW[part]) in said
    assert "Missing in Spanish" in said
    assert "Missing in English" not in said


def test_a_category_nobody_wrote_about_is_named() -> None:
    draft = builders.draft()
    del draft.content["categories"]["demand"]
    assert "“Highest power use”: how to dispute it" in refused(draft)


def test_a_category_the_portal_does_not_hold_is_refused() -> None:
    draft = builders.draft()
    draft.content["categories"]["horoscope"] = draft.content["categories"]["demand"]
    assert "holds no category “horoscope”" in refused(draft)


@pytest.mark.parametrize("part", list(documents.OFFICIAL))
def test_every_way_to_reach_the_official_is_asked_for(part: str) -> None:
    facts = facts_for_notice()
    facts = replace(facts, official=replace(facts.official, **{part: ""}))
    assert str(documents.OFFICIAL[part]) in refused(builders.draft(), facts=facts)


def test_a_category_without_a_purpose_is_refused() -> None:
    facts = facts_for_notice()
    others = tuple(
        replace(purpose, categories=tuple(k for k in purpose.categories if k != "demand"))
        for purpose in facts.purposes
    )
    said = refused(builders.draft(), facts=replace(facts, purposes=others))
    assert "Missing: the purposes “Highest power use” is used for" in said


def test_a_purpose_without_words_and_a_recipient_without_a_purpose_are_refused() -> None:
    facts = facts_for_notice()
    mute = replace(facts.purposes[0], text=Words("Said.", ""))
    said = refused(builders.draft(), facts=replace(facts, purposes=(mute, *facts.purposes[1:])))
    assert f"what purpose “{mute.key}” means" in said
    builders.use()
    named = facts_for_notice().recipients
    said = refused(builders.draft(), facts=replace(facts, recipients=named))
    assert "the purpose for which “Solar Sample (fictitious)” gets data" in said


def test_nothing_known_at_all_is_refused_with_everything_named() -> None:
    nobody = Facts((), (), (), OfficialFact("", "", "", "", ""))
    draft = NoticeDraft.objects.create(title="empty", drafted_by=builders.alma())
    said = refused(draft, facts=nobody, effective_on=None)
    for named in (
        "who PRIME is",
        "every category",
        "e-mail address",
        "postal address",
        "telephone",
        "the day the notice takes effect",
    ):
        assert named in said


def test_the_writer_cannot_approve_her_own_notice() -> None:
    assert "did not write it" in refused(builders.draft(), by=builders.alma())
    with pytest.raises(DatabaseError, match="the_one_who_approves"), transaction.atomic():
        Notice.objects.bulk_create([_copy(publish(builders.draft()), approved_by=builders.alma())])


def _copy(notice: Notice, **change: Any) -> Notice:
    fields = {
        field.name: getattr(notice, field.name)
        for field in Notice._meta.fields
        if field.name != "id"
    }
    return Notice(**(fields | {"number": notice.number + 1} | change))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (None, "the day the notice takes effect"),
        (TODAY - timedelta(days=1), "a day that is past"),
        (TODAY, "this one must be later"),
    ],
)
def test_a_version_takes_effect_later_than_the_one_before(day: date | None, why: str) -> None:
    publish(builders.draft())
    with pytest.raises(PublishingRefused, match=why):
        publish(builders.draft(), effective_on=day)
    assert Notice.objects.count() == 1


def test_a_second_version_says_what_changed_in_both_languages() -> None:
    publish(builders.draft(), changes_en="", changes_es="")
    with pytest.raises(PublishingRefused, match="Missing in Spanish: what changed"):
        publish(builders.draft(), effective_on=TODAY + timedelta(days=9), changes_es="")


def test_a_draft_of_another_form_is_refused_in_a_sentence() -> None:
    draft = builders.draft()
    draft.content["surprise"] = {"en": "x"}
    assert "A draft has no part “surprise”" in refused(draft)
    draft.content.pop("surprise")
    draft.content["identity"] = "only a text"
    assert "“identity” must be a text in each language" in refused(draft)


def test_what_is_the_same_for_all_categories_is_said_once() -> None:
    notice = publish(builders.draft())
    assert notice.html_en.count("How to dispute it") == 1
    draft = builders.draft()
    row = draft.content["categories"]["demand"]
    draft.content["categories"]["demand"] = row | {"dispute": {"en": "Other.", "es": "Otra."}}
    later = publish(draft, effective_on=TODAY + timedelta(days=20))
    assert later.html_en.count("How to dispute it") == Category.objects.count()


def test_what_staff_wrote_cannot_break_out_of_the_page() -> None:
    draft = builders.draft()
    draft.content["introduction"] = {"en": "<script>alert(1)</script>", "es": "Algo."}
    assert "<script" not in publish(draft).html_en


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE notices_notice SET html_en = 'other'",
        "UPDATE notices_notice SET effective_on = '2020-01-01'",
        "DELETE FROM notices_notice",
        "TRUNCATE notices_notice CASCADE",
    ],
)
def test_a_published_notice_can_be_changed_by_nobody(committed_db: None, change: str) -> None:
    notice = publish(builders.draft())
    roles = ["DATABASE_URL", "DATABASE_OWNER_URL", "PRIME_TEST_SUPERUSER_URL"]
    for address in (os.environ[role] for role in roles if role in os.environ):
        with psycopg.connect(address) as connected:
            held = connected.execute("SELECT number FROM notices_notice").fetchall()
            assert held == [(notice.number,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connected.execute(change)
            connected.rollback()
    assert Notice.objects.get().html_en == notice.html_en


def test_publishing_is_recorded_by_the_database() -> None:
    notice = publish(builders.draft())
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM ledger.entry WHERE row_id = %s", [notice.pk])
        assert cursor.fetchall() == [("notices_notice:written",)]


def test_a_notice_laid_down_again_is_the_one_that_was_published() -> None:
    """builders.notice publishes once and lays the same rows down after that."""

    def rows() -> list[dict[str, Any]]:
        notice = builders.notice()
        said = Notice.objects.filter(pk=notice.pk).values().get()
        prints = notice.pdfs.order_by("language").values("language", "sha256", "content")
        people = {"drafted_by_id": User.objects.get(pk=said["drafted_by_id"]).email}
        people["approved_by_id"] = User.objects.get(pk=said["approved_by_id"]).email
        return [said | people | {"id": None}, *prints]

    with transaction.atomic():
        builders._SET.clear()
        published = rows()
        transaction.set_rollback(True)
    assert len(builders._SET) == 1
    assert rows() == published
    assert not NoticeDraft.objects.exists()
