"""Letters on paper: tagged, addressed, in the customer's language, made from our assets alone."""

from __future__ import annotations

import io
import subprocess

import pikepdf
import pytest
from django.conf import settings
from django.urls import resolve

from notices import deliveries, messages
from notices.models import Delivery
from notices.paper import letters
from notices.writing.publishing import LABEL
from tests import builders
from tests.builders import NOW
from tests.notices.cast import neighbor, owed
from usage import claims, weasy
from usage import pdf as paper

pytestmark = pytest.mark.django_db


def letter(language: str = "en", **facts: str) -> tuple[Delivery, bytes]:
    builders.notice(at=NOW)
    rosa = neighbor(1, name=facts.pop("name", "Rosa Ejemplo"), language=language, **facts)
    deliveries.plan(at=NOW)
    (row,) = owed(rosa)
    assert row.claim_id
    message = messages.with_code(messages.of(row), row.claim_id)
    return row, letters.render(row, message)


def text_of(pdf: bytes) -> str:
    """Return what a reader sees, as poppler reads it."""
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return read.stdout.decode()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_letter_is_tagged_titled_and_says_its_language(language: str) -> None:
    row, pdf = letter(language)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        root = opened.Root
        assert str(root.Lang) == language
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(opened.docinfo["/Title"]) == messages.of(row).subject
        with opened.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        roles = set(tags(root.StructTreeRoot))
        assert {"H1", "H2", "P", "L", "LI", "Link"} <= roles
        fonts = {
            str(font.BaseFont) for page in opened.pages for font in page.Resources.Font.values()
        }
        assert any("Public-Sans" in name for name in fonts)
        assert all(name[7] == "+" for name in fonts), "each font is embedded"
        assert [float(side) for side in opened.pages[0].MediaBox] == [0, 0, 612, 792]


def tags(node: pikepdf.Object) -> list[str]:
    found = [str(node.S).removeprefix("/")] if "/S" in node else []
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            found += tags(kid)
    return found


@pytest.mark.skipif(
    subprocess.run(["which", "pdftotext"], capture_output=True, check=False).returncode != 0,
    reason="poppler's pdftotext is not here",
)
class TestWhatIsRead:
    def test_the_address_the_code_the_label_and_the_ways_to_the_notice(self) -> None:
        row, pdf = letter("es", name="Rosa Nuñez Ejemplo")
        read = " ".join(text_of(pdf).split())
        assert "Rosa Nuñez Ejemplo 1 Calle Ficticia Pico Rivera, CA" in read
        assert claims.readable(claims.code_of(row.claim_id)) in read
        assert LABEL in read
        assert f"{settings.PORTAL_ORIGIN}/es/notice/" in read
        for way in (settings.COUNTER, settings.OFFICIAL["telephone"], settings.OFFICIAL["title"]):
            assert way in read
        assert "1 de julio de 2026" in read

    @pytest.mark.parametrize("name", ["Nguyễn Thị Ví Dụ", "Łukasz Żółć", "Δοκιμή Παράδειγμα"])
    def test_a_name_in_any_script_loses_no_letter(self, name: str) -> None:
        _row, pdf = letter(name=name)
        assert name in text_of(pdf)

    def test_a_name_cannot_bring_markup_into_a_letter(self) -> None:
        _row, pdf = letter(name="<img src=x> & Co")
        assert "<img src=x> & Co" in text_of(pdf)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/x.css",
        "https://example.com/x.png",
        "file:///etc/passwd",
        "data:text/css,body{}",
        "ftp://example.com/x",
        "asset:../../prime_portal/settings.py",
        "asset:css/../../../manage.py",
        "asset:css/portal.css",
        "asset:uswds/fonts/public-sans/../../../../manage.py",
    ],
)
def test_a_letter_fetches_nothing_but_its_own_style_and_fonts(address: str) -> None:
    with pytest.raises(ValueError, match="only use the portal's own"):
        weasy.OnlyOurAssets().fetch(address)
    with pytest.raises(weasy.FatalURLFetchingError):
        weasy.HTML(string=f'<img src="{address}">', url_fetcher=weasy.OnlyOurAssets()).write_pdf()


def test_a_missing_style_is_said_and_no_bare_letter_is_made(monkeypatch) -> None:
    monkeypatch.setattr(weasy.finders, "find", lambda _name: None)
    with pytest.raises(paper.CannotBePrinted, match="make setup"):
        letter()


def test_on_paper_an_address_is_one_that_can_be_typed() -> None:
    builders.notice(at=NOW)
    rosa = builders.customer()
    builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    [row] = owed(rosa, Delivery.Kind.RECEIPT)
    numbered = f"{settings.PORTAL_ORIGIN}/es/sharing/{rosa.authorizations.get().pk}/"
    assert numbered in messages.of(row).text
    read = text_of(letters.of(row)).split()
    [address] = {word for word in read if "/sharing/" in word}
    assert address == f"{settings.PORTAL_ORIGIN}/es/sharing/"
    assert resolve("/en/sharing/")


def test_rendering_again_gives_the_same_bytes() -> None:
    row, pdf = letter()
    assert letters.render(row, messages.with_code(messages.of(row), row.claim_id)) == pdf


def test_a_name_no_font_here_can_write_is_printed_in_boxes_and_that_is_said_aloud(caplog) -> None:
    """Of which letter, never the name (5.1)."""
    row, pdf = letter(name="Rosa \U0010fffd")
    assert "Your PRIME account" in text_of(pdf)
    (said,) = [one.getMessage() for one in caplog.records if "no font" in one.getMessage()]
    assert str(row.pk) in said
    assert not [one for one in caplog.records if "\U0010fffd" in one.getMessage()]
    caplog.clear()
    row.recipient = "Rosa Nuñez\n1 Calle Ficticia"
    letters.render(row, messages.of(row))
    assert not caplog.records, "the next letter has none"
