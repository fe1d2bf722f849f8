"""Every page in both languages and at both widths under axe: what `make test` does in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import walk
from tests.browser import DESKTOP, PHONE
from tests.test_accessibility import LANGUAGES, look


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("who", "walked"),
    [*walk.WALKS, ("bruno", walk.staff)],
    ids=["visitor", "customer", "granting", "staff"],
)
def test_no_page_shuts_anybody_out_in_either_language_at_either_width(
    new_page: Callable[..., Page],
    portal: dict[str, Any],
    rounds: Callable[[int, int], int],
    language: str,
    who: str,
    walked: Callable[[Page, str], Iterator[str]],
) -> None:
    if rounds(1, 0) == 0:
        pytest.skip("make test looks at each page once")
    page = new_page(base_url=portal["address"], language=language)
    if who:
        walk.sign_in(page, language, walk.somebody(portal, who))
    names = walked(page, language)
    found = [fault for name in names for fault in look(page, name, PHONE, DESKTOP)]
    assert not found, "\n".join(found)
