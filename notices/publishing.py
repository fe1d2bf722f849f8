"""Publishing the Notice (6.1, 6.2): complete or refused, then frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from notices.content import Content, Facts, Words, in_language, written_from
from notices.models import Notice, NoticeDraft

if TYPE_CHECKING:
    from prime_portal.models import User

# The policy's own wording, to the letter (6.2). It stays visible in every language.
LABEL = "Notice of Accessing, Collecting, Storing, Using and Disclosing Energy Usage Information"
LANGUAGES = {"en": "English", "es": "Spanish"}

WRITTEN = {
    "introduction": "what this notice is about, in plain words (6.2)",
    "identity": "who PRIME is (6.2)",
    "changes": "how the notice is changed and how customers are told (6.2)",
    "earlier_versions": "where earlier versions are (6.2)",
}
OFFICIAL = {
    "title": "the title of the privacy official (6.2)",
    "email": "the official’s e-mail address (6.2)",
    "postal": "the official’s postal address (6.2)",
    "telephone": "the official’s telephone number (6.2)",
    "counter": "where a paper copy can be had in person (6.2)",
}
ROW = {
    "recipients": "who gets it and why, or that nobody does (6.2)",
    "retention": "from when the time of keeping it counts (CPUC rule 3)",
    "view": "how to see it (6.2)",
    "ask": "how to ask about it (6.2)",
    "dispute": "how to dispute it (6.2)",
    "limit": "how to limit it, or that this cannot be done (6.2)",
    "consequence": "what follows for a customer who limits it (6.2)",
}


class PublishingRefused(Exception):
    """The notice was not published. `sentences` says each thing that is missing or wrong."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def missing(content: Content) -> list[str]:
    """Name each element of 6.2 that this notice does not have yet, one sentence each."""
    return list(_missing(content))


def _missing(content: Content) -> Iterator[str]:
    written, facts = content.written, content.facts
    for part, what in WRITTEN.items():
        yield from _unsaid(getattr(written, part), what)
    for part, what in OFFICIAL.items():
        if not getattr(facts.official, part).strip():
            yield f"Missing: {what}."
    if not facts.categories:
        yield "Missing: every category of Covered Information (6.2)."
    for category in facts.categories:
        name = category.name.en or category.key
        row = content.row(category.key)
        yield from _unsaid(category.name, f"the name of category “{category.key}” (6.2)")
        yield from _unsaid(category.elements, f"what “{name}” consists of (6.2)")
        if not content.purposes_of(category.key):
            yield f"Missing: the purposes “{name}” is used for (6.2)."
        for part, what in ROW.items():
            yield from _unsaid(getattr(row, part), f"of “{name}”: {what}")
    known = {category.key for category in facts.categories}
    for strange in sorted(set(written.categories or {}) - known):
        yield f"The portal holds no category “{strange}”, so the notice may not describe it (6.1)."
    purposes = {purpose.key: purpose for purpose in facts.purposes}
    for purpose in facts.purposes:
        yield from _unsaid(purpose.name, f"the name of purpose “{purpose.key}” (6.2)")
        yield from _unsaid(purpose.text, f"what purpose “{purpose.key}” means (6.2)")
        for strange in sorted(set(purpose.categories) - known):
            yield f"Purpose “{purpose.key}” uses “{strange}”, which the notice leaves out (6.2)."
    for recipient in facts.recipients:
        if not recipient.name.strip():
            yield "Missing: the name of a recipient for a secondary purpose (CPUC rule 3)."
        if recipient.purpose not in purposes:
            yield f"Missing: the purpose for which “{recipient.name}” gets data (CPUC rule 3)."
        yield from _unsaid(recipient.does, f"what “{recipient.name}” does with it (CPUC rule 3)")


def _unsaid(words: Words, what: str) -> Iterator[str]:
    for code, language in LANGUAGES.items():
        if not getattr(words, code).strip():
            yield f"Missing in {language}: {what}."


@transaction.atomic
def publish(
    draft: NoticeDraft,
    *,
    facts: Facts,
    effective_on: date | None,
    changes_en: str,
    changes_es: str,
    by: User,
    at: datetime,
) -> Notice:
    """Make the next version of the Notice out of a draft, in both languages at once (6.2).

    by: who approves it, another person than the writer. effective_on: in force from 00:00
    Pacific of that day, today at the earliest and later than the version before.
    changes_en, changes_es: what changed since the version before, for the letters that tell
    customers. PublishingRefused lists every reason there is; nothing is published then.
    """
    before = Notice.objects.order_by("-number").first()
    refused: list[str] = []
    try:
        content = Content(written_from(draft.content), facts)
        refused += missing(content)
    except ValueError as error:
        raise PublishingRefused([str(error)]) from None
    if by.pk == draft.drafted_by_id:
        refused.append("The one who approves a notice did not write it.")
    if effective_on is None:
        refused.append("Missing: the day the notice takes effect (6.2).")
    elif effective_on < timezone.localdate(at):
        refused.append("A notice cannot take effect on a day that is past.")
    elif before and effective_on <= before.effective_on:
        refused.append(
            f"Version {before.number} takes effect on {before.effective_on}; "
            "this one must be later."
        )
    if before:
        refused += _unsaid(Words(changes_en, changes_es), "what changed (6.2)")
    if refused or effective_on is None:
        raise PublishingRefused(refused)
    number = before.number + 1 if before else 1
    pages = {
        code: _page(content, code, number=number, effective_on=effective_on) for code in LANGUAGES
    }
    notice = Notice.objects.create(
        number=number,
        effective_on=effective_on,
        published_at=at,
        drafted_by=draft.drafted_by,
        approved_by=by,
        content=content.as_json(),
        changes_en=changes_en,
        changes_es=changes_es,
        html_en=pages["en"],
        html_es=pages["es"],
        sha256_en=hashlib.sha256(pages["en"].encode()).digest(),
        sha256_es=hashlib.sha256(pages["es"].encode()).digest(),
    )
    draft.delete()
    return notice


def _page(content: Content, language: str, *, number: int, effective_on: date) -> str:
    """Render a notice once; what customers are shown are these bytes ever after."""
    facts = content.facts
    names = {purpose.key: purpose.name for purpose in facts.purposes}
    rows = {category.key: content.row(category.key) for category in facts.categories}
    # What is the same for every category is said once: no longer than necessary (6.2).
    common = [part for part in ROW if len({getattr(row, part) for row in rows.values()}) == 1]
    context = {
        "label": LABEL,
        "number": number,
        "effective_on": effective_on,
        "written": content.written,
        "official": facts.official,
        "common": {part: getattr(next(iter(rows.values())), part) for part in common},
        "categories": [
            {
                "category": category,
                "row": {part: getattr(rows[category.key], part) for part in ROW},
                "common": common,
                "years": None
                if category.retention_months % 12
                else category.retention_months // 12,
                "purposes": content.purposes_of(category.key),
            }
            for category in facts.categories
        ],
        "primary": [purpose for purpose in facts.purposes if purpose.primary],
        "secondary": [purpose for purpose in facts.purposes if not purpose.primary],
        "recipients": [
            {"name": recipient.name, "does": recipient.does, "purpose": names[recipient.purpose]}
            for recipient in facts.recipients
        ],
    }
    with translation.override(language):
        return render_to_string("notices/notice.html", in_language(context, language))


def _whole_years(months: int) -> int | None:
    return None if months % 12 else months // 12
