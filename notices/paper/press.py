"""Laying letters one after the other into one PDF for the print house.

A body that says the same to everybody is rendered once for each version and language; address,
date and marks are written onto copies of its pages. A letter that says something personal, or
whose address our font cannot write in the window, is rendered on its own. Every letter begins on
a new sheet, printed on both sides. The same letters give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import pikepdf
from django.utils import formats, timezone, translation
from pikepdf import Array, Dictionary, Name, Stream

from notices import messages
from notices.models import Delivery
from notices.models.sealed import PublishedSeal
from notices.paper import letters
from notices.paper.faces import face

# Where letter.css has them, in points from the lower left corner of a US Letter page.
LEFT, WINDOW_TOP, WINDOW_WIDTH, WINDOW_HEIGHT = 64.8, 639.6, 288.0, 72.0
DATE_BASELINE, MARK_BASELINE = 547.1, 26.0
SIZES = ((9.5, 12.83), (7.5, 10.12))  # of the address, with its leading
INK, GRAY = "0.094 0.153 0.176 rg", "0.290 0.361 0.388 rg"
FONT = Name.Address
OPEN, CLOSE = b"q\n", b"\nQ\n"


@dataclass(frozen=True)
class Laid:
    """Where a letter lies in its batch, and the hash of all that is drawn on its pages."""

    first_page: int
    pages: int
    sha256: bytes


@dataclass
class _Page:
    """A page made before: what is drawn on it, and what it needs for that."""

    resources: pikepdf.Object
    contents: list[pikepdf.Object]
    drawn: bytes


class Press:
    """One batch in the making. Use it in a `with` statement."""

    def __init__(self, title: str) -> None:
        self._pdf = pikepdf.new()
        self._pdf.docinfo["/Title"] = title
        self._font = face().embed(self._pdf)
        self._blank = self._pdf.make_indirect(Dictionary(Font=Dictionary({str(FONT): self._font})))
        self._open, self._close = (Stream(self._pdf, drawn) for drawn in (OPEN, CLOSE))
        self._bodies: dict[tuple[object, ...], list[_Page]] = {}
        self._seals: dict[datetime, date | None] = {}
        self._sources: list[pikepdf.Pdf] = []
        self._laid: list[pikepdf.Object] = []

    def __enter__(self) -> Press:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        for source in self._sources:
            source.close()
        self._pdf.close()

    @property
    def pages(self) -> int:
        return len(self._laid)

    def lay(self, delivery: Delivery, *, mark: str) -> Laid:
        """Add one letter. Whatever cannot be rendered raises before a page is added."""
        address = window(delivery.recipient) if says_the_same(delivery) else None
        if address is None:
            body, own = self._bring(letters.of(delivery)), b""
        else:
            body = self._body_of(delivery)
            day = timezone.localdate(delivery.owed_at)
            own = address + _line(DATE_BASELINE, 9.5, _dated(day, delivery.language), GRAY)
        first, count = self.pages + 1, len(body)
        hashed = hashlib.sha256()
        for number, page in enumerate(body, start=1):
            drawn = (own if number == 1 else b"") + _mark(mark, number, count)
            self._add(page.resources, [self._open, *page.contents, self._close], drawn)
            hashed.update(OPEN + page.drawn + CLOSE + drawn)
        if count % 2:  # the next letter must not begin on the back of this one
            self._add(self._blank, [], _mark(mark, count + 1, count))
        return Laid(first, count, hashed.digest())

    def save(self, path: Path) -> None:
        """Write the batch. Nothing in it tells when, so that the same letters are the same file."""
        # Put into the tree at once: page by page takes longer than all the rest.
        tree = self._pdf.Root.Pages
        tree.Kids, tree.Count = Array(self._laid), self.pages
        self._pdf.save(
            path,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )

    def _body_of(self, delivery: Delivery) -> list[_Page]:
        seal = self._seal_of(delivery.owed_at)
        key = (delivery.kind, delivery.notice_id, delivery.policy_id, delivery.language, seal)
        if key not in self._bodies:
            self._bodies[key] = self._bring(letters.body_of(delivery))
        return self._bodies[key]

    def _seal_of(self, owed_at: datetime) -> date | None:
        """Return the day of the seal such a letter carries; a plan owes many at one moment."""
        if owed_at not in self._seals:
            seal = PublishedSeal.objects.before(owed_at)
            self._seals[owed_at] = seal.day if seal else None
        return self._seals[owed_at]

    def _bring(self, file: bytes) -> list[_Page]:
        """Copy a PDF's pages over. What only a screen needs, links and tags, stays behind."""
        source = pikepdf.open(io.BytesIO(file))
        self._sources.append(source)
        brought = []
        for page in source.pages:
            self._pdf.pages.append(page)
            copied = self._pdf.pages[-1].obj
            contents = copied.Contents
            resources = copied.Resources
            if Name.Font not in resources:
                resources.Font = Dictionary()
            resources.Font[FONT] = self._font
            streams = list(contents) if isinstance(contents, Array) else [contents]
            brought.append(
                _Page(resources, streams, b"".join(part.read_bytes() for part in streams))
            )
            del self._pdf.pages[-1]
        return brought

    def _add(self, resources: pikepdf.Object, contents: list[pikepdf.Object], drawn: bytes) -> None:
        page = Dictionary(
            Type=Name.Page,
            Parent=self._pdf.Root.Pages,
            MediaBox=Array([0, 0, 612, 792]),
            Resources=resources,
            Contents=Array([*contents, Stream(self._pdf, drawn)]),
        )
        self._laid.append(self._pdf.make_indirect(page))


def says_the_same(delivery: Delivery) -> bool:
    """Whether everybody who is sent this kind of letter reads the same words."""
    return delivery.kind in messages.SHORT and not delivery.claim_id and delivery.content is None


def window(recipient: str) -> bytes | None:
    """Draw an address into the window of the envelope; None if it does not fit or lacks letters."""
    lines = [line.strip() for line in recipient.strip().splitlines()]
    if not all(face().covers(line) for line in lines):
        return None
    for size, leading in SIZES:
        wide = max(face().width(line, size) for line in lines) > WINDOW_WIDTH
        if not wide and len(lines) * leading <= WINDOW_HEIGHT:
            return b"".join(
                _line(WINDOW_TOP - leading * number + (leading - size) / 2 + 1, size, line, INK)
                for number, line in enumerate(lines, start=1)
            )
    return None


@lru_cache(maxsize=64)
def _dated(day: date, language: str) -> str:
    with translation.override(language):
        return formats.date_format(day, "DATE_FORMAT")


def _mark(mark: str, page: int, pages: int) -> bytes:
    """What a sorting machine and a person read at the foot: letter, page and sheet."""
    text = f"{mark}   {page}/{pages}   {(page + 1) // 2}/{(pages + 1) // 2}"
    if page > pages:
        text = f"{mark}   –   {(page + 1) // 2}/{(pages + 1) // 2}"
    return _line(MARK_BASELINE, 6.5, text, GRAY)


def _line(baseline: float, size: float, text: str, color: str) -> bytes:
    shown = face().hex(text)
    return b"BT %s %s %g Tf %g %g Td %s Tj ET\n" % (
        color.encode(),
        str(FONT).encode(),
        size,
        LEFT,
        round(baseline, 2),
        shown,
    )
