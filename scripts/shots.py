"""Pictures of every page, on a phone and on a desktop, in both languages, into .dev/shots/.

    make shots             of the demo that is running, or of one started for it
    make shots ARGS=usage  only the pages whose name begins so

Look at them: a page that is ugly or says something odd passes every test.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import walk  # noqa: E402
from tests.browser import DESKTOP, FLAGS, NO_BROWSER, PHONE, program  # noqa: E402
from tests.conftest import RunningDemo  # noqa: E402

SHOTS = ROOT / ".dev" / "shots"


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """The demo that is running, or a small one for as long as it is needed."""
    written = ROOT / ".dev" / "demo.json"
    if written.exists():
        facts: dict[str, Any] = json.loads(written.read_text())
        with urllib.request.urlopen(facts["address"]):
            yield facts
        return
    with TemporaryDirectory() as folder:
        started = RunningDemo(Path(folder) / "demo", "--customers", "20")
        with started as facts:
            yield facts


def take(browser: Browser, portal: dict[str, Any], begins: str) -> int:
    count = 0
    for language in ("en", "es"):
        for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
            for who, walked in (*walk.WALKS, ("bruno", walk.staff)):
                context = browser.new_context(
                    viewport=viewport,
                    base_url=portal["address"],
                    locale=language,
                    timezone_id="America/Los_Angeles",
                )
                page = context.new_page()
                if who:
                    walk.sign_in(page, language, walk.somebody(portal, who))
                for name in walked(page, language):
                    if name.startswith(begins):
                        picture = SHOTS / f"{who or 'visitor'}-{name}-{language}-{size}.png"
                        page.screenshot(path=picture, full_page=True)
                        count += 1
                context.close()
    return count


def main(begins: str = "") -> None:
    found = program() or sys.exit(NO_BROWSER)
    SHOTS.mkdir(parents=True, exist_ok=True)
    with demo() as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        print(f"shots: {take(browser, portal, begins)} pictures in {SHOTS.relative_to(ROOT)}/")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
