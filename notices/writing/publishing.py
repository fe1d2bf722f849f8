"""Publishing the Notice (6.1, 6.2): complete or refused, then frozen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from notices.models import Notice, NoticeDraft, PostedPolicy, PublishedPdf
from notices.writing import checking
from notices.writing.checking import LANGUAGES, Finding
from notices.writing.content import Content, Facts, Words, in_language, written_from
from notices.writing.documents import LABEL as LABEL
from notices.writing.documents import NOTICE, ROW, Kind, kind_of
from usage import pdf

if TYPE_CHECKING:
    from prime_portal.models import User


class PublishingRefused(Exception):
    """The notice was not published. `sentences` says each thing that is missing or wrong."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def content_of(draft: NoticeDraft, facts: Facts) -> Content:
    """Put together what a draft says and the facts it is about. ValueError if it is malformed."""
    kind = kind_of(draft.document)
    return Content(written_from(draft.content), _told(facts, kind))


def check(draft: NoticeDraft, *, facts: Facts, changed: Words | None = None) -> list[Finding]:
    """Name everything missing, vague, too hard or out of step in a draft (6.2).

    changed: what customers are told is new, where it is not what the draft says.
    """
    try:
        content = content_of(draft, facts)
    except ValueError as error:
        return [Finding(checking.GENERAL, str(error))]
    return checking.check(
        content,
        kind=kind_of(draft.document),
        stamps=draft.stamps,
        changed=changed or Words(draft.changes_en, draft.changes_es),
    )


def writers(draft: NoticeDraft) -> set[UUID]:
    """Return who may not approve a draft: who began it, wrote any of it, or set its day."""
    stamped = {UUID(one) for stamp in draft.stamps.values() for one in stamp["by"]}
    return {draft.drafted_by_id} | stamped


def fingerprint(draft: NoticeDraft, *, facts: Facts) -> str:
    """Say by which texts, day and facts one read a draft: who approves, approves just these."""
    said = [draft.document, draft.content, str(draft.effective_on or "")]
    said += [draft.changes_en, draft.changes_es, draft.stamps, asdict(facts)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _told(facts: Facts, kind: Kind) -> Facts:
    """The policy names the official; the Notice all the rest."""
    return facts if kind is NOTICE else Facts((), (), (), facts.official)


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
) -> Notice | PostedPolicy:
    """Make the next version of the Notice or policy out of a draft, in both languages (6.2).

    by: who approves it, another person than the writers. effective_on: in force from 00:00
    Pacific of that day, today at the earliest and later than the version before.
    changes_en, changes_es: what changed since the version before, for the letters that tell
    customers. PublishingRefused lists every reason there is; nothing is published then.
    """
    kind = kind_of(draft.document)
    before = kind.model.objects.order_by("-number").first()
    changed = Words(changes_en, changes_es)
    found = check(draft, facts=facts, changed=changed)
    refused = [finding.sentence for finding in found]
    try:
        content = content_of(draft, facts)
    except ValueError:
        raise PublishingRefused(refused) from None
    if by.pk in writers(draft):
        sentence = _("The one who approves a %(kind)s did not write it.")
        refused.append(sentence % {"kind": kind})
    if effective_on is None:
        sentence = _("Missing: the day the %(kind)s takes effect (6.2).")
        refused.append(sentence % {"kind": kind})
    elif effective_on < timezone.localdate(at):
        sentence = _("A %(kind)s cannot take effect on a day that is past.")
        refused.append(sentence % {"kind": kind})
    elif before and effective_on <= before.effective_on:
        sentence = _("Version %(number)s takes effect on %(on)s; this one must be later.")
        on = formats.date_format(before.effective_on)
        refused.append(sentence % {"number": before.number, "on": on})
    if before:
        said = checking.unsaid(changed, _("what changed (6.2)"))
        refused += [finding.sentence for finding in said]
    if reason := pdf.why_not():
        refused.append(reason)
    if refused or effective_on is None:
        raise PublishingRefused(refused)
    number = before.number + 1 if before else 1
    pages = {
        code: page(content, code, kind=kind, number=number, effective_on=effective_on)
        for code in LANGUAGES
    }
    for code, html in pages.items():
        found += checking.check_page(
            html, code, kind=kind, content=content, effective_on=effective_on
        )
    if found:
        raise PublishingRefused([finding.sentence for finding in found])
    version = kind.model.objects.create(
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
    PublishedPdf.objects.bulk_create(
        PublishedPdf(
            **{kind.document.value: version},
            language=code,
            content=content,
            sha256=hashlib.sha256(content).digest(),
        )
        for code, content in ((code, on_paper(html, code, kind)) for code, html in pages.items())
    )
    draft.delete()
    return version


@lru_cache(maxsize=32)
def on_paper(html: str, language: str, kind: Kind) -> bytes:
    """Return a frozen page as a tagged PDF (PDF/UA-1). The same page gives the same bytes."""
    with translation.override(language):
        whole = render_to_string(
            "notices/paper.html", {"html": html, "language": language, "label": kind.label}
        )
    return pdf.write(whole, identifier=hashlib.sha256(whole.encode()).digest()[:16])


def page(
    content: Content, language: str, *, kind: Kind = NOTICE, number: int, effective_on: date | None
) -> str:
    """Render a version once; what customers are shown are these bytes ever after."""
    facts = content.facts
    names = {purpose.key: purpose.name for purpose in facts.purposes}
    rows = {category.key: content.row(category.key) for category in facts.categories}
    # What is the same for every category is said once: no longer than necessary (6.2).
    common = [part for part in ROW if len({getattr(row, part) for row in rows.values()}) == 1]
    context = {
        "label": kind.label,
        "number": number,
        "effective_on": effective_on,
        "written": content.written,
        "official": facts.official,
        "common": {part: getattr(row, part) for row in [*rows.values()][:1] for part in common},
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
            {
                "name": recipient.name,
                "does": recipient.does,
                "purpose": names.get(recipient.purpose, Words()),
            }
            for recipient in facts.recipients
        ],
        "flows": [
            {"name": flow.name, "what": flow.what, "rhythm": flow.rhythm} for flow in facts.flows
        ],
    }
    with translation.override(language):
        return render_to_string(kind.template, in_language(context, language))
