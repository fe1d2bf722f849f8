"""The whole journey on real parts, without JavaScript: a letter, a claim, her readings, a
download, the Notice, a grant that lets data go and a cancel after which none goes.

Beat, worker, web and mail are the running demo's own; staff come in with a second factor.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from greenbutton_objects.parse import parse_feed
from playwright.sync_api import Page, expect

from notices.writing.publishing import LABEL
from tests import walk
from tests.browser import PHONE

SENT = {"en": "Who received my data", "es": "Quién recibió mis datos"}
LETTER_WITHIN = 90


class Mails:
    """What the running portal has mailed to one address."""

    def __init__(self, folder: str, address: str) -> None:
        self.folder, self.address = Path(folder), address

    def texts(self) -> list[str]:
        found = []
        for path in sorted((self.folder / "new").iterdir(), key=lambda p: p.stat().st_mtime_ns):
            mail: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
            if self.address in mail["to"]:
                html = mail.get_body(("html",)).get_content()
                text = mail.get_body(("plain",)).get_content()
                assert LABEL in html, mail["subject"]
                assert LABEL in text, mail["subject"]
                found.append(text)
        return found

    def wait_for(self, count: int, *, within: float = 60) -> list[str]:
        until = time.monotonic() + within
        while len(found := self.texts()) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} mails in {within} s"
            time.sleep(0.2)
        return found


class Keys:
    """Somebody with a keyboard and nothing else. Counts what it takes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pages = self.fields = self.presses = 0

    def reach(self, what: str) -> None:
        """Tab to it, as far as that takes."""
        wanted = self.page.locator(what).first
        for _tab in range(80):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{what} cannot be reached with the keyboard")

    def tick(self, what: str, *, then: str = "") -> None:
        self.reach(what)
        self.page.keyboard.press("Space")
        if then:
            self.page.keyboard.press(then)
        self.fields += 1

    def press(self, what: str) -> None:
        self.reach(what)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.presses += 1
        self.pages += 1


def facts_of_day(page: Page) -> None:
    page.locator("table.use tbody a").last.click()
    page.locator("table.use tbody a").last.click()
    expect(page.locator("figure svg[role=img]")).to_have_count(1)
    page.wait_for_load_state()
    assert page.locator("table.use tbody tr").count() >= 23


def taken(page: Page, language: str, kind: str, folder: Path) -> Path:
    page.goto(f"/{language}/usage/download/")
    page.locator(f"[name=format][value={kind}] + label, [name=kind][value={kind}] + label").click()
    with page.expect_download() as download:
        page.click("main form [type=submit]")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def send_what_is_authorized(staff: Page) -> str:
    """As staff: pick the newest authorization, send what it permits, return the answer."""
    staff.goto("/admin/consent/authorization/")
    staff.locator("#result_list tbody input[type=checkbox]").first.check()
    staff.select_option("[name=action]", "send_now")
    staff.click("#changelist-form button[type=submit]")
    return staff.locator(".messagelist").inner_text()


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_letter_to_the_cancel(
    language: str,
    portal: dict[str, Any],
    new_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    claim = portal["claims"][["en", "es"].index(language)]
    email = f"journey-{language}@example.net"
    mails = Mails(portal["mail"], email)
    page = new_page(base_url=portal["address"], viewport=PHONE, javascript=False, language=language)

    # Her letter was printed: the new-account notice, because she has not agreed to e-mail.
    until = time.monotonic() + LETTER_WITHIN
    while not list(Path(portal["letters"]).glob("*.pdf")):
        assert time.monotonic() < until, "no letter was printed"
        time.sleep(0.5)

    # The claim, wrong first: one sentence, whatever was wrong.
    page.goto(f"/{language}/claim/")
    page.fill("[name=account_number]", claim["account_number"])
    page.fill("[name=zip_code]", claim["zip"])
    page.fill("[name=code]", "AAAAA-22222")
    page.click("main form [type=submit]")
    page.locator(".usa-alert--error, .usa-error-message, [role=alert]").first.wait_for()
    page.fill("[name=code]", claim["code"].lower())
    page.click("main form [type=submit]")
    page.fill("[name=email]", email)
    page.fill("[name=password1]", "a long and honest phrase")
    page.fill("[name=password2]", "a long and honest phrase")
    page.click("main form [type=submit]")
    (mail,) = mails.wait_for(1)
    (code,) = re.findall(r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", mail, re.MULTILINE)
    page.fill("[name=code]", code)
    page.click("main form [type=submit]")
    page.wait_for_url(f"**/{language}/my/")

    # Her usage, down to a day, and away with it in both formats; the totals agree.
    page.goto(f"/{language}/usage/")
    facts_of_day(page)
    with taken(page, language, "csv", tmp_path).open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    kwh = [float(row[4]) for row in rows[1:] if row[4]]
    xml = taken(page, language, "green_button", tmp_path)
    (place,) = parse_feed(str(xml))
    wh = sum(
        reading.value
        for meter in place.meterReadings
        for block in meter.intervalBlocks
        for reading in block.intervalReadings
    )
    assert len(kwh) > 24
    assert wh == pytest.approx(sum(kwh) * 1000)
    page.goto(f"/{language}/usage/downloads/")
    assert page.locator("main table tbody tr, main ul.rows > li").count() == 2

    # The Notice, by the link at the top of every page.
    page.click(f"header a[href='/{language}/notice/'], a[href='/{language}/notice/'] >> nth=0")
    page.wait_for_load_state()
    page.wait_for_selector("h1")
    assert LABEL in page.title()

    # The grant, by the keyboard alone: choose, read back, confirm.
    page.goto(f"/{language}/sharing/")
    granting = Keys(page)
    granting.press("main a[href$='/sharing/new/']")
    granting.press("main a[href*='/sharing/new/']")
    for field in ("agreements", "categories", "granularity"):
        granting.tick(f"[name={field}]")
    granting.tick("[name=history]", then="ArrowDown")
    granting.tick("[name=until]")
    granting.press("main form [type=submit]")
    granting.press("[name=confirm]")
    granted = page.url
    assert re.search(r"/sharing/[0-9a-f-]{36}/$", granted)

    # Staff, with a second factor, send what she authorized; she sees that and on which clause.
    staff = new_page(base_url=portal["address"])
    alma = next(who for who in portal["sign_ins"] if who["email"].startswith("alma"))
    walk.sign_in(staff, "en", alma)
    assert "6.9" in send_what_is_authorized(staff)
    page.goto(f"/{language}/sharing/received/")
    assert page.locator("main ul.rows").first.locator("li").count() == 1
    assert SENT[language] in page.locator("h1").inner_text()
    assert "6.9" in page.locator("main ul.rows").first.inner_text()

    # The cancel, from the same list, takes no more of anything (6.10); afterwards nothing goes,
    # and that is on record too.
    page.goto(f"/{language}/sharing/")
    canceling = Keys(page)
    canceling.press("main a[href$='/cancel/']")
    canceling.press("main form [type=submit]")
    assert page.url == granted
    for counted in ("pages", "fields", "presses"):
        assert getattr(canceling, counted) <= getattr(granting, counted), counted
    refused = send_what_is_authorized(staff)
    assert "6.10" in refused
    page.goto(f"/{language}/sharing/received/")
    assert page.locator("main ul.rows").first.locator("li").count() == 2
    assert "6.10" in page.locator("main ul.rows").first.inner_text()

    # A receipt of each came by mail, in her language, with the Notice's link.
    receipts = mails.wait_for(3)[1:]
    words = {"en": ("allowed", "canceled"), "es": ("permitió", "canceló")}[language]
    assert all(word in text for word, text in zip(words, receipts, strict=True))
