"""XML read as events: no tree is built, so memory stays flat whatever the file.

A document type declaration is refused before anything is read, so nothing can be expanded or
fetched; what could pile up behind a parser's back has a cap, and a file beyond it is refused in
a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from usage.feeds import BadFile, refuse

CHUNK = 64 * 1024

MOST_DEEP = 50
MOST_APART = 10_000
"""Elements in a row that no reader has any use for."""

MOST_NAMES = 1000
"""Different names of elements and attributes: the parser remembers each."""

LONGEST_TAG = 2**20
"""Bytes of one tag, comment or instruction: the parser holds it whole."""

LONGEST_TEXT = 4096
"""Characters of an element's text. What is longer is cut, and marked, and so is no number."""


class Events:
    """One reading of a file. Subclasses say what to do where an element begins and ends.

    `begins` and `ends` are by the element's name, `within` by the name of the one around it,
    where no `ends` is; what ends is handed over with the text that stood in it after its last
    child. `above` are the names of the elements around the one that begins or has ended,
    outermost first. Names are bare: files differ in their prefixes.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, path.name
        self.begins: dict[str, Callable[[dict[str, str]], None]] = {}
        self.ends: dict[str, Callable[[str, str], None]] = {}
        self.within: dict[str, Callable[[str, str], None]] = {}
        self.above: list[str] = [""]
        self._names: dict[str, str] = {}
        self._parser = expat.ParserCreate()

    @property
    def line(self) -> int:
        """Where in the file the parser is."""
        return self._parser.CurrentLineNumber

    def refuse(self, what: str) -> BadFile:
        """A BadFile about the place where the parser is, to be raised."""
        return refuse(self.file, self.line, what)

    def walk(self) -> Iterator[int]:
        """Read the file to its end, with a pause after each piece; yield its bytes."""
        parser = self._parser
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        self._listen(parser)
        read = 0
        with self.path.open("rb") as source:
            while piece := source.read(CHUNK):
                self._parse(piece)
                read += len(piece)
                if read - parser.CurrentByteIndex > LONGEST_TAG + CHUNK:
                    most = LONGEST_TAG // 2**20
                    raise self.refuse(f"has a tag or a comment longer than {most} MB")
                yield len(piece)
            self._parse(b"", last=True)
            yield 0

    def _listen(self, parser: expat.XMLParserType) -> None:
        """Let the parser call what is asked for. These run for every element: they are closures."""
        above, names, name_of = self.above, self._names, self._name
        begins, ends, within = self.begins, self.ends, self.within
        held, apart = "", 0

        def start(said: str, attributes: dict[str, str]) -> None:
            nonlocal held, apart
            name = names.get(said) or name_of(said)
            if attributes:
                for attribute in attributes:
                    if attribute not in names:
                        name_of(attribute)
            if name in begins:
                apart = 0
                begins[name](attributes)
            else:
                apart += 1
                if apart > MOST_APART:
                    what = f"has {MOST_APART:,} elements in a row that say nothing of readings"
                    raise self.refuse(what)
            if len(above) > MOST_DEEP:
                raise self.refuse(f"has elements more than {MOST_DEEP} deep")
            above.append(name)
            held = ""

        def text(piece: str) -> None:
            nonlocal held
            held += piece
            if len(held) > LONGEST_TEXT:
                held = held[:LONGEST_TEXT] + "…"

        def end(_said: str) -> None:
            nonlocal held
            name = above.pop()
            if name in ends:
                ends[name](name, held)
            elif above[-1] in within:
                within[above[-1]](name, held)
            held = ""

        parser.StartElementHandler = start
        parser.CharacterDataHandler = text
        parser.EndElementHandler = end

    def _parse(self, piece: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            what = f"is not well-formed XML ({expat.ErrorString(error.code)})"
            raise refuse(self.file, error.lineno, what) from error
        except (LookupError, ValueError) as error:
            if self._names:
                raise
            what = "is not well-formed XML (its encoding is not known); save it as UTF-8"
            raise refuse(self.file, 1, what) from error

    def _doctype(self, *_: object) -> None:
        raise self.refuse("holds a document type declaration (DTD); a file of readings may not")

    def _name(self, said: str) -> str:
        if len(self._names) == MOST_NAMES:
            what = f"has more than {MOST_NAMES:,} names of elements and attributes"
            raise self.refuse(what)
        return self._names.setdefault(said, said.rpartition(":")[2])
