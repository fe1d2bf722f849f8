"""Every page in a real browser: open to everyone, in both languages, on phone and desktop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests import walk
from tests.browser import DESKTOP, PHONE, barriers

LANGUAGES = ("en", "es")
NARROW: ViewportSize = {"width": 320, "height": 640}
"""A desktop at 400 %, or a small telephone: nothing may scroll sideways here (WCAG 1.4.10)."""

SIDEWAYS = """() => [...document.querySelectorAll("body *")].filter(
    one => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
        && /auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX)
        && !one.matches("input, select, textarea"),
).map(one => `${one.tagName} ${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)"""
"""Parts of a page that scroll sideways by themselves, or are cut off."""


def reflow(page: Page, name: str) -> list[str]:
    """What of a customer's page one would have to scroll sideways for, were it 320 px wide."""
    page.set_viewport_size(NARROW)
    page.wait_for_load_state()
    found = page.evaluate(SIDEWAYS)
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > NARROW["width"]:
        found.append(f"the page: {wide}")
    return [f"{name} {NARROW['width']}: {one}" for one in found]


def look(page: Page, name: str, *viewports: ViewportSize) -> list[str]:
    """What keeps somebody from using the page as it stands, at these widths; and whether it
    scrolls sideways at any."""
    found = []
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        if viewport in viewports:
            found += [f"{name} {viewport['width']}: {barrier}" for barrier in barriers(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > viewport["width"]:
            found.append(f"{name} {viewport['width']}: it is {wide} wide and scrolls sideways")
    return found


@pytest.mark.parametrize(("who", "walked"), walk.WALKS, ids=["visitor", "customer", "granting"])
def test_no_page_shuts_anybody_out(
    new_page: Callable[..., Page],
    portal: dict[str, Any],
    who: str,
    walked: Callable[[Page, str], Iterator[str]],
) -> None:
    """Spanish has the longer words and a phone the least room: so every page is walked here,
    seen at both widths and looked at by axe, and once more at 320 px. English, and axe at both
    widths, are for chaos.
    """
    page = new_page(base_url=portal["address"], language="es")
    if who:
        walk.sign_in(page, "es", walk.somebody(portal, who))
    found = [
        fault
        for name in walked(page, "es")
        for fault in (*look(page, name, PHONE), *reflow(page, name))
    ]
    assert not found, "\n".join(found)


def test_no_page_a_clerk_works_with_shuts_anybody_out(
    new_page: Callable[..., Page], portal: dict[str, Any]
) -> None:
    """Whom she looks for, why, and what she finds. All other desks are walked by make chaos."""
    page = new_page(base_url=portal["address"])
    walk.sign_in(page, "en", walk.somebody(portal, "bruno"))
    page.goto("/admin/work/")
    found = look(page, "work", PHONE)
    found += [fault for name in walk.clerk(page) for fault in look(page, name, PHONE)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keyboard_alone_skips_to_the_main_part_and_shows_where_it_is(
    new_page: Callable[..., Page], portal: dict[str, Any], language: str
) -> None:
    page = new_page(base_url=portal["address"], language=language, viewport=PHONE)
    page.goto(f"/{language}/")
    page.keyboard.press("Tab")
    skip = page.locator(".usa-skipnav")
    box = skip.bounding_box()
    assert skip.evaluate("link => link === document.activeElement")
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator("main a, main button").first
    assert first.evaluate("control => control === document.activeElement")
    outline = first.evaluate("control => getComputedStyle(control).outlineStyle")
    assert outline != "none"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_switch_keeps_the_page_one_reads(
    new_page: Callable[..., Page], portal: dict[str, Any], language: str
) -> None:
    other = "es" if language == "en" else "en"
    page = new_page(base_url=portal["address"], language=language)
    page.goto(f"/{language}/notice/versions/")
    page.click(f"header a[hreflang={other}]")
    assert page.url.endswith(f"/{other}/notice/versions/")
    assert page.locator("html").get_attribute("lang") == other


def test_use_is_shown_and_taken_without_a_script(
    new_page: Callable[..., Page], portal: dict[str, Any]
) -> None:
    page = new_page(base_url=portal["address"], javascript=False)
    walk.sign_in(page, "en", walk.somebody(portal, "rosa"))
    page.goto("/en/usage/")
    assert page.locator("svg.chart").bounding_box()
    with page.expect_download() as taken:
        page.goto("/en/usage/download/")
        page.click("main form [type=submit]")
    assert taken.value.suggested_filename.endswith(".csv")
