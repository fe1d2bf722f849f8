"""Finds text in templates that nobody can translate, because no tag holds it.

Looked at are text between tags and the attributes people see or hear. Names stay as they are in
every language and are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

NAMES = (
    "Pico Rivera Innovative Municipal Energy",
    "Green Button",
    "English",
    "Español",
    "PRIME",
    "kWh",
)
SEEN = {"alt", "title", "placeholder", "aria-label", "aria-description"}

TRANSLATED = re.compile(
    r"{%\s*comment\b.*?{%\s*endcomment\s*%}"
    r"|{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{#.*?#}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
LETTER = re.compile(r"[^\W\d_]")


def problems(path: Path, *, root: Path) -> list[str]:
    """Name each bare text of a template, with its line."""
    text = TRANSLATED.sub(lambda tag: "\n" * tag[0].count("\n"), path.read_text(encoding="utf-8"))
    place = path.relative_to(root).as_posix()
    found = _in_page(text) if path.suffix == ".html" else _in_text(text)
    return [f"{place}:{line}: “{bare}” is outside any translate tag." for line, bare in found]


def _in_text(text: str) -> Iterator[tuple[int, str]]:
    for line, said in enumerate(text.splitlines(), 1):
        if bare := _bare(said):
            yield line, bare


def _in_page(text: str) -> list[tuple[int, str]]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SEEN and (bare := _bare(value or "")):
                self.found.append((self.getpos()[0], bare))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and (bare := _bare(data)):
            self.found.append((self.getpos()[0], bare))


def _bare(text: str) -> str:
    """The text without names, or nothing when no letter is left in it."""
    for name in NAMES:
        text = text.replace(name, " ")
    return " ".join(text.split()) if LETTER.search(text) else ""
