"""The widest tables of use on the narrowest screen: every column there is, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from playwright.sync_api import Page

from tests.browser import barriers
from tests.conftest import ROOT
from tests.test_accessibility import SIDEWAYS
from usage import tou
from usage.history import Period
from usage.tables import Row, Split, Table

SHEETS = (".assets/uswds/css/uswds.min.css", "static/css/portal.css")


def a_month() -> Table:
    """Days of such a place with remarks, and nothing to compare them with."""
    rows = [replace(row, before=None) for row in a_year().rows]
    return Table("Electricity by day", rows)


def a_year() -> Table:
    """Thirteen months of a place with solar panels, each to be compared, each with remarks."""
    rows = []
    for n in range(13):
        month = date(2025 + n // 12, n % 12 + 1, 1)
        rows.append(
            Row(
                date_format(month, "YEAR_MONTH_FORMAT"),
                Period(month, 12_345_600, 9_876_500, whole=n != 3, absent=2, marked=11),
                href="#",
                before=Period(month.replace(year=2024), 10_345_600, 1, whole=n != 4),
                more=("12 days changed later",),
            )
        )
    return Table("Electricity by month", rows)


def a_split() -> Split:
    rule = tou.RULES[0]
    sums = [tou.Sum(period, 12_345_600, 9_876_500) for period in ("on", "mid", "off", "super_off")]
    return Split("TOU-D-PRIME", rule, sums)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
def test_no_table_of_use_scrolls_sideways(
    new_page: Callable[..., Page], language: str, width: int
) -> None:
    with translation.override(language):
        table = render_to_string("usage/_table.html", {"table": a_year(), "period": "Month"})
        table += render_to_string("usage/_table.html", {"table": a_month(), "period": "Day"})
        split = render_to_string("usage/_split.html", {"split": a_split()})
    page = new_page(language=language, viewport={"width": width, "height": 800})
    page.set_content(
        f'<!doctype html><html lang="{language}"><title>x</title><body><main class="wrap page">'
        f"<h1>x</h1>{table}{split}</main></body></html>"
    )
    for sheet in SHEETS:
        page.add_style_tag(path=ROOT / sheet)
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_folded_row_shows_each_value_under_the_name_of_its_column(
    new_page: Callable[..., Page], language: str
) -> None:
    """Seen on a phone, and heard as a table still: a row header and five cells."""
    with translation.override(language):
        html = render_to_string("usage/_table.html", {"table": a_year(), "period": "Month"})
        sent_back = translation.gettext("Sent back, kWh")
    page = new_page(language=language, viewport={"width": 320, "height": 800})
    page.set_content(
        f"<!doctype html><html lang={language}><title>x</title><body><main><h1>x</h1>{html}</main>"
    )
    for sheet in SHEETS:
        page.add_style_tag(path=ROOT / sheet)
    first = page.locator("tbody tr").first
    value = first.locator("td").nth(1)
    shown = value.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert sent_back in shown
    assert first.get_by_role("rowheader").count() == 1
    assert first.get_by_role("cell").count() == 5
    assert page.get_by_role("columnheader").count() == 6
    # A month without a comparison keeps its empty cells, and shows no name without a value.
    bare = page.locator("tbody tr").nth(3).locator("td").nth(3)
    assert bare.evaluate("cell => getComputedStyle(cell, '::before').content") == "none"
    assert page.locator("tbody tr").nth(3).get_by_role("cell").count() == 5
    assert barriers(page) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_remark_takes_a_line_of_its_own_below_its_row(
    new_page: Callable[..., Page], language: str
) -> None:
    with translation.override(language):
        html = render_to_string("usage/_table.html", {"table": a_month(), "period": "Day"})
    page = new_page(language=language, viewport={"width": 320, "height": 800})
    page.set_content(
        f"<!doctype html><html lang={language}><title>x</title><body><main><h1>x</h1>{html}</main>"
    )
    for sheet in SHEETS:
        page.add_style_tag(path=ROOT / sheet)
    first = page.locator("tbody tr").first
    cells = [cell.bounding_box() for cell in first.locator("th, td").all()]
    name, delivered, sent_back, note = [box for box in cells if box]
    assert name["x"] < delivered["x"] < sent_back["x"]
    assert note["y"] >= max(box["y"] + box["height"] for box in (name, delivered, sent_back)) - 1
    assert first.get_by_role("cell").count() == 3
    assert page.get_by_role("columnheader").count() == 4
    assert barriers(page) == []
