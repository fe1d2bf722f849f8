"""How hard a text reads is measured alike on every machine, in both languages."""

from __future__ import annotations

import pytest

from notices.writing import reading

ENGLISH = (
    "used/1 make/1 people/2 little/2 being/2 created/3 privacy/3 electricity/5 energy/3 "
    "information/4 company/3 customer/3 notice/2 receives/2 asked/1 needed/2 services/3 "
    "changes/2 authorize/3 before/2 usage/2 rules/1 somebody/3 website/2 something/2 "
    "California/4 municipal/4 innovative/4 city/2 about/2 many/2 purchases/3 addresses/3"
)
SPANISH = (
    "aviso/3 electricidad/5 energía/4 día/2 país/2 información/4 envía/3 leer/2 cuenta/2 "
    "usted/2 ciudad/2 autoriza/4 oeste/3 aérea/4 guía/2 que/1 quién/1 agua/2 guardamos/3 "
    "reír/2 negocio/3 teléfono/4 y/1 medidor/3 queja/2 hoy/1 muy/1 averigüe/4"
)


@pytest.mark.parametrize("word", ENGLISH.split())
def test_the_syllables_of_english_words(word: str) -> None:
    said, count = word.split("/")
    assert reading.syllables_en(said.lower()) == int(count)


@pytest.mark.parametrize("word", SPANISH.split())
def test_the_syllables_of_spanish_words(word: str) -> None:
    said, count = word.split("/")
    assert reading.syllables_es(said) == int(count)


def test_plain_words_read_easily_and_officialese_does_not() -> None:
    plain = "Your meter counts how much power you use. We bill you for it. You can ask us why."
    official = (
        "Notwithstanding the foregoing, the aforementioned information may be disseminated to "
        "governmental entities pursuant to applicable regulatory authorizations."
    )
    assert reading.grade([plain]) < 3
    assert reading.grade([official]) > 20
    claro = "Su medidor cuenta la luz que usa. Se la cobramos. Puede preguntarnos por qué."
    oficial = (
        "Sin perjuicio de lo anteriormente mencionado, la información susodicha podrá ser "
        "diseminada a entidades gubernamentales conforme a las autorizaciones reglamentarias."
    )
    assert reading.ease([claro]) > 80
    assert reading.ease([oficial]) < 20


def test_a_sentence_counted_by_hand_is_met() -> None:
    """Lincoln's first: 30 words, 48 syllables, one sentence, so 11.7 + 18.88 - 15.59."""
    said = (
        "Four score and seven years ago our fathers brought forth on this continent, a new "
        "nation, conceived in Liberty, and dedicated to the proposition that all men are created "
        "equal."
    )
    assert reading.grade([said]) == pytest.approx(14.99)


def test_a_line_ends_a_sentence_and_a_comma_does_not() -> None:
    assert reading.sentences("One, two; three") == 1
    assert reading.sentences("One.\nTwo\nThree? “Four!” Five") == 5
    assert reading.grade([]) == -15.59
