"""What changed from one version to the next, word by word, from the frozen pages themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser

HEADINGS = ("h1", "h2", "h3", "dt")
BLOCKS = {*HEADINGS, "p", "li", "dd", "dl", "ul", "div", "address", "hr"}
ALIKE = 0.5
"""From which share of the shorter one's words two passages are one that was rewritten."""


@dataclass(frozen=True)
class Block:
    """A heading, paragraph or line of a page, and the headings it stands under."""

    tag: str
    words: tuple[str, ...]
    under: tuple[str, ...]

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        return self.tag, self.words


@dataclass(frozen=True)
class Piece:
    """Some words in a row: kept, removed or added."""

    what: str
    text: str


@dataclass(frozen=True)
class Passage:
    """A changed passage: the headings it stands under, and its words in order."""

    under: tuple[str, ...]
    pieces: tuple[Piece, ...]


class Reader(HTMLParser):
    """Takes the blocks of text out of a frozen page."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._tag, self._text = "p", ""
        self._under: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in BLOCKS:
            self._end()
            self._tag = tag
        elif tag == "br":
            self._text += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end()
            self._tag = "p"

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end(self) -> None:
        words, self._text = tuple(self._text.split()), ""
        if not words:
            return
        if self._tag in HEADINGS:
            level = HEADINGS.index(self._tag)
            for lower in HEADINGS[level:]:
                self._under.pop(lower, None)
        under = tuple(self._under[tag] for tag in HEADINGS[1:] if tag in self._under)
        self.blocks.append(Block(self._tag, words, under))
        if self._tag in HEADINGS:
            self._under[self._tag] = " ".join(words)


def blocks(html: str) -> list[Block]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.blocks


def compare(before: str, after: str) -> list[Passage]:
    """Return the passages that differ between two frozen pages, in the order of the later one."""
    old, new = blocks(before), blocks(after)
    matcher = SequenceMatcher(
        None, [block.key for block in old], [block.key for block in new], autojunk=False
    )
    return [
        Passage(now.under if now else was.under if was else (), tuple(_pieces(was, now)))
        for what, a, b, c, d in matcher.get_opcodes()
        if what != "equal"
        for was, now in _pair(old[a:b], new[c:d])
    ]


def _pair(old: list[Block], new: list[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Put each rewritten passage beside what it was; the rest went or came."""
    taken = 0
    for block in new:
        found = next(
            (place for place in range(taken, len(old)) if _alike(old[place], block) >= ALIKE),
            None,
        )
        if found is None:
            yield None, block
        else:
            yield from ((gone, None) for gone in old[taken:found])
            yield old[found], block
            taken = found + 1
    yield from ((gone, None) for gone in old[taken:])


def _alike(one: Block, other: Block) -> float:
    bare, other_bare = (
        [word.strip(".,;:!?“”()") for word in block.words] for block in (one, other)
    )
    matcher = SequenceMatcher(None, bare, other_bare, autojunk=False)
    shared = sum(match.size for match in matcher.get_matching_blocks())
    return shared / min(len(bare), len(other_bare))


def _pieces(old: Block | None, new: Block | None) -> Iterator[Piece]:
    was, now = old.words if old else (), new.words if new else ()
    for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece("kept", " ".join(was[a:b]))
            continue
        if a < b:
            yield Piece("removed", " ".join(was[a:b]))
        if c < d:
            yield Piece("added", " ".join(now[c:d]))
