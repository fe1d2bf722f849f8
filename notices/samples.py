"""What customers will be sent, before anything is planned (6.2): exact, and about nobody.

The customer is made up, so a sample holds no Covered Information. Its words are those of the same
templates, version and seal as everybody's; its letter is made as hers would be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from notices import mail, messages
from notices.deliveries import DUE_WITHIN
from notices.models import (
    Delivery,
    Document,
    Notice,
    NoticeDraft,
    PostedPolicy,
    Published,
)
from notices.paper import letters
from usage import claims
from usage.models import Claim

EMAIL, LETTER = Delivery.Medium.EMAIL, Delivery.Medium.LETTER
TO = {EMAIL: "vera@example.com", LETTER: "Vera Muestra\n100 Example Street\nPico Rivera, CA 90660"}
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Run:
    """A kind of notice, about a version that is published or still being written."""

    key: str
    kind: Delivery.Kind
    version: Published = field(compare=False)
    draft: NoticeDraft | None = None

    def __str__(self) -> str:
        if self.draft:
            return f"{self.kind.label}: {self.draft} ({_('draft')})"
        return f"{self.kind.label}: {_('version')} {self.version.number}"


def runs(*, at: datetime) -> list[Run]:
    """What may be sent: notices of the version in force, and news of versions and drafts."""
    today = timezone.localdate(at)
    kinds, found = Delivery.Kind, []
    notice, policy = (model.objects.in_force(on=today) for model in (Notice, PostedPolicy))
    if notice:
        found += [Run(kind.value, kind, notice) for kind in (kinds.ANNUAL, kinds.NEW_ACCOUNT)]
    for kind, held in ((kinds.CHANGE, notice), (kinds.POLICY, policy)):
        if held is None:
            continue
        newest = type(held).objects.filter(number__gte=max(held.number, 2), published_at__lte=at)
        found += [Run(f"{kind}:{one.number}", kind, one) for one in newest.order_by("number")]
    for draft in NoticeDraft.objects.order_by("title", "pk"):
        kind = kinds.POLICY if draft.document == Document.POLICY else kinds.CHANGE
        found.append(Run(str(draft.pk), kind, _version_of(draft), draft))
    return found


def message(run: Run, *, medium: Delivery.Medium, language: str, at: datetime) -> mail.Message:
    """Return what it says to whoever is sent it. A claim code is made for a real letter alone."""
    claim = None
    if run.kind == Delivery.Kind.NEW_ACCOUNT and medium == LETTER:
        claim = Claim(issued_at=at, expires_at=at + claims.LIVES)
    return messages.short(run.kind, run.version, language, claim)


def letter(run: Run, *, language: str, at: datetime) -> bytes:
    """Return the letter as a PDF, to the made-up customer."""
    made = Delivery(
        id=NOBODY,
        kind=run.kind,
        medium=LETTER,
        language=language,
        recipient=TO[LETTER],
        owed_at=at,
        due_on=timezone.localdate(at) + DUE_WITHIN,
    )
    return letters.render(made, message(run, medium=LETTER, language=language, at=at))


def _version_of(draft: NoticeDraft) -> Published:
    """The version a draft would be if it were published now; it is not kept."""
    model: type[Published] = PostedPolicy if draft.document == Document.POLICY else Notice
    newest = model.objects.order_by("-number").first()
    return model(
        number=newest.number + 1 if newest else 1,
        effective_on=draft.effective_on,  # type: ignore[misc]  # none yet, perhaps
        changes_en=draft.changes_en,
        changes_es=draft.changes_es,
    )
