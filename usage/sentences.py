"""What is wrong with a file, kept so that each reader has it in their own language.

    say(_("has %(count)s cells where the heading has %(named)s"), count=3, named=2)

`_` is `noop`: words and values stay apart where a file is read, and nothing is looked up there,
not even the settings. An import keeps both beside the whole sentence, which is English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with named places, and what stands in them. As a string it is English."""

    words: str
    values: dict[str, str | int | Sentence]

    def __str__(self) -> str:
        return self.words % self.values

    def kept(self) -> dict[str, Any]:
        """As it goes into a JSON column."""
        return {
            "words": self.words,
            "with": {
                name: value.kept() if isinstance(value, Sentence) else value
                for name, value in self.values.items()
            },
        }


def noop(words: str) -> str:
    """Mark words, so that translators find them, and leave them as they are."""
    return words


def say(words: str, **values: str | int | Sentence) -> Sentence:
    """A sentence, its words marked for translation where this is called."""
    return Sentence(words, values)


OF_THE_FILE = {"cell", "name", "text", "unit"}
"""Places in which stands what a file says, maybe of somebody."""

_NAMED = re.compile(r"'[^']*'|\"[^\"]*\"|\S*\d{5,}\S*")
"""What a file's own words look like in a sentence: quoted, or a long number."""

MASK = "…"


def told(kept: Mapping[str, Any] | str) -> str:
    """Say in the language in force what was kept; what has no words apart is English."""
    if isinstance(kept, str):
        return kept
    if "words" not in kept:
        return str(kept["what"])
    values = {
        name: told(value) if isinstance(value, dict) else value
        for name, value in kept["with"].items()
    }
    words = str(kept["words"])
    return gettext(words) % values


def told_of_nobody(kept: Mapping[str, Any]) -> str:
    """The same without what the file says of anybody, for whoever may not send files."""
    values = {
        name: MASK if name in OF_THE_FILE and isinstance(value, str) else value
        for name, value in kept.get("with", {}).items()
    }
    return masked(told({**kept, "with": values}))


def masked(text: str) -> str:
    """A text without what is quoted in it and without long numbers."""
    return _NAMED.sub(MASK, text)
