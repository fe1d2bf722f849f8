"""What changed is shown word by word, under the headings it stands under."""

from __future__ import annotations

import pytest

from notices.writing.comparing import Piece, blocks, compare

BEFORE = (
    "<h1>Notice</h1><p>Version 1</p><h2>Who we are</h2><p>We are PRIME.</p>"
    "<h2>What we hold</h2><h3>1. Bills</h3><dl><div><dt>How to see it</dt>"
    "<dd>Sign in to this portal.</dd></div><div><dt>How to ask</dt><dd>Call us.</dd></div></dl>"
)


def test_nothing_is_said_of_what_stayed() -> None:
    assert compare(BEFORE, BEFORE) == []


def test_a_rewritten_passage_shows_what_went_and_what_came() -> None:
    after = BEFORE.replace("Sign in to this portal.", "Sign in to this site, or ask for paper.")
    (passage,) = compare(BEFORE, after)
    assert passage.under == ("What we hold", "1. Bills", "How to see it")
    assert passage.pieces == (
        Piece("kept", "Sign in to this"),
        Piece("removed", "portal."),
        Piece("added", "site, or ask for paper."),
    )


def test_a_passage_that_went_and_one_that_came_are_whole() -> None:
    after = BEFORE.replace("<p>We are PRIME.</p>", "<ul><li>Nothing alike here at all</li></ul>")
    passages = compare(BEFORE, after)
    assert [passage.pieces for passage in passages] == [
        (Piece("added", "Nothing alike here at all"),),
        (Piece("removed", "We are PRIME."),),
    ]
    assert {passage.under for passage in passages} == {("Who we are",)}


@pytest.mark.parametrize("put_in", ["<p>Something new stands here.</p>", "<h2>New</h2>"])
def test_what_is_put_in_between_does_not_move_the_rest(put_in: str) -> None:
    after = BEFORE.replace("<h2>What we hold</h2>", put_in + "<h2>What we hold</h2>")
    (passage,) = compare(BEFORE, after)
    assert {piece.what for piece in passage.pieces} == {"added"}


def test_what_is_put_together_again_is_the_version_itself() -> None:
    after = BEFORE.replace("Call us.", "Call us by day.").replace("We are", "We still are")
    kept = [
        " ".join(piece.text for piece in passage.pieces if piece.what != "removed").split()
        for passage in compare(BEFORE, after)
    ]
    assert kept == [["We", "still", "are", "PRIME."], ["Call", "us", "by", "day."]]


def test_entities_are_read_as_what_they_mean() -> None:
    (block,) = blocks("<p>Tom &amp; Rosa&#x27;s\n bill</p>")
    assert block.words == ("Tom", "&", "Rosa's", "bill")
