"""Words for the quality of readings: what a byte above the standard codes stands for.

A word nobody knows is kept as it came and shown as it came, never taken for "valid" (R53).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from time import monotonic

from django.db import connection
from django.utils.translation import gettext as _

from usage.feeds import OWN_WORDS
from usage.intervals import ADJUSTED, ESTIMATED, LAST_WORD
from usage.models import QualityWord

FRESH = 10
"""Seconds for which words are remembered."""


class NoRoom(Exception):
    """More words than there are bytes for: the one there is no room for."""


def lasting(texts: Sequence[str]) -> bytes:
    """A table for `bytes.translate`: from a file's own codes for these words to lasting ones."""
    table = bytearray(range(256))
    if texts:
        known = _known_or_new(texts)
        for own, text in enumerate(texts, OWN_WORDS):
            table[own] = known[text]
    return bytes(table)


def _known_or_new(texts: Sequence[str]) -> dict[str, int]:
    known = {word.text: word.code for word in QualityWord.objects.filter(text__in=texts)}
    new = [text for text in texts if text not in known]
    if not new:
        return known
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('usage_qualityword'))")
    held = {word.text: word.code for word in QualityWord.objects.all()}
    free = iter(sorted(set(range(OWN_WORDS, LAST_WORD + 1)) - set(held.values())))
    for text in new:
        if text in held:
            continue
        code = next(free, None)
        if code is None:
            raise NoRoom(text)
        QualityWord.objects.create(code=code, text=text)
        held[text] = code
    return held


def words() -> dict[int, str]:
    """What each of these bytes is called, in the language in force where it has a translation.

    Asked for at every line of a table, so it is remembered for some seconds.
    """
    return texts(int(monotonic() // FRESH)) | {ESTIMATED: _("estimated"), ADJUSTED: _("adjusted")}


@lru_cache(maxsize=1)
def texts(_age: int) -> dict[int, str]:
    return {word.code: f"“{word.text}”" for word in QualityWord.objects.all()}
