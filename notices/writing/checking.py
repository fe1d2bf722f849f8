"""Whether a draft says all that 6.2 asks, plainly, and the same in both languages.

Every finding is a sentence that names the text and what is wrong with it. How plain is plain
enough stands in the settings (NOTICE_GRADE_EN, NOTICE_EASE_ES, NOTICE_WORDS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import override

from notices.writing import reading
from notices.writing.content import Content, Words
from notices.writing.documents import NOTICE, OFFICIAL, PRIME, ROW, Kind

LANGUAGES = {"en": "English", "es": "Spanish"}
GENERAL = "general"
CHANGED = "what_changed"
"""The path of what customers are told is new, in a draft's stamps."""
EMPTY = Words()

# What a text may not hide behind (6.2: explicit, reasonably specific).
VAGUE = {
    "en": re.compile(
        r"\b(?:(?:legitimate )?business (?:purposes?|reasons?|needs?)|legitimate (?:interests?|"
        r"purposes?|reasons?)|(?:other|various|certain|related) (?:lawful )?(?:purposes?|reasons?|"
        r"uses?|third parties|parties|companies)|and (?:so on|so forth|the like)|etc|as (?:needed|"
        r"appropriate|necessary|required)(?! by)|(?:including but not|but not) limited to|among "
        r"other things|from time to time|improve our services|our partners|affiliates)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:(?:fines|propósitos|motivos|razones|necesidades) (?:comerciales|de negocios?|"
        r"empresariales|legítim[oa]s)|inter[eé]s(?:es)? legítimos?|(?:otr[oa]s|vari[oa]s|"
        r"divers[oa]s|ciert[oa]s) (?:fines|propósitos|usos|motivos|terceros|empresas)|"
        r"entre otr[oa]s(?: cosas)?|"
        r"etc(?:étera)?|y (?:así sucesivamente|demás)|según (?:sea necesario|convenga|corresponda|"
        r"proceda)|(?:sin limitarse|no limitado) a|de vez en cuando|mejorar nuestros servicios|"
        r"nuestros socios|afiliad[oa]s)\b",
        re.IGNORECASE,
    ),
}
LONG_ENOUGH = 20
"""Words from which on one text is measured by itself."""
SLACK_GRADE, SLACK_EASE = 4, 15
"""By how much one text may be harder than the whole."""


@dataclass(frozen=True)
class Finding:
    """Something missing or wrong. section: “general”, or the key of a category."""

    section: str
    sentence: str


def check(
    content: Content,
    *,
    kind: Kind = NOTICE,
    stamps: Mapping[str, Any] | None = None,
    changed: Words = EMPTY,
) -> list[Finding]:
    """Name everything that keeps a draft from being published, in the order of its parts.

    stamps: who wrote each text and when, as the draft holds it; without it nothing is known of
    whether the Spanish is older. changed: what customers are told is new. It may be empty here,
    since a first version changes nothing; what it says is checked like any other text.
    """
    texts = dict(_texts(content, kind))
    texts[CHANGED] = (GENERAL, "what changed (6.2)", changed)
    return [
        *_missing(content, kind),
        *_vague(texts),
        *_older(texts, stamps or {}),
        *_hard(texts),
    ]


def _texts(content: Content, kind: Kind) -> Iterator[tuple[str, tuple[str, str, Words]]]:
    """Each text by its path: its section, what it is, its words."""
    for part, what in kind.parts.items():
        yield part, (GENERAL, what, getattr(content.written, part))
    yield "closing", (GENERAL, "the closing words", content.written.closing)
    if kind is not NOTICE:
        return
    for category in content.facts.categories:
        name, row = category.name.en or category.key, content.row(category.key)
        yield (
            f"facts.{category.key}.elements",
            (category.key, f"what “{name}” consists of (6.2)", category.elements),
        )
        for part, what in ROW.items():
            path = f"categories.{category.key}.{part}"
            yield path, (category.key, f"of “{name}”: {what}", getattr(row, part))
    for purpose in content.facts.purposes:
        what = f"what purpose “{purpose.key}” means (6.2)"
        yield f"facts.{purpose.key}.text", (GENERAL, what, purpose.text)
        what = f"the name of purpose “{purpose.key}” (6.2)"
        yield f"facts.{purpose.key}.name", (GENERAL, what, purpose.name)
    for recipient in content.facts.recipients:
        what = f"what “{recipient.name}” does with it (CPUC rule 3)"
        yield f"facts.{recipient.name}.{recipient.purpose}", (GENERAL, what, recipient.does)
    for place, flow in enumerate(content.facts.flows):
        path = f"facts.flows.{place}"
        yield f"{path}.what", (GENERAL, f"what goes to “{flow.name}” regularly (6.1)", flow.what)
        what = f"how often data goes to “{flow.name}” (6.1)"
        yield f"{path}.rhythm", (GENERAL, what, flow.rhythm)


def _missing(content: Content, kind: Kind) -> Iterator[Finding]:
    facts = content.facts
    for path, (section, what, said) in _texts(content, kind):
        if path != "closing":
            yield from unsaid(said, what, section)
    for code, language in LANGUAGES.items():
        identity = getattr(content.written.identity, code)
        if identity.strip() and PRIME not in identity:
            yield Finding(
                GENERAL, f"Vague in {language}: who PRIME is (6.2). Say its full name, {PRIME}."
            )
    for part, what in OFFICIAL.items():
        if not getattr(facts.official, part).strip():
            yield Finding(GENERAL, f"Missing: {what}.")
    if facts.official.email.strip() and "@" not in facts.official.email:
        yield Finding(GENERAL, "Vague: the official’s e-mail address is none (6.2).")
    if kind is NOTICE:
        yield from _facts_missing(content)


def _facts_missing(content: Content) -> Iterator[Finding]:
    facts = content.facts
    if not facts.categories:
        yield Finding(GENERAL, "Missing: every category of Covered Information (6.2).")
    known = {category.key for category in facts.categories}
    for category in facts.categories:
        name = category.name.en or category.key
        yield from unsaid(
            category.name, f"the name of category “{category.key}” (6.2)", category.key
        )
        if not content.purposes_of(category.key):
            yield Finding(category.key, f"Missing: the purposes “{name}” is used for (6.2).")
        if category.retention_months < 1:
            yield Finding(category.key, f"Missing: how long “{name}” is kept (CPUC rule 3).")
    for strange in sorted(set(content.written.categories or {}) - known):
        yield Finding(
            GENERAL,
            f"The portal holds no category “{strange}”, so the notice may not describe it (6.1).",
        )
    for purpose in facts.purposes:
        for strange in sorted(set(purpose.categories) - known):
            yield Finding(
                GENERAL,
                f"Purpose “{purpose.key}” uses “{strange}”, which the notice leaves out (6.2).",
            )
    purposes = {purpose.key for purpose in facts.purposes}
    for recipient in facts.recipients:
        if not recipient.name.strip():
            yield Finding(
                GENERAL, "Missing: the name of a recipient for a secondary purpose (CPUC rule 3)."
            )
        if recipient.purpose not in purposes:
            yield Finding(
                GENERAL,
                f"Missing: the purpose for which “{recipient.name}” gets data (CPUC rule 3).",
            )
    for flow in facts.flows:
        if not flow.name.strip():
            yield Finding(GENERAL, "Missing: the name of who gets data regularly (6.1).")


def unsaid(words: Words, what: str, section: str = GENERAL) -> Iterator[Finding]:
    """Name the languages in which a text is missing."""
    for code, language in LANGUAGES.items():
        if not getattr(words, code).strip():
            yield Finding(section, f"Missing in {language}: {what}.")


Texts = Mapping[str, tuple[str, str, Words]]


def _vague(texts: Texts) -> Iterator[Finding]:
    for section, what, said in texts.values():
        for code, language in LANGUAGES.items():
            if found := VAGUE[code].search(getattr(said, code)):
                yield Finding(
                    section,
                    f"Vague in {language}: {what}. “{found[0]}” says nothing; say exactly what.",
                )


def older_spanish(stamps: Mapping[str, Any]) -> set[str]:
    """Return the paths whose English was changed after their Spanish was last gone over."""
    paths = {path.removesuffix(".en") for path in stamps if path.endswith(".en")}
    return {path for path in paths if _at(stamps, f"{path}.es") < _at(stamps, f"{path}.en")}


def _at(stamps: Mapping[str, Any], path: str) -> float:
    stamp = stamps.get(path)
    return datetime.fromisoformat(stamp["at"]).timestamp() if stamp else 0.0


def _older(texts: Texts, stamps: Mapping[str, Any]) -> Iterator[Finding]:
    older = older_spanish(stamps)
    for path, (section, what, said) in texts.items():
        if path in older and said.es.strip():
            yield Finding(section, f"The Spanish is older than the English: {what}. Go over it.")


def _hard(texts: Texts) -> Iterator[Finding]:
    """Say how hard a whole language reads, and name the texts that stand out."""
    for code, language in LANGUAGES.items():
        said = {getattr(words, code): (s, what) for s, what, words in texts.values()}
        said.pop("", None)
        measured = _measure(code, said)
        if measured > _limit(code):
            yield Finding(
                GENERAL,
                f"Too hard in {language} (6.2): {_told(code, measured)}. "
                "Use shorter sentences and shorter words.",
            )
        for text, (section, what) in said.items():
            if len(reading.words(text)) < LONG_ENOUGH:
                continue
            slack = SLACK_GRADE if code == "en" else SLACK_EASE
            if (hard := _measure(code, [text])) > _limit(code) + slack:
                yield Finding(section, f"Too hard in {language}: {what}: {_told(code, hard)}.")
        count = sum(len(reading.words(text)) for text in said)
        if count > settings.NOTICE_WORDS:
            yield Finding(
                GENERAL,
                f"Too long in {language}: {count:,} words, and {settings.NOTICE_WORDS:,} must do "
                "(6.2: no longer than necessary).",
            )


def _measure(code: str, texts: Any) -> float:
    """How hard: the grade in English; in Spanish what is missing to 100, so that more is harder."""
    return reading.grade(texts) if code == "en" else 100 - reading.ease(texts)


def _limit(code: str) -> float:
    return settings.NOTICE_GRADE_EN if code == "en" else 100 - settings.NOTICE_EASE_ES


def _told(code: str, measured: float) -> str:
    if code == "en":
        return f"grade {measured:.1f} (Flesch–Kincaid), {settings.NOTICE_GRADE_EN} at most"
    return f"ease {100 - measured:.0f} (Fernández-Huerta), {settings.NOTICE_EASE_ES} at least"


def check_page(
    html: str, language: str, *, kind: Kind, content: Content, effective_on: date
) -> list[Finding]:
    """Look at the page itself, as it would be frozen: its label, its day, its official (6.2)."""
    name = LANGUAGES[language]
    heading = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    text = _plain(html)
    with override(language):
        day = date_format(effective_on)
    wanted = {f"the label “{kind.label}”, to the letter": kind.label} if kind is NOTICE else {}
    found = _plain(heading[1]) if heading else ""
    sentences = [what for what, said in wanted.items() if said not in found]
    if language != "en" and found == kind.label:
        sentences.append("its Spanish: run make setup and try again")
    shown = {
        "the day it takes effect": day,
        "the official’s title": content.facts.official.title,
        "the official’s e-mail address": content.facts.official.email,
        "the official’s postal address": content.facts.official.postal,
        "the official’s telephone number": content.facts.official.telephone,
    }
    shown |= {f"the name of “{r.name}”": r.name for r in content.facts.recipients}
    if kind is NOTICE:
        shown |= {
            f"category “{category.key}”": getattr(category.name, language)
            for category in content.facts.categories
        }
    sentences += [what for what, said in shown.items() if " ".join(said.split()) not in text]
    return [Finding(GENERAL, f"The {name} page lacks {what} (6.2).") for what in sentences]


def _plain(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())
