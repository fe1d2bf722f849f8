"""Every page somebody can reach by the portal's own links: for tests and for pictures.

`visitor`, `customer` and `granting` go from page to page and stop at each, handing back its
name; the caller looks at the page before it asks for the next. Rosa of the demo shares
with somebody; Luis has two places and somebody left to share with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

PUBLIC = (
    ("home", ""),
    ("claim", "claim/"),
    ("claim-new-code", "claim/new-code/"),
    ("notice", "notice/"),
    ("notice-versions", "notice/versions/"),
    ("notice-earlier", "notice/1/"),
    ("notice-changes", "notice/2/changes/"),
    ("notice-on-a-day", "notice/on/?day=2026-01-01"),
    ("policy", "policy/"),
    ("policy-versions", "policy/versions/"),
    ("sign-in", "account/login/"),
    ("sign-in-by-code", "account/login/code/"),
    ("sign-up-closed", "account/signup/"),
    ("password-reset", "account/password/reset/"),
    ("password-reset-sent", "account/password/reset/done/"),
    ("password-reset-old-link", "account/password/reset/key/1-x/"),
    ("seal", "seal/"),
    ("verify-receipt", "receipts/"),
    ("not-found", "account/nowhere/"),
)
CUSTOMER = (
    ("overview", "my/"),
    ("accounts", "my/customers/"),
    ("usage", "usage/"),
    ("usage-hours", "usage/hours/"),
    ("bills", "usage/bills/"),
    ("wrong", "usage/wrong/"),
    ("raise", "usage/wrong/new/"),
    ("disputes", "usage/wrong/mine/"),
    ("information", "my/information/"),
    ("information-records", "my/information/privacy_records/"),
    ("looked", "usage/looked/"),
    ("information-programs", "my/information/program_enrollment/"),
    ("download", "usage/download/"),
    ("downloads", "usage/downloads/"),
    ("sharing", "sharing/"),
    ("sharing-received", "sharing/received/"),
    ("sharing-choose", "sharing/new/"),
    ("second-step", "account/2fa/"),
    ("e-mail", "account/email/"),
    ("password", "account/password/change/"),
    ("sessions", "account/sessions/"),
    ("sign-out", "account/logout/"),
)

CHANGED_LATER = re.compile("changed later|cambió después|cambiaron después")
CORRECTED = re.compile("corrected on|corregido el|corregida el")

STAFF = (
    "usage/case",
    "usage/trainingrecord",
    "usage/contactchange",
    "usage/dispute",
    "consent/thirdparty",
    "consent/disclosure",
    "notices/delivery",
    "notices/noticedraft",
)
# Desks of their own below /admin/, and for each the links on it that are followed, if there.
DESKS = (
    ("board", "board/", ()),
    ("reports", "reports/", ()),
    ("run", "run/", ("/admin/run/failed/", "/admin/run/ahead/")),
    ("incidents", "incidents/", ("/admin/incidents/0", "/admin/incidents/findings/")),
    ("aggregates", "aggregates/", ("/admin/aggregates/0",)),
    ("parties", "parties/", ("/admin/parties/0", "/admin/parties/new/")),
    ("demands", "parties/demands/", ("/admin/parties/demands/0", "/admin/parties/demands/new/")),
    ("purposes", "parties/purposes/", ("/admin/parties/purposes/new/",)),
    ("import", "usage/import/send/", ()),
    ("hold", "usage/hold/place/", ()),
)


def visitor(page: Page, language: str) -> Iterator[str]:
    """Walk the public pages, and send one form empty to see what it answers."""
    for name, path in PUBLIC:
        page.goto(f"/{language}/{path}")
        yield name
    page.goto(f"/{language}/claim/")
    page.fill("[name=account_number]", "7000")
    page.fill("[name=zip_code]", "90660")
    page.fill("[name=code]", "AAAAA-22222")
    page.click("main form [type=submit]")
    yield "claim-refused"


def customer(page: Page, language: str) -> Iterator[str]:
    """Walk the pages of somebody signed in, down to a day of readings and the cancel page."""
    for name, path in CUSTOMER:
        page.goto(f"/{language}/{path}")
        yield name
    page.goto(f"/{language}/usage/")
    page.locator("table.use tbody a").last.click()
    yield "usage-month"
    page.locator("table.use tbody a").last.click()
    yield "usage-day"
    page.click("main aside a[href*='/wrong/']")
    yield "wrong-day"
    page.click("main a[href*='kind=dispute']")
    page.fill("[name=text]", " ")
    page.click("main form [type=submit]")
    yield "raise-refused"
    yield from taken_out(page, language)
    page.goto(f"/{language}/usage/wrong/mine/")
    page.locator("main li h2 a").first.click()
    yield "dispute"
    page.goto(f"/{language}/usage/download/")
    page.fill("[name=first_day]", "2026-02-01")
    page.fill("[name=last_day]", "2026-01-01")
    page.click("main form [type=submit]")
    yield "download-refused"
    page.goto(f"/{language}/sharing/")
    page.locator("main li h2 a").first.click()
    yield "authorization"
    page.click("main a[href$='/cancel/']")
    yield "cancel"
    page.goto(f"/{language}/sharing/received/")
    page.locator("main a[href*='/sharing/received/0']").first.click()
    yield "received-one"
    page.goto(f"/{language}/account/2fa/totp/activate/")
    yield "is-it-you"


def taken_out(page: Page, language: str) -> Iterator[str]:
    """See what an import that was taken back left: a mark on its month, its day and the bills."""
    page.goto(f"/{language}/usage/")
    rows = page.locator("table.use tbody tr", has_text=CHANGED_LATER)
    links = rows.locator("th a").evaluate_all("links => links.map(link => link.href)")
    for link in links:
        page.goto(link)
        page.wait_for_load_state()
        if page.locator("main p.mark").count():
            break
    expect(page.locator("main p.mark")).to_have_count(1)
    yield "taken-out-month"
    bare = page.locator("table.use tbody tr", has_text=CORRECTED).filter(
        has_not=page.locator("th a")
    )
    (day,) = re.findall(r"\d+", bare.locator("th").inner_text())
    page.goto(f"{page.url}{day}/")
    expect(page.locator("main p.mark")).to_have_count(1)
    yield "taken-out-day"
    page.goto(f"/{language}/usage/bills/")
    expect(page.locator("main p.mark")).to_have_count(1)
    yield "taken-out-bill"


def granting(page: Page, language: str) -> Iterator[str]:
    """Choose, choose wrongly, choose well, read back: up to the last question and no further."""
    page.goto(f"/{language}/usage/")
    yield "usage-two-places"
    page.goto(f"/{language}/sharing/new/")
    page.locator("main a[href*='/sharing/new/']").first.click()
    yield "grant"
    page.click("main form [type=submit]")
    yield "grant-refused"
    for field in ("agreements", "categories", "granularity", "history"):
        page.locator(f"[name={field}] + label").first.click()
    page.locator("[name=until][value=canceled] + label").click()
    page.click("main form [type=submit]")
    page.wait_for_selector("[name=confirm]")
    yield "read-back"


def staff(page: Page, _language: str = "en") -> Iterator[str]:
    """Look into the admin: what waits, a customer's page, the lists, and the first row of each."""
    page.goto("/admin/")
    yield "admin"
    page.goto("/admin/work/")
    yield "work"
    yield from clerk(page)
    page.goto("/admin/usage/trainingrecord/add/")
    yield "training"
    for name in STAFF:
        page.goto(f"/admin/{name}/")
        yield f"admin-{name}"
        first = page.locator("#result_list tbody th a").first
        if first.count():
            first.click()
            page.wait_for_load_state()
            if "/case/open/" in page.url:
                say_why(page)
            yield f"admin-{name}-one"
    for name, path, followed in DESKS:
        page.goto(f"/admin/{path}")
        yield name
        for link in followed:
            found = page.locator(f"main a[href*='{link}']").first
            if found.count():
                found.click()
                page.wait_for_load_state()
                yield f"{name}-{link.rsplit('/', 2)[-2 if link.endswith('/') else -1]}"
                page.goto(f"/admin/{path}")
    page.goto("/admin/recipients/")
    yield "recipients-desk"
    page.locator("main li a[href*='/admin/recipients/bulk/']").first.click()
    yield "recipients-bulk"
    page.goto("/admin/recipients/bulk/")
    yield "recipients-propose"
    page.goto("/admin/notice/")
    yield "notice-desk"
    page.locator("main li a[href*='/admin/notice/']").first.click()
    yield "notice-draft"
    page.locator(".desk__sections a").nth(1).click()
    yield "notice-words"
    page.go_back()
    page.click("a[href$='/preview/']")
    yield "notice-preview"
    page.go_back()
    page.click("a[href$='/approve/']")
    yield "notice-approve"
    page.goto("/admin/notice/website/")
    yield "notice-website"


def clerk(page: Page) -> Iterator[str]:
    """Find Rosa, say why, look at her page and one kind, and at the forms that start there."""
    page.goto("/admin/usage/customer/")
    yield "find"
    page.fill("[name=text]", "Rosa Ejemplo")
    page.click(".desk__form [type=submit]")
    yield "found"
    page.locator(".desk__wide tbody th a").first.click()
    page.wait_for_selector("[name=reason], a[href*='/kind/billing_history/']")
    page.wait_for_load_state()
    yield "open-case"
    if page.locator("[name=reason]").count():  # else her case is open already
        say_why(page)
    yield "customer-for-staff"
    page.click("a[href*='/kind/billing_history/']")
    yield "customer-kind-for-staff"
    page.go_back()
    page.click("a[href*='contactchange/add']")
    yield "contact"


def say_why(page: Page) -> None:
    """Open a case, as the page asks."""
    page.select_option("[name=reason]", "call")
    page.fill("[name=words]", "Called about her bill (made up).")
    page.click(".desk__form [type=submit]")
    page.wait_for_load_state()


WALKS = (("", visitor), ("rosa", customer), ("luis", granting))
"""Who walks where; nobody signs in for the first."""


def sign_in(page: Page, language: str, who: dict[str, str]) -> None:
    """Sign in as one of those the demo names; staff with the second step too."""
    page.goto(f"/{language}/account/login/")
    page.fill("[name=login]", who["email"])
    page.fill("[name=password]", who["password"])
    page.click("main form [type=submit] >> nth=0")
    if secret := who.get("totp_secret"):
        page.wait_for_url("**/2fa/authenticate/")
        second_step(page, secret)
    page.wait_for_url(re.compile(r"/(my|admin)/"))


def second_step(page: Page, secret: str) -> None:
    """Give the code of the authenticator. Each code opens once: after a used one, the next."""
    for _chance in range(3):
        page.fill("[name=code]", code(secret))
        page.click("main form [type=submit] >> nth=0")
        page.wait_for_load_state()
        if "/2fa/authenticate/" not in page.url:
            return
        page.wait_for_timeout((31 - time.time() % 30) * 1000)


def somebody(portal: dict[str, Any], name: str) -> dict[str, str]:
    """Find one of the demo's people by the beginning of the address she signs in with."""
    found: dict[str, str] = next(
        who for who in portal["sign_ins"] if who["email"].startswith(f"{name}@")
    )
    return found


STEP, TO_TYPE = 30, 4


def code(secret: str, *, at: float | None = None) -> str:
    """The six figures an authenticator app shows now (RFC 6238), with some seconds left to type."""
    if at is None and (left := STEP - time.time() % STEP) < TO_TYPE:
        time.sleep(left)
    steps = int(time.time() if at is None else at) // STEP
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", steps), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
