"""Bar charts drawn on the server, as SVG that fits any width without a script.

Every chart says the same as the table beside it, and both are made from one query. Widths are
percentages, so the picture stretches with the page while its letters keep their size; colors
and letters come from the page's style sheet by class, and presentation attributes stand in
where there is none (a saved picture, a PDF). No style attribute: the content policy forbids it.

Energy comes in as whole Wh and is written in kWh. A missing value leaves a hatched gap, never
a bar of zero; an estimated one is hatched over. Power received from the customer (solar) hangs
below the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

HEIGHT = 236
TOP, BOTTOM = 14, 26  # room for the highest label and for the labels below
LEFT = 11.0  # percent of the width, for the labels of the scale
STEPS = (1, 2, 2.5, 5, 10)

PATTERNS = (
    '<pattern id="{key}-gap" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0v6" stroke="#9fb0b6" stroke-width="2"/></pattern>'
    '<pattern id="{key}-guess" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0v5" stroke="#fff" stroke-width="3"/></pattern>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One month, day or interval.

    `words` is read out by a pointer resting on it ("March 3: 12.4 kWh"); `tick` stands below
    it, or nothing. `delivered` and `received` are Wh, None where there is no reading; `before`
    is what was delivered a year before, drawn as a line across.
    """

    words: str
    delivered: int | None
    received: int | None = None
    tick: str = ""
    estimated: bool = False
    before: int | None = None


class Svg(str):
    """Markup that is safe to put into a page as it is: everything in it has been escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def draw(bars: Sequence[Bar], *, key: str, title: str, about: str) -> Svg:
    """Draw one bar for each period, first period first.

    `title` and `about` are the picture's name and description for those who hear the page;
    `key` sets its names apart from those of other pictures on the page.
    """
    up = max((max(bar.delivered or 0, bar.before or 0) for bar in bars), default=0)
    down = max((max(bar.received or 0, -(bar.delivered or 0)) for bar in bars), default=0)
    step = _step(up + down)
    high, low = _rounds(up, step) or step, _rounds(down, step)
    scale = (HEIGHT - TOP - BOTTOM) / (high + low)
    zero = TOP + high * scale
    slot = (100 - LEFT) / max(len(bars), 1)
    width = slot * (0.74 if len(bars) <= 40 else 1.0)
    parts = [
        _named("chart", HEIGHT, key, title, about),
        PATTERNS.format(key=key),
        *_scale(high, low, step, zero, scale),
    ]
    for index, bar in enumerate(bars):
        x = LEFT + index * slot
        crisp = "" if len(bars) <= 40 else ' shape-rendering="crispEdges"'
        parts.append(
            f"<g{crisp}><title>{escape(bar.words)}</title>"
            + "".join(_columns(bar, x + (slot - width) / 2, width, zero, scale, key))
            + "</g>"
        )
        if bar.before is not None:
            y = zero - bar.before * scale
            parts.append(
                f'<line class="chart__before" x1="{x:.2f}%" x2="{x + slot:.2f}%" y1="{y:.1f}" '
                f'y2="{y:.1f}" stroke="#18272d" stroke-width="2"/>'
            )
        if bar.tick:
            parts.append(
                f'<text class="chart__tick" x="{x + slot / 2:.2f}%" y="{HEIGHT - 8}" '
                f'text-anchor="middle" fill="#4a5c63">{escape(bar.tick)}</text>'
            )
    parts.append(
        f'<line class="chart__zero" x1="{LEFT}%" x2="100%" y1="{zero:.1f}" y2="{zero:.1f}" '
        'stroke="#18272d"/></svg>'
    )
    return Svg("".join(parts))


def strip(parts: Sequence[tuple[str, str, int]], *, key: str, title: str, about: str) -> Svg:
    """Draw one bar parted by kinds: their CSS name, their words and their Wh."""
    whole = sum(max(wh, 0) for _name, _words, wh in parts) or 1
    pieces = [_named("chart strip", 28, key, title, about)]
    x = 0.0
    for name, words, wh in parts:
        wide = max(wh, 0) * 100 / whole
        pieces.append(
            f"<g><title>{escape(words)}</title>"
            f'<rect class="fill-{name}" x="{x:.2f}%" width="{wide:.2f}%" height="28"/></g>'
        )
        x += wide
    return Svg("".join([*pieces, "</svg>"]))


def framed(
    href: str,
    *,
    columns: Sequence[tuple[float, str]],
    rows: Sequence[tuple[float, str]],
    key: str,
    title: str,
    about: str,
) -> Svg:
    """Frame a picture from its own address: ticks at shares (0 to 1) of its width and height."""
    tall = HEIGHT - TOP - BOTTOM
    parts = [
        _named("chart", HEIGHT, key, title, about),
        (
            f'<image class="chart__picture" href="{escape(href)}" x="{LEFT}%" y="{TOP}" '
            f'width="{100 - LEFT}%" height="{tall}" preserveAspectRatio="none"/>'
        ),
    ]
    for share, words in columns:
        x = LEFT + share * (100 - LEFT)
        parts.append(
            f'<line class="chart__line" x1="{x:.2f}%" x2="{x:.2f}%" y1="{TOP + tall}" '
            f'y2="{TOP + tall + 5}" stroke="#d3dde0"/><text class="chart__tick" x="{x:.2f}%" '
            f'y="{HEIGHT - 6}" dx="2" fill="#4a5c63">{escape(words)}</text>'
        )
    for share, words in rows:
        parts.append(
            f'<text class="chart__tick" x="{LEFT - 1.2:.1f}%" y="{TOP + share * tall + 4:.1f}" '
            f'text-anchor="end" fill="#4a5c63">{escape(words)}</text>'
        )
    return Svg("".join([*parts, "</svg>"]))


def _named(kind: str, height: int, key: str, title: str, about: str) -> str:
    """The beginning of a picture: as wide as the page, with its name and description."""
    return (
        f'<svg class="{kind}" xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" '
        f'role="img" aria-labelledby="{key}-title {key}-about" font-size="12">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-about">{escape(about)}</desc>'
    )


def _columns(bar: Bar, x: float, width: float, zero: float, scale: float, key: str) -> list[str]:
    """The one or two columns of a period, or its gap. Net energy below zero was sent back."""
    place = f'x="{x:.2f}%" width="{width:.2f}%"'
    if bar.delivered is None and bar.received is None:
        return [
            (
                f'<rect class="chart__gap" {place} y="{TOP}" height="{HEIGHT - TOP - BOTTOM}" '
                f'fill="url(#{key}-gap)"/>'
            )
        ]
    columns = []
    for wh, kind, color, downwards in (
        (bar.delivered or 0, "delivered", "#17697d", False),
        (max(bar.received or 0, -(bar.delivered or 0)), "received", "#b06a00", True),
    ):
        if wh <= 0:
            continue
        tall = max(wh * scale, 1.0)
        box = f'{place} y="{zero if downwards else zero - tall:.1f}" height="{tall:.1f}"'
        columns.append(f'<rect class="chart__{kind}" {box} fill="{color}"/>')
        if bar.estimated:
            columns.append(f'<rect {box} fill="url(#{key}-guess)" opacity="0.55"/>')
    return columns


def _scale(high: float, low: float, step: float, zero: float, scale: float) -> list[str]:
    """Lines across, each with its kWh."""
    digits = next(count for count in range(4) if step * 10**count % 1000 == 0 or count == 3)
    lines = []
    for count in range(-round(low / step), round(high / step) + 1):
        y = zero - count * step * scale
        name = f"{abs(count) * step / 1000:,.{digits}f}" if count else "0"
        lines.append(
            f'<line class="chart__line" x1="{LEFT}%" x2="100%" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#d3dde0"/><text class="chart__tick" x="{LEFT - 1.2:.1f}%" y="{y + 4:.1f}" '
            f'text-anchor="end" fill="#4a5c63">{name}</text>'
        )
    return lines


def _step(span: int) -> float:
    """A round distance between lines, in Wh, so that three to six of them fit."""
    if span <= 0:
        return 1000
    power = 1.0
    while power * 10 * 4 <= span:
        power *= 10
    return next(power * step for step in STEPS if power * step * 5 >= span)


def _rounds(wh: int, step: float) -> float:
    """The next multiple of step at or above wh."""
    return -(-wh // step) * step
