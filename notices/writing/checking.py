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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from notices.writing import reading
from notices.writing.content import Content, Words
from notices.writing.documents import NOTICE, OFFICIAL, PRIME, ROW, Kind, What

LANGUAGES = {"en": gettext_lazy("English"), "es": gettext_lazy("Spanish")}
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
    texts[CHANGED] = (GENERAL, _("what changed (6.2)"), changed)
    return [
        *_missing(content, kind),
        *_vague(texts),
        *_older(texts, stamps or {}),
        *_hard(texts),
    ]


def _texts(content: Content, kind: Kind) -> Iterator[tuple[str, tuple[str, What, Words]]]:
    """Each text by its path: its section, what it is, its words."""
    what: What
    for part, what in kind.parts.items():
        yield part, (GENERAL, what, getattr(content.written, part))
    yield "closing", (GENERAL, _("the closing words"), content.written.closing)
    if kind is not NOTICE:
        return
    for category in content.facts.categories:
        name, row = str(category.name) or category.key, content.row(category.key)
        what = _("what “%(name)s” consists of (6.2)") % {"name": name}
        yield f"facts.{category.key}.elements", (category.key, what, category.elements)
        for part, said in ROW.items():
            path = f"categories.{category.key}.{part}"
            what = _("of “%(name)s”: %(what)s") % {"name": name, "what": said}
            yield path, (category.key, what, getattr(row, part))
    for purpose in content.facts.purposes:
        what = _("what purpose “%(key)s” means (6.2)") % {"key": purpose.key}
        yield f"facts.{purpose.key}.text", (GENERAL, what, purpose.text)
        what = _("the name of purpose “%(key)s” (6.2)") % {"key": purpose.key}
        yield f"facts.{purpose.key}.name", (GENERAL, what, purpose.name)
    for recipient in content.facts.recipients:
        what = _("what “%(name)s” does with it (CPUC rule 3)") % {"name": recipient.name}
        yield f"facts.{recipient.name}.{recipient.purpose}", (GENERAL, what, recipient.does)
    for place, flow in enumerate(content.facts.flows):
        path = f"facts.flows.{place}"
        what = _("what goes to “%(name)s” regularly (6.1)") % {"name": flow.name}
        yield f"{path}.what", (GENERAL, what, flow.what)
        what = _("how often data goes to “%(name)s” (6.1)") % {"name": flow.name}
        yield f"{path}.rhythm", (GENERAL, what, flow.rhythm)


def _missing(content: Content, kind: Kind) -> Iterator[Finding]:
    facts = content.facts
    for path, (section, what, said) in _texts(content, kind):
        if path != "closing":
            yield from unsaid(said, what, section)
    for code, language in LANGUAGES.items():
        identity = getattr(content.written.identity, code)
        if identity.strip() and PRIME not in identity:
            sentence = _("Vague in %(language)s: who PRIME is (6.2). Say its full name, %(name)s.")
            yield Finding(GENERAL, sentence % {"language": language, "name": PRIME})
    for part, what in OFFICIAL.items():
        if not getattr(facts.official, part).strip():
            yield Finding(GENERAL, _("Missing: %(what)s.") % {"what": what})
    if facts.official.email.strip() and "@" not in facts.official.email:
        yield Finding(GENERAL, _("Vague: the official’s e-mail address is none (6.2)."))
    if kind is NOTICE:
        yield from _facts_missing(content)


def _facts_missing(content: Content) -> Iterator[Finding]:
    facts = content.facts
    if not facts.categories:
        yield Finding(GENERAL, _("Missing: every category of Covered Information (6.2)."))
    known = {category.key for category in facts.categories}
    for category in facts.categories:
        name = str(category.name) or category.key
        what = _("the name of category “%(key)s” (6.2)") % {"key": category.key}
        yield from unsaid(category.name, what, category.key)
        if not content.purposes_of(category.key):
            sentence = _("Missing: the purposes “%(name)s” is used for (6.2).")
            yield Finding(category.key, sentence % {"name": name})
        if category.retention_months < 1:
            sentence = _("Missing: how long “%(name)s” is kept (CPUC rule 3).")
            yield Finding(category.key, sentence % {"name": name})
    for strange in sorted(set(content.written.categories or {}) - known):
        sentence = _(
            "The portal holds no category “%(key)s”, so the notice may not describe it (6.1)."
        )
        yield Finding(GENERAL, sentence % {"key": strange})
    for purpose in facts.purposes:
        for strange in sorted(set(purpose.categories) - known):
            sentence = _("Purpose “%(purpose)s” uses “%(key)s”, which the notice leaves out (6.2).")
            yield Finding(GENERAL, sentence % {"purpose": purpose.key, "key": strange})
    purposes = {purpose.key for purpose in facts.purposes}
    for recipient in facts.recipients:
        if not recipient.name.strip():
            sentence = _("Missing: the name of a recipient for a secondary purpose (CPUC rule 3).")
            yield Finding(GENERAL, sentence)
        if recipient.purpose not in purposes:
            sentence = _("Missing: the purpose for which “%(name)s” gets data (CPUC rule 3).")
            yield Finding(GENERAL, sentence % {"name": recipient.name})
    for flow in facts.flows:
        if not flow.name.strip():
            yield Finding(GENERAL, _("Missing: the name of who gets data regularly (6.1)."))


def unsaid(words: Words, what: What, section: str = GENERAL) -> Iterator[Finding]:
    """Name the languages in which a text is missing."""
    for code, language in LANGUAGES.items():
        if not getattr(words, code).strip():
            sentence = _("Missing in %(language)s: %(what)s.")
            yield Finding(section, sentence % {"language": language, "what": what})


Texts = Mapping[str, tuple[str, What, Words]]


def _vague(texts: Texts) -> Iterator[Finding]:
    for section, what, said in texts.values():
        for code, language in LANGUAGES.items():
            if found := VAGUE[code].search(getattr(said, code)):
                sentence = _(
                    "Vague in %(language)s: %(what)s. “%(words)s” says nothing; say exactly what."
                )
                told = {"language": language, "what": what, "words": found[0]}
                yield Finding(section, sentence % told)


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
            sentence = _("The Spanish is older than the English: %(what)s. Go over it.")
            yield Finding(section, sentence % {"what": what})


def _hard(texts: Texts) -> Iterator[Finding]:
    """Say how hard a whole language reads, and name the texts that stand out."""
    for code, language in LANGUAGES.items():
        said = {getattr(words, code): (s, what) for s, what, words in texts.values()}
        said.pop("", None)
        measured = _measure(code, said)
        if measured > _limit(code):
            sentence = _(
                "Too hard in %(language)s (6.2): %(measured)s. Use shorter sentences and shorter "
                "words."
            )
            told = {"language": language, "measured": _told(code, measured)}
            yield Finding(GENERAL, sentence % told)
        for text, (section, what) in said.items():
            if len(reading.words(text)) < LONG_ENOUGH:
                continue
            slack = SLACK_GRADE if code == "en" else SLACK_EASE
            if (hard := _measure(code, [text])) > _limit(code) + slack:
                sentence = _("Too hard in %(language)s: %(what)s: %(measured)s.")
                told = {"language": language, "what": what, "measured": _told(code, hard)}
                yield Finding(section, sentence % told)
        count = sum(len(reading.words(text)) for text in said)
        if count > settings.NOTICE_WORDS:
            sentence = _(
                "Too long in %(language)s: %(count)s words, and %(most)s must do (6.2: no longer "
                "than necessary)."
            )
            counted = {"count": f"{count:,}", "most": f"{settings.NOTICE_WORDS:,}"}
            yield Finding(GENERAL, sentence % {"language": language, **counted})


def _measure(code: str, texts: Any) -> float:
    """How hard: the grade in English; in Spanish what is missing to 100, so that more is harder."""
    return reading.grade(texts) if code == "en" else 100 - reading.ease(texts)


def _limit(code: str) -> float:
    return settings.NOTICE_GRADE_EN if code == "en" else 100 - settings.NOTICE_EASE_ES


def _told(code: str, measured: float) -> str:
    if code == "en":
        said, shown = _("grade %(measured)s (Flesch–Kincaid), %(most)s at most"), f"{measured:.1f}"
        return said % {"measured": shown, "most": settings.NOTICE_GRADE_EN}
    said = _("ease %(measured)s (Fernández-Huerta), %(least)s at least")
    return said % {"measured": f"{100 - measured:.0f}", "least": settings.NOTICE_EASE_ES}


def check_page(
    html: str, language: str, *, kind: Kind, content: Content, effective_on: date
) -> list[Finding]:
    """Look at the page itself, as it would be frozen: its label, its day, its official (6.2)."""
    name = LANGUAGES[language]
    heading = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    text = _plain(html)
    with override(language):
        day = date_format(effective_on)
    found = _plain(heading[1]) if heading else ""
    lacking = []
    if kind is NOTICE and kind.label not in found:
        lacking.append(_("the label “%(label)s”, to the letter") % {"label": kind.label})
    if language != "en" and found == kind.label:
        lacking.append(_("its Spanish: run make setup and try again"))
    shown = {
        _("the day it takes effect"): day,
        _("the official’s title"): content.facts.official.title,
        _("the official’s e-mail address"): content.facts.official.email,
        _("the official’s postal address"): content.facts.official.postal,
        _("the official’s telephone number"): content.facts.official.telephone,
    }
    shown |= {
        _("the name of “%(name)s”") % {"name": r.name}: r.name for r in content.facts.recipients
    }
    if kind is NOTICE:
        shown |= {
            _("category “%(key)s”") % {"key": category.key}: getattr(category.name, language)
            for category in content.facts.categories
        }
    lacking += [what for what, said in shown.items() if " ".join(said.split()) not in text]
    sentence = _("The %(language)s page lacks %(what)s (6.2).")
    return [Finding(GENERAL, sentence % {"language": name, "what": what}) for what in lacking]


def _plain(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())
