"""The chart says what the table says, at any width and to every reader."""

import itertools
import xml.etree.ElementTree as ET

import pytest

from usage.charts import HEIGHT, Bar, draw

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*bars, title="Use", about="About it."):
    return ET.fromstring(draw(bars, key="use", title=title, about=about))


def columns(svg, kind):
    return [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == f"chart__{kind}"]


def test_a_chart_names_and_describes_itself():
    svg = drawn(Bar("a", 1), title="Use <b>", about="Most & least")
    assert svg.get("role") == "img"
    names = svg.get("aria-labelledby").split()
    said = {part.get("id"): part.text for part in svg.iter() if part.get("id") in names}
    assert list(said.values()) == ["Use <b>", "Most & least"]


def test_columns_are_as_tall_as_their_energy():
    svg = drawn(Bar("a", 1000), Bar("b", 2000), Bar("c", 500))
    tall = [float(rect.get("height")) for rect in columns(svg, "delivered")]
    assert tall[1] == pytest.approx(2 * tall[0], rel=0.01)
    assert tall[2] == pytest.approx(tall[0] / 2, rel=0.01)


@pytest.mark.parametrize("count", [1, 13, 23, 25, 31, 92, 96, 100])
def test_every_period_has_its_place_and_none_overlaps(count):
    svg = drawn(*(Bar(str(n), 1000 + n) for n in range(count)))
    found = columns(svg, "delivered")
    assert len(found) == count
    places = [(float(c.get("x")[:-1]), float(c.get("width")[:-1])) for c in found]
    for (x, width), (following, _) in itertools.pairwise(places):
        assert x + width <= following + 0.011  # two decimals
    assert places[-1][0] + places[-1][1] <= 100.01


def test_a_gap_is_hatched_and_a_zero_is_not():
    svg = drawn(Bar("none", None), Bar("zero", 0), Bar("some", 900))
    assert len(columns(svg, "gap")) == 1
    assert len(columns(svg, "delivered")) == 1


def test_an_estimate_is_hatched_over():
    plain, guessed = drawn(Bar("a", 9)), drawn(Bar("a", 9, estimated=True))
    assert len(list(guessed.iter(f"{SVG}rect"))) == len(list(plain.iter(f"{SVG}rect"))) + 1


def test_power_sent_back_hangs_below_the_line():
    svg = drawn(Bar("noon", 200, 3000), Bar("night", 900, 0))
    zero = float(svg.findall(f"{SVG}line")[-1].get("y1"))
    (back,) = columns(svg, "received")
    assert float(back.get("y")) == pytest.approx(zero, abs=0.1)
    assert float(back.get("y")) + float(back.get("height")) <= HEIGHT
    for rect in columns(svg, "delivered"):
        assert float(rect.get("y")) + float(rect.get("height")) == pytest.approx(zero, abs=0.2)


@pytest.mark.parametrize("most", [1, 30, 142, 999, 1300, 12_400, 412_000, 9_876_543])
def test_the_scale_is_round_and_reaches_over_the_tallest(most):
    svg = drawn(Bar("a", most))
    (column,) = columns(svg, "delivered")
    assert 0 <= float(column.get("y")) < HEIGHT / 2
    labels = [text.text for text in svg.iter(f"{SVG}text")]
    assert len(set(labels)) == len(labels) <= 7
    assert float(labels[-1].replace(",", "")) * 1000 >= most


def test_a_chart_without_readings_is_still_a_chart():
    assert drawn().get("role") == "img"
    assert len(columns(drawn(Bar("a", None)), "gap")) == 1


def test_nothing_in_a_chart_needs_an_inline_style_or_a_comma_for_a_point():
    text = draw([Bar("a", 1234, 56, "tick")], key="use", title="t", about="a")
    assert "style" not in text
    assert "," not in "".join(
        value for part in ET.fromstring(text).iter() for name, value in part.items() if name != "d"
    )


def test_net_energy_below_zero_hangs_below_the_line_as_sent_back():
    svg = drawn(Bar("noon", -1250), Bar("night", 2500))
    (down,), (up,) = columns(svg, "received"), columns(svg, "delivered")
    zero = float(
        next(line for line in svg.iter(f"{SVG}line") if "zero" in line.get("class")).get("y1")
    )
    assert float(down.get("y")) == pytest.approx(zero, abs=0.1)
    assert float(up.get("height")) == pytest.approx(2 * float(down.get("height")), rel=0.01)
    assert float(down.get("y")) + float(down.get("height")) < HEIGHT
