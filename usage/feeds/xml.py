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
from usage.sentences import Sentence, say
from usage.sentences import noop as _

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

    def refuse(self, what: Sentence) -> BadFile:
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
                    what = _("has a tag or a comment longer than %(most)s MB")
                    raise self.refuse(say(what, most=most))
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
                    what = _("has %(count)s elements in a row that say nothing of readings")
                    raise self.refuse(say(what, count=f"{MOST_APART:,}"))
            if len(above) > MOST_DEEP:
                raise self.refuse(say(_("has elements more than %(most)s deep"), most=MOST_DEEP))
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
            why = expat.ErrorString(error.code) or ""
            what = say(_("is not well-formed XML (%(why)s)"), why=why)
            raise refuse(self.file, error.lineno, what) from error
        except (LookupError, ValueError) as error:
            if self._names:
                raise
            what = say(_("is not well-formed XML (its encoding is not known); save it as UTF-8"))
            raise refuse(self.file, 1, what) from error

    def _doctype(self, *_given: object) -> None:
        what = _("holds a document type declaration (DTD); a file of readings may not")
        raise self.refuse(say(what))

    def _name(self, said: str) -> str:
        if len(self._names) == MOST_NAMES:
            what = _("has more than %(most)s names of elements and attributes")
            raise self.refuse(say(what, most=f"{MOST_NAMES:,}"))
        return self._names.setdefault(said, said.rpartition(":")[2])
