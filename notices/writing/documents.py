"""The two things PRIME publishes in versions (6.2), and what each must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notices.models import Document, Notice, PostedPolicy

# The policy's own wording, to the letter (6.2). It stays visible in every language.
LABEL = "Notice of Accessing, Collecting, Storing, Using and Disclosing Energy Usage Information"
POLICY_LABEL = "Privacy Policy for Energy Usage Information"
PRIME = "Pico Rivera Innovative Municipal Energy"

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
BOTH_BEGIN = {
    "introduction": "what this {document} is about, in plain words (6.2)",
    "identity": "who PRIME is (6.2)",
}
BOTH_END = {
    "contractors": "what those who work for PRIME under contract must keep to (6.5)",
    "totals": "when totals of many customers may be published (6.11)",
    "legal": "when courts, orders or emergencies call for it (6.5)",
    "changes": "how the {document} is changed and how customers are told (6.2)",
    "earlier_versions": "where earlier versions are (6.2)",
}


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of published document: its model, its label, and the parts a person writes."""

    document: Document
    model: type[Notice] | type[PostedPolicy]
    label: str
    template: str
    parts: Mapping[str, str]
    word: str

    def __str__(self) -> str:
        return self.word


def _parts(word: str, between: dict[str, str]) -> dict[str, str]:
    parts = BOTH_BEGIN | between | BOTH_END
    return {part: what.format(document=word) for part, what in parts.items()}


NOTICE = Kind(
    Document.NOTICE,
    Notice,
    LABEL,
    "notices/notice.html",
    _parts(
        "notice",
        {
            "sce": "that SCE reads the meter and sends the bill (6.1)",
            "marketing": "that it is not sold or used for sales calls (6.1)",
        },
    ),
    "notice",
)
POLICY = Kind(
    Document.POLICY,
    PostedPolicy,
    POLICY_LABEL,
    "notices/policy.html",
    _parts(
        "policy",
        {
            "minimum": "that PRIME takes and keeps no more than it needs (5.3)",
            "safeguards": "how it is guarded and who is trained (5.1, 5.2)",
            "access": "how customers see and take their own (6.3)",
            "sharing": "who may get it without being asked (6.4 to 6.6)",
            "choices": "how a customer authorizes somebody and cancels (6.9, 6.10)",
        },
    ),
    "policy",
)
KINDS = {kind.document: kind for kind in (NOTICE, POLICY)}


def kind_of(document: str) -> Kind:
    return KINDS[Document(document)]
