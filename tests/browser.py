"""A real browser for the tests: Debian's Chromium, or a Chrome found on the machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    sync_playwright,
)

from tests import tripwires

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

# Chromium's build without a window first, where Debian has it: the same pages, a fifth less work.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_BROWSER = (
    "No Chromium or Chrome was found: `apt-get install chromium`, name one with "
    "PRIME_BROWSER=/path/to/it, or leave these tests out with PRIME_NO_BROWSER=1."
)


def program() -> str | None:
    """Return the browser's program, or None where there is none."""
    if named := os.environ.get("PRIME_BROWSER"):
        return named
    if sys.platform == "darwin" and _MAC.exists():
        return str(_MAC)
    return next((path for path in map(shutil.which, _NAMES) if path), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    if os.environ.get("PRIME_NO_BROWSER") == "1":
        pytest.skip("left out with PRIME_NO_BROWSER=1")
    found = program()
    if found is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that share nothing with each other: one for each person of the story.

    `new_page(viewport=PHONE, javascript=False, language="es", base_url=…)`. What a page
    breaks in the Content-Security-Policy, or raises in a script, fails the test at its end.
    """
    faults: list[str] = []
    contexts = []

    def open_page(
        *,
        viewport: ViewportSize = DESKTOP,
        language: str = "en-US",
        javascript: bool = True,
        base_url: str | None = None,
    ) -> Page:
        context = browser.new_context(
            viewport=viewport,
            locale=language,
            timezone_id="America/Los_Angeles",
            java_script_enabled=javascript,
            base_url=base_url,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: _policy_fault(page, message, faults))
        page.on("request", lambda asked: tripwires.look(asked.url, "an address in the browser"))
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {_text(error)}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(new_page: Callable[..., Page], portal: dict[str, Any]) -> Page:
    """A desktop page of the running portal: `page.goto("/en/")`."""
    return new_page(base_url=portal["address"])


@pytest.fixture
def phone(new_page: Callable[..., Page], portal: dict[str, Any]) -> Page:
    """A phone's page of the running portal."""
    return new_page(base_url=portal["address"], viewport=PHONE)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if os.environ.get("PRIME_NO_BROWSER") == "1":
        terminalreporter.write_line("The browser tests were left out (PRIME_NO_BROWSER=1).")
    elif program() is None:
        terminalreporter.write_line(NO_BROWSER)


def barriers(page: Page) -> list[str]:
    """Return what axe-core holds against the page as it stands: rule, and where (WCAG 2.2 AA).

    Beside the admin's own scripts axe itself sets a style the policy forbids, so what it breaks
    there is not the page's fault.
    """
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    _LOOKED_AT.add(page)
    try:
        found: list[str] = page.evaluate(BARRIERS, RULES)
    finally:
        _LOOKED_AT.discard(page)
    return found


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only the sentences leave the browser: axe's whole answer names every element that passed.
BARRIERS = """rules => axe
    .run({runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
    .then(found => found.violations.flatMap(broken => broken.nodes.map(
        node => `${broken.id}: ${node.target} ${node.failureSummary || ""}`)))"""
_LOOKED_AT: set[Page] = set()


def _policy_fault(page: Page, message: ConsoleMessage, faults: list[str]) -> None:
    if page in _LOOKED_AT:
        return
    if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
        faults.append(message.text)


def _text(error: Error) -> str:
    return error.message
