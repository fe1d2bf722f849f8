"""Writing a few lines on a page that was made before: an address, a date, a mark (PDF).

The font is embedded, and it is asked first whether it has every letter: what it lacks must be
printed another way, never left out.
"""

from __future__ import annotations

import io
import unicodedata
from functools import cache

import pikepdf
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream

FILE = "uswds/fonts/public-sans/PublicSans-Regular.woff2"
POSTSCRIPT = Name("/PublicSans-Regular")


class Face:
    """The font of letters, as a PDF needs it. One for the process: see `face`."""

    def __init__(self, path: str) -> None:
        font = TTFont(path, recalcTimestamp=False)
        font.flavor = None
        file = io.BytesIO()
        font.save(file)
        self.program = file.getvalue()
        self._thousand = 1000 / font["head"].unitsPerEm
        self._glyphs = {code: font.getGlyphID(name) for code, name in font.getBestCmap().items()}
        order = font.getGlyphOrder()
        self._widths = [round(font["hmtx"][name][0] * self._thousand) for name in order]
        head, lines = font["head"], font["hhea"]
        self._box = [
            round(side * self._thousand) for side in (head.xMin, head.yMin, head.xMax, head.yMax)
        ]
        self._ascent = round(lines.ascent * self._thousand)
        self._descent = round(lines.descent * self._thousand)

    def covers(self, text: str) -> bool:
        """Say whether each letter is here, one glyph a letter, in the order it is written."""
        return all(
            ord(letter) in self._glyphs and not unicodedata.combining(letter)
            for letter in unicodedata.normalize("NFC", text)
        )

    def width(self, text: str, size: float) -> float:
        """Return how wide a text runs, in points."""
        return float(sum(self._widths[glyph] for glyph in self._of(text)) * size / 1000)

    def hex(self, text: str) -> bytes:
        """Return the glyphs of a text as a PDF string."""
        return b"<%s>" % b"".join(b"%04X" % glyph for glyph in self._of(text))

    def embed(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """Put the font into a PDF, once, and return what its pages name."""
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=POSTSCRIPT,
            Flags=32,
            FontBBox=Array(self._box),
            ItalicAngle=0,
            Ascent=self._ascent,
            Descent=self._descent,
            CapHeight=self._ascent,
            StemV=80,
            FontFile2=Stream(pdf, self.program, Length1=len(self.program)),
        )
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=POSTSCRIPT,
            CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            CIDToGIDMap=Name.Identity,
            W=Array([0, Array(self._widths)]),
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=POSTSCRIPT,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=Stream(pdf, self._to_unicode()),
            )
        )

    def _of(self, text: str) -> list[int]:
        return [self._glyphs[ord(letter)] for letter in unicodedata.normalize("NFC", text)]

    def _to_unicode(self) -> bytes:
        """Say which letter each glyph stands for, so that the text can be read back."""
        letters = {glyph: code for code, glyph in sorted(self._glyphs.items(), reverse=True)}
        pairs = [
            f"<{glyph:04X}> <{chr(code).encode('utf-16-be').hex().upper()}>"
            for glyph, code in sorted(letters.items())
        ]
        blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
        said = "".join(
            f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
        )
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{said}endcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode("ascii")


@cache
def face() -> Face:
    path = finders.find(FILE)
    if not path:
        raise FileNotFoundError("The fonts for paper are missing: run make setup.")
    return Face(path)
