"""Writing a draft: whose words they are, and when each language was last gone over (6.2)."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from notices.models import Document, NoticeDraft
from notices.writing.checking import CHANGED
from notices.writing.content import Words, texts_of
from notices.writing.documents import ROW, Kind, What, kind_of

if TYPE_CHECKING:
    from prime_portal.models import User


class DraftChanged(Exception):
    """Somebody else saved the draft in between; nothing was written."""


def begin(
    document: Document,
    *,
    title: str,
    by: User,
    at: datetime,
    content: Mapping[str, Any] | None = None,
) -> NoticeDraft:
    """Begin a draft: from the words of the newest version, unless others are given."""
    newest = kind_of(document).model.objects.order_by("-number").first()
    draft = NoticeDraft.objects.create(
        document=document,
        title=title,
        drafted_by=by,
        content=copy.deepcopy(newest.content["written"]) if newest and content is None else {},
    )
    if content is not None:
        write(draft, texts_of(content), by=by, at=at)
    return draft


@transaction.atomic
def write(
    draft: NoticeDraft,
    texts: Mapping[str, Words],
    *,
    by: User,
    at: datetime,
    gone_over: Collection[str] = (),
    seen: str | None = None,
) -> NoticeDraft:
    """Put texts into a draft, by their paths (“identity”, “categories.demand.view”).

    Each text that differs is stamped with who and when, in its language; who wrote it before
    stays named, for their words may stand in it yet. gone_over: paths whose
    Spanish was read again beside the English and still says the same. seen: the change the
    writer started from; DraftChanged if another came in between.
    """
    held = NoticeDraft.objects.select_for_update().get(pk=draft.pk)
    if seen is not None and seen != version_of(held):
        raise DraftChanged
    before = texts_of(held.content)
    for path, words in texts.items():
        for language in ("en", "es"):
            said = getattr(words, language)
            if said != getattr(before.get(path, Words()), language):
                _stamp(held, f"{path}.{language}", by=by, at=at)
            _place(held.content, path)[language] = said
        if path in gone_over:
            _stamp(held, f"{path}.es", by=by, at=at)
    held.save(update_fields=["content", "stamps", "changed_at"])
    draft.refresh_from_db()
    return draft


def _stamp(held: NoticeDraft, path: str, *, by: User, at: datetime) -> None:
    """Note who wrote a text and when, after everybody who wrote it before."""
    before = held.stamps.get(path, {}).get("by", [])
    writers = [one for one in before if one != str(by.pk)]
    held.stamps[path] = {"at": at.isoformat(), "by": [*writers, str(by.pk)]}


def _place(content: dict[str, Any], path: str) -> dict[str, str]:
    place = content
    for step in path.split("."):
        place = place.setdefault(step, {})
    return place


@transaction.atomic
def schedule(
    draft: NoticeDraft,
    *,
    title: str,
    effective_on: date | None,
    changes: Words,
    by: User,
    at: datetime,
    gone_over: bool = False,
) -> NoticeDraft:
    """Say when a draft shall take effect and what it changes, for whoever approves it.

    Who sets the day, or writes what customers are told is new, is stamped like the writer of
    any text, and may not approve it. gone_over: the Spanish of what is new was read again.
    """
    held = NoticeDraft.objects.select_for_update().get(pk=draft.pk)
    if effective_on != held.effective_on:
        _stamp(held, "effective_on", by=by, at=at)
    for language, said, was in (
        ("en", changes.en, held.changes_en),
        ("es", changes.es, held.changes_es),
    ):
        if said != was or (gone_over and language == "es"):
            _stamp(held, f"{CHANGED}.{language}", by=by, at=at)
    held.title, held.effective_on = title, effective_on
    held.changes_en, held.changes_es = changes.en, changes.es
    held.save(
        update_fields=[
            *("title", "effective_on", "changes_en", "changes_es"),
            *("stamps", "changed_at"),
        ]
    )
    draft.refresh_from_db()
    return draft


def version_of(draft: NoticeDraft) -> str:
    """Name the state a draft is in, for a form to carry."""
    return draft.changed_at.isoformat()


def paths(kind: Kind, section: str) -> dict[str, What]:
    """Return the texts of a section by their paths, each with what it must say."""
    if section == "general":
        return {**kind.parts, "closing": _("anything else; may stay empty")}
    return {f"categories.{section}.{part}": what for part, what in ROW.items()}
