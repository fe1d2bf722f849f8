"""The very words customers were given and asked with, as an annex of the binder (CPUC rule 9a).

Pages as they were published, byte for byte, so that their hashes can be made again; the same as
plain text to read on paper; and the words each form of authorization was made of.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser

from django.utils import timezone

from prime_portal.reports import past
from prime_portal.reports.past import Row, Tables
from prime_portal.reports.sections import Section

READ = ("notices_publishedpdf", "consent_stateduse", "consent_paperform", "consent_shown")
DOCUMENTS = {"notices_notice": "The Notice", "notices_postedpolicy": "The posted privacy policy"}
LANGUAGES = {"en": "English", "es": "Spanish"}
PAGE = "Page (HTML, UTF-8, Base64)"
"""So that a spreadsheet that opens the table changes no byte of it."""

BLOCKS = {"p", "div", "section", "li", "tr", "h1", "h2", "h3", "h4", "dt", "dd", "br", "caption"}

HEADINGS = {"h1", "h2", "h3", "h4"}
HEADING = "\0"
"""Stands before a heading while a page is read; no page holds that letter."""


def sections(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> list[Section]:
    """The annex, in order. Held: the tables of READ and those the binder reads itself."""
    pages = _pages(held, first, last)
    return [
        Section(
            "Annex: the words of the Notice and of the posted privacy policy",
            (
                "Document",
                "Version",
                "Language",
                "SHA-256 of the page",
                "SHA-256 of the PDF",
                "Words",
            ),
            [(*head, plain(html)) for head, html in pages],
            words=True,
        ),
        _forms(held, first, last, marked),
        _on_paper(held, first, last, marked),
        Section(
            "Annex: each page as it was published",
            (
                "Document",
                "Version",
                "Language",
                "SHA-256 of the page",
                "SHA-256 of the PDF",
                PAGE,
            ),
            [(*head, b64encode(html.encode()).decode()) for head, html in pages],
            long=True,
        ),
        _shown(held, first, last),
    ]


def _on_paper(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """The forms to grant and to cancel with every word on them, as they were worded in the period.

    A form that was made anew and says the same is one.
    """
    rows: list[tuple[str, ...]] = []
    for (name, use_id, language), forms in _by_form(held["consent_paperform"]).items():
        use = held["consent_stateduse"].get(use_id, {})
        ends = [*(form["first_at"] for form in forms[1:]), use.get("ended_at")]
        for form, ended in zip(forms, ends, strict=True):
            if past.ran(form["first_at"], ended, first, last):
                words = plain(form["page"])
                rows.append(
                    (
                        name,
                        _named(held, use, form["first_at"]),
                        LANGUAGES[language],
                        past.local(form["first_at"]),
                        past.local(ended),
                        past.local(marked.get(form["id"])),
                        _hash(words),
                        words,
                    )
                )
    return Section(
        "Annex: the forms on paper",
        (
            *("Form to", "Third party", "Language", "Worded so from", "Until"),
            *("Entered in error", "SHA-256 of the words", "Words"),
        ),
        sorted(rows),
        words=True,
    )


def _by_form(forms: dict[str, Row]) -> dict[tuple[str, str, str], list[Row]]:
    """The wordings of each form, the oldest first; a page that says the same is left out."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for form in sorted(forms.values(), key=lambda row: (row["first_at"], row["id"])):
        wordings = found.setdefault((form["name"], form["use_id"] or "", form["language"]), [])
        if not wordings or plain(wordings[-1]["page"]) != plain(form["page"]):
            wordings.append(form)
    return found


def _named(held: Tables, use: Row, at: str) -> str:
    """What a form calls whom it is about; nothing on one to cancel."""
    if not use:
        return ""
    seen = timezone.localdate(past.moment(at))
    words = past.newest_words(held["consent_thirdpartyversion"], seen, {})
    return str(words[use["third_party_id"]]["legal_name"])


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def in_effect(published: dict[str, Row], first: date, last: date) -> list[Row]:
    """The versions in effect on some day of the period, the oldest first."""
    in_order = sorted(published.values(), key=lambda row: (row["effective_on"], row["number"]))
    ends = [row["effective_on"] for row in in_order[1:]]
    ends += [date.max.isoformat()][: len(in_order)]
    return [
        row
        for row, ended in zip(in_order, ends, strict=True)
        if row["effective_on"] <= last.isoformat() and ended > first.isoformat()
    ]


def plain(html: str) -> str:
    """The words of a page without its marks: a line for each block, a bar between cells.

    An empty line stands above a heading, so that it is seen to be one.
    """
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"\s+", " ", line).strip(" |") for line in "".join(reader.found).split("\n"))
    return "\n".join(line for line in lines if line).replace(HEADING, "\n").strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_head = self.in_head or tag == "head"
        if tag in BLOCKS:
            self.found.append("\n" + HEADING * (tag in HEADINGS))

    def handle_endtag(self, tag: str) -> None:
        self.in_head = self.in_head and tag != "head"
        self.found.append("\n" if tag in BLOCKS else " | " if tag in {"td", "th"} else "")

    def handle_data(self, data: str) -> None:
        self.found.append("" if self.in_head else re.sub(r"\s+", " ", data))


def _pages(held: Tables, first: date, last: date) -> list[tuple[tuple[str, ...], str]]:
    """Each page in effect: what it is, with its hashes, and its HTML."""
    paper = {
        (row["notice_id"] or row["policy_id"], row["language"]): row["sha256"].removeprefix("\\x")
        for row in held["notices_publishedpdf"].values()
    }
    return [
        (
            (
                title,
                str(row["number"]),
                name,
                row[f"sha256_{code}"].removeprefix("\\x"),
                paper.get((row["id"], code), ""),
            ),
            row[f"html_{code}"],
        )
        for table, title in DOCUMENTS.items()
        for row in in_effect(held[table], first, last)
        for code, name in LANGUAGES.items()
    ]


def _forms(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """Whom and what customers were asked to allow: each use of the period, as it was worded."""
    rows: list[tuple[str, ...]] = []
    for key, use in held["consent_stateduse"].items():
        if not past.ran(use["recorded_at"], use.get("ended_at"), first, last):
            continue
        for party in _worded(held["consent_thirdpartyversion"], "third_party_id", use, first, last):
            for purpose in _worded(held["usage_purposeversion"], "purpose_id", use, first, last):
                says = {code: _words_of(party, purpose, code) for code in LANGUAGES}
                rows.append(
                    (
                        party["legal_name"],
                        str(party["number"]),
                        purpose["name_en"],
                        str(purpose["number"]),
                        " ".join(use["categories"]),
                        use["granularity"],
                        str(use["history_months"]),
                        past.local(use["recorded_at"]),
                        past.local(use.get("ended_at")),
                        past.local(marked.get(key)),
                        *says.values(),
                        *map(_hash, says.values()),
                    )
                )
    return Section(
        "Annex: the words of each form of authorization",
        (
            *("Third party", "Its wording", "Purpose", "Its wording", "Asks for", "As fine as"),
            *("Months back", "Stated", "Ended", "Entered in error", "In English", "In Spanish"),
            *("SHA-256 (English)", "SHA-256 (Spanish)"),
        ),
        sorted(rows),
        words=True,
    )


def _worded(versions: dict[str, Row], of: str, use: Row, first: date, last: date) -> list[Row]:
    """The wordings, of what a use names, that stood on some day of the period."""
    in_order = sorted(
        (row for row in versions.values() if row[of] == use[of]), key=lambda row: row["number"]
    )
    ends = [*(row["recorded_at"] for row in in_order[1:]), None][: len(in_order)]
    return [
        row
        for row, ended in zip(in_order, ends, strict=True)
        if past.ran(row["recorded_at"], ended, first, last)
    ]


def _words_of(party: Row, purpose: Row, language: str) -> str:
    said = (
        party["legal_name"],
        party[f"does_{language}"],
        party["contact"],
        party["policy_url"],
        purpose[f"name_{language}"],
        purpose[f"text_{language}"],
    )
    return "\n".join(line for line in said if line)


def _shown(held: Tables, first: date, last: date) -> Section:
    """The hash of what each customer read before she granted. The text names her home."""
    shown = held["consent_shown"]
    return Section(
        "Annex: what each customer was shown before she granted",
        ("Granted", "Language", "SHA-256 of the text", "Customer", "Authorization"),
        [
            (
                past.local(row["granted_at"]),
                row["language"],
                shown[row["shown_id"]]["sha256"].removeprefix("\\x"),
                row["customer_id"],
                key,
            )
            for key, row in sorted(
                held["consent_authorization"].items(),
                key=lambda item: (item[1]["granted_at"], item[0]),
            )
            if past.within(row["granted_at"], first, last)
        ],
        long=True,
    )
