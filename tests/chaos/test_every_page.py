"""Every page in both languages and at both widths under axe; small, the desks of staff once.

And whether every list of the staff fits on a desktop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import walk
from tests.browser import DESKTOP, PHONE
from tests.test_accessibility import LANGUAGES, SIDEWAYS, look, reflow


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


DESKS = ("work/", "run/", "run/failed/", "parties/demands/", "recipients/", "board/", "incidents/")


@pytest.mark.parametrize(("who", "language"), [("alma", "es"), ("aurora", "es")])
def test_no_list_of_the_staff_is_cut_on_a_desktop(
    new_page: Callable[..., Page],
    portal: dict[str, Any],
    rounds: Callable[[int, int], int],
    who: str,
    language: str,
) -> None:
    """Whoever sees the most columns: the official, and the auditor, who sees other ones; in Spanish,
    for its longer words. What is cut on the right nobody reads: nobody scrolls a table sideways."""
    if rounds(1, who == "alma") == 0:
        pytest.skip("the official sees the most")
    page = new_page(base_url=portal["address"], language=language)
    walk.sign_in(page, language, walk.somebody(portal, who))
    page.goto("/admin/")
    listed = page.locator("#content-main a").evaluate_all(
        "links => links.map(one => one.pathname).filter(one => /^.admin.[a-z_]+.[a-z]+.$/.test(one))"
    )
    assert len(listed) > 20, "the lists of the models"
    found = []
    for name in ("contract", "thirdparty"):  # with the widest rows of their own
        page.goto(f"/admin/consent/{name}/")
        first = page.locator("#result_list tbody th a").first.get_attribute("href")
        assert first
        listed.append(first)
    for address in sorted({*listed, *(f"/admin/{desk}" for desk in DESKS)}):
        answer = page.goto(address)
        if answer is None or answer.status == 403:  # a desk that is not theirs
            continue
        cut = page.evaluate(SIDEWAYS.replace("body *", "#content, #content *"))
        wide = page.evaluate("document.documentElement.scrollWidth")
        cut += [f"the page is {wide} wide"] if wide > DESKTOP["width"] else []
        found += [f"{address}: {one}" for one in cut]
    assert not found, "\n".join(found)
