"""A row of evidence is read in words: no braces, no brackets, no True or False."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from prime_portal.desks import recorded


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (True, "yes", "sí"),
        (False, "no", "no"),
        (["interval_usage", "contact"], "interval_usage, contact", None),
        ({"first": "2026-08-01", "last": None}, "first: 2026-08-01\nlast: —", None),
        (
            {"can_do": {"en": "Nothing.", "es": "Nada."}, "marked": True},
            "can_do, en: Nothing.\ncan_do, es: Nada.\nmarked: yes",
            "can_do, en: Nothing.\ncan_do, es: Nada.\nmarked: sí",
        ),
        ([{"group": 1}, {"group": 2}], "group: 1\ngroup: 2", None),
    ],
)
def test_what_is_nested_is_said_line_by_line(value: Any, english: str, spanish: str | None) -> None:
    for language, words in (("en", english), ("es", spanish or english)):
        with override(language):
            assert recorded.said(value) == words
