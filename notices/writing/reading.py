"""How hard a text is to read, per language, without asking anybody (6.2: easily understandable).

English: the Flesch–Kincaid grade, the school year it takes. Spanish: the Fernández-Huerta
ease, 0 to 100 and higher is easier, with words a sentence as corrected by Law. Syllables are
Pyphen's divisions, and inside each the vowels it never parts (“a-e-rea”, “dí-a”).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from pyphen import Pyphen

WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?…])[\s”’»)]+|\n+")

VOWELS_EN = re.compile(r"[aeiouy]+")
SILENT_EN = re.compile(r"(?:[^aeiouylr]|(?<=[aeiouy])[lr])e[sd]?$")
SPOKEN_EN = re.compile(r"(?:[td]ed|(?:[sxzcg]|sh|ch)es)$")
STRONG_ES = "aeoáéóíú"
RUN_ES = re.compile(r"[aeiouáéíóúü]+")


@cache
def divisions(language: str) -> Pyphen:
    """The dictionary of a language's divisions, read when the first text is graded."""
    return Pyphen(lang=language)


def words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def sentences(text: str) -> int:
    """Count sentences; a line and the end of a text end one too."""
    return sum(1 for part in SENTENCE_END.split(text) if WORD.search(part))


def grade(texts: Iterable[str]) -> float:
    """Return the school grade it takes to read these English texts (Flesch–Kincaid)."""
    per_sentence, per_word = _rates(texts, syllables_en)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def ease(texts: Iterable[str]) -> float:
    """Return how easily these Spanish texts read, 0 to 100 (Fernández-Huerta)."""
    per_sentence, per_word = _rates(texts, syllables_es)
    return 206.84 - 60 * per_word - 1.02 * per_sentence


def _rates(texts: Iterable[str], syllables: Callable[[str], int]) -> tuple[float, float]:
    texts = list(texts)
    said = [word for text in texts for word in words(text)]
    if not said:
        return 0.0, 0.0
    stops = sum(sentences(text) for text in texts)
    return len(said) / stops, sum(map(syllables, said)) / len(said)


@cache
def syllables_en(word: str) -> int:
    """Count the syllables of an English word."""
    count = 0
    for piece in divisions("en_US").inserted(word, " ").split():
        found = len(VOWELS_EN.findall(piece))
        silent = SILENT_EN.search(piece) and not SPOKEN_EN.search(piece)
        count += max(1, found - bool(silent))
    return count


@cache
def syllables_es(word: str) -> int:
    """Count the syllables of a Spanish word: strong vowels part, weak ones lean on a neighbor."""
    return sum(
        max(1, sum(_nuclei(run) for run in RUN_ES.findall(piece)))
        for piece in divisions("es").inserted(word, " ").split()
    )


def _nuclei(run: str) -> int:
    return max(1, sum(vowel in STRONG_ES for vowel in run))
