"""Every page in both languages and at both widths under axe; small, the desks of staff once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import walk
from tests.browser import DESKTOP, PHONE
from tests.test_accessibility import LANGUAGES, look, reflow


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
    once = who == "bruno" and language == "en"  # the desks make test does not walk
    if rounds(1, once) == 0:
        pytest.skip("make test looks at each of these once")
    page = new_page(base_url=portal["address"], language=language)
    if who:
        walk.sign_in(page, language, walk.somebody(portal, who))
    names, widths = walked(page, language), [PHONE, DESKTOP][: rounds(2, 1)]
    found = [
        fault
        for name in names
        for fault in (
            *look(page, name, *widths),
            *(reflow(page, name) if walked is not walk.staff else []),
        )
    ]
    assert not found, "\n".join(found)
