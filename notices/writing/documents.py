"""The two things PRIME publishes in versions (6.2), and what each must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notices.models import Document, Notice, PostedPolicy

What = str | Promise

# The policy's own wording, to the letter (6.2). It stays visible in every language.
LABEL = "Notice of Accessing, Collecting, Storing, Using and Disclosing Energy Usage Information"
POLICY_LABEL = "Privacy Policy for Energy Usage Information"
PRIME = "Pico Rivera Innovative Municipal Energy"

OFFICIAL = {
    "title": _("the title of the privacy official (6.2)"),
    "email": _("the official’s e-mail address (6.2)"),
    "postal": _("the official’s postal address (6.2)"),
    "telephone": _("the official’s telephone number (6.2)"),
    "counter": _("where a paper copy can be had in person (6.2)"),
}
ROW = {
    "recipients": _("who gets it and why, or that nobody does (6.2)"),
    "retention": _("from when the time of keeping it counts (CPUC rule 3)"),
    "view": _("how to see it (6.2)"),
    "ask": _("how to ask about it (6.2)"),
    "dispute": _("how to dispute it (6.2)"),
    "limit": _("how to limit it, or that this cannot be done (6.2)"),
    "consequence": _("what follows for a customer who limits it (6.2)"),
}
BETWEEN = {
    "contractors": _("what those who work for PRIME under contract must keep to (6.5)"),
    "totals": _("when totals of many customers may be published (6.11)"),
    "legal": _("when courts, orders or emergencies call for it (6.5)"),
}


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of published document: its model, its label, and the parts a person writes."""

    document: Document
    model: type[Notice] | type[PostedPolicy]
    label: str
    template: str
    parts: Mapping[str, What]
    word: What

    def __str__(self) -> str:
        return str(self.word)


NOTICE = Kind(
    Document.NOTICE,
    Notice,
    LABEL,
    "notices/notice.html",
    {
        "introduction": _("what this notice is about, in plain words (6.2)"),
        "identity": _("who PRIME is (6.2)"),
        "sce": _("that SCE reads the meter and sends the bill (6.1)"),
        "marketing": _("that it is not sold or used for sales calls (6.1)"),
        **BETWEEN,
        "changes": _("how the notice is changed and how customers are told (6.2)"),
        "earlier_versions": _("where earlier versions are (6.2)"),
    },
    _("notice"),
)
POLICY = Kind(
    Document.POLICY,
    PostedPolicy,
    POLICY_LABEL,
    "notices/policy.html",
    {
        "introduction": _("what this policy is about, in plain words (6.2)"),
        "identity": _("who PRIME is (6.2)"),
        "minimum": _("that PRIME takes and keeps no more than it needs (5.3)"),
        "safeguards": _("how it is guarded and who is trained (5.1, 5.2)"),
        "access": _("how customers see and take their own (6.3)"),
        "sharing": _("who may get it without being asked (6.4 to 6.6)"),
        "choices": _("how a customer authorizes somebody and cancels (6.9, 6.10)"),
        **BETWEEN,
        "changes": _("how the policy is changed and how customers are told (6.2)"),
        "earlier_versions": _("where earlier versions are (6.2)"),
    },
    _("policy"),
)
KINDS = {kind.document: kind for kind in (NOTICE, POLICY)}


def kind_of(document: str) -> Kind:
    return KINDS[Document(document)]
